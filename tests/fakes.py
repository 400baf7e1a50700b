"""The store in memory, as faithful as tests need it: every door, every change, all or nothing.

`keep` works on a copy and swaps it in at the end, so a `Conflict` leaves nothing behind. Like the
PostgreSQL driver it refuses two changes to one row. `statements` counts what a database would run.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

from fake_tables import IN_FORCE, SELF_SERVICE, Tables, apply

from eid.domain import changes as do
from eid.domain.account import AccountStatus
from eid.domain.agency import Client
from eid.domain.application import BatchLine, LineStatus
from eid.domain.audit import AuditEvent
from eid.domain.card import CardStatus
from eid.domain.card import OrderStatus as Orders
from eid.domain.challenge import Challenge, ChallengePurpose
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
from eid.domain.notice import Notice

CLAIM_FOR = timedelta(minutes=1)

K = TypeVar("K")
V = TypeVar("V")


class FrozenClock:
    """A clock that moves only when told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class Door:
    """Every call through a door is one statement."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store

    def look(self) -> Tables:
        self._store.statements += 1
        return self._store.tables


class AccountsDoor(Door):
    async def find(self, account: AccountId) -> AccountFacts | None:
        tables = self.look()
        return tables.owner(account) if account in tables.accounts else None

    async def find_by_number(self, number: str) -> AccountFacts | None:
        tables = self.look()
        found = [row for row in tables.holders.values() if row.number == number]
        return tables.owner_of(found[0].id) if found else None

    async def find_holder(self, number: str) -> Holder | None:
        found = [row for row in self.look().holders.values() if row.number == number]
        return found[0] if found else None


class CardsDoor(Door):
    async def standing(self, fingerprint: bytes) -> CardFacts | None:
        tables = self.look()
        if fingerprint not in tables.certificates:
            return None
        card, certificate = tables.certificates[fingerprint]
        return tables.card_facts(tables.cards[card], certificate.serial)

    async def document_standing(self, fingerprint: bytes) -> CardFacts | None:
        tables = self.look()
        if fingerprint not in tables.documents:
            return None
        card = tables.cards[tables.documents[fingerprint][0]]
        return tables.card_facts(card, *(one.serial for one in card.certificates))

    async def find_by_holder(self, number: str) -> CardFacts | None:
        tables = self.look()
        found = [row for row in tables.holders.values() if row.number == number]
        card = tables.newest_card(found[0].id) if found else None
        return tables.card_facts(card) if card else None

    async def requested_orders(self, after: OrderId | None, limit: int) -> Sequence[OrderFacts]:
        tables = self.look()
        waiting = sorted(
            row.id
            for row in tables.orders.values()
            if row.status is Orders.REQUESTED and (after is None or row.id > after)
        )
        found = (self._order(tables, order) for order in waiting[:limit])
        return [facts for facts in found if facts]

    async def find_order(self, order: OrderId) -> OrderFacts | None:
        tables = self.look()
        return self._order(tables, order) if order in tables.orders else None

    @staticmethod
    def _order(tables: Tables, order: OrderId) -> OrderFacts | None:
        card = tables.cards[tables.orders[order].card]
        owner = tables.owner_of(card.holder)
        return OrderFacts(tables.orders[order], card, owner) if owner else None


class CasesDoor(Door):
    async def find(self, link_hash: bytes) -> CaseFacts | None:
        tables = self.look()
        found = [case for case in tables.cases.values() if case.link_hash == link_hash]
        return tables.case_facts(found[0]) if found else None

    async def find_by_account(self, account: AccountId) -> CaseFacts | None:
        tables = self.look()
        found = [case for case in tables.cases.values() if case.account == account]
        return tables.case_facts(found[-1]) if found else None

    async def take_attempt(self, link_hash: bytes, now: datetime) -> CaseFacts | None:
        tables = self.look()
        for case in tables.cases.values():
            open_still = case.status in SELF_SERVICE and now < case.self_service_until
            if case.link_hash == link_hash and open_still and case.attempts_left > 0:
                taken = replace(case, attempts_left=case.attempts_left - 1)
                tables.cases[case.id] = taken
                return tables.case_facts(taken)
        return None


class ChallengesDoor(Door):
    async def spend(
        self, nonce: str, purpose: ChallengePurpose, bound_to: bytes, now: datetime
    ) -> Challenge | None:
        tables = self.look()
        found = tables.challenges.get(nonce)
        if found is None or nonce in tables.spent_challenges:
            return None
        if (found.purpose, found.bound_to) != (purpose, bound_to):
            return None
        tables.spent_challenges[nonce] = now
        return found


class GrantsDoor(Door):
    async def find_pending(
        self, id_hash: bytes, browser_hash: bytes, now: datetime
    ) -> PendingAuthorization | None:
        tables = self.look()
        found = tables.pendings.get(id_hash)
        if found is None or id_hash in tables.finished or now >= found.expires_at:
            return None
        return found if found.browser_hash == browser_hash else None

    async def sign_on(
        self, handle_hash: bytes, client: ClientId | None, now: datetime
    ) -> SignOnFacts | None:
        tables = self.look()
        for session in tables.sessions.values():
            live = now < min(session.idle_until, session.ends_at)
            if session.handle_hash == handle_hash and session.id not in tables.ended and live:
                consent = tables.consents.get((session.account, client)) if client else None
                return SignOnFacts(session, tables.owner(session.account), consent)
        return None

    async def spend_code(
        self, code_hash: bytes, client: ClientId, now: datetime
    ) -> CodeFacts | None:
        tables = self.look()
        code = tables.codes.get(code_hash)
        if code is None or code_hash in tables.spent_codes:
            return None
        if code.client != client or now >= code.expires_at:
            return None
        tables.spent_codes[code_hash] = now
        grant = tables.grants[code.grant]
        revoked, ended = grant.id in tables.revoked_grants, grant.session in tables.ended
        return CodeFacts(code, grant, revoked, ended, tables.owner(grant.account))

    async def find_spent_code(self, code_hash: bytes, client: ClientId) -> GrantId | None:
        tables = self.look()
        code = tables.codes.get(code_hash)
        spent = code is not None and code_hash in tables.spent_codes and code.client == client
        return code.grant if code is not None and spent else None

    async def find_token(self, token_hash: bytes, now: datetime) -> TokenFacts | None:
        tables = self.look()
        if token_hash not in tables.tokens:
            return None
        grant_id, expires_at = tables.tokens[token_hash]
        grant = tables.grants[grant_id]
        dead = grant_id in tables.revoked_grants or grant.session in tables.ended
        if dead or now >= expires_at:
            return None
        return TokenFacts(grant, expires_at, tables.owner(grant.account))


class ClientsDoor:
    """In memory in the real store too: no statement."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store

    async def find(self, client: ClientId) -> Client | None:
        found = self._store.tables.clients.get(client)
        return None if found is None or found.disabled else found

    async def every(self) -> Sequence[Client]:
        return list(self._store.tables.clients.values())


