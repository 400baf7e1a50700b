"""Which level a sign-in shall reach, with more methods than we have today."""

import json
from datetime import timedelta

import pytest
from builders import make_client
from oidc_world import PAIRWISE_KEY, World, seen, signed_in_world

from eid.domain.assurance import AuthenticationLevel
from eid.oidc.errors import Denied
from eid.oidc.intake import ATTAINABLE, EXACT
from eid.oidc.messages import NeedsConsent
from eid.oidc.parameters import wanted_level
from eid.oidc.policy import OidcPolicy

ONE, TWO, THREE, FOUR = AuthenticationLevel


@pytest.mark.parametrize(
    ("acr_values", "essential", "floor", "wanted"),
    [
        ("", None, ONE, ONE),
        ("", None, TWO, TWO),
        (THREE.acr, None, ONE, THREE),
        (f"{FOUR.acr} {THREE.acr} {TWO.acr}", None, ONE, THREE),  # the first that can be had
        (f"{TWO.acr} {THREE.acr}", None, ONE, TWO),
        (FOUR.acr, None, TWO, TWO),
        (ONE.acr, None, TWO, TWO),
        ("", frozenset({TWO.acr, THREE.acr}), ONE, THREE),
        ("", frozenset({ONE.acr, TWO.acr}), TWO, TWO),
        (THREE.acr, frozenset({TWO.acr}), ONE, TWO),
    ],
)
def test_wanted_level_table(
    acr_values: str,
    essential: frozenset[str] | None,
    floor: AuthenticationLevel,
    wanted: AuthenticationLevel,
) -> None:
    sent = {"acr_values": acr_values}
    assert wanted_level(sent, essential, floor, frozenset({ONE, TWO, THREE})) is wanted


@pytest.mark.parametrize(
    ("essential", "floor"),
    [(None, FOUR), (frozenset({FOUR.acr}), ONE), (frozenset({ONE.acr}), TWO)],
)
def test_what_cannot_be_had_is_refused(
    essential: frozenset[str] | None, floor: AuthenticationLevel
) -> None:
    with pytest.raises(Denied):
        wanted_level({}, essential, floor, frozenset({ONE, TWO, THREE}))


def test_an_essential_level_1_is_not_promised_where_a_card_goes_beyond__oidc_core_5_5_1_1() -> None:
    """The chip alone comes to level 1; the card and its PIN, on offer beside it, to level 2."""
    assert {ONE, TWO} == ATTAINABLE
    assert {TWO} == EXACT
    world = signed_in_world(make_client(least_authentication_level=ONE))
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": ONE.acr}}})
    told = seen(world.begin(claims=claims)).answer
    assert told["error"] == "unmet_authentication_requirements"


def test_level_1_is_had_where_it_is_only_wished_for() -> None:
    world = signed_in_world(make_client(least_authentication_level=ONE))
    world.clock.advance(timedelta(seconds=1))
    world.begin(acr_values=ONE.acr, prompt="login")
    assert {pending.wanted for pending in world.store.tables.pendings.values()} == {ONE}


def test_a_consent_holds_nothing_that_was_not_asked() -> None:
    world = signed_in_world()
    world.store.tables.consents.clear()
    step = world.begin(scope="openid profile")
    assert isinstance(step, NeedsConsent)
    world.decide(step.pending, frozenset({"name", "email", "banana"}))
    (consent,) = world.store.tables.consents.values()
    assert consent.given == {"name"}
    assert "email" not in consent.asked


@pytest.mark.parametrize("issuer", ["http://localhost:8000", "http://127.0.0.1:8000"])
def test_a_loopback_issuer_needs_no_switch(issuer: str) -> None:
    # Authlib refuses plain http elsewhere, and its switch against that is never set.
    world = World(make_client(), policy=OidcPolicy(issuer, PAIRWISE_KEY))
    assert seen(world.begin(session=None, prompt="none")).answer["iss"] == issuer
