"""Travel documents of any country, made without our own code: asn1crypto writes the containers, and
no builder or verifier of this house is used for them. Valid by default; one argument changes one
thing. All people and authorities are invented.
"""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from asn1crypto import algos, cms, core, keys  # type: ignore[import-untyped]
from asn1crypto import x509 as other_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from pki_for_tests import ANY_POLICY, ARC, BEGIN, CA_END, END, usage

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extensions = Iterable[tuple[x509.ExtensionType, bool]]
SECURITY_OBJECT: Final = "2.23.136.1.1.1"
MASTER_LIST: Final = "2.23.136.1.1.2"
MASTER_LIST_SIGNER: Final = x509.ObjectIdentifier("2.23.136.1.1.3")
SIGNER_POLICY: Final = f"{ARC}.1.1"
HASHES: Final[dict[str, HashAlgorithm]] = {
    "sha1": SHA1(),  # noqa: S303 - to see it refused
    "sha256": SHA256(),
    "sha384": SHA384(),
    "sha512": SHA512(),
}
ZONE: Final = (  # a card of an invented person; the same number as the other tests' cards
    "IDVNM1900000015001190000001<<6",
    "9001158F3001156VNM<<<<<<<<<<<0",
    "NGUYEN<<THI<MAU<<<<<<<<<<<<<<<",
)
GERMAN_ZONE: Final = (
    "IDD<<X000000012<<<<<<<<<<<<<<<",
    "8001014M3001318D<<<<<<<<<<<<<8",
    "MUSTER<<MAX<<<<<<<<<<<<<<<<<<<",
)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def spki(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class Signer:
    """A certificate, its key, and how it signs."""

    key: Key
    certificate: bytes
    digest: str = "sha256"
    pss: bool = False

    def sign(self, data: bytes) -> bytes:
        return sign(self.key, data, self.digest, pss=self.pss)

    @property
    def subject(self) -> x509.Name:
        return x509.load_der_x509_certificate(self.certificate).subject


def sign(key: Key, data: bytes, digest: str, *, pss: bool = False) -> bytes:
    algorithm = HASHES[digest]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(algorithm))
    return key.sign(data, padding_of(algorithm, pss=pss), algorithm)


def padding_of(algorithm: HashAlgorithm, *, pss: bool) -> padding.PSS | padding.PKCS1v15:
    if not pss:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)


def name(country: str | None, text: str) -> x509.Name:
    said = [(NameOID.COMMON_NAME, text)]
    if country is not None:
        said = [(NameOID.COUNTRY_NAME, country), *said]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in said])


def certify(
    subject: x509.Name,
    key: Key,
    issuer: Signer | None,
    extensions: Extensions,
    *,
    issuer_name: x509.Name | None = None,
    signing_key: Key | None = None,
    digest: str = "sha256",
    pss: bool = False,
    begin: datetime = BEGIN,
    end: datetime = END,
) -> x509.Certificate:
    """Build and sign one certificate with exactly what the arguments say."""
    issuing_key = signing_key or (issuer.key if issuer else key)
    named = issuer_name or (issuer.subject if issuer else subject)
    builder = x509.CertificateBuilder(named, subject, key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(end)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    if isinstance(issuing_key, rsa.RSAPrivateKey):
        wanted = padding_of(HASHES[digest], pss=pss)
        return builder.sign(issuing_key, HASHES[digest], rsa_padding=wanted)  # type: ignore[arg-type]
    return builder.sign(issuing_key, HASHES[digest])  # type: ignore[arg-type]


def key_identifier(key: Key) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def authority_identifier(key: Key) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(key_identifier(key).digest, None, None)


class DocumentTypes(core.Sequence):  # type: ignore[misc]
    class Types(core.SetOf):  # type: ignore[misc]
        _child_spec = core.PrintableString

    _fields = [("version", core.Integer), ("types", Types)]  # noqa: RUF012


def document_types(*types: str, version: int = 0) -> x509.UnrecognizedExtension:
    """Which documents a signer may sign."""
    said = DocumentTypes({"version": version, "types": types}).dump()
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.23.136.1.1.6.2"), said)


def policy(oid: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None)])


def csca_extensions(key: Key, *, own: bool, issuing_key: Key | None = None) -> dict[str, Any]:
    """As Doc 9303-12 wants them; `own` adds what our profile has besides."""
    wanted = {
        "limits": (x509.BasicConstraints(ca=True, path_length=1 if own else 0), True),
        "usage": (usage("key_cert_sign", "crl_sign"), True),
        "key": (key_identifier(key), False),
        "issuer": (authority_identifier(issuing_key or key), False),
    }
    return wanted | ({"policy": (policy(ANY_POLICY), False)} if own else {})


def signer_extensions(key: Key, issuing_key: Key, *, own: bool) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "usage": (usage("digital_signature"), True),
        "key": (key_identifier(key), False),
        "issuer": (authority_identifier(issuing_key), False),
    }
    if own:
        wanted["limits"] = (x509.BasicConstraints(ca=False, path_length=None), True)
        wanted["policy"] = (policy(SIGNER_POLICY), False)
    return wanted


