"""CMS SignedData (RFC 5652 section 5) with one signer and the content inside: sign, open, verify.

The library's ASN.1 module is still called unstable by its authors: of this house it is imported
here and in `keys.pki.foreign_keys` alone. It reads DER and nothing else, at a depth fixed by the
classes below: indefinite or long-winded lengths, bytes behind the end and unsorted sets are errors.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier

from keys.algorithms import PublicKey, algorithm, algorithm_of
from keys.errors import AlgorithmRefused, CmsMalformed, SignatureInvalid

LARGEST: Final = 64 * 1024  # octets; a security object has about 2000
DATA: Final = ObjectIdentifier("1.2.840.113549.1.7.1")
SIGNED_DATA: Final = ObjectIdentifier("1.2.840.113549.1.7.2")
_CONTENT_TYPE: Final = ObjectIdentifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST: Final = ObjectIdentifier("1.2.840.113549.1.9.4")
_RSA: Final = ObjectIdentifier("1.2.840.113549.1.1.1")
_RSA_PSS: Final = ObjectIdentifier("1.2.840.113549.1.1.10")
_MGF1: Final = ObjectIdentifier("1.2.840.113549.1.1.8")

Digest = SHA256 | SHA384 | SHA512
_SHA256, _SHA384, _SHA512 = SHA256(), SHA384(), SHA512()
# RFC 5754 section 2: the only digests; SHA-1 and SHA-224 are no rows.
_DIGESTS: Final[dict[ObjectIdentifier, Digest]] = {
    ObjectIdentifier("2.16.840.1.101.3.4.2.1"): _SHA256,
    ObjectIdentifier("2.16.840.1.101.3.4.2.2"): _SHA384,
    ObjectIdentifier("2.16.840.1.101.3.4.2.3"): _SHA512,
}
_DIGEST_NAMES: Final = {digest.name: oid for oid, digest in _DIGESTS.items()}
# RFC 5754 sections 3.2 and 3.3: signature algorithms that name their digest.
_ECDSA: Final[dict[ObjectIdentifier, Digest]] = {
    ObjectIdentifier("1.2.840.10045.4.3.2"): _SHA256,
    ObjectIdentifier("1.2.840.10045.4.3.3"): _SHA384,
    ObjectIdentifier("1.2.840.10045.4.3.4"): _SHA512,
}
_ECDSA_NAMES: Final = {digest.name: oid for oid, digest in _ECDSA.items()}
_PKCS1: Final[dict[ObjectIdentifier, Digest]] = {
    ObjectIdentifier("1.2.840.113549.1.1.11"): _SHA256,
    ObjectIdentifier("1.2.840.113549.1.1.12"): _SHA384,
    ObjectIdentifier("1.2.840.113549.1.1.13"): _SHA512,
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """How something was signed: the digest, and for RSA the padding (None: ECDSA)."""

    digest: Digest
    rsa_padding: padding.PSS | padding.PKCS1v15 | None = None


@dataclass(frozen=True, slots=True)
class IssuerAndSerial:
    """Names a certificate by its issuer (a DER name) and serial number."""

    issuer: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """Names a certificate by its subject key identifier."""

    identifier: bytes


@dataclass(frozen=True, slots=True)
class ClaimedSignedData:
    """What a container says. Nothing of it is proved, not even that the digest fits.

    Attributes:
        content: the octets inside.
        content_type: what kind of content they are said to be.
        certificates: as they came, DER, in their order; believed for nothing.
        signer: which certificate the signature is said to be of.
        message_digest: what the signed attributes say of the content.
        signed: the signed attributes, in the form in which they were signed.
        scheme: how.
        signature: over `signed`.
    """

    content: bytes
    content_type: ObjectIdentifier
    certificates: tuple[bytes, ...]
    signer: IssuerAndSerial | SubjectKey
    message_digest: bytes
    signed: bytes
    scheme: Scheme
    signature: bytes


@dataclass(frozen=True, slots=True)
class VerifiedSignedData:
    """This key signed this content, as content of this type. Built only by `verify_signed_data`."""

    content: bytes
    content_type: ObjectIdentifier


# The shapes of RFC 5652 and, for RSASSA-PSS, of RFC 4055 section 3.1: field by field.


@asn1.sequence
class _DigestIdentifier:
    digest: ObjectIdentifier
    parameters: asn1.Null | None  # RFC 5754 section 2: absent when written, NULL is read as well


@asn1.sequence
class _MaskGeneration:
    function: ObjectIdentifier
    digest: _DigestIdentifier


@asn1.sequence
class _PssParameters:
    digest: Annotated[_DigestIdentifier | None, asn1.Explicit(0)]
    mask: Annotated[_MaskGeneration | None, asn1.Explicit(1)]
    salt_length: Annotated[int, asn1.Default(20), asn1.Explicit(2)]
    trailer: Annotated[int, asn1.Default(1), asn1.Explicit(3)]


@asn1.sequence
class _SignatureIdentifier:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | _PssParameters | None


@asn1.sequence
class _Attribute:
    type: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _IssuerAndSerial | Annotated[bytes, asn1.Implicit(0)]
    digest: _DigestIdentifier
    signed: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]
    scheme: _SignatureIdentifier
    signature: bytes


@asn1.sequence
class _Encapsulated:
    type: ObjectIdentifier
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[_DigestIdentifier]
    encapsulated: _Encapsulated
    # A SET OF, read like a SEQUENCE OF: DER is owed to the signed attributes alone (section 5.3),
    # and master lists come with their certificates in no order.
    certificates: Annotated[list[asn1.TLV], asn1.Implicit(0)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _MasterList:  # ICAO Doc 9303-12, 9: CscaMasterList
    version: int
    certificates: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _ContentInfo:
    type: ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


def sign_data(
    content: bytes,
    content_type: ObjectIdentifier,
    certificate: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
) -> bytes:
    """Sign the content with the certificate's key, which may be one that stays in a vault.

    The same content gives the same bytes: there is no signing time in it, and the signature is
    deterministic (RFC 6979). Raises SignatureInvalid if the key is not the certificate's.
    """
    public_key = key.public_key()
    if public_key != certificate.public_key():
        raise SignatureInvalid("not the key of the signer's certificate")
    digest = algorithm(algorithm_of(public_key)).hash
    if digest is None:
        raise AlgorithmRefused("the key is not one for ECDSA")
    identifier = _DigestIdentifier(digest=_DIGEST_NAMES[digest.name], parameters=None)
    attributes = asn1.SetOf(
        [
            _attribute(_CONTENT_TYPE, asn1.encode_der(content_type)),
            _attribute(_MESSAGE_DIGEST, asn1.encode_der(_hash(digest, content))),
        ]
    )
    signature = key.sign(asn1.encode_der(attributes), ec.ECDSA(digest, deterministic_signing=True))
    signer = _SignerInfo(
        version=1,
        # ICAO Doc 9303-10 section 4.6.2.2 recommends this name of a signer over the other.
        signer=_IssuerAndSerial(
            issuer=asn1.decode_der(asn1.TLV, certificate.issuer.public_bytes()),
            serial=certificate.serial_number,
        ),
        digest=identifier,
        signed=attributes,
        scheme=_SignatureIdentifier(algorithm=_ECDSA_NAMES[digest.name], parameters=None),
        signature=signature,
    )
    return _wrap(content, content_type, certificate, signer)


def open_signed_data(der: bytes, *, largest: int = LARGEST) -> ClaimedSignedData:
    """Read a container; raises CmsMalformed for everything but one signer, with content, in DER.

    Attribute certificates, revocation lists, unsigned attributes, signatures without attributes
    and digests below SHA-256 are refused here: nobody whose word we take needs them.
    """
    if len(der) > largest:
        raise CmsMalformed("too large")
    try:
        container = asn1.decode_der(_ContentInfo, der)
    except ValueError:
        raise CmsMalformed("not a CMS SignedData in DER, with certificates and content") from None
    signed_data = container.content
    signers = signed_data.signers.as_list()
    if container.type != SIGNED_DATA or len(signers) != 1:
        raise CmsMalformed("not a SignedData with one signer")
    info, inside = signers[0], signed_data.encapsulated
    _require_versions(signed_data, info)
    digest = _digest(info.digest)
    # RFC 5652 section 5.1: the signer's digest is announced at the head.
    if digest not in [_digest(one) for one in signed_data.digests.as_list()]:
        raise CmsMalformed("the signer's digest is not announced")
    scheme = _scheme(info.scheme, digest)
    # RFC 5652 section 5.6: one digest for the content and for what is signed
    if scheme.digest != digest:
        raise CmsMalformed("the signature names another digest than its signer")
    return ClaimedSignedData(
        content=inside.content,
        content_type=inside.type,
        certificates=tuple(_certificate(one) for one in signed_data.certificates),
        signer=_signer(info),
        message_digest=_read_attributes(info, inside.type),
        signed=asn1.encode_der(info.signed),
        scheme=scheme,
        signature=info.signature,
    )


def verify_signed_data(claimed: ClaimedSignedData, public_key: PublicKey) -> VerifiedSignedData:
    """Prove that the key signed this content; whether the key is anybody's is not asked here.

    Raises SignatureInvalid.
    """
    # RFC 5652 section 5.6: the digest in the signed attributes is the one of the content.
    if _hash(claimed.scheme.digest, claimed.content) != claimed.message_digest:
        raise SignatureInvalid("the content is not the one that was signed")
    verify_with(claimed.scheme, public_key, claimed.signed, claimed.signature)
    return VerifiedSignedData(claimed.content, claimed.content_type)


def verify_with(scheme: Scheme, public_key: PublicKey, data: bytes, signature: bytes) -> None:
    """Return if the signature (ECDSA: in DER) is the key's; raises SignatureInvalid."""
    try:
        if isinstance(public_key, ec.EllipticCurvePublicKey) and scheme.rsa_padding is None:
            public_key.verify(signature, data, ec.ECDSA(scheme.digest))
        elif isinstance(public_key, rsa.RSAPublicKey) and scheme.rsa_padding is not None:
            public_key.verify(signature, data, scheme.rsa_padding, scheme.digest)
        else:
            raise SignatureInvalid("signed by another kind of key")
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise SignatureInvalid("wrong signature") from None