class BatchesDoor(Door):
    async def is_known(self, batch: BatchId) -> bool:
        return batch in self.look().batches

    async def unfinished(self, batch: BatchId, limit: int) -> Sequence[BatchLine]:
        return self._lines(batch, LineStatus.ACCEPTED)[:limit]

    async def counts(self, batch: BatchId) -> Mapping[str, int]:
        lines = self.look().lines.values()
        return Counter(line.status.value for line in lines if line.batch == batch)

    async def rejected(self, batch: BatchId) -> Sequence[BatchLine]:
        return self._lines(batch, LineStatus.REJECTED)

    def _lines(self, batch: BatchId, status: LineStatus) -> list[BatchLine]:
        lines = [row for row in self.look().lines.values() if row.batch == batch]
        return sorted((row for row in lines if row.status is status), key=lambda row: row.number)


class OutboxDoor(Door):
    async def claim(self, limit: int, now: datetime) -> Sequence[Notice]:
        tables = self.look()
        due = [notice for notice, at in tables.notices.values() if at <= now][:limit]
        taken = [replace(notice, attempts=notice.attempts + 1) for notice in due]
        tables.notices.update({row.id: (row, now + CLAIM_FOR) for row in taken})
        return taken

    async def done(self, notice: NoticeId, now: datetime) -> None:  # noqa: ARG002 - the port's
        self.look().notices.pop(notice, None)

    async def retry(self, notice: NoticeId, at: datetime) -> None:
        tables = self.look()
        tables.notices[notice] = (tables.notices[notice][0], at)


