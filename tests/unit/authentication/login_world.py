"""A provider with one citizen, whose card is in force, and a request that waits for a sign-in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from builders import (
    BROWSER,
    NOW,
    make_account,
    make_card,
    make_card_certificate,
    make_citizen,
    make_client,
    make_visit,
    put_account,
    put_card,
    put_client,
)
from fakes import MemoryStore
from pki_for_tests import SoftCard
from unit.good_cards import document_of, good_card, good_chip, pki, run, trust

from eid.authentication.certificate_door import CertificateDoor, HandoverPolicy
from eid.authentication.login import FactorAsked, Login, LoginPolicy, SignedIn
from eid.domain.assurance import CARD_CERTIFICATE, CARD_CHIP, CARD_SIGNATURE, AuthenticationLevel
from eid.domain.challenge import ChallengeAnswer
from eid.domain.changes import AddCardDocument, AddPending
from eid.domain.grant import PendingAuthorization
from eid.domain.handles import digest
from eid.domain.identifiers import ClientId
from eid.domain.session import LoginSession

ORIGIN = "https://eid.example"
PENDING = "pending-request-of-the-tests"
HANDOVER = HandoverPolicy(ORIGIN, b"handover key of the unit tests !")
POLICY = LoginPolicy(
    origin=ORIGIN,
    challenge_lifetime=timedelta(minutes=2),
    idle=timedelta(minutes=30),
    session=timedelta(hours=12),
    handover=HANDOVER,
)


def make_pending(pending: str = PENDING, **changes: Any) -> PendingAuthorization:
    waiting = PendingAuthorization(
        id_hash=digest(pending),
        browser_hash=digest(BROWSER),
        client=ClientId("tax-portal"),
        redirect_uri="https://tax.example:8443/callback?way=eid",
        scope=("openid",),
        claims=(),
        state="state",
        nonce="nonce",
        code_challenge="c" * 43,
        prompt=frozenset(),
        wanted=AuthenticationLevel.LEVEL_2,
        fresh_since=None,
        max_age=None,
        subject=None,
        ui_locales=("vi",),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
    )
    return replace(waiting, **changes)


@dataclass
class World:
    """What a test may change before, between and after."""

    store: MemoryStore
    login: Login

    def begin(self, pending: str = PENDING, browser: str = BROWSER, at: datetime = NOW) -> str:
        """Ask for a challenge; its nonce."""
        return run(self.login.begin(make_visit(at), pending, browser)).nonce

    def answer(
        self,
        body: bytes,
        nonce: str,
        *,
        pending: str = PENDING,
        browser: str = BROWSER,
        session: str | None = None,
        at: datetime = NOW,
    ) -> SignedIn:
        visit = make_visit(at)
        answer = ChallengeAnswer(CARD_SIGNATURE.name, nonce, body)
        return run(self.login.answer(visit, pending, browser, answer, session))

    def sign_in(self, card: SoftCard | None = None, **knobs: Any) -> SignedIn:
        """Begin, let the card answer, and hand the answer in."""
        nonce = self.begin(knobs.get("pending", PENDING), knobs.get("browser", BROWSER))
        return self.answer((card or good_card()).answer(ORIGIN, nonce), nonce, **knobs)

    def begin_by(self, method: str, pending: str = PENDING, at: datetime = NOW) -> FactorAsked:
        """Ask for a challenge by the method that one wishes for."""
        return run(self.login.begin(make_visit(at), pending, BROWSER, method))

    def read(
        self,
        body: bytes,
        nonce: str,
        *,
        pending: str = PENDING,
        browser: str = BROWSER,
        session: str | None = None,
        at: datetime = NOW,
    ) -> SignedIn:
        """Bring a chip reading to the pages."""
        answer = ChallengeAnswer(CARD_CHIP.name, nonce, body)
        return run(self.login.answer(make_visit(at), pending, browser, answer, session))

    def show(
        self, card: SoftCard | None, nonce: str, pending: str = PENDING, at: datetime = NOW
    ) -> bytes:
        """Show a card's certificate, or none, at the certificate door; its handover."""
        door = CertificateDoor(pki().anchors(), HANDOVER)
        return door.hand_over(make_visit(at), pending, nonce, card.der if card else None).encode()

    def hand_in(
        self,
        handover: bytes,
        nonce: str,
        *,
        pending: str = PENDING,
        browser: str = BROWSER,
        session: str | None = None,
        at: datetime = NOW,
    ) -> SignedIn:
        """Bring a handover to the pages."""
        answer = ChallengeAnswer(CARD_CERTIFICATE.name, nonce, handover)
        return run(self.login.answer(make_visit(at), pending, browser, answer, session))

    def sign_in_by_certificate(self, card: SoftCard | None = None, **knobs: Any) -> SignedIn:
        """Begin, show the certificate, and hand in what came of it."""
        nonce = self.begin(knobs.get("pending", PENDING), knobs.get("browser", BROWSER))
        handover = self.show(card or good_card(), nonce, knobs.get("pending", PENDING))
        return self.hand_in(handover, nonce, **knobs)

    def is_spent(self, nonce: str) -> bool:
        return nonce in self.store.tables.spent_challenges

    def live(self, handle: str, at: datetime = NOW) -> LoginSession | None:
        found = run(self.store.grants.sign_on(digest(handle), None, at))
        return found.session if found else None

    def add_pending(self, pending: str, **changes: Any) -> None:
        run(self.store.keep([AddPending(make_pending(pending, **changes))], ()))


def make_world(
    *,
    account: dict[str, Any] | None = None,
    card: dict[str, Any] | None = None,
    holder: dict[str, Any] | None = None,
    soft_card: SoftCard | None = None,
) -> World:
    """The world, with changes to its nouns."""
    store = MemoryStore()
    certificate = make_card_certificate(fingerprint=(soft_card or good_card()).fingerprint)

    async def furnish() -> None:
        await put_account(store, make_account(**account or {}), make_citizen(**holder or {}))
        plastic = make_card(**card or {})
        await put_card(store, plastic, certificate)
        await store.keep([AddCardDocument(plastic.id, document_of(good_chip()))], ())
        await put_client(store, make_client())
        await store.keep([AddPending(make_pending())], ())

    run(furnish())
    return World(store, Login(store, trust(), POLICY))
