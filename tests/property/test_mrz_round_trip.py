from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from eid.domain.holder import PersonName, Sex
from eid.domain.identifiers import PersonalNumber
from eid.emrtd import mrz
from eid.emrtd.mrz import Td1
from eid.errors import BadNumber, Malformed
from eid.vietnam import mrz_profile

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
word = st.text(LETTERS, min_size=1, max_size=7)
number = st.text(LETTERS + DIGITS, min_size=1, max_size=9)
six = st.text(DIGITS, min_size=6, max_size=6)
optional = st.text(LETTERS + DIGITS, max_size=9)
zones = st.builds(
    Td1,
    code=st.sampled_from(["I", "ID", "A", "C"]),
    issuer=st.sampled_from(["VNM", "UTO", "D"]),
    number=number | st.text(LETTERS + DIGITS, min_size=10, max_size=13),
    born=six,
    sex=st.sampled_from(["F", "M", ""]),
    expires=six,
    nationality=st.sampled_from(["VNM", "D"]),
    primary=word,
    secondary=st.lists(word, max_size=2).map("<".join),
    optional_1=optional,
    optional_2=optional,
)


@given(zones)
def test_what_was_built_is_parsed(zone: Td1) -> None:
    assert mrz.parse(mrz.build(zone)) == zone


@given(st.tuples(*[st.text(LETTERS + DIGITS + "<", min_size=30, max_size=30)] * 3))
def test_any_three_lines_are_read_or_refused(lines: tuple[str, str, str]) -> None:
    try:
        zone = mrz.parse(lines)
    except Malformed:
        return
    assert len(zone.number) <= 22


@given(st.tuples(*[st.text(max_size=40)] * 3))
def test_any_text_is_read_or_refused(lines: tuple[str, str, str]) -> None:
    try:
        mrz_profile.read_mrz(lines)
    except (Malformed, BadNumber):
        return


@given(
    born=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    sex=st.sampled_from(Sex),
    serial=st.text(DIGITS, min_size=6, max_size=6),
    names=st.lists(word, min_size=2, max_size=3),
    valid_until=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 30)),
)
def test_a_card_reads_back_with_its_century(
    born: date, sex: Sex, serial: str, names: list[str], valid_until: date | None
) -> None:
    fourth = 2 * (born.year // 100 - 19) + (sex is Sex.FEMALE)
    number = PersonalNumber(f"001{fourth}{born.year % 100:02}{serial}")
    latin = " ".join(names)
    lines = mrz_profile.build_mrz(number, PersonName(latin, latin), born, sex, valid_until)
    read = mrz_profile.read_mrz(lines)
    assert read == mrz_profile.CardMrz(number, latin, born, sex, valid_until)
