"""Chip cards, orders, certificates, documents: what is kept is what is found."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from builders import NOW, identifier, make_card, make_card_certificate, make_card_document
from integration.store.furniture import Furniture

from eid.domain import changes as do
from eid.domain.card import CardCertificate, CardOrder, CardStatus, OrderStatus
from eid.domain.identifiers import CardId, OrderId
from eid.errors import Conflict
from eid.ports import Store

pytestmark = pytest.mark.anyio

SIGNATURE = make_card_certificate(
    profile="card_signature",
    serial=2**158 + 7,  # twenty octets, more than any integer column holds
    fingerprint=b"s" * 32,
    not_after=datetime(2030, 1, 15, 23, 59, 59, tzinfo=UTC),
)


def make_order(card: bytes, key: bytes = b"order") -> CardOrder:
    return CardOrder(OrderId(key), CardId(card), OrderStatus.REQUESTED, NOW, '{"tên":"Mẫu"}')


@pytest.mark.parametrize("valid_until", [date(2030, 1, 15), None])
async def test_a_card_is_found_by_its_certificate(
    store: Store, furniture: Furniture, valid_until: date | None
) -> None:
    owner = await furniture.account()
    card = make_card(valid_until=valid_until)
    await furniture.card(card, make_card_certificate(), SIGNATURE)
    both = (make_card_certificate(), SIGNATURE)
    for fingerprint in (certificate.fingerprint for certificate in both):
        facts = await store.cards.standing(fingerprint)
        assert facts
        assert facts.card == replace(card, certificates=both)
        assert (facts.certificate_good, facts.owner) == (True, owner)
    assert await store.cards.standing(b"unknown") is None


async def test_a_revoked_certificate_is_not_good(store: Store, furniture: Furniture) -> None:
    await furniture.account()
    await furniture.card(None, make_card_certificate(), SIGNATURE)
    revoke = do.RevokeCertificate(SIGNATURE.serial, NOW, "keyCompromise")
    await store.keep([revoke], ())
    revoked = await store.cards.standing(SIGNATURE.fingerprint)
    other = await store.cards.standing(make_card_certificate().fingerprint)
    assert revoked
    assert other
    assert (revoked.certificate_good, other.certificate_good) == (False, True)
    with pytest.raises(Conflict):
        await store.keep([revoke], ())


async def test_the_newest_card_of_a_holder(store: Store, furniture: Furniture) -> None:
    owner = await furniture.account()
    assert await store.cards.find_by_holder(owner.holder.number) is None
    old = make_card(id=CardId(b"zz"), document_number="A", issued=date(2020, 1, 1))
    await furniture.card(old, make_card_certificate(serial=1, fingerprint=b"1" * 32))
    new = await furniture.card(None, make_card_certificate(), SIGNATURE)
    found = await store.cards.find_by_holder(owner.holder.number)
    assert found
    assert (found.card.id, found.certificate_good) == (new.id, True)
    revoke = do.RevokeCertificate(make_card_certificate().serial, NOW, "superseded")
    await store.keep([revoke], ())
    found = await store.cards.find_by_holder(owner.holder.number)
    assert found
    assert not found.certificate_good


async def test_a_card_without_certificates_has_no_good_one(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    await store.keep([do.AddChipCard(make_card(status=CardStatus.ORDERED))], ())
    found = await store.cards.find_by_holder(owner.holder.number)
    assert found
    assert (found.card.certificates, found.certificate_good) == ((), False)


async def test_a_public_key_is_certified_once__AC_18(store: Store, furniture: Furniture) -> None:
    await furniture.account()
    card = await furniture.card()
    await furniture.certified(SIGNATURE)
    key = b"k" * 32
    await store.keep([do.AddCardCertificate(card.id, SIGNATURE, key)], ())
    another = make_card_certificate(serial=9, fingerprint=b"9" * 32)
    await furniture.certified(another)
    with pytest.raises(Conflict):
        await store.keep([do.AddCardCertificate(card.id, another, key)], ())


async def test_a_card_moves_only_from_the_status_that_was_seen(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    card = await furniture.card()
    suspend = do.MoveChipCard(card.id, CardStatus.ACTIVE, CardStatus.SUSPENDED)
    await store.keep([suspend], ())
    found = await store.cards.find_by_holder(owner.holder.number)
    assert found
    assert found.card.status is CardStatus.SUSPENDED
    with pytest.raises(Conflict):
        await store.keep([suspend], ())


async def test_an_order_is_found_with_its_card_and_owner(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    card = await furniture.card(None, make_card_certificate(), SIGNATURE)
    order = make_order(card.id)
    await store.keep([do.AddCardOrder(order)], ())
    found = await store.cards.find_order(order.id)
    assert found
    certified = replace(card, certificates=(make_card_certificate(), SIGNATURE))
    assert (found.order, found.card, found.owner) == (order, certified, owner)
    assert await store.cards.find_order(OrderId(b"other")) is None


async def test_orders_go_on_one_status_at_a_time(store: Store, furniture: Furniture) -> None:
    await furniture.account()
    card = await furniture.card()
    order = make_order(card.id)
    await store.keep([do.AddCardOrder(order)], ())
    keyed = do.MoveCardOrder(order.id, OrderStatus.REQUESTED, OrderStatus.KEYED)
    await store.keep([keyed], ())
    with pytest.raises(Conflict):
        await store.keep([keyed], ())
    found = await store.cards.find_order(order.id)
    assert found
    assert found.order.status is OrderStatus.KEYED


async def test_a_finished_order_keeps_what_stays_of_its_text(
    store: Store, furniture: Furniture
) -> None:
    await furniture.account()
    card = await furniture.card()
    order = make_order(card.id)
    finish = do.FinishCardOrder(order.id, "{}")
    await store.keep([do.AddCardOrder(order)], ())
    with pytest.raises(Conflict):  # no key was reported yet
        await store.keep([finish], ())
    keyed = do.MoveCardOrder(order.id, OrderStatus.REQUESTED, OrderStatus.KEYED)
    await store.keep([keyed], ())
    await store.keep([finish], ())
    found = await store.cards.find_order(order.id)
    assert found
    assert found.order == replace(order, status=OrderStatus.COMPLETED, document="{}")
    with pytest.raises(Conflict):
        await store.keep([finish], ())


async def test_a_card_is_found_by_its_document(store: Store, furniture: Furniture) -> None:
    owner = await furniture.account()
    card = await furniture.card(None, make_card_certificate(), SIGNATURE)
    document = make_card_document()
    assert await store.cards.document_standing(document.fingerprint) is None
    await store.keep([do.AddCardDocument(card.id, document)], ())
    facts = await store.cards.document_standing(document.fingerprint)
    assert facts
    assert facts.card == replace(card, certificates=(make_card_certificate(), SIGNATURE))
    assert (facts.certificate_good, facts.owner) == (True, owner)
    assert await store.cards.document_standing(make_card_certificate().fingerprint) is None


@pytest.mark.parametrize("withdrawn", [SIGNATURE, make_card_certificate()])
async def test_a_document_falls_with_any_certificate_of_its_card(
    store: Store, furniture: Furniture, withdrawn: CardCertificate
) -> None:
    await furniture.account()
    card = await furniture.card(None, make_card_certificate(), SIGNATURE)
    document = make_card_document()
    await store.keep([do.AddCardDocument(card.id, document)], ())
    await store.keep([do.RevokeCertificate(withdrawn.serial, NOW, "keyCompromise")], ())
    facts = await store.cards.document_standing(document.fingerprint)
    assert facts
    assert not facts.certificate_good


async def test_a_document_without_certificates_beside_it_is_not_good(
    store: Store, furniture: Furniture
) -> None:
    await furniture.account()
    card, document = make_card(), make_card_document()
    await store.keep([do.AddChipCard(card), do.AddCardDocument(card.id, document)], ())
    facts = await store.cards.document_standing(document.fingerprint)
    assert facts
    assert (facts.card, facts.certificate_good) == (card, False)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"active_key_hash": b"b" * 32},  # the same document again
        {"fingerprint": b"e" * 32},  # the same key in another document
    ],
)
async def test_no_other_card_has_the_same_document_or_its_key__AC_18(
    store: Store, furniture: Furniture, change: dict[str, bytes]
) -> None:
    await furniture.account()
    card = await furniture.card()
    other = make_card(id=CardId(b"another"), document_number="X00000002")
    await store.keep([do.AddChipCard(other)], ())
    await store.keep([do.AddCardDocument(card.id, make_card_document())], ())
    with pytest.raises(Conflict):
        await store.keep([do.AddCardDocument(other.id, make_card_document(**change))], ())
    free = make_card_document(fingerprint=b"f" * 32, active_key_hash=b"g" * 32)
    with pytest.raises(Conflict):  # one document to a card
        await store.keep([do.AddCardDocument(card.id, free)], ())
    await store.keep([do.AddCardDocument(other.id, free)], ())


async def test_requested_orders_come_page_by_page(store: Store, furniture: Furniture) -> None:
    orders = []
    for number in range(1, 8):
        owner = await furniture.numbered_account(number)
        card = make_card(
            id=identifier(f"card {number}"),
            holder=owner.holder.id,
            document_number=f"X{number}",
            status=CardStatus.ORDERED,
        )
        order = make_order(card.id, identifier(f"order {number}"))
        await store.keep([do.AddChipCard(card), do.AddCardOrder(order)], ())
        orders.append(order.id)
    taken = do.MoveCardOrder(orders[0], OrderStatus.REQUESTED, OrderStatus.COMPLETED)
    await store.keep([taken], ())
    seen: list[OrderId] = []
    while page := await store.cards.requested_orders(seen[-1] if seen else None, 4):
        assert len(page) <= 4
        seen += [facts.order.id for facts in page]
    assert seen == sorted(orders[1:])
