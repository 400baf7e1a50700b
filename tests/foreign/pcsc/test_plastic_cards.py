"""The house's own reader side over PC/SC, as it meets plastic; tried with a virtual reader."""

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from threading import Event, Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from foreign.pcsc.personalised import NEW_PIN, PIN, PUK, WRONG_PIN, HandedOut
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result
from virtual_reader import HERE, in_slot, reader_of

from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import CardMissing
from chipcard_sim.bridge.readers import PlasticCards
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.chip.card import Card
from chipcard_sim.commands import app
from chipcard_sim.iso7816.apdu import Command, Response
from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.piv import PivClient
from chipcard_sim.transport import pcsc, vpcd

pytestmark = pytest.mark.pcsc
ORIGIN, BRIDGE = "http://localhost:8000", "http://127.0.0.1:8200"
NONCE = "A" * 43 + "="
FIRST, SECOND = reader_of(0), reader_of(1)
SELECT = bytes.fromhex("00A4040009A0000003080000100000")


def check_answer(token: dict[str, str], card: HandedOut) -> None:
    """The answer of this card's own key, over this origin and this nonce."""
    raw = base64.b64decode(token["signature"])
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    signed = sha256(ORIGIN.encode()).digest() + sha256(NONCE.encode()).digest()
    card.public_key("9A").verify(signature, signed, ec.ECDSA(SHA256()))


def chipcard(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


ANSWER = ("answer", "--origin", ORIGIN, "--nonce", NONCE, "--pin", PIN)


# The command line


def test_a_card_in_the_only_occupied_reader_answers(inserted: HandedOut) -> None:
    told = chipcard(*ANSWER, "--reader", "pcsc")
    assert told.exit_code == 0, told.stderr
    check_answer(json.loads(told.stdout), inserted)


def test_with_two_cards_the_reader_is_named(inserted: HandedOut) -> None:
    with in_slot(inserted.card, 1):
        unsure = chipcard(*ANSWER, "--reader", "pcsc")
        assert unsure.exit_code == 1
        assert f"{FIRST}, {SECOND}" in unsure.stderr
        assert chipcard(*ANSWER, "--reader", f"pcsc:{SECOND}").exit_code == 0


@pytest.mark.usefixtures("inserted")
def test_a_reader_without_a_card_is_told() -> None:
    told = chipcard(*ANSWER, "--reader", f"pcsc:{SECOND}")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "There is no card" in told.stderr


def test_pins_are_counted_changed_and_unblocked(inserted: HandedOut) -> None:
    pin = ("--reader", "pcsc")
    assert "3 tries left" in chipcard("pin", "status", *pin).stdout
    wrong = chipcard("pin", "change", *pin, "--pin", WRONG_PIN, "--new-pin", NEW_PIN)
    assert "Tries left: 2." in wrong.stderr
    assert chipcard("pin", "change", *pin, "--pin", PIN, "--new-pin", NEW_PIN).exit_code == 0
    assert chipcard("pin", "unblock", *pin, "--puk", PUK, "--new-pin", PIN).exit_code == 0
    assert inserted.path.exists()


# The transport


@pytest.mark.usefixtures("inserted")
def test_a_lent_card_is_lent_to_one_at_a_time_and_comes_back_reset() -> None:
    with pcsc.card_in(FIRST) as card:
        client = PivClient(card)
        client.select()
        client.verify_pin(PIN)
        waited, came = Event(), Event()

        def other() -> None:
            waited.set()
            with pcsc.card_in(FIRST) as same:
                came.set()
                tell = PivClient(same)
                tell.select()
                status = same.transmit(bytes.fromhex("00200080"))
                found.append(Response.read(status).status)

        found: list[int] = []
        thread = Thread(target=other)
        thread.start()
        assert waited.wait(5)
        assert not came.wait(0.2), "it waits"
    thread.join(10)
    assert found == [0x63C3], "the PIN of the conversation before is forgotten"


def test_a_card_pulled_in_the_middle_is_lost_and_comes_back_whole(inserted: HandedOut) -> None:
    with in_slot(inserted.card, 1) as place, pcsc.card_in(SECOND) as card:
        assert card.transmit(SELECT)[-2:] == b"\x90\x00"
        place.pull()
        with pytest.raises(TransportLost):
            card.transmit(SELECT)
    with in_slot(inserted.card, 1), pcsc.card_in(SECOND) as card:
        check_answer(CitizenAgent(card).answer(ORIGIN, NONCE, PIN), inserted)


def test_a_taken_slot_is_told(inserted: HandedOut) -> None:
    other = vpcd.inserted(inserted.card, HERE, vpcd.FIRST_PORT)
    with other as place, pytest.raises(vpcd.SlotTaken):
        place.await_reader(1.0)


class OldCard:
    """The same card behind T=0: no answer with the first word, and no Le beside data."""

    # ISO/IEC 7816-3: T=0 alone, two historical bytes, no check byte.
    ATR = bytes.fromhex("3B025049")

    def __init__(self, card: Card) -> None:
        self._card = card
        self.has_kept_to_it = True

    def reset(self) -> bytes:
        self._card.reset()
        return self.ATR

    def power_off(self) -> None:
        self._card.power_off()

    def transmit(self, command: bytes) -> bytes:
        read = Command.read(command)
        self.has_kept_to_it &= not (read.data and read.answer_size)
        return self._card.transmit(command)


def test_a_card_that_speaks_t0_answers_too__iso7816_3_12_2(inserted: HandedOut) -> None:
    old = OldCard(inserted.card)
    with in_slot(old, 1), pcsc.card_in(SECOND) as card:
        check_answer(CitizenAgent(card).answer(ORIGIN, NONCE, PIN), inserted)
    assert old.has_kept_to_it


# The bridge


@pytest.fixture
def client(inserted: HandedOut) -> Iterator[TestClient]:
    assert inserted.path.exists()
    settings = BridgeSettings(BRIDGE, (ORIGIN,), has_picker=True)
    with TestClient(create_bridge(PlasticCards(), settings), base_url=BRIDGE) as made:
        yield made


def post(client: TestClient, path: str, **members: str) -> Any:
    return client.post(path, json=members, headers={"Origin": BRIDGE})


def test_the_bridge_lends_a_plastic_card(client: TestClient, inserted: HandedOut) -> None:
    shown = client.get("/cards").json()["cards"]
    assert [row["card"] for row in shown] == [FIRST]
    assert [row["holder"] for row in shown] == ["NGUYEN THI MAU"]
    asked = {"card": FIRST, "origin": ORIGIN, "nonce": NONCE}
    wrong = post(client, "/answer", pin=WRONG_PIN, **asked)
    assert (wrong.status_code >= 400, wrong.json()["code"]) == (True, "pin_wrong")
    check_answer(post(client, "/answer", pin=PIN, **asked).json(), inserted)


def test_the_bridge_knows_no_card_in_an_empty_reader(client: TestClient) -> None:
    asked = {"card": SECOND, "origin": ORIGIN, "nonce": NONCE, "pin": PIN}
    assert post(client, "/answer", **asked).json()["code"] == "card_unknown"


@pytest.mark.usefixtures("inserted")
def test_only_the_named_reader_is_looked_at() -> None:
    assert PlasticCards().names() == (FIRST,)
    assert PlasticCards(only=SECOND).names() == ()
    with pytest.raises(CardMissing), PlasticCards(only=SECOND).inserted(FIRST):
        pytest.fail("it was not to be looked at")
