"""The certificate door over HTTP: which headers it believes, where it answers, what it says."""

import asyncio
import json
import ssl
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st
from pki_for_tests import SoftCard, ThrowAwayPki
from starlette.types import ASGIApp, Receive, Scope, Send

from api.certificates import create_certificate_app
from eid.authentication.certificate_door import CertificateDoor, HandoverPolicy
from eid.bootstrap.certificates import CertificateServices
from eid.errors import CertificateMissing, CertificateUntrusted, EidError
from eid.proofs.client_certificate import Errand, Handover, open_handover
from keys.sealing import Sealer

PAGES = "https://id.example:8443"
KEY = b"handover key of the unit tests !"
PENDING, NONCE = "p" * 43, "n" * 43 + "="
PATH = f"/card/{PENDING}?nonce={quote(NONCE)}"
SOCKET = Path("/run/certificates.sock")
PKI = ThrowAwayPki()
CARD, OTHER = PKI.card(), PKI.card("001190000002")

Headers = list[tuple[str, str]]


class Clock:
    """It is always now."""

    def now(self) -> datetime:
        return NOW


def services() -> CertificateServices:
    door = CertificateDoor(PKI.anchors(), HandoverPolicy(PAGES, KEY))
    return cast("CertificateServices", SimpleNamespace(door=door, clock=Clock(), pages=PAGES))


class From:
    """Says where requests came in, as a server does."""

    def __init__(self, app: ASGIApp, server: object) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "server": self._server, "client": None}, receive, send)


def ask(
    headers: Headers | None = None,
    path: str = PATH,
    *,
    method: str = "GET",
    server: object = (str(SOCKET), None),
) -> httpx2.Response:
    app = From(create_certificate_app(services(), SOCKET), server)

    async def once() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as http:
            return await http.request(method, path, headers=headers or [])

    return asyncio.run(once())


def pem(card: SoftCard = CARD) -> str:
    return ssl.DER_cert_to_PEM_cert(card.der)


def named(card: SoftCard = CARD) -> str:
    """As nginx writes it: `$ssl_client_escaped_cert`."""
    return quote(pem(card), safe="")


def opened(answer: httpx2.Response) -> Handover | EidError:
    """What was handed over, as the pages will read it."""
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{PAGES}/login/{PENDING}/certificate"
    query = parse_qs(where.query)
    assert query["nonce"] == [NONCE]
    errand = Errand(PAGES, PENDING, NONCE)
    return open_handover(Sealer(KEY), errand, query["handover"][0].encode())


def test_the_certificate_that_the_front_names_is_handed_over() -> None:
    assert opened(ask([("X-Client-Cert", named())])) == Handover(CARD.der, NOW)


def test_without_one_the_pages_are_told_so() -> None:
    assert isinstance(opened(ask()), CertificateMissing)


def test_a_certificate_that_could_never_be_good_is_not_handed_over__CV_20() -> None:
    stranger = ThrowAwayPki("Elsewhere").card()
    assert isinstance(opened(ask([("X-Client-Cert", named(stranger))])), CertificateUntrusted)


UNREADABLE: dict[str, Headers] = {
    "twice": [("X-Client-Cert", named()), ("X-Client-Cert", named(OTHER))],
    "twice the same": [("X-Client-Cert", named()), ("x-client-cert", named())],
    "empty": [("X-Client-Cert", "")],
    "twice, joined": [("X-Client-Cert", f"{named()}, {named(OTHER)}")],
    "two in one": [("X-Client-Cert", quote(pem() + pem(OTHER), safe=""))],
    "something before it": [("X-Client-Cert", quote(f"x{pem()}", safe=""))],
    "something behind it": [("X-Client-Cert", quote(f"{pem()}\nx", safe=""))],
    "no base64": [("X-Client-Cert", quote(pem().replace("A", "*"), safe=""))],
    "broken padding": [("X-Client-Cert", quote(pem().replace("\n-----END", "=A\n-----END")))],
    "a key": [("X-Client-Cert", quote(pem().replace("CERTIFICATE", "PRIVATE KEY")))],
    "a word": [("X-Client-Cert", "NONE")],
    "DER": [("X-Client-Cert", quote(CARD.der))],
    "RFC 9440's way": [("X-Client-Cert", ":TUlJ:")],
    "very long": [("X-Client-Cert", "A" * 17_000)],
}