def read_scheme(identifier: bytes) -> Scheme:
    """Read the AlgorithmIdentifier (DER) of a certificate's signature; raises CmsMalformed."""
    try:
        return _scheme(asn1.decode_der(_SignatureIdentifier, identifier), None)
    except ValueError:
        raise CmsMalformed("not a signature algorithm") from None


def open_master_list(content: bytes) -> tuple[bytes, ...]:
    """Read the certificates (DER) in the content of a CSCA master list; raises CmsMalformed."""
    try:
        master_list = asn1.decode_der(_MasterList, content)
    except ValueError:
        raise CmsMalformed("not a CSCA master list") from None
    if master_list.version != 0:
        raise CmsMalformed("a master list of an unknown version")
    return tuple(_certificate(one) for one in master_list.certificates.as_list())


def signer_certificate(claimed: ClaimedSignedData) -> bytes:
    """Find the one certificate in the container that its signer is named after; unverified.

    Raises CmsMalformed if there is none, more than one, or one that cannot be read.
    """
    found = [der for der in claimed.certificates if _names(claimed.signer, der)]
    if len(found) != 1:
        raise CmsMalformed("the signer's certificate is not in the container once")
    return found[0]


def _wrap(
    content: bytes,
    content_type: ObjectIdentifier,
    certificate: x509.Certificate,
    signer: _SignerInfo,
) -> bytes:
    signed_data = _SignedData(
        # RFC 5652 section 5.1
        version=1 if content_type == DATA else 3,
        digests=asn1.SetOf([signer.digest]),
        encapsulated=_Encapsulated(type=content_type, content=content),
        certificates=[asn1.decode_der(asn1.TLV, certificate.public_bytes(Encoding.DER))],
        signers=asn1.SetOf([signer]),
    )
    return asn1.encode_der(_ContentInfo(type=SIGNED_DATA, content=signed_data))


