"""What the drivers make of statements, without a database."""

from pathlib import Path

import pytest

from eid.errors import Malformed, Misconfigured
from eid.store.drivers import Statement, check_storable, is_storable, path_of
from eid.store.drivers.postgres import PostgresDriver, _folded, _single, _spending
from eid.store.statements.fragments import insert, statement

MOVE = statement("move", "UPDATE t SET a = :a, b = :b WHERE a <> :a")
ADD = insert("u", "c, b")
MISS = statement("miss", "DELETE FROM v", may_miss=True)


def shape_of(*statements: Statement, compose: object = _folded) -> tuple[str, object]:
    driver = PostgresDriver("postgresql://eid@/eid", 2, 2.0)
    first = driver._shape(statements, compose)  # type: ignore[arg-type]
    assert driver._shape(statements, compose) is first  # type: ignore[arg-type]
    return first


def test_names_become_numbers_each_once() -> None:
    assert shape_of(MOVE, compose=_single) == (
        "UPDATE t SET a = $1, b = $2 WHERE a <> $1",
        ((0, "a"), (0, "b")),
    )


def test_changes_are_folded_into_one_statement_that_fails_as_one() -> None:
    sql, order = shape_of(MOVE, ADD)
    assert sql == (
        "WITH k0 AS (UPDATE t SET a = $1, b = $2 WHERE a <> $1 RETURNING 1), "
        "k1 AS (INSERT INTO u(c, b) VALUES ($3, $4) RETURNING 1) "
        "SELECT 1 / (CASE WHEN EXISTS (SELECT 1 FROM k0) AND EXISTS (SELECT 1 FROM k1) "
        "THEN 1 ELSE 0 END)"
    )
    assert order == ((0, "a"), (0, "b"), (1, "c"), (1, "b"))


def test_a_change_that_may_miss_is_not_asked_for_its_rows() -> None:
    sql, _ = shape_of(MISS, MOVE)
    assert "FROM k1" in sql
    assert "FROM k0)" not in sql
    assert shape_of(MISS)[0].endswith("SELECT 1 / (CASE WHEN TRUE THEN 1 ELSE 0 END)")


def test_a_spend_hands_back_what_was_there_and_what_it_altered() -> None:
    look = statement("look", "SELECT x FROM t WHERE a = :a")
    change = statement("spend", "UPDATE t SET b = :b WHERE a = :a RETURNING b")
    assert shape_of(change, look, compose=_spending)[0] == (
        "WITH s AS (UPDATE t SET b = $1 WHERE a = $2 RETURNING b), "
        "l AS (SELECT x FROM t WHERE a = $3) SELECT l.*, s.* FROM s CROSS JOIN l"
    )


def test_a_statement_knows_the_table_it_changes() -> None:
    assert [one.table for one in (MOVE, ADD, MISS)] == ["t", "u", "v"]
    assert statement("look", "SELECT 1").table == ""


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///.demo/eid.sqlite3", Path(".demo/eid.sqlite3")),
        ("sqlite:////srv/eid.sqlite3", Path("/srv/eid.sqlite3")),
        ("sqlite:///with%20space", Path("with space")),
        ("postgresql://eid@localhost:5432/eid", None),
        ("postgres://eid@/eid?host=/run", None),
    ],
)
def test_a_url_names_a_file_or_a_server(url: str, path: Path | None) -> None:
    assert path_of(url) == path


@pytest.mark.parametrize("url", ["", "sqlite:///", "sqlite:relative", "mysql://x/y", "/a/path"])
def test_another_url_is_a_mistake_of_the_settings(url: str) -> None:
    with pytest.raises(Misconfigured):
        path_of(url)


def test_what_both_databases_can_hold() -> None:
    for value in ("", "Nguyễn 𠀀", b"\x00", 5, True, None):
        assert is_storable(value)
    for text in ("\0", "a\0b", "\ud800", "é\udfff"):
        assert not is_storable(text)
        with pytest.raises(Malformed):
            check_storable(["good", text])
