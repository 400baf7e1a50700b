"""Whose card it is and whether it may be used now: the same for every factor that a card proves."""

from eid.domain.account import AccountStatus
from eid.domain.card import CardStatus
from eid.domain.facts import AccountFacts, CardFacts
from eid.domain.visit import Visit
from eid.errors import AccountLocked, AccountNotActive, CardNotActive, CertificateUntrusted
from eid.proofs.printed_date import require_unexpired


def usable_owner(card: CardFacts | None, proved_number: str, visit: Visit) -> AccountFacts:
    """Say whose account a proved card opens.

    Raises `CertificateUntrusted`, `CardExpired`, `AccountLocked`, `AccountNotActive`,
    `CardNotActive`. What the holder can do most about is said first: a card that was never
    activated belongs to an account that was not, and activating the account is what helps.
    """
    # The register and the card must name one person (AC-18). Nobody else can be signed in.
    if card is None or card.owner.holder.number != proved_number:
        raise CertificateUntrusted("the register says another holder than the card")
    require_unexpired(card.card, visit.at)
    account = card.owner.account
    if account.status is AccountStatus.LOCKED:
        raise AccountLocked(",".join(lock.ground for lock in account.locks))
    if account.status is not AccountStatus.ACTIVE:
        raise AccountNotActive(account.status)
    if card.card.status is not CardStatus.ACTIVE:
        raise CardNotActive(card.card.status)
    return card.owner
