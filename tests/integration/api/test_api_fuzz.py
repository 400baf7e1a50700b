"""Whatever is sent, the answer is one of ours: dressed, and never a fault of ours."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from integration.api.front_door import ISSUER, FrontDoor
from integration.api.strange import (
    FORM,
    HEADERS,
    METHODS,
    NAMES,
    PAIRS,
    VALUES,
    clean_of,
    encoded,
    targets,
)
from integration.api.visitor import OURS, Visitor
from integration.api.wire import raw

SLOW = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def door(shared_door: FrontDoor) -> FrontDoor:
    return shared_door


@pytest.fixture(scope="module")
def holder(shared_door: FrontDoor) -> Visitor:
    """A browser in which somebody is signed in."""
    visitor = shared_door.visitor()
    shared_door.to_consent(visitor, "adult_danang")
    return visitor


def is_ours(door: FrontDoor, status: int, headers: Mapping[str, str], text: str) -> bool:
    """Whether an answer is neither a fault of ours nor a framework's, and leads nowhere strange."""
    assert status == 503 or status < 500, text
    assert status != 422, text
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 10
    where = headers.get("location")
    if where is not None:
        assert status == 303
        parts = urlsplit(where)
        registered = [uri for file in door.clients.values() for uri in file["redirect_uris"]]
        registered += [uri for f in door.clients.values() for uri in f["post_logout_redirect_uris"]]
        inside = not (parts.scheme or parts.netloc) and where[:1] == "/" and where[:2] != "//"
        assert inside or f"{parts.scheme}://{parts.netloc}{parts.path}" in registered
    return True


def paths_of(door: FrontDoor) -> list[str]:
    return sorted({str(route.path) for route in iter_route_contexts(door.app.routes)})


@SLOW
@given(data=st.data())
def test_whatever_is_asked_the_answer_is_ours(door: FrontDoor, data: st.DataObject) -> None:
    method = data.draw(METHODS)
    target = data.draw(targets(paths_of(door)))
    headers = data.draw(HEADERS)
    body = data.draw(st.one_of(st.binary(max_size=200), PAIRS.map(lambda p: encoded(p).encode())))
    chunked = data.draw(st.booleans())
    answer = door.http.request(
        method, ISSUER + target, headers=raw(headers), content=iter([body]) if chunked else body
    )
    assert is_ours(door, answer.status_code, answer.headers, answer.text)


@SLOW
@given(changes=PAIRS, drop=st.sets(NAMES, max_size=3), post=st.booleans())
@example(changes=[("max_age", "0")], drop=set(), post=True)
@example(changes=[("claims", "[" * 4000)], drop=set(), post=False)
def test_a_good_request_with_anything_changed_is_answered(
    door: FrontDoor,
    holder: Visitor,
    changes: list[tuple[str, str]],
    drop: set[str],
    post: bool,  # noqa: FBT001 - drawn
) -> None:
    asked = door.request()
    names = dict(changes)
    pairs = [(k, v) for k, v in asked.items() if k not in drop and k not in names]
    pairs += [(clean_of(name), clean_of(value)) for name, value in changes]
    if post:
        page = holder.ask("POST", "/authorize", pairs, OURS)
    else:
        page = holder.ask("GET", f"/authorize?{urlencode(pairs)}")
    assert is_ours(door, page.status, page.headers, page.text)


@SLOW
@given(data=st.data())
def test_a_form_of_ours_with_anything_in_it_is_answered(
    door: FrontDoor, holder: Visitor, data: st.DataObject
) -> None:
    posts = [p for p in paths_of(door) if p not in {"/token", "/userinfo", "/demo/clock"}]
    target = data.draw(targets(posts))
    token = dict(holder.get("/demo/clock").form("/demo/clock").fields)["csrf"]
    pairs = [(clean_of(name), clean_of(value)) for name, value in data.draw(PAIRS)]
    jar = dict(holder.jar)
    page = holder.ask("POST", ISSUER + target, [("csrf", token), *pairs], OURS)
    holder.jar = jar  # it may have signed out
    assert is_ours(door, page.status, page.headers, page.text)


@SLOW
@given(pairs=PAIRS, scheme=st.sampled_from(["Basic ", "bearer ", "", "basic"]), credentials=VALUES)
@example(pairs=[("grant_type", "authorization_code")], scheme="Basic ", credentials="AAA6")
def test_a_token_request_of_any_kind_is_answered_in_JSON__CF_22(
    door: FrontDoor, pairs: list[tuple[str, str]], scheme: str, credentials: str
) -> None:
    headers = raw({"Content-Type": FORM, "Authorization": scheme + credentials})
    answer = door.http.post("/token", headers=headers, content=encoded(pairs).encode())
    assert is_ours(door, answer.status_code, answer.headers, answer.text)
    assert answer.status_code in {400, 401}
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
