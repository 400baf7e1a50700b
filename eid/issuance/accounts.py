"""Opening an account: the changes that make a holder, an account, and what is born with it."""

from dataclasses import dataclass
from datetime import datetime

from eid.domain import changes as do
from eid.domain.account import Account, AccountStatus
from eid.domain.application import Application, ApplicationStatus
from eid.domain.assurance import AccountLevel
from eid.domain.card import ElectronicCard, ElectronicCardStatus
from eid.domain.holder import Citizen, Holder, Organisation
from eid.domain.identifiers import (
    AccountId,
    ApplicationId,
    ElectronicCardId,
    HolderId,
    MandateId,
    new_id,
)
from eid.domain.mandate import Mandate, MandateKind
from eid.issuance.applications import ApplicationLine, file_kind
from eid.vietnam import rules


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """A new account, its application, and the changes that bring both about."""

    account: Account
    application: ApplicationId
    changes: tuple[do.Change, ...]


def open_account(line: ApplicationLine, at: datetime, acting: HolderId | None) -> OpenedAccount:
    """Approve an application and open its account; `acting` is who may act for the holder."""
    holder = line.holder
    account = Account(
        AccountId(new_id()), holder.id, line.wanted, AccountStatus.APPROVED, opened_at=at
    )
    application = Application(
        id=ApplicationId(new_id()),
        holder=holder.id,
        wanted=line.wanted,
        received_at=at,
        due=rules.due(file_kind(line), rules.local_day(at)),
        status=ApplicationStatus.APPROVED,
        decided_at=at,
    )
    changes: list[do.Change] = [
        do.AddHolder(holder),
        do.AddApplication(application),
        do.OpenAccount(account),
    ]
    # Decree 69/2024, Art. 28: the e-ID card is made together with a citizen's level 2 account.
    if isinstance(holder, Citizen) and line.wanted is AccountLevel.LEVEL_2:
        electronic = ElectronicCard(
            ElectronicCardId(new_id()), holder.id, account.id, ElectronicCardStatus.ISSUED
        )
        changes.append(do.AddElectronicCard(electronic))
    if acting is not None:
        changes.append(do.AddMandate(_mandate(holder, acting, at)))
    return OpenedAccount(account, application.id, tuple(changes))


def _mandate(holder: Holder, acting: HolderId, at: datetime) -> Mandate:
    today = rules.local_day(at)
    if isinstance(holder, Organisation):
        return Mandate(
            MandateId(new_id()), holder.id, acting, MandateKind.REPRESENTATIVE, today, None
        )
    until = rules.represented_until(holder.born)
    # An adult ward (a court's decision) has a guardian without a day on which that ends.
    last = until if until >= today else None
    return Mandate(MandateId(new_id()), holder.id, acting, MandateKind.GUARDIAN, today, last)
