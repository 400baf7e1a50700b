"""Clients of three TLS libraries, and ssh, take the card's key through its PKCS#11 module."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_ssh_public_key
from foreign.pcsc.personalised import NUMBER, PIN, WRONG_PIN, HandedOut
from foreign.pcsc.strangers import hear, run, succeed
from foreign.pcsc.tls_server import HOST, Server, serving
from virtual_reader import give_up

pytestmark = pytest.mark.pcsc
SEEN = f"TLSv1.3 PNOVN-{NUMBER}"
KEY = "pkcs11:id=%01;type=private;pin-value={}"
ASKED = "GET / HTTP/1.0\r\n\r\n"
ENGINE = """\
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = {module}
init = 0
"""


@pytest.fixture(scope="module")
def server(card: HandedOut, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(card.pki, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def certificate(inserted: HandedOut, tmp_path: Path) -> Path:
    """The certificate of 9A as a client reads it beforehand."""
    path = tmp_path / "9a.pem"
    path.write_bytes(inserted.certificates["9A"].public_bytes(Encoding.PEM))
    return path


def curl(server: Server, certificate: Path, module: Path, pin: str) -> tuple[str, ...]:
    if not any(Path("/usr/lib").glob("*/engines-3/pkcs11.so")):
        give_up("not installed: libengine-pkcs11-openssl")
    configuration = certificate.with_name("openssl.cnf")
    configuration.write_text(ENGINE.format(module=module))
    key = ("--engine", "pkcs11", "--key-type", "ENG", "--key", KEY.format(pin))
    trust = ("--silent", "--show-error", "--tlsv1.3", "--cacert", str(server.certificate))
    return ("curl", *trust, *key, "--cert", str(certificate), server.address)


def test_curl_signs_in_with_the_card(server: Server, certificate: Path, module: Path) -> None:
    words = curl(server, certificate, module, PIN)
    configuration = str(certificate.with_name("openssl.cnf"))
    assert SEEN in succeed(*words, OPENSSL_CONF=configuration)


def test_curl_is_sent_away_with_a_wrong_pin(
    server: Server, certificate: Path, module: Path
) -> None:
    words = curl(server, certificate, module, WRONG_PIN)
    said = run(*words, OPENSSL_CONF=str(certificate.with_name("openssl.cnf")))
    assert said.code != 0
    assert SEEN not in said


def test_a_client_without_a_card_sees_nothing(server: Server) -> None:
    said = run("curl", "--silent", "--show-error", "--cacert", server.certificate, server.address)
    assert said.code != 0
    assert "TLSv1.3" not in said


def test_gnutls_signs_in_with_the_card(server: Server, certificate: Path, module: Path) -> None:
    own = ("--x509certfile", certificate, "--x509keyfile", KEY.format(PIN))
    words = ("gnutls-cli", f"--provider={module}", "--x509cafile", server.certificate, *own)
    assert SEEN in run(*words, "-p", server.port, HOST, typed=ASKED)


@pytest.mark.usefixtures("inserted")
def test_nss_the_library_of_browsers_signs_in_with_the_card(
    server: Server, tmp_path: Path, module: Path
) -> None:
    store = f"sql:{tmp_path}"
    empty = tmp_path / "empty"
    empty.write_text("\n")
    succeed("certutil", "-N", "-d", store, "-f", empty)
    succeed("modutil", "-force", "-dbdir", store, "-add", "card", "-libfile", module)
    succeed("certutil", "-A", "-n", "server", "-t", "CT,,", "-d", store, "-i", server.certificate)
    own = ("-n", "NGUYEN THI MAU:Certificate for PIV Authentication", "-w", PIN)
    where = ("-4", "-h", "127.0.0.1", "-a", HOST, "-p", server.port, "-V", "tls1.3:tls1.3")
    assert SEEN in hear("tstclnt", *where, "-d", store, *own, typed=ASKED, until=SEEN)


def test_ssh_reads_the_card_s_public_keys(inserted: HandedOut, module: Path) -> None:
    said = succeed("ssh-keygen", "-D", module)
    keys = [load_ssh_public_key(line.encode()) for line in said.text.splitlines()]
    points = [key.public_numbers() for key in keys if isinstance(key, ec.EllipticCurvePublicKey)]
    assert points == [inserted.public_key(slot).public_numbers() for slot in inserted.certificates]


def test_ssh_signs_with_the_card(inserted: HandedOut, module: Path, tmp_path: Path) -> None:
    """An agent holds the card's key; what it signed is verified against the certificate's."""
    public, message = tmp_path / "card.pub", tmp_path / "message"
    public.write_text(succeed("ssh-keygen", "-D", module).text.splitlines()[0])
    message.write_text("what is signed")
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\necho {PIN}\n")
    ask.chmod(0o700)
    agent = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    script = 'ssh-add -s "$1" && ssh-keygen -Y sign -f "$2" -n file "$3"'
    succeed("ssh-agent", "sh", "-c", script, "sh", os.fspath(module), public, message, **agent)
    signers = tmp_path / "signers"
    signers.write_text(f"holder {public.read_text()}")
    verify = ("ssh-keygen", "-Y", "verify", "-f", signers, "-I", "holder", "-n", "file")
    said = run(*verify, "-s", f"{message}.sig", typed=message.read_text())
    assert "Good" in said
    assert inserted.path.exists()
