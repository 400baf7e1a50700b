"""A provider with one citizen who was told of the result and has a letter and a card."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from builders import (
    BROWSER,
    NOW,
    make_account,
    make_card,
    make_card_certificate,
    make_case,
    make_citizen,
    make_electronic_card,
    make_visit,
    put_card,
)
from chips_for_tests import SoftChip
from fakes import MemoryStore
from pki_for_tests import SoftCard
from unit.good_cards import document_of, good_card, good_chip, run, trust

from eid.activation.activate import Activation, ActivationPolicy, CaseView
from eid.domain.account import Account, AccountStatus
from eid.domain.activation import ActivationCase
from eid.domain.assurance import CARD_CHIP, CARD_SIGNATURE
from eid.domain.audit import ActivationRefused
from eid.domain.card import CardStatus, ChipCard, ElectronicCard, ElectronicCardStatus
from eid.domain.challenge import ChallengeAnswer
from eid.domain.changes import (
    AddCardDocument,
    AddElectronicCard,
    AddHolder,
    MoveCase,
    OpenAccount,
    OpenCase,
)
from eid.domain.handles import digest
from eid.proofs.activation_code import code_hash

ORIGIN = "https://eid.example"
LINK = "link-of-the-tests"
CODE = "48151623"
WRONG = "00000000"
OTHER_BROWSER = "another-browser"
KEY = bytes(range(32))
POLICY = ActivationPolicy(ORIGIN, timedelta(minutes=2), KEY)


class Crash(Exception):
    """What a test lets happen in the middle of something."""


async def crash(*_: object) -> None:
    raise Crash


@dataclass
class World:
    """What a test may change before, between and after."""

    store: MemoryStore
    activation: Activation

    def open(self, link: str = LINK, browser: str = BROWSER, at: datetime = NOW) -> CaseView:
        return run(self.activation.open(make_visit(at), link, browser))

    def accept(
        self, code: str = CODE, browser: str = BROWSER, at: datetime = NOW, link: str = LINK
    ) -> CaseView:
        return run(self.activation.accept_code(make_visit(at), link, code, browser))

    def ask(self, browser: str = BROWSER, at: datetime = NOW, link: str = LINK) -> str:
        return run(self.activation.ask(make_visit(at), link, browser)).nonce

    def prove(
        self,
        nonce: str,
        body: bytes | None = None,
        *,
        browser: str = BROWSER,
        at: datetime = NOW,
        method: str = CARD_SIGNATURE.name,
    ) -> CaseView:
        whole = body if body is not None else good_card().answer(ORIGIN, nonce)
        answer = ChallengeAnswer(method, nonce, whole)
        return run(self.activation.prove(make_visit(at), LINK, browser, answer))

    def read(self, chip: SoftChip | None = None, origin: str = ORIGIN) -> CaseView:
        """Accept the code, ask, and bring a reading of the chip."""
        self.accept()
        nonce = self.ask()
        body = (chip or good_chip()).reading(origin, nonce)
        return self.prove(nonce, body, method=CARD_CHIP.name)

    def activate(self, card: SoftCard | None = None) -> CaseView:
        """Accept the code, ask, and let the card answer."""
        self.accept()
        nonce = self.ask()
        return self.prove(nonce, (card or good_card()).answer(ORIGIN, nonce))

    def case(self) -> ActivationCase:
        return next(iter(self.store.tables.cases.values()))

    def account(self) -> Account:
        return next(iter(self.store.tables.accounts.values()))[0]

    def card(self) -> ChipCard:
        return next(iter(self.store.tables.cards.values()))

    def electronic_card(self) -> ElectronicCard:
        return next(iter(self.store.tables.electronic_cards.values()))

    def refusals(self) -> list[str]:
        told = self.store.events
        return [event.reason for event in told if isinstance(event, ActivationRefused)]

    def put(self, case: ActivationCase) -> None:
        run(self.store.keep([MoveCase(case, self.case().status)], ()))

    def is_spent(self, nonce: str) -> bool:
        return nonce in self.store.tables.spent_challenges


def make_world(
    *,
    account: dict[str, Any] | None = None,
    card: dict[str, Any] | None = None,
    case: dict[str, Any] | None = None,
    holder: dict[str, Any] | None = None,
    has_card: bool = True,
) -> World:
    """The world, with changes to its nouns."""
    store = MemoryStore()
    waiting = {"status": AccountStatus.NOTIFIED, "activated_at": None} | (account or {})
    certificate = make_card_certificate(fingerprint=good_card().fingerprint)
    new = {"code_hash": code_hash(KEY, digest(LINK), CODE)} | (case or {})

    async def furnish() -> None:
        electronic = make_electronic_card(status=ElectronicCardStatus.ISSUED)
        await store.keep(
            [
                AddHolder(make_citizen(**holder or {})),
                OpenAccount(make_account(**waiting)),
                AddElectronicCard(electronic),
                OpenCase(make_case(LINK, **new)),
            ],
            (),
        )
        if has_card:
            plastic = make_card(**{"status": CardStatus.PERSONALISED} | (card or {}))
            await put_card(store, plastic, certificate)
            await store.keep([AddCardDocument(plastic.id, document_of(good_chip()))], ())

    run(furnish())
    return World(store, Activation(store, trust(), POLICY))
