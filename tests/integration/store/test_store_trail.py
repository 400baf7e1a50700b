"""The audit trail is read as it was written, page by page, on both databases."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from builders import NOW, make_account, make_session, make_visit

from eid.domain.audit import LoggedIn, LoginRefused
from eid.domain.identifiers import ClientId
from eid.domain.trail import KeptEvent
from eid.oversight import trail
from eid.oversight.trail import AuditTrail
from eid.store import StoreDoors

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


def make_refusal(number: int, trace: str = "other") -> LoginRefused:
    return LoginRefused(
        visit=make_visit(at=NOW + number * SECOND, trace=trace),
        account=make_account().id,
        method="card_signature",
        reason="certificate_untrusted",
        because=f"word_{number}",
        client=ClientId("tax"),
    )


async def keep(doors: StoreDoors, *numbers: int, trace: str = "other") -> None:
    await doors.keep([], [make_refusal(number, trace) for number in numbers])


async def test_an_event_is_read_as_it_was_written__AU_02(doors: StoreDoors) -> None:
    session = make_session().id
    told = LoggedIn(
        visit=make_visit(trace="trace-\u00fc"),
        method="card_signature",
        level=2,
        client=ClientId("tax"),
        session=session,
    )
    await doors.keep([], [told])
    (kept,) = await AuditTrail(doors.trail).last(10)
    assert (kept.kind, kept.at, kept.trace) == ("LoggedIn", NOW, "trace-\u00fc")
    assert kept.account is None
    assert kept.members == {
        "method": "card_signature",
        "level": 2,
        "client": "tax",
        "session": session.hex(),
    }
    await keep(doors, 1)
    assert (await AuditTrail(doors.trail).last(1))[0].account == make_account().id


def words(events: Sequence[KeptEvent]) -> list[object]:
    return [event.members["because"] for event in events]


async def test_the_end_comes_newest_last_over_several_pages(
    doors: StoreDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "PAGE", 2)
    reader = AuditTrail(doors.trail)
    assert not await reader.last(5)
    await keep(doors, 3, 1, 5, 2, 4)
    assert words(await reader.last(3)) == ["word_3", "word_4", "word_5"]
    assert words(await reader.last(99)) == [f"word_{number}" for number in range(1, 6)]


async def test_a_case_is_found_by_its_number_alone__AU_02(
    doors: StoreDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "PAGE", 2)
    await keep(doors, 1, 4)
    await keep(doors, 7, 2, 5, trace="case")
    reader = AuditTrail(doors.trail)
    found = [event async for event in reader.of_case("case")]
    assert words(found) == ["word_2", "word_5", "word_7"]
    assert [event async for event in reader.of_case("nobody")] == []


async def test_what_comes_later_is_shown_once_even_if_its_request_began_earlier(
    doors: StoreDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "PAGE", 2)
    reader = AuditTrail(doors.trail)
    await keep(doors, 0, 10, 20)
    following = reader.follow(await reader.last(99))
    assert not await following.news()
    await keep(doors, 15, 21)  # the first took six seconds
    assert words(await following.news()) == ["word_15", "word_21"]
    await keep(doors, 100)
    assert words(await following.news()) == ["word_100"]
    assert not await following.news()


async def test_an_empty_trail_can_be_followed(doors: StoreDoors) -> None:
    following = AuditTrail(doors.trail).follow([])
    assert not await following.news()
    await keep(doors, 1)
    assert words(await following.news()) == ["word_1"]
