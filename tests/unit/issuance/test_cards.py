import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from builders import make_visit
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from unit.issuance.issuer_for_tests import (
    MAU,
    Chip,
    DeterministicVault,
    Issuer,
    as_line,
    run,
)

from eid.domain.card import CardStatus, OrderStatus
from eid.emrtd.security_object import CONTENT_TYPE, read_security_object
from eid.errors import (
    AlreadySpent,
    BadDocument,
    CardExpired,
    Conflict,
    SignatureWrong,
    TooLarge,
    UnknownOrder,
)
from eid.issuance.cards import CardIssuance
from eid.issuance.orders import new_access_number
from keys.algorithms import jose_signature
from keys.cms import open_signed_data
from keys.pki.register import CertificateStatus, fingerprint_of
from keys.pki.subject import document_number, personal_number
from keys.vault import KeyHandle


def ordered(**changes: Any) -> tuple[Issuer, CardIssuance, Chip]:
    issuer = Issuer()
    issuer.issue(as_line(MAU, **changes))
    cards = issuer.cards()
    (chip,) = issuer.chips(cards)
    return issuer, cards, chip


def complete(issuer: Issuer, cards: CardIssuance, report: str) -> dict[str, Any]:
    pack: dict[str, Any] = json.loads(run(cards.complete(issuer.visit, report)))
    return pack


def certificates(pack: dict[str, Any]) -> dict[str, x509.Certificate]:
    return {
        row["slot"]: x509.load_der_x509_certificate(base64.b64decode(row["certificate"]))
        for row in pack["certificates"]
    }


def test_an_order_says_all_that_the_bureau_needs() -> None:
    _, _, chip = ordered()
    order = chip.order
    assert order["kind"] == "eid.card-order:1"
    assert order["holder"] == {
        "number": "001190000001",
        "name": "Nguyễn Thị Mẫu",
        "latinName": "NGUYEN THI MAU",
        "born": "1990-01-15",
        "sex": "F",
        "nationality": "VNM",
    }
    assert (order["issued"], order["validUntil"]) == ("2021-07-01", "2030-01-15")
    assert order["mrz"][0] == "IDVNM1900000015001190000001<<6"
    assert [(key["slot"], key["profile"], key["algorithm"]) for key in order["keys"]] == [
        ("9A", "card_authentication", "ES256"),
        ("9C", "card_signature", "ES256"),
        ("9D", "card_key_agreement", "ES256"),
        ("9E", "card_presence", "ES256"),
        ("AA", "active_authentication", "ES256"),
        ("CA", "chip_authentication", "ES256"),
    ]
    assert re.fullmatch("[0-9]{6}", order["can"])
    assert set(order) == {
        "kind", "order", "card", "documentNumber", "holder", "issued", "validUntil", "mrz", "keys",
        "can",
    }  # fmt: skip


def test_every_order_is_given_page_by_page_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eid.issuance.cards._PAGE", 2)
    issuer = Issuer()
    issuer.issue(*(as_line(MAU, number=f"00119000000{n}") for n in range(5)))
    cards = issuer.cards()
    numbers = [chip.order["holder"]["number"] for chip in issuer.chips(cards)]
    assert sorted(numbers) == [f"00119000000{n}" for n in range(5)]
    assert len(issuer.chips(cards)) == 5


def test_reported_keys_become_certificates_of_the_holder__AC_18() -> None:
    issuer, cards, chip = ordered()
    pack = complete(issuer, cards, chip.report())
    made = certificates(pack)
    assert (pack["kind"], list(made)) == ("eid.card-pack:1", ["9A", "9C", "9D", "9E"])
    for slot, certificate in made.items():
        assert certificate.public_key() == chip.keys[slot].public_key()
    for slot in ("9A", "9C", "9D"):
        assert personal_number(made[slot].subject) == "001190000001"
    usage = {
        slot: certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        for slot, certificate in made.items()
    }
    assert (usage["9A"].digital_signature, usage["9A"].content_commitment) == (True, False)
    assert (usage["9C"].digital_signature, usage["9C"].content_commitment) == (False, True)
    assert (usage["9D"].digital_signature, usage["9D"].key_agreement) == (False, True)
    assert (usage["9E"].digital_signature, usage["9E"].key_agreement) == (True, False)


def test_the_certificate_that_needs_no_pin_says_nothing_of_the_holder() -> None:
    issuer, cards, chip = ordered()
    presence = certificates(complete(issuer, cards, chip.report()))["9E"]
    assert document_number(presence.subject) == chip.order["documentNumber"]
    whole = presence.public_bytes(Encoding.DER)
    for told in ("001190000001", "190000001", "NGUYEN", "MAU", "900115"):
        assert told.encode() not in whole


