import json
import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.issuance.issuer_for_tests import ANNA, COMPANY, MAU, as_line

from eid.domain.assurance import AccountLevel
from eid.domain.holder import Citizen, Foreigner, Organisation
from eid.errors import BadDocument, BadNumber, Malformed, TooLarge
from eid.issuance.applications import read_application, refusal_by_law

TODAY = date(2026, 3, 2)


def test_a_citizen_is_read() -> None:
    line = read_application(as_line(MAU))
    holder = line.holder
    assert isinstance(holder, Citizen)
    assert (holder.number, holder.name.full, holder.born) == (
        "001190000001",
        "Nguyễn Thị Mẫu",
        date(1990, 1, 15),
    )
    assert (line.wanted, line.card, line.card_issued) == (
        AccountLevel.LEVEL_2,
        True,
        date(2021, 7, 1),
    )
    assert line.acts_by is None


def test_a_foreigner_and_an_organisation_are_read() -> None:
    foreigner = read_application(as_line(ANNA)).holder
    assert isinstance(foreigner, Foreigner)
    assert foreigner.residence_until == date(2030, 6, 1)
    company = read_application(as_line(COMPANY))
    assert isinstance(company.holder, Organisation)
    assert (company.wanted, company.acts_by) == (None, "001190000001")


def test_names_are_kept_in_form_c__AC_11() -> None:
    decomposed = unicodedata.normalize("NFD", MAU["name"])
    holder = read_application(as_line(MAU, name=decomposed)).holder
    assert isinstance(holder, Citizen)
    assert holder.name.full == MAU["name"]


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"born": "1990-02-30"}, "born"),
        ({"born": "15/01/1990"}, "born"),
        ({"born": 19900115}, "born"),
        ({"sex": "X"}, "sex"),
        ({"level": 3}, "level"),
        ({"level": "2"}, "level"),
        ({"level": True}, "level"),
        ({"level": 2.0}, "level"),
        ({"card": 1}, "card"),
        ({"card": "true"}, "card"),
        ({"card": ...}, "card"),
        ({"latin_name": "Nguyen Thi Mau"}, "latin_name"),
        ({"latin_name": "NGUYEN  MAU"}, "latin_name"),
        ({"latin_name": "A" * 65}, "latin_name"),
        ({"name": "Nguyễn\u202eThị"}, "name"),
        ({"name": "Nguyễn\u200bThị"}, "name"),
        ({"name": " Nguyễn"}, "name"),
        ({"name": "Nguyễn\n"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"nationality": "VN"}, "nationality"),
        ({"phone": "0900 000 001"}, "phone"),
        ({"phone": ...}, "phone"),
        ({"email": "a@b@c"}, "email"),
        ({"guardian": "1"}, "guardian"),
        ({"kind": "robot"}, "kind"),
        ({"status": "active"}, "document"),
        ({"passport": "X1234567"}, "document"),
    ],
)
def test_one_wrong_member_is_named_and_never_repeated(change: dict[str, Any], member: str) -> None:
    with pytest.raises(BadDocument, match=f"^bad_document: {member}: ") as refused:
        read_application(as_line(MAU, **change))
    long = [value for value in change.values() if len(str(value)) > 4]
    assert all(str(value) not in refused.value.detail for value in long)


@pytest.mark.parametrize("number", ["001190000001 ", "\uff10" * 12, "1190000001", "00119000000a"])
def test_nothing_is_folded_into_a_number__AC_09(number: str) -> None:
    with pytest.raises(BadNumber):
        read_application(as_line(MAU, number=number))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"null",
        b'{"kind":"citizen","kind":"citizen"}',
        b'{"kind":NaN}',
        b"{" * 5000,
        b"[" * 9000,
        b"\xff\xfe{}",
    ],
)
def test_what_is_no_single_object_is_refused__rfc7493_2_3(line: bytes) -> None:
    with pytest.raises(BadDocument):
        read_application(line)


def test_an_oversized_line_is_not_even_parsed() -> None:
    with pytest.raises(TooLarge):
        read_application(as_line(MAU, demo={"note": "x" * 16384}))


members = st.dictionaries(
    st.sampled_from([*MAU, *ANNA, *COMPANY, "guardian", "x"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just({"vi": "A"}),
    max_size=4,
)


@given(st.sampled_from([MAU, ANNA, COMPANY]), members)
def test_any_line_is_read_or_refused(base: dict[str, Any], changes: dict[str, Any]) -> None:
    try:
        line = read_application(json.dumps({**base, **changes}).encode())
    except Malformed:
        return
    assert refusal_by_law(line, TODAY) is None or isinstance(refusal_by_law(line, TODAY), str)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    with pytest.raises(Malformed):
        read_application(line)


@pytest.mark.parametrize(
    ("base", "change", "reason"),
    [
        (MAU, {}, None),
        (MAU, {"level": None}, "not_eligible"),
        (MAU, {"born": "2027-01-01"}, "not_eligible"),
        (MAU, {"born": "2021-01-15", "level": 2}, "not_eligible"),
        (MAU, {"born": "2013-01-15", "level": 1}, "guardian_missing"),
        (MAU, {"born": "2013-01-15", "level": 1, "guardian": "001190000001"}, None),
        (MAU, {"card_issued": "2026-03-03"}, "card_issued_later"),
        (ANNA, {}, None),
        (ANNA, {"card": True}, "no_card_for_kind"),
        (ANNA, {"residence_until": "2026-03-01"}, "residence_expired"),
        (COMPANY, {}, None),
        (COMPANY, {"level": 1}, "not_eligible"),
    ],
)
def test_what_the_law_does_not_give_has_a_reason__decree_69_art_7(
    base: dict[str, Any], change: dict[str, Any], reason: str | None
) -> None:
    assert refusal_by_law(read_application(as_line(base, **change)), TODAY) == reason
