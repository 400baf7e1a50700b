"""Where a case stands, and what is kept when it may not go on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Never

from eid.activation.messages import CaseView, Step
from eid.domain.account import AccountStatus
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.audit import ActivationRefused, WindowPassed, word_of
from eid.domain.card import CardStatus
from eid.domain.changes import MoveCase
from eid.domain.facts import CaseFacts
from eid.domain.outcome import Outcome
from eid.domain.visit import Visit
from eid.errors import AccountLocked, AlreadyActive, CodeNeeded, EidError, NeedsAssistance

# A card from before may be in force already; a new one comes into force with its account.
PROVING_CARDS: Final = frozenset({CardStatus.PERSONALISED, CardStatus.ACTIVE})

REFUSALS: Final[Mapping[Step, type[EidError]]] = {
    "code": CodeNeeded,
    "done": AlreadyActive,
    "assisted": NeedsAssistance,
    "locked": AccountLocked,
}


def step_of(facts: CaseFacts, browser_hash: bytes, visit: Visit) -> Step:
    """Say what comes next in this browser. The clock alone can end self-service (Art. 14)."""
    case, status = facts.case, facts.owner.account.status
    if status is AccountStatus.LOCKED:
        return "locked"
    if status is AccountStatus.ACTIVE or case.status is CaseStatus.DONE:
        return "done"
    if case.status is CaseStatus.ASSISTED or visit.at >= case.self_service_until:
        return "assisted"
    if case.status is CaseStatus.CODE_ACCEPTED and case.browser_hash == browser_hash:
        return "proof"
    return "code" if case.attempts_left else "assisted"


def view(facts: CaseFacts, browser_hash: bytes, visit: Visit) -> CaseView:
    """What the page of the case may show in this browser."""
    return CaseView(
        step=step_of(facts, browser_hash, visit),
        attempts_left=facts.case.attempts_left,
        until=facts.case.self_service_until,
        has_card=facts.card is not None and facts.card.status in PROVING_CARDS,
    )


def refused(refusal: EidError, facts: CaseFacts, visit: Visit) -> Outcome[Never]:
    """A refusal, with the event that the figures of "why was it not activated" come from."""
    return Outcome(refusal, events=(_told(refusal, facts, visit),))


def refused_at(step: Step, facts: CaseFacts, visit: Visit) -> Outcome[Never]:
    """The refusal of a case that stands at another step than the one that was tried.

    Where self-service has ended and the case does not say so yet, it is moved as well.
    """
    refusal = REFUSALS[step]()
    if step != "assisted":
        return refused(refusal, facts, visit)
    told = _told(refusal, facts, visit)
    case = facts.case
    if visit.at < case.self_service_until:
        # Out of attempts. A code that was accepted in another browser may still be proved there.
        changes = (_to_assistance(case),) if case.status is CaseStatus.OPEN else ()
        return Outcome(refusal, changes, (told,))
    if case.status is CaseStatus.ASSISTED:
        return Outcome(refusal, events=(told,))
    passed = WindowPassed(visit=visit, account=case.account, case=case.id)
    return Outcome(refusal, (_to_assistance(case),), (passed, told))


def out_of_attempts(facts: CaseFacts, wrong: EidError, visit: Visit) -> Outcome[Never]:
    """The last attempt was a wrong code: the case goes on with somebody's help."""
    refusal = NeedsAssistance("no attempts left")
    events = (_told(wrong, facts, visit), _told(refusal, facts, visit))
    return Outcome(refusal, (_to_assistance(facts.case),), events)


def _to_assistance(case: ActivationCase) -> MoveCase:
    return MoveCase(replace(case.to(CaseStatus.ASSISTED), browser_hash=None), case.status)


def _told(refusal: EidError, facts: CaseFacts, visit: Visit) -> ActivationRefused:
    case = facts.case
    return ActivationRefused(
        visit=visit,
        account=case.account,
        case=case.id,
        reason=refusal.code,
        because=word_of(refusal),
    )
