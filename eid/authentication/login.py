"""Login: ask for a factor, take the answer, say who is at this browser, end a session."""

from typing import Final

from eid.authentication.decisions import decide_asking, decide_session, decide_sign_out, refused
from eid.authentication.factors import (
    CardEvidence,
    FactorProof,
    card_certificate,
    card_chip,
    card_signature,
)
from eid.authentication.messages import FactorAsked, LoginPolicy, SignedIn
from eid.domain.assurance import (
    CARD_CERTIFICATE,
    CARD_CHIP,
    CARD_SIGNATURE,
    AuthenticationMethod,
)
from eid.domain.challenge import Challenge, ChallengeAnswer, ChallengePurpose
from eid.domain.facts import CardFacts, SignOnFacts
from eid.domain.grant import PendingAuthorization
from eid.domain.handles import digest
from eid.domain.visit import Visit
from eid.errors import BadCardAnswer, Conflict, EidError, UnknownPending
from eid.ports import Store
from eid.proofs.card_signature import claimed_answer, fingerprint
from eid.proofs.challenges import bound_to_pending, is_nonce
from eid.proofs.chip_answer import claimed_chip_answer
from eid.proofs.client_certificate import Errand, Handover, open_handover
from eid.proofs.trust import CardTrust
from keys.sealing import Sealer

__all__ = ["FactorAsked", "Login", "LoginPolicy", "SignedIn"]

TRIES: Final = 3  # gather and decide again on a Conflict, where no secret was spent

Proved = tuple[FactorProof | EidError, CardFacts | None]
"""What an answer proves, and the card that it claims to come from."""


class Login:
    """The front object of this room. Every method gathers, decides, keeps."""

    def __init__(self, store: Store, trust: CardTrust, policy: LoginPolicy) -> None:
        self._store = store
        self._trust = trust
        self._policy = policy
        self._handovers = Sealer(policy.handover.key) if policy.handover else None
        self._absent: frozenset[AuthenticationMethod] = (
            frozenset() if policy.handover else frozenset({CARD_CERTIFICATE})
        )

    async def begin(
        self, visit: Visit, pending: str, browser: str, method: str = ""
    ) -> FactorAsked:
        """Ask for the next factor on behalf of the request that waits in this browser.

        `method` is the factor that the person would rather use; the first is asked for where that
        one would not do. Raises `UnknownPending`, or `LevelTooLow` when our factors cannot reach
        what the request wants.
        """
        waiting = await self._waiting(visit, pending, browser)
        client = await self._store.clients.find(waiting.client)
        outcome = decide_asking(waiting, client, method, self._absent, self._policy, visit)
        await self._store.keep(outcome.changes, outcome.events)
        return outcome.settle()

    async def answer(
        self, visit: Visit, pending: str, browser: str, answer: ChallengeAnswer, session: str | None
    ) -> SignedIn:
        """Take a factor's answer; a good one begins a session and ends the one that was here.

        The challenge is spent before anything is looked at, and stays spent (CV-01). Raises what
        the proof or the standing of card and account come to, once it was kept.
        """
        waiting = await self._waiting(visit, pending, browser)
        challenge = await self._spend(visit, waiting, answer.nonce)
        before = await self._signed_on(visit, session)
        proof, card = await self._prove(visit, pending, answer, challenge)
        method = answer.method
        outcome = decide_session(waiting, method, proof, card, before, self._policy, visit)
        try:
            await self._store.keep(outcome.changes, outcome.events)
        except Conflict as moved_on:
            # The challenge is spent, so nothing is tried again: the holder answers a new one.
            outcome = refused(moved_on, waiting, method, card, visit)
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

    async def _prove(
        self, visit: Visit, pending: str, answer: ChallengeAnswer, challenge: Challenge | None
    ) -> Proved:
        """Read the answer as its method has it, look its card up, decide what it proves."""
        match answer.method:
            case CARD_SIGNATURE.name:
                return await self._by_signature(visit, answer, challenge)
            case CARD_CERTIFICATE.name if self._handovers:
                shown = open_handover(
                    self._handovers,
                    Errand(self._policy.origin, pending, answer.nonce),
                    answer.content,
                )
                return await self._by_certificate(visit, shown, challenge)
            case CARD_CHIP.name:
                return await self._by_chip(visit, answer, challenge)
            case _:
                return BadCardAnswer("by a method that is not asked for here"), None

    async def _by_signature(
        self, visit: Visit, answer: ChallengeAnswer, challenge: Challenge | None
    ) -> Proved:
        claimed = claimed_answer(answer.content)
        card = None
        if not isinstance(claimed, EidError):
            card = await self._store.cards.standing(fingerprint(claimed))
        evidence = CardEvidence(challenge, claimed, card)
        return card_signature.decide(evidence, self._trust.certificates, visit), card

    async def _by_certificate(
        self, visit: Visit, shown: Handover | EidError, challenge: Challenge | None
    ) -> Proved:
        card = None
        if not isinstance(shown, EidError):
            card = await self._store.cards.standing(shown.fingerprint)
        evidence = CardEvidence(challenge, shown, card)
        return card_certificate.decide(evidence, self._trust.certificates, visit), card

    async def _by_chip(
        self, visit: Visit, answer: ChallengeAnswer, challenge: Challenge | None
    ) -> Proved:
        claimed = claimed_chip_answer(answer.content)
        card = None
        if not isinstance(claimed, EidError):
            card = await self._store.cards.document_standing(claimed.fingerprint)
        evidence = CardEvidence(challenge, claimed, card)
        return card_chip.decide(evidence, self._trust.documents, visit), card

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
