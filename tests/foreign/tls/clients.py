"""Strangers' TLS clients, and a card's key as files, for those that know no reader."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
from browser import Form, Page
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from chipcard_sim.chip.memory import Memory
from chipcard_sim.iso7816 import tlv

AUTHENTICATION = 0x9A
CERTIFICATE_OBJECT = 0x5FC105
CERTIFICATE = 0x70
PATIENCE = 30
MAX_HOPS = 12
PASSWORD = "invented"

Headers = Sequence[str]


@dataclass(frozen=True)
class KeyFiles:
    """A certificate and its private key in PEM."""

    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        """The certificate as a register knows it."""
        read = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return read.public_bytes(Encoding.DER)


def write_files(folder: Path, certificate: bytes, private: bytes) -> KeyFiles:
    """Write a certificate (DER) and a key (PKCS #8) where clients can read them."""
    files = KeyFiles(folder / "card.pem", folder / "card.key")
    read = x509.load_der_x509_certificate(certificate)
    files.certificate.write_bytes(read.public_bytes(Encoding.PEM))
    key = load_der_private_key(private, None)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files.key.write_bytes(plain)
    return files


def card_files(card: Path, folder: Path) -> KeyFiles:
    """What the card keeps to itself, as only who holds its file can take it out."""
    state = Memory(card).read()
    content = tlv.by_tag(state.objects[CERTIFICATE_OBJECT])[CERTIFICATE]
    return write_files(folder, content, state.keys[AUTHENTICATION].private)


class Curl:
    """A person's browser that is curl: cookies in a jar, redirects followed one by one."""

    def __init__(self, authority: Path, folder: Path, options: Sequence[str] = ()) -> None:
        self._folder = folder
        self._words = ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE)]
        self._words += ["--cacert", str(authority), "-H", "Accept: text/html"]
        self._words += options

    def ask(self, url: str, fields: list[tuple[str, str]] | None = None, *more: str) -> Page:
        """One request, and its answer, not followed."""
        jar, head, body = (str(self._folder / name) for name in ("jar", "head", "body"))
        words = [*self._words, "-b", jar, "-c", jar, "-D", head, "-o", body, *more]
        if fields is not None:
            words += ["-H", "Origin: null", "--data-raw", urlencode(fields)]
        Path(body).write_bytes(b"")
        subprocess.run([*words, url], check=True, capture_output=True, timeout=PATIENCE)
        return answer_of(url, Path(head).read_bytes(), Path(body).read_bytes())

    def go(self, url: str, fields: list[tuple[str, str]] | None = None) -> Page:
        """One request, and on to wherever it leads."""
        page = self.ask(url, fields)
        for _ in range(MAX_HOPS):
            if page.location is None:
                return page
            page = self.ask(page.location)
        raise LookupError(f"more than {MAX_HOPS} redirects, now at {page.url}")

    def submit(self, page: Page, form: Form, values: dict[str, str]) -> Page:
        """Send a form with some values filled in."""
        fields = [(k, v) for k, v in form.fields if k not in values] + list(values.items())
        return self.go(urljoin(page.url, form.action), fields)


def answer_of(url: str, head: bytes, body: bytes) -> Page:
    """Read an answer's head (the last one, after any interim ones) and body."""
    last = head.decode("latin-1").replace("\r\n", "\n").strip().split("\n\n")[-1]
    status, *lines = last.split("\n")
    parts = [line.partition(": ") for line in lines]
    headers = httpx2.Headers([(name, value) for name, _, value in parts])
    where = headers.get("location")
    location = urljoin(url, where) if where else None
    return Page(url, int(status.split()[1]), headers, body.decode("utf-8", "replace"), location)


def request_of(url: str) -> tuple[str, str, bytes]:
    """Host, port and the bytes of a request for an address."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    text = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    return str(parts.hostname), str(parts.port), text.encode()


def first_answer(url: str, heard: bytes) -> Page:
    """The HTTP answer in what a client printed between its own words."""
    _, found, rest = heard.partition(b"HTTP/1.1 ")
    if not found:
        raise LookupError(f"no answer from {url}: {heard[-2000:].decode(errors='replace')}")
    head, _, body = (found + rest).partition(b"\r\n\r\n")
    return answer_of(url, head, body)


def by_gnutls(authority: Path, files: KeyFiles, url: str) -> Page:
    """Ask with gnutls-cli."""
    host, port, request = request_of(url)
    words = ["gnutls-cli", "--x509cafile", str(authority), "--port", port, host]
    words += ["--x509certfile", str(files.certificate), "--x509keyfile", str(files.key)]
    heard = subprocess.run(words, input=request, capture_output=True, timeout=PATIENCE, check=False)
    return first_answer(url, heard.stdout)


def by_nss(authority: Path, files: KeyFiles, url: str, folder: Path) -> Page:
    """Ask with NSS, the TLS of Firefox, and so far of Chromium for certificates on Linux."""
    database = _nss_database(authority, files, folder)
    host, port, request = request_of(url)
    asked = folder / "request"
    asked.write_bytes(request)
    words = ["tstclnt", "-h", host, "-p", port, "-d", database, "-w", PASSWORD]
    words += ["-n", "card", "-V", "tls1.2:tls1.3", "-4", "-A", str(asked)]
    heard = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
    return first_answer(url, heard.stdout)


def _nss_database(authority: Path, files: KeyFiles, folder: Path) -> str:
    store = folder / "nss"
    store.mkdir()
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    bundle = folder / "card.p12"
    at, asked = ["-d", f"sql:{store}"], ["-f", str(secret)]
    exported = ["-in", str(files.certificate), "-inkey", str(files.key), "-out", str(bundle)]
    steps = [
        ["openssl", "pkcs12", "-export", *exported, "-name", "card", "-passout", f"file:{secret}"],
        ["certutil", "-N", *at, *asked],
        ["certutil", "-A", *at, *asked, "-n", "local", "-t", "C,,", "-i", str(authority)],
        ["pk12util", "-i", str(bundle), *at, "-k", str(secret), "-w", str(secret)],
    ]
    for words in steps:
        subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE)
    return f"sql:{store}"


def missing(*programs: str) -> list[str]:
    """Those of the programs that are not installed."""
    path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/usr/local/sbin"
    return [name for name in programs if shutil.which(name, path=path) is None]
