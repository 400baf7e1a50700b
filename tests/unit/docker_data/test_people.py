"""The demo's invented people, and the page that tells of them.

`python tests/unit/docker_data/test_people.py --write` writes docs/test-persons.md anew.
"""

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eid.domain.holder import Sex, age
from eid.vietnam.personal_number import parse, structure_warnings
from eid.vietnam.place_codes import places
from eid.vietnam.rules import card_valid_until

ROOT = Path(__file__).parents[3]
PEOPLE = ROOT / "docker" / "people.ndjson"
PAGE = ROOT / "docs" / "test-persons.md"

Person = dict[str, Any]

BEFORE_ALL_DEMOS = date(2026, 1, 1)
SITUATIONS = {
    "active": "signs in",
    "notified": "has a notice",
    "approved": "approved, no notice yet",
    "window_passed": "seven days passed",
    "locked": "account locked",
    "card_expired": "card expired",
    "certificate_revoked": "certificate revoked",
}
COMMON = {"kind", "number", "level", "card", "phone", "email", "card_issued", "demo"}
MEMBERS = {
    "citizen": COMMON | {"name", "latin_name", "born", "sex", "nationality", "guardian"},
    "foreigner": COMMON
    | {"name", "latin_name", "born", "sex", "nationality", "passport", "residence_until"},
    "organisation": COMMON | {"names", "founded", "representative"},
}
OPTIONAL = {"email", "card_issued", "guardian"}
HEAD = """\
# Test persons

The forty invented holders of the demo world. Nobody here exists. The page is built from
`docker/people.ndjson`; the same lines, without `demo`, are what `eid issue-batch` reads.

- **Names** say that they are invented: mẫu is *sample*, thử is *trial*, ví dụ and thí dụ are
  *example*, minh họa is *illustration*, giả định is *assumption*, diễn tập and thực hành are
  *exercise*.
- **Personal numbers** have the structure of Decree 137/2015 (place of birth registration, century
  and sex, year) and end in the line's number, where real ones have six random digits. The place
  says where the birth was registered, not where somebody lives.
- **Numbers of foreigners and organisations** (`F…`, `O…`) are our own: the real formats are not in
  the law that we could read.
- **Telephone numbers** count up from +84900000001. The demo sends no message to any telephone:
  notices end in a folder.
- **Mail addresses** are in example.com, which is reserved for examples (RFC 2606).

| # | holder | number | born | registered in | account | card | situation | try this |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def read_people() -> list[Person]:
    return [json.loads(line) for line in PEOPLE.read_text(encoding="utf-8").splitlines()]


def build_page(people: list[Person]) -> str:
    return HEAD + "".join(build_row(line, person) for line, person in enumerate(people, start=1))


def build_row(line: int, person: Person) -> str:
    citizen = person["kind"] == "citizen"
    cells = [
        str(line),
        person["name"] if "name" in person else person["names"]["vi"],
        person["number"],
        person.get("born", f"founded {person.get('founded')}"),
        places()[person["number"][:3]].name if citizen else person["kind"],
        "no level" if person["level"] is None else f"level {person['level']}",
        card_of(person),
        SITUATIONS[person["demo"]["situation"]],
        person["demo"]["try"]["en"],
    ]
    return f"| {' | '.join(cells)} |\n"


def card_of(person: Person) -> str:
    if not person["card"]:
        return "none"
    if "card_issued" not in person:
        return "new"
    valid_until = card_valid_until(day(person["born"]), day(person["card_issued"]))
    return f"of {person['card_issued']}, {f'until {valid_until}' if valid_until else 'no expiry'}"


def day(text: str) -> date:
    return date.fromisoformat(text)


def latin(name: str) -> str:
    plain = name.replace("Đ", "D").replace("đ", "d").replace("'", "")
    decomposed = unicodedata.normalize("NFD", plain)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).upper()


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from texts(member)
    elif isinstance(value, str):
        yield value


PERSONS = read_people()
CITIZENS = [person for person in PERSONS if person["kind"] == "citizen"]
each_person = pytest.mark.parametrize("person", PERSONS, ids=lambda person: person["demo"]["key"])
each_citizen = pytest.mark.parametrize("person", CITIZENS, ids=lambda person: person["demo"]["key"])


def test_there_are_forty_people_and_nobody_twice() -> None:
    assert len(PERSONS) == 40
    for name in ("number", "phone"):
        assert len({person[name] for person in PERSONS}) == 40
    assert len({person["demo"]["key"] for person in PERSONS}) == 40
    mails = [person["email"] for person in PERSONS if "email" in person]
    assert len(set(mails)) == len(mails)


def test_each_line_is_one_compact_object_in_utf_8() -> None:
    raw = PEOPLE.read_bytes()
    again = "".join(
        json.dumps(person, ensure_ascii=False, separators=(",", ":")) + "\n" for person in PERSONS
    )
    assert raw == again.encode("utf-8")


@each_person
def test_a_line_has_the_members_of_its_kind(person: Person) -> None:
    allowed = MEMBERS[person["kind"]]
    assert allowed - OPTIONAL <= set(person) <= allowed
    assert set(person["demo"]) == {"key", "situation", "try"}
    assert set(person["demo"]["try"]) == {"vi", "en"}
    assert person["demo"]["situation"] in SITUATIONS
    assert person["level"] in ({None} if person["kind"] == "organisation" else {1, 2})
    for text in texts(person):
        assert text.strip()
        assert unicodedata.is_normalized("NFC", text)
        assert "|" not in text


@each_person
def test_a_person_is_reached_at_invented_addresses_only(person: Person) -> None:
    line = PERSONS.index(person) + 1
    assert person["phone"] == f"+84900{line:06d}"
    assert re.fullmatch(r"[a-z0-9.]+@example\.com", person.get("email", "a@example.com"))


@each_citizen
def test_a_number_has_its_structure_and_an_invented_end(person: Person) -> None:
    number = parse(person["number"])
    assert structure_warnings(number, day(person["born"]), Sex(person["sex"])) == ()
    assert number[:3] in places()
    assert int(number[6:]) == PERSONS.index(person) + 1


@each_person
def test_the_latin_name_is_the_name_without_its_marks(person: Person) -> None:
    if person["kind"] == "organisation":
        return
    assert person["latin_name"] == latin(person["name"])
    assert re.fullmatch(r"[A-Z]+( [A-Z]+)*", person["latin_name"])


def test_the_first_is_the_card_vectors_woman() -> None:
    first = PERSONS[0]
    assert (first["name"], first["number"]) == ("Nguyễn Thị Mẫu", "001190000001")
    assert (first["born"], first["card_issued"]) == ("1990-01-15", "2021-07-01")
    assert card_of(first) == "of 2021-07-01, until 2030-01-15"


def test_adults_of_level_2_with_a_card_come_from_twenty_provinces() -> None:
    adults = [
        person
        for person in CITIZENS
        if person["level"] == 2
        and person["card"]
        and age(day(person["born"]), BEFORE_ALL_DEMOS) >= 18
    ]
    assert len({person["number"][:3] for person in adults}) >= 20
    situations = Counter(person["demo"]["situation"] for person in adults)
    assert situations["active"] >= 14
    assert situations["notified"] >= 7


def test_every_situation_has_somebody() -> None:
    assert {person["demo"]["situation"] for person in PERSONS} == set(SITUATIONS)


@each_person
def test_only_who_has_a_card_has_lived_with_one(person: Person) -> None:
    situation = person["demo"]["situation"]
    if not person["card"]:
        assert "card_issued" not in person
        assert situation == "notified"
        return
    issued = day(person.get("card_issued", str(BEFORE_ALL_DEMOS)))
    valid_until = card_valid_until(day(person["born"]), issued)
    expired = valid_until is not None and valid_until < BEFORE_ALL_DEMOS
    assert expired == (situation == "card_expired")


def test_cards_expired_at_each_age_of_change() -> None:
    years = set()
    for person in CITIZENS:
        if person["demo"]["situation"] == "card_expired":
            valid_until = card_valid_until(day(person["born"]), day(person["card_issued"]))
            assert valid_until is not None
            years.add(valid_until.year - day(person["born"]).year)
    assert years == {25, 40, 60}


def test_who_acts_for_another_stands_above_and_is_able_to() -> None:
    found = set()
    for line, person in enumerate(PERSONS):
        for role in ("guardian", "representative"):
            if role not in person:
                continue
            found.add(role)
            actor = next(one for one in PERSONS[:line] if one["number"] == person[role])
            assert (actor["level"], actor["demo"]["situation"]) == (2, "active")
            assert age(day(actor["born"]), BEFORE_ALL_DEMOS) >= 18
    assert found == {"guardian", "representative"}


def test_a_child_under_fourteen_has_a_guardian_and_nobody_else_does() -> None:
    for person in CITIZENS:
        is_child = age(day(person["born"]), BEFORE_ALL_DEMOS) < 14
        assert is_child == ("guardian" in person)


def test_the_page_tells_of_these_people() -> None:
    assert PAGE.read_text(encoding="utf-8") == build_page(PERSONS)


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    PAGE.write_text(build_page(PERSONS), encoding="utf-8")
