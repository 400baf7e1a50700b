"""From a document signer to a CSCA, rule by rule (ICAO Doc 9303-12), and master lists."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from asn1crypto import core  # type: ignore[import-untyped]
from asn1crypto import x509 as other_x509
from builders import NOW
from chips_for_tests import (
    MASTER_LIST,
    MASTER_LIST_SIGNER,
    Country,
    Key,
    Signer,
    certify,
    container,
    curve_in_numbers,
    der,
    document_types,
    key_identifier,
    name,
    signer_extensions,
    spell_out,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pki_for_tests import ARC, BEGIN, CA_END, END, usage

from keys.errors import (
    CertificateRejected,
    CmsMalformed,
    NoTrustAnchors,
    ProfileViolation,
    SignatureInvalid,
)
from keys.pki.anchors import DocumentAnchors, SignerNumber, read_csca
from keys.pki.foreign import read_master_list, validate_signer

SECOND = timedelta(seconds=1)


@cache
def home() -> Country:
    return Country("VN")


@cache
def abroad() -> Country:
    return Country("DE")


def own_root() -> x509.Certificate:
    return x509.load_der_x509_certificate(home().csca.certificate)


def anchors(*imported: Signer) -> DocumentAnchors:
    return DocumentAnchors([own_root()], [one.certificate for one in imported])


@cache
def both() -> DocumentAnchors:
    return anchors(abroad().csca)


def refusal(signer: Signer, trusted: DocumentAnchors | None = None, at: datetime = NOW) -> str:
    with pytest.raises(CertificateRejected) as refused:
        validate_signer(signer.certificate, trusted or both(), at)
    return refused.value.reason


# Who is revoked


def without(*numbers: SignerNumber) -> DocumentAnchors:
    return DocumentAnchors([own_root()], [abroad().csca.certificate], numbers)


@pytest.mark.parametrize("country", [home, abroad])
def test_a_revoked_signer_is_believed_no_more(country: Callable[[], Country]) -> None:
    signer, other = country().signer(), country().signer()
    proved = validate_signer(signer.certificate, both(), NOW)
    trusted = without(SignerNumber(proved.country, proved.serial))
    assert refusal(signer, trusted) == "revoked"
    assert validate_signer(other.certificate, trusted, NOW).country == proved.country


def test_a_number_is_its_own_country_s() -> None:
    signer = abroad().signer()
    serial = validate_signer(signer.certificate, both(), NOW).serial
    trusted = without(SignerNumber("VN", serial), SignerNumber("DE", serial + 1))
    assert validate_signer(signer.certificate, trusted, NOW).serial == serial


def test_a_revoked_signer_of_lists_vouches_for_nobody() -> None:
    signer = abroad().master_list_signer()
    serial = x509.load_der_x509_certificate(signer.certificate).serial_number
    with pytest.raises(CertificateRejected) as refused:
        read_master_list(signed_list(signer), without(SignerNumber("DE", serial)), NOW)
    assert refused.value.reason == "revoked"


# What is believed


@pytest.mark.parametrize("country", [home, abroad])
def test_a_document_signer_leads_to_its_country(country: Callable[[], Country]) -> None:
    signer = country().signer()
    proved = validate_signer(signer.certificate, both(), NOW)
    assert der(proved.certificate) == signer.certificate
    assert der(proved.csca) == country().csca.certificate
    assert (proved.country, proved.at) == (country().letters, NOW)
    assert proved.key == signer.key.public_key()
    assert proved.serial == proved.certificate.serial_number


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


COUNTRIES: dict[str, Callable[[], Country]] = {
    "RSA": lambda: Country("FR", rsa_key()),
    "RSA of 4096 bits with SHA-512": lambda: Country("FR", rsa_key(4096), "sha512"),
    "RSASSA-PSS": lambda: Country("FR", rsa_key(3072), "sha384", pss=True),
    "P-384": lambda: Country("FR", ec.generate_private_key(ec.SECP384R1()), "sha384"),
    "P-521": lambda: Country("FR", ec.generate_private_key(ec.SECP521R1()), "sha512"),
    "brainpoolP256r1": lambda: Country("FR", ec.generate_private_key(ec.BrainpoolP256R1())),
    "brainpoolP384r1": lambda: Country(
        "FR", ec.generate_private_key(ec.BrainpoolP384R1()), "sha384"
    ),
    "brainpoolP512r1": lambda: Country(
        "FR", ec.generate_private_key(ec.BrainpoolP512R1()), "sha512"
    ),
}


@pytest.mark.parametrize("which", COUNTRIES)
def test_what_countries_sign_with(which: str) -> None:
    country = COUNTRIES[which]()
    trusted = anchors(country.csca)
    assert validate_signer(country.signer().certificate, trusted, NOW).country == "FR"
    # The same names and key identifiers, another key behind them.
    impostor = country.signer(signing_key=COUNTRIES[which]().csca.key)
    assert refusal(impostor, trusted) == "untrusted"


def test_curves_in_numbers_from_the_signer_up_to_the_country() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    numbers = curve_in_numbers("brainpoolP256r1")
    country = Country("FR", key)
    csca = spell_out(country.csca, numbers, country.csca)
    signer = country.signer(ec.generate_private_key(ec.BrainpoolP256R1()))
    spelled = spell_out(signer, numbers, country.csca)
    proved = validate_signer(spelled.certificate, anchors(csca), NOW)
    assert proved.key == signer.key.public_key()


def test_a_country_s_letters_may_be_small() -> None:
    country = Country("fr")
    assert validate_signer(country.signer().certificate, anchors(country.csca), NOW).country == "FR"


def test_a_link_certificate_is_an_anchor_for_the_new_key() -> None:
    """The old key vouches for the new one; no path is built, and the old one is not needed."""
    old, new = Country("FR"), ec.generate_private_key(ec.SECP256R1())
    link = old.authority(new, issuer=old.csca, subject=name("FR", "CSCA FR 2"))
    signer = old.signer(issuer=link)
    assert validate_signer(signer.certificate, anchors(link), NOW).country == "FR"
    assert refusal(signer, anchors(old.csca)) == "untrusted"


def test_two_keys_of_one_name_are_told_apart() -> None:
    first, second = Country("FR"), Country("FR")
    trusted = anchors(first.csca, second.csca, first.csca)
    for country in (first, second):
        proved = validate_signer(country.signer().certificate, trusted, NOW)
        assert der(proved.csca) == country.csca.certificate


# What is refused


def extensions(**changes: Any) -> Callable[[], Signer]:
    return lambda: abroad().signer(extensions=changes)


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")
WRONG_PURPOSE: dict[str, Callable[[], Signer]] = {
    "no key usage": extensions(usage=None),
    "a key usage that is not critical": extensions(usage=(usage("digital_signature"), False)),
    "for certificates": extensions(usage=(usage("digital_signature", "key_cert_sign"), True)),
    "for agreement": extensions(usage=(usage("key_agreement"), True)),
    "for contents": extensions(usage=(usage("digital_signature", "content_commitment"), True)),
    "an authority": extensions(limits=(x509.BasicConstraints(ca=True, path_length=0), True)),
    "for master lists": extensions(purpose=(x509.ExtendedKeyUsage([MASTER_LIST_SIGNER]), True)),
    "for TLS": extensions(purpose=(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True)),
    "for OCSP": extensions(
        purpose=(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
    ),
    "an unknown critical extension": extensions(unknown=(UNKNOWN, True)),
    "critical constraints on names": extensions(
        names=(x509.NameConstraints([x509.DNSName("a.example")], None), True)
    ),
    "a country's authority": lambda: abroad().csca,
}


@pytest.mark.parametrize("which", WRONG_PURPOSE)
def test_a_certificate_for_something_else_is_refused__CV_21_CV_24(which: str) -> None:
    assert refusal(WRONG_PURPOSE[which]()) == "wrong_purpose"


def test_what_a_signer_may_have_besides() -> None:
    more = extensions(
        unknown=(UNKNOWN, False), limits=(x509.BasicConstraints(ca=False, path_length=None), True)
    )
    assert validate_signer(more().certificate, both(), NOW).country == "DE"


def test_a_signer_may_be_limited_to_types_of_documents__icao_9303_12_7_1_1_6() -> None:
    assert validate_signer(abroad().signer().certificate, both(), NOW).document_types is None
    limited = extensions(types=(document_types("ID", "P"), False))()
    proved = validate_signer(limited.certificate, both(), NOW)
    assert proved.document_types == frozenset({"P", "ID"})


@pytest.mark.parametrize(
    "said",
    [
        document_types("ID", version=1),
        x509.UnrecognizedExtension(document_types("ID").oid, b"\x05\x00"),
        x509.UnrecognizedExtension(document_types("ID").oid, b""),
    ],
)
def test_unreadable_types_of_documents_are_refused__CV_40(said: x509.UnrecognizedExtension) -> None:
    assert refusal(extensions(types=(said, False))()) == "malformed"


def self_signed() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = signer_extensions(key, key, own=False)
    return Signer(key, der(certify(name("DE", "Alone"), key, None, wanted.values())))


def other_key_identifier() -> Signer:
    stranger = key_identifier(ec.generate_private_key(ec.SECP256R1())).digest
    issuer = x509.AuthorityKeyIdentifier(stranger, None, None)
    return abroad().signer(extensions={"issuer": (issuer, False)})


def below_a_signer() -> Signer:
    """Under a certificate that is no authority, and brings its own."""
    return abroad().signer(issuer=abroad().signer())


UNTRUSTED: dict[str, Callable[[], Signer]] = {
    "another CSCA of the same name": lambda: Country("DE").signer(),
    "signed by another key": lambda: abroad().signer(
        signing_key=ec.generate_private_key(ec.SECP256R1())
    ),
    "signed by itself": self_signed,
    "under a document signer": below_a_signer,
    "another name of the issuer": lambda: abroad().signer(issuer_name=name("DE", "Another")),
    "another key identifier of the issuer": other_key_identifier,
    "no key identifier of the issuer": extensions(issuer=None),
    "a country that nobody named": lambda: Country("XX").signer(),
}


@pytest.mark.parametrize("which", UNTRUSTED)
def test_a_signer_that_leads_nowhere_is_refused__CV_20(which: str) -> None:
    assert refusal(UNTRUSTED[which]()) == "untrusted"


def test_a_signer_of_another_country_than_its_issuer_is_refused() -> None:
    assert refusal(abroad().signer(subject=name("FR", "Signer"))) == "wrong_country"


def test_a_country_cannot_sign_for_another_by_naming_it_on_both_ends() -> None:
    forged = abroad().signer(subject=name("VN", "Signer"), issuer_name=name("VN", "CSCA VN"))
    assert refusal(forged) == "untrusted"


TWICE = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, one) for one in ("DE", "FR")])


@pytest.mark.parametrize("subject", [name(None, "Nowhere"), TWICE])
def test_a_signer_without_one_country_is_refused__CV_27(subject: x509.Name) -> None:
    assert refusal(abroad().signer(subject=subject)) == "bad_subject"


def test_validity_is_judged_at_a_moment__CV_23() -> None:
    signer = abroad().signer()
    for at in (BEGIN, END):
        assert validate_signer(signer.certificate, both(), at).at == at
    assert refusal(signer, at=BEGIN - SECOND) == "not_yet_valid"
    assert refusal(signer, at=END + SECOND) == "expired"


@pytest.mark.parametrize("changes", [{"end": NOW - SECOND}, {"begin": NOW + SECOND}])
def test_a_country_s_certificate_out_of_time_proves_nothing__CV_23(changes: Any) -> None:
    country = Country("FR", **changes)
    assert refusal(country.signer(end=CA_END), anchors(country.csca)) == "untrusted"


# Our own go the strict way


OWN_REFUSED: dict[str, tuple[Callable[[], Signer], str]] = {
    "no policy": (lambda: home().signer(extensions={"policy": None}), "wrong_purpose"),
    "another policy": (
        lambda: home().signer(
            extensions={
                "policy": (
                    x509.CertificatePolicies(
                        [x509.PolicyInformation(x509.ObjectIdentifier(f"{ARC}.1.2"), None)]
                    ),
                    False,
                )
            }
        ),
        "wrong_purpose",
    ),
    "an extension more": (
        lambda: home().signer(extensions={"unknown": (UNKNOWN, False)}),
        "wrong_purpose",
    ),
    "a brainpool key": (
        lambda: home().signer(ec.generate_private_key(ec.BrainpoolP256R1())),
        "weak_key",
    ),
    "an RSA key": (lambda: home().signer(rsa_key()), "weak_key"),
}


@pytest.mark.parametrize("which", OWN_REFUSED)
def test_our_own_signer_is_exactly_what_its_profile_says__CV_22(which: str) -> None:
    make, reason = OWN_REFUSED[which]
    assert refusal(make()) == reason


# Anchors


def csca_refusal(signer: Signer) -> str:
    with pytest.raises(CertificateRejected) as refused:
        read_csca(signer.certificate)
    return refused.value.reason


def unlike(key: Key | None = None, **changes: Any) -> Signer:
    own = key or ec.generate_private_key(ec.SECP256R1())
    return abroad().authority(own, **changes)


NO_CSCA: dict[str, tuple[Callable[[], Signer], str]] = {
    "a document signer": (lambda: abroad().signer(), "wrong_purpose"),
    "not an authority": (
        lambda: unlike(
            extensions={"limits": (x509.BasicConstraints(ca=False, path_length=None), True)}
        ),
        "wrong_purpose",
    ),
    "constraints that are not critical": (
        lambda: unlike(
            extensions={"limits": (x509.BasicConstraints(ca=True, path_length=0), False)}
        ),
        "wrong_purpose",
    ),
    "no constraints": (lambda: unlike(extensions={"limits": None}), "wrong_purpose"),
    "no key usage": (lambda: unlike(extensions={"usage": None}), "wrong_purpose"),
    "not for certificates": (
        lambda: unlike(extensions={"usage": (usage("digital_signature"), True)}),
        "wrong_purpose",
    ),
    "a key usage that is not critical": (
        lambda: unlike(extensions={"usage": (usage("key_cert_sign"), False)}),
        "wrong_purpose",
    ),
    "no key identifier": (lambda: unlike(extensions={"key": None}), "wrong_purpose"),
    "an unknown critical extension": (
        lambda: unlike(extensions={"unknown": (UNKNOWN, True)}),
        "wrong_purpose",
    ),
    "a link to another country": (
        lambda: unlike(issuer=Country("FR").csca),
        "wrong_country",
    ),
    "no country": (lambda: unlike(subject=name(None, "CSCA")), "bad_subject"),
    "signed by another key": (
        lambda: unlike(signing_key=ec.generate_private_key(ec.SECP256R1())),
        "untrusted",
    ),
    "a weak key": (
        lambda: unlike(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - to see it refused
        "weak_key",
    ),
    "bytes": (lambda: Signer(abroad().csca.key, b"\x30\x00"), "malformed"),
}


@pytest.mark.parametrize("which", NO_CSCA)
def test_what_is_no_country_s_authority_is_no_anchor(which: str) -> None:
    make, reason = NO_CSCA[which]
    assert csca_refusal(make()) == reason
    with pytest.raises(CertificateRejected):
        anchors(make())


def test_there_are_always_our_own() -> None:
    with pytest.raises(NoTrustAnchors):
        DocumentAnchors([], [abroad().csca.certificate])
    with pytest.raises(ProfileViolation):
        DocumentAnchors([x509.load_der_x509_certificate(abroad().csca.certificate)])


def test_nobody_is_imported_in_our_own_name__CV_28() -> None:
    with pytest.raises(CertificateRejected, match="wrong_country"):
        anchors(Country("VN").csca)


def test_anchors_are_by_country() -> None:
    assert [one.country for one in both().of("DE")] == ["DE"]
    assert both().of("FR") == ()
    assert both().is_own("VN")
    assert not both().is_own("DE")


# Master lists


class MasterList(core.Sequence):  # type: ignore[misc]
    class Certificates(core.SetOf):  # type: ignore[misc]
        _child_spec = other_x509.Certificate

    _fields = [("version", core.Integer), ("certificates", Certificates)]  # noqa: RUF012


def listing(*certificates: Signer, version: int = 0) -> bytes:
    found = sorted(one.certificate for one in certificates)
    said = [other_x509.Certificate.load(one) for one in found]
    whole: bytes = MasterList({"version": version, "certificates": said}).dump()
    return whole


@cache
def listed() -> tuple[Signer, ...]:
    return (Country("FR").csca, Country("IT").csca, abroad().csca)


def signed_list(signer: Signer | None = None, **changes: Any) -> bytes:
    content = changes.pop("content", None) or listing(*listed())
    wanted = {"content_type": MASTER_LIST} | changes
    return container(content, signer or abroad().master_list_signer(), **wanted)


def test_a_master_list_is_believed_under_the_country_that_was_named() -> None:
    read = read_master_list(signed_list(), both(), NOW)
    assert read.country == "DE"
    assert set(read.certificates) == {one.certificate for one in listed()}
    trusted = DocumentAnchors([own_root()], read.certificates)
    assert [one.country for one in trusted.of("IT")] == ["IT"]


def test_certificates_of_a_list_may_come_in_any_order() -> None:
    def with_csca(signed_data: Any) -> None:
        mine = signed_data["certificates"][0]
        csca = other_x509.Certificate.load(abroad().csca.certificate)
        signed_data["certificates"] = [mine, csca]

    signer, csca = abroad().master_list_signer(), abroad().csca.certificate
    whole = signed_list(signer, change=with_csca)
    found = sorted([signer.certificate, csca])
    turned = whole.replace(b"".join(found), b"".join(reversed(found)))
    assert turned != whole
    for one in (whole, turned):
        assert read_master_list(one, both(), NOW).country == "DE"


NOT_BELIEVED: dict[str, tuple[Callable[[], bytes], type[Exception]]] = {
    "signed by a document signer": (lambda: signed_list(abroad().signer()), CertificateRejected),
    "signed by the CSCA itself": (lambda: signed_list(abroad().csca), CertificateRejected),
    "signed under an unknown CSCA": (
        lambda: signed_list(Country("DE").master_list_signer()),
        CertificateRejected,
    ),
    "signed by another key": (
        lambda: signed_list(replace(abroad().master_list_signer(), key=home().csca.key)),
        SignatureInvalid,
    ),
    "of another type": (
        lambda: signed_list(content_type="2.23.136.1.1.1"),
        CmsMalformed,
    ),
    "of another version": (
        lambda: signed_list(content=listing(*listed(), version=1)),
        CmsMalformed,
    ),
    "empty": (lambda: b"", CmsMalformed),
}


@pytest.mark.parametrize("which", NOT_BELIEVED)
def test_another_master_list_is_refused(which: str) -> None:
    make, error = NOT_BELIEVED[which]
    with pytest.raises(error):
        read_master_list(make(), both(), NOW)


def test_an_altered_list_is_refused() -> None:
    whole = bytearray(signed_list())
    at = whole.index(listed()[0].certificate) + 100
    whole[at] ^= 1
    with pytest.raises(SignatureInvalid):
        read_master_list(bytes(whole), both(), NOW)


def test_a_list_out_of_time_is_refused__CV_23() -> None:
    with pytest.raises(CertificateRejected, match="expired"):
        read_master_list(signed_list(), both(), END + SECOND)
