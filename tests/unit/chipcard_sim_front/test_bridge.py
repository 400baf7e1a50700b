import asyncio
import base64
import json
import logging
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.testclient import TestClient

from chipcard_sim.bridge import app as bridge_app
from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import CardMissing, Drawer
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.terminal.errors import CardRefused, NotACard
from chipcard_sim.terminal.piv import PivClient

Workshop = Any  # of conftest.py, which cannot be imported
Post = Callable[..., Any]
BRIDGE = "http://127.0.0.1:8200"
PROVIDER = "http://localhost:8000"
NONCE = base64.b64encode(bytes(range(32))).decode()
CARD = "VN0000001"
SETTINGS = BridgeSettings(BRIDGE, (PROVIDER, "https://id.example.vn"), has_picker=True)


@pytest.fixture
def client(stocked: Workshop) -> Iterator[TestClient]:
    with TestClient(create_bridge(Drawer(stocked.cards), SETTINGS), base_url=BRIDGE) as client:
        yield client


@pytest.fixture
def post(client: TestClient, stocked: Workshop) -> Post:
    """Post to /answer a request that is right; an argument changes one member or one header."""

    def post(path: str = "/answer", headers: dict[str, str] | None = None, **changed: Any) -> Any:
        body = {"card": CARD, "pin": stocked.pin, "origin": PROVIDER, "nonce": NONCE} | changed
        return client.post(path, json=body, headers={"Origin": BRIDGE} | (headers or {}))

    return post


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_card_answers_a_challenge(post: Post) -> None:
    token = post().json()
    certificate = x509.load_der_x509_certificate(base64.b64decode(token["unverifiedCertificate"]))
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    raw = base64.b64decode(token["signature"])
    signature = encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    signed = sha256(PROVIDER.encode()).digest() + sha256(NONCE.encode()).digest()
    key.verify(signature, signed, ec.ECDSA(SHA256()))
    assert (token["format"], token["algorithm"]) == ("web-eid:1.0", "ES256")


def test_each_allowed_provider_may_ask(post: Post) -> None:
    assert post(origin="https://id.example.vn").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:8001",
        "http://127.0.0.1:8000",
        "https://localhost:8000",
        "http://localhost:8000/",
        "http://localhost:8000.evil.example",
        BRIDGE,
        "null",
        "",
    ],
)
def test_no_other_origin_gets_an_answer(post: Post, origin: str) -> None:
    assert refusal(post(origin=origin)) == (403, "asker_unknown")


@pytest.mark.parametrize("path", ["/answer", "/pin", "/unblock"])
@pytest.mark.parametrize("origin", [PROVIDER, "http://localhost:8200", "null", "", f"{BRIDGE}/"])
def test_only_the_bridges_own_window_may_post(post: Post, path: str, origin: str) -> None:
    assert refusal(post(path, headers={"Origin": origin})) == (403, "origin_wrong")


def test_a_post_without_origin_is_refused(client: TestClient) -> None:
    assert refusal(client.post("/answer", json={})) == (403, "origin_wrong")


@pytest.mark.parametrize("host", ["localhost:8200", "evil.example:8200", "127.0.0.1", "evil"])
@pytest.mark.parametrize("path", ["/window", "/cards", "/health", "/static/window.js", "/answer"])
def test_the_bridge_answers_to_one_name_only(client: TestClient, path: str, host: str) -> None:
    assert refusal(client.get(path, headers={"Host": host})) == (403, "host_wrong")


@pytest.mark.parametrize("hosts", [[], [b"127.0.0.1:8200", b"127.0.0.1:8200"]])
def test_the_bridge_must_be_called_by_name_once(stocked: Workshop, hosts: list[bytes]) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/health",
        "query_string": b"",
        "headers": [(b"host", host) for host in hosts],
    }

    async def call() -> None:
        await create_bridge(Drawer(stocked.cards), SETTINGS)(scope, receive, send)

    asyncio.run(call())
    assert sent[0]["status"] == 403


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(post: Post, content_type: str) -> None:
    answer = post(headers={"Content-Type": content_type})
    assert refusal(answer) == (415, "content_type_wrong")


def test_json_may_name_its_character_set(post: Post) -> None:
    assert post(headers={"Content-Type": "Application/JSON; charset=utf-8"}).status_code == 200


