"""The law as dated rules: who may have which account, by when, for how long, and when it locks.

The numbers and their articles are in decree_69_2024.toml; nothing here decides by itself.
"""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from eid.domain.account import LockGround
from eid.domain.assurance import AccountLevel
from eid.domain.holder import Citizen, Foreigner, Holder, age
from eid.vietnam.working_days import add_working_days

VIETNAM = timezone(timedelta(hours=7), "ICT")
"""Legal time since 1975, without daylight saving."""


class HolderKind(StrEnum):
    """The decree's three subjects (Art. 7)."""

    CITIZEN = "citizen"
    FOREIGNER = "foreigner"
    ORGANISATION = "organisation"


class Entitlement(StrEnum):
    """What the decree gives: as of right, when asked for in so many words, or not at all."""

    GRANTED = "granted"
    ON_REQUEST = "on_request"
    NONE = "none"


class FileKind(StrEnum):
    """The kinds of file that Art. 13 gives a deadline each."""

    CITIZEN_LEVEL_1 = "citizen_level_1"
    CITIZEN_LEVEL_2 = "citizen_level_2"
    CITIZEN_WITHOUT_CARD = "citizen_without_card"
    FOREIGNER_LEVEL_1 = "foreigner_level_1"
    FOREIGNER_LEVEL_2 = "foreigner_level_2"
    FOREIGNER_LEVEL_2_UNKNOWN = "foreigner_level_2_unknown"
    ORGANISATION = "organisation"
    ORGANISATION_UNKNOWN = "organisation_unknown"


@dataclass(frozen=True, slots=True)
class CardAges:
    """When an identity card must be changed, in years of age; Law on Identification, Art. 21."""

    renewed_at: tuple[int, ...]
    carried_over_years: int


def kind_of(holder: Holder) -> HolderKind:
    """Which of the three subjects a holder is."""
    if isinstance(holder, Citizen):
        return HolderKind.CITIZEN
    return HolderKind.FOREIGNER if isinstance(holder, Foreigner) else HolderKind.ORGANISATION


def entitlement(kind: HolderKind, years: int, level: AccountLevel | None) -> Entitlement:
    """What Art. 7 gives somebody of that kind and age (0 for an organisation)."""
    wanted = f"level_{level.value}" if level else "no_level"
    for row in _decree()["eligibility"]:
        if row["kind"] == kind and row.get("from", 0) <= years < row.get("below", years + 1):
            return Entitlement(row.get(wanted, Entitlement.NONE))
    return Entitlement.NONE


def may_have(holder: Holder, level: AccountLevel | None, on: date) -> bool:
    """Whether a holder who applies for that level may be given it (Art. 7).

    An application asks in so many words, so what is given on request is given.
    """
    kind = kind_of(holder)
    if isinstance(holder, Citizen | Foreigner):
        if on < holder.born:
            return False
        return entitlement(kind, age(holder.born, on), level) is not Entitlement.NONE
    return entitlement(kind, 0, level) is not Entitlement.NONE


def needs_representative(born: date, on: date) -> bool:
    """Whether somebody must apply and consent for this person (Art. 10, 14.2)."""
    return age(born, on) < int(_decree()["representation"]["below"])


def represented_until(born: date) -> date:
    """The last day on which somebody acts for this person: the day before the birthday."""
    return _birthday(born, int(_decree()["representation"]["below"])) - timedelta(days=1)


def due(kind: FileKind, complete: date) -> date:
    """The last day to answer a file that is complete since that day (Art. 13)."""
    span = _decree()["deadlines"][kind]
    if "days" in span:
        return complete + timedelta(days=span["days"])
    return add_working_days(complete, span["working_days"])


def self_service_until(notified_at: datetime) -> datetime:
    """When activating by oneself ends: days of 24 hours, from the instant of notice (Art. 14)."""
    return notified_at + timedelta(days=_decree()["activation"]["self_service_days"])


def reminders(notified_at: datetime) -> tuple[datetime, ...]:
    """When to remind somebody who has not activated yet. A proposal, not law."""
    days: list[int] = _decree()["activation"]["reminders_after_days"]
    return tuple(notified_at + timedelta(days=count) for count in days)


def may_lock(kind: HolderKind, ground: LockGround) -> bool:
    """Whether the ground exists for that kind of holder (Art. 15)."""
    return ground in _decree()["locks"][kind]


def card_valid_until(born: date, issued: date) -> date | None:
    """The last day of a card: the birthday of the next age of change, or None where none follows.

    A card issued within two years before such an age stays good until the next one
    (Law on Identification, Art. 21).
    """
    ages = card_ages()
    for years in ages.renewed_at:
        if issued < _birthday(born, years - ages.carried_over_years):
            return _birthday(born, years)
    return None


@cache
def card_ages() -> CardAges:
    """The ages of change."""
    row = _decree()["card"]
    return CardAges(tuple(row["renewed_at"]), row["carried_over_years"])


def history_kept_since(today: date) -> date:
    """Before this day, the history of an account's use need not be kept (Art. 28)."""
    return _birthday(today, -int(_decree()["retention"]["history_years"]))


def local_day(at: datetime) -> date:
    """The day that it is in Vietnam."""
    return at.astimezone(VIETNAM).date()


def end_of_day(day: date) -> datetime:
    """The last second of a day in Vietnam, as aware UTC."""
    return datetime.combine(day, time(23, 59, 59), VIETNAM).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """The first instant of a day in Vietnam, as aware UTC."""
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def _birthday(born: date, years: int) -> date:
    """The day somebody turns that age. Who was born on 29 February turns it on 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


@cache
def _decree() -> dict[str, Any]:
    return tomllib.loads(
        (resources.files("eid.vietnam") / "decree_69_2024.toml").read_text("utf-8")
    )
