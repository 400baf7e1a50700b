"""The e-ID account and its life."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from eid.domain.assurance import AccountLevel
from eid.domain.identifiers import AccountId, HolderId
from eid.errors import IllegalMove


class AccountStatus(StrEnum):
    """APPROVED, NOTIFIED, ACTIVE, and back and forth with LOCKED; CLOSED is final."""

    APPROVED = "approved"
    NOTIFIED = "notified"
    ACTIVE = "active"
    LOCKED = "locked"
    CLOSED = "closed"


MOVES: dict[AccountStatus, frozenset[AccountStatus]] = {
    AccountStatus.APPROVED: frozenset({AccountStatus.NOTIFIED, AccountStatus.CLOSED}),
    AccountStatus.NOTIFIED: frozenset(
        {AccountStatus.NOTIFIED, AccountStatus.ACTIVE, AccountStatus.LOCKED, AccountStatus.CLOSED}
    ),
    AccountStatus.ACTIVE: frozenset({AccountStatus.LOCKED, AccountStatus.CLOSED}),
    AccountStatus.LOCKED: frozenset(
        {AccountStatus.NOTIFIED, AccountStatus.ACTIVE, AccountStatus.LOCKED, AccountStatus.CLOSED}
    ),
    AccountStatus.CLOSED: frozenset(),
}


class LockGround(StrEnum):
    """The legal reason of a lock (Decree 69/2024, Art. 15; Law on Identification, Art. 34)."""

    HOLDER_ASKED = "holder_asked"
    TERMS_BROKEN = "terms_broken"
    CARD_REVOKED = "card_revoked"
    CARD_EXPIRED = "card_expired"
    RESIDENCE_EXPIRED = "residence_expired"
    HOLDER_DIED = "holder_died"
    AUTHORITY_ORDERED = "authority_ordered"


@dataclass(frozen=True, slots=True)
class Lock:
    """One reason why the account is shut. Each lock is lifted on its own."""

    ground: LockGround
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """An e-ID account. `level` is None for organisations, whose accounts have none."""

    id: AccountId
    holder: HolderId
    level: AccountLevel | None
    status: AccountStatus
    opened_at: datetime
    notified_at: datetime | None = None
    activated_at: datetime | None = None
    locks: tuple[Lock, ...] = ()

    def notify(self, at: datetime) -> "Account":
        """The holder is told of the result: the window of activation begins."""
        self._require_unlocked()
        return replace(self._to(AccountStatus.NOTIFIED), notified_at=at)

    def activate(self, at: datetime) -> "Account":
        """The holder has proved to be the holder."""
        self._require_unlocked()
        return replace(self._to(AccountStatus.ACTIVE), activated_at=at)

    def lock(self, lock: Lock) -> "Account":
        """Shut the account for one more ground; the same ground twice changes nothing."""
        if any(standing.ground is lock.ground for standing in self.locks):
            return self
        return replace(self._to(AccountStatus.LOCKED), locks=(*self.locks, lock))

    def unlock(self, ground: LockGround) -> "Account":
        """Lift one lock. The account opens again when no other stands."""
        left = tuple(lock for lock in self.locks if lock.ground is not ground)
        if self.status is AccountStatus.CLOSED or len(left) == len(self.locks):
            raise IllegalMove(f"no lock for {ground}")
        if left:
            return replace(self, locks=left)
        before = AccountStatus.ACTIVE if self.activated_at else AccountStatus.NOTIFIED
        return replace(self._to(before), locks=())

    def close(self) -> "Account":
        """End the account for good."""
        return self._to(AccountStatus.CLOSED)

    def _require_unlocked(self) -> None:
        if self.locks:
            raise IllegalMove("a lock stands; only lifting it opens the account")

    def _to(self, status: AccountStatus) -> "Account":
        if status not in MOVES[self.status]:
            raise IllegalMove(f"account {self.status} -> {status}")
        return replace(self, status=status)