def test_access_numbers_are_drawn_and_not_worked_out() -> None:
    _, _, chip = ordered()
    numbers = {new_access_number() for _ in range(200)}
    assert len(numbers) > 150
    assert all(re.fullmatch("[0-9]{6}", number) for number in numbers)
    # Cards in the field use the last six digits of the personal number, which anybody may know.
    assert chip.order["can"] not in {chip.order["holder"]["number"][-6:], "000001"}


def test_nothing_of_the_access_number_stays_once_the_card_is_made() -> None:
    issuer, cards, chip = ordered()
    can = chip.order["can"]
    complete(issuer, cards, chip.report())
    (order,) = issuer.store.tables.orders.values()
    kept = json.loads(order.document)
    assert kept == {name: value for name, value in chip.order.items() if name != "can"}
    assert "can" not in kept
    assert f'"{can}"' not in order.document


def test_a_certificate_lives_from_the_day_of_issue_to_the_card_s_last_second() -> None:
    issuer, cards, chip = ordered()
    certificate = certificates(complete(issuer, cards, chip.report()))["9A"]
    assert certificate.not_valid_before_utc == datetime(2021, 6, 30, 17, 0, tzinfo=UTC)
    assert certificate.not_valid_after_utc == datetime(2030, 1, 15, 16, 59, 59, tzinfo=UTC)


def test_the_profile_ends_it_where_the_card_does_not() -> None:
    issuer, cards, chip = ordered(born="1960-04-01", number="048060000003", sex="M")
    assert chip.order["validUntil"] is None
    certificate = certificates(complete(issuer, cards, chip.report()))["9A"]
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime.days == 3660


def test_a_card_that_expired_has_certificates_that_expired() -> None:
    issuer, cards, chip = ordered(born="2000-12-31", number="079300000002")
    certificate = certificates(complete(issuer, cards, chip.report()))["9A"]
    assert certificate.not_valid_after_utc == datetime(2025, 12, 31, 16, 59, 59, tzinfo=UTC)


