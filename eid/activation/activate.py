"""Activation: open a case, accept its code, ask for the proof, take it."""

from typing import Final, TypeVar

from eid.activation.code_step import decide_code, decide_without_attempt
from eid.activation.messages import ActivationPolicy, CaseView, ProofAsked, Step
from eid.activation.proof_step import CardEvidence, decide_asking, decide_proof
from eid.activation.steps import refused, view
from eid.domain.account import AccountStatus
from eid.domain.activation import ActivationCase
from eid.domain.assurance import CARD_CHIP, CARD_SIGNATURE
from eid.domain.challenge import Challenge, ChallengeAnswer, ChallengePurpose
from eid.domain.facts import CaseFacts
from eid.domain.handles import digest
from eid.domain.outcome import Outcome
from eid.domain.visit import Visit
from eid.errors import (
    BadCardAnswer,
    Conflict,
    EidError,
    ForeignBrowser,
    Malformed,
    UnknownCase,
)
from eid.ports import Store
from eid.proofs.card_signature import CardAnswer, claimed_answer, fingerprint
from eid.proofs.challenges import bound_to_case, is_nonce
from eid.proofs.chip_answer import ChipAnswer, claimed_chip_answer
from eid.proofs.trust import CardTrust

__all__ = ["Activation", "ActivationPolicy", "CaseView", "ProofAsked", "Step"]

TRIES: Final = 3  # gather and decide again on a Conflict, where no secret was spent

# Before the notice there is nothing to activate, after the closing neither.
WITH_A_CASE: Final = frozenset({AccountStatus.NOTIFIED, AccountStatus.ACTIVE, AccountStatus.LOCKED})

T = TypeVar("T")


class Activation:
    """The front object of this room. Every method gathers, decides, keeps.

    `link` and `browser` are the raw texts of the letter's link and of the browser's cookie.
    """

    def __init__(self, store: Store, trust: CardTrust, policy: ActivationPolicy) -> None:
        self._store = store
        self._trust = trust
        self._policy = policy

    async def open(self, visit: Visit, link: str, browser: str) -> CaseView:
        """Say where the case stands. Changes nothing. Raises `UnknownCase`."""
        return view(await self._case(digest(link)), digest(browser), visit)

    async def accept_code(self, visit: Visit, link: str, code: str, browser: str) -> CaseView:
        """Take a code; a right one leads to the proof, in this browser.

        An attempt is used up before the code is looked at, and stays used up (AC-04). Raises
        `CodeWrong`, `NeedsAssistance`, `UnknownCase`, `AlreadyActive`, `AccountLocked`.
        """
        link_hash, browser_hash = digest(link), _browser_hash(browser)
        for _ in range(TRIES):
            taken = await self._store.cases.take_attempt(link_hash, visit.at)
            if taken is not None:
                facts = _with_a_case(taken)
                outcome = decide_code(facts, code, browser_hash, self._policy, visit)
                return await self._keep_spent(outcome, facts, visit)
            facts = await self._case(link_hash)
            outcome = decide_without_attempt(facts, browser_hash, visit)
            if await self._is_kept(outcome):
                return outcome.settle()
        raise Conflict("the case does not hold still")

    async def ask(self, visit: Visit, link: str, browser: str, method: str = "") -> ProofAsked:
        """Ask for the holder's card, by the method that is wished for if it is one of ours.

        Raises `CodeNeeded` where no code was accepted here.
        """
        link_hash, browser_hash = digest(link), _browser_hash(browser)
        for _ in range(TRIES):
            facts = await self._case(link_hash)
            outcome = decide_asking(facts, browser_hash, method, self._policy, visit)
            if await self._is_kept(outcome):
                return outcome.settle()
        raise Conflict("the case does not hold still")

    async def prove(
        self, visit: Visit, link: str, browser: str, answer: ChallengeAnswer
    ) -> CaseView:
        """Take a card's answer, or a reading of its chip; the holder's own makes the account live.

        The challenge is spent before anything is looked at, and stays spent (CV-01). Raises what
        the case or the proof come to, once it was kept.
        """
        browser_hash = _browser_hash(browser)
        facts = await self._case(digest(link))
        challenge = await self._spend(visit, facts.case, browser_hash, answer.nonce)
        evidence = await self._evidence(answer, challenge)
        outcome = decide_proof(facts, evidence, browser_hash, self._trust, visit)
        return await self._keep_spent(outcome, facts, visit)

    async def _case(self, link_hash: bytes) -> CaseFacts:
        facts = await self._store.cases.find(link_hash)
        if facts is None:
            raise UnknownCase("no case has this link")
        return _with_a_case(facts)

    async def _spend(
        self, visit: Visit, case: ActivationCase, browser_hash: bytes, nonce: str
    ) -> Challenge | None:
        if not is_nonce(nonce):
            return None
        bound_to = bound_to_case(case.id, browser_hash)
        purpose = ChallengePurpose.ACTIVATION
        return await self._store.challenges.spend(nonce, purpose, bound_to, visit.at)

    async def _evidence(self, answer: ChallengeAnswer, challenge: Challenge | None) -> CardEvidence:
        match answer.method:
            case CARD_SIGNATURE.name:
                return await self._signature(challenge, claimed_answer(answer.content))
            case CARD_CHIP.name:
                return await self._reading(challenge, claimed_chip_answer(answer.content))
            case _:
                refusal = BadCardAnswer("by a method that is not asked for here")
                return CardEvidence(challenge, refusal, None)

    async def _signature(
        self, challenge: Challenge | None, claimed: CardAnswer | BadCardAnswer
    ) -> CardEvidence:
        if isinstance(claimed, EidError):
            return CardEvidence(challenge, claimed, None)
        known = await self._store.cards.standing(fingerprint(claimed))
        return CardEvidence(challenge, claimed, known)

    async def _reading(
        self, challenge: Challenge | None, claimed: ChipAnswer | Malformed
    ) -> CardEvidence:
        if isinstance(claimed, EidError):
            return CardEvidence(challenge, claimed, None)
        known = await self._store.cards.document_standing(claimed.fingerprint)
        return CardEvidence(challenge, claimed, known)

    async def _keep_spent(self, outcome: Outcome[T], facts: CaseFacts, visit: Visit) -> T:
        """Keep after a secret was spent: on a Conflict nothing is tried again, and that is kept."""
        if await self._is_kept(outcome):
            return outcome.settle()
        moved_on = refused(Conflict("the case or its account moved on"), facts, visit)
        await self._store.keep(moved_on.changes, moved_on.events)
        return moved_on.settle()

    async def _is_kept(self, outcome: Outcome[object]) -> bool:
        """Keep; False when the world moved on since the facts were gathered."""
        if not (outcome.changes or outcome.events):
            return True
        try:
            await self._store.keep(outcome.changes, outcome.events)
        except Conflict:
            return False
        return True


def _with_a_case(facts: CaseFacts) -> CaseFacts:
    if facts.owner.account.status not in WITH_A_CASE:
        raise UnknownCase("its account is not to be activated")
    return facts


def _browser_hash(browser: str) -> bytes:
    """Name the browser; one without a name cannot be told from another (AC-06)."""
    if not browser:
        raise ForeignBrowser("it brings no cookie")
    return digest(browser)
