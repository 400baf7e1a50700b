from dataclasses import replace

import pytest
from builders import NOW, make_session

from eid.authentication import FACTORS, ladder
from eid.authentication.ladder import next_factors
from eid.domain.assurance import (
    CARD_SIGNATURE,
    METHODS,
    AuthenticationLevel,
    AuthenticationMethod,
    FactorKind,
)
from eid.domain.session import AuthenticationEvent
from eid.errors import LevelTooLow

LEVELS = list(AuthenticationLevel)
FACE = AuthenticationMethod("face", frozenset({FactorKind.BIOMETRIC}), ("face",))
PASSWORD = AuthenticationMethod("password", frozenset({FactorKind.KNOWN}), ("pwd",))


def test_every_factor_is_a_method_that_sessions_are_read_back_with() -> None:
    assert {factor.name: factor for factor in FACTORS} == METHODS


@pytest.mark.parametrize("wanted", LEVELS[:2])
def test_nobody_here_is_asked_for_the_card(wanted: AuthenticationLevel) -> None:
    assert next_factors(None, wanted)[0] is CARD_SIGNATURE


@pytest.mark.parametrize("wanted", LEVELS[:2])
def test_a_session_by_card_has_reached_level_2(wanted: AuthenticationLevel) -> None:
    assert next_factors(make_session(), wanted) == ()


@pytest.mark.parametrize("wanted", LEVELS[2:])
def test_a_level_that_no_factors_lead_to_is_not_begun(wanted: AuthenticationLevel) -> None:
    for session in (None, make_session()):
        with pytest.raises(LevelTooLow):
            next_factors(session, wanted)


def test_a_session_without_proofs_is_nobody() -> None:
    assert next_factors(replace(make_session(), events=()), LEVELS[0])[0] is CARD_SIGNATURE


def test_a_factor_that_reaches_the_level_goes_before_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ladder, "FACTORS", (PASSWORD, CARD_SIGNATURE, FACE))
    assert next_factors(None, LEVELS[0]) == (PASSWORD, CARD_SIGNATURE, FACE)
    assert next_factors(None, LEVELS[1]) == (CARD_SIGNATURE,)
    assert next_factors(make_session(), LEVELS[3]) == (FACE,)


def test_a_factor_that_adds_no_kind_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "FACTORS", (PASSWORD, FACE))
    session = make_session(events=(AuthenticationEvent(PASSWORD, NOW),))
    assert next_factors(session, LEVELS[2]) == (FACE,)


def test_two_steps_are_taken_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "FACTORS", (PASSWORD, FACE))
    assert next_factors(None, LEVELS[2]) == (PASSWORD,)
