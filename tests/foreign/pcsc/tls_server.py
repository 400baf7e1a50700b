"""A server that asks for a client certificate over TLS 1.3 and tells whose it saw."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pki_for_tests import ThrowAwayPki

HOST = "localhost"
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Server:
    """It listens, and whoever trusts the file `certificate` may call it."""

    port: int
    certificate: Path

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}/"


@contextmanager
def serving(pki: ThrowAwayPki, folder: Path) -> Iterator[Server]:
    """Serve callers with a card of this PKI, one after another."""
    certificate, key = write_own_certificate(folder)
    trusted = folder / "trusted.pem"
    trusted.write_bytes(
        pki.root.certificate.public_bytes(Encoding.PEM)
        + pki.card_ca.certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Thread(target=_answer_all, args=(listener, context))
        server.start()
        try:
            yield Server(listener.getsockname()[1], certificate)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()


def write_own_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)  # noqa: TID251 - other programs read the true clock
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - YEAR)
        .not_valid_after(now + YEAR)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    paths = folder / "server.pem", folder / "server.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _answer_all(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return  # the test is over
        with caller, suppress(OSError):  # a caller without a card is sent away in the handshake
            caller.settimeout(20)
            with context.wrap_socket(caller, server_side=True) as line:
                asked = b""
                while not asked.endswith(b"\r\n\r\n") and (piece := line.recv(4096)):
                    asked += piece
                line.sendall(_told(line))
                line.unwrap()


def _told(line: ssl.SSLSocket) -> bytes:
    certificate = x509.load_der_x509_certificate(line.getpeercert(binary_form=True) or b"")
    number = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value
    body = f"{line.version()} {number!s}"
    return f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
