"""A whole card over the border: ordered, made, certified, signed, written, and read by a reader.

The issuer is the real one over a store in memory; the factory, the chip and the reader are the
card world's own. Nothing is handed over but the four documents, line by line.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from unit.issuance.issuer_for_tests import MAU, Issuer, as_line, run

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau import documents as bureau
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.chip_reading import read_chip
from chipcard_sim.terminal.emrtd import CARD_ACCESS, EmrtdClient
from chipcard_sim.terminal.errors import WrongAccessKey
from chipcard_sim.terminal.piv import PivClient
from eid.standins.portraits import DrawnPortraits
from keys.pki.subject import document_number

PIN, PUK = "123456", "12345678"
ORIGIN = "http://localhost:8000"
NONCE = base64.b64encode(bytes(32)).decode()


@dataclass(frozen=True)
class Made:
    """A finished card, and what went over the border for it."""

    issuer: Issuer
    order: dict[str, Any]
    pack: dict[str, Any]
    card: Path

    @property
    def plastic(self) -> dict[str, Any]:
        printed: dict[str, Any] = json.loads(self.card.with_suffix(".print.json").read_text())
        return printed

    def files(self) -> dict[int, bytes]:
        return {
            int(row["file"], 16): base64.b64decode(row["content"]) for row in self.pack["files"]
        }

    def insert(self) -> Card:
        return Card.open(self.card, applications=APPLICATIONS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("factory")
    issuer = Issuer()
    issuer.issue(as_line(MAU))
    cards = issuer.cards()

    async def orders() -> list[str]:
        return [order async for order in cards.orders()]

    (order,) = run(orders())
    report = bureau.build_report(make_chip(bureau.read_order(order), folder, PIN, PUK))
    pack = run(cards.complete(issuer.visit, report))
    write_pack(bureau.read_pack(pack), folder)
    told = json.loads(order)
    return Made(issuer, told, json.loads(pack), folder / f"{told['documentNumber']}.card")


def test_a_reader_that_sees_the_card_reads_what_the_issuer_signed(made: Made) -> None:
    for key in (AccessKey.from_can(made.order["can"]), AccessKey.from_mrz(made.order["mrz"])):
        chip = EmrtdClient(made.insert())
        chip.open(key)
        files = made.files()
        assert chip.card_access == files.pop(CARD_ACCESS)  # in the master file, for everybody
        assert {name: chip.read(name) for name in files} == files


def test_a_reader_that_does_not_see_it_reads_nothing(made: Made) -> None:
    wrong = f"{(int(made.order['can']) + 1) % 10**6:06}"
    with pytest.raises(WrongAccessKey):
        EmrtdClient(made.insert()).open(AccessKey.from_can(wrong))


def test_the_chip_answers_with_the_key_that_its_document_names(made: Made) -> None:
    reading = read_chip(made.insert(), ORIGIN, NONCE, made.order["can"])
    held = {f"{number}": made.files()[0x0100 | number] for number in (1, 13, 14, 15)}
    assert {n: base64.b64decode(file) for n, file in reading["dataGroups"].items()} == held
    assert base64.b64decode(reading["securityObject"]) == made.files()[0x011D]


def test_the_plastic_shows_what_was_ordered_and_the_face_on_the_chip(made: Made) -> None:
    shown = made.plastic
    for name in ("documentNumber", "issued", "validUntil", "mrz", "can"):
        assert shown[name] == made.order[name]
    face = run(DrawnPortraits().of("001190000001"))
    assert base64.b64decode(shown["portrait"]) == face


def test_without_a_pin_the_card_tells_its_own_number_and_no_person_s(made: Made) -> None:

    client = PivClient(made.insert())
    client.select()
    presence = client.certificate(0x9E)
    subject = x509.load_der_x509_certificate(presence).subject
    assert document_number(subject) == made.order["documentNumber"]
    for told in (made.order["holder"]["number"], made.order["holder"]["latinName"]):
        assert told.encode() not in presence


def test_the_issuer_forgets_the_access_number_and_knows_the_document(made: Made) -> None:
    (order,) = made.issuer.store.tables.orders.values()
    assert "can" not in json.loads(order.document)
    assert len(made.issuer.store.tables.documents) == 1


@pytest.mark.parametrize(
    "alter",
    [
        lambda pack: pack["files"].pop(),
        lambda pack: pack["files"][3].update(content=base64.b64encode(b"a\x01").decode()),
    ],
)
def test_a_finished_card_takes_no_other_files(
    made: Made, alter: Callable[[dict[str, Any]], object]
) -> None:
    other = json.loads(json.dumps(made.pack))
    alter(other)
    with pytest.raises((OrderConflict, DocumentMalformed)):
        write_pack(bureau.read_pack(json.dumps(other)), made.card.parent)
