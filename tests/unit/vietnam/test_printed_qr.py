import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid.domain.holder import Sex
from eid.domain.identifiers import PersonalNumber
from eid.errors import BadNumber, Malformed
from eid.vietnam import printed_qr
from eid.vietnam.printed_qr import PrintedQr

VECTORS = Path(__file__).parents[2] / "vectors" / "vietnam" / "mrz.json"
TEXT: str = json.loads(VECTORS.read_text("utf-8"))["qr"]
MAU = PrintedQr(
    number=PersonalNumber("001190000001"),
    old_number=None,
    name="Nguyễn Thị Mẫu",
    born=date(1990, 1, 15),
    sex=Sex.FEMALE,
    address="Số 1 phố Thử, Hà Nội",
    issued=date(2021, 7, 1),
)


def test_the_twin_of_the_first_card() -> None:
    assert printed_qr.parse(TEXT) == MAU
    assert printed_qr.build(MAU) == TEXT


def test_more_fields_are_left_unread() -> None:
    assert printed_qr.parse(TEXT + "|Cha|Mẹ|") == MAU


def test_names_are_kept_in_form_c__AC_11() -> None:
    assert printed_qr.parse(unicodedata.normalize("NFD", TEXT)) == MAU


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("|01072021", "", "too few"),
        ("15011990", "31021990", "date of birth"),
        ("15011990", "1501199", "date of birth"),
        ("01072021", "\uff111072021", "date of issue"),
        ("Nữ", "Female", "sex"),
        ("||", "|12345678|", "old number"),
        ("Nguyễn Thị Mẫu", " ", "name"),
        ("Hà Nội", "Hà Nội" * 200, "too long"),
    ],
)
def test_a_wrong_field_is_named(old: str, new: str, field: str) -> None:
    with pytest.raises(Malformed, match=field):
        printed_qr.parse(TEXT.replace(old, new))


def test_the_number_must_be_one() -> None:
    with pytest.raises(BadNumber):
        printed_qr.parse(TEXT.replace("001190000001", "1190000001"))


@given(st.text(max_size=80) | st.lists(st.text(max_size=12), max_size=9).map("|".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        printed_qr.parse(text)
    except (Malformed, BadNumber):
        return
