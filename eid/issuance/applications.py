"""Applications: read strictly, decided by the law and by what the registry says."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from eid.domain.assurance import AccountLevel
from eid.domain.holder import Citizen, Contact, Foreigner, Holder, Organisation, PersonName, Sex
from eid.domain.identifiers import CountryCode, HolderId, new_id
from eid.errors import TooLarge
from eid.issuance.members import Members, read_members
from eid.vietnam import personal_number, rules
from eid.vietnam.rules import FileKind

MOST_BYTES: Final = 16384

_COMMON: Final = frozenset({"kind", "number", "level", "card", "phone", "email", "demo"})
_PERSON: Final = _COMMON | {"name", "latin_name", "born", "sex", "nationality", "guardian"}
_MEMBERS: Final = {
    "citizen": _PERSON | {"card_issued"},
    "foreigner": _PERSON | {"passport", "residence_until"},
    "organisation": _COMMON | {"name", "names", "founded", "representative"},
}
_LEVELS: Final = frozenset({1, 2})
# The formats of these two are not in public law: a code without spaces, of a size we can keep.
_OTHER_NUMBER: Final = r"[0-9A-Z-]{5,20}"
_PASSPORT: Final = r"[0-9A-Z]{5,20}"
_LATIN: Final = r"[A-Z]+( [A-Z]+)*"
_LONGEST_LATIN: Final = 64  # RFC 5280, appendix A.1: ub-common-name
_PHONE: Final = r"\+?[0-9]{9,15}"
_EMAIL: Final = r"[!-?A-~]{1,64}@[0-9A-Za-z.-]{1,189}"
_STATE: Final = r"[A-Z]{3}"
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_LANGUAGE: Final = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """What one line asks for. `acts_by` is the number of the guardian or representative.

    `card_issued` is set where the card's day of issue is not today.
    """

    holder: Holder
    wanted: AccountLevel | None
    card: bool
    acts_by: str | None
    card_issued: date | None


def read_application(line: bytes) -> ApplicationLine:
    """Read one line: exactly the members of its kind, nothing folded but Unicode form C.

    Raises:
        BadDocument: a member is missing, unknown or not of its shape; the detail names it.
        BadNumber: a citizen's number is not twelve digits.
        TooLarge: more than 16 kB.
    """
    if len(line) > MOST_BYTES:
        raise TooLarge("application line")
    members = read_members(line)
    kind = members.text("kind", "|".join(_MEMBERS))
    members.require_only(_MEMBERS[kind])
    level = members.number_or_none("level", _LEVELS)
    holder = _READERS[kind](members)
    return ApplicationLine(
        holder=holder,
        wanted=None if level is None else AccountLevel(level),
        card=members.truth("card"),
        acts_by=holder.representative
        if isinstance(holder, Organisation)
        else members.optional_text("guardian", r"[0-9]{12}"),
        card_issued=members.optional_day("card_issued"),
    )


def refusal_by_law(line: ApplicationLine, on: date) -> str | None:
    """Why the law does not give what is asked for, as a reason code; None where it does."""
    holder = line.holder
    if not rules.may_have(holder, line.wanted, on):
        return "not_eligible"
    if line.card and not isinstance(holder, Citizen):
        return "no_card_for_kind"
    if line.card_issued is not None and line.card_issued > on:
        return "card_issued_later"
    if isinstance(holder, Foreigner) and holder.residence_until < on:
        return "residence_expired"
    if not isinstance(holder, Organisation) and line.acts_by is None:
        return "guardian_missing" if rules.needs_representative(holder.born, on) else None
    return None


def file_kind(line: ApplicationLine) -> FileKind:
    """Which of the law's deadlines the file has. Who asks for a card has no valid one."""
    if isinstance(line.holder, Organisation):
        return FileKind.ORGANISATION
    is_level_2 = line.wanted is AccountLevel.LEVEL_2
    if isinstance(line.holder, Foreigner):
        return FileKind.FOREIGNER_LEVEL_2 if is_level_2 else FileKind.FOREIGNER_LEVEL_1
    if line.card:
        return FileKind.CITIZEN_WITHOUT_CARD
    return FileKind.CITIZEN_LEVEL_2 if is_level_2 else FileKind.CITIZEN_LEVEL_1


def _read_citizen(members: Members) -> Citizen:
    return Citizen(
        id=HolderId(new_id()),
        number=personal_number.parse(members.text("number")),
        name=_read_name(members),
        born=members.day("born"),
        sex=Sex(members.text("sex", "[FM]")),
        nationality=CountryCode(members.text("nationality", _STATE)),
        contact=_read_contact(members),
    )


def _read_foreigner(members: Members) -> Foreigner:
    return Foreigner(
        id=HolderId(new_id()),
        number=members.text("number", _OTHER_NUMBER),
        name=_read_name(members),
        born=members.day("born"),
        sex=Sex(members.text("sex", "[FM]")),
        nationality=CountryCode(members.text("nationality", _STATE)),
        contact=_read_contact(members),
        passport=members.text("passport", _PASSPORT),
        residence_until=members.day("residence_until"),
    )


def _read_organisation(members: Members) -> Organisation:
    names = members.members("names")
    if "vi" not in names.held or not all(map(_LANGUAGE.fullmatch, names.held)):
        members.refuse("names", "needs `vi`, and languages of two letters")
    return Organisation(
        id=HolderId(new_id()),
        number=members.text("number", _OTHER_NUMBER),
        names={language: _visible(names, language) for language in names.held},
        founded=members.day("founded"),
        representative=members.text("representative", r"[0-9]{12}"),
        contact=_read_contact(members),
    )


_READERS: Final[Mapping[str, Callable[[Members], Holder]]] = {
    "citizen": _read_citizen,
    "foreigner": _read_foreigner,
    "organisation": _read_organisation,
}


def _read_name(members: Members) -> PersonName:
    latin = members.text("latin_name", _LATIN)
    if len(latin) > _LONGEST_LATIN:
        members.refuse("latin_name", "is too long")
    return PersonName(_visible(members, "name"), latin)


def _visible(members: Members, name: str) -> str:
    """A text in form C without control or direction marks: what is seen is all there is (AC-11)."""
    text = unicodedata.normalize("NFC", members.text(name))
    if text != text.strip() or any(unicodedata.category(letter) in _INVISIBLE for letter in text):
        members.refuse(name, "holds what cannot be seen")
    return text


def _read_contact(members: Members) -> Contact:
    return Contact(members.text("phone", _PHONE), members.optional_text("email", _EMAIL))
