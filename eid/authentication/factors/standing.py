"""What every factor that a card proves has in common: the challenge, the holder, the standing."""

from collections.abc import Callable
from typing import TypeVar

from eid.authentication.factors import CardEvidence, FactorProof
from eid.domain.account import AccountStatus
from eid.domain.assurance import AuthenticationMethod
from eid.domain.card import CardStatus
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.facts import AccountFacts, CardFacts
from eid.domain.session import AuthenticationEvent
from eid.domain.visit import Visit
from eid.errors import (
    AccountLocked,
    AccountNotActive,
    CardNotActive,
    CertificateUntrusted,
    EidError,
)
from eid.proofs.challenges import check_challenge
from eid.proofs.printed_date import require_unexpired

A = TypeVar("A")

Prove = Callable[[A, Challenge, bool], str]
"""Proves an answer to a challenge by a card that the register calls good, or not; the number."""


def decide_card(
    method: AuthenticationMethod, evidence: CardEvidence[A], prove: Prove[A], visit: Visit
) -> FactorProof | EidError:
    """Say whose card this is, or why it proves nothing."""
    try:
        owner = _proved_owner(evidence, prove, visit)
    except EidError as refusal:
        return refusal
    return FactorProof(owner, AuthenticationEvent(method, visit.at))


def _proved_owner(evidence: CardEvidence[A], prove: Prove[A], visit: Visit) -> AccountFacts:
    challenge = check_challenge(evidence.challenge, ChallengePurpose.LOGIN, visit.at)
    if isinstance(evidence.answer, EidError):
        raise evidence.answer
    card = evidence.card
    # What the register does not know goes the whole way too: it is told what is wrong with it,
    # and never that it is merely unknown (CV-30).
    good = card is not None and card.certificate_good
    return usable_owner(card, prove(evidence.answer, challenge, good), visit)


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
