"""What the memory store holds, and what each change does to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import TypeVar

from eid.domain import changes as do
from eid.domain.account import Account, AccountStatus
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.agency import Client
from eid.domain.application import Application, Batch, BatchLine, LineStatus
from eid.domain.card import (
    CardCertificate,
    CardDocument,
    CardOrder,
    CardStatus,
    ChipCard,
    ElectronicCard,
    OrderStatus,
)
from eid.domain.challenge import Challenge
from eid.domain.facts import (
    AccountFacts,
    CardFacts,
    CaseFacts,
)
from eid.domain.grant import AuthorizationCode, Consent, PendingAuthorization, TokenGrant
from eid.domain.holder import Holder
from eid.domain.identifiers import (
    AccountId,
    BatchId,
    CardId,
    ClientId,
    GrantId,
    HolderId,
    NoticeId,
    OrderId,
    SessionId,
)
from eid.domain.mandate import Mandate
from eid.domain.notice import Notice
from eid.domain.session import LoginSession
from eid.errors import Conflict

SELF_SERVICE = {CaseStatus.OPEN, CaseStatus.CODE_ACCEPTED}
IN_FORCE = {CardStatus.PERSONALISED, CardStatus.ACTIVE, CardStatus.SUSPENDED}
AUTHENTICATION_PROFILE = "card_authentication"

K = TypeVar("K")
V = TypeVar("V")


@dataclass
class Tables:
    """What the store holds. Nouns are frozen, so a copy of each dictionary is a snapshot."""

    holders: dict[HolderId, Holder] = field(default_factory=dict)
    mandates: dict[bytes, Mandate] = field(default_factory=dict)
    applications: dict[bytes, Application] = field(default_factory=dict)
    accounts: dict[AccountId, tuple[Account, int]] = field(default_factory=dict)
    electronic_cards: dict[bytes, ElectronicCard] = field(default_factory=dict)
    cards: dict[CardId, ChipCard] = field(default_factory=dict)
    certificates: dict[bytes, tuple[CardId, CardCertificate]] = field(default_factory=dict)
    public_keys: dict[bytes, int] = field(default_factory=dict)
    documents: dict[bytes, tuple[CardId, CardDocument]] = field(default_factory=dict)
    revoked: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    orders: dict[OrderId, CardOrder] = field(default_factory=dict)
    cases: dict[bytes, ActivationCase] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    spent_challenges: dict[str, datetime] = field(default_factory=dict)
    pendings: dict[bytes, PendingAuthorization] = field(default_factory=dict)
    finished: dict[bytes, datetime] = field(default_factory=dict)
    sessions: dict[SessionId, LoginSession] = field(default_factory=dict)
    ended: dict[SessionId, datetime] = field(default_factory=dict)
    grants: dict[GrantId, TokenGrant] = field(default_factory=dict)
    revoked_grants: dict[GrantId, datetime] = field(default_factory=dict)
    codes: dict[bytes, AuthorizationCode] = field(default_factory=dict)
    spent_codes: dict[bytes, datetime] = field(default_factory=dict)
    tokens: dict[bytes, tuple[GrantId, datetime]] = field(default_factory=dict)
    consents: dict[tuple[AccountId, ClientId], Consent] = field(default_factory=dict)
    clients: dict[ClientId, Client] = field(default_factory=dict)
    batches: dict[BatchId, Batch] = field(default_factory=dict)
    lines: dict[tuple[BatchId, int], BatchLine] = field(default_factory=dict)
    notices: dict[NoticeId, tuple[Notice, datetime]] = field(default_factory=dict)
    marks: dict[bytes, datetime] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return Tables(**{row.name: dict(getattr(self, row.name)) for row in fields(self)})

    def owner(self, account: AccountId) -> AccountFacts:
        found, version = self.accounts[account]
        electronic = [card for card in self.electronic_cards.values() if card.account == account]
        holder = self.holders[found.holder]
        return AccountFacts(found, version, holder, electronic[0] if electronic else None)

    def owner_of(self, holder: HolderId) -> AccountFacts | None:
        found = [row.id for row, _ in self.accounts.values() if row.holder == holder]
        return self.owner(found[0]) if found else None

    def newest_card(self, holder: HolderId) -> ChipCard | None:
        own = [card for card in self.cards.values() if card.holder == holder]
        return max(own, key=lambda card: card.issued, default=None)

    def card_facts(self, card: ChipCard, *asked: int) -> CardFacts | None:
        """`asked` are serial numbers; by default that of the card's authentication certificate."""
        owner = self.owner_of(card.holder)
        if owner is None:
            return None
        own = [c.serial for c in card.certificates if c.profile == AUTHENTICATION_PROFILE]
        serials = asked or own[-1:]
        return CardFacts(card, bool(serials) and self.revoked.keys().isdisjoint(serials), owner)

    def case_facts(self, case: ActivationCase) -> CaseFacts:
        owner = self.owner(case.account)
        return CaseFacts(case, owner, self.newest_card(owner.holder.id))


