"""What each change does to the store: one table, one entry for each class of change."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eid.domain import changes as do
from eid.domain.account import Account
from eid.domain.activation import ActivationCase
from eid.domain.audit import AuditEvent
from eid.store.doors import holders
from eid.store.doors.accounts import account_values, electronic_card_values
from eid.store.doors.authorizations import (
    code_values,
    consent_values,
    grant_values,
    pending_values,
    session_values,
)
from eid.store.doors.batches import batch_values, finish_values, line_values
from eid.store.doors.cards import (
    card_values,
    certificate_values,
    document_values,
    order_values,
)
from eid.store.doors.cases import case_values
from eid.store.doors.challenges import challenge_values
from eid.store.doors.clients import REGISTER, agency_values, client_values
from eid.store.doors.columns import micros, serial_octets
from eid.store.doors.events import event_values
from eid.store.doors.outbox import notice_values
from eid.store.drivers import Part, Statement, Values
from eid.store.statements import accounts, cards, grants, registers, work

FIRST_VERSION = 1

Entry = Callable[[Any], tuple[Part, ...]]


def parts_of(changes: Sequence[do.Change], events: Sequence[AuditEvent]) -> list[Part]:
    """The statements of a decision, in order, each standing guarded once."""
    parts: list[Part] = []
    once: set[tuple[Statement, frozenset[tuple[str, object]]]] = set()
    for change in changes:
        for part in _guarded(change):
            if part.statement.shared:
                mark = (part.statement, frozenset(part.values.items()))
                if mark in once:
                    continue
                once.add(mark)
            parts.append(part)
    return [*parts, *(Part(work.ADD_EVENT, event_values(event)) for event in events)]


def check_one_touch(parts: Sequence[Part]) -> None:
    """Raise `ValueError` when a change moves an account that another change rests on.

    PostgreSQL runs all parts as one statement, and one statement changes a row once.
    """
    touches = [part.values["id"] for part in parts if part.statement.table == "account"]
    if len(set(touches)) < len(touches):
        raise ValueError("two changes touch one account; keep them one after the other")


def in_bulk(parts: Sequence[Part]) -> list[Part]:
    """Put together what travels together: new rows, parents first; then changes, table by table.

    This moves no change past another one of its table, and a new row waits for no change.
    """
    return sorted(parts, key=lambda part: (_is_move(part.statement), _rank(part.statement)))


# Tables before those that point at them.
PARENTS_FIRST = (
    "agency",
    "client",
    "register_version",
    "holder",
    "mandate",
    "application",
    "account",
    "electronic_card",
    "chip_card",
    "card_order",
    "certificate",
    "card_certificate",
    "card_document",
    "activation_case",
    "batch",
    "batch_line",
    "challenge",
    "login_session",
    "pending_authorization",
    "consent",
    "token_grant",
    "authorization_code",
    "access_token",
    "replay_mark",
    "outbox",
    "audit_event",
)


def _is_move(statement: Statement) -> bool:
    return not statement.sql.startswith("INSERT")


def _rank(statement: Statement) -> int:
    return PARENTS_FIRST.index(statement.table)


def _guarded(change: do.Change) -> tuple[Part, ...]:
    entry: Entry = CHANGES[type(change)]
    if not isinstance(change, do.OnStanding):
        return entry(change)
    seen: Values = {"id": change.standing.account, "version": change.standing.version}
    return (Part(accounts.GUARD_STANDING, seen), *entry(change))


def _one(statement: Statement, values: Callable[[Any], Values]) -> Entry:
    """An entry of one statement."""
    return lambda change: (Part(statement, values(change)),)


def _opened(account: Account) -> Values:
    return {**account_values(account), "version": FIRST_VERSION}


def _moved_case(case: ActivationCase, from_status: str) -> Values:
    return {**case_values(case), "from_status": from_status}


def _move(key: bytes, from_status: str, to_status: str) -> Values:
    return {"id": key, "from_status": from_status, "status": to_status}


def _issue_code(change: do.IssueCode) -> tuple[Part, ...]:
    return (
        Part(grants.ADD_GRANT, grant_values(change.grant)),
        Part(grants.ADD_CODE, code_values(change.code)),
    )


def _token(change: do.IssueAccessToken) -> Values:
    expires_at = micros(change.expires_at)
    return {"hash": change.hash, "grant_id": change.grant, "expires_at": expires_at}


def _revoke(change: do.RevokeCertificate) -> Values:
    serial = serial_octets(change.serial)
    return {"serial": serial, "at": micros(change.at), "reason": change.reason}


def _put_client(change: do.PutClient) -> tuple[Part, ...]:
    return (
        Part(registers.PUT_AGENCY, agency_values(change.client.agency)),
        Part(registers.PUT_CLIENT, client_values(change.client)),
        Part(registers.RAISE_VERSION, {"name": REGISTER}),
    )


def _disable_client(change: do.DisableClient) -> tuple[Part, ...]:
    return (
        Part(registers.DISABLE_CLIENT, {"id": change.client}),
        Part(registers.RAISE_VERSION, {"name": REGISTER}),
    )


CHANGES: Mapping[type[do.Change], Entry] = {
    do.AddHolder: _one(accounts.ADD_HOLDER, lambda c: holders.holder_values(c.holder)),
    do.AddMandate: _one(accounts.ADD_MANDATE, lambda c: holders.mandate_values(c.mandate)),
    do.AddApplication: _one(
        accounts.ADD_APPLICATION, lambda c: holders.application_values(c.application)
    ),
    do.OpenAccount: _one(accounts.ADD_ACCOUNT, lambda c: _opened(c.account)),
    do.AddElectronicCard: _one(
        accounts.ADD_ELECTRONIC_CARD, lambda c: electronic_card_values(c.card)
    ),
    do.AddChipCard: _one(cards.ADD_CHIP_CARD, lambda c: card_values(c.card)),
    do.AddCardOrder: _one(cards.ADD_CARD_ORDER, lambda c: order_values(c.order)),
    do.MoveCardOrder: _one(
        cards.MOVE_CARD_ORDER, lambda c: _move(c.order, c.from_status, c.to_status)
    ),
    do.FinishCardOrder: _one(
        cards.FINISH_CARD_ORDER, lambda c: {"id": c.order, "document": c.document}
    ),
    do.AddCardCertificate: _one(
        cards.ADD_CARD_CERTIFICATE,
        lambda c: certificate_values(c.card, c.certificate, c.public_key_hash),
    ),
    do.AddCardDocument: _one(
        cards.ADD_CARD_DOCUMENT, lambda c: document_values(c.card, c.document)
    ),
    do.AddBatch: _one(work.ADD_BATCH, lambda c: batch_values(c.batch)),
    do.AddBatchLine: _one(work.ADD_BATCH_LINE, lambda c: line_values(c.line)),
    do.FinishBatchLine: _one(
        work.FINISH_BATCH_LINE, lambda c: finish_values(c.batch, c.number, c.reason)
    ),
    do.MoveAccount: _one(
        accounts.MOVE_ACCOUNT, lambda c: {**account_values(c.account), "version": c.version}
    ),
    do.MoveChipCard: _one(
        cards.MOVE_CHIP_CARD, lambda c: _move(c.card, c.from_status, c.to_status)
    ),
    do.MoveElectronicCard: _one(
        accounts.MOVE_ELECTRONIC_CARD, lambda c: {"id": c.card, "status": c.to_status.value}
    ),
    do.OpenCase: _one(accounts.ADD_CASE, lambda c: case_values(c.case)),
    do.MoveCase: _one(accounts.MOVE_CASE, lambda c: _moved_case(c.case, c.from_status)),
    do.RevokeCertificate: _one(cards.REVOKE_CERTIFICATE, _revoke),
    do.AddChallenge: _one(grants.ADD_CHALLENGE, lambda c: challenge_values(c.challenge)),
    do.AddSession: _one(grants.ADD_SESSION, lambda c: session_values(c.session)),
    do.EndSession: _one(grants.END_SESSION, lambda c: {"id": c.session, "at": micros(c.at)}),
    do.EndSessionsOf: _one(
        grants.END_SESSIONS_OF, lambda c: {"account": c.account, "at": micros(c.at)}
    ),
    do.TouchSession: _one(
        grants.TOUCH_SESSION, lambda c: {"id": c.session, "idle_until": micros(c.idle_until)}
    ),
    do.AddPending: _one(grants.ADD_PENDING, lambda c: pending_values(c.pending)),
    do.FinishPending: _one(
        grants.FINISH_PENDING, lambda c: {"id_hash": c.id_hash, "at": micros(c.at)}
    ),
    do.SaveConsent: _one(grants.SAVE_CONSENT, lambda c: consent_values(c.consent)),
    do.IssueCode: _issue_code,
    do.IssueAccessToken: _one(grants.ADD_TOKEN, _token),
    do.RevokeGrant: _one(grants.REVOKE_GRANT, lambda c: {"id": c.grant, "at": micros(c.at)}),
    do.AddReplayMark: _one(
        grants.ADD_REPLAY_MARK, lambda c: {"key": c.key, "expires_at": micros(c.expires_at)}
    ),
    do.PutClient: _put_client,
    do.DisableClient: _disable_client,
    do.QueueNotice: _one(work.QUEUE_NOTICE, lambda c: notice_values(c.notice)),
}
