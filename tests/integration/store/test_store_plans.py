"""Every statement is understood by both databases; each on a hot path is an index look-up."""

import importlib
import json
import pkgutil
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
import pytest
from builders import NOW

from eid.store import statements
from eid.store.doors.columns import micros
from eid.store.drivers import Part, Statement, path_of
from eid.store.drivers import postgres as driver
from eid.store.statements import accounts, cards, grants, registers, work

pytestmark = pytest.mark.anyio

HOT = [
    (grants.SIGN_ON,),
    (grants.FIND_PENDING,),
    (grants.SPEND_CODE, grants.CODE_FACTS),
    (grants.FIND_SPENT_CODE,),
    (grants.FIND_TOKEN,),
    (grants.SPEND_CHALLENGE,),
    (grants.TOUCH_SESSION,),
    (grants.END_SESSION,),
    (grants.END_SESSIONS_OF,),
    (grants.FINISH_PENDING,),
    (grants.REVOKE_GRANT,),
    (accounts.GUARD_STANDING,),
    (accounts.MOVE_ACCOUNT,),
    (accounts.FIND_ACCOUNT,),
    (accounts.FIND_ACCOUNT_BY_NUMBER,),
    (accounts.FIND_HOLDER,),
    (accounts.FIND_CASE,),
    (accounts.FIND_CASE_BY_ACCOUNT,),
    (accounts.TAKE_ATTEMPT, accounts.FIND_CASE),
    (accounts.MOVE_CASE,),
    (cards.STANDING,),
    (cards.DOCUMENT_STANDING,),
    (cards.FIND_BY_HOLDER,),
    (cards.FIND_ORDER,),
    (cards.FIND_CERTIFICATE,),
    (registers.FIND_VERSION,),
    (work.FINISH_BATCH_LINE,),
]
# These list, page by page: the page's rows come by an index that is in the right order.
LISTS = [
    (cards.REQUESTED_ORDERS,),
    (cards.CARDS_EXPIRED,),
    (cards.BARRED_CERTIFICATES,),
    (accounts.WINDOWS_PASSED,),
    (accounts.ACCOUNTS_TO_NOTIFY,),
    (work.UNFINISHED,),
    (work.CLAIM_NOTICES,),
    (work.EVENTS_BEFORE,),
    (work.EVENTS_AFTER,),
    (work.EVENTS_OF_CASE,),
    *((statement,) for statement in work.PURGE),
]
TEXTS = {"client", "nonce", "purpose", "number", "today", "name", "status", "reason"}
TEXTS |= {"from_status", "locks", "trace"}
NUMBERS = {"now", "at", "until", "limit", "version", "level", "opened_at", "notified_at"}
NUMBERS |= {"activated_at", "idle_until", "expires_at", "attempts_left", "self_service_until"}


