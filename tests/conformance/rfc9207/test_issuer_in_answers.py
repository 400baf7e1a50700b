"""RFC 9207: the authorization response names its issuer, also when it is an error."""

import json

from builders import make_client
from oidc_world import ISSUER, World, peopled_world, seen, signed_in_world

from eid.oidc.messages import NeedsConsent


def discovered(world: World) -> str:
    issuer: str = json.loads(world.engine.discovery().body)["issuer"]
    return issuer


def test_a_code_comes_with_the_issuer__rfc9207_2() -> None:
    world = signed_in_world()
    assert seen(world.begin()).answer["iss"] == ISSUER == discovered(world)


def test_an_error_comes_with_the_issuer__rfc9207_2() -> None:
    world = signed_in_world()
    assert seen(world.begin(scope="none")).answer["iss"] == ISSUER


def test_a_declined_consent_comes_with_the_issuer__rfc9207_2() -> None:
    world = peopled_world()
    world.sign_in()
    step = world.begin()
    assert isinstance(step, NeedsConsent)
    assert seen(world.decide(step.pending, None)).answer["iss"] == ISSUER


def test_the_metadata_says_so__rfc9207_3() -> None:
    document = json.loads(signed_in_world().engine.discovery().body)
    assert document["authorization_response_iss_parameter_supported"] is True


def test_a_query_of_the_redirect_uri_is_retained__rfc6749_3_1_2() -> None:
    uri = "https://tax.example/callback?tab=1"
    world = signed_in_world(make_client(redirect_uris=(uri,)))
    for scope in ("openid", "none"):
        reply = seen(world.begin(scope=scope))
        assert reply.location.startswith(uri + "&")
        assert reply.answer["tab"] == "1"
        assert reply.answer["iss"] == ISSUER
