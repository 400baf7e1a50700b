"""One application of a batch: gather what is known, decide, say what changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eid.domain import changes as do
from eid.domain.application import BatchLine
from eid.domain.assurance import AccountLevel
from eid.domain.audit import ApplicationApproved, ApplicationRefused, AuditEvent, CardOrdered
from eid.domain.holder import Citizen
from eid.domain.identifiers import ApplicationId, HolderId, new_id
from eid.domain.visit import Visit
from eid.issuance.accounts import open_account
from eid.issuance.applications import ApplicationLine, read_application, refusal_by_law
from eid.issuance.matching import match, refusal_by_registry
from eid.issuance.orders import order_card
from eid.issuance.policy import IssuancePolicy
from eid.ports import Registry, Store
from eid.vietnam import rules


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who may act for another, with the level of the own account."""

    holder: HolderId
    level: AccountLevel | None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known when a line is decided.

    Attributes:
        application: the line, read.
        is_known: whether its holder is here already.
        acting: the guardian or representative it names, if that one has an account.
        differences: members that the registry has otherwise.
    """

    application: ApplicationLine
    is_known: bool
    acting: Acting | None
    differences: Sequence[str]


@dataclass(frozen=True, slots=True)
class LineDecision:
    """What changes, what is told, and who may be named by the lines behind this one."""

    changes: tuple[do.Change, ...]
    events: tuple[AuditEvent, ...]
    opened: Mapping[str, Acting]


async def gather_line(
    store: Store, registry: Registry, line: BatchLine, opened: Mapping[str, Acting]
) -> LineFacts:
    """Gather what a line's decision needs. `opened` are accounts that are about to be kept.

    Raises:
        RegistryAway: it cannot be decided now.
    """
    application = read_application(line.text.encode())
    number = application.holder.number
    is_known = number in opened or await store.accounts.find_holder(number) is not None
    if is_known:
        return LineFacts(application, is_known=True, acting=None, differences=())
    return LineFacts(
        application=application,
        is_known=False,
        acting=await _find_acting(store, application.acts_by, opened),
        differences=await match(registry, application.holder),
    )


def decide_line(
    visit: Visit, line: BatchLine, facts: LineFacts, policy: IssuancePolicy
) -> LineDecision:
    """Approve the application and open the account, or refuse it with a reason code.

    Of a refused application nothing is kept but the reason: the holder may apply again.
    """
    reason = _refusal(visit, facts)
    if reason:
        refused = ApplicationRefused(
            visit=visit, application=ApplicationId(new_id()), reason=reason
        )
        return LineDecision((do.FinishBatchLine(line.batch, line.number, reason),), (refused,), {})
    return _approve(visit, line, facts, policy)


def _approve(
    visit: Visit, line: BatchLine, facts: LineFacts, policy: IssuancePolicy
) -> LineDecision:
    application = facts.application
    opened = open_account(application, visit.at, facts.acting.holder if facts.acting else None)
    account = opened.account
    changes: list[do.Change] = [
        *opened.changes,
        do.FinishBatchLine(line.batch, line.number, None),
    ]
    events: list[AuditEvent] = [
        ApplicationApproved(
            visit=visit,
            account=account.id,
            application=opened.application,
            level=account.level,
        )
    ]
    if application.card and isinstance(application.holder, Citizen):
        issued = application.card_issued or rules.local_day(visit.at)
        ordered = order_card(policy, application.holder, issued, visit.at)
        changes += ordered.changes
        events.append(CardOrdered(visit=visit, account=account.id, card=ordered.card.id))
    acting = Acting(account.holder, account.level)
    return LineDecision(tuple(changes), tuple(events), {application.holder.number: acting})


def _refusal(visit: Visit, facts: LineFacts) -> str | None:
    if facts.is_known:
        return "already_issued"
    return (
        refusal_by_law(facts.application, rules.local_day(visit.at))
        or _refusal_by_acting(facts)
        or refusal_by_registry(facts.differences)
    )


def _refusal_by_acting(facts: LineFacts) -> str | None:
    """Who acts for another does so from an own level 2 account (Decree 69/2024, Art. 10, 12)."""
    if facts.application.acts_by is None:
        return None
    if facts.acting is None:
        return "acting_unknown"
    return None if facts.acting.level is AccountLevel.LEVEL_2 else "acting_level_too_low"


async def _find_acting(
    store: Store, number: str | None, opened: Mapping[str, Acting]
) -> Acting | None:
    if number is None:
        return None
    if number in opened:
        return opened[number]
    facts = await store.accounts.find_by_number(number)
    return Acting(facts.account.holder, facts.account.level) if facts else None