class TimeDoor(Door):
    async def accounts_to_notify(self, limit: int) -> Sequence[AccountFacts]:
        tables = self.look()
        found = []
        for account, _ in tables.accounts.values():
            card = tables.newest_card(account.holder)
            ready = card is None or card.status is not CardStatus.ORDERED
            if account.status is AccountStatus.APPROVED and ready:
                found.append(tables.owner(account.id))
        return found[:limit]

    async def windows_passed(self, now: datetime, limit: int) -> Sequence[CaseFacts]:
        tables = self.look()
        waiting = [case for case in tables.cases.values() if case.status in SELF_SERVICE]
        passed = [case for case in waiting if case.self_service_until <= now]
        return [tables.case_facts(case) for case in passed[:limit]]

    async def cards_expired(self, today: date, limit: int) -> Sequence[CardFacts]:
        tables = self.look()
        past = [c for c in tables.cards.values() if c.status in IN_FORCE and c.is_expired(today)]
        found = (tables.card_facts(card) for card in past[:limit])
        return [facts for facts in found if facts]

    async def purge(self, now: datetime, limit: int) -> int:
        tables = self.look()
        gone = [
            *_expired(tables.challenges, lambda row: row.expires_at <= now),
            *_expired(tables.codes, lambda row: row.expires_at <= now),
            *_expired(tables.pendings, lambda row: row.expires_at <= now),
            *_expired(tables.tokens, lambda row: row[1] <= now),
            *_expired(tables.marks, lambda expires_at: expires_at <= now),
        ][:limit]
        for drop in gone:
            drop()
        return len(gone)


def _expired(table: dict[K, V], is_past: Callable[[V], bool]) -> list[Callable[[], object]]:
    return [partial(table.pop, key) for key, row in table.items() if is_past(row)]


class MemoryStore:
    """`eid.ports.Store` over dictionaries."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.events: list[AuditEvent] = []
        self.statements = 0
        self.kept: list[tuple[do.Change, ...]] = []
        self.before_keep: Callable[[], Awaitable[None]] | None = None
        self.accounts = AccountsDoor(self)
        self.cards = CardsDoor(self)
        self.cases = CasesDoor(self)
        self.challenges = ChallengesDoor(self)
        self.grants = GrantsDoor(self)
        self.clients = ClientsDoor(self)
        self.batches = BatchesDoor(self)
        self.outbox = OutboxDoor(self)
        self.time = TimeDoor(self)

    async def keep(self, changes: Sequence[do.Change], events: Sequence[AuditEvent]) -> None:
        """One transaction; `before_keep` lets a test slip something in between, once."""
        if self.before_keep is not None:
            meanwhile, self.before_keep = self.before_keep, None
            await meanwhile()
        await self._keep(changes, events, one_row_once=True)

    async def keep_many(self, changes: Sequence[do.Change], events: Sequence[AuditEvent]) -> None:
        await self._keep(changes, events, one_row_once=False)

    async def _keep(
        self, changes: Sequence[do.Change], events: Sequence[AuditEvent], *, one_row_once: bool
    ) -> None:
        self.statements += 1
        tables = self.tables.copy()
        touched: Counter[object] = Counter()
        for change in changes:
            touched.update(apply(change, tables))
        twice = [row for row, times in touched.items() if times > 1]
        if one_row_once and twice:
            raise ValueError(f"two changes touch one row: {twice}")
        self.tables = tables
        self.events += events
        self.kept.append(tuple(changes))

    def event_names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]