def test_no_authority_certifies_for_a_time_before_itself() -> None:
    issuer, _, chip = ordered(born="2000-12-31", number="079300000002")
    young = issuer.cards(begin=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(CardExpired):
        complete(issuer, young, chip.report())


def test_the_intent_is_kept_before_the_signature() -> None:
    issuer, cards, chip = ordered()
    complete(issuer, cards, chip.report())
    assert issuer.register.log == ["reserve", "record"] * 4
    assert {record.status for record in issuer.register.records.values()} == {
        CertificateStatus.GOOD
    }


def test_the_card_is_personalised_and_its_certificates_are_bound() -> None:
    issuer, cards, chip = ordered()
    made = certificates(complete(issuer, cards, chip.report()))
    (card,) = issuer.store.tables.cards.values()
    (order,) = issuer.store.tables.orders.values()
    assert (card.status, order.status) == (CardStatus.PERSONALISED, OrderStatus.COMPLETED)
    assert [row.fingerprint for row in card.certificates] == [
        fingerprint_of(certificate) for certificate in made.values()
    ]
    assert issuer.store.event_names()[-1] == "CardPersonalised"
    assert issuer.chips(cards) == []


def test_the_same_report_again_gives_the_same_pack__P_02() -> None:
    issuer, cards, chip = ordered()
    report = chip.report()
    first = complete(issuer, cards, report)
    events = len(issuer.store.events)
    assert complete(issuer, cards, report) == first
    assert complete(issuer, cards, chip.report()) == first  # fresh proofs, the same keys
    assert len(issuer.register.records) == 4
    assert len(issuer.store.events) == events


def test_a_crash_before_the_card_was_kept_is_made_good__P_02(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer, cards, chip = ordered()
    keep = issuer.store.keep
    report = chip.report()

    async def crash(changes: list[object], events: list[object]) -> None:
        if events:
            raise ConnectionError
        await keep(changes, events)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(issuer.store, "keep", crash)
        with pytest.raises(ConnectionError):
            complete(issuer, cards, report)
    made = certificates(complete(issuer, cards, report))
    assert len(issuer.register.records) == 4
    assert {fingerprint_of(certificate) for certificate in made.values()} == {
        record.fingerprint for record in issuer.register.records.values()
    }


class FickleVault(DeterministicVault):
    """Signs differently each time, as a hardware module without RFC 6979 does."""

    def sign(self, handle: KeyHandle, alg: str, data: bytes) -> bytes:
        key = self._open._get(handle)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return jose_signature(alg, key.sign(data, ec.ECDSA(SHA256())))


def test_other_bytes_under_one_serial_number_never_leave__rfc5280_4_1_2_2() -> None:
    issuer, _, chip = ordered()
    cards = issuer.cards(vault=FickleVault())
    report = chip.report()
    complete(issuer, cards, report)
    with pytest.raises(AlreadySpent):
        complete(issuer, cards, report)


def test_other_keys_for_a_finished_card_are_refused__AC_18() -> None:
    issuer, cards, chip = ordered()
    complete(issuer, cards, chip.report())
    with pytest.raises(AlreadySpent):
        complete(issuer, cards, Chip(chip.order).report())
    assert len(issuer.register.records) == 4


def test_a_key_that_is_on_another_card_is_refused__AC_18() -> None:
    issuer = Issuer()
    issuer.issue(as_line(MAU), as_line(MAU, number="001190000002"))
    cards = issuer.cards()
    first, second = issuer.chips(cards)
    complete(issuer, cards, first.report())
    second.keys = first.keys
    with pytest.raises(Conflict):
        complete(issuer, cards, second.report())
    statuses = {card.status for card in issuer.store.tables.cards.values()}
    assert statuses == {CardStatus.PERSONALISED, CardStatus.ORDERED}


def objects_of(*tags: str, salt: str = "") -> list[dict[str, str]]:
    """What a report tells of the PIV objects that the bureau writes."""
    return [
        {"tag": tag, "hash": base64.b64encode(sha256(f"{tag}{salt}".encode()).digest()).decode()}
        for tag in tags
    ]


OBJECTS = objects_of("5FC102", "5FC107", "5FC109")


def test_reported_objects_are_signed_in_their_order__sp800_73_4_p1_3_1_7() -> None:
    """Never as a passport's zone or face (DG1, DG2): the hashes are the bureau's word alone."""
    issuer, cards, chip = ordered()
    pack = complete(issuer, cards, chip.report(objects=OBJECTS))
    claimed = open_signed_data(base64.b64decode(pack["pivSecurityObject"]))
    assert claimed.content_type.dotted_string == CONTENT_TYPE
    assert read_security_object(claimed.content).hashes == {
        number: base64.b64decode(row["hash"]) for number, row in enumerate(OBJECTS, 3)
    }


def test_a_report_without_objects_is_answered_as_ever() -> None:
    issuer, cards, chip = ordered()
    assert "pivSecurityObject" not in complete(issuer, cards, chip.report())


def test_the_same_objects_again_give_the_same_pack__P_02() -> None:
    issuer, cards, chip = ordered()
    report = chip.report(objects=OBJECTS)
    assert complete(issuer, cards, report) == complete(issuer, cards, report)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (OBJECTS, objects_of("5FC102", "5FC107", "5FC109", salt="other")),
        (OBJECTS, OBJECTS[::-1]),
        (OBJECTS, None),
        (None, OBJECTS),
    ],
)
def test_other_objects_for_a_finished_card_are_never_signed__AC_18(first: Any, then: Any) -> None:
    issuer, cards, chip = ordered()
    told = [chip.report(**({} if rows is None else {"objects": rows})) for rows in (first, then)]
    kept = complete(issuer, cards, told[0])
    with pytest.raises(AlreadySpent):
        complete(issuer, cards, told[1])
    assert complete(issuer, cards, told[0]) == kept


def with_one(chip: Chip, where: str, /, **changes: Any) -> str:
    """A report in which one key's row is changed."""
    rows = [chip.made(each, **(changes if each == where else {})) for each in chip.keys]
    return chip.report(keys=rows)


def with_foreign_proof(chip: Chip, slot: str = "9A") -> str:
    return with_one(chip, slot, proof=Chip(chip.order).made(slot)["proof"])


def with_swapped_proofs(chip: Chip) -> str:
    rows = [chip.made(slot) for slot in chip.keys]
    rows[0]["proof"], rows[1]["proof"] = rows[1]["proof"], rows[0]["proof"]
    return chip.report(keys=rows)


def with_proof_of_another_card(chip: Chip) -> str:
    other = Chip({**chip.order, "card": "ab" * 16})
    other.keys = chip.keys
    return chip.report(keys=[other.made(slot) for slot in chip.keys])


def with_proof_for_another_slot(chip: Chip) -> str:
    twin = Chip(chip.order)
    twin.keys["9C"] = chip.keys["9A"]
    return with_one(chip, "9A", proof=twin.made("9C")["proof"])