def _attribute(name: ObjectIdentifier, value: bytes) -> _Attribute:
    return _Attribute(type=name, values=asn1.SetOf([asn1.decode_der(asn1.TLV, value)]))


def _require_versions(signed_data: _SignedData, info: _SignerInfo) -> None:
    # RFC 5652 sections 5.3 and 5.1
    of_signer = 3 if isinstance(info.signer, bytes) else 1
    of_data = 3 if of_signer == 3 or signed_data.encapsulated.type != DATA else 1  # noqa: PLR2004
    if (info.version, signed_data.version) != (of_signer, of_data):
        raise CmsMalformed("a version that the content does not have")


def _certificate(found: asn1.TLV) -> bytes:
    # RFC 5652 section 10.2.2: other choices are tagged, a certificate is a plain SEQUENCE.
    if found.tag_bytes != b"\x30":
        raise CmsMalformed("something else than a certificate among the certificates")
    return asn1.encode_der(found)


def _signer(info: _SignerInfo) -> IssuerAndSerial | SubjectKey:
    if isinstance(info.signer, bytes):
        return SubjectKey(info.signer)
    return IssuerAndSerial(asn1.encode_der(info.signer.issuer), info.signer.serial)


def _read_attributes(info: _SignerInfo, content_type: ObjectIdentifier) -> bytes:
    """Check the signed attributes' form and give the message digest."""
    attributes = info.signed.as_list()
    values = {one.type: one.values.as_list() for one in attributes}
    if len(values) != len(attributes):
        raise CmsMalformed("a signed attribute stands twice")
    try:
        # RFC 5652 sections 11.1 and 11.2: both present, each with a single value.
        [said_type], [said_digest] = values[_CONTENT_TYPE], values[_MESSAGE_DIGEST]
        is_of_type = said_type.parse(ObjectIdentifier) == content_type
        digest: bytes = said_digest.parse(bytes)
    except (KeyError, ValueError):
        raise CmsMalformed("content type or message digest is not signed") from None
    if not is_of_type:
        raise CmsMalformed("signed as content of another type")
    return digest


