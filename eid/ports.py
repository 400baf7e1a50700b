"""What the rooms need from outside. Doors are named for what a room asks, not for a table."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from eid.domain.agency import Client
from eid.domain.application import BatchLine
from eid.domain.audit import AuditEvent
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.changes import Change
from eid.domain.facts import (
    AccountFacts,
    CardFacts,
    CaseFacts,
    CodeFacts,
    OrderFacts,
    SignOnFacts,
    TokenFacts,
)
from eid.domain.grant import PendingAuthorization
from eid.domain.holder import Holder
from eid.domain.identifiers import (
    AccountId,
    BatchId,
    ClientId,
    GrantId,
    NoticeId,
    OrderId,
)
from eid.domain.notice import Channel, Notice
from eid.domain.trail import KeptEvent


class Clock(Protocol):
    """The server's time, aware UTC."""

    def now(self) -> datetime:
        """Say what time it is."""
        ...


class Accounts(Protocol):
    """Accounts and their holders."""

    async def find(self, account: AccountId) -> AccountFacts | None:
        """Look an account up."""
        ...

    async def find_by_number(self, number: str) -> AccountFacts | None:
        """Look an account up by its holder's number."""
        ...

    async def find_holder(self, number: str) -> Holder | None:
        """Look a holder up, with or without an account."""
        ...


class Cards(Protocol):
    """Chip cards, their certificates and orders."""

    async def standing(self, fingerprint: bytes) -> CardFacts | None:
        """What the register knows of the certificate with this SHA-256 fingerprint, in one row."""
        ...

    async def document_standing(self, fingerprint: bytes) -> CardFacts | None:
        """What is known of the document whose security object has this SHA-256, in one look.

        Documents are not withdrawn by themselves: one stands and falls with its card's
        certificates.
        """
        ...

    async def find_by_holder(self, number: str) -> CardFacts | None:
        """The newest card of a holder, with the state of its authentication certificate."""
        ...

    async def requested_orders(self, after: OrderId | None, limit: int) -> Sequence[OrderFacts]:
        """Orders that the bureau has not been given yet, in a stable order, page by page."""
        ...

    async def find_order(self, order: OrderId) -> OrderFacts | None:
        """Look an order up."""
        ...


class Cases(Protocol):
    """Activation cases."""

    async def find(self, link_hash: bytes) -> CaseFacts | None:
        """Look a case up by the hash of its link."""
        ...

    async def find_by_account(self, account: AccountId) -> CaseFacts | None:
        """Look a case up by its account."""
        ...

    async def take_attempt(self, link_hash: bytes, now: datetime) -> CaseFacts | None:
        """Use up one attempt and commit, before the code is looked at (rule 5).

        None when the case is unknown, no attempt is left, the window has passed, or the case is
        neither OPEN nor CODE_ACCEPTED.
        """
        ...


class Challenges(Protocol):
    """Challenges; added through `keep`, spent here."""

    async def spend(
        self, nonce: str, purpose: ChallengePurpose, bound_to: bytes, now: datetime
    ) -> Challenge | None:
        """Use a challenge up and commit; None when unknown, of another transaction, or spent."""
        ...


class Grants(Protocol):
    """Pending authorizations, sessions, codes and tokens."""

    async def find_pending(
        self, id_hash: bytes, browser_hash: bytes, now: datetime
    ) -> PendingAuthorization | None:
        """A request that waits, in the browser that began it (AZ-14); None once answered."""
        ...

    async def sign_on(
        self, handle_hash: bytes, client: ClientId | None, now: datetime
    ) -> SignOnFacts | None:
        """The live session with this cookie, its account, and the consent given to the client."""
        ...

    async def spend_code(
        self, code_hash: bytes, client: ClientId, now: datetime
    ) -> CodeFacts | None:
        """Use a code up and commit; None when unknown, expired, spent, or another client's."""
        ...

    async def find_spent_code(self, code_hash: bytes, client: ClientId) -> GrantId | None:
        """The grant of a code that was spent before: somebody is replaying it."""
        ...

    async def find_token(self, token_hash: bytes, now: datetime) -> TokenFacts | None:
        """A live access token and whom it speaks of."""
        ...


