"""What people send to the front in the hope that a certificate of their own making gets through."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from foreign.tls.clients import Curl, KeyFiles
from front import FrontedWorld
from journey import Journey
from pki_for_tests import ThrowAwayPki

from eid.bootstrap.secrets import read_handover_key
from eid.errors import CertificateMissing, EidError
from eid.proofs.client_certificate import Errand, Handover, open_handover
from keys.sealing import Sealer

PENDING: Final = "p" * 43
NONCE: Final = "n" * 43 + "="
PATH: Final = f"/card/{PENDING}?nonce={quote(NONCE)}"
SPOOFED: Final = quote(ssl.DER_cert_to_PEM_cert(ThrowAwayPki().card().der), safe="")
BIN: Final = Path(sys.executable).parent
PATIENCE: Final = 30
CANNOT_CONNECT: Final = 7  # an exit code of curl


class Raw:
    """Bytes over TLS to one of the front's ports, as no polite client would send them."""

    def __init__(self, world: FrontedWorld, files: KeyFiles | None = None) -> None:
        self._world = world
        self._trusted = ssl.create_default_context(cafile=str(world.ca.authority))
        if files:
            self._trusted.load_cert_chain(files.certificate, files.key)

    def ask(self, port: int, *lines: str, path: str = PATH, tail: str = "") -> tuple[int, str]:
        """Send a request with these header lines; the answer's status, and all of its text."""
        head = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", *lines, "Connection: close"]
        wire = ("\r\n".join(head) + "\r\n\r\n" + tail).encode()
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE) as plain,
            self._trusted.wrap_socket(plain, server_hostname="localhost") as sealed,
        ):
            sealed.sendall(wire)
            heard = b""
            while piece := sealed.recv(65536):
                heard += piece
        text = heard.decode("latin-1")
        return int(text.split(" ", 2)[1]), text


def handed_over(world: FrontedWorld, answer: tuple[int, str]) -> Handover | EidError:
    """What the certificate door saw: opened with the key that only our pages have."""
    status, text = answer
    assert status == 303, text
    (where,) = [line for line in text.split("\r\n") if line.lower().startswith("location:")]
    query = parse_qs(urlsplit(where.partition(" ")[2]).query)
    key = read_handover_key(world.handover_key)
    errand = Errand(world.issuer, PENDING, NONCE)
    return open_handover(Sealer(key), errand, query["handover"][0].encode())


SPOOFS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "the header": (f"X-Client-Cert: {SPOOFED}",),
    "in capitals": (f"X-CLIENT-CERT: {SPOOFED}",),
    "twice": (f"X-Client-Cert: {SPOOFED}", f"X-Client-Cert: {SPOOFED}"),
    "with underscores": (f"X_Client_Cert: {SPOOFED}",),
    "both": (f"X-Client-Cert: {SPOOFED}", f"X_Client_Cert: {SPOOFED}"),
    "and named in Connection": (f"X-Client-Cert: {SPOOFED}", "Connection: X-Client-Cert"),
    "and called verified": (f"X-Client-Cert: {SPOOFED}", "X-Client-Verify: SUCCESS"),
    "RFC 9440's": ("Client-Cert: :TUlJ:",),
    "of other fronts": (f"X-SSL-Client-Cert: {SPOOFED}", f"SSL_CLIENT_CERT: {SPOOFED}"),
}


@pytest.mark.parametrize("lines", SPOOFS.values(), ids=SPOOFS)
def test_without_a_certificate_none_arrives(world: FrontedWorld, lines: tuple[str, ...]) -> None:
    answer = Raw(world).ask(world.certificates_port, *lines)
    assert isinstance(handed_over(world, answer), CertificateMissing)


@pytest.mark.parametrize("lines", SPOOFS.values(), ids=SPOOFS)
def test_with_one_it_alone_arrives(
    world: FrontedWorld, files: KeyFiles, lines: tuple[str, ...]
) -> None:
    shown = handed_over(world, Raw(world, files).ask(world.certificates_port, *lines))
    assert isinstance(shown, Handover)
    assert shown.unverified_certificate == files.der


def test_a_trailer_of_a_body_is_no_header(world: FrontedWorld) -> None:
    tail = f"0\r\nX-Client-Cert: {SPOOFED}\r\n\r\n"
    answer = Raw(world).ask(
        world.certificates_port,
        "Transfer-Encoding: chunked",
        "Trailer: X-Client-Cert",
        tail=tail,
    )
    assert isinstance(handed_over(world, answer), CertificateMissing)


@pytest.mark.parametrize(
    "line",
    [f"X-Client-Cert : {SPOOFED}", f"X-Nothing: x\r\n X-Client-Cert: {SPOOFED}"],
    ids=["a space before the colon", "a folded line"],
)
@pytest.mark.parametrize("port", ["pages_port", "certificates_port"])
def test_malformed_lines_do_not_get_through(world: FrontedWorld, port: str, line: str) -> None:
    status, text = Raw(world).ask(getattr(world, port), line)
    if status == 303:  # nginx may drop the line instead
        assert isinstance(handed_over(world, (status, text)), CertificateMissing)
    else:
        assert status == 400


@pytest.mark.parametrize("lines", SPOOFS.values(), ids=SPOOFS)
def test_the_pages_know_no_certificates_spoofed_or_real(
    world: FrontedWorld, files: KeyFiles, lines: tuple[str, ...]
) -> None:
    """The same answers as without, and none of the door's addresses."""
    for raw in (Raw(world), Raw(world, files)):
        status, text = raw.ask(world.pages_port, *lines, path="/")
        assert status == 200
        assert "__Host-eid-session" not in text
        status, _ = raw.ask(world.pages_port, *lines)
        assert status == 404


