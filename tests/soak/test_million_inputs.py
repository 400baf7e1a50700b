"""A million mutated inputs through every reader of outside bytes (CV-44).

Only the documented refusals may come out, no single input may take a second, and memory may not
grow. Seeds are valid documents, because pure noise dies at the first byte.
"""

import json
import random  # noqa: TID251 - seeded on purpose: a failure can be played again
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pki_for_tests import BEGIN, ThrowAwayPki
from unit.chipcard_sim.cards import PIV, piv_card, sign_command, verify

from chipcard_sim.bureau.documents import DocumentMalformed, read_order, read_pack
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command, MalformedApdu
from eid.emrtd import mrz
from eid.errors import BadDocument, EidError
from eid.issuance.applications import read_application
from eid.issuance.documents import read_report
from eid.oidc.registration import read_client
from eid.proofs.card_signature import read_card_answer
from eid.vietnam import personal_number, printed_qr
from keys.errors import KeysError
from keys.pki.path import validate_path
from keys.pki.profiles import CARD_AUTHENTICATION

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
SLOWEST = 1.0  # seconds for one input
GROWTH = 200 * 1024  # KiB over the whole run
PKI = ThrowAwayPki()
CARD = PKI.card()
ANCHORS = PKI.anchors()
ORIGIN, NONCE = "http://localhost:8000", "A" * 43 + "="
PEOPLE = (ROOT / "docker" / "people.ndjson").read_bytes().splitlines()
CLIENT = (ROOT / "docker" / "clients" / "portal.json").read_bytes()
TD1 = b"\n".join(
    (
        b"IDVNM1900000015001190000001<<6",
        b"9001158F3001156VNM<<<<<<<<<<<0",
        b"NGUYEN<<THI<MAU<<<<<<<<<<<<<<<",
    )
)
KEY_REPORT = json.dumps(
    {
        "kind": "eid.key-report:1",
        "order": "00" * 16,
        "card": "11" * 16,
        "chipSerial": "22" * 16,
        "keys": [{"slot": "9A", "publicKey": "MFkw", "proof": "MEUC"}],
    }
).encode()
PACK = json.dumps(
    {
        "kind": "eid.card-pack:1",
        "order": "00" * 16,
        "card": "11" * 16,
        "certificates": [{"slot": "9A", "certificate": "MIIB"}],
    }
).encode()


APDUS = tuple(map(bytes.fromhex, (PIV, verify(), sign_command(0x9A, bytes(32)))))


@dataclass(frozen=True)
class Reader:
    """One door for outside bytes: how to open it, what it may raise, and good seeds."""

    name: str
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]
    rounds: int


def read_lines(data: bytes) -> object:
    lines = [*data.decode("utf-8", "replace").split("\n"), "", "", ""][:3]
    return mrz.parse((lines[0], lines[1], lines[2]))


def read_registration(data: bytes) -> object:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadDocument("not JSON") from error
    if not isinstance(document, dict):
        raise BadDocument("not an object")
    return read_client(document)


READERS = (
    Reader(
        "card answer",
        read_card_answer,
        (EidError,),
        (CARD.answer(ORIGIN, NONCE),),
        200_000,
    ),
    Reader(
        "certificate",
        lambda data: validate_path(data, ANCHORS, CARD_AUTHENTICATION, BEGIN),
        (KeysError,),
        (CARD.der, PKI.signature_card().der),
        100_000,
    ),
    Reader("APDU", Command.read, (MalformedApdu,), APDUS, 250_000),
    Reader("TLV", tlv.read, (tlv.MalformedTlv,), (CARD.der[:200],), 150_000),
    Reader("application line", read_application, (EidError,), tuple(PEOPLE), 100_000),
    Reader("key report", read_report, (EidError,), (KEY_REPORT,), 50_000),
    Reader("order", read_order, (DocumentMalformed,), (KEY_REPORT, PACK), 50_000),
    Reader("pack", read_pack, (DocumentMalformed,), (PACK,), 50_000),
    Reader("client file", read_registration, (EidError,), (CLIENT,), 50_000),
    Reader("MRZ", read_lines, (EidError,), (TD1,), 50_000),
    Reader(
        "printed QR",
        lambda data: printed_qr.parse(data.decode("utf-8", "replace")),
        (EidError,),
        ("001190000001||Nguyễn Thị Mẫu|15011990|Nữ|Số 1 phố Thử|01072021".encode(),),
        50_000,
    ),
    Reader(
        "personal number",
        lambda data: personal_number.parse(data.decode("utf-8", "replace")),
        (EidError,),
        (b"001190000001",),
        50_000,
    ),
)


def mutated(dice: random.Random, seed: bytes) -> bytes:
    """One to eight small accidents: bits, bytes, cuts, repeats, insertions."""
    data = bytearray(seed)
    for _ in range(dice.randint(1, 8)):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0 if data:
                data[place % len(data)] ^= 1 << dice.randrange(8)
            case 1 if data:
                data[place % len(data)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x5C))
            case 2:
                del data[place : place + dice.randint(1, 40)]
            case 3:
                data[place:place] = dice.randbytes(dice.randint(1, 20))
            case 4:
                data[place:place] = data[place : place + dice.randint(1, 60)]
            case _:
                data[place:place] = b'"\\u0000",{[' if dice.random() < 0.5 else b"\x84\xff\xff\xff"
    return bytes(data)


def memory() -> int:
    """The process's largest resident size so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_together_they_are_more_than_a_million() -> None:
    assert sum(reader.rounds for reader in READERS) >= 1_000_000


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_reader_refuses_and_never_crashes__CV_44(reader: Reader) -> None:
    dice = random.Random(reader.name)
    before, slowest, kept = memory(), 0.0, 0
    for _ in range(reader.rounds):
        data = mutated(dice, dice.choice(reader.seeds))
        begin = time.perf_counter()
        try:
            reader.read(data)
            kept += 1
        except reader.refusals:
            pass
        slowest = max(slowest, time.perf_counter() - begin)
    assert slowest < SLOWEST
    assert memory() - before < GROWTH
    assert kept < reader.rounds * 0.9, "mutation hardly hurts: the seeds or the reader are too soft"


def test_a_card_answers_twenty_thousand_commands__CV_42(tmp_path: Path) -> None:
    """Whole conversations with an issued card; every answer ends in a status word, none in 6F00."""
    dice = random.Random("card")
    card = piv_card(tmp_path / "a.card")
    for number in range(20_000):
        command = mutated(dice, dice.choice(APDUS)) if number % 3 else dice.choice(APDUS)
        answer = card.transmit(command)
        assert 2 <= len(answer) <= 65538
        assert answer[-2:] != b"\x6f\x00", command.hex()
