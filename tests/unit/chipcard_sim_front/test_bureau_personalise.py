import base64
import json
import stat
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chipcard_sim.bureau import personalise
from chipcard_sim.bureau.documents import read_order
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.lines import LineDone, LineRejected, make_chips, write_packs
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import make_chip
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.errors import CardRefused, NotACard, UnusablePin
from chipcard_sim.terminal.personalisation import FactoryClient
from chipcard_sim.terminal.piv import PivClient

Order = Callable[..., dict[str, Any]]
Workshop = Any  # of conftest.py, which cannot be imported


def objects_of(card: Card, *tags: str) -> list[bytes]:
    PivClient(card).select()
    answers = [
        card.transmit(bytes.fromhex(f"00CB3FFF{len(tag) // 2 + 2:02X}5C{len(tag) // 2:02X}{tag}00"))
        for tag in tags
    ]
    assert all(answer[-2:] == b"\x90\x00" for answer in answers)
    return [answer[:-2] for answer in answers]


def test_an_order_becomes_a_chip_and_a_report(workshop: Workshop) -> None:
    report = workshop.make()
    assert (report["order"], report["card"]) == ("0a1b", "c0ffee")
    assert [key["slot"] for key in report["keys"]] == ["9A", "9C"]
    assert FactoryClient(workshop.open()).select().hex() == report["chipSerial"]
    PivClient(workshop.open()).select()


def test_each_key_proves_that_the_chip_has_it(workshop: Workshop) -> None:
    for key in workshop.make()["keys"]:
        public = load_der_public_key(base64.b64decode(key["publicKey"]))
        assert isinstance(public, ec.EllipticCurvePublicKey)
        claim = f"eid.key-report:1|c0ffee|{key['slot']}|{key['publicKey']}"
        digest = sha256(claim.encode()).digest()
        public.verify(base64.b64decode(key["proof"]), digest, ec.ECDSA(Prehashed(SHA256())))


def test_a_longer_key_proves_itself_with_sha_256_too(workshop: Workshop) -> None:
    wanted = [{"slot": "9A", "profile": "card_authentication", "algorithm": "ES384"}]
    (key,) = workshop.make(keys=wanted)["keys"]
    public = load_der_public_key(base64.b64decode(key["publicKey"]))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp384r1"
    claim = f"eid.key-report:1|c0ffee|9A|{key['publicKey']}"
    public.verify(base64.b64decode(key["proof"]), claim.encode(), ec.ECDSA(SHA256()))


def test_the_same_order_again_gives_the_same_report(workshop: Workshop) -> None:
    first = workshop.make()
    silicon = (workshop.cards / "VN0000001.card").read_bytes()
    assert workshop.make() == first
    assert (workshop.cards / "VN0000001.card").read_bytes() == silicon


def test_an_order_that_changed_is_refused(workshop: Workshop) -> None:
    workshop.make()
    with pytest.raises(OrderConflict):
        workshop.make(validUntil=None)


def test_a_document_number_is_used_once(workshop: Workshop) -> None:
    workshop.make()
    silicon = (workshop.cards / "VN0000001.card").read_bytes()
    for _ in range(2):
        with pytest.raises(OrderConflict):
            workshop.make(order="0a1c")
    assert not (workshop.cards / "factory" / "0a1c").exists()
    assert (workshop.cards / "VN0000001.card").read_bytes() == silicon


def test_an_order_that_broke_off_is_begun_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(personalise, "build_report", power_cut)
        with pytest.raises(KeyboardInterrupt):
            workshop.make()
    assert list(workshop.cards.glob("*.card")) == []
    report = workshop.make()
    assert FactoryClient(workshop.open()).select().hex() == report["chipSerial"]
    assert workshop.make() == report


def test_a_chip_that_was_reported_but_not_handed_over_is_found_again(workshop: Workshop) -> None:
    report = workshop.make()
    (workshop.cards / "VN0000001.card").rename(workshop.cards / "factory" / "0a1b" / "chip.card")
    assert workshop.make() == report
    assert FactoryClient(workshop.open()).select().hex() == report["chipSerial"]


def test_the_factory_keeps_its_papers_to_itself(workshop: Workshop) -> None:
    workshop.make()
    papers = list((workshop.cards / "factory").rglob("*.json"))
    assert sorted(paper.name for paper in papers) == ["order.json", "report.json"]
    assert {stat.S_IMODE(paper.stat().st_mode) for paper in papers} == {0o600}
    kept = "".join(paper.read_text() for paper in papers)
    assert workshop.pin not in kept
    assert workshop.puk not in kept


def test_a_misshapen_pin_makes_no_card(workshop: Workshop, order: Order) -> None:
    with pytest.raises(UnusablePin):
        make_chip(read_order(json.dumps(order())), workshop.cards, "12", workshop.puk)
    assert list(workshop.cards.glob("*.card")) == []


