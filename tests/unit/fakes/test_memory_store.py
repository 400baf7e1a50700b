"""The fake keeps what the real store promises: else the rooms' tests would prove nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from builders import (
    BROWSER,
    HOUR,
    NOW,
    SESSION,
    make_account,
    make_case,
    make_client,
    make_session,
    put_account,
    put_card,
    put_case,
    put_client,
    put_session,
)
from fakes import MemoryStore

from eid.domain.changes import (
    AddReplayMark,
    AddSession,
    EndSession,
    MoveAccount,
    SaveConsent,
    Standing,
    TouchSession,
)
from eid.domain.grant import Consent
from eid.domain.handles import digest
from eid.errors import Conflict

if TYPE_CHECKING:
    from eid.ports import Store

    _: Store = MemoryStore()


@pytest.fixture
def store() -> MemoryStore:
    memory = MemoryStore()

    async def seed() -> None:
        await put_account(memory)
        await put_card(memory)
        await put_case(memory)
        await put_client(memory)
        await put_session(memory)

    asyncio.run(seed())
    return memory


def test_a_conflict_leaves_nothing_behind(store: MemoryStore) -> None:
    asyncio.run(store.keep([AddReplayMark(b"once", NOW)], ()))
    consent = Consent(make_account().id, make_client().id, frozenset(), frozenset(), NOW)
    with pytest.raises(Conflict):
        asyncio.run(store.keep([SaveConsent(consent), AddReplayMark(b"once", NOW)], ()))
    assert store.tables.consents == {}


def test_two_changes_to_one_row_are_refused(store: MemoryStore) -> None:
    session = make_session().id
    with pytest.raises(ValueError, match="one row"):
        asyncio.run(store.keep([TouchSession(session, NOW), TouchSession(session, NOW)], ()))


def test_a_change_on_standing_loses_to_a_move_in_between(store: MemoryStore) -> None:
    moved = MoveAccount(make_account(level=None), 1)
    asyncio.run(store.keep([moved], ()))
    session = make_session("other", id=b"other")
    with pytest.raises(Conflict):
        asyncio.run(store.keep([AddSession(Standing(make_account().id, 1), session)], ()))
    asyncio.run(store.keep([AddSession(Standing(make_account().id, 2), session)], ()))


@pytest.mark.parametrize("later", [HOUR / 2, 12 * HOUR])
def test_a_session_ends_by_time(store: MemoryStore, later: timedelta) -> None:
    sign_on = store.grants.sign_on
    assert asyncio.run(sign_on(digest(SESSION), None, NOW)) is not None
    assert asyncio.run(sign_on(digest(SESSION), None, NOW + later)) is None


def test_an_ended_session_is_not_found_and_not_ended_twice(store: MemoryStore) -> None:
    end = EndSession(make_session().id, NOW)
    asyncio.run(store.keep([end], ()))
    assert asyncio.run(store.grants.sign_on(digest(SESSION), None, NOW)) is None
    with pytest.raises(Conflict):
        asyncio.run(store.keep([end], ()))


def test_attempts_are_used_up(store: MemoryStore) -> None:
    link = make_case().link_hash
    left = [asyncio.run(store.cases.take_attempt(link, NOW)) for _ in range(6)]
    assert [facts and facts.case.attempts_left for facts in left] == [4, 3, 2, 1, 0, None]


def test_a_disabled_client_is_not_found(store: MemoryStore) -> None:
    asyncio.run(put_client(store, replace(make_client(), disabled=True)))
    assert asyncio.run(store.clients.find(make_client().id)) is None
    assert len(asyncio.run(store.clients.every())) == 1


def test_nothing_is_found_in_another_browser(store: MemoryStore) -> None:
    found = asyncio.run(store.grants.find_pending(b"none", digest(BROWSER), NOW))
    assert found is None
