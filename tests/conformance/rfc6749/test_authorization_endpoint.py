"""RFC 6749, sections 3.1 and 4.1.1 to 4.1.2: the authorization endpoint."""

from urllib.parse import urlsplit

import pytest
from builders import BROWSER, SESSION, make_client
from oidc_world import CALLBACK, ISSUER, World, seen, signed_in_world

from eid.oidc.extensions.pkce import s256
from eid.oidc.messages import EngineReply, EngineRequest, ErrorPage, NeedsLogin


@pytest.fixture
def world() -> World:
    return signed_in_world()


def test_a_code_comes_back_with_the_state__rfc6749_4_1_2(world: World) -> None:
    reply = seen(world.begin())
    assert reply.location.startswith(CALLBACK + "?")
    assert set(reply.answer) == {"code", "state", "iss"}  # CF-14, CF-16
    assert reply.answer["state"] == "state-1"


def test_every_redirect_is_a_303_that_no_store_keeps__AZ_16(world: World) -> None:
    for step in (world.begin(), world.begin(response_type="token")):
        reply = seen(step)
        assert reply.status == 303
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Referrer-Policy"] == "no-referrer"


def test_no_state_is_returned_when_none_was_sent__CF_14(world: World) -> None:
    assert "state" not in seen(world.begin(state=None)).answer
    assert "state" not in seen(world.begin(state=None, response_type="token")).answer


@pytest.mark.parametrize("state", ["a b+c&d=é%20", "x" * 1024, "<script>", "\u202e", "ñ\r\n\t"])
def test_state_comes_back_byte_for_byte__AZ_10(world: World, state: str) -> None:
    assert seen(world.begin(state=state)).answer["state"] == state
    assert seen(world.begin(state=state, scope="profile")).answer["state"] == state


@pytest.mark.parametrize(("name", "length"), [("state", 1025), ("nonce", 513)])
def test_state_and_nonce_have_a_limit__AZ_10(world: World, name: str, length: int) -> None:
    assert seen(world.begin(**{name: "x" * length})).answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK + "/",
        CALLBACK + "/more",
        CALLBACK + "?x=1",
        CALLBACK + "#f",
        CALLBACK + "%20",
        "https://tax.example:443/callback",
        "https://TAX.example/callback",
        "HTTPS://tax.example/callback",
        "http://tax.example/callback",
        "https://me@tax.example/callback",
        "https://tax.example/x/../callback",
        "https://tax.example/callback/..;/",
        "https://tax.example/%63allback",
        "https://tax.example/%2563allback",
        "https://tax.example\\callback",
        "https://tax.example/call\tback",
        "https://tax.example/callback\n",
        "https://tax.example.evil.example/callback",
        "https://sub.tax.example/callback",
        "https://evil.example/callback",
        "//tax.example/callback",
        "/callback",
        "javascript:alert(1)",
        "",
        None,
    ],
)
def test_only_the_registered_redirect_uri__AZ_01(world: World, uri: str | None) -> None:
    step = world.begin(redirect_uri=uri)
    assert isinstance(step, ErrorPage)
    assert step.status == 400
    assert world.store.tables.codes == {}


@pytest.mark.parametrize("client", ["nobody", "", None, "TAX-PORTAL", "tax-portal "])
def test_an_unknown_client_gets_a_page__AZ_02(world: World, client: str | None) -> None:
    assert isinstance(world.begin(client_id=client), ErrorPage)


def test_a_disabled_client_gets_a_page__CA_06() -> None:
    world = signed_in_world(make_client(disabled=True))
    assert isinstance(world.begin(), ErrorPage)


BROKEN = {
    "response_type": "token",
    "scope": "profile",
    "response_mode": "fragment",
    "request": "x.y.z",
    "claims": "{",
    "prompt": "none login",
}


@pytest.mark.parametrize("name", BROKEN)
def test_client_and_uri_are_judged_before_anything_else__AZ_03(world: World, name: str) -> None:
    changes = {name: BROKEN[name]}
    assert isinstance(world.begin(redirect_uri="https://evil.example/", **changes), ErrorPage)
    assert isinstance(world.begin(client_id="nobody", **changes), ErrorPage)
    assert "error" in seen(world.begin(**changes)).answer


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_repeated_client_or_uri_gets_a_page__AZ_02(world: World, name: str) -> None:
    parameters = world.parameters()
    twice = (*parameters.items(), (name, parameters[name]))
    assert isinstance(world.begin_with(twice), ErrorPage)


@pytest.mark.parametrize(
    "name",
    ["scope", "state", "nonce", "response_type", "code_challenge", "prompt", "max_age", "x"],
)
def test_any_other_repeated_parameter_is_invalid_request__AZ_07(world: World, name: str) -> None:
    once = world.parameters(**{name: world.parameters().get(name, "1")})
    reply = seen(world.begin_with((*once.items(), (name, once[name]))))
    assert reply.answer["error"] == "invalid_request"
    assert ("state" in reply.answer) is (name != "state")