def test_a_pack_makes_a_locked_card_that_says_whose_it_is__sp800_73_4(workshop: Workshop) -> None:
    report = workshop.make()
    pack = workshop.certify(report)
    workshop.write(pack)
    card = workshop.open()
    with pytest.raises(NotACard):
        FactoryClient(card).select()
    expected = [base64.b64decode(row["certificate"]) for row in pack["certificates"]]
    client = PivClient(card)
    client.select()
    assert [client.certificate(slot) for slot in (0x9A, 0x9C)] == expected
    chuid, ccc, discovery = objects_of(card, "5FC102", "5FC107", "7E")
    fields = tlv.by_tag(tlv.value(chuid, 0x53))
    assert [fields[0x34].hex(), fields[0x35]] == [report["chipSerial"], b"20300115"]
    # The card identifier that common PIV tools write for a card outside the federal number plan.
    assert fields[0x30].hex() == "d4e739da739ced39ce739d836858210842108421c84210c3eb"
    assert [each.tag for each in tlv.read(tlv.value(ccc, 0x53))] == [
        *range(0xF0, 0xF8),
        *range(0xFA, 0xFF),
    ]
    assert discovery.hex() == "7e124f0ba0000003080000100001005f2f024000"


def test_a_card_without_expiry_says_the_longest_day(workshop: Workshop) -> None:
    workshop.write(workshop.certify(workshop.make(validUntil=None)))
    (chuid,) = objects_of(workshop.open(), "5FC102")
    assert tlv.by_tag(tlv.value(chuid, 0x53))[0x35] == b"99991231"


def test_the_same_pack_again_changes_nothing(workshop: Workshop) -> None:
    pack = workshop.certify(workshop.make())
    workshop.write(pack)
    silicon = (workshop.cards / "VN0000001.card").read_bytes()
    workshop.write(pack)
    assert (workshop.cards / "VN0000001.card").read_bytes() == silicon


def test_a_second_pack_for_a_card_is_refused(workshop: Workshop) -> None:
    report = workshop.make()
    workshop.write(workshop.certify(report))
    with pytest.raises(OrderConflict):
        workshop.write(workshop.certify(report))


def test_a_locked_card_is_never_written_again(workshop: Workshop) -> None:
    report = workshop.make()
    workshop.write(workshop.certify(report))
    (workshop.cards / "factory" / "0a1b" / "pack.json").unlink()
    with pytest.raises(OrderConflict, match="is locked, with other certificates"):
        workshop.write(workshop.certify(report))


def test_a_pack_that_broke_off_before_the_lock_is_finished(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(_: FactoryClient) -> None:
        raise KeyboardInterrupt

    pack = workshop.certify(workshop.make())
    with monkeypatch.context() as patched:
        patched.setattr(FactoryClient, "lock", power_cut)
        with pytest.raises(KeyboardInterrupt):
            workshop.write(pack)
    FactoryClient(workshop.open()).select()
    workshop.write(pack)
    with pytest.raises(NotACard):
        FactoryClient(workshop.open()).select()


def test_a_pack_must_fit_the_chip(workshop: Workshop) -> None:
    good = workshop.certify(workshop.make())
    other = workshop.certify(workshop.make(order="0a1c", documentNumber="VN0000002"))
    authentication, signature = good["certificates"]
    swapped = [
        {"slot": "9A", "certificate": signature["certificate"]},
        {"slot": "9C", "certificate": authentication["certificate"]},
    ]
    for changed in (
        {"card": "c0ffef"},
        {"order": "0a1d"},
        {"certificates": [authentication]},
        {"certificates": swapped},
        {"certificates": other["certificates"]},
    ):
        with pytest.raises(OrderConflict):
            workshop.write(good | changed)
    with pytest.raises(DocumentMalformed):
        workshop.write(
            good | {"certificates": [authentication, signature | {"certificate": "AQID"}]}
        )
    assert not (workshop.cards / "factory" / "0a1b" / "pack.json").exists()
    client = PivClient(workshop.open())
    client.select()
    with pytest.raises(CardRefused):
        client.certificate(0x9A)
    workshop.write(good)


def test_a_lost_card_is_told(workshop: Workshop) -> None:
    pack = workshop.certify(workshop.make())
    (workshop.cards / "VN0000001.card").unlink()
    with pytest.raises(OrderConflict, match="no longer here"):
        workshop.write(pack)


def test_a_bad_line_is_told_and_the_rest_goes_on(workshop: Workshop, order: Order) -> None:
    cards = workshop.cards
    good = json.dumps(order()).encode()
    twice = json.dumps(order(order="0a1c")).encode()
    outcomes = list(
        make_chips([b"{", good, b" ", twice, b"\xff"], cards, workshop.pin, workshop.puk)
    )
    assert [outcome.number for outcome in outcomes] == [1, 2, 4, 5]
    assert [type(outcome) for outcome in outcomes] == [
        LineRejected,
        LineDone,
        LineRejected,
        LineRejected,
    ]
    done = outcomes[1]
    assert isinstance(done, LineDone)
    assert done.document is not None
    pack = json.dumps(workshop.certify(json.loads(done.document))).encode()
    assert list(write_packs([pack], cards)) == [LineDone(1, None)]
