"""Working days: Monday to Friday without public holidays (holidays.toml)."""

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

_SATURDAY = 5
_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether public offices work on that day."""
    return not _is_weekend(day) and day not in holidays(day.year)


def add_working_days(start: date, count: int) -> date:
    """The last day of a span of working days; the day it starts from does not count."""
    day = start
    for _ in range(count):
        day += _DAY
        while not is_working_day(day):
            day += _DAY
    return day


@cache
def holidays(year: int) -> frozenset[date]:
    """The free days of a year, with the days that make up for holidays on a weekend."""
    table = _table()
    named = {date.fromisoformat(f"{year:04}-{day}") for day in table["every_year"]}
    named |= {date.fromisoformat(day) for day in table["by_year"].get(str(year), ())}
    free = set(named)
    for holiday in sorted(named):
        if _is_weekend(holiday):
            free.add(_next_ordinary_day(holiday, free))
    return frozenset(free)


def _next_ordinary_day(day: date, free: set[date]) -> date:
    while _is_weekend(day) or day in free:
        day += _DAY
    return day


def _is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("eid.vietnam") / "holidays.toml").read_text("utf-8"))
