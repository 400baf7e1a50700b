"""What a decision may change: one frozen dataclass each, with what it rests on.

`keep` applies all changes of a decision in one transaction. A change that touches no row means
that the world moved on since the facts were gathered: nothing is kept and `Conflict` is raised.

A change marked `OnStanding` rests on an account's standing: the store first takes the account's
row lock while it still is ACTIVE at that version, so that a lock set in between wins.
"""

from dataclasses import dataclass
from datetime import datetime

from eid.domain.account import Account
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.agency import Client
from eid.domain.application import Application, Batch, BatchLine
from eid.domain.card import (
    CardCertificate,
    CardDocument,
    CardOrder,
    CardStatus,
    ChipCard,
    ElectronicCard,
    ElectronicCardStatus,
    OrderStatus,
)
from eid.domain.challenge import Challenge
from eid.domain.grant import AuthorizationCode, Consent, PendingAuthorization, TokenGrant
from eid.domain.holder import Holder
from eid.domain.identifiers import (
    AccountId,
    BatchId,
    CardId,
    ClientId,
    ElectronicCardId,
    GrantId,
    OrderId,
    SessionId,
)
from eid.domain.mandate import Mandate
from eid.domain.notice import Notice
from eid.domain.session import LoginSession


@dataclass(frozen=True, slots=True)
class Standing:
    """An account as it was seen: ACTIVE, at this version."""

    account: AccountId
    version: int


@dataclass(frozen=True, slots=True)
class OnStanding:
    """Mixed into changes that hold only while the account stands as it was seen."""

    standing: Standing


# Issuance


@dataclass(frozen=True, slots=True)
class AddHolder:
    """A new holder; the number is unique."""

    holder: Holder


@dataclass(frozen=True, slots=True)
class AddMandate:
    """Somebody may act for somebody."""

    mandate: Mandate


@dataclass(frozen=True, slots=True)
class AddApplication:
    """A file, with its decision when it has one."""

    application: Application


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """A new account at version 1; one per holder."""

    account: Account


@dataclass(frozen=True, slots=True)
class AddElectronicCard:
    """The e-ID card that is born with a level 2 account."""

    card: ElectronicCard


@dataclass(frozen=True, slots=True)
class AddChipCard:
    """A chip card that has been ordered."""

    card: ChipCard


@dataclass(frozen=True, slots=True)
class AddCardOrder:
    """What the bureau is asked to make."""

    order: CardOrder


@dataclass(frozen=True, slots=True)
class MoveCardOrder:
    """An order goes on from one status to the next."""

    order: OrderId
    from_status: OrderStatus
    to_status: OrderStatus


@dataclass(frozen=True, slots=True)
class FinishCardOrder:
    """An order's work is over: KEYED becomes COMPLETED, `document` is what stays of its text."""

    order: OrderId
    document: str


@dataclass(frozen=True, slots=True)
class AddCardCertificate:
    """A certificate is bound to a card; its fingerprint and public key are unique (AC-18)."""

    card: CardId
    certificate: CardCertificate
    public_key_hash: bytes


@dataclass(frozen=True, slots=True)
class AddCardDocument:
    """A document is bound to a card that had none; its fingerprint and key are unique (AC-18)."""

    card: CardId
    document: CardDocument


@dataclass(frozen=True, slots=True)
class AddBatch:
    """A batch was received."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class AddBatchLine:
    """One line of a batch, accepted or rejected."""

    line: BatchLine


@dataclass(frozen=True, slots=True)
class FinishBatchLine:
    """A line's work is over; its text is dropped. DONE has no reason, REJECTED has one."""

    batch: BatchId
    number: int
    reason: str | None


# Lives


@dataclass(frozen=True, slots=True)
class MoveAccount:
    """The account as it shall be; `version` is the one that was seen, and goes up by one."""

    account: Account
    version: int


@dataclass(frozen=True, slots=True)
class MoveChipCard:
    """A chip card goes on from one status to the next."""

    card: CardId
    from_status: CardStatus
    to_status: CardStatus


@dataclass(frozen=True, slots=True)
class MoveElectronicCard:
    """The e-ID card follows its account."""

    card: ElectronicCardId
    to_status: ElectronicCardStatus


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An activation case begins with its notice."""

    case: ActivationCase


@dataclass(frozen=True, slots=True)
class MoveCase:
    """The case as it shall be, kept only while its status is the one that was seen."""

    case: ActivationCase
    from_status: CaseStatus


@dataclass(frozen=True, slots=True)
class RevokeCertificate:
    """A certificate will not be believed again."""

    serial: int
    at: datetime
    reason: str


# Sign-in


@dataclass(frozen=True, slots=True)
class AddChallenge:
    """A fresh challenge, to be spent once."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class AddSession(OnStanding):
    """Somebody signed in."""

    session: LoginSession


@dataclass(frozen=True, slots=True)
class EndSession:
    """A session ends, and with it the codes and tokens that grew from it."""

    session: SessionId
    at: datetime


@dataclass(frozen=True, slots=True)
class EndSessionsOf:
    """Every session of an account ends; touching none is no conflict."""

    account: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class TouchSession:
    """A session was used: its idle limit moves."""

    session: SessionId
    idle_until: datetime


# Authorization


@dataclass(frozen=True, slots=True)
class AddPending:
    """A validated request waits for a person."""

    pending: PendingAuthorization


@dataclass(frozen=True, slots=True)
class FinishPending:
    """The request was answered; it works once."""

    id_hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class SaveConsent:
    """What the person agreed to; replaces an earlier answer to the same client."""

    consent: Consent


@dataclass(frozen=True, slots=True)
class IssueCode(OnStanding):
    """A grant begins with its code."""

    grant: TokenGrant
    code: AuthorizationCode


@dataclass(frozen=True, slots=True)
class IssueAccessToken(OnStanding):
    """An access token, known as its hash; worth something only while its grant is not revoked."""

    hash: bytes
    grant: GrantId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RevokeGrant:
    """A grant ends, and all its tokens; a grant that ended before is no conflict."""

    grant: GrantId
    at: datetime


@dataclass(frozen=True, slots=True)
class AddReplayMark:
    """Signed evidence was seen; a mark that is already there is a `Conflict`."""

    key: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PutClient:
    """A client registration, new or replaced."""

    client: Client


@dataclass(frozen=True, slots=True)
class DisableClient:
    """A client may do nothing any more."""

    client: ClientId


# Notices


@dataclass(frozen=True, slots=True)
class QueueNotice:
    """A notice goes into the outbox."""

    notice: Notice


Change = (
    AddHolder
    | AddMandate
    | AddApplication
    | OpenAccount
    | AddElectronicCard
    | AddChipCard
    | AddCardOrder
    | MoveCardOrder
    | FinishCardOrder
    | AddCardCertificate
    | AddCardDocument
    | AddBatch
    | AddBatchLine
    | FinishBatchLine
    | MoveAccount
    | MoveChipCard
    | MoveElectronicCard
    | OpenCase
    | MoveCase
    | RevokeCertificate
    | AddChallenge
    | AddSession
    | EndSession
    | EndSessionsOf
    | TouchSession
    | AddPending
    | FinishPending
    | SaveConsent
    | IssueCode
    | IssueAccessToken
    | RevokeGrant
    | AddReplayMark
    | PutClient
    | DisableClient
    | QueueNotice
)
