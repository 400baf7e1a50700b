from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid.vietnam.working_days import add_working_days, holidays, is_working_day

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
counts = st.integers(0, 40)


@pytest.mark.parametrize(
    "free",
    [
        date(2026, 11, 21),
        date(2026, 11, 22),
        date(2026, 1, 1),
        date(2026, 2, 17),
        date(2026, 4, 27),
        date(2026, 9, 2),
        date(2027, 5, 3),
    ],
)
def test_offices_are_closed(free: date) -> None:
    assert not is_working_day(free)


def test_a_holiday_on_a_weekend_is_made_up__labour_code_111_3() -> None:
    assert date(2027, 2, 10) in holidays(2027)
    assert date(2027, 2, 11) in holidays(2027)
    assert date(2027, 2, 12) not in holidays(2027)


def test_a_year_that_is_not_listed_has_its_fixed_days() -> None:
    assert date(2040, 9, 2) in holidays(2040)
    assert len(holidays(2036)) >= 4


def test_the_first_day_does_not_count() -> None:
    assert add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert add_working_days(date(2026, 11, 21), 1) == date(2026, 11, 23)
    assert add_working_days(date(2026, 11, 20), 0) == date(2026, 11, 20)


@given(days, counts)
def test_a_span_ends_on_a_working_day_and_grows(start: date, count: int) -> None:
    end = add_working_days(start, count)
    assert end == start if count == 0 else is_working_day(end)
    assert add_working_days(start, count + 1) > end


@given(days, counts)
def test_starting_later_never_ends_earlier(start: date, count: int) -> None:
    later = add_working_days(start + timedelta(days=1), count)
    assert later >= add_working_days(start, count)


@given(days, st.integers(0, 20), st.integers(0, 20))
def test_spans_add_up(start: date, first: int, second: int) -> None:
    once = add_working_days(start, first + second)
    assert add_working_days(add_working_days(start, first), second) == once
