"""The desk over HTTP: what a page can ask of it, and what is written down meanwhile."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from unit.chipcard_sim.cards import change_state
from unit.chipcard_sim.passports import CAN, DG1, FILES, MRZ, passport_card

from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.chip_state import get_object
from chipcard_sim.bridge.conversations import CONVERSATIONS
from chipcard_sim.bridge.desk import Desk
from chipcard_sim.bridge.drawer import CardMissing, Drawer
from chipcard_sim.bridge.journal import Journal
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.bridge.stream import event_of
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.chip_reading import FORMAT
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.piv import PivClient

Workshop = Any  # of conftest.py, which cannot be imported
Post = Callable[..., Any]
BRIDGE = "http://127.0.0.1:8200"
PROVIDER = "http://localhost:8000"
NONCE = base64.b64encode(bytes(range(32))).decode()
CARD = "VN0000001"
PASSPORT = "VN0000002"
SETTINGS = BridgeSettings(BRIDGE, (PROVIDER,), has_picker=True)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def client(stocked: Workshop, journal: Journal) -> Iterator[TestClient]:
    app = create_bridge(Drawer(stocked.cards), SETTINGS, journal)
    with TestClient(app, base_url=BRIDGE) as client:
        yield client


@pytest.fixture
def post(client: TestClient) -> Post:
    def post(path: str, **members: str) -> Any:
        return client.post(path, json=members, headers={"Origin": BRIDGE})

    return post


def heard(journal: Journal) -> str:
    return "".join(event_of(entry) for entry in journal.after(0))


def told(journal: Journal, kind: str) -> list[Any]:
    return [entry.members for entry in journal.after(0) if entry.kind == kind]


# ---- insert and remove -------------------------------------------------------------


@pytest.mark.parametrize("path", CONVERSATIONS)
@pytest.mark.parametrize("origin", [PROVIDER, "null", None])
def test_only_the_bridges_own_pages_may_act(
    client: TestClient, path: str, origin: str | None
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    answer = client.post(path, json={"card": CARD}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_wrong")


def test_one_card_or_none_is_in_the_reader(stocked: Workshop, journal: Journal) -> None:
    stocked.finish("VN0000003")
    desk = Desk(Drawer(stocked.cards), journal)
    assert desk.inserted is None
    desk.insert(CARD)
    desk.insert("VN0000003")
    assert desk.inserted == "VN0000003"
    (stocked.cards / "VN0000003.card").unlink()
    assert desk.inserted is None
    desk.insert(CARD)
    desk.remove()
    assert desk.inserted is None


def test_no_strange_card_is_inserted(post: Post, stocked: Workshop) -> None:
    with pytest.raises(CardMissing):
        Desk(Drawer(stocked.cards), Journal()).insert("VN0000009")
    answer = post("/insert", card="../cards/VN0000001")
    assert (answer.status_code, answer.json()) == (404, {"code": "card_unknown"})


def test_the_window_offers_the_inserted_card_first(
    client: TestClient, post: Post, stocked: Workshop
) -> None:
    stocked.finish("VN0000003")
    assert "selected" not in client.get("/window").text
    post("/insert", card="VN0000003")
    assert client.get("/window").text.count('<option value="VN0000003" selected>') == 3
    post("/remove")
    assert "selected" not in client.get("/window").text


def test_a_wrapped_card_is_what_everybody_talks_to(stocked: Workshop) -> None:
    class Mute:
        def transmit(self, command: bytes) -> bytes:
            return b"\x6f\x00" if command else b""

    wrapped: list[Card] = []

    def wrap(card: Card) -> Transport:
        wrapped.append(card)
        return Mute()

    app = create_bridge(Drawer(stocked.cards, wrap=wrap), SETTINGS)
    with TestClient(app, base_url=BRIDGE) as client:
        body = {"card": CARD, "pin": stocked.pin}
        answer = client.post("/verify", json=body, headers={"Origin": BRIDGE})
    assert answer.json()["code"] == "card_unfit"
    assert len(wrapped) == 1


# ---- the PIN -----------------------------------------------------------------------


def test_the_pin_opens_what_the_chip_keeps_shut_and_only_once(
    post: Post, stocked: Workshop
) -> None:
    assert post("/verify", card=CARD, pin="000000").json() == {"code": "pin_wrong", "triesLeft": 2}
    for _ in range(2):  # and the second time it was shut again
        opened = post("/verify", card=CARD, pin=stocked.pin).json()
        assert opened == {"opened": ["5FC109"], "empty": ["5FC108", "5FC103"]}
    assert post("/verify", card=CARD, pin="12345").json()["code"] == "pin_shape"


def test_no_pin_reaches_the_stream__CV_52(
    post: Post, client: TestClient, stocked: Workshop, journal: Journal
) -> None:
    post("/insert", card=CARD)
    post("/verify", card=CARD, pin="97531975")
    post("/verify", card=CARD, pin=stocked.pin)
    post("/pin", card=CARD, pin=stocked.pin, newPin="86420864")
    for _ in range(3):
        post("/verify", card=CARD, pin="97531975")
    post("/unblock", card=CARD, puk=stocked.puk, newPin="75319753")
    post("/answer", card=CARD, pin="75319753", origin=PROVIDER, nonce=NONCE)
    client.get("/")
    stream = heard(journal)
    for secret in ("97531975", "86420864", "75319753", stocked.puk):
        assert secret not in stream  # six digits may stand in a signature by chance, eight do not
    for secret in ("97531975", "86420864", "75319753", stocked.puk, stocked.pin):
        assert secret.encode().hex().upper() not in stream
    assert stream.count("[blanked]") == 9  # eight with a PIN or PUK, and what the right PIN opened
    assert [each["what"] for each in told(journal, "opened")] == [
        *("verify", "verify", "change", "verify", "verify", "verify", "unblock", "answer", "look")
    ]


def test_what_the_pin_opens_does_not_reach_the_stream(
    post: Post, stocked: Workshop, journal: Journal
) -> None:
    assert post("/verify", card=CARD, pin=stocked.pin).json()["opened"] == ["5FC109"]
    exchanges = told(journal, "exchange")
    (_, shown) = [each for each in exchanges if each["name"].startswith("GET DATA 5FC109")]
    assert (shown["status"], shown["answer"]) == ("9000 OK", "[blanked]")
    card = stocked.open()
    client = PivClient(card)
    client.select()
    client.verify_pin(stocked.pin)
    assert get_object(Connection(card), 0x5FC109).data.hex().upper() not in heard(journal)


def test_a_conversation_is_told_from_beginning_to_end(
    post: Post, stocked: Workshop, journal: Journal
) -> None:
    post("/answer", card=CARD, pin=stocked.pin, origin=PROVIDER, nonce=NONCE)
    kinds = [entry.kind for entry in journal.after(0)]
    assert (kinds[0], kinds[-1]) == ("opened", "closed")
    opened = told(journal, "opened")[0]
    assert (opened["card"], opened["what"], opened["asker"]) == (CARD, "answer", PROVIDER)
    assert isinstance(opened["at"], int)
    names = [each["name"] for each in told(journal, "exchange")]
    assert names[0] == "SELECT PIV"
    assert "VERIFY PIN" in names
    assert "GENERAL AUTHENTICATE sign with 9A, P-256" in names


def test_a_refused_conversation_ends_in_the_journal_too(post: Post, journal: Journal) -> None:
    post("/verify", card=CARD, pin="000000")
    assert [entry.kind for entry in journal.after(0)][-1] == "closed"


# ---- the passport application -------------------------------------------------------


def hash_row(number: int, file: bytes) -> bytes:
    digest = tlv.build(0x04, sha256(file).digest())
    return tlv.build(0x30, tlv.build(0x02, bytes((number,))) + digest)


def security_object(files: dict[int, bytes]) -> bytes:
    """EF.SOD with the hashes of data groups, signed by nobody: a reader does not look."""
    rows = b"".join(
        tlv.build(
            0x30, tlv.build(0x02, bytes((name & 0xFF,))) + tlv.build(0x04, sha256(it).digest())
        )
        for name, it in files.items()
    )
    algorithm = tlv.build(0x30, tlv.build(0x06, bytes.fromhex("608648016503040201")))
    hashes = tlv.build(0x30, tlv.build(0x02, b"\x00") + algorithm + tlv.build(0x30, rows))
    content = tlv.build(0x06, b"\x2a\x03") + tlv.build(0xA0, tlv.build(0x04, hashes))
    signed = tlv.build(0x02, b"\x03") + tlv.build(0x31, b"") + tlv.build(0x30, content)
    wrapped = tlv.build(0xA0, tlv.build(0x30, signed + tlv.build(0x31, b"")))
    return tlv.build(0x77, tlv.build(0x30, tlv.build(0x06, b"\x2a\x03") + wrapped))


DG15 = tlv.build(0x6F, b"\x30\x00")


@pytest.fixture
def passport(stocked: Workshop) -> Path:
    """A card whose passport application is signed over DG1, DG2, DG3 (not there) and DG15."""
    place = Path(stocked.cards) / f"{PASSPORT}.card"
    passport_card(place)
    signed = {0x0101: DG1, 0x0102: FILES[0x0102], 0x0103: b"", 0x010F: DG15}
    files = {**FILES, 0x011D: security_object(signed), 0x010F: DG15}
    change_state(place, lambda state: replace(state, files=files))
    return place


def test_the_passport_is_read_with_the_number_on_the_front(
    post: Post, passport: Path, journal: Journal
) -> None:
    assert passport.exists()
    found = post("/passport", card=PASSPORT, can=CAN.decode()).json()
    assert found["mrz"] == list(MRZ)
    assert found["portrait"] is None  # what lies there is no picture
    assert found["signer"] == ""
    assert {row["number"]: row["matches"] for row in found["dataGroups"]} == {
        1: True,
        2: True,
        3: None,
        15: True,
    }
    assert CAN.hex() not in heard(journal)
    names = [each["name"] for each in told(journal, "exchange")]
    assert "GENERAL AUTHENTICATE PACE 4, tokens" in names
    assert "SELECT, secured" in names


def test_an_altered_data_group_is_shown_as_such(post: Post, passport: Path) -> None:
    altered = DG1.replace(b"MAU", b"GIA")
    change_state(passport, lambda state: replace(state, files={**state.files, 0x0101: altered}))
    found = post("/passport", card=PASSPORT, can=CAN.decode()).json()
    assert [row["matches"] for row in found["dataGroups"]] == [False, True, None, True]


WHAT_DOES_NOT_OPEN = [
    (PASSPORT, "000000", "can_wrong"),
    (PASSPORT, "12345", "can_shape"),
    (PASSPORT, "12345a", "can_shape"),
    (CARD, "246802", "card_unfit"),
    ("VN0000009", "246802", "card_unknown"),
]


@pytest.mark.parametrize(("card", "can", "code"), WHAT_DOES_NOT_OPEN)
@pytest.mark.usefixtures("passport")
def test_what_does_not_open_is_told(post: Post, card: str, can: str, code: str) -> None:
    for path in ("/passport", "/read"):
        answer = post(path, card=card, can=can, origin=PROVIDER, nonce=NONCE)
        assert answer.json()["code"] == code


def test_the_chip_itself_answers_a_challenge(post: Post, passport: Path) -> None:
    assert passport.exists()
    reading = post("/read", card=PASSPORT, can=CAN.decode(), origin=PROVIDER, nonce=NONCE).json()
    assert reading["format"] == FORMAT
    assert base64.b64decode(reading["dataGroups"]["1"]) == DG1
    assert "2" not in reading["dataGroups"]
    assert len(base64.b64decode(reading["activeAuthentication"])) == 64


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"origin": "http://evil.example"}, "asker_unknown"),
        ({"origin": BRIDGE}, "asker_unknown"),
        ({"nonce": "short"}, "nonce_wrong"),
    ],
)
def test_the_chip_answers_no_stranger(
    post: Post, passport: Path, journal: Journal, members: dict[str, str], code: str
) -> None:
    assert passport.exists()
    right = {"card": PASSPORT, "can": CAN.decode(), "origin": PROVIDER, "nonce": NONCE}
    assert post("/read", **(right | members)).json()["code"] == code
    assert journal.after(0) == ()


def test_a_reading_is_json_a_script_can_hand_on(post: Post, passport: Path) -> None:
    assert passport.exists()
    answer = post("/read", card=PASSPORT, can=CAN.decode(), origin=PROVIDER, nonce=NONCE)
    assert json.loads(answer.text).keys() == {
        *("format", "securityObject", "dataGroups", "activeAuthentication", "appVersion")
    }
