"""Whatever is sent, the engine answers: it never raises and never fails (5xx)."""

from typing import Any

import pytest
from builders import SECRET, SESSION
from hypothesis import given, settings
from hypothesis import strategies as st
from oidc_world import VERIFIER, World, basic, seen, signed_in_world

from eid.oidc.extensions.pkce import s256
from eid.oidc.messages import EngineReply, EngineRequest, ErrorPage, NeedsConsent, NeedsLogin

WORLD = signed_in_world()

AUTHORIZE = {
    "response_type": ["code", "token", "code id_token"],
    "client_id": ["tax-portal", "nobody"],
    "redirect_uri": ["https://tax.example/callback", "https://evil.example/"],
    "scope": ["openid", "openid profile email", "profile"],
    "state": ["s"],
    "nonce": ["n"],
    "code_challenge": [s256(VERIFIER), "x"],
    "code_challenge_method": ["S256", "plain"],
    "prompt": ["none", "login", "consent", "none login"],
    "max_age": ["0", "-1", "100"],
    "acr_values": ["urn:vn:eid:authn:4"],
    "claims": ["{", '{"userinfo":{"name":null}}', '{"id_token":{"acr":{"essential":true}}}'],
    "id_token_hint": ["x.y.z"],
    "ui_locales": ["vi"],
    "response_mode": ["query", "form_post"],
    "request": ["x"],
}
TOKEN = {
    "grant_type": ["authorization_code", "password"],
    "code": ["x"],
    "redirect_uri": ["https://tax.example/callback"],
    "code_verifier": [VERIFIER],
    "client_id": ["tax-portal", "nobody"],
    "client_secret": [SECRET],
    "client_assertion": ["x.y.z", "e30.e30.", "..", "e30.eyJzdWIiOiJ0YXgtcG9ydGFsIn0.AA"],
    "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
}
# A surrogate cannot come over HTTP, but may come through a careless decoder.
TEXT = st.text(st.characters(), max_size=40)
BEARER = st.none() | TEXT | TEXT.map("Bearer ".__add__)


def parameters(table: dict[str, list[str]]) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    """Mostly right, each now and then anything, absent, or there twice."""
    one = st.sampled_from(sorted(table)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(table[name]) | TEXT)
    )
    strange = st.tuples(TEXT, TEXT)
    whole = st.tuples(*(st.tuples(st.just(n), st.just(v[0])) for n, v in table.items()))
    mixed = st.lists(one | strange, max_size=12).map(tuple)
    changed = st.tuples(whole, st.sets(st.sampled_from(sorted(table))), mixed).map(_merge)
    return mixed | changed


def _merge(parts: Any) -> tuple[tuple[str, str], ...]:
    whole, dropped, more = parts
    names = {name for name, _ in more} | set(dropped)
    return (*(pair for pair in whole if pair[0] not in names), *more)


@settings(max_examples=60, deadline=None)
@given(query=parameters(AUTHORIZE), form=st.just(()) | parameters(AUTHORIZE), session=TEXT)
def test_authorize_always_answers__AZ_04(query: Any, form: Any, session: str) -> None:
    for cookie in (SESSION, session, None):
        step = WORLD.begin_with(query, cookie, form=form)
        if isinstance(step, EngineReply):
            reply = seen(step)
            assert reply.status == 303
            assert reply.location.startswith("https://tax.example/callback?")
            assert reply.location.isascii()
            assert reply.answer.get("error") != "server_error"
            assert ("code" in reply.answer) is not ("error" in reply.answer)
        else:
            assert isinstance(step, NeedsLogin | NeedsConsent | ErrorPage)
            assert not isinstance(step, ErrorPage) or step.status < 500


def test_the_fuzz_reaches_a_code() -> None:
    whole = tuple((name, values[0]) for name, values in AUTHORIZE.items())
    kept = [pair for pair in whole if pair[0] not in {"claims", "id_token_hint", "request"}]
    kept = [pair for pair in kept if pair[0] != "max_age"]
    assert "code" in seen(WORLD.begin_with(tuple(kept))).answer


@settings(max_examples=60, deadline=None)
@given(
    form=parameters(TOKEN),
    header=st.none() | st.just(basic("tax-portal", SECRET)) | TEXT | TEXT.map("Basic ".__add__),
    media=st.just("application/x-www-form-urlencoded") | TEXT,
    query=st.just(()) | parameters(TOKEN),
)
def test_token_always_answers__CF_22(form: Any, header: str | None, media: str, query: Any) -> None:
    headers = {"Content-Type": media}
    if header is not None:
        headers["Authorization"] = header
    reply = WORLD.token_with(form, headers, query)
    assert reply.status in {400, 401}
    assert (reply.status == 401) is (reply.body["error"] == "invalid_client")
    assert reply.headers["Cache-Control"] == "no-store"


@settings(max_examples=30, deadline=None)
@given(header=BEARER, form=parameters({"access_token": ["x"]}))
def test_userinfo_always_answers__RS_04(header: str | None, form: Any) -> None:
    for method in ("GET", "POST"):
        assert WORLD.userinfo(header, method, form=form).status in {400, 401}


@settings(max_examples=30, deadline=None)
@given(sent=st.dictionaries(st.sampled_from(["id_token_hint", "client_id", "state", "x"]), TEXT))
def test_end_session_always_answers(sent: dict[str, str]) -> None:
    world: World = WORLD
    request = EngineRequest("GET", "/logout", {}, tuple(sent.items()), ())
    step = world.run(world.engine.end_session(request, world.visit, SESSION))
    assert not isinstance(step, EngineReply)
    if isinstance(step, ErrorPage):
        assert step.status < 500
    assert world.store.tables.ended == {}


@pytest.mark.parametrize("name", ["code", "code_verifier", "redirect_uri"])
def test_no_change_to_one_parameter_gives_tokens(name: str) -> None:
    world = signed_in_world()

    @settings(max_examples=25, deadline=None)
    @given(value=TEXT)
    def change(value: str) -> None:
        form = {**world.exchange(world.code()), name: value}
        assert world.token_with(form).status == 400

    change()
