from datetime import date

import pytest

from eid.domain.holder import age, masked


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(1990, 1, 15), date(2026, 1, 14), 35),
        (date(1990, 1, 15), date(2026, 1, 15), 36),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2026, 3, 2), date(2026, 3, 2), 0),
    ],
)
def test_an_age_is_whole_years_lived(born: date, on: date, years: int) -> None:
    assert age(born, on) == years


def test_a_number_is_shown_by_its_end_alone__PI_03() -> None:
    assert masked("001190000001") == "•••••••••001"
