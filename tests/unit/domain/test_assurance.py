from itertools import chain, combinations

import pytest
from builders import NOW, make_session

from eid.domain.assurance import (
    ACR_LEVELS,
    CARD_CERTIFICATE,
    CARD_CHIP,
    CARD_SIGNATURE,
    METHODS,
    AuthenticationLevel,
    AuthenticationMethod,
    FactorKind,
    authentication_level,
)
from eid.domain.session import AuthenticationEvent

KNOWN, HELD, BIOMETRIC = FactorKind.KNOWN, FactorKind.HELD, FactorKind.BIOMETRIC

# Decree 69/2024: what each level needs
TABLE: dict[frozenset[FactorKind], int | None] = {
    frozenset(): None,
    frozenset({KNOWN}): 1,
    frozenset({HELD}): 1,
    frozenset({BIOMETRIC}): 1,
    frozenset({KNOWN, HELD}): 2,
    frozenset({KNOWN, BIOMETRIC}): 3,
    frozenset({HELD, BIOMETRIC}): 3,
    frozenset({KNOWN, HELD, BIOMETRIC}): 4,
}


def method(*kinds: FactorKind) -> AuthenticationMethod:
    return AuthenticationMethod("invented", frozenset(kinds), ())


def test_the_table_has_every_set_of_kinds() -> None:
    kinds = list(FactorKind)
    every = chain.from_iterable(combinations(kinds, size) for size in range(len(kinds) + 1))
    assert TABLE.keys() == {frozenset(some) for some in every}


@pytest.mark.parametrize("kinds", TABLE)
def test_the_level_follows_from_the_kinds_in_one_method__decree_69(
    kinds: frozenset[FactorKind],
) -> None:
    level = authentication_level([method(*kinds)])
    assert (level and level.value) == TABLE[kinds]


@pytest.mark.parametrize("kinds", TABLE)
def test_the_level_follows_from_the_kinds_in_several_methods__decree_69(
    kinds: frozenset[FactorKind],
) -> None:
    level = authentication_level(method(kind) for kind in sorted(kinds))
    assert (level and level.value) == TABLE[kinds]


def test_the_same_kind_twice_is_one_kind() -> None:
    assert authentication_level([method(KNOWN), method(KNOWN)]) is AuthenticationLevel.LEVEL_1


def test_nothing_proved_is_no_level() -> None:
    assert authentication_level([]) is None


def test_the_card_and_its_pin_are_level_2() -> None:
    assert authentication_level([CARD_SIGNATURE]) is AuthenticationLevel.LEVEL_2


def test_the_card_s_certificate_is_worth_what_its_signature_is() -> None:
    assert CARD_CERTIFICATE.kinds == CARD_SIGNATURE.kinds
    assert CARD_CERTIFICATE.amr == CARD_SIGNATURE.amr == ("sc", "pin")


def test_the_chip_alone_is_level_1_however_often_it_is_read() -> None:
    assert authentication_level([CARD_CHIP]) is AuthenticationLevel.LEVEL_1
    assert authentication_level([CARD_CHIP, CARD_CHIP]) is AuthenticationLevel.LEVEL_1
    assert authentication_level([CARD_CHIP, CARD_SIGNATURE]) is AuthenticationLevel.LEVEL_2


def test_every_level_has_an_acr_and_is_found_by_it() -> None:
    assert [level.acr for level in AuthenticationLevel] == [
        "urn:vn:eid:authn:1",
        "urn:vn:eid:authn:2",
        "urn:vn:eid:authn:3",
        "urn:vn:eid:authn:4",
    ]
    assert {level.acr: level for level in AuthenticationLevel} == ACR_LEVELS


def test_methods_are_found_by_their_names() -> None:
    assert all(row.name == name for name, row in METHODS.items())


def test_a_session_tells_what_was_proved_and_since_when() -> None:
    face = AuthenticationMethod("face", frozenset({BIOMETRIC}), ("face", "pin"))
    later = NOW.replace(hour=12)
    events = (AuthenticationEvent(face, later), AuthenticationEvent(CARD_SIGNATURE, NOW))
    session = make_session(events=events)
    assert session.level() is AuthenticationLevel.LEVEL_4
    assert session.auth_time() == NOW  # a later factor does not refresh an earlier one (AS-05)
    assert session.amr() == ("face", "pin", "sc")
