"""Login: ask for a factor, take the answer, say who is at this browser, end a session."""

from typing import Final, Never
from urllib.parse import urlsplit

from eid.authentication.factors import FactorProof, card_signature
from eid.authentication.factors.card_signature import CardEvidence
from eid.authentication.ladder import next_factor
from eid.authentication.messages import FactorAsked, LoginPolicy, SignedIn
from eid.domain.agency import Client
from eid.domain.assurance import CARD_SIGNATURE
from eid.domain.audit import LoggedIn, LoggedOut, LoginRefused
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.changes import AddChallenge, AddSession, Change, EndSession
from eid.domain.facts import CardFacts, SignOnFacts
from eid.domain.grant import PendingAuthorization
from eid.domain.handles import digest, make
from eid.domain.identifiers import SessionId, new_id
from eid.domain.outcome import Outcome
from eid.domain.session import LoginSession
from eid.domain.visit import Visit
from eid.errors import BadCardAnswer, Conflict, EidError, LevelTooLow, UnknownPending
from eid.ports import Store
from eid.proofs.card_signature import CardAnswer, claimed_answer, fingerprint
from eid.proofs.challenges import bound_to_pending, is_nonce, issue_challenge
from keys.pki.anchors import TrustAnchors

__all__ = ["FactorAsked", "Login", "LoginPolicy", "SignedIn"]

TRIES: Final = 3  # gather and decide again on a Conflict, where no secret was spent


class Login:
    """The front object of this room. Every method gathers, decides, keeps."""

    def __init__(self, store: Store, anchors: TrustAnchors, policy: LoginPolicy) -> None:
        self._store = store
        self._anchors = anchors
        self._policy = policy

    async def begin(self, visit: Visit, pending: str, browser: str) -> FactorAsked:
        """Ask for the next factor on behalf of the request that waits in this browser.

        Raises `UnknownPending`, or `LevelTooLow` when our factors cannot reach what it wants.
        """
        waiting = await self._waiting(visit, pending, browser)
        client = await self._store.clients.find(waiting.client)
        outcome = decide_asking(waiting, client, self._policy, visit)
        await self._store.keep(outcome.changes, outcome.events)
        return outcome.settle()

    async def answer(  # noqa: PLR0917 - what the browser brought, in the order it is looked at
        self,
        visit: Visit,
        pending: str,
        browser: str,
        nonce: str,
        answer: bytes,
        session: str | None,
    ) -> SignedIn:
        """Take a card's answer; a good one begins a session and ends the one that was here.

        The challenge is spent before anything is looked at, and stays spent (CV-01). Raises what
        the proof or the standing of card and account come to, once it was kept.
        """
        waiting = await self._waiting(visit, pending, browser)
        challenge = await self._spend(visit, waiting, nonce)
        claimed = claimed_answer(answer)
        evidence = CardEvidence(challenge, claimed, await self._standing(claimed))
        before = await self._signed_on(visit, session)
        proof = card_signature.decide(evidence, self._anchors, visit)
        outcome = decide_session(waiting, proof, evidence.card, before, self._policy, visit)
        try:
            await self._store.keep(outcome.changes, outcome.events)
        except Conflict as moved_on:
            # The challenge is spent, so nothing is tried again: the holder answers a new one.
            outcome = _refused(moved_on, waiting, evidence.card, visit)
            await self._store.keep(outcome.changes, outcome.events)
        return outcome.settle()

    async def who(self, visit: Visit, session: str | None) -> SignOnFacts | None:
        """Say who is signed in at this browser; None when nobody is whose account is active."""
        found = await self._signed_on(visit, session)
        return found if found and found.owner.is_active else None

    async def sign_out(self, visit: Visit, session: str | None) -> None:
        """End the session of this browser and what grew from it; no session is no error."""
        for _ in range(TRIES):
            found = await self._signed_on(visit, session)
            if found is None:
                return
            outcome = decide_sign_out(found, visit)
            try:
                await self._store.keep(outcome.changes, outcome.events)
            except Conflict:
                continue  # it ended meanwhile, or is changing: look again
            return
        raise Conflict("the session does not hold still")

    async def _signed_on(self, visit: Visit, session: str | None) -> SignOnFacts | None:
        if not session:
            return None
        return await self._store.grants.sign_on(digest(session), None, visit.at)

    async def _waiting(self, visit: Visit, pending: str, browser: str) -> PendingAuthorization:
        found = browser and await self._store.grants.find_pending(
            digest(pending), digest(browser), visit.at
        )
        if not found:
            raise UnknownPending("none waits under this name in this browser")
        return found

    async def _spend(
        self, visit: Visit, waiting: PendingAuthorization, nonce: str
    ) -> Challenge | None:
        if not is_nonce(nonce):
            return None
        bound_to = bound_to_pending(waiting.id_hash, waiting.browser_hash)
        return await self._store.challenges.spend(nonce, ChallengePurpose.LOGIN, bound_to, visit.at)

    async def _standing(self, claimed: CardAnswer | BadCardAnswer) -> CardFacts | None:
        if isinstance(claimed, BadCardAnswer):
            return None
        return await self._store.cards.standing(fingerprint(claimed))


