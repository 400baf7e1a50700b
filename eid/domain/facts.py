"""What a gathering brings home: nouns side by side, as one look at the store found them.

Facts prove nothing. A decision takes them together with evidence.
"""

from dataclasses import dataclass
from datetime import datetime

from eid.domain.account import Account, AccountStatus
from eid.domain.activation import ActivationCase
from eid.domain.card import CardOrder, ChipCard, ElectronicCard
from eid.domain.changes import Standing
from eid.domain.grant import AuthorizationCode, Consent, TokenGrant
from eid.domain.holder import Holder
from eid.domain.session import LoginSession


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account with its version and its holder."""

    account: Account
    version: int
    holder: Holder
    electronic_card: ElectronicCard | None = None

    @property
    def standing(self) -> Standing:
        """What a change may rest on."""
        return Standing(self.account.id, self.version)

    @property
    def is_active(self) -> bool:
        """Whether the account may be used now."""
        return self.account.status is AccountStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the register knows of a card by its certificate or document: a look-up, not trust.

    Attributes:
        card: the card that carries it.
        certificate_good: whether the certificate that was asked about counts; for a document,
            whether it is the card's own and no certificate beside it was withdrawn.
        owner: whose card it is.
    """

    card: ChipCard
    certificate_good: bool
    owner: AccountFacts


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """An activation case, its account, and the holder's chip card if there is one."""

    case: ActivationCase
    owner: AccountFacts
    card: ChipCard | None


@dataclass(frozen=True, slots=True)
class SignOnFacts:
    """The session at this browser, its account, and the consent given to one client."""

    session: LoginSession
    owner: AccountFacts
    consent: Consent | None


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """A code that was spent by looking at it."""

    code: AuthorizationCode
    grant: TokenGrant
    grant_revoked: bool
    session_ended: bool
    owner: AccountFacts


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A live access token: unexpired, of a grant that was not revoked and a session not ended."""

    grant: TokenGrant
    expires_at: datetime
    owner: AccountFacts


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """A card order with its card and the card's owner."""

    order: CardOrder
    card: ChipCard
    owner: AccountFacts
