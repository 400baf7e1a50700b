"""Forged certificates, each wrong in one way: made from a genuine one and a key of ours."""

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from chipcard_sim.faults.forgery import (
    BIT_STRING,
    EXTENSIONS,
    SEQUENCE,
    VERSION,
    WHOLE_OCTETS,
    Fields,
    Key,
    extensions_of,
    forge,
    new_key,
    rewrite,
    signing,
    without,
)
from chipcard_sim.iso7816 import tlv

DAY = timedelta(days=1)
INVENTED = ObjectIdentifier("2.25.1")  # names nothing
SOMEBODY = "PNOVN-000000000000"  # a number that nobody has
PADDING = 5000  # octets: more than any certificate of a card needs


def wrong_purpose(genuine: x509.Certificate, key: Key) -> bytes:
    """For servers."""
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return forge(genuine, key, extensions=extensions_of(genuine, key, purpose))


def any_purpose(genuine: x509.Certificate, key: Key) -> bytes:
    """For signing in, and for everything."""
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]
    changed = extensions_of(genuine, key, x509.ExtendedKeyUsage(purposes))
    return forge(genuine, key, extensions=changed)


def no_purpose(genuine: x509.Certificate, key: Key) -> bytes:
    """For nothing that it says."""
    extensions = without(extensions_of(genuine, key), x509.ExtendedKeyUsage)
    return forge(genuine, key, extensions=extensions)


def other_policy(genuine: x509.Certificate, key: Key) -> bytes:
    """Under a policy that nobody has."""
    policy = x509.CertificatePolicies([x509.PolicyInformation(INVENTED, None)])
    return forge(genuine, key, extensions=extensions_of(genuine, key, policy))


def alternative_name(genuine: x509.Certificate, key: Key) -> bytes:
    """With a second name."""
    name = x509.SubjectAlternativeName([x509.RFC822Name("somebody@example.com")])
    return forge(genuine, key, extensions=[*extensions_of(genuine, key), (name, False)])


def unknown_critical(genuine: x509.Certificate, key: Key) -> bytes:
    """With an extension that has to be understood and cannot be."""
    unknown = x509.UnrecognizedExtension(INVENTED, b"\x05\x00")
    return forge(genuine, key, extensions=[*extensions_of(genuine, key), (unknown, True)])


def authority(genuine: x509.Certificate, key: Key) -> bytes:
    """Of an authority."""
    limits = x509.BasicConstraints(ca=True, path_length=0)
    return forge(genuine, key, extensions=extensions_of(genuine, key, limits))


def expired(genuine: x509.Certificate, key: Key) -> bytes:
    """Over before the genuine one began."""
    begin = genuine.not_valid_before_utc
    return forge(genuine, key, validity=(begin - 2 * DAY, begin - DAY))


def not_yet_valid(genuine: x509.Certificate, key: Key) -> bytes:
    """Beginning when the genuine one is over."""
    end = genuine.not_valid_after_utc
    return forge(genuine, key, validity=(end + DAY, end + 2 * DAY))


def self_signed(genuine: x509.Certificate, key: Key) -> bytes:
    """By its own key."""
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    extensions = extensions_of(genuine, key, own)
    return forge(genuine, key, signer=key, issuer=genuine.subject, extensions=extensions)


def two_numbers(genuine: x509.Certificate, key: Key) -> bytes:
    """With two serial numbers in its subject."""
    other = x509.NameAttribute(NameOID.SERIAL_NUMBER, SOMEBODY)
    return forge(genuine, key, subject=x509.Name([*genuine.subject.rdns, _rdn(other)]))


def two_in_one_part(genuine: x509.Certificate, key: Key) -> bytes:
    """With two serial numbers in one part of its subject."""
    *before, last = genuine.subject.rdns
    both = x509.RelativeDistinguishedName(
        [*last, x509.NameAttribute(NameOID.SERIAL_NUMBER, SOMEBODY)]
    )
    return forge(genuine, key, subject=x509.Name([*before, both]))