def test_a_long_body_is_refused_whatever_it_says_of_its_length(
    post: Post, client: TestClient
) -> None:
    assert refusal(post(more="x" * 8192)) == (413, "too_large")
    pieces = iter([b" " * 4096, b" " * 4096, b" "])
    headers = {"Origin": BRIDGE, "Content-Type": "application/json"}
    answer = client.post("/answer", content=pieces, headers=headers)
    assert refusal(answer) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"pin":', b"\xff", b"[" * 8000, b'{"card":{}}', b'{"card":1}', b"{}"],
)
def test_a_malformed_body_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"Origin": BRIDGE, "Content-Type": "application/json"}
    assert refusal(client.post("/answer", content=body, headers=headers)) == (400, "malformed")


@pytest.mark.parametrize("nonce", ["", "x" * 43, "x" * 129, "x" * 43 + " ", "x" * 43 + "\u00e9"])
def test_a_weak_or_strange_challenge_is_not_signed(post: Post, nonce: str) -> None:
    assert refusal(post(nonce=nonce)) == (400, "nonce_wrong")


@pytest.mark.parametrize("card", ["VN0000002", "", "../cards/VN0000001", "/etc/passwd", "*"])
def test_an_unknown_card_is_told(post: Post, card: str) -> None:
    assert refusal(post(card=card)) == (404, "card_unknown")


def test_a_wrong_pin_is_counted_to_the_block(post: Post, stocked: Workshop) -> None:
    assert post(pin="000000").json() == {"code": "pin_wrong", "triesLeft": 2}
    assert post(pin="000000").json() == {"code": "pin_wrong", "triesLeft": 1}
    assert refusal(post(pin="000000")) == (403, "pin_blocked")
    assert refusal(post(pin=stocked.pin)) == (403, "pin_blocked")


def test_the_right_pin_gives_back_all_tries(post: Post) -> None:
    post(pin="000000")
    post(pin="000000")
    assert post().status_code == 200
    assert post(pin="000000").json()["triesLeft"] == 2


@pytest.mark.parametrize("pin", ["", "12345", "123456789", "12345a", "１２３４５６"])  # noqa: RUF001
def test_a_misshapen_pin_costs_no_try(post: Post, pin: str) -> None:
    assert refusal(post(pin=pin)) == (400, "pin_shape")
    assert post(pin="000000").json()["triesLeft"] == 2


def test_a_blocked_pin_is_unblocked_with_the_puk(post: Post, stocked: Workshop) -> None:
    for _ in range(3):
        post(pin="000000")
    assert post("/unblock", puk="00000000", newPin="864209").json() == {
        "code": "puk_wrong",
        "triesLeft": 2,
    }
    assert refusal(post("/unblock", puk="1234567", newPin="864209")) == (400, "puk_shape")
    assert refusal(post("/unblock", puk=stocked.puk, newPin="8642")) == (400, "pin_shape")
    assert post("/unblock", puk=stocked.puk, newPin="864209").status_code == 200
    assert post(pin="864209").status_code == 200
    assert refusal(post(pin=stocked.pin)) == (403, "pin_wrong")


def test_the_puk_is_blocked_too(post: Post, stocked: Workshop) -> None:
    for _ in range(2):
        post("/unblock", puk="00000000", newPin="864209")
    last = post("/unblock", puk="00000000", newPin="864209")
    assert refusal(last) == (403, "puk_blocked")
    assert refusal(post("/unblock", puk=stocked.puk, newPin="864209")) == (403, "puk_blocked")


def test_the_pin_is_changed_by_one_who_knows_it(post: Post) -> None:
    assert post("/pin", pin="000000", newPin="864209").json()["triesLeft"] == 2
    assert post("/pin", newPin="864209").status_code == 200
    assert post(pin="864209").status_code == 200


def test_a_blank_chip_is_told_as_unfit(post: Post, stocked: Workshop) -> None:
    stocked.make(documentNumber="VN0000002")
    assert refusal(post(card="VN0000002")) == (409, "card_unfit")


def test_a_damaged_card_is_told_as_unfit(post: Post, stocked: Workshop) -> None:
    (stocked.cards / "VN0000002.card").write_text("{}")
    assert refusal(post(card="VN0000002")) == (409, "card_unfit")


def test_the_picker_lists_finished_cards(client: TestClient, stocked: Workshop) -> None:
    stocked.make(documentNumber="VN0000002")
    (stocked.cards / "VN0000003.card").write_text("{}")
    assert client.get("/cards").json() == {"cards": [{"card": CARD, "holder": "NGUYEN THI MAU"}]}