class Country:
    """A country signing authority and any document signer one may wish for."""

    def __init__(
        self,
        letters: str = "VN",
        key: Key | None = None,
        digest: str = "sha256",
        *,
        pss: bool = False,
        **changes: Any,
    ) -> None:
        self.letters = letters
        self.own = letters == "VN"
        self.digest, self.pss = digest, pss
        self.csca = self.authority(key or ec.generate_private_key(ec.SECP256R1()), **changes)

    def authority(
        self,
        key: Key,
        extensions: Mapping[str, Any] | None = None,
        issuer: Signer | None = None,
        **changes: Any,
    ) -> Signer:
        """Another CSCA certificate, self-signed or a link; an extension of None is left out."""
        issuing_key = issuer.key if issuer else None
        signing: dict[str, Any] = {"digest": self.digest, "pss": self.pss, "end": CA_END}
        wanted = csca_extensions(key, own=self.own, issuing_key=issuing_key) | dict(
            extensions or {}
        )
        certificate = certify(
            changes.pop("subject", name(self.letters, f"CSCA {self.letters}")),
            key,
            issuer,
            [one for one in wanted.values() if one],
            **signing | changes,
        )
        return Signer(key, der(certificate), self.digest, self.pss)

    def signer(
        self,
        key: Key | None = None,
        extensions: Mapping[str, Any] | None = None,
        issuer: Signer | None = None,
        **changes: Any,
    ) -> Signer:
        """A document signer; an extension of None is left out."""
        own, issuing = key or ec.generate_private_key(ec.SECP256R1()), issuer or self.csca
        signing: dict[str, Any] = {"digest": self.digest, "pss": self.pss}
        wanted = signer_extensions(own, issuing.key, own=self.own) | dict(extensions or {})
        certificate = certify(
            changes.pop("subject", name(self.letters, f"Document signer {self.letters}")),
            own,
            issuing,
            [one for one in wanted.values() if one],
            **signing | changes,
        )
        return Signer(own, der(certificate), self.digest, self.pss)

    def master_list_signer(self) -> Signer:
        """A signer of master lists."""
        purpose = (x509.ExtendedKeyUsage([MASTER_LIST_SIGNER]), True)
        return self.signer(extensions={"purpose": purpose})


def container(
    content: bytes,
    signer: Signer,
    content_type: str = SECURITY_OBJECT,
    *,
    signature: bytes | None = None,
    named_by_key: bool = False,
    change: Any = None,
) -> bytes:
    """A CMS SignedData by asn1crypto. `change` is handed the structure before it is signed; it may
    return another way to write it."""
    digest = algos.DigestAlgorithm({"algorithm": signer.digest})
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [content_type]}),
            cms.CMSAttribute(
                {
                    "type": "message_digest",
                    "values": [hashlib.new(signer.digest, content).digest()],
                }
            ),
        ]
    )
    certificate = other_x509.Certificate.load(signer.certificate)
    signed_data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": content_type, "content": content},
            "certificates": [certificate],
            "signer_infos": [
                {
                    "version": "v3" if named_by_key else "v1",
                    "sid": _named(certificate, by_key=named_by_key),
                    "digest_algorithm": digest,
                    "signed_attrs": attributes,
                    "signature_algorithm": scheme_of(signer),
                    "signature": b"",
                }
            ],
        }
    )
    if change is not None:
        change(signed_data)
    info = signed_data["signer_infos"][0]
    signed = info["signed_attrs"].untag().dump() if info["signed_attrs"] else content
    info["signature"] = signer.sign(signed) if signature is None else signature
    whole: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump(
        force=True
    )
    return whole


def _named(certificate: Any, *, by_key: bool) -> Any:
    if by_key:
        return cms.SignerIdentifier("subject_key_identifier", certificate.key_identifier)
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerIdentifier("issuer_and_serial_number", named)


def scheme_of(signer: Signer) -> Any:
    if isinstance(signer.key, ec.EllipticCurvePrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{signer.digest}_ecdsa"})
    if not signer.pss:
        return algos.SignedDigestAlgorithm({"algorithm": f"{signer.digest}_rsa"})
    digest = {"algorithm": signer.digest}
    return algos.SignedDigestAlgorithm(
        {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": digest,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
                "salt_length": HASHES[signer.digest].digest_size,
            },
        }
    )


# The files, written here once more: lengths by asn1crypto, tags by hand.


def field(tag: str, *parts: bytes) -> bytes:
    value = b"".join(parts)
    size = len(value)
    length = bytes([size]) if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8, "big")
    if size >= 0x80:
        length = bytes([0x80 | len(length)]) + length
    return bytes.fromhex(tag) + length + value


class HashRow(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("hash", core.OctetString)]  # noqa: RUF012 - its way


class HashRows(core.SequenceOf):  # type: ignore[misc]
    _child_spec = HashRow


