import asyncio
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import make_citizen, make_foreigner, make_organisation

from eid.domain.holder import Holder, PersonName, Sex
from eid.errors import BadDocument, RegistryAway
from eid.standins.people import read_people
from eid.standins.registry import PeopleRegistry

LINES: list[dict[str, Any]] = [
    {
        "number": "001190000001",
        "name": "Nguyễn Thị Mẫu",
        "latin_name": "NGUYEN THI MAU",
        "born": "1990-01-15",
        "sex": "F",
        "nationality": "VNM",
        "demo": {"key": "mau", "situation": "active", "try": {"en": "Sign in."}},
    },
    {
        "number": "F00000000001",
        "name": "Jane Sample",
        "latin_name": "JANE SAMPLE",
        "born": "1985-06-01",
        "sex": "F",
        "nationality": "UTO",
        "passport": "X0000001",
        "residence_until": "2030-06-01",
        "demo": {"registry": {"passport": "X0000002"}},
    },
    {
        "number": "O00000000001",
        "names": {"vi": "Công ty Mẫu", "en": "Sample Company"},
        "founded": "2010-01-04",
        "representative": "001190000001",
    },
]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.ndjson"
    path.write_text("\n".join(json.dumps(line) for line in LINES) + "\n\n", "utf-8")
    return path


def differences(people: Path, holder: Holder) -> Sequence[str]:
    return asyncio.run(PeopleRegistry(people).differences(holder))


def test_who_is_as_declared_does_not_differ(people: Path) -> None:
    assert differences(people, make_citizen()) == ()
    assert differences(people, make_organisation()) == ()


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"name": PersonName("Nguyễn Thị Mẩu", "NGUYEN THI MAU")}, "name"),
        ({"name": PersonName("Nguyễn Thị Mẫu", "NGUYEN THI MAI")}, "latin_name"),
        ({"born": date(1990, 1, 16)}, "born"),
        ({"sex": Sex.MALE}, "sex"),
        ({"nationality": "UTO"}, "nationality"),
    ],
)
def test_what_differs_is_named_without_the_registry_s_value__AC_16(
    people: Path, change: dict[str, Any], member: str
) -> None:
    assert differences(people, make_citizen(**change)) == (member,)


def test_names_differ_neither_by_case_nor_by_form__AC_11(people: Path) -> None:
    other = unicodedata.normalize("NFD", "NGUYỄN THỊ MẪU")
    assert differences(people, make_citizen(name=PersonName(other, "NGUYEN THI MAU"))) == ()


def test_who_is_unknown_is_told_by_the_number_alone(people: Path) -> None:
    assert differences(people, make_citizen(number="001190000009")) == ("number",)


def test_the_file_may_invent_a_difference(people: Path) -> None:
    assert differences(people, make_foreigner()) == ("passport",)


def test_members_of_each_kind_are_compared(people: Path) -> None:
    company = make_organisation(founded=date(2011, 1, 1), names={"vi": "Khác"})
    assert differences(people, company) == ("names", "founded")
    other = replace(make_foreigner(), residence_until=date(2031, 1, 1))
    assert differences(people, other) == ("passport", "residence_until")


def test_a_registry_without_its_file_is_away(tmp_path: Path) -> None:
    with pytest.raises(RegistryAway):
        differences(tmp_path / "none", make_citizen())


def test_people_are_read_with_what_the_demo_says_of_them(people: Path) -> None:
    mau, jane, company = read_people(people)
    assert (mau.key, mau.situation, mau.hints) == ("mau", "active", {"en": "Sign in."})
    assert (jane.key, jane.situation) == ("F00000000001", "notified")
    assert company.name == "Công ty Mẫu"


@pytest.mark.parametrize("line", ["{", "[]", "1", "{}", '{"number": "1"}'])
def test_a_line_that_names_nobody_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text(f'{{"number": "1", "name": "A"}}\n{line}\n')
    with pytest.raises(BadDocument, match="line 2"):
        read_people(path)