def with_key_of_another_curve(chip: Chip, slot: str = "9A") -> str:
    chip.keys[slot] = ec.generate_private_key(ec.SECP384R1())
    return chip.report()


@pytest.mark.parametrize(
    ("twist", "error"),
    [
        (with_foreign_proof, SignatureWrong),
        (with_swapped_proofs, SignatureWrong),
        (with_proof_of_another_card, SignatureWrong),
        (with_proof_for_another_slot, SignatureWrong),
        (with_key_of_another_curve, SignatureWrong),
        (lambda chip: with_foreign_proof(chip, "9E"), SignatureWrong),
        (lambda chip: with_foreign_proof(chip, "AA"), SignatureWrong),
        (lambda chip: with_foreign_proof(chip, "CA"), SignatureWrong),
        (lambda chip: with_key_of_another_curve(chip, "AA"), SignatureWrong),
        (lambda chip: with_key_of_another_curve(chip, "CA"), SignatureWrong),
        (lambda chip: chip.report(keys=[chip.made("9A")]), BadDocument),
        (
            lambda chip: chip.report(keys=[chip.made(s) for s in chip.keys if s != "AA"]),
            BadDocument,
        ),
        (lambda chip: chip.report(keys=[chip.made("9A"), chip.made("9A")]), BadDocument),
        (lambda chip: chip.report(keys=[]), BadDocument),
        (lambda chip: chip.report(card="00" * 16), BadDocument),
        (lambda chip: chip.report(order="00" * 16), UnknownOrder),
        (lambda chip: chip.report(order="zz"), BadDocument),
        (lambda chip: chip.report(kind="eid.key-report:2"), BadDocument),
        (lambda chip: chip.report(approved=True), BadDocument),
        (lambda chip: chip.report(chipSerial="00"), BadDocument),
        (lambda chip: with_one(chip, "9A", proof="AA=="), SignatureWrong),
        (lambda chip: with_one(chip, "9A", proof="A!=="), BadDocument),
        (lambda chip: with_one(chip, "9A", publicKey="AAAA"), SignatureWrong),
        (lambda chip: with_one(chip, "AA", slot="AB"), BadDocument),
        (lambda chip: chip.report(objects=[]), BadDocument),
        (lambda chip: chip.report(objects=OBJECTS[:1]), BadDocument),
        (lambda chip: chip.report(objects=[OBJECTS[0]] * 2), BadDocument),
        (lambda chip: chip.report(objects=objects_of("5FC102", "5FC105")), BadDocument),
        (lambda chip: chip.report(objects=[*OBJECTS, OBJECTS[0] | {"hash": "AA=="}]), BadDocument),
        (lambda chip: chip.report(objects=[row | {"number": 1} for row in OBJECTS]), BadDocument),
        (lambda chip: chip.report() + " " * 17000, TooLarge),
        (lambda _: "[]", BadDocument),
    ],
)
def test_one_change_to_a_good_report_is_refused__AC_18(twist: Any, error: type) -> None:
    issuer, cards, chip = ordered()
    with pytest.raises(error):
        complete(issuer, cards, twist(chip))
    (card,) = issuer.store.tables.cards.values()
    assert card.status is CardStatus.ORDERED
    assert issuer.register.records == {}


@pytest.mark.parametrize(("slot", "other"), [("9C", "9A"), ("AA", "9E"), ("CA", "9D")])
def test_one_key_in_two_slots_is_refused(slot: str, other: str) -> None:
    issuer, cards, chip = ordered()
    chip.keys[slot] = chip.keys[other]
    with pytest.raises(BadDocument, match="one key twice"):
        complete(issuer, cards, chip.report())


def test_two_answers_to_one_report_are_one_pack() -> None:
    issuer, cards, chip = ordered()
    report = chip.report()
    raced: list[dict[str, Any]] = []

    async def meanwhile() -> None:
        pack = await cards.complete(make_visit(trace="other"), report)
        raced.append(json.loads(pack))

    issuer.store.before_keep = meanwhile
    assert complete(issuer, cards, report) == raced[0]
    assert issuer.store.event_names().count("CardPersonalised") == 1


def test_a_visit_is_only_for_the_trail() -> None:
    issuer, cards, chip = ordered()
    late = replace(issuer.visit, at=datetime(2029, 1, 1, tzinfo=UTC))
    pack = json.loads(run(cards.complete(late, chip.report())))
    assert certificates(pack)["9A"].not_valid_before_utc.year == 2021
