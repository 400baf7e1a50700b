"""Conversations in which one side does not behave: with a card, and with a reader.

A card answers anything with a defined status word, never with 6F00 (an error of its own). A reader
ends with one of its own errors, whatever answers.
"""

import random  # noqa: TID251 - seeded on purpose: a failure can be played again
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from passport_cards import CAN, PassportCard, make_passport_card
from soak.card_doors import COMMANDS
from soak.mutation import shaken
from soak.scratch import own_scratch
from unit.chipcard_sim.cards import PIN, PUK, blank_card, certificate_for, certificate_object
from unit.chipcard_sim.passports import MRZ_SECRET, opened
from unit.chipcard_sim.piv_cards import MANAGEMENT_KEYS, whole_card

from chipcard_sim.bridge.chip_state import read_chip_state
from chipcard_sim.bridge.faces import read_condition, read_face
from chipcard_sim.bridge.passport import read_passport
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response
from chipcard_sim.iso7816.secure_messaging import MessagingBroken, SecureMessaging
from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.chip_examination import examine_chip
from chipcard_sim.terminal.chip_reading import read_chip
from chipcard_sim.terminal.errors import TerminalError
from chipcard_sim.terminal.personalisation import FactoryClient
from chipcard_sim.terminal.piv import PivClient

ORIGIN, NONCE = "https://id.example.vn", "A" * 44
MOST_ASKED = 3000  # commands of one conversation
RAW = tuple(map(bytes.fromhex, COMMANDS))
FACTORY = tuple(
    map(
        bytes.fromhex,
        (
            "00A404000BF0454944464143544F525900",
            "8047009A05AC0380011100",
            "80DB3FFF0B5C035FC1025304AABBCCDD",
            "80DB01010453020101",
            "80240101" + "14" + "AA" * 20,
            "802401020632343638" + "3032",
            "8024018008" + "313233343536FFFF",
            "8024019B13800103530E" + "AB" * 14,
            "8088009A20" + "AB" * 32 + "00",
        ),
    )
)
INSIDE = tuple(
    map(
        bytes.fromhex,
        (
            "00A4020C020101",
            "00B0000000",
            "00B09C0000",
            "00B1000003540100" + "00",
            "0088000008" + "AB" * 8 + "00",
            "002241A40C800A04007F00070202030202",
            "00860000457C438041" + "04" + "AB" * 64 + "00",
            "00A4040C07A0000002471001",
        ),
    )
)


# To cards


def tell(card: Transport, raw: bytes) -> None:
    answer = card.transmit(raw)
    assert 2 <= len(answer) <= 65538
    assert answer[-2:] != b"\x6f\x00", raw.hex()


def talk_in_the_open(card: Card, dice: random.Random, seeds: Sequence[bytes] = RAW) -> int:
    """Eight commands, two of three spoilt."""
    for _ in range(8):
        tell(card, dice.choice(seeds) if dice.random() < 1 / 3 else shaken(dice, seeds))
    return 8


def talk_under_protection(card: Card, dice: random.Random, how: str) -> int:
    """Commands and data objects that are spoilt before their checksum is made: it is right."""
    card.reset()
    reader = opened(card, how)
    for number in range(12):
        assert reader.session is not None
        raw = protected(reader.session, dice)
        if raw is None:
            continue
        answer = Response.read(card.transmit(raw))
        assert answer.status != StatusWord.NO_PRECISE_DIAGNOSIS, raw.hex()
        try:
            reader.session.unwrap_answer(answer)
        except MessagingBroken:  # it is over, or the chip has keys that this reader does not know
            return number + 1
    return 12


def protected(session: SecureMessaging, dice: random.Random) -> bytes | None:
    if dice.random() < 1 / 2:
        with suppress(MalformedApdu):
            return session.wrap(Command.read(shaken(dice, INSIDE))).build()
        return None
    whole = session.wrap(Command.read(dice.choice(INSIDE)))
    fields = shaken(dice, (whole.data[:-10],))
    return replace(whole, data=fields + session._mac_field(fields, session._header(whole))).build()


# To readers


@dataclass
class Liar:
    """Gives the answers of a good card, in their order, some of them spoilt."""

    answers: Sequence[bytes]
    dice: random.Random
    asked: int = 0

    def transmit(self, command: bytes) -> bytes:
        del command
        answer = self.answers[self.asked % len(self.answers)]
        self.asked += 1
        assert self.asked < MOST_ASKED
        return shaken(self.dice, (answer,)) if self.dice.random() < 0.15 else answer


@dataclass
class Forger:
    """A good card but for one answer."""

    card: Transport
    dice: random.Random
    left: int
    asked: int = 0

    def transmit(self, command: bytes) -> bytes:
        answer = self.card.transmit(command)
        self.left -= 1
        self.asked += 1
        assert self.asked < MOST_ASKED
        return answer if self.left else shaken(self.dice, (answer,))


@dataclass
class Witness:
    """Writes down what a good card answers."""

    card: Transport
    answers: list[bytes] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        self.answers.append(self.card.transmit(command))
        return self.answers[-1]


Talk = Callable[[Transport], object]


def make(card: Transport) -> None:
    factory = FactoryClient(card)
    factory.select()
    for slot, algorithm in ((0x9A, "ES256"), (0x9C, "ES384")):
        key = factory.generate_key(slot, algorithm)
        factory.sign_proof(slot, bytes(32))
        factory.put_object(0x5FC105, certificate_object(certificate_for(key)))
    factory.put_file(0x0101, bytes(300))
    factory.set_password(1, MRZ_SECRET)
    factory.set_management_key(0x03, MANAGEMENT_KEYS[0x03])
    factory.set_pin(PIN)
    factory.set_puk(PUK)
    factory.lock()


def administer(card: Transport) -> None:
    client = PivClient(card)
    client.select()
    with suppress(TerminalError):
        client.authenticate_management(0x03, MANAGEMENT_KEYS[0x03])
    client.generate_key(0x9A, "ES256")
    client.put_object(0x5FC106, bytes(300))
    client.verify_pin(PIN)
    client.sign(0x9A, bytes(32))


PIV_TALKS: dict[str, Talk] = {
    "answers a challenge": lambda card: CitizenAgent(card).answer(ORIGIN, NONCE, PIN),
    "shows the state of a chip": read_chip_state,
    "shows a face": partial(read_face, "VN0000001"),
    "shows its condition": read_condition,
    "administers": administer,
}
PASSPORT_TALKS: dict[str, Talk] = {
    "reads for a login": lambda card: read_chip(card, ORIGIN, NONCE, CAN),
    "examines": lambda card: examine_chip(card, AccessKey.from_can(CAN), bytes),
    "shows a passport": lambda card: read_passport(card, CAN),
}


@cache
def good_answers(what: str) -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chip"
        witness = Witness(blank_card(path) if what == "makes" else whole_card(path))
        with suppress(TerminalError):  # who replays needs the other answers as well
            (make if what == "makes" else PIV_TALKS[what])(witness)
    return tuple(witness.answers)


@cache
def passport() -> PassportCard:
    return make_passport_card(own_scratch(), "VN0000003")


def listen_to_liar(what: str, dice: random.Random) -> int:
    liar = Liar(good_answers(what), dice)
    with suppress(TerminalError):
        (make if what == "makes" else PIV_TALKS[what])(liar)
    return liar.asked


def listen_to_forger(what: str, dice: random.Random) -> int:
    forger = Forger(passport().open(), dice, dice.randint(1, 60))
    with suppress(TerminalError):
        PASSPORT_TALKS[what](forger)
    return forger.asked
