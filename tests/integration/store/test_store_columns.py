"""Whatever the value: what a column is given is what it gives back."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from eid.store.doors import columns

TEXT = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ZONES = some.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = some.datetimes(datetime(1900, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001 - Hypothesis adds the zone


@given(MOMENTS)
def test_a_moment_comes_back_in_utc_to_the_microsecond(at: datetime) -> None:
    back = columns.moment(columns.micros(at))
    assert back == at
    assert back.tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_moments_sort_as_their_numbers(one: datetime, other: datetime) -> None:
    assert (columns.micros(one) < columns.micros(other)) is (one < other)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        columns.micros(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake to be seen


@given(some.dates(), some.dates())
def test_days_come_back_and_sort_as_their_text(one: date, other: date) -> None:
    assert columns.day(columns.iso(one)) == one
    assert (columns.iso(one) < columns.iso(other)) is (one < other)


@given(some.lists(TEXT))
def test_words_keep_their_order_and_sets_their_members(words: list[str]) -> None:
    assert columns.read_words(columns.words(words)) == tuple(words)
    assert columns.read_word_set(columns.word_set(words)) == frozenset(words)
    assert columns.word_set(words) == columns.word_set(reversed(words))


@given(some.integers(1, 2**159 - 1))
def test_a_serial_number_has_twenty_octets__rfc5280_4_1_2_2(serial: int) -> None:
    octets = columns.serial_octets(serial)
    assert len(octets) == 20
    assert columns.read_serial(octets) == serial
