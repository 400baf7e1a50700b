"""What a refusal looks like: a code that stays, a case number, and nothing of the inside."""

import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration.api.front_door import FrontDoor
from integration.api.test_api_headers import with_broken_route
from integration.api.visitor import OURS, Page, Visitor

from eid.errors import StoreBusy


@pytest.fixture
def door(shared_door: FrontDoor) -> FrontDoor:
    return shared_door


CASE = re.compile(r"[2-9A-HJKMNP-Z]{10}")
INSIDE = ("Traceback", "RuntimeError", "secret", "/etc/", "site-packages", ".py", "sqlite")


@dataclass(frozen=True)
class Refusal:
    method: str
    path: str
    status: int
    code: str


REFUSALS = [
    Refusal("GET", "/nowhere", 404, "unknown"),
    Refusal("GET", "/static/../errors.py", 404, "unknown"),
    Refusal("GET", "/static/%2e%2e/errors.py", 404, "unknown"),
    Refusal("GET", "/static/%2e%2e%2f%2e%2e%2ferrors.py", 404, "unknown"),
    Refusal("GET", "/static/%00", 404, "unknown"),
    Refusal("GET", f"/static/{'a' * 400}", 404, "unknown"),
    Refusal("GET", "/help/", 404, "unknown"),
    Refusal("GET", "/HELP", 404, "unknown"),
    Refusal("GET", "/docs", 404, "unknown"),
    Refusal("GET", "/openapi.json", 404, "unknown"),
    Refusal("GET", "/.git/config", 404, "unknown"),
    Refusal("GET", "/%0d%0aSet-Cookie:x=y", 404, "unknown"),
    Refusal("GET", "/%1b%5b31m", 404, "unknown"),
    Refusal("GET", f"/login/{'A' * 43}", 404, "unknown_pending"),
    Refusal("GET", f"/authorize/{'A' * 43}", 404, "unknown_pending"),
    Refusal("GET", f"/activate/{'A' * 43}", 404, "unknown_case"),
    Refusal("GET", "/activate/%00", 404, "unknown_case"),
    Refusal("GET", "/authorize", 400, "invalid_client"),
    Refusal("GET", "/logout?state=a&state=b", 400, "invalid_request"),
    Refusal("DELETE", "/", 405, "method_not_allowed"),
    Refusal("POST", "/sign-out", 403, "forbidden_form"),
    Refusal("GET", "/?" + "a" * 9000, 413, "too_large"),
    Refusal("GET", "/broken", 500, "server_error"),
]


def ask(door: FrontDoor, visitor: Visitor, refusal: Refusal, accept: str) -> Page:
    with_broken_route(door)
    fields = [("a", "b")] if refusal.method == "POST" else None
    headers = {"Accept": accept, **(OURS if fields else {})}
    page = visitor.ask(refusal.method, refusal.path, fields, headers)
    assert page.status == refusal.status
    return page


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.path[:40]}")
def test_a_page_tells_code_and_case_and_nothing_of_the_inside__PI_08(
    door: FrontDoor, visitor: Visitor, refusal: Refusal
) -> None:
    page = ask(door, visitor, refusal, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert page.element("error-code") == refusal.code
    case = page.element("case-number") or ""
    assert CASE.fullmatch(case)
    assert case == page.headers["x-request-id"]
    assert page.element("refusal")
    for word in INSIDE:
        assert word not in page.text


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.path[:40]}")
def test_a_script_gets_the_same_as_JSON__PI_08(
    door: FrontDoor, visitor: Visitor, refusal: Refusal
) -> None:
    page = ask(door, visitor, refusal, "application/json")
    assert page.headers["content-type"] == "application/json"
    told = json.loads(page.text)
    assert told == {"error": refusal.code, "case_number": page.headers["x-request-id"]}


def test_the_log_has_our_fault_under_the_case_number__AU_02(
    door: FrontDoor, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    with_broken_route(door)
    case = visitor.ask("GET", "/broken").element("case-number") or "none"
    record = next(one for one in caplog.records if one.levelno == logging.ERROR)
    assert case in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


@pytest.mark.parametrize("path", ["/", "/authorize?client_id=portal-demo", "/logout"])
def test_a_busy_store_is_told_as_busy_and_comes_back__F_04(
    door: FrontDoor, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def busy(*_: object) -> None:
        raise StoreBusy("the database is away")

    with monkeypatch.context() as away:
        for drawer, look in (("grants", "sign_on"), ("clients", "find")):
            away.setattr(getattr(door.services._store, drawer), look, busy)
        visitor.jar["__Host-eid-session"] = "A" * 43
        page = visitor.ask("GET", path)
    assert page.status == 503
    assert page.element("error-code") in {"store_busy", "temporarily_unavailable"}
    assert "database" not in page.text
    assert visitor.ask("GET", path).status != 503


def test_a_page_is_told_even_if_its_template_fails__HD_02(
    door: FrontDoor, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_broken_route(door)
    monkeypatch.setattr("api.pages.render.TEMPLATES", None)
    page = visitor.ask("GET", "/broken")
    assert page.status == 500
    assert json.loads(page.text) == {"error": "server_error"}
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/", {"GET"}),
        ("/authorize", {"GET", "POST"}),
        ("/token", {"POST"}),
        ("/userinfo", {"GET", "POST"}),
        ("/jwks", {"GET", "HEAD"}),
        ("/.well-known/openid-configuration", {"GET", "HEAD"}),
        ("/login/x", {"GET", "POST"}),
        ("/authorize/x", {"GET"}),
        ("/consent/x", {"POST"}),
        ("/logout", {"GET", "POST"}),
        ("/logout/confirm", {"POST"}),
        ("/activate/x", {"GET"}),
        ("/activate/x/code", {"POST"}),
        ("/static/eid.css", {"GET", "HEAD"}),
        ("/demo/clock", {"GET", "POST"}),
    ],
)
def test_another_method_is_405_and_names_those_that_are_there__HD_10__AZ_26(
    door: FrontDoor, visitor: Visitor, path: str, wanted: set[str]
) -> None:
    before = door.snapshot()
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
    for method in (methods | {"PROPFIND", "__class__", "app"}) - wanted:
        page = visitor.ask(method, path)
        assert page.status == 405, method
        assert set(page.headers["allow"].split(", ")) == wanted, method
    assert door.snapshot() == before


def test_no_trace_comes_back__HD_10(visitor: Visitor) -> None:
    page = visitor.ask("TRACE", "/authorize", headers={"X-Echo": "look-for-me"})
    assert page.status == 405
    assert "look-for-me" not in f"{page.headers}{page.text}"


def test_the_served_folder_holds_nothing_but_what_pages_need__PI_08(
    door: FrontDoor, visitor: Visitor
) -> None:
    served = Path(__file__).resolve().parents[3] / "api" / "pages" / "static"
    for path in served.rglob("*"):
        assert path.suffix in {".css", ".js", ".svg"}, path
    for name in ("../main.py", "..%2fmain.py", "%2e%2e/text/vi.toml", "//etc/passwd", "\\etc"):
        assert visitor.ask("GET", f"/static/{name}").status == 404
    assert door.http.get("/static").status_code == 404
