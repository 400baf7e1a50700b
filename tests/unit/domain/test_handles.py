import re
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from eid.domain import handles
from eid.domain.identifiers import new_id


def test_a_handle_is_256_bits_of_url_safe_text__SS_03() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", handles.make())


def test_no_two_handles_are_alike__SS_03() -> None:
    assert len({handles.make() for _ in range(500)}) == 500


def test_the_store_knows_a_handle_as_its_sha_256__SS_03() -> None:
    assert handles.digest("abc") == sha256(b"abc").digest()


@given(st.text())
def test_any_text_may_be_asked_for__SS_14(text: str) -> None:
    assert len(handles.digest(text)) == 32


@given(st.text(alphabet=st.characters(categories=["Cs"]), min_size=1))
def test_half_a_character_may_be_asked_for__SS_14(text: str) -> None:
    assert len(handles.digest(text)) == 32


@given(st.text(), st.text())
def test_two_texts_are_two_digests(first: str, second: str) -> None:
    assert (handles.digest(first) == handles.digest(second)) is (first == second)


def test_no_identifier_can_be_guessed_from_another() -> None:
    made = {new_id() for _ in range(500)}
    assert len(made) == 500
    assert {len(one) for one in made} == {16}
