"""Every form of ours changes something only when it comes from a page of ours, in this browser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest
from fastapi.routing import iter_route_contexts
from integration.api.front_door import ISSUER, FrontDoor
from integration.api.visitor import OURS, Form, Page, Visitor

# No form of a page: the protocols say who may come, and without a session or a secret that the
# caller has proved, each of them does no more than a link would.
PROTOCOL = {"/authorize", "/token", "/userinfo", "/logout", "/pki/ocsp"}


@dataclass(frozen=True)
class Ready:
    """A form as its page gave it, and what a person would fill in."""

    form: Form
    values: Mapping[str, str]


def sign_out(door: FrontDoor, visitor: Visitor) -> Ready:
    door.sign_in(visitor, "adult_danang")
    return Ready(visitor.get("/").form("/sign-out"), {})


def login(door: FrontDoor, visitor: Visitor) -> Ready:
    form = visitor.get(door.authorize()).form("/login/")
    answer = door.card_answer("adult_danang", dict(form.fields)["nonce"])
    return Ready(form, {"answer": answer})


def consent(door: FrontDoor, visitor: Visitor) -> Ready:
    page = door.to_consent(visitor, "adult_danang")
    return Ready(page.form("/consent/"), {"decision": "agree"})


def logout(door: FrontDoor, visitor: Visitor) -> Ready:
    door.sign_in(visitor, "adult_danang")
    return Ready(visitor.get("/logout").form("/logout/confirm"), {})


def activation_code(door: FrontDoor, visitor: Visitor) -> Ready:
    sent = door.notices("adult_hanoi")
    return Ready(visitor.get(sent["link"]).form("/activate/"), {"code": sent["code"]})


def activation_card(door: FrontDoor, visitor: Visitor) -> Ready:
    ready = activation_code(door, visitor)
    form = visitor.submit(ready.form, ready.values).form("/activate/")
    answer = door.card_answer("adult_hanoi", dict(form.fields)["nonce"])
    return Ready(form, {"answer": answer})


def demo_clock(door: FrontDoor, visitor: Visitor) -> Ready:  # noqa: ARG001 - one shape for all
    return Ready(visitor.get("/demo/clock").form("/demo/clock"), {"hours": "1"})


def demo_reset(door: FrontDoor, visitor: Visitor) -> Ready:  # noqa: ARG001 - one shape for all
    return Ready(visitor.get("/demo/reset").form("/demo/reset/adult_danang"), {})


FORMS: Mapping[str, Callable[[FrontDoor, Visitor], Ready]] = {
    "/sign-out": sign_out,
    "/login/{pending}": login,
    "/consent/{pending}": consent,
    "/logout/confirm": logout,
    "/activate/{link}/code": activation_code,
    "/activate/{link}/card": activation_card,
    "/demo/clock": demo_clock,
    "/demo/reset/{person}": demo_reset,
}


def send(visitor: Visitor, ready: Ready, headers: Mapping[str, str] = OURS) -> Page:
    return visitor.post(ready.form, ready.values, headers)


def with_token(visitor: Visitor, ready: Ready, *tokens: str) -> Page:
    kept = [(name, value) for name, value in ready.form.fields if name != "csrf"]
    form = replace(ready.form, fields=[*kept, *(("csrf", token) for token in tokens)])
    return send(visitor, replace(ready, form=form))


def token_of(ready: Ready) -> str:
    return dict(ready.form.fields)["csrf"]


def without_cookie(visitor: Visitor, ready: Ready) -> Page:
    jar, visitor.jar = visitor.jar, {k: v for k, v in visitor.jar.items() if "browser" not in k}
    try:
        return send(visitor, ready)
    finally:
        visitor.jar = jar


def as_type(visitor: Visitor, ready: Ready, media: str) -> Page:
    return send(visitor, ready, {**OURS, "Content-Type": media})


def in_the_query(visitor: Visitor, ready: Ready) -> Page:
    kept = [(name, value) for name, value in ready.form.fields if name != "csrf"]
    action = f"{ready.form.action}?{urlencode({'csrf': token_of(ready)})}"
    return send(visitor, replace(ready, form=Form(action, kept)))


FOREIGN: Mapping[str, Callable[[Visitor, Ready, str], Page]] = {
    "no token": lambda v, r, _: with_token(v, r),
    "an empty token": lambda v, r, _: with_token(v, r, ""),
    "an invented token": lambda v, r, _: with_token(v, r, "0" * 64),
    "a token with one letter more": lambda v, r, _: with_token(v, r, f"{token_of(r)}0"),
    "a token that is not ASCII": lambda v, r, _: with_token(v, r, "é" * 64),
    "another browser's token": with_token,
    "the token twice": lambda v, r, _: with_token(v, r, token_of(r), token_of(r)),
    "the token in the query": lambda v, r, _: in_the_query(v, r),
    "no browser cookie": lambda v, r, _: without_cookie(v, r),
    "another site": lambda v, r, _: send(v, r, {**OURS, "Sec-Fetch-Site": "cross-site"}),
    "a neighbouring site": lambda v, r, _: send(v, r, {**OURS, "Sec-Fetch-Site": "same-site"}),
    "no site at all": lambda v, r, _: send(v, r, {**OURS, "Sec-Fetch-Site": "none"}),
    "a foreign origin": lambda v, r, _: send(v, r, {**OURS, "Origin": "https://evil.example"}),
    "our host, another port": lambda v, r, _: send(
        v, r, {**OURS, "Origin": "http://localhost:8101"}
    ),
    "an origin that begins like ours": lambda v, r, _: send(
        v, r, {**OURS, "Origin": f"{ISSUER}.evil.example"}
    ),
    "text/plain": lambda v, r, _: as_type(v, r, "text/plain"),
    "JSON": lambda v, r, _: as_type(v, r, "application/json"),
    "multipart": lambda v, r, _: as_type(v, r, "multipart/form-data; boundary=x"),
}


def test_every_post_route_is_a_form_of_this_list_or_a_protocol_endpoint__SS_06(
    door: FrontDoor,
) -> None:
    routes = iter_route_contexts(door.app.routes)
    posts = {str(route.path) for route in routes if "POST" in (route.methods or ())}
    assert posts == set(FORMS) | PROTOCOL


@pytest.mark.parametrize("path", FORMS)
def test_a_foreign_form_changes_nothing__SS_06(door: FrontDoor, path: str) -> None:
    visitor, other = door.visitor(), door.visitor()
    ready = FORMS[path](door, visitor)
    others = token_of(demo_clock(door, other))
    before, jar = door.snapshot(), dict(visitor.jar)
    for what, attack in FOREIGN.items():
        page = attack(visitor, ready, others)
        assert (page.status, page.element("error-code")) == (403, "forbidden_form"), what
        assert door.snapshot() == before, what
        assert visitor.jar == jar, what
    page = send(visitor, ready)  # and the form as its page gave it does change something
    assert page.status in {200, 303}
    assert door.snapshot() != before


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_never_sent_by_get__SS_07(door: FrontDoor, path: str) -> None:
    visitor = door.visitor()
    ready = FORMS[path](door, visitor)
    before, jar = told(door), dict(visitor.jar)
    fields = [*ready.form.fields, *ready.values.items()]
    page = visitor.ask("GET", f"{ready.form.action}?{urlencode(fields)}")
    # A page may have the address of its form: then it is shown, and what was sent is not read.
    assert page.status in {200, 405}
    assert told(door) == before
    assert visitor.jar == jar


def told(door: FrontDoor) -> tuple[object, ...]:
    """How many acts the audit trail has, and the demo's clock."""
    assert door.services.demo is not None
    return (*door.rows("SELECT count(*) FROM audit_event"), door.services.demo.clock.ahead())


def test_a_browser_that_says_nothing_of_the_site_is_heard_with_its_token__SS_06(
    door: FrontDoor, visitor: Visitor
) -> None:
    ready = sign_out(door, visitor)
    before = door.snapshot()
    page = send(visitor, ready, {})  # older than Sec-Fetch-Site, and without an Origin
    assert page.status == 303
    assert door.snapshot() != before


def test_our_own_origin_is_not_foreign__SS_06(door: FrontDoor, visitor: Visitor) -> None:
    page = send(visitor, sign_out(door, visitor), {**OURS, "Origin": ISSUER})
    assert page.status == 303
