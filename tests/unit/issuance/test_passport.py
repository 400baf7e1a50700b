"""The document on the chip: what its files say, who signed them, and that there is one alone."""

import base64
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from unit.issuance.issuer_for_tests import MAU, Chip, Issuer, as_line, run

from eid.domain import changes as do
from eid.domain.card import OrderStatus
from eid.domain.holder import Citizen, PersonName
from eid.emrtd.data_groups import read_com, read_dg1, read_dg2, read_dg15
from eid.emrtd.security_infos import build_card_access, read_dg14
from eid.emrtd.security_object import CONTENT_TYPE, read_security_object, unwrap_sod
from eid.errors import AlreadySpent, BadChipData, Conflict, RegistryAway
from eid.issuance.cards import CardIssuance
from eid.standins.portraits import DrawnPortraits
from eid.vietnam.citizen_data import read_dg13
from keys.cms import open_signed_data, signer_certificate, verify_signed_data

FACE = run(DrawnPortraits().of("001190000001"))
OTHER_FACE = run(DrawnPortraits().of("048060000003"))
OTHER_KEYS = {slot: ec.generate_private_key(ec.SECP256R1()) for slot in ("AA", "CA")}


class Album:
    """One portrait for all, or none now."""

    def __init__(self, face: bytes | None) -> None:
        self.face = face

    async def of(self, number: str) -> bytes:
        if self.face is None:
            raise RegistryAway(number)
        return self.face


def ordered(*, face: bytes | None = FACE, **changes: Any) -> tuple[Issuer, CardIssuance, Chip]:
    issuer = Issuer(portraits=Album(face))
    issuer.issue(as_line(MAU, **changes))
    cards = issuer.cards()
    (chip,) = issuer.chips(cards)
    return issuer, cards, chip


def show(issuer: Issuer, face: bytes | None) -> None:
    """Put another portrait into the album."""
    assert isinstance(issuer.portraits, Album)
    issuer.portraits.face = face


def complete(issuer: Issuer, cards: CardIssuance, report: str) -> str:
    return run(cards.complete(issuer.visit, report))


def files(pack: str) -> dict[str, bytes]:
    return {
        row["file"]: base64.b64decode(row["content"]) for row in json.loads(pack).get("files", [])
    }


def fingerprint(pack: str) -> bytes:
    return sha256(unwrap_sod(files(pack)["011D"])).digest()


def test_the_files_say_what_was_ordered_and_what_the_chip_reported() -> None:
    issuer, cards, chip = ordered()
    made = files(complete(issuer, cards, chip.report()))
    assert list(made) == ["011C", "011D", "011E", "0101", "0102", "010D", "010E", "010F"]
    assert made["011C"] == build_card_access()
    assert read_com(made["011E"]).data_groups == (1, 2, 13, 14, 15)
    assert list(read_dg1(made["0101"])) == chip.order["mrz"]
    assert read_dg2(made["0102"]) == FACE
    citizen = read_dg13(made["010D"])
    assert (citizen.number, citizen.name) == ("001190000001", "Nguyễn Thị Mẫu")
    assert (citizen.issued, citizen.valid_until) == ("01/07/2021", "15/01/2030")
    assert read_dg15(made["010F"]) == base64.b64decode(chip.public("AA"))
    agreement = chip.keys["CA"].public_key().public_numbers()
    point = agreement.x.to_bytes(32, "big") + agreement.y.to_bytes(32, "big")
    assert any(point in info.required for info in read_dg14(made["010E"]))


def test_the_document_signer_signed_every_data_group__icao9303_10_4_6_2() -> None:
    issuer, cards, chip = ordered()
    made = files(complete(issuer, cards, chip.report()))
    claimed = open_signed_data(unwrap_sod(made["011D"]))
    signer = x509.load_der_x509_certificate(signer_certificate(claimed))
    assert "document_signer" in signer.subject.rfc4514_string()
    public_key = signer.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    signed = verify_signed_data(claimed, public_key)
    assert signed.content_type.dotted_string == CONTENT_TYPE
    held = read_security_object(signed.content)
    groups = {number: made[f"01{number:02X}"] for number in (1, 2, 13, 14, 15)}
    assert held.hashes.keys() == groups.keys()
    assert all(held.agrees(number, file) for number, file in groups.items())


