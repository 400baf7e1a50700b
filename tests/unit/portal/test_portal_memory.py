"""What the agency keeps of a browser: bounded, short-lived, spent once."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from unit.portal.fake_provider import NOW

from api.portal.sessions import Shelf

HOUR = timedelta(hours=1)


def test_a_thing_is_taken_once() -> None:
    shelf: Shelf[str] = Shelf(10, HOUR)
    name = shelf.put("thing", NOW)
    assert shelf.find(name, NOW) == "thing"
    assert shelf.take(name, NOW) == "thing"
    assert shelf.take(name, NOW) is None
    assert shelf.find(name, NOW) is None


def test_a_thing_is_gone_when_its_time_is_over__SS_05() -> None:
    shelf: Shelf[str] = Shelf(10, HOUR)
    one, two = shelf.put("one", NOW), shelf.put("two", NOW)
    just_before = NOW + HOUR - timedelta(microseconds=1)
    assert shelf.find(one, just_before) == "one"
    assert shelf.find(one, NOW + HOUR) is None
    assert shelf.take(two, NOW + HOUR) is None


def test_the_least_recently_used_thing_makes_room() -> None:
    shelf: Shelf[int] = Shelf(3, HOUR)
    names = [shelf.put(number, NOW) for number in range(3)]
    shelf.find(names[0], NOW)
    newest = shelf.put(3, NOW)
    assert [shelf.find(name, NOW) for name in [*names, newest]] == [0, None, 2, 3]


def test_names_are_unguessable_and_not_kept__SS_03() -> None:
    shelf: Shelf[str] = Shelf(10, HOUR)
    names = {shelf.put("thing", NOW) for _ in range(10)}
    assert len(names) == 10
    assert all(len(name) == 43 for name in names)  # 256 bits in base64url
    assert not any(name.encode() in shelf._things for name in names)


@given(st.lists(st.integers(0, 5), max_size=40))
def test_a_shelf_never_holds_more_than_its_room(things: list[int]) -> None:
    shelf: Shelf[int] = Shelf(4, HOUR)
    kept = [(shelf.put(thing, NOW), thing) for thing in things]
    assert [shelf.find(name, NOW) for name, _ in kept[-4:]] == [thing for _, thing in kept[-4:]]
    assert [shelf.find(name, NOW) for name, _ in kept[:-4]] == [None] * len(kept[:-4])
