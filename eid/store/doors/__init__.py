"""The ports, kept: one door per noun; statements in, nouns out."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from eid.domain.audit import AuditEvent
from eid.domain.changes import Change, DisableClient, EndSessionsOf, PutClient
from eid.store.doors.accounts import AccountsDoor
from eid.store.doors.batches import BatchesDoor
from eid.store.doors.cards import CardsDoor
from eid.store.doors.cases import CasesDoor
from eid.store.doors.challenges import ChallengesDoor
from eid.store.doors.clients import ClientsDoor
from eid.store.doors.events import TrailDoor
from eid.store.doors.grants import GrantsDoor
from eid.store.doors.keep import check_one_touch, in_bulk, parts_of
from eid.store.doors.keys import Certificates, KeyBlobs, SigningKeys
from eid.store.doors.outbox import OutboxDoor
from eid.store.doors.time import TimeDoor
from eid.store.drivers import Driver


class StoreDoors:
    """`eid.ports.Store` over one database, and the registers of `keys` beside it.

    Made by `eid.store.open_store`. Await `open` before and `close` after, or use `async with`.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.accounts = AccountsDoor(driver)
        self.cards = CardsDoor(driver)
        self.cases = CasesDoor(driver)
        self.challenges = ChallengesDoor(driver)
        self.grants = GrantsDoor(driver)
        self.clients = ClientsDoor(driver)
        self.batches = BatchesDoor(driver)
        self.outbox = OutboxDoor(driver)
        self.time = TimeDoor(driver)
        self.trail = TrailDoor(driver)
        self.keys = SigningKeys(driver)
        self.certificates = Certificates(driver)
        self.blobs = KeyBlobs(driver)

    async def keep(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> None:
        """Apply all changes and write all events in one transaction, or raise `Conflict`."""
        parts = parts_of(changes, events)
        check_one_touch(parts)
        if any(isinstance(change, EndSessionsOf) for change in changes):
            # One folded statement sees what was there when it began. A sign-in that commits while
            # this waits for the account's row would be missed, and live again after an unlock
            # (CV-34): so each statement looks for itself.
            await self.driver.keep_many(parts)
        elif parts:
            await self.driver.keep(parts)
        self._note(changes)

    async def keep_many(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> None:
        """The same for bulk work: hundreds of changes, as if in order, in one transaction."""
        parts = in_bulk(parts_of(changes, events))
        if parts:
            await self.driver.keep_many(parts)
            self._note(changes)

    async def open(self) -> None:
        """Connect."""
        await self.driver.open()

    async def close(self) -> None:
        """Let the connections go."""
        await self.driver.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _note(self, changes: Sequence[Change]) -> None:
        if any(isinstance(change, PutClient | DisableClient) for change in changes):
            self.clients.forget()