def test_a_card_is_known_by_its_document() -> None:
    issuer, cards, chip = ordered()
    known = fingerprint(complete(issuer, cards, chip.report()))
    (row,) = issuer.store.tables.documents.values()
    assert row[1].fingerprint == known
    assert row[1].active_key_hash == sha256(base64.b64decode(chip.public("AA"))).digest()
    assert row[1].made_at == issuer.visit.at
    facts = run(issuer.store.cards.document_standing(known))
    assert facts
    assert (facts.card.id.hex(), facts.certificate_good) == (chip.order["card"], True)


def test_the_same_report_again_gives_the_same_files__P_02() -> None:
    issuer, cards, chip = ordered()
    first = complete(issuer, cards, chip.report())
    assert files(complete(issuer, cards, chip.report())) == files(first) != {}
    assert len(issuer.store.tables.documents) == 1


def test_a_crash_before_the_document_was_kept_gives_the_same_files__P_02(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer, cards, chip = ordered()
    keep = issuer.store.keep
    built: list[do.AddCardDocument] = []

    async def crash(changes: list[do.Change], events: list[Any]) -> None:
        built.extend(change for change in changes if isinstance(change, do.AddCardDocument))
        if events:
            raise ConnectionError
        await keep(changes, events)

    with monkeypatch.context() as patched:
        patched.setattr(issuer.store, "keep", crash)
        with pytest.raises(ConnectionError):
            complete(issuer, cards, chip.report())
    pack = complete(issuer, cards, chip.report())
    assert [change.document.fingerprint for change in built] == [fingerprint(pack)]


def test_no_second_document_leaves_for_a_finished_card() -> None:
    issuer, cards, chip = ordered()
    complete(issuer, cards, chip.report())
    show(issuer, OTHER_FACE)
    with pytest.raises(AlreadySpent):
        complete(issuer, cards, chip.report())
    show(issuer, FACE)
    tables = issuer.store.tables
    (holder,) = tables.holders.values()
    assert isinstance(holder, Citizen)
    renamed = replace(holder, name=PersonName("Nguyễn Thị Khác", "NGUYEN THI MAU"))
    tables.holders[holder.id] = renamed
    with pytest.raises(AlreadySpent):
        complete(issuer, cards, chip.report())


@pytest.mark.parametrize("slot", ["AA", "CA"])
def test_other_keys_in_the_document_of_a_finished_card_are_refused__AC_18(slot: str) -> None:
    issuer, cards, chip = ordered()
    complete(issuer, cards, chip.report())
    chip.keys[slot] = OTHER_KEYS[slot]
    with pytest.raises(AlreadySpent):
        complete(issuer, cards, chip.report())


def test_two_cards_have_no_active_authentication_key_in_common__AC_18() -> None:
    issuer = Issuer()
    issuer.issue(as_line(MAU), as_line(MAU, number="001190000002"))
    cards = issuer.cards()
    first, second = issuer.chips(cards)
    complete(issuer, cards, first.report())
    second.keys["AA"] = first.keys["AA"]
    with pytest.raises(Conflict):
        complete(issuer, cards, second.report())
    assert len(issuer.store.tables.documents) == 1


def test_without_a_portrait_nothing_is_begun() -> None:
    issuer, cards, chip = ordered(face=None)
    with pytest.raises(RegistryAway):
        complete(issuer, cards, chip.report())
    (order,) = issuer.store.tables.orders.values()
    assert order.status is OrderStatus.REQUESTED
    assert issuer.register.records == {}
    show(issuer, FACE)
    assert read_dg2(files(complete(issuer, cards, chip.report()))["0102"]) == FACE


def test_a_portrait_that_is_no_picture_is_refused() -> None:
    issuer, cards, chip = ordered(face=b"<svg/>")
    with pytest.raises(BadChipData):
        complete(issuer, cards, chip.report())


def test_an_order_of_the_first_shape_still_becomes_a_card_without_a_document() -> None:
    issuer, _, chip = ordered()
    (order,) = issuer.store.tables.orders.values()
    old = {name: value for name, value in chip.order.items() if name != "can"}
    old["keys"] = old["keys"][:2]
    issuer.store.tables.orders[order.id] = replace(order, document=json.dumps(old))
    cards = issuer.cards()
    (small,) = issuer.chips(cards)
    report = small.report()
    pack = json.loads(complete(issuer, cards, report))
    assert [row["slot"] for row in pack["certificates"]] == ["9A", "9C"]
    assert set(pack) == {"kind", "order", "card", "certificates"}
    assert json.loads(complete(issuer, cards, report)) == pack
    assert issuer.store.tables.documents == {}