def decide_asking(
    waiting: PendingAuthorization, client: Client | None, policy: LoginPolicy, visit: Visit
) -> Outcome[FactorAsked]:
    """Issue the challenge of the first factor that leads to the wanted level.

    A session that is here already does not count: the request waits because it was not enough.
    """
    try:
        factor = next_factor(None, waiting.wanted)
    except LevelTooLow as refusal:
        return _refused(refusal, waiting, None, visit)
    if client is None or factor is None:
        gone = UnknownPending("its client is disabled, or it waits for no factor")
        return _refused(gone, waiting, None, visit)
    challenge = issue_challenge(
        ChallengePurpose.LOGIN,
        policy.origin,
        bound_to_pending(waiting.id_hash, waiting.browser_hash),
        visit.at,
        policy.challenge_lifetime,
    )
    back = urlsplit(waiting.redirect_uri)
    asked = FactorAsked(
        method=factor.name,
        nonce=challenge.nonce,
        origin=challenge.origin,
        client=client,
        redirect_origin=f"{back.scheme}://{back.netloc}",
        ui_locales=waiting.ui_locales,
    )
    return Outcome(asked, changes=(AddChallenge(challenge),))


def decide_session(  # noqa: PLR0917 - facts, evidence, policy, time
    waiting: PendingAuthorization,
    proof: FactorProof | EidError,
    card: CardFacts | None,
    before: SignOnFacts | None,
    policy: LoginPolicy,
    visit: Visit,
) -> Outcome[SignedIn]:
    """Begin a session for whom the proof names, or keep why not."""
    if isinstance(proof, EidError):
        return _refused(proof, waiting, card, visit)
    handle = make()
    session = LoginSession(
        id=SessionId(new_id()),  # never one that existed before the sign-in (SS-02)
        handle_hash=digest(handle),
        account=proof.owner.account.id,
        events=(proof.event,),
        started_at=visit.at,
        idle_until=visit.at + min(policy.idle, policy.session),
        ends_at=visit.at + policy.session,
    )
    changes: list[Change] = [AddSession(proof.owner.standing, session)]
    if before is not None:  # nobody's session lives on under somebody else's sign-in (SS-09)
        changes.append(EndSession(before.session.id, visit.at))
    level = session.level()
    event = LoggedIn(
        visit=visit,
        account=session.account,
        method=proof.event.method.name,
        level=level.value if level else 0,
        client=waiting.client,
        session=session.id,
    )
    return Outcome(SignedIn(handle, session), tuple(changes), (event,))


def decide_sign_out(found: SignOnFacts, visit: Visit) -> Outcome[None]:
    """End this session by its holder's wish."""
    session = found.session
    event = LoggedOut(visit=visit, account=session.account, session=session.id)
    return Outcome(None, (EndSession(session.id, visit.at),), (event,))


def _refused(
    refusal: EidError, waiting: PendingAuthorization, card: CardFacts | None, visit: Visit
) -> Outcome[Never]:
    event = LoginRefused(
        visit=visit,
        account=card.owner.account.id if card else None,  # only claimed
        method=CARD_SIGNATURE.name,
        reason=refusal.code,
        client=waiting.client,
    )
    return Outcome(refusal, events=(event,))