class LdsVersion(core.Sequence):  # type: ignore[misc]
    _fields = [("lds", core.PrintableString), ("unicode", core.PrintableString)]  # noqa: RUF012


class SecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("hashes", HashRows),
        ("versions", LdsVersion, {"optional": True}),
    ]


def security_object(
    files: Mapping[int, bytes], digest: str = "sha256", *, version: int = 0
) -> bytes:
    rows = [
        {"number": number, "hash": hashlib.new(digest, files[number]).digest()}
        for number in sorted(files)
    ]
    said: dict[str, Any] = {
        "version": version,
        "algorithm": {"algorithm": digest},
        "hashes": rows,
    }
    if version:
        said["versions"] = {"lds": "0108", "unicode": "150000"}
    whole: bytes = SecurityObject(said).dump()
    return whole


def active_authentication_info(oid: str = "0.4.0.127.0.7.1.1.4.1.3") -> bytes:
    said = [core.ObjectIdentifier("2.23.136.1.1.5"), core.Integer(1), core.ObjectIdentifier(oid)]
    return field("6e", field("31", field("30", *(one.dump() for one in said))))


@dataclass(frozen=True)
class SoftChip:
    """A chip made of software: its files, its key, and the answer to a challenge."""

    files: Mapping[int, bytes]
    sod: bytes
    key: Key
    digest: str = "sha256"

    def answer(self, origin: str, nonce: str) -> bytes:
        challenge = hashlib.sha256(
            hashlib.sha256(origin.encode()).digest() + hashlib.sha256(nonce.encode()).digest()
        ).digest()[:8]
        return self.sign(challenge)

    def sign(self, challenge: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return recoverable(self.key, challenge, self.digest)
        r, s = decode_dss_signature(self.key.sign(challenge, ec.ECDSA(HASHES[self.digest])))
        size = (self.key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def reading(self, origin: str, nonce: str, **members: Any) -> bytes:
        """The chip reading as JSON; a member whose new value is `...` is left out."""
        whole = {
            "format": "eid.chip-reading:1",
            "securityObject": text(self.sod),
            "dataGroups": {str(number): text(file) for number, file in self.files.items()},
            "activeAuthentication": text(self.answer(origin, nonce)),
            "appVersion": "soft-chip/0.1",
        } | members
        return json.dumps({k: v for k, v in whole.items() if v is not ...}).encode()


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def recoverable(
    key: rsa.RSAPrivateKey,
    challenge: bytes,
    digest: str = "sha256",
    *,
    header: int = 0x6A,
    trailer: bytes | None = None,
    least: bool = True,
) -> bytes:
    """ISO/IEC 9796-2 scheme 1: the chip fills what it may choose with a pattern."""
    end = trailer or {"sha256": b"\x34\xcc", "sha384": b"\x36\xcc", "sha512": b"\x35\xcc"}[digest]
    size = key.key_size // 8
    own = b"\x5a" * (size - 1 - hashlib.new(digest).digest_size - len(end))
    block = bytes([header]) + own + hashlib.new(digest, own + challenge).digest() + end
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    value = pow(int.from_bytes(block, "big"), numbers.d, n)
    return (min(value, n - value) if least else value).to_bytes(size, "big")


def make_chip(
    signer: Signer,
    zone: tuple[str, str, str] = ZONE,
    key: Key | None = None,
    *,
    active_key: bytes | None = None,
    digest: str = "sha256",
    lds: str = "sha256",
    more: Mapping[int, bytes] | None = None,
    **changes: Any,
) -> SoftChip:
    """A chip with DG1 and DG15, and `more`, signed by the document signer."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    files = {
        1: field("61", field("5f1f", "".join(zone).encode())),
        15: field("6f", active_key or spki(own)),
    } | dict(more or {})
    signed = container(security_object(files, lds), signer, **changes)
    return SoftChip(files, field("77", signed), own, digest)


# Curves in numbers: what openssl says of them, not what our own table says.


@cache
def curve_in_numbers(curve: str) -> bytes:
    told = ["openssl", "ecparam", "-name", curve, "-param_enc", "explicit", "-outform", "DER"]
    return subprocess.run(told, check=True, capture_output=True).stdout


def spelled_out(public_key: bytes, numbers: bytes) -> bytes:
    """The same public key with its curve in numbers instead of by its name."""
    info = keys.PublicKeyInfo.load(public_key)
    info["algorithm"]["parameters"] = keys.ECDomainParameters.load(numbers)
    whole: bytes = info.dump(force=True)
    return whole


def spell_out(signer: Signer, numbers: bytes, issuing: Signer) -> Signer:
    """The same certificate with its key's curve in numbers, signed anew."""
    certificate = other_x509.Certificate.load(signer.certificate)
    signed = certificate["tbs_certificate"]
    signed["subject_public_key_info"]["algorithm"]["parameters"] = keys.ECDomainParameters.load(
        numbers
    )
    certificate["signature_value"] = issuing.sign(signed.dump(force=True))
    return Signer(signer.key, certificate.dump(force=True), signer.digest, signer.pss)
