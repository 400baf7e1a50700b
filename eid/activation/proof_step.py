"""The step of the proof: the holder's own chip card answers our challenge, and all goes live."""

from dataclasses import dataclass, replace
from typing import Final

from eid.activation.messages import ActivationPolicy, CaseView, ProofAsked
from eid.activation.steps import PROVING_CARDS, refused, refused_at, step_of, view
from eid.domain.activation import CaseStatus
from eid.domain.assurance import CARD_CHIP, CARD_SIGNATURE, AuthenticationMethod
from eid.domain.audit import AccountActivated
from eid.domain.card import CardStatus, ChipCard, ElectronicCardStatus
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.changes import (
    AddChallenge,
    Change,
    MoveAccount,
    MoveCase,
    MoveChipCard,
    MoveElectronicCard,
)
from eid.domain.facts import CardFacts, CaseFacts
from eid.domain.outcome import Outcome
from eid.domain.visit import Visit
from eid.errors import (
    CardNotActive,
    CertificateUntrusted,
    EidError,
    WrongHolder,
)
from eid.proofs.card_signature import CardAnswer, verify_card_signature
from eid.proofs.challenges import bound_to_case, check_challenge, issue_challenge
from eid.proofs.chip_answer import ChipAnswer, authenticate_chip
from eid.proofs.printed_date import require_unexpired
from eid.proofs.trust import CardTrust

# Beside the code of the letter, either is enough: a chip that is read needs no driver, a telephone
# can do it; the key that signs asks for the PIN.
PROOFS: Final = (CARD_SIGNATURE, CARD_CHIP)


@dataclass(frozen=True, slots=True)
class CardEvidence:
    """What came, and what the store knows of it.

    `challenge` was spent by gathering it, None when there was none to spend; `answer` is what was
    read, or why it could not be; `card` is what the register knows of the certificate or the
    document in it, None when it does not know it.
    """

    challenge: Challenge | None
    answer: CardAnswer | ChipAnswer | EidError
    card: CardFacts | None

    @property
    def method(self) -> AuthenticationMethod:
        """By what the holder proves to be here."""
        return CARD_CHIP if isinstance(self.answer, ChipAnswer) else CARD_SIGNATURE


def decide_asking(
    facts: CaseFacts, browser_hash: bytes, method: str, policy: ActivationPolicy, visit: Visit
) -> Outcome[ProofAsked]:
    """Issue a challenge for this case in this browser, where the code was accepted.

    `method` is how the person would rather prove; the first of `PROOFS` where it is none of them.
    """
    seen = view(facts, browser_hash, visit)
    if seen.step != "proof":
        return refused_at(seen.step, facts, visit)
    if not seen.has_card:
        return refused(CardNotActive("there is no card to prove with"), facts, visit)
    challenge = issue_challenge(
        ChallengePurpose.ACTIVATION,
        policy.origin,
        bound_to_case(facts.case.id, browser_hash),
        visit.at,
        policy.challenge_lifetime,
    )
    chosen = next((one for one in PROOFS if one.name == method), PROOFS[0])
    others = tuple(one.name for one in PROOFS if one is not chosen)
    asked = ProofAsked(chosen.name, others, challenge.nonce, challenge.origin)
    return Outcome(asked, (AddChallenge(challenge),))


def decide_proof(
    facts: CaseFacts,
    evidence: CardEvidence,
    browser_hash: bytes,
    trust: CardTrust,
    visit: Visit,
) -> Outcome[CaseView]:
    """Activate the account for whom the card proves to be its holder, or keep why not."""
    step = step_of(facts, browser_hash, visit)
    if step != "proof":
        return refused_at(step, facts, visit)
    try:
        card = _proved_card(facts, evidence, trust, visit)
    except EidError as refusal:
        return refused(refusal, facts, visit)
    return _activated(facts, card, evidence.method, browser_hash, visit)


def _proved_card(
    facts: CaseFacts, evidence: CardEvidence, trust: CardTrust, visit: Visit
) -> ChipCard:
    known = evidence.card
    # Certificate or document must be this case's holder's, by itself and by the register (AC-18).
    if _proved_number(evidence, trust, visit) != facts.owner.holder.number:
        raise WrongHolder("another holder's card")
    if known is None or known.owner.account.id != facts.case.account:
        raise CertificateUntrusted("the register says another holder than the card")
    require_unexpired(known.card, visit.at)
    if known.card.status not in PROVING_CARDS:
        raise CardNotActive(known.card.status)
    return known.card


def _proved_number(evidence: CardEvidence, trust: CardTrust, visit: Visit) -> str | None:
    """Say whose card answered; None for a document of another state."""
    challenge = check_challenge(evidence.challenge, ChallengePurpose.ACTIVATION, visit.at)
    answer, known = evidence.answer, evidence.card
    if isinstance(answer, EidError):
        raise answer
    good = known is not None and known.certificate_good
    if isinstance(answer, ChipAnswer):
        document = authenticate_chip(answer, challenge, good, trust.documents, visit.at)
        return document.number
    verified = verify_card_signature(answer, challenge, good, trust.certificates, visit.at)
    return verified.personal_number


def _activated(
    facts: CaseFacts,
    card: ChipCard,
    method: AuthenticationMethod,
    browser_hash: bytes,
    visit: Visit,
) -> Outcome[CaseView]:
    """Account, case, chip card and e-ID card move in one keep, or none of them does (AC-05)."""
    case, owner = facts.case, facts.owner
    account = owner.account.activate(visit.at)
    done = case.to(CaseStatus.DONE)
    changes: list[Change] = [MoveAccount(account, owner.version), MoveCase(done, case.status)]
    if card.status is CardStatus.PERSONALISED:
        changes.append(MoveChipCard(card.id, card.status, card.to(CardStatus.ACTIVE).status))
    if owner.electronic_card is not None:
        changes.append(MoveElectronicCard(owner.electronic_card.id, ElectronicCardStatus.ACTIVE))
    event = AccountActivated(visit=visit, account=account.id, proof=method.name)
    after = replace(facts, case=done, owner=replace(owner, account=account))
    return Outcome(view(after, browser_hash, visit), tuple(changes), (event,))