def _digest(identifier: _DigestIdentifier) -> Digest:
    digest = _DIGESTS.get(identifier.digest)
    if digest is None:
        raise CmsMalformed("a digest that is not SHA-256, SHA-384 or SHA-512")
    return digest


def _scheme(identifier: _SignatureIdentifier, digest: Digest | None) -> Scheme:
    """Read a signature algorithm; `digest` is the one meant where only RSA is named."""
    name, parameters = identifier.algorithm, identifier.parameters
    # RFC 5754 section 3.3: ecdsa-with-SHA2 has no parameters
    if name in _ECDSA and parameters is None:
        return Scheme(_ECDSA[name])
    if name == _RSA_PSS and isinstance(parameters, _PssParameters):
        return _pss(parameters)
    if not isinstance(parameters, _PssParameters):
        named = digest if name == _RSA else _PKCS1.get(name)
        if named is not None:
            return Scheme(named, padding.PKCS1v15())
    raise CmsMalformed("a signature algorithm that is not spoken here")


def _pss(parameters: _PssParameters) -> Scheme:
    named, mask = parameters.digest, parameters.mask
    # RFC 4055 section 3.1: an absent digest or mask means SHA-1.
    if named is None or mask is None or mask.function != _MGF1 or parameters.trailer != 1:
        raise CmsMalformed("RSASSA-PSS with SHA-1, another mask or another trailer")
    digest = _digest(named)
    if _digest(mask.digest) != digest or not 0 <= parameters.salt_length <= digest.digest_size:
        raise CmsMalformed("RSASSA-PSS with two digests, or an absurd salt")
    return Scheme(digest, padding.PSS(padding.MGF1(digest), parameters.salt_length))


def _names(signer: IssuerAndSerial | SubjectKey, der: bytes) -> bool:
    try:
        certificate = x509.load_der_x509_certificate(der)
        if isinstance(signer, IssuerAndSerial):
            issuer, serial = certificate.issuer.public_bytes(), certificate.serial_number
            return (issuer, serial) == (signer.issuer, signer.serial)
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, Warning):
        raise CmsMalformed("a certificate in the container cannot be read") from None
    return own.value.digest == signer.identifier


def _hash(digest: Digest, data: bytes) -> bytes:
    function = Hash(digest)
    function.update(data)
    return function.finalize()