@pytest.mark.parametrize("headers", UNREADABLE.values(), ids=UNREADABLE)
def test_a_header_that_names_no_one_certificate_is_refused__L_61__CV_06(headers: Headers) -> None:
    answer = ask(headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "name", ["X_Client_Cert", "Client-Cert", "X-SSL-Cert", "X-Client-Verify", "X-Client-Cert-2"]
)
def test_no_other_header_names_a_certificate(name: str) -> None:
    assert isinstance(opened(ask([(name, named())])), CertificateMissing)
    both = opened(ask([(name, named(OTHER)), ("X-Client-Cert", named())]))
    assert both == Handover(CARD.der, NOW)


@given(st.binary(max_size=300))
def test_no_bytes_in_the_header_crash_it__CV_44(raw: bytes) -> None:
    answer = ask([("X-Client-Cert", quote(raw))])
    assert answer.status_code in {303, 400}


@pytest.mark.parametrize(
    "server",
    [("127.0.0.1", 8444), ("::1", 80), ("/run/other.sock", None), (str(SOCKET), 1), None, ()],
)
def test_over_anything_but_its_socket_it_answers_nobody(server: object) -> None:
    answer = ask([("X-Client-Cert", named())], server=server)
    assert (answer.status_code, answer.json()["error"]) == (421, "misdirected")
    assert ask(path="/health/live", server=server).status_code == 421


@pytest.mark.parametrize("site", ["cross-site", "none", "", "Same-Site"])
def test_a_strangers_link_asks_for_no_card__SS_06__SS_08(site: str) -> None:
    answer = ask([("X-Client-Cert", named()), ("Sec-Fetch-Site", site)])
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden_form")


@pytest.mark.parametrize("site", ["same-site", "same-origin"])
def test_a_link_of_our_own_pages_does(site: str) -> None:
    answer = ask([("X-Client-Cert", named()), ("Sec-Fetch-Site", site)])
    assert opened(answer) == Handover(CARD.der, NOW)


PLACES: list[tuple[str, int]] = [
    ("/", 404),
    ("/card", 404),
    ("/card/", 404),
    (f"/card/{PENDING}/", 404),
    (f"/card/{'p' * 42}?nonce={quote(NONCE)}", 404),
    (f"/card/{'p' * 42}é?nonce={quote(NONCE)}", 404),
    (f"/card/..%2f{PENDING}?nonce={quote(NONCE)}", 404),
    (f"/card/{PENDING}", 400),
    (f"/card/{PENDING}?nonce=short", 400),
    (f"/login/{PENDING}", 404),
    ("/jwks", 404),
]


@pytest.mark.parametrize(("path", "status"), PLACES)
def test_it_does_nothing_else(path: str, status: int) -> None:
    answer = ask([("X-Client-Cert", named())], path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "case_number"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_get_405__HD_10(method: str) -> None:
    answer = ask([("X-Client-Cert", named())], method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("host", ["evil.example", "id.example:8444"])
def test_where_it_leads_is_never_made_of_the_request__AZ_25(host: str) -> None:
    forged = [("Host", host), ("X-Forwarded-Host", host), ("Forwarded", f"host={host}")]
    assert opened(ask([*forged, ("X-Client-Cert", named())])) == Handover(CARD.der, NOW)


def every_answer() -> Iterable[httpx2.Response]:
    yield ask([("X-Client-Cert", named())])
    yield ask([("X-Client-Cert", "x")])
    yield ask(path="/nowhere")
    yield ask(server=("127.0.0.1", 1))


def test_its_answers_are_dressed_and_hold_nothing_of_the_holder__HD_01__PI_02() -> None:
    for answer in every_answer():
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        told = json.dumps(dict(answer.headers)) + answer.text
        assert "001190000001" not in told
        assert "NGUYEN" not in told


def test_what_is_logged_names_nobody__AU_06(caplog: Any) -> None:
    caplog.set_level("DEBUG")
    list(every_answer())
    assert "001190000001" not in caplog.text
    assert NONCE not in caplog.text
    assert "BEGIN" not in caplog.text


def test_it_says_that_it_lives() -> None:
    assert ask(path="/health/live").json() == {"status": "live"}


# The pages never read it


def test_the_header_is_read_in_one_file_of_the_front_door_and_nowhere_else() -> None:
    root = Path(__file__).resolve().parents[3]
    readers = {
        path.relative_to(root).as_posix()
        for folder in ("api", "eid", "keys")
        for path in (root / folder).rglob("*.py")
        if "x-client-cert" in path.read_text("utf-8").casefold().replace("_", "-")
    }
    assert readers == {"api/certificates.py"}
