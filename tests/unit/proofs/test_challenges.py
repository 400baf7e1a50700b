import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, identifier
from hypothesis import given
from hypothesis import strategies as st

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.identifiers import CaseId
from eid.errors import ChallengeExpired, ChallengeSpent
from eid.proofs.challenges import (
    bound_to_case,
    bound_to_pending,
    check_challenge,
    is_nonce,
    issue_challenge,
)

ORIGIN = "https://eid.example"
LIFETIME = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


def issued(purpose: ChallengePurpose = ChallengePurpose.LOGIN) -> Challenge:
    return issue_challenge(purpose, ORIGIN, b"b" * 32, NOW, LIFETIME)


def test_a_challenge_says_what_it_is_for() -> None:
    challenge = issued()
    assert challenge.purpose is ChallengePurpose.LOGIN
    assert (challenge.origin, challenge.bound_to) == (ORIGIN, b"b" * 32)
    assert (challenge.issued_at, challenge.expires_at) == (NOW, NOW + LIFETIME)


def test_a_nonce_is_the_base64_text_of_256_bits__CV_01() -> None:
    nonce = issued().nonce
    assert len(nonce) == 44
    assert len(base64.b64decode(nonce, validate=True)) == 32


def test_no_two_nonces_are_alike__CV_01() -> None:
    assert len({issued().nonce for _ in range(200)}) == 200


def test_our_own_nonces_are_nonces() -> None:
    assert is_nonce(issued().nonce)


def other_spelling(nonce: str) -> str:
    """The same 32 bytes with the two unused bits of the last group set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return nonce[:42] + alphabet[alphabet.index(nonce[42]) | 3] + "="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 43,
        "A" * 44,  # 33 bytes
        "A" * 42 + "==",  # 31 bytes
        "A" * 45,
        "\x00" * 44,
        "é" * 44,
        "\ud800" * 44,
        "-" * 43 + "=",
        " " + "A" * 42 + "=",
        other_spelling("A" * 43 + "="),
    ],
)
def test_a_changed_encoding_is_no_nonce__CV_02(text: str) -> None:
    assert not is_nonce(text)


@given(st.text(max_size=60))
def test_any_text_may_be_asked_about(text: str) -> None:
    is_nonce(text)


def test_a_challenge_in_time_is_handed_back() -> None:
    challenge = issued()
    assert check_challenge(challenge, ChallengePurpose.LOGIN, NOW) is challenge
    assert check_challenge(challenge, ChallengePurpose.LOGIN, NOW + LIFETIME - SECOND) is challenge


def test_no_challenge_is_a_spent_one__CV_02() -> None:
    with pytest.raises(ChallengeSpent):
        check_challenge(None, ChallengePurpose.LOGIN, NOW)


def test_a_challenge_for_another_purpose_is_a_spent_one__CV_05() -> None:
    with pytest.raises(ChallengeSpent):
        check_challenge(issued(ChallengePurpose.ACTIVATION), ChallengePurpose.LOGIN, NOW)


@pytest.mark.parametrize("late", [timedelta(0), SECOND, timedelta(days=400)])
def test_a_challenge_ends_at_the_instant_it_says__CV_01(late: timedelta) -> None:
    with pytest.raises(ChallengeExpired):
        check_challenge(issued(), ChallengePurpose.LOGIN, NOW + LIFETIME + late)


def test_the_purpose_is_looked_at_before_the_time() -> None:
    old = replace(issued(ChallengePurpose.ACTIVATION), expires_at=NOW)
    with pytest.raises(ChallengeSpent):
        check_challenge(old, ChallengePurpose.LOGIN, NOW)


# Domain separation of `bound_to`

ONE, TWO = b"1" * 32, b"2" * 32
CASE = CaseId(identifier("case"))


def test_a_sign_in_is_bound_to_its_request_and_its_browser__SS_08() -> None:
    bound = bound_to_pending(ONE, TWO)
    assert bound == bound_to_pending(ONE, TWO)
    assert len({bound, bound_to_pending(TWO, ONE), bound_to_pending(ONE, ONE)}) == 3


def test_an_activation_is_bound_to_its_case_and_its_browser__AC_06() -> None:
    bound = bound_to_case(CASE, ONE)
    assert bound == bound_to_case(CASE, ONE)
    other_case = CaseId(identifier("other case"))
    assert len({bound, bound_to_case(CASE, TWO), bound_to_case(other_case, ONE)}) == 3


@given(st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_a_case_never_passes_for_a_request(first: bytes, second: bytes) -> None:
    assert bound_to_case(CaseId(first), second) != bound_to_pending(first, second)


@given(st.binary(max_size=20), st.binary(max_size=20), st.integers(0, 40))
def test_bytes_do_not_wander_between_the_parts(first: bytes, second: bytes, cut: int) -> None:
    whole = first + second
    left, right = whole[:cut], whole[cut:]
    same = (left, right) == (first, second)
    assert (bound_to_pending(left, right) == bound_to_pending(first, second)) is same
