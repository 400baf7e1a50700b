"""The catalogue of audit events: one class each, no free text, no secret, no full number (AU-06).

An event is written in the same transaction as what it tells of (AU-04).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from eid.domain.identifiers import (
    AccountId,
    ApplicationId,
    BatchId,
    CardId,
    CaseId,
    ClientId,
    GrantId,
    SessionId,
)
from eid.domain.visit import Visit
from eid.errors import EidError

_WORD: Final = re.compile(r"[a-z]+(?:_[a-z]+)*")
_LONGEST_WORD: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """What every event says: when, under which trace, and whose account it touched, if known."""

    visit: Visit
    account: AccountId | None = None


def word_of(refusal: EidError) -> str:
    """Say the word behind a refusal's code, such as `wrong_purpose`; empty where it has none.

    A detail may be a sentence with a number or a name in it, which the trail never holds (AU-06):
    only one short word of small letters is let in.
    """
    word = str(refusal.detail)
    return word if len(word) <= _LONGEST_WORD and _WORD.fullmatch(word) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(AuditEvent):
    """Somebody proved to be the holder, for the sake of a client."""

    method: str
    level: int
    client: ClientId
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRefused(AuditEvent):
    """A sign-in failed. `account` is only what was claimed.

    `reason` is the code of the error, `because` its word (`word_of`).
    """

    method: str
    reason: str
    because: str = ""
    client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(AuditEvent):
    """A session was ended by its holder."""

    session: SessionId
    client: ClientId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAccepted(AuditEvent):
    """The activation code was right."""

    case: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationRefused(AuditEvent):
    """An activation step failed: the figures of "why was it not activated" come from here.

    `reason` is the code of the error, `because` its word (`word_of`).
    """

    case: CaseId
    reason: str
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountActivated(AuditEvent):
    """The account went live by this proof."""

    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPassed(AuditEvent):
    """Self-service activation ended by time; help continues the same case."""

    case: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLocked(AuditEvent):
    """A lock was put on the account."""

    ground: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnlocked(AuditEvent):
    """A lock was lifted from the account."""

    ground: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRefused(AuditEvent):
    """An authorization request was answered with an OAuth error."""

    client: ClientId
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(AuditEvent):
    """The holder agreed to give a client these claims; claim names only, never values."""

    client: ClientId
    asked: tuple[str, ...]
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRefused(AuditEvent):
    """The holder declined."""

    client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeIssued(AuditEvent):
    """A client received an authorization code."""

    client: ClientId
    grant: GrantId


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensIssued(AuditEvent):
    """A code became tokens."""

    client: ClientId
    grant: GrantId


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReplayed(AuditEvent):
    """A code was presented again: its grant was revoked (RFC 6749, 4.1.2)."""

    client: ClientId
    grant: GrantId


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused(AuditEvent):
    """The token endpoint said no; `error` is the OAuth error."""

    client: ClientId | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsReleased(AuditEvent):
    """A client received these claims at the userinfo endpoint; names only."""

    client: ClientId
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReceived(AuditEvent):
    """Applications came together."""

    batch: BatchId
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationApproved(AuditEvent):
    """The file was approved and an account opened."""

    application: ApplicationId
    level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRefused(AuditEvent):
    """The file was refused."""

    application: ApplicationId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrdered(AuditEvent):
    """The bureau was asked for a chip card."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPersonalised(AuditEvent):
    """The chip's keys were certified and the pack was made."""

    card: CardId
    serials: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRevoked(AuditEvent):
    """A certificate will not be believed again."""

    serial: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderNotified(AuditEvent):
    """The holder was told of the result: the window of activation began."""

    case: CaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMoved(AuditEvent):
    """A signing key of the provider moved along its life."""

    kid: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistered(AuditEvent):
    """A client file was taken in."""

    client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDisabled(AuditEvent):
    """A client may do nothing any more."""

    client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorsImported(AuditEvent):
    """The documents of more countries are believed, on the word of one country's master list."""

    vouched_by: str
    added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRevoked(AuditEvent):
    """No document is believed any more that this document signer has signed."""

    country: str
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPersonArranged(AuditEvent):
    """A stand-in put an invented person into a situation; never outside the demo environment."""

    situation: str = field(default="")


EVENTS: tuple[type[AuditEvent], ...] = (
    LoggedIn,
    LoginRefused,
    LoggedOut,
    CodeAccepted,
    ActivationRefused,
    AccountActivated,
    WindowPassed,
    AccountLocked,
    AccountUnlocked,
    AuthorizationRefused,
    ConsentGiven,
    ConsentRefused,
    CodeIssued,
    TokensIssued,
    CodeReplayed,
    TokenRefused,
    ClaimsReleased,
    BatchReceived,
    ApplicationApproved,
    ApplicationRefused,
    CardOrdered,
    CardPersonalised,
    CertificateRevoked,
    HolderNotified,
    KeyMoved,
    ClientRegistered,
    ClientDisabled,
    AnchorsImported,
    SignerRevoked,
    DemoPersonArranged,
)
