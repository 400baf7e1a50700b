"""A certificate authority for one machine's loopback, and a server certificate under it.

For trying things out behind TLS. Nobody trusts it who was not told to: `ca.pem`.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "localhost"
LIFETIME = timedelta(days=90)


@dataclass(frozen=True)
class LocalCa:
    """Where the files of the authority and its one server lie."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What clients are told to trust."""
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.folder / "server.key"

    def make(self) -> None:
        """Make both anew, unless what is there is good for a while."""
        if self._is_good():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name = _name("Local test authority")
        ca = (
            _builder(name, name, ca_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(ca_key, SHA256())
        )
        names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
        server = (
            _builder(_name(HOST), name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(purpose, critical=False)
            .add_extension(above, critical=False)
            .sign(ca_key, SHA256())  # whose key is then forgotten: it certifies nobody else
        )
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.key.touch(mode=0o600)
        self.key.write_bytes(plain)
        self.certificate.write_bytes(server.public_bytes(Encoding.PEM))
        self.authority.write_bytes(ca.public_bytes(Encoding.PEM))

    def _is_good(self) -> bool:
        if not (self.authority.exists() and self.certificate.exists() and self.key.exists()):
            return False
        until = x509.load_pem_x509_certificate(self.certificate.read_bytes()).not_valid_after_utc
        return until > _now() + timedelta(days=2)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = _now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - browsers go by this machine's clock, not the demo's