def test_without_picker_there_is_one_card_only(stocked: Workshop) -> None:
    stocked.finish("VN0000002")
    settings = BridgeSettings(BRIDGE, (PROVIDER,), has_picker=False)
    bridge = create_bridge(Drawer(stocked.cards, only=CARD), settings)
    client = TestClient(bridge, base_url=BRIDGE, headers={"Origin": BRIDGE})
    body = {"pin": stocked.pin, "origin": PROVIDER, "nonce": NONCE}
    assert refusal(client.get("/cards")) == (404, "not_found")
    assert client.post("/answer", json=body | {"card": CARD}).status_code == 200
    other = client.post("/answer", json=body | {"card": "VN0000002"})
    assert refusal(other) == (404, "card_unknown")
    page = client.get("/window").text
    assert CARD in page
    assert "VN0000002" not in page


def test_health_is_told(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def guarded_answers(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for path in ("/window", "/cards", "/health", "/static/window.css", "/nothing", "/answer"):
        yield client.get(path)
    yield client.get("/window", headers={"Host": "evil.example"})
    yield client.post("/answer", json={})
    yield client.options("/answer", headers={"Origin": "http://evil.example"})
    monkeypatch.setattr(bridge_app, "read_asked", None)
    failing = TestClient(client.app, base_url=BRIDGE, raise_server_exceptions=False)
    yield failing.post("/answer", json={})


def test_every_answer_carries_the_same_headers(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = []
    for answer in guarded_answers(client, monkeypatch):
        statuses.append(answer.status_code)
        assert answer.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers.get_list("Cache-Control") == ["no-store"]
        # It would cut window.opener, and the card's answer could not reach the page that asked.
        assert "Cross-Origin-Opener-Policy" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert statuses == [200, 200, 200, 200, 404, 405, 403, 403, 405, 500]


def test_a_pin_reaches_no_log_and_no_answer(
    post: Post, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [
        post(pin="975310").text,
        post(pin="97531x").text,
        post("/pin", pin="975310", newPin="97531").text,
        post(pin="975310", card={}).text,
    ]
    captured = capfd.readouterr()
    assert "97531" not in "".join([*told, caplog.text, captured.out, captured.err])


def test_a_card_forgets_the_pin_between_conversations(stocked: Workshop) -> None:
    drawer = Drawer(stocked.cards)
    with drawer.inserted(CARD) as card:
        client = PivClient(card)
        client.select()
        client.verify_pin(stocked.pin)
        client.sign(0x9A, bytes(32))
    with drawer.inserted(CARD) as card:
        client = PivClient(card)
        client.select()
        with pytest.raises(CardRefused):
            client.sign(0x9A, bytes(32))
    with pytest.raises(NotACard):
        client.select()


def test_a_card_holds_one_conversation_at_a_time(stocked: Workshop) -> None:
    drawer = Drawer(stocked.cards)
    with drawer.inserted(CARD):
        assert not drawer._turns[CARD].acquire(blocking=False)
    assert drawer._turns[CARD].acquire(blocking=False)


def test_the_drawer_makes_no_path_of_a_name(stocked: Workshop) -> None:
    drawer = Drawer(stocked.cards / "factory")
    with pytest.raises(CardMissing), drawer.inserted(f"../{CARD}"):
        pass


@pytest.mark.parametrize(
    "origins",
    [
        ("http://localhost:8000/",),
        ("http://localhost:80",),
        ("https://id.example.vn:443",),
        ("HTTP://localhost:8000",),
        ("http://LOCALHOST:8000",),
        ("localhost:8000",),
        ("*",),
        ("null",),
        ("ftp://localhost",),
        ("http://user@localhost",),
        (),
    ],
)
def test_an_origin_no_browser_sends_is_refused_at_start__rfc6454_6_2(
    origins: tuple[str, ...],
) -> None:
    with pytest.raises(ValueError, match="origin"):
        BridgeSettings(BRIDGE, origins, has_picker=True)


def test_the_answer_is_json_a_script_can_hand_on(post: Post) -> None:
    assert json.loads(post().text).keys() == {
        "format",
        "unverifiedCertificate",
        "algorithm",
        "signature",
        "appVersion",
    }