def every_statement() -> Iterator[Statement]:
    for module in pkgutil.iter_modules(statements.__path__, f"{statements.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Statement):
                    yield one


EVERY = list(every_statement())


def sample(statement: Statement) -> dict[str, Any]:
    """A value of the right type for each name; in a hot statement a name has one type."""
    values: dict[str, Any] = {}
    for name in driver.NAME.findall(statement.sql):
        kind = statement.table == "batch_line" or statement is work.UNFINISHED
        if name in TEXTS and not (kind and name == "number"):
            values[name] = "2026-03-02"
        elif name in NUMBERS or name == "number":
            values[name] = micros(NOW)
        else:
            values[name] = b"0123456789abcdef"
    return values


def titled(statement: Statement | Sequence[Statement]) -> str:
    return statement.name if isinstance(statement, Statement) else statement[-1].name


async def plan_lines(database: str, composed: tuple[Statement, ...]) -> list[str]:
    """One line for each table the plan touches."""
    path = path_of(database)
    if path is not None:
        with sqlite3.connect(path) as connection:
            return [
                row[3]
                for one in composed
                for row in connection.execute(f"EXPLAIN QUERY PLAN {one.sql}", sample(one))
                if row[3].startswith(("SCAN", "SEARCH"))
            ]
    connection = await asyncpg.connect(database)
    # Small tables are read whole, whatever the indexes: ask what could be done.
    for knob in ("seqscan", "hashjoin", "mergejoin"):
        await connection.execute(f"SET enable_{knob} = off")
    shaped = driver.PostgresDriver(database, 1, 1)._shape(
        composed, driver._spending if len(composed) > 1 else driver._single
    )
    arguments = [sample(composed[part])[name] for part, name in shaped[1]]
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {shaped[0]}", *arguments)
    await connection.close()
    return [describe(node) for node in nodes(json.loads(plan)[0]["Plan"]) if touches(node)]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def touches(node: dict[str, Any]) -> bool:
    return "Scan" in node["Node Type"] and "CTE" not in node["Node Type"]


def describe(node: dict[str, Any]) -> str:
    where = node.get("Relation Name", node.get("Index Name", node.get("Alias")))
    condition = node.get("Index Cond", node.get("Recheck Cond", ""))
    return f"{node['Node Type']} {where} {condition}".strip()


def is_look_up(line: str) -> bool:
    """By a key: SQLite says SEARCH ... USING, PostgreSQL gives an index condition."""
    return ("SEARCH" in line and "USING" in line) or ("Scan" in line and line.endswith(")"))


def reads_whole_table(line: str) -> bool:
    """SQLite says SCAN without an index, PostgreSQL says Seq Scan."""
    return "Seq Scan" in line or (line.startswith("SCAN") and "INDEX" not in line)


@pytest.mark.parametrize("statement", EVERY, ids=titled)
async def test_both_databases_understand_it(database: str, statement: Statement) -> None:
    path = path_of(database)
    if path is not None:
        with sqlite3.connect(path) as connection:
            connection.execute(f"EXPLAIN {statement.sql}", nothing(statement))
        return
    connection = await asyncpg.connect(database)
    shaped = driver.PostgresDriver(database, 1, 1)._shape((statement,), driver._single)
    await connection.prepare(shaped[0])
    await connection.close()


def nothing(statement: Statement) -> dict[str, None]:
    return dict.fromkeys(driver.NAME.findall(statement.sql))


@pytest.mark.parametrize("composed", HOT, ids=titled)
async def test_a_hot_statement_is_an_index_look_up(
    database: str, composed: tuple[Statement, ...]
) -> None:
    lines = await plan_lines(database, composed)
    assert lines
    assert [line for line in lines if not is_look_up(line)] == []


@pytest.mark.parametrize("composed", LISTS, ids=titled)
async def test_a_page_does_not_read_the_whole_table(
    database: str, composed: tuple[Statement, ...]
) -> None:
    lines = await plan_lines(database, composed)
    assert lines
    assert [line for line in lines if reads_whole_table(line)] == []


async def test_a_search_without_an_index_would_be_seen(database: str) -> None:
    """The control: these plans are not look-ups, and the tests above would say so."""
    blind = Statement("blind", "SELECT id FROM holder WHERE latin_name = :name")
    lines = await plan_lines(database, (blind,))
    assert not any(is_look_up(line) for line in lines)
    assert any(reads_whole_table(line) for line in lines)


def test_names_are_unique_and_changes_leave_returning_to_the_drivers() -> None:
    names = [statement.name for statement in EVERY]
    assert len(names) == len(set(names))
    for statement in EVERY:
        for banned in ("now()", "::", " LIKE ", "FOR UPDATE", "WITH ", "ARRAY"):
            assert banned not in statement.sql
        if statement.may_miss or statement.shared:
            assert "RETURNING" not in statement.sql


def test_a_part_is_a_statement_with_all_its_values() -> None:
    assert Part(grants.ADD_REPLAY_MARK, {"key": b"k", "expires_at": 1}).values == {
        "key": b"k",
        "expires_at": 1,
    }