def apply(change: do.Change, tables: Tables) -> Iterable[object]:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one arm per change
    """Carry one change out and name the rows it touched, or raise `Conflict`."""
    if isinstance(change, do.OnStanding):
        _require_standing(change.standing, tables)
    match change:
        case do.AddHolder(holder):
            if any(row.number == holder.number for row in tables.holders.values()):
                raise Conflict("number")
            return _add(tables.holders, holder.id, holder)
        case do.AddMandate(mandate):
            return _add(tables.mandates, mandate.id, mandate)
        case do.AddApplication(application):
            return _add(tables.applications, application.id, application)
        case do.OpenAccount(account):
            if tables.owner_of(account.holder):
                raise Conflict("one account per holder")
            return _add(tables.accounts, account.id, (account, 1))
        case do.AddElectronicCard(electronic):
            return _add(tables.electronic_cards, electronic.id, electronic)
        case do.AddChipCard(card):
            return _add(tables.cards, card.id, card)
        case do.AddCardOrder(order):
            return _add(tables.orders, order.id, order)
        case do.MoveCardOrder(order_id, from_order, to_order):
            order = _get(tables.orders, order_id)
            _require(order.status is from_order)
            return _put(tables.orders, order_id, replace(order, status=to_order))
        case do.FinishCardOrder(order_id, text):
            order = _get(tables.orders, order_id)
            _require(order.status is OrderStatus.KEYED)
            finished = replace(order, status=OrderStatus.COMPLETED, document=text)
            return _put(tables.orders, order_id, finished)
        case do.AddCardDocument(card_id, document):
            _get(tables.cards, card_id)
            for other, known in tables.documents.values():
                _require(card_id != other)
                _require(document.active_key_hash != known.active_key_hash)
            return _add(tables.documents, document.fingerprint, (card_id, document))
        case do.AddCardCertificate(card_id, certificate, public_key_hash):
            card = _get(tables.cards, card_id)
            _add(tables.public_keys, public_key_hash, certificate.serial)
            grown = replace(card, certificates=(*card.certificates, certificate))
            tables.cards[card_id] = grown
            return _add(tables.certificates, certificate.fingerprint, (card_id, certificate))
        case do.AddBatch(batch):
            return _add(tables.batches, batch.id, batch)
        case do.AddBatchLine(line):
            return _add(tables.lines, (line.batch, line.number), line)
        case do.FinishBatchLine(batch_id, number, reason):
            line = _get(tables.lines, (batch_id, number))
            _require(line.status is LineStatus.ACCEPTED)
            status = LineStatus.REJECTED if reason else LineStatus.DONE
            done = replace(line, status=status, reason=reason, text="")
            return _put(tables.lines, (batch_id, number), done)
        case do.MoveAccount(account, version):
            _require(_get(tables.accounts, account.id)[1] == version)
            return _put(tables.accounts, account.id, (account, version + 1))
        case do.MoveChipCard(card_id, from_card, to_card):
            card = _get(tables.cards, card_id)
            _require(card.status is from_card)
            return _put(tables.cards, card_id, replace(card, status=to_card))
        case do.MoveElectronicCard(electronic_id, to_electronic):
            electronic = _get(tables.electronic_cards, electronic_id)
            moved = replace(electronic, status=to_electronic)
            return _put(tables.electronic_cards, electronic_id, moved)
        case do.OpenCase(case):
            _require(all(row.link_hash != case.link_hash for row in tables.cases.values()))
            return _add(tables.cases, case.id, case)
        case do.MoveCase(case, from_case):
            _require(_get(tables.cases, case.id).status is from_case)
            return _put(tables.cases, case.id, case)
        case do.RevokeCertificate(serial, at, why):
            _require(any(row.serial == serial for _, row in tables.certificates.values()))
            return _add(tables.revoked, serial, (at, why))
        case do.AddChallenge(challenge):
            return _add(tables.challenges, challenge.nonce, challenge)
        case do.AddSession(session=session):
            return _add(tables.sessions, session.id, session)
        case do.EndSession(session_id, at):
            _get(tables.sessions, session_id)
            return _add(tables.ended, session_id, at)
        case do.EndSessionsOf(account_id, at):
            own = [row.id for row in tables.sessions.values() if row.account == account_id]
            tables.ended.update({row: at for row in own if row not in tables.ended})
            return [("ended", row) for row in own]
        case do.TouchSession(session_id, idle_until):
            _require(session_id not in tables.ended)
            session = _get(tables.sessions, session_id)
            return _put(tables.sessions, session_id, replace(session, idle_until=idle_until))
        case do.AddPending(pending):
            return _add(tables.pendings, pending.id_hash, pending)
        case do.FinishPending(id_hash, at):
            _get(tables.pendings, id_hash)
            return _add(tables.finished, id_hash, at)
        case do.SaveConsent(consent):
            return _put(tables.consents, (consent.account, consent.client), consent)
        case do.IssueCode(grant=grant, code=code):
            _add(tables.grants, grant.id, grant)
            return _add(tables.codes, code.hash, code)
        case do.IssueAccessToken(hash=token_hash, grant=grant_id, expires_at=expires_at):
            _get(tables.grants, grant_id)
            return _add(tables.tokens, token_hash, (grant_id, expires_at))
        case do.RevokeGrant(grant_id, at):
            _get(tables.grants, grant_id)
            tables.revoked_grants.setdefault(grant_id, at)
            return [("revoked_grants", grant_id)]
        case do.AddReplayMark(key, expires_at):
            return _add(tables.marks, key, expires_at)
        case do.PutClient(client):
            return _put(tables.clients, client.id, client)
        case do.DisableClient(client_id):
            client = _get(tables.clients, client_id)
            return _put(tables.clients, client_id, replace(client, disabled=True))
        case do.QueueNotice(notice):
            return _add(tables.notices, notice.id, (notice, notice.created_at))


def _require_standing(standing: do.Standing, tables: Tables) -> None:
    account, version = _get(tables.accounts, standing.account)
    _require(version == standing.version and account.status is AccountStatus.ACTIVE)


def _require(holds: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise Conflict("the world moved on")


def _get(table: dict[K, V], key: K) -> V:
    _require(key in table)
    return table[key]


def _add(table: dict[K, V], key: K, row: V) -> list[object]:
    _require(key not in table)
    return _put(table, key, row)


def _put(table: dict[K, V], key: K, row: V) -> list[object]:
    table[key] = row
    return [(id(table), key)]
