"""What every answer wears, whatever it is."""

from urllib.parse import urlsplit

import pytest
from integration.api.front_door import FrontDoor
from integration.api.visitor import OURS, Page, Visitor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WHO = "adult_danang"


async def broken(_request: Request) -> Response:
    """A route that fails with something that nobody may see."""
    raise RuntimeError("secret: /etc/shadow")


def with_broken_route(door: FrontDoor) -> None:
    if not any(isinstance(route, Route) and route.path == "/broken" for route in door.app.routes):
        door.app.router.routes.insert(0, Route("/broken", broken, methods=["GET", "POST"]))


def answers(door: FrontDoor, visitor: Visitor) -> dict[str, Page]:
    """One answer of every kind that the service gives."""
    with_broken_route(door)
    kinds = {
        "home": visitor.get("/"),
        "login": visitor.get(door.authorize()),
        "redirect to login": visitor.ask("GET", door.authorize()),
        "redirect to agency": visitor.ask("GET", door.authorize(prompt="none")),
        "post without cookies": door.visitor().ask("POST", "/logout", []),
        "consent": door.to_consent(visitor, WHO),
        "error page": visitor.ask("GET", "/authorize"),
        "JSON error": visitor.ask("GET", "/authorize", headers={"Accept": "application/json"}),
        "token refused": visitor.ask("POST", "/token", []),
        "userinfo refused": visitor.ask("GET", "/userinfo"),
        "discovery": visitor.ask("GET", "/.well-known/openid-configuration"),
        "jwks": visitor.ask("GET", "/jwks"),
        "live": visitor.ask("GET", "/health/live"),
        "ready": visitor.ask("GET", "/health/ready"),
        "static": visitor.ask("GET", "/static/eid.css"),
        "static head": visitor.ask("HEAD", "/static/eid.css"),
        "not modified": not_modified(visitor),
        "range": visitor.ask("GET", "/static/eid.css", headers={"Range": "bytes=0-9"}),
        "bad range": visitor.ask("GET", "/static/eid.css", headers={"Range": "bytes=99999-"}),
        "static 404": visitor.ask("GET", "/static/none.css"),
        "404": visitor.ask("GET", "/nowhere"),
        "405": visitor.ask("DELETE", "/"),
        "413": visitor.ask("GET", "/?" + "a" * 9000),
        "413 body": visitor.ask("POST", "/sign-out", [("a", "b" * 70000)], OURS),
        "403": visitor.ask("POST", "/sign-out", [], OURS),
        "500": visitor.ask("GET", "/broken"),
        "500 JSON": visitor.ask("GET", "/broken", headers={"Accept": "application/json"}),
        "logout": visitor.get("/logout"),
        "outbox": visitor.get("/demo/outbox"),
    }
    statuses = {page.status for page in kinds.values()}
    assert statuses == {200, 206, 303, 304, 400, 401, 403, 404, 405, 413, 416, 500}
    return kinds


def not_modified(visitor: Visitor) -> Page:
    tag = visitor.ask("GET", "/static/eid.css").headers["etag"]
    return visitor.ask("GET", "/static/eid.css", headers={"If-None-Match": tag})


def policy_of(page: Page) -> dict[str, list[str]]:
    parts = (part.split() for part in page.headers["content-security-policy"].split(";"))
    return {name: values for name, *values in parts}


def test_every_answer_is_dressed__HD_01__HD_02(door: FrontDoor, visitor: Visitor) -> None:
    traces = set()
    for kind, page in answers(door, visitor).items():
        headers = page.headers
        transport = headers["strict-transport-security"]
        assert int(transport.partition("max-age=")[2].partition(";")[0]) >= 31536000, kind
        assert "includeSubDomains" in transport, kind
        assert headers["x-content-type-options"] == "nosniff", kind
        assert headers["referrer-policy"] == "no-referrer", kind
        assert headers["cross-origin-opener-policy"].startswith("same-origin"), kind
        assert headers.get_list("content-security-policy"), kind
        policy = policy_of(page)
        for name in ("default-src", "base-uri", "object-src", "frame-ancestors"):
            assert policy[name] == ["'none'"], (kind, name)
        for values in policy.values():
            assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:"} & set(values), kind
        traces.add(headers["x-request-id"])
    assert len(traces) == len(answers(door, visitor))


def test_each_header_stands_there_once__HD_02(door: FrontDoor, visitor: Visitor) -> None:
    for kind, page in answers(door, visitor).items():
        names = [name for name in page.headers if name != "set-cookie"]
        for name in names:
            assert len(page.headers.get_list(name)) == 1, (kind, name)


def test_only_public_things_are_kept_by_caches__HD_03(door: FrontDoor, visitor: Visitor) -> None:
    public = {"discovery", "jwks", "static", "static head", "range", "not modified"}
    for kind, page in answers(door, visitor).items():
        kept = page.headers["cache-control"]
        if kind in public:
            assert kept.startswith("public, max-age="), kind
            assert int(kept.partition("=")[2]) <= 300, kind
        else:
            assert kept == "no-store", kind


def test_every_body_says_what_it_is__HD_04(door: FrontDoor, visitor: Visitor) -> None:
    for kind, page in answers(door, visitor).items():
        if not page.text:
            continue
        media = page.headers["content-type"]
        assert media == "application/json" or media.endswith("; charset=utf-8"), kind
        if page.text.startswith("<!doctype html>"):
            assert media == "text/html; charset=utf-8", kind
        else:
            assert not media.startswith("text/html"), kind


def test_no_answer_tells_what_it_was_made_with__PI_08(door: FrontDoor, visitor: Visitor) -> None:
    for kind, page in answers(door, visitor).items():
        told = f"{page.headers} {page.text}".lower()
        for word in ("uvicorn", "starlette", "fastapi", "python", "x-powered-by", "traceback"):
            assert word not in told, (kind, word)
        assert "server" not in page.headers, kind


@pytest.mark.parametrize("client", ["portal", "tax"])
def test_a_form_may_end_at_the_agency_that_asks_and_nowhere_else__HD_01(
    door: FrontDoor, visitor: Visitor, client: str
) -> None:
    back = urlsplit(door.clients[client]["redirect_uris"][0])
    wanted = ["'self'", f"{back.scheme}://{back.netloc}"]
    assert policy_of(visitor.get(door.authorize(client)))["form-action"] == wanted
    assert policy_of(door.to_consent(visitor, WHO, client))["form-action"] == wanted
    for path in ("/", "/help", "/demo/reset", "/nowhere"):
        assert policy_of(visitor.get(path))["form-action"] == ["'self'"]


def test_only_the_card_step_keeps_its_opener__HD_01(door: FrontDoor, visitor: Visitor) -> None:
    for kind, page in answers(door, visitor).items():
        opener = page.headers["cross-origin-opener-policy"]
        wanted = "same-origin-allow-popups" if kind == "login" else "same-origin"
        assert opener == wanted, kind


def test_nobody_elsewhere_may_read_an_answer__RS_13(visitor: Visitor) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in ("/", "/authorize", "/token", "/userinfo", "/logout"):
        for method in ("GET", "POST", "OPTIONS"):
            page = visitor.ask(method, path, headers=origin)
            assert not [name for name in page.headers if name.startswith("access-control")]
