"""Whom an account is for: a citizen, a foreigner, or an organisation."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from eid.domain.identifiers import CountryCode, HolderId, PersonalNumber


class Sex(StrEnum):
    """As printed on the identity card."""

    FEMALE = "F"
    MALE = "M"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in Unicode form C, and the plain letters that the MRZ prints."""

    full: str
    latin: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Where notices go. The number must be registered to the holder (or the guardian)."""

    phone: str | None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person with a personal number."""

    id: HolderId
    number: PersonalNumber
    name: PersonName
    born: date
    sex: Sex
    nationality: CountryCode
    contact: Contact
    died: date | None = None


@dataclass(frozen=True, slots=True)
class Foreigner:
    """A person who lives here under a residence card. The number's format is not in public law."""

    id: HolderId
    number: str
    name: PersonName
    born: date
    sex: Sex
    nationality: CountryCode
    contact: Contact
    passport: str
    residence_until: date


@dataclass(frozen=True, slots=True)
class Organisation:
    """An agency or organisation. The number's format is not in public law."""

    id: HolderId
    number: str
    names: dict[str, str]
    founded: date
    representative: str
    contact: Contact
    dissolved: date | None = None


Person = Citizen | Foreigner
Holder = Citizen | Foreigner | Organisation


def age(born: date, on: date) -> int:
    """Whole years lived on that day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def masked(number: str) -> str:
    """A personal number as screens and trails may show it: the last three characters (PI-03)."""
    return "•" * (len(number) - 3) + number[-3:]
