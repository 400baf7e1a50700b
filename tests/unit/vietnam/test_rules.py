from datetime import UTC, date, datetime, timedelta

import pytest

from eid.domain.account import LockGround
from eid.domain.assurance import AccountLevel
from eid.vietnam import rules
from eid.vietnam.rules import Entitlement, FileKind, HolderKind

ONE, TWO = AccountLevel.LEVEL_1, AccountLevel.LEVEL_2
CITIZEN, FOREIGNER, ORGANISATION = HolderKind
GRANTED, ON_REQUEST, NONE = Entitlement


@pytest.mark.parametrize(
    ("kind", "years", "level", "given"),
    [
        (CITIZEN, 14, ONE, GRANTED),
        (CITIZEN, 14, TWO, GRANTED),
        (CITIZEN, 99, TWO, GRANTED),
        (CITIZEN, 13, ONE, GRANTED),
        (CITIZEN, 13, TWO, ON_REQUEST),
        (CITIZEN, 6, TWO, ON_REQUEST),
        (CITIZEN, 5, ONE, ON_REQUEST),
        (CITIZEN, 5, TWO, NONE),
        (FOREIGNER, 6, ONE, GRANTED),
        (FOREIGNER, 30, TWO, ON_REQUEST),
        (FOREIGNER, 5, ONE, ON_REQUEST),
        (FOREIGNER, 5, TWO, NONE),
        (ORGANISATION, 0, None, GRANTED),
        (ORGANISATION, 0, ONE, NONE),
        (CITIZEN, 30, None, NONE),
    ],
)
def test_who_may_have_which_account__decree_69_art_7(
    kind: HolderKind, years: int, level: AccountLevel | None, given: Entitlement
) -> None:
    assert rules.entitlement(kind, years, level) is given


def test_a_representative_is_needed_until_the_day_of_fourteen__decree_69_art_14_2() -> None:
    born = date(2010, 6, 1)
    assert rules.needs_representative(born, date(2024, 5, 31))
    assert not rules.needs_representative(born, date(2024, 6, 1))


@pytest.mark.parametrize(
    ("kind", "last_day"),
    [
        (FileKind.CITIZEN_LEVEL_1, date(2026, 11, 23)),
        (FileKind.CITIZEN_LEVEL_2, date(2026, 11, 25)),
        (FileKind.CITIZEN_WITHOUT_CARD, date(2026, 12, 1)),
        (FileKind.FOREIGNER_LEVEL_1, date(2026, 11, 23)),
        (FileKind.FOREIGNER_LEVEL_2, date(2026, 11, 25)),
        (FileKind.FOREIGNER_LEVEL_2_UNKNOWN, date(2026, 12, 1)),
        (FileKind.ORGANISATION, date(2026, 11, 25)),
        (FileKind.ORGANISATION_UNKNOWN, date(2026, 12, 5)),
    ],
)
def test_the_last_day_to_answer__decree_69_art_13(kind: FileKind, last_day: date) -> None:
    friday = date(2026, 11, 20)
    assert rules.due(kind, friday) == last_day


def test_self_service_lasts_seven_days_to_the_instant__AC_03() -> None:
    notified = datetime(2026, 2, 27, 23, 59, 59, tzinfo=UTC)
    assert rules.self_service_until(notified) == datetime(2026, 3, 6, 23, 59, 59, tzinfo=UTC)
    assert [at - notified for at in rules.reminders(notified)] == [
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=6),
    ]


@pytest.mark.parametrize(
    ("issued", "valid_until"),
    [
        (date(2000, 1, 1), date(2004, 1, 15)),
        (date(2002, 1, 14), date(2004, 1, 15)),
        (date(2002, 1, 15), date(2015, 1, 15)),
        (date(2013, 1, 14), date(2015, 1, 15)),
        (date(2013, 1, 15), date(2030, 1, 15)),
        (date(2021, 7, 1), date(2030, 1, 15)),
        (date(2028, 1, 15), date(2050, 1, 15)),
        (date(2048, 1, 15), None),
        (date(2051, 1, 1), None),
    ],
)
def test_a_card_is_good_until_the_next_age_of_change__law_26_2023_art_21(
    issued: date, valid_until: date | None
) -> None:
    assert rules.card_valid_until(date(1990, 1, 15), issued) == valid_until


def test_who_was_born_on_a_leap_day_changes_the_card_on_the_first_of_march() -> None:
    assert rules.card_valid_until(date(2000, 2, 29), date(2020, 1, 1)) == date(2025, 3, 1)


def test_grounds_depend_on_who_holds_the_account__decree_69_art_15() -> None:
    assert {ground for ground in LockGround if rules.may_lock(CITIZEN, ground)} == set(
        LockGround
    ) - {LockGround.RESIDENCE_EXPIRED}
    assert rules.may_lock(FOREIGNER, LockGround.RESIDENCE_EXPIRED)
    assert not rules.may_lock(FOREIGNER, LockGround.CARD_EXPIRED)
    assert not rules.may_lock(ORGANISATION, LockGround.HOLDER_DIED)


def test_a_day_begins_and_ends_in_vietnam() -> None:
    day = date(2026, 1, 15)
    assert rules.start_of_day(day) == datetime(2026, 1, 14, 17, 0, tzinfo=UTC)
    assert rules.end_of_day(day) == datetime(2026, 1, 15, 16, 59, 59, tzinfo=UTC)
    assert rules.local_day(datetime(2026, 1, 14, 17, 0, tzinfo=UTC)) == day
    assert rules.local_day(datetime(2026, 1, 14, 16, 59, 59, tzinfo=UTC)) == date(2026, 1, 14)


def test_history_is_kept_for_five_years__decree_69_art_28() -> None:
    assert rules.history_kept_since(date(2026, 11, 21)) == date(2021, 11, 21)
    assert rules.history_kept_since(date(2028, 2, 29)) == date(2023, 3, 1)
