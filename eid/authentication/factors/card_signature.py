"""The factor card_signature: the chip card's authentication key, opened by its PIN."""

from dataclasses import dataclass

from eid.authentication.factors import FactorProof
from eid.domain.account import AccountStatus
from eid.domain.assurance import CARD_SIGNATURE
from eid.domain.card import CardStatus
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.facts import AccountFacts, CardFacts
from eid.domain.session import AuthenticationEvent
from eid.domain.visit import Visit
from eid.errors import (
    AccountLocked,
    AccountNotActive,
    BadCardAnswer,
    CardNotActive,
    CertificateUntrusted,
    EidError,
)
from eid.proofs.card_signature import CardAnswer, verify_card_signature
from eid.proofs.challenges import check_challenge
from eid.proofs.printed_date import require_unexpired
from keys.pki.anchors import TrustAnchors


@dataclass(frozen=True, slots=True)
class CardEvidence:
    """What came, and what the store knows of it.

    `challenge` was spent by gathering it, None when there was none to spend; `card` is what the
    register knows of the certificate in the answer, None when it does not know it.
    """

    challenge: Challenge | None
    answer: CardAnswer | BadCardAnswer
    card: CardFacts | None


def decide(evidence: CardEvidence, anchors: TrustAnchors, visit: Visit) -> FactorProof | EidError:
    """Say whose card this is, or why it proves nothing."""
    try:
        owner = _proved_owner(evidence, anchors, visit)
    except EidError as refusal:
        return refusal
    return FactorProof(owner, AuthenticationEvent(CARD_SIGNATURE, visit.at))


def _proved_owner(evidence: CardEvidence, anchors: TrustAnchors, visit: Visit) -> AccountFacts:
    challenge = check_challenge(evidence.challenge, ChallengePurpose.LOGIN, visit.at)
    if isinstance(evidence.answer, BadCardAnswer):
        raise evidence.answer
    card = evidence.card
    # A certificate that the register does not know goes the whole way too: it is told what is
    # wrong with it, and never that it is merely unknown (CV-30).
    good = card is not None and card.certificate_good
    verified = verify_card_signature(evidence.answer, challenge, good, anchors, visit.at)
    # The register and the subject must name one person (AC-18). Nobody else can be signed in.
    if card is None or card.owner.holder.number != verified.personal_number:
        raise CertificateUntrusted("the register says another holder than the certificate")
    _require_usable(card, visit)
    return card.owner


def _require_usable(card: CardFacts, visit: Visit) -> None:
    """Return if card and account may be used now.

    What the holder can do most about is said first: a card that was never activated belongs to
    an account that was not, and activating the account is what helps.
    """
    require_unexpired(card.card, visit.at)
    account = card.owner.account
    if account.status is AccountStatus.LOCKED:
        raise AccountLocked(",".join(lock.ground for lock in account.locks))
    if account.status is not AccountStatus.ACTIVE:
        raise AccountNotActive(account.status)
    if card.card.status is not CardStatus.ACTIVE:
        raise CardNotActive(card.card.status)
