"""OpenID Connect RP-Initiated Logout 1.0."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from builders import (
    SESSION,
    identifier,
    make_basic_client,
    make_client,
    make_session,
    put_client,
)
from oidc_world import Reply, World, seen, signed_in_world, signing_keys

from eid.domain.identifiers import ClientId
from eid.oidc.messages import (
    EngineReply,
    EngineRequest,
    ErrorPage,
    LoggedOut,
    LogoutAsked,
    NeedsLogin,
)
from keys.jwks.sign import sign_compact

BYE = "https://tax.example/bye"


@pytest.fixture
def world() -> World:
    return signed_in_world()


@pytest.fixture
def hint(world: World) -> str:
    token: str = world.tokens()["id_token"]
    return token


def has_ended(world: World) -> bool:
    return make_session().id in world.store.tables.ended


def test_a_hint_of_this_session_ends_it_and_leads_back__rpinitiated_2(
    world: World, hint: str
) -> None:
    step = world.end_session(id_token_hint=hint, post_logout_redirect_uri=BYE, state="s t")
    reply: Reply = seen(step)
    assert (reply.status, reply.location) == (303, BYE + "?state=s+t")
    assert reply.headers["Cache-Control"] == "no-store"
    assert has_ended(world)
    assert world.store.event_names()[-1] == "LoggedOut"


def test_without_somewhere_to_go_it_ends_here(world: World, hint: str) -> None:
    assert isinstance(world.end_session(id_token_hint=hint), LoggedOut)
    assert has_ended(world)


def test_a_post_is_as_good_as_a_get__rpinitiated_2(world: World, hint: str) -> None:
    form = (("id_token_hint", hint), ("post_logout_redirect_uri", BYE))
    request = EngineRequest("POST", "/logout", {}, (), form)
    step = world.run(world.engine.end_session(request, world.visit, SESSION))
    assert seen(step).location == BYE


def test_after_logout_nothing_is_left__CF_35_LO_04(world: World, hint: str) -> None:
    code, access = world.code(), world.tokens()["access_token"]
    world.end_session(id_token_hint=hint)
    assert seen(world.begin(prompt="none")).answer["error"] == "login_required"
    assert isinstance(world.begin(), NeedsLogin)
    assert world.token(code).body["error"] == "invalid_grant"
    assert world.userinfo(f"Bearer {access}").status == 401


def test_an_expired_hint_is_honoured__rpinitiated_4(world: World, hint: str) -> None:
    world.clock.advance(timedelta(minutes=20))
    assert seen(world.end_session(id_token_hint=hint, post_logout_redirect_uri=BYE)).status == 303
    assert has_ended(world)


@pytest.mark.parametrize("sent", [{}, {"post_logout_redirect_uri": BYE}, {"state": "x"}])
def test_without_a_hint_the_holder_is_asked__LO_01(world: World, sent: dict[str, str]) -> None:
    assert world.end_session(**sent) == LogoutAsked(None, ())
    assert world.end_session(client_id="tax-portal", **sent) == LogoutAsked(world.client, ())
    assert not has_ended(world)


def changed(token: str, **changes: Any) -> str:
    keyset, vault = signing_keys()
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return sign_compact(keyset, vault, "ES256", claims, "JWT")


def unsigned(_: World, token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "x"})


def hmac_with_our_public_key(world: World, token: str) -> str:
    jwk = world.run(world.engine.jwks()).body.decode()
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(claims, json.dumps(jwk), algorithm="HS256", headers={"kid": kid})


def foreign(_: World, token: str) -> str:
    keyset, vault = signing_keys("foreign")
    claims = jwt.decode(token, options={"verify_signature": False})
    return sign_compact(keyset, vault, "ES256", claims, "JWT")


def other_issuer(_: World, token: str) -> str:
    return changed(token, iss="https://other.example")


def other_client(_: World, token: str) -> str:
    return changed(token, aud="somebody")


def cut(_: World, token: str) -> str:
    return token[:-4]


@pytest.mark.parametrize(
    "make", [unsigned, hmac_with_our_public_key, foreign, other_issuer, other_client, cut]
)
def test_a_hint_that_is_not_ours_is_never_honoured__CF_34_LO_03(
    world: World, hint: str, make: Callable[[World, str], str]
) -> None:
    step = world.end_session(id_token_hint=make(world, hint), post_logout_redirect_uri=BYE)
    assert step == LogoutAsked(None, ())
    assert not has_ended(world)
    assert not isinstance(
        world.confirm(id_token_hint=make(world, hint), post_logout_redirect_uri=BYE), EngineReply
    )


def test_a_hint_of_another_session_only_asks__LO_03(world: World, hint: str) -> None:
    other = changed(hint, sid="another")
    step = world.end_session(id_token_hint=other, post_logout_redirect_uri=BYE)
    assert step == LogoutAsked(world.client, ("https://tax.example",))
    assert not has_ended(world)
    none = changed(hint, sid=None)
    assert isinstance(world.end_session(id_token_hint=none), LogoutAsked)
    assert not has_ended(world)


@pytest.mark.parametrize(
    "uri",
    [
        BYE + "/",
        BYE + "?x=1",
        BYE.upper(),
        "https://tax.example/callback",
        "https://evil.example/",
        "javascript:alert(1)",
    ],
)
def test_never_to_an_unregistered_place__LO_02(world: World, hint: str, uri: str) -> None:
    assert isinstance(
        world.end_session(id_token_hint=hint, post_logout_redirect_uri=uri), LoggedOut
    )


def test_another_clients_place_is_not_ours__LO_02(world: World, hint: str) -> None:
    theirs = "https://basic.example/bye"
    client = make_basic_client(post_logout_redirect_uris=(theirs,))
    world.run(put_client(world.store, client))
    step = world.end_session(id_token_hint=hint, post_logout_redirect_uri=theirs)
    assert isinstance(step, LoggedOut)


def test_client_id_and_hint_must_agree__rpinitiated_2(world: World, hint: str) -> None:
    world.run(put_client(world.store, make_client(id=ClientId("other"))))
    step = world.end_session(id_token_hint=hint, client_id="other", post_logout_redirect_uri=BYE)
    assert isinstance(step, LogoutAsked)
    assert step.redirect_origins == ()
    assert not has_ended(world)
    same = world.end_session(
        id_token_hint=hint, client_id="tax-portal", post_logout_redirect_uri=BYE
    )
    assert seen(same).location == BYE


def test_saying_yes_ends_it_and_a_good_hint_leads_back(world: World, hint: str) -> None:
    other = changed(hint, sid="another")
    step = world.confirm(id_token_hint=other, post_logout_redirect_uri=BYE, state="x")
    assert seen(step).location == BYE + "?state=x"
    assert has_ended(world)


def test_saying_yes_without_a_hint_leads_nowhere__CF_34(world: World) -> None:
    step = world.confirm(client_id="tax-portal", post_logout_redirect_uri=BYE)
    assert isinstance(step, LoggedOut)
    assert has_ended(world)


def test_nobody_here_has_nothing_to_end(world: World, hint: str) -> None:
    assert isinstance(world.end_session(session=None), LoggedOut)
    back = world.end_session(session=None, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert seen(back).location == BYE
    assert not has_ended(world)


def test_twice_is_once(world: World, hint: str) -> None:
    async def meanwhile() -> None:
        request = EngineRequest("GET", "/logout", {}, (("id_token_hint", hint),), ())
        await world.engine.end_session(request, world.visit, SESSION)

    world.store.before_keep = meanwhile
    assert isinstance(world.end_session(id_token_hint=hint), LoggedOut)
    assert isinstance(world.confirm(), LoggedOut)


def test_a_repeated_parameter_ends_nothing(world: World, hint: str) -> None:
    query = (("id_token_hint", hint),) * 2
    request = EngineRequest("GET", "/logout", {}, query, ())
    assert isinstance(world.run(world.engine.end_session(request, world.visit, SESSION)), ErrorPage)
    assert not has_ended(world)


def test_another_persons_hint_does_not_end_mine__LO_03(world: World, hint: str) -> None:
    world.sign_in("mine", id=identifier("my session"))
    step = world.end_session(session="mine", id_token_hint=hint)
    assert isinstance(step, LogoutAsked)
    assert world.store.tables.ended == {}