def test_one_in_the_query_and_one_in_the_body_is_repeated__AZ_07(world: World) -> None:
    query = (("scope", "openid"),)
    form = tuple(world.parameters().items())
    reply = seen(world.begin_with(query, form=form))
    assert reply.answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("code code", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("Code", "unsupported_response_type"),
        ('cödé\\"', "unsupported_response_type"),
    ],
)
def test_only_the_code_flow__AZ_05(world: World, response_type: str | None, error: str) -> None:
    reply = seen(world.begin(response_type=response_type))
    assert reply.answer["error"] == error
    assert "code" not in reply.answer
    assert not urlsplit(reply.location).fragment


@pytest.mark.parametrize("mode", ["fragment", "form_post", "query.jwt", "QUERY", "web_message"])
def test_only_the_query_response_mode__AZ_06(world: World, mode: str) -> None:
    assert seen(world.begin(response_mode=mode)).answer["error"] == "invalid_request"


def test_unknown_parameters_are_ignored__rfc6749_3_1(world: World) -> None:
    reply = seen(world.begin(extra="foobar", resource="x", display="page", login_hint="a"))
    assert "code" in reply.answer


def test_a_parameter_without_a_value_is_as_if_omitted__rfc6749_3_1(world: World) -> None:
    assert "code" in seen(world.begin(prompt="", max_age="", claims="", id_token_hint="")).answer


def test_unknown_and_foreign_scopes_are_ignored_and_told__AZ_18() -> None:
    world = signed_in_world(make_client(scopes=frozenset({"openid", "profile"})))
    tokens = world.tokens(scope="openid personal_number profile banana claim:email subject:x")
    assert tokens["scope"] == "openid profile"
    info = world.userinfo(f"Bearer {tokens['access_token']}").body
    assert "personal_number" not in info
    assert "email" not in info


def test_errors_go_by_redirect_with_state_and_issuer__AZ_04(world: World) -> None:
    for changes in ({"scope": "x"}, {"prompt": "x"}, {"max_age": "-1"}, {"code_challenge": None}):
        reply = seen(world.begin(**changes))
        assert reply.location.startswith(CALLBACK + "?")
        assert {"error", "error_description", "state", "iss"} == set(reply.answer)
        assert reply.answer["iss"] == ISSUER


def test_descriptions_are_plain_ascii__CF_15(world: World) -> None:
    evil = 'é"\\\r\n'
    for name in ("scope", "prompt", "max_age", "response_type", "claims", "code_challenge"):
        description = seen(world.begin(**{name: evil})).answer["error_description"]
        assert all(" " <= c <= "~" and c not in '"\\' for c in description)


@pytest.mark.parametrize(
    "pairs",
    [
        tuple((f"p{number}", "x") for number in range(60)),
        (("x", "y" * 9000),),
        (("state", "a\0b"),),
        (("state", "a\ud800b"),),
    ],
)
def test_too_much_or_unstorable_is_a_page__AZ_24(
    world: World, pairs: tuple[tuple[str, str], ...]
) -> None:
    asked = (*world.parameters(state=None).items(), *pairs)
    assert isinstance(world.begin_with(asked), ErrorPage)


def test_a_hundred_scopes_are_enough__AZ_24(world: World) -> None:
    scope = "openid " + " ".join(f"s{number}" for number in range(100))
    assert seen(world.begin(scope=scope)).answer["error"] == "invalid_scope"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "TRACE", "DELETE"])
def test_other_methods_issue_nothing__AZ_26(world: World, method: str) -> None:
    query = tuple(world.parameters().items())
    request = EngineRequest(method, "/authorize", {}, query, ())
    step = world.run(world.engine.begin(request, world.visit, SESSION, BROWSER))
    assert isinstance(step, ErrorPage)
    assert step.status == 405
    assert world.store.tables.codes == {}


def test_a_post_is_as_good_as_a_get__oidc_core_3_1_2_1(world: World) -> None:
    step = world.begin_with((), form=tuple(world.parameters().items()))
    assert "code" in seen(step).answer


def test_the_host_header_is_never_looked_at__AZ_25(world: World) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=e"}
    query = tuple(world.parameters().items())
    request = EngineRequest("GET", "/authorize", headers, query, ())
    step = world.run(world.engine.begin(request, world.visit, SESSION, BROWSER))
    assert isinstance(step, EngineReply)
    assert "evil" not in repr(step)


def test_codes_are_handles_of_256_bits__CF_20(world: World) -> None:
    codes = {world.code() for _ in range(20)}
    assert len(codes) == 20
    assert all(len(code) == 43 for code in codes)


def test_only_hashes_are_kept__TJ_12(world: World) -> None:
    code = world.code()
    tokens = world.token(code).body
    held = repr(world.store.tables) + repr(world.store.events)
    assert code not in held
    assert tokens["access_token"] not in held


def test_two_tabs_finish_without_swapping_parameters__AZ_14(world: World) -> None:
    world.store.tables.consents.clear()
    first = world.begin(session=None, state="one", nonce="n1")
    second = world.begin(session=None, state="two", nonce="n2")
    assert isinstance(first, NeedsLogin)
    assert isinstance(second, NeedsLogin)
    answers = [seen(world.decide(step.pending, frozenset())).answer for step in (second, first)]
    assert [answer["state"] for answer in answers] == ["two", "one"]


def test_a_challenge_of_ours_is_s256() -> None:
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert s256(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
