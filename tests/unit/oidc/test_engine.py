"""What the engine costs, and what it says when something fails."""

import logging
from typing import Any

import pytest
from builders import BROWSER, SECRET, SESSION
from oidc_world import ISSUER, World, peopled_world, seen, signed_in_world

from eid.domain.changes import IssueCode, SaveConsent, TouchSession
from eid.errors import Conflict, StoreBusy
from eid.oidc.messages import EngineRequest, ErrorPage, NeedsConsent, NeedsLogin
from eid.oidc.policy import Keys


@pytest.fixture
def world() -> World:
    return signed_in_world()


def cost(world: World, before: int) -> int:
    return world.store.statements - before


def test_a_flow_costs_six_statements(world: World) -> None:
    before = world.store.statements
    code = world.code()
    assert cost(world, before) == 2  # sign_on, keep
    before = world.store.statements
    access = world.token(code).body["access_token"]
    assert cost(world, before) == 2  # spend_code, keep
    before = world.store.statements
    world.userinfo(f"Bearer {access}")
    assert cost(world, before) == 2  # find_token, keep


def test_who_is_not_here_costs_one_keep() -> None:
    world = peopled_world()
    before = world.store.statements
    world.begin(session=None)
    assert cost(world, before) == 1


def test_a_resume_costs_three(world: World) -> None:
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    before = world.store.statements
    world.resume(step.pending)
    assert cost(world, before) == 3  # find_pending, sign_on, keep


def test_looking_again_at_a_page_keeps_nothing(world: World) -> None:
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    before = world.store.statements
    world.resume(step.pending, session=None)
    assert cost(world, before) == 1


def test_an_error_page_costs_nothing(world: World) -> None:
    before = world.store.statements
    world.begin(client_id="nobody")
    world.begin(redirect_uri="https://evil.example/")
    world.userinfo(None)
    assert cost(world, before) == 0


def test_consent_code_and_session_are_kept_together(world: World) -> None:
    world.store.tables.consents.clear()
    step = world.begin()
    assert isinstance(step, NeedsConsent)
    world.decide(step.pending, frozenset({"name"}))
    kinds = {type(change) for change in world.store.kept[-1]}
    assert {SaveConsent, IssueCode, TouchSession} < kinds
    assert len(kinds) == 4


class Failing:
    """A part that fails, whatever is asked of it."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure
        self.calls = 0

    async def keep(self, *_: object) -> None:
        self.calls += 1
        raise self.failure

    async def current(self) -> Keys:
        raise self.failure


FAILURES = [
    (StoreBusy("x"), "temporarily_unavailable", 503),
    (Conflict("x"), "temporarily_unavailable", 503),
    (RuntimeError(SECRET), "server_error", 500),
    (TypeError(SECRET), "server_error", 500),
]


@pytest.mark.parametrize(("failure", "error", "status"), FAILURES)
def test_a_failing_store_is_an_oauth_error__CF_13(
    failure: Exception,
    error: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = signed_in_world()
    step = world.begin(session=None)
    assert isinstance(step, NeedsLogin)
    access = world.tokens()["access_token"]
    failing = Failing(failure)
    monkeypatch.setattr(world.store, "keep", failing.keep)
    reply = seen(world.begin())
    assert reply.answer["error"] == error
    assert (reply.answer["state"], reply.answer["iss"]) == ("state-1", ISSUER)
    assert failing.calls == (3 if isinstance(failure, Conflict) else 1)
    for page in (
        world.resume(step.pending),
        world.decide(step.pending, frozenset()),
    ):
        assert isinstance(page, ErrorPage)
        assert (page.error, page.status) == (error, status)
        assert SECRET not in repr(page)
    info = world.userinfo(f"Bearer {access}")
    assert (info.status, info.body["error"]) == (status, error)
    assert "trace=trace-1" in caplog.text


@pytest.mark.parametrize(("failure", "error", "status"), FAILURES)
def test_a_failing_store_is_an_oauth_error_at_the_token_endpoint(
    world: World, failure: Exception, error: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = world.code()
    monkeypatch.setattr(world.store, "keep", Failing(failure).keep)
    reply = world.token(code)
    assert (reply.status, reply.body["error"]) == (status, error)
    assert SECRET.encode() not in reply.raw


def test_a_failing_keyring_is_an_oauth_error(world: World) -> None:
    code = world.code()
    failing: Any = Failing(RuntimeError("x"))
    world.engine._keyring = failing
    assert seen(world.begin()).answer["error"] == "server_error"
    assert world.token(code).status == 500
    assert seen(world.run(world.engine.jwks())).status == 500
    assert isinstance(world.end_session(id_token_hint="x"), ErrorPage)
    assert isinstance(world.confirm(), ErrorPage)


def test_a_conflict_is_tried_again_where_nothing_was_spent(world: World) -> None:
    async def once() -> None:
        raise Conflict("somebody was quicker")

    world.store.before_keep = once
    assert "code" in seen(world.begin()).answer


def test_authlib_writes_no_token_to_a_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        tokens = world.tokens()
    assert tokens["access_token"] not in caplog.text
    assert tokens["id_token"] not in caplog.text


def test_a_foreign_pending_is_not_found(world: World) -> None:
    for handle in ("", "x", "\ud800", "x" * 10_000):
        step = world.run(world.engine.resume(handle, world.visit, SESSION, BROWSER))
        assert isinstance(step, ErrorPage)
        assert step.status == 404


def test_a_form_with_a_get_is_seen_by_nobody(world: World) -> None:
    request = EngineRequest("GET", "/userinfo", {}, (), (("access_token", "x"),))
    assert seen(world.run(world.engine.userinfo(request, world.visit))).status == 401
