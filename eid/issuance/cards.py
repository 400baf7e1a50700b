"""Chip cards between us and the bureau: orders out, key reports in, packs out."""

from collections.abc import AsyncIterator
from typing import Final

from eid.domain import changes as do
from eid.domain.audit import CardPersonalised
from eid.domain.card import CardStatus, OrderStatus
from eid.domain.facts import OrderFacts
from eid.domain.identifiers import OrderId
from eid.domain.visit import Visit
from eid.errors import AlreadySpent, Conflict, UnknownOrder
from eid.issuance.certifying import (
    CertifiedKey,
    Certifier,
    ReportedKey,
    holder_of,
    prove_possession,
)
from eid.issuance.documents import (
    CardPack,
    KeyReport,
    OrderDocument,
    build_pack,
    finished_order,
    read_order,
    read_report,
)
from eid.issuance.members import bad_member
from eid.issuance.passport import ChipDocument, DocumentMaker, SignedChip
from eid.issuance.policy import IssuancePolicy
from eid.ports import Store

_PAGE: Final = 200
_TRIES: Final = 3


class CardIssuance:
    """What the card bureau deals with."""

    def __init__(
        self, store: Store, certifier: Certifier, maker: DocumentMaker, policy: IssuancePolicy
    ) -> None:
        self._store = store
        self._certifier = certifier
        self._maker = maker
        self._policy = policy

    async def orders(self) -> AsyncIterator[str]:
        """Every order that no report has come for, one JSON line each.

        Asking again gives the same orders: the bureau knows them by their identifier.
        """
        after: OrderId | None = None
        while page := await self._store.cards.requested_orders(after, _PAGE):
            for facts in page:
                yield facts.order.document
            after = page[-1].order.id

    async def complete(self, visit: Visit, report: str | bytes) -> str:
        """Certify the keys that the chip has made, sign its document; give back the pack to write.

        The same report again gives the same pack, also after a crash half way: an answer that was
        lost must not cost a card.

        Raises:
            BadDocument: the report cannot be read, or is not for the card that was ordered.
            UnknownOrder: there is no such order.
            SignatureWrong: a key's proof of possession does not hold.
            AlreadySpent: the card was personalised with other keys or other PIV objects, or the
                very same document cannot be made again.
            WrongHolder: the card is for somebody who is no citizen.
            RegistryAway: the portrait cannot be had now; nothing was begun.
        """
        read = read_report(report)
        for _ in range(_TRIES):
            facts = await self._find(read)
            order = read_order(facts.order.document)
            keys = prove_possession(read, order.keys, self._policy.serial_key)
            _require_same_keys(facts, keys)
            signed = SignedChip(
                document=await self._maker.make(order, holder_of(facts), keys),
                objects=self._maker.sign_objects(read.objects),
            )
            _require_same_objects(facts, order, signed)
            try:
                return await self._complete(visit, facts, keys, signed)
            except Conflict as error:
                if isinstance(error, AlreadySpent):
                    raise
        raise Conflict("the order does not stand still, or a key is on another card")

    async def _find(self, report: KeyReport) -> OrderFacts:
        facts = await self._store.cards.find_order(report.order)
        if facts is None:
            raise UnknownOrder("no such order")
        if facts.card.id != report.card:
            raise bad_member("card", "is not the card of this order")
        return facts

    async def _complete(
        self,
        visit: Visit,
        facts: OrderFacts,
        keys: tuple[ReportedKey, ...],
        signed: SignedChip,
    ) -> str:
        if facts.order.status is OrderStatus.REQUESTED:
            started = do.MoveCardOrder(facts.order.id, OrderStatus.REQUESTED, OrderStatus.KEYED)
            await self._store.keep([started], [])
        certified = [await self._certifier.certify(key, facts) for key in keys if key.is_certified]
        if facts.order.status is not OrderStatus.COMPLETED:
            await self._store.keep(*decide_personalised(visit, facts, certified, signed))
        elif signed.document is not None:
            await self._require_same_document(facts, signed.document)
        return build_pack(
            CardPack(
                facts.order.id,
                facts.card.id,
                tuple((each.key.slot, each.der) for each in certified),
                signed.document.files if signed.document else (),
                signed.objects,
            )
        )

    async def _require_same_document(self, facts: OrderFacts, document: ChipDocument) -> None:
        """Hand out no second document for a card: a holder has one face and one name on it."""
        known = await self._store.cards.document_standing(document.fingerprint)
        if known is None or known.card.id != facts.card.id:
            raise AlreadySpent("the document was made before and is not here any more")


def decide_personalised(
    visit: Visit,
    facts: OrderFacts,
    certified: list[CertifiedKey],
    signed: SignedChip,
) -> tuple[list[do.Change], list[CardPersonalised]]:
    """Say what changes once the chip's keys are certified and its document is signed."""
    document = signed.document
    changes: list[do.Change] = [
        *(each.as_change(facts.card) for each in certified),
        *([document.as_change(facts.card.id, visit.at)] if document else []),
        do.MoveChipCard(facts.card.id, CardStatus.ORDERED, CardStatus.PERSONALISED),
        do.FinishCardOrder(
            facts.order.id, finished_order(facts.order.document, signed.objects_fingerprint)
        ),
    ]
    event = CardPersonalised(
        visit=visit,
        account=facts.owner.account.id,
        card=facts.card.id,
        serials=tuple(f"{each.key.serial:x}" for each in certified),
    )
    return changes, [event]


def _require_same_keys(facts: OrderFacts, keys: tuple[ReportedKey, ...]) -> None:
    """Refuse to certify other keys for a card that has left the house."""
    bound = {certificate.serial for certificate in facts.card.certificates}
    reported = {key.serial for key in keys if key.is_certified}
    if facts.order.status is OrderStatus.COMPLETED and bound != reported:
        raise AlreadySpent("the card was personalised with other keys")


def _require_same_objects(facts: OrderFacts, order: OrderDocument, signed: SignedChip) -> None:
    """Sign no second list of PIV objects for a card that has left the house."""
    is_same = order.objects_fingerprint == signed.objects_fingerprint
    if facts.order.status is OrderStatus.COMPLETED and not is_same:
        raise AlreadySpent("the card was personalised with other objects")