class Clients(Protocol):
    """The registered clients, in memory, refreshed by version within two seconds."""

    async def find(self, client: ClientId) -> Client | None:
        """Look a client up; a disabled one is not found."""
        ...

    async def every(self) -> Sequence[Client]:
        """All clients, disabled ones too."""
        ...


class Batches(Protocol):
    """Batches of applications."""

    async def is_known(self, batch: BatchId) -> bool:
        """Whether this very batch came before."""
        ...

    async def unfinished(self, batch: BatchId, limit: int) -> Sequence[BatchLine]:
        """The next accepted lines, in order."""
        ...

    async def counts(self, batch: BatchId) -> Mapping[str, int]:
        """How many lines stand at each status."""
        ...

    async def rejected(self, batch: BatchId) -> Sequence[BatchLine]:
        """The rejected lines, in order."""
        ...


class OutboxDoor(Protocol):
    """Notices on their way. Put in through `keep`."""

    async def claim(self, limit: int, now: datetime) -> Sequence[Notice]:
        """Take due notices for one minute; another process does not get them meanwhile."""
        ...

    async def done(self, notice: NoticeId, now: datetime) -> None:
        """It was delivered: its sealed content is dropped."""
        ...

    async def retry(self, notice: NoticeId, at: datetime) -> None:
        """It was not; try again at that time."""
        ...


class TimePassing(Protocol):
    """What time alone changes."""

    async def accounts_to_notify(self, limit: int) -> Sequence[AccountFacts]:
        """Approved accounts whose holder may be told (a card, where one is due, is ready)."""
        ...

    async def windows_passed(self, now: datetime, limit: int) -> Sequence[CaseFacts]:
        """Cases whose self-service has ended and that are not marked so yet."""
        ...

    async def cards_expired(self, today: date, limit: int) -> Sequence[CardFacts]:
        """Cards in force past their printed date."""
        ...

    async def purge(self, now: datetime, limit: int) -> int:
        """Delete expired challenges, codes, tokens, pending requests, marks; say how many."""
        ...


class Trail(Protocol):
    """The audit trail, page by page, for whoever oversees. Written through `keep` alone."""

    async def before(self, place: bytes | None, limit: int) -> Sequence[KeptEvent]:
        """What stands before a place, or at the very end; newest first."""
        ...

    async def after(self, place: bytes, limit: int) -> Sequence[KeptEvent]:
        """What stands after a place, newest last."""
        ...

    async def of_case(self, trace: str, after: bytes, limit: int) -> Sequence[KeptEvent]:
        """What stands under a case number after a place, newest last."""
        ...


class Store(Protocol):
    """The doors, and `keep`."""

    @property
    def accounts(self) -> Accounts: ...  # noqa: D102 - named by its type
    @property
    def cards(self) -> Cards: ...  # noqa: D102
    @property
    def cases(self) -> Cases: ...  # noqa: D102
    @property
    def challenges(self) -> Challenges: ...  # noqa: D102
    @property
    def grants(self) -> Grants: ...  # noqa: D102
    @property
    def clients(self) -> Clients: ...  # noqa: D102
    @property
    def batches(self) -> Batches: ...  # noqa: D102
    @property
    def outbox(self) -> OutboxDoor: ...  # noqa: D102
    @property
    def time(self) -> TimePassing: ...  # noqa: D102

    async def keep(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> None:
        """Apply all changes and write all events in one transaction, or raise `Conflict`."""
        ...

    async def keep_many(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> None:
        """The same for bulk work: hundreds of changes, in order, in one transaction."""
        ...


class Registry(Protocol):
    """The population registry: what the state already knows of a person."""

    async def differences(self, holder: Holder) -> Sequence[str]:
        """Names of declared members that differ from the registry; empty when all agree.

        `("number",)` means that the registry does not know the number. The registry's own values
        are never handed out. Raises `RegistryAway`.
        """
        ...


class Portraits(Protocol):
    """The pictures that the state keeps of its citizens."""

    async def of(self, number: str) -> bytes:
        """The portrait of the citizen with this number, a JPEG that a card has room for.

        Raises `UnknownPerson`, or `RegistryAway`.
        """
        ...


class Notifier(Protocol):
    """Carries a notice to a person."""

    async def send(
        self, channel: Channel, template: str, values: Mapping[str, str], to: str, at: datetime
    ) -> None:
        """Send it, or raise `Unavailable`."""
        ...
