"""The step of the code: an attempt was taken from the case, then the code is looked at."""

from dataclasses import replace

from eid.activation.messages import ActivationPolicy, CaseView
from eid.activation.steps import out_of_attempts, refused, refused_at, step_of, view
from eid.domain.activation import CaseStatus
from eid.domain.audit import CodeAccepted
from eid.domain.changes import MoveCase
from eid.domain.facts import CaseFacts
from eid.domain.outcome import Outcome
from eid.domain.visit import Visit
from eid.errors import CodeWrong, Conflict
from eid.proofs import activation_code as codes


def decide_code(
    facts: CaseFacts, typed: str, browser_hash: bytes, policy: ActivationPolicy, visit: Visit
) -> Outcome[CaseView]:
    """Compare the typed code, after an attempt was taken for it: `facts` are those of the taking.

    A right code is accepted for this browser and no other (AC-06); the attempt stays used.
    """
    case = facts.case
    step = step_of(facts, browser_hash, visit)
    if step in {"locked", "done"}:
        return refused_at(step, facts, visit)
    if not codes.matches(policy.code_key, case.link_hash, typed, case.code_hash):
        wrong = CodeWrong(case.attempts_left)
        # Who has the link alone cannot undo a code that was accepted in another browser (AC-06).
        if case.attempts_left or case.status is CaseStatus.CODE_ACCEPTED:
            return refused(wrong, facts, visit)
        return out_of_attempts(facts, wrong, visit)
    accepted = replace(case.to(CaseStatus.CODE_ACCEPTED), browser_hash=browser_hash)
    event = CodeAccepted(visit=visit, account=case.account, case=case.id)
    return Outcome(
        view(replace(facts, case=accepted), browser_hash, visit),
        (MoveCase(accepted, case.status),),
        (event,),
    )


def decide_without_attempt(
    facts: CaseFacts, browser_hash: bytes, visit: Visit
) -> Outcome[CaseView]:
    """Say why no attempt could be taken. No code is looked at here, right or wrong."""
    step = step_of(facts, browser_hash, visit)
    if step == "code":  # there was no attempt a moment ago, and now there is one
        return Outcome(Conflict("the case was moved"))
    if step == "proof":  # accepted in this browser before, with the last attempt
        return Outcome(view(facts, browser_hash, visit))
    return refused_at(step, facts, visit)