def reordered(genuine: x509.Certificate, key: Key) -> bytes:
    """With the parts of its subject in another order."""
    country, name, number = genuine.subject.rdns
    return forge(genuine, key, subject=x509.Name([name, country, number]))


def other_prefix(genuine: x509.Certificate, key: Key) -> bytes:
    """With a card's prefix before the holder's number."""
    return forge(
        genuine, key, subject=_with_number(genuine, _number(genuine).replace("PNO", "IDC"))
    )


def somebody_else(genuine: x509.Certificate, key: Key) -> bytes:
    """Of a person with another number."""
    return forge(genuine, key, subject=_with_number(genuine, SOMEBODY))


def first_version(genuine: x509.Certificate, key: Key) -> bytes:
    """Of version 1 (RFC 5280, 4.1.2.1)."""

    def edit(fields: Fields) -> Fields:
        return [each for each in fields if each.tag not in {VERSION, EXTENSIONS}]

    return rewrite(forge(genuine, key), edit, signing(new_key()))


def doubled_extension(genuine: x509.Certificate, key: Key) -> bytes:
    """With an extension twice."""

    def double(inner: bytes) -> bytes:
        rows = tlv.read(tlv.value(inner, SEQUENCE))
        listed = b"".join(tlv.build(each.tag, each.value) for each in (*rows, rows[0]))
        return tlv.build(SEQUENCE, listed)

    return rewrite(forge(genuine, key), _editing(EXTENSIONS, double), signing(new_key()))


def negative_serial(genuine: x509.Certificate, key: Key) -> bytes:
    """With a negative serial number."""
    integer = 0x02
    edit = _editing(integer, lambda value: bytes((value[0] | 0x80,)) + value[1:])
    return rewrite(forge(genuine, key), edit, signing(new_key()))


def off_the_curve(genuine: x509.Certificate, key: Key) -> bytes:
    """With a point that is not on the curve."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _with_point(genuine, key, point[:-1] + bytes((point[-1] ^ 1,)))


def compressed_point(genuine: x509.Certificate, key: Key) -> bytes:
    """With a point in its compressed form."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return _with_point(genuine, key, point)


def _with_point(genuine: x509.Certificate, key: Key, point: bytes) -> bytes:
    """The certificate with another point in the place of its key's."""
    plain = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    algorithm, _ = tlv.values(tlv.value(plain, SEQUENCE), SEQUENCE, BIT_STRING)
    changed = tlv.build(SEQUENCE, algorithm) + tlv.build(BIT_STRING, WHOLE_OCTETS + point)
    whole = tlv.value(plain, SEQUENCE)

    def edit(fields: Fields) -> Fields:
        return [tlv.Tlv(one.tag, changed) if one.value == whole else one for one in fields]

    return rewrite(forge(genuine, key), edit, signing(new_key()))


def too_large(genuine: x509.Certificate, key: Key) -> bytes:
    """With more bytes than any card's."""
    stuffing = x509.UnrecognizedExtension(INVENTED, tlv.build(0x04, bytes(PADDING)))
    return forge(genuine, key, extensions=[*extensions_of(genuine, key), (stuffing, False)])


def _editing(tag: int, change: Callable[[bytes], bytes]) -> Callable[[Fields], Fields]:
    """Change the first field of one kind."""

    def edit(fields: Fields) -> Fields:
        at = next(i for i, each in enumerate(fields) if each.tag == tag)
        return [*fields[:at], tlv.Tlv(tag, change(fields[at].value)), *fields[at + 1 :]]

    return edit


def _rdn(attribute: x509.NameAttribute[str]) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([attribute])


def _number(genuine: x509.Certificate) -> str:
    return str(genuine.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value)


def _with_number(genuine: x509.Certificate, number: str) -> x509.Name:
    changed = _rdn(x509.NameAttribute(NameOID.SERIAL_NUMBER, number))
    return x509.Name([*genuine.subject.rdns[:-1], changed])
