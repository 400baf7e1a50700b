"""One entry for each class of change; and the order in which bulk work is put together."""

from typing import get_args

from builders import NOW, make_account, make_citizen, make_client

from eid.domain import changes as do
from eid.domain.identifiers import ClientId, GrantId
from eid.store.doors.keep import CHANGES, PARENTS_FIRST, in_bulk, parts_of
from eid.store.tables import SCHEMA


def test_every_change_has_its_entry() -> None:
    assert set(CHANGES) == set(get_args(do.Change))


def test_parents_come_before_those_that_point_at_them() -> None:
    for table in SCHEMA.sorted_tables:
        if table.name in PARENTS_FIRST:
            own = PARENTS_FIRST.index(table.name)
            for key in table.foreign_keys:
                assert PARENTS_FIRST.index(key.column.table.name) < own


def test_every_table_that_changes_touch_has_its_place() -> None:
    unchanged = {"signing_key", "key_blob"}  # kept by their own registers
    assert {table.name for table in SCHEMA.sorted_tables} - unchanged == set(PARENTS_FIRST)


def test_bulk_work_adds_before_it_moves_and_keeps_the_order_of_moves() -> None:
    account = make_account()
    listed: list[do.Change] = [
        do.MoveAccount(account, 1),
        do.OpenAccount(account),
        do.MoveAccount(account, 2),
        do.AddHolder(make_citizen()),
    ]
    names = [
        (part.statement.name, part.values.get("version")) for part in in_bulk(parts_of(listed, ()))
    ]
    assert names == [
        ("add_holder", None),
        ("add_account", 1),
        ("move_account", 1),
        ("move_account", 2),
    ]


def test_a_standing_is_guarded_once_and_first() -> None:
    standing = do.Standing(make_account().id, 3)
    token = do.IssueAccessToken(standing, b"t", GrantId(b"g"), NOW)
    other = do.IssueAccessToken(standing, b"u", GrantId(b"g"), NOW)
    names = [part.statement.name for part in parts_of([token, other], ())]
    assert names == ["guard_standing", "add_access_token", "add_access_token"]


def test_two_clients_of_one_agency_put_it_once() -> None:
    clients = [make_client(), make_client(id=ClientId("other"))]
    names = [part.statement.name for part in parts_of([do.PutClient(c) for c in clients], ())]
    assert names == ["add_agency", "add_client", "raise_version", "add_client"]