def test_the_pages_never_ask_for_a_certificate_and_the_other_port_does(world: FrontedWorld) -> None:
    def asks(port: int) -> bool:
        words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-msg"]
        done = subprocess.run(words, input=b"", capture_output=True, timeout=PATIENCE, check=False)
        return b"CertificateRequest" in done.stdout

    assert not asks(world.pages_port)
    assert asks(world.certificates_port)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("port", ["pages_port", "certificates_port"])
def test_no_connection_is_resumed(
    world: FrontedWorld, port: str, version: str, tmp_path: Path
) -> None:
    kept = tmp_path / "session"
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{getattr(world, port)}", version]
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    first = subprocess.run(
        [*words, "-ign_eof", "-sess_out", str(kept)],
        input=request,
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert b"New, TLSv1" in first.stdout
    if not kept.exists() or not kept.read_bytes():
        return  # there was nothing to resume with
    second = subprocess.run(
        [*words, "-ign_eof", "-sess_in", str(kept)],
        input=request,
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert b"Reused" not in second.stdout


def test_one_connection_shows_one_certificate_once(world: FrontedWorld, files: KeyFiles) -> None:
    """A second request on the same connection finds it closed."""
    raw = Raw(world, files)
    with (
        socket.create_connection(("127.0.0.1", world.certificates_port), PATIENCE) as plain,
        raw._trusted.wrap_socket(plain, server_hostname="localhost") as sealed,
    ):
        sealed.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        heard = b""
        while piece := sealed.recv(65536):
            heard += piece
    assert b"Connection: close" in heard


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_tls_is_not_spoken(world: FrontedWorld, version: str) -> None:
    for port in (world.pages_port, world.certificates_port):
        words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version]
        words += ["-cipher", "ALL:@SECLEVEL=0"]
        done = subprocess.run(words, input=b"", capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode != 0


# Past the front


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_account_of_the_machine_cannot_reach_the_sockets(world: FrontedWorld) -> None:
    for name in ("certificates.sock", "pages.sock"):
        path = world.sockets / name
        assert path.is_socket()
        words = ["curl", "--silent", "--show-error", "--unix-socket", str(path), "http://door/"]
        done = subprocess.run(
            words,
            user="nobody",
            group="nogroup",
            extra_groups=[],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (done.returncode, done.stdout) == (CANNOT_CONNECT, b"")
        mine = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=True)
        assert mine.stdout


def test_the_door_does_not_open_in_a_directory_that_others_may_enter(
    world: FrontedWorld, tmp_path: Path
) -> None:
    told = start_door(world, tmp_path / "open" / "door.sock", 0o755)
    assert told.returncode == 1
    assert b"chmod 2750" in told.stderr


def start_door(world: FrontedWorld, path: Path, mode: int) -> subprocess.CompletedProcess[bytes]:
    path.parent.mkdir()
    path.parent.chmod(mode)
    environment = {**world.door_environment(), "EID_CERTIFICATE_LOGIN__SOCKET": str(path)}
    return subprocess.run(
        [BIN / "eid", "serve-certificates"],
        env=environment,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def test_it_cannot_be_started_on_tcp(world: FrontedWorld) -> None:
    for words in (
        ["api.certificates:app"],
        ["--factory", "api.certificates:create_certificate_app"],
    ):
        done = subprocess.run(
            [BIN / "uvicorn", "--port", "0", *words],
            env=world.environment(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode != 0
        assert b"running on" not in done.stderr.lower()


BY_HAND = """
import sys, uvicorn
from pathlib import Path
from api.certificates import create_certificate_app
from eid.bootstrap.certificates import build_certificate_services
from eid.config import Settings
app = create_certificate_app(build_certificate_services(Settings()), Path("/run/door.sock"))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


@pytest.fixture
def on_tcp(world: FrontedWorld) -> Iterator[int]:
    """The application, started on a TCP port by somebody who insists."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    words = [sys.executable, "-c", BY_HAND, str(port)]
    process = subprocess.Popen(words, env=world.door_environment())
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_over_tcp_it_believes_nobody(on_tcp: int, tmp_path: Path, world: FrontedWorld) -> None:
    curl = Curl(world.ca.authority, tmp_path)
    page = curl.ask(f"http://127.0.0.1:{on_tcp}{PATH}", None, "-H", f"X-Client-Cert: {SPOOFED}")
    assert (page.status, page.location) == (421, None)


# What is written down


def test_after_all_that_no_log_holds_nonce_handover_or_holder__AU_06__PI_02(
    world: FrontedWorld, journey: Journey, files: KeyFiles, tmp_path: Path
) -> None:
    curl = Curl(world.ca.authority, tmp_path)
    for port in (world.certificates_port, world.pages_port):
        Raw(world, files).ask(port, f"X-Client-Cert: {SPOOFED}")
    curl.ask(f"{world.issuer}/login/{PENDING}/certificate?nonce={quote(NONCE)}&handover=abc")
    written = "\n".join(
        path.read_text(errors="replace") for path in (world.state / "logs").glob("*.log")
    )
    numbers = [person["number"] for people in journey.people.values() for person in people]
    for secret in (NONCE, quote(NONCE), "handover=", "BEGIN CERT", *numbers):
        assert secret not in written
