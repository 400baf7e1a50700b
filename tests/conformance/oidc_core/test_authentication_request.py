"""OpenID Connect Core 1.0, 3.1.2: prompt, max_age, hints, acr, and what is not supported."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from builders import (
    BROWSER,
    HOUR,
    NOW,
    SESSION,
    identifier,
    make_account,
    make_agency,
    make_citizen,
    make_client,
    make_foreigner,
    make_organisation,
    make_session,
    put_account,
    put_client,
)
from oidc_world import PAIRWISE_KEY, World, peopled_world, seen, signed_in_world, signing_keys

from eid.domain.account import AccountStatus
from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.domain.changes import EndSession, MoveAccount
from eid.domain.identifiers import ClientId
from eid.oidc.claims import CLAIMS
from eid.oidc.messages import EngineReply, ErrorPage, NeedsConsent, NeedsLogin, Step
from eid.oidc.subjects import pairwise
from keys.jwks.sign import sign_compact


def error(step: Step) -> str:
    return seen(step).answer["error"]


@pytest.fixture
def world() -> World:
    return signed_in_world()


# Who is here


def test_nobody_here_needs_a_login() -> None:
    world = peopled_world()
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    assert len(world.store.tables.pendings) == 1


@pytest.mark.parametrize("cookie", ["", "x", SESSION + "x", "x" * 5000, "\ud800", "é"])
def test_a_forged_cookie_is_as_good_as_none__SS_14(world: World, cookie: str) -> None:
    assert isinstance(world.begin(session=cookie), NeedsLogin)


def test_after_login_the_stored_request_goes_on__AZ_15() -> None:
    world = peopled_world()
    world.agree()
    step = world.begin(session=None, state="mine", scope="openid")
    assert isinstance(step, NeedsLogin)
    world.sign_in()
    reply = seen(world.resume(step.pending))
    assert reply.answer["state"] == "mine"
    tokens = world.token(reply.answer["code"]).body
    assert tokens["scope"] == "openid"


def test_a_request_works_once__AZ_14() -> None:
    world = peopled_world()
    world.agree()
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    world.sign_in()
    assert isinstance(world.resume(step.pending), EngineReply)
    again = world.resume(step.pending)
    assert isinstance(again, ErrorPage)
    assert (again.error, again.status) == ("unknown_pending", 404)


@pytest.mark.parametrize("browser", ["another", "", BROWSER + "x"])
def test_another_browser_cannot_go_on__AZ_14(browser: str) -> None:
    world = peopled_world()
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    world.sign_in()
    assert isinstance(world.resume(step.pending, browser=browser), ErrorPage)
    assert isinstance(world.decide(step.pending, frozenset(), browser=browser), ErrorPage)
    assert world.store.tables.codes == {}


def test_a_request_waits_half_an_hour() -> None:
    world = peopled_world()
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    world.clock.advance(timedelta(minutes=30))
    assert isinstance(world.resume(step.pending), ErrorPage)


@pytest.mark.parametrize("status", [AccountStatus.LOCKED, AccountStatus.CLOSED])
def test_a_dead_account_has_no_session__RS_06(world: World, status: AccountStatus) -> None:
    world.run(world.store.keep([MoveAccount(make_account(status=status), 1)], ()))
    assert isinstance(world.begin(), NeedsLogin)
    assert error(world.begin(prompt="none")) == "login_required"


def test_a_lock_between_looking_and_keeping_wins(world: World) -> None:
    async def lock() -> None:
        locked = make_account(status=AccountStatus.LOCKED)
        await world.store.keep([MoveAccount(locked, 1)], ())

    world.store.before_keep = lock
    assert isinstance(world.begin(), NeedsLogin)
    assert world.store.tables.codes == {}


def test_a_logout_between_looking_and_keeping_wins(world: World) -> None:
    async def end() -> None:
        await world.store.keep([EndSession(make_session().id, NOW)], ())

    world.store.before_keep = end
    assert isinstance(world.begin(), NeedsLogin)
    assert world.store.tables.codes == {}


def test_using_a_session_moves_its_idle_limit__SS_05(world: World) -> None:
    for _ in range(24):
        world.clock.advance(timedelta(minutes=29))
        assert "code" in seen(world.begin()).answer
    world.clock.advance(timedelta(minutes=29))
    assert isinstance(world.begin(), NeedsLogin)  # twelve hours, however used


# prompt


def test_prompt_none_without_a_session_is_login_required__oidc_core_3_1_2_6() -> None:
    world = peopled_world()
    reply = seen(world.begin(session=None, prompt="none"))
    assert reply.answer["error"] == "login_required"
    assert world.store.tables.pendings == {}


def test_prompt_none_with_a_session_is_silent(world: World) -> None:
    assert "code" in seen(world.begin(prompt="none")).answer


def test_prompt_none_without_consent_is_consent_required(world: World) -> None:
    world.store.tables.consents.clear()
    assert error(world.begin(prompt="none")) == "consent_required"
    assert world.store.tables.pendings == {}


@pytest.mark.parametrize(
    "prompt", ["none login", "login none", "none none consent", "create", "NONE", "login x"]
)
def test_a_prompt_that_cannot_be_is_invalid_request__AZ_11(world: World, prompt: str) -> None:
    assert error(world.begin(prompt=prompt)) == "invalid_request"


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_prompt_login_always_asks_again__AZ_11(world: World, prompt: str) -> None:
    first = auth_time(world, world.code())
    world.clock.advance(timedelta(minutes=1))
    step = world.begin(prompt=prompt)
    assert isinstance(step, NeedsLogin)
    assert isinstance(world.resume(step.pending), NeedsLogin)
    world.clock.advance(timedelta(minutes=1))
    world.sign_in("new", id=identifier("new session"))
    again = world.resume(step.pending, session="new")
    if isinstance(again, NeedsConsent):
        again = world.decide(step.pending, frozenset(CLAIMS), session="new")
    assert auth_time(world, seen(again).answer["code"]) == first + 120


def test_prompt_consent_always_asks(world: World) -> None:
    step = world.begin(prompt="consent")
    assert isinstance(step, NeedsConsent)
    assert isinstance(world.resume(step.pending), NeedsConsent)
    assert "code" in seen(world.decide(step.pending, frozenset(CLAIMS))).answer


def auth_time(world: World, code: str) -> int:
    reply = world.token(code)
    assert reply.status == 200
    claims = jwt.decode(reply.body["id_token"], options={"verify_signature": False})
    when: int = claims["auth_time"]
    return when


# max_age


def test_max_age_that_holds_is_silent_and_auth_time_stays(world: World) -> None:
    first = auth_time(world, world.code())
    world.clock.advance(timedelta(minutes=20))
    assert auth_time(world, world.code(max_age="10000")) == first


@pytest.mark.parametrize(("age", "seconds"), [("0", 1), ("1", 2), ("60", 61)])
def test_max_age_that_passed_needs_a_login__AZ_12(world: World, age: str, seconds: int) -> None:
    world.clock.advance(timedelta(seconds=seconds))
    assert isinstance(world.begin(max_age=age), NeedsLogin)
    assert error(world.begin(max_age=age, prompt="none")) == "login_required"


def test_max_age_counts_from_the_request_and_ends(world: World) -> None:
    world.clock.advance(timedelta(seconds=5))
    step = world.begin(max_age="1")
    assert isinstance(step, NeedsLogin)
    world.clock.advance(timedelta(seconds=60))
    world.sign_in("new", id=identifier("new session"))
    world.clock.advance(timedelta(seconds=60))
    assert "code" in seen(world.resume(step.pending, session="new")).answer


@pytest.mark.parametrize(
    "age", ["-1", "1.5", "x", "1e3", "+1", " 1", "٣", "9" * 10, "9" * 400, "0x10"]
)
def test_max_age_is_a_sane_number__AZ_12(world: World, age: str) -> None:
    assert error(world.begin(max_age=age)) == "invalid_request"


# acr


def test_voluntary_acr_values_never_fail__oidc_core_3_1_2_1(world: World) -> None:
    for values in ("urn:vn:eid:authn:4 urn:vn:eid:authn:3", "urn:mace:incommon:iap:silver", "x"):
        reply = world.token(world.code(acr_values=values))
        claims = jwt.decode(reply.body["id_token"], options={"verify_signature": False})
        assert claims["acr"] == "urn:vn:eid:authn:2"  # what was really reached


def acr_request(**request: object) -> str:
    return json.dumps({"id_token": {"acr": request}})


def test_an_essential_acr_that_can_be_had_is_met__oidc_core_5_5_1_1(world: World) -> None:
    claims = acr_request(essential=True, values=["urn:vn:eid:authn:4", "urn:vn:eid:authn:2"])
    assert "code" in seen(world.begin(claims=claims)).answer
    assert "code" in seen(world.begin(claims=acr_request(essential=True))).answer
    assert "code" in seen(world.begin(claims=acr_request(value="urn:vn:eid:authn:4"))).answer


@pytest.mark.parametrize(
    "request_",
    [
        {"value": "urn:vn:eid:authn:4"},
        {"values": ["urn:vn:eid:authn:3", "urn:vn:eid:authn:4"]},
        {"values": []},
        {"value": "urn:vn:eid:authn:1"},
        {"value": "x"},
    ],
)
def test_an_essential_acr_that_cannot_be_had_fails(world: World, request_: Any) -> None:
    claims = acr_request(essential=True, **request_)
    assert error(world.begin(claims=claims)) == "unmet_authentication_requirements"


def test_a_floor_above_our_methods_fails() -> None:
    floor = AuthenticationLevel.LEVEL_3
    world = signed_in_world(make_client(least_authentication_level=floor))
    assert error(world.begin()) == "unmet_authentication_requirements"


@pytest.mark.parametrize("values", ["urn:vn:eid:authn:1", "", "x"])
def test_nothing_lowers_the_clients_floor__P(world: World, values: str) -> None:
    world.clock.advance(timedelta(seconds=1))
    world.begin(acr_values=values, prompt="login")
    wanted = {pending.wanted for pending in world.store.tables.pendings.values()}
    assert wanted == {AuthenticationLevel.LEVEL_2}


# account level


def test_an_account_level_below_the_clients_is_access_denied() -> None:
    client = make_client(least_account_level=AccountLevel.LEVEL_2)
    world = signed_in_world(client, make_account(level=AccountLevel.LEVEL_1))
    assert error(world.begin()) == "access_denied"
    assert "AuthorizationRefused" in world.store.event_names()
    assert world.store.tables.codes == {}


def test_an_account_without_a_level_reaches_none() -> None:
    organisation = make_organisation(id=make_citizen().id)
    world = signed_in_world(None, make_account(level=None), organisation)
    assert error(world.begin()) == "access_denied"


# hints


def hint(world: World, **changes: Any) -> str:
    """An ID token of ours, one claim changed."""
    keyset, vault = signing_keys()
    sub = pairwise(PAIRWISE_KEY, world.client.agency, make_citizen().id)
    at = int(world.clock.now().timestamp())
    claims: dict[str, Any] = {"iss": world.policy.issuer, "aud": world.client.id, "sub": sub}
    claims |= {"exp": at + 300, "iat": at, **changes}
    return sign_compact(keyset, vault, "ES256", claims, "JWT")


def test_a_hint_of_who_is_here_succeeds__oidc_core_3_1_2_1(world: World) -> None:
    token = world.tokens()["id_token"]
    assert "code" in seen(world.begin(prompt="none", id_token_hint=token)).answer


def test_an_expired_hint_is_still_a_hint(world: World) -> None:
    token = world.tokens()["id_token"]
    world.clock.advance(timedelta(minutes=20))
    assert "code" in seen(world.begin(prompt="none", id_token_hint=token)).answer


def test_a_hint_of_somebody_else_is_never_answered__AZ_13(world: World) -> None:
    world.clock.advance(timedelta(seconds=1))
    other = hint(world, sub="somebody-else")
    assert error(world.begin(prompt="none", id_token_hint=other)) == "login_required"
    step = world.begin(id_token_hint=other)
    assert isinstance(step, NeedsLogin)
    world.clock.advance(timedelta(seconds=1))
    world.sign_in("new", id=identifier("new session"))  # the same person again
    assert error(world.resume(step.pending, session="new")) == "login_required"
    assert world.store.tables.codes == {}


def test_a_hint_is_kept_while_somebody_signs_in() -> None:
    world = peopled_world()
    world.agree()
    step = world.begin(session=None, id_token_hint=hint(world))
    assert isinstance(step, NeedsLogin)
    world.sign_in()
    assert "code" in seen(world.resume(step.pending)).answer


def foreign_hint(world: World) -> str:
    keyset, vault = signing_keys("foreign")
    claims = jwt.decode(hint(world), options={"verify_signature": False})
    return sign_compact(keyset, vault, "ES256", claims, "JWT")


def unsigned_hint(world: World) -> str:
    claims = jwt.decode(hint(world), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none")


def broken_hint(world: World) -> str:
    token = hint(world)
    return token[:-2] + ("AA" if token[-2:] != "AA" else "BB")


@pytest.mark.parametrize("make", [foreign_hint, unsigned_hint, broken_hint, lambda _: "x.y.z"])
def test_a_hint_that_is_not_ours_is_not_believed__AZ_13(world: World, make: Any) -> None:
    assert error(world.begin(prompt="none", id_token_hint=make(world))) == "invalid_request"


@pytest.mark.parametrize(
    "changes", [{"iss": "https://other.example"}, {"aud": "other"}, {"aud": ["tax-portal"]}]
)
def test_a_hint_for_another_is_not_believed__AZ_13(world: World, changes: Any) -> None:
    assert error(world.begin(id_token_hint=hint(world, **changes))) == "invalid_request"


def test_a_subject_asked_for_by_claims_is_a_hint__oidc_core_5_5_1(world: World) -> None:
    sub = pairwise(PAIRWISE_KEY, world.client.agency, make_citizen().id)
    same, other = (json.dumps({"id_token": {"sub": {"value": who}}}) for who in (sub, "somebody"))
    assert "code" in seen(world.begin(claims=same)).answer
    assert error(world.begin(claims=other, prompt="none")) == "login_required"


# claims


def test_a_single_claim_can_be_asked_for__oidc_core_5_5(world: World) -> None:
    asked = '{"userinfo":{"name":{"essential":true},"banana":null}}'
    tokens = world.tokens(scope="openid", claims=asked)
    assert tokens["scope"] == "openid"
    info = world.userinfo(f"Bearer {tokens['access_token']}").body
    assert info["name"] == "Nguyễn Thị Mẫu"
    assert "birthdate" not in info
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert "name" not in claims  # CF-28


def test_no_claim_outside_the_clients_contract__AZ_19() -> None:
    world = signed_in_world(make_client(scopes=frozenset({"openid", "profile"})))
    asked = '{"userinfo":{"personal_number":{"essential":true},"email":null}}'
    tokens = world.tokens(scope="openid", claims=asked)
    info = world.userinfo(f"Bearer {tokens['access_token']}").body
    assert set(info) == {"sub", "account_level"}


@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        '"x"',
        "null",
        '{"userinfo":[]}',
        '{"id_token":{"acr":null},"id_token":{}}',
        '{"userinfo":{"name":NaN}}',
        '{"a":' + "[" * 100 + "]" * 100 + "}",
        '{"a":"' + "x" * 5000 + '"}',
        '{"id_token":{"acr":{"essential":true,"values":[1]}}}',
        '{"id_token":{"sub":{"value":7}}}',
        '{"id_token":{"sub":{"value":"\\u0000"}}}',
        '{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}',
    ],
)
def test_claims_that_cannot_be_read_are_invalid_request__AZ_19(world: World, claims: str) -> None:
    assert error(world.begin(claims=claims)) == "invalid_request"


# What we do not do, and what is never an error


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_what_is_not_supported_has_its_own_error__oidc_core_3_1_2_6(
    world: World, name: str, code: str
) -> None:
    assert error(world.begin(**{name: "https://tax.example/x"})) == code


@pytest.mark.parametrize("name", ["display", "ui_locales", "claims_locales", "login_hint"])
def test_wishes_are_never_an_error__CF_17(world: World, name: str) -> None:
    for value in ("popup", "vi en-US", "<script>", "x" * 500):
        assert "code" in seen(world.begin(**{name: value})).answer


def test_ui_locales_wait_with_the_request() -> None:
    world = peopled_world()
    world.begin(session=None, ui_locales="en vi")
    (pending,) = world.store.tables.pendings.values()
    assert pending.ui_locales == ("en", "vi")


# Consent


def test_the_first_time_the_holder_is_asked__AZ_17(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin(scope="openid profile personal_number")
    assert isinstance(step, NeedsConsent)
    assert step.asked == ("name", "birthdate", "gender", "nationality", "personal_number")
    assert step.redirect_origin == "https://tax.example"
    assert step.holder_name == "Nguyễn Thị Mẫu"
    assert step.required == frozenset()


def test_even_openid_alone_takes_an_act_the_first_time__SS_13(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin(scope="openid")
    assert isinstance(step, NeedsConsent)
    world.decide(step.pending, frozenset())
    assert "code" in seen(world.begin(scope="openid", prompt="none")).answer


def test_what_was_declined_is_not_released__RS_05(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin(scope="openid profile")
    assert isinstance(step, NeedsConsent)
    code = seen(world.decide(step.pending, frozenset({"name", "email"}))).answer["code"]
    access = world.token(code).body["access_token"]
    assert set(world.userinfo(f"Bearer {access}").body) == {"sub", "account_level", "name"}


def test_scope_growth_asks_again_and_earlier_answers_stay__AZ_17(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin(scope="openid profile")
    assert isinstance(step, NeedsConsent)
    world.decide(step.pending, frozenset({"name"}))
    more = world.begin(scope="openid email")
    assert isinstance(more, NeedsConsent)
    world.decide(more.pending, frozenset({"email"}))
    tokens = world.tokens(scope="openid profile email", prompt="none")
    info = world.userinfo(f"Bearer {tokens['access_token']}").body
    assert "name" in info
    assert "birthdate" not in info


def test_saying_no_is_access_denied(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin()
    assert isinstance(step, NeedsConsent)
    assert error(world.decide(step.pending, None)) == "access_denied"
    assert isinstance(world.resume(step.pending), ErrorPage)
    assert world.store.event_names()[-1] == "ConsentRefused"
    assert world.store.tables.consents == {}


def test_a_required_claim_cannot_be_left_out() -> None:
    world = signed_in_world(make_client(required_claims=frozenset({"name", "email"})))
    world.store.tables.consents.clear()
    step = world.begin(scope="openid profile")
    assert isinstance(step, NeedsConsent)
    assert step.required == {"name"}
    assert error(world.decide(step.pending, frozenset({"birthdate"}))) == "access_denied"


def test_a_claim_that_became_required_is_asked_again(world: World) -> None:
    world.agree(given=frozenset({"birthdate"}))
    assert "code" in seen(world.begin()).answer
    world.run(put_client(world.store, replace(world.client, required_claims=frozenset({"name"}))))
    assert isinstance(world.begin(), NeedsConsent)


def test_somebody_else_cannot_agree_for_the_holder__SS_09(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin(prompt="consent", id_token_hint=hint(world))
    assert isinstance(step, NeedsConsent)
    other = make_citizen(id=identifier("other holder"), number="001190000002")
    account = make_account(id=identifier("other account"), holder=other.id, level=None)
    account = replace(account, level=AccountLevel.LEVEL_1)
    world.run(put_account(world.store, account, other))
    world.sign_in("theirs", id=identifier("theirs"), account=account.id)
    answer = world.decide(step.pending, frozenset(CLAIMS), session="theirs")
    assert error(answer) == "login_required"
    assert world.store.tables.codes == {}


def test_consent_without_a_session_goes_back_to_login(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin()
    assert isinstance(step, NeedsConsent)
    assert isinstance(world.decide(step.pending, frozenset(CLAIMS), session=None), NeedsLogin)
    world.clock.advance(HOUR / 4)
    assert "code" in seen(world.decide(step.pending, frozenset(CLAIMS))).answer


def test_a_subject_is_the_same_at_one_sector_and_another_elsewhere__oidc_core_8_1() -> None:
    holder = make_citizen().id
    here = pairwise(PAIRWISE_KEY, make_agency(), holder)
    assert here == pairwise(PAIRWISE_KEY, make_agency(id="x", names={}), holder)
    assert here != pairwise(PAIRWISE_KEY, make_agency(sector="other"), holder)
    assert here != pairwise(PAIRWISE_KEY, make_agency(), make_foreigner().id)
    assert here != pairwise(bytes(32), make_agency(), holder)


def test_a_client_cannot_resume_what_became_disabled(world: World) -> None:
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    world.run(put_client(world.store, replace(world.client, disabled=True)))
    assert isinstance(world.resume(step.pending), ErrorPage)
    assert ClientId(world.client.id) in world.store.tables.clients
