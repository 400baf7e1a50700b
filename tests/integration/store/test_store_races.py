"""Every secret is spent by one alone, whoever else comes at the same moment."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, make_case, make_session
from integration.store.furniture import Furniture, make_code, make_grant
from interleaving import interleaved

from eid.domain import changes as do
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.handles import digest
from eid.domain.identifiers import NoticeId
from eid.domain.notice import Channel, Notice
from eid.errors import Conflict
from eid.ports import Store
from eid.store import StoreDoors
from eid.store.drivers import Statement

pytestmark = pytest.mark.anyio

RACERS = 50
CODES = 12
TESTS = Path(__file__).parents[2]
Spend = Callable[[], Awaitable[object]]


async def winners(spend: Spend) -> int:
    """How many of fifty got something."""
    got = await asyncio.gather(*(spend() for _ in range(RACERS)))
    return sum(bool(one) for one in got)


async def kept(store: Store, change: do.Change) -> bool:
    try:
        await store.keep([change], ())
    except Conflict:
        return False
    return True


async def test_one_of_fifty_spends_a_code__rfc6749_4_1_2(
    store: Store, furniture: Furniture
) -> None:
    _, _, client = await furniture.signed_in()
    code = await furniture.code()
    busy = interleaved(store)
    assert await winners(lambda: busy.grants.spend_code(code.hash, client, NOW)) == 1
    assert await store.grants.find_spent_code(code.hash, client) == code.grant


async def test_fifty_who_look_before_they_mark_spend_a_code_often(
    doors: StoreDoors, furniture: Furniture
) -> None:
    """The control: were a code spent like this, the test above would fail."""
    await furniture.signed_in()
    code = await furniture.code()
    looks = "SELECT hash FROM authorization_code WHERE hash = :hash AND spent_at IS NULL"
    look = Statement("look", looks)
    mark = Statement("mark", "UPDATE authorization_code SET spent_at = 1 WHERE hash = :hash")

    async def look_then_mark() -> bool:
        found = await doors.driver.rows(look, {"hash": code.hash})
        await asyncio.sleep(0)
        if found:
            await doors.driver.rows(mark, {"hash": code.hash})
        return bool(found)

    assert await winners(look_then_mark) > 1


async def test_one_of_fifty_spends_a_challenge__CV_01(store: Store) -> None:
    login = ChallengePurpose.LOGIN
    challenge = Challenge("n", login, "https://eid.example", b"b", NOW, NOW + timedelta(minutes=2))
    await store.keep([do.AddChallenge(challenge)], ())
    busy = interleaved(store)
    assert await winners(lambda: busy.challenges.spend("n", login, b"b", NOW)) == 1


async def test_five_attempts_are_five_however_many_come__AC_04(
    store: Store, furniture: Furniture
) -> None:
    await furniture.account()
    case = await furniture.case(make_case(attempts_left=5))
    busy = interleaved(store)
    taken = await asyncio.gather(
        *(busy.cases.take_attempt(case.link_hash, NOW) for _ in range(RACERS))
    )
    assert sorted(facts.case.attempts_left for facts in taken if facts) == [0, 1, 2, 3, 4]


async def test_one_of_fifty_makes_a_replay_mark(store: Store) -> None:
    busy = interleaved(store)
    mark = do.AddReplayMark(b"jti", NOW + timedelta(minutes=5))
    assert await winners(lambda: kept(busy, mark)) == 1


async def test_one_of_fifty_moves_an_account(store: Store, furniture: Furniture) -> None:
    owner = await furniture.account()
    busy = interleaved(store)
    move = do.MoveAccount(owner.account.close(), owner.version)
    assert await winners(lambda: kept(busy, move)) == 1


async def test_one_of_fifty_ends_a_session(store: Store, furniture: Furniture) -> None:
    await furniture.signed_in()
    busy = interleaved(store)
    assert await winners(lambda: kept(busy, do.EndSession(make_session().id, NOW))) == 1


async def test_tokens_and_a_lock_never_both_win(store: Store, furniture: Furniture) -> None:
    """Whatever the order: no token is issued after the lock."""
    owner, _, _ = await furniture.signed_in()
    code = await furniture.code()
    busy = interleaved(store)
    until = NOW + timedelta(minutes=5)
    changes: list[do.Change] = [
        do.IssueAccessToken(owner.standing, digest(f"t{number}"), code.grant, until)
        for number in range(20)
    ]
    changes.insert(10, do.MoveAccount(owner.account.close(), owner.version))
    done = await asyncio.gather(*(kept(busy, change) for change in changes))
    assert done[10]
    late = do.IssueAccessToken(owner.standing, digest("late"), code.grant, until)
    assert not await kept(store, late)
    for number in range(20):
        place = number if number < 10 else number + 1
        found = await store.grants.find_token(digest(f"t{number}"), NOW)
        assert bool(found) is done[place]


async def test_two_deliverers_do_not_take_the_same_notice(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    for number in range(20):
        notice = Notice(NoticeId(bytes([number])), owner.account.id, Channel.LETTER, "t", b"s", NOW)
        await store.keep([do.QueueNotice(notice)], ())
    busy = interleaved(store)
    taken: list[NoticeId] = []
    while some := await asyncio.gather(*(busy.outbox.claim(3, NOW) for _ in range(4))):
        if not any(some):
            break
        taken += [notice.id for notices in some for notice in notices]
    assert sorted(taken) == [bytes([number]) for number in range(20)]


# Two processes over one database


async def issue_codes(doors: StoreDoors, furniture: Furniture) -> list[bytes]:
    owner, _, _ = await furniture.signed_in()
    for number in range(CODES):
        grant = make_grant(f"code {number}")
        code = make_code(f"code {number}", grant)
        await doors.keep([do.IssueCode(owner.standing, grant, code)], ())
    return [digest(f"code {number}") for number in range(CODES)]


async def race_of_two_processes(database: str, way: str, hashes: list[bytes]) -> list[int]:
    """How often each code was won, in both processes together."""
    racers = [await start_racer(database, way, hashes) for _ in range(2)]
    for racer in racers:
        assert racer.stdout
        assert await racer.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    assert [racer.returncode for racer in racers] == [0, 0]
    scores = [[int(won) for won in answer.split()] for answer, _ in answers]
    return [sum(won) for won in zip(*scores, strict=True)]


async def start_racer(database: str, way: str, hashes: list[bytes]) -> asyncio.subprocess.Process:
    script = Path(__file__).with_name("racer.py")
    arguments = [str(script), database, way, *(one.hex() for one in hashes)]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=pipe,
        stdout=pipe,
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )


async def test_one_of_two_processes_spends_a_code__rfc6749_4_1_2(
    doors: StoreDoors, furniture: Furniture, database: str
) -> None:
    hashes = await issue_codes(doors, furniture)
    assert await race_of_two_processes(database, "right", hashes) == [1] * CODES


async def test_two_processes_that_look_before_they_mark_spend_a_code_often(
    doors: StoreDoors, furniture: Furniture, database: str
) -> None:
    """The control: were a code spent like this, the test above would fail."""
    hashes = await issue_codes(doors, furniture)
    assert max(await race_of_two_processes(database, "wrong", hashes)) > 1
