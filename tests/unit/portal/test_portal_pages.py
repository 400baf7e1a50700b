"""Headers, cookies and words of the agency's pages."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient
from unit.portal.fake_provider import FakeProvider
from unit.portal.visitor import MovingClock, Visitor, text_of

from api.portal.main import create_app
from api.portal.pages import HERE, LOCALES, moment, plain, pretty, read_words
from api.portal.settings import PortalSettings

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
CLOSED = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "path", ["/", "/login", "/callback", "/signed-out", "/health", "/static/agency.css", "/nothing"]
)
def test_every_answer_carries_the_safe_headers(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert {name: response.headers[name] for name in SAFE} == SAFE
    assert response.headers["content-security-policy"] == CLOSED


def test_only_the_page_that_signs_out_may_end_at_the_provider(visitor: Visitor) -> None:
    # Browsers hold the redirect after a POST against form-action, hop by hop.
    visitor.sign_in()
    policy = visitor.get("/").headers["content-security-policy"]
    assert policy == CLOSED.replace("'self';", "'self' http://localhost:8000;").replace(
        "style-src 'self' http://localhost:8000", "style-src 'self'"
    ).replace("img-src 'self' http://localhost:8000", "img-src 'self'")
    assert visitor.get("/signed-out").headers["content-security-policy"] == CLOSED


def test_pages_hold_neither_script_nor_inline_style(visitor: Visitor) -> None:
    pages = [visitor.get("/"), visitor.get("/callback"), visitor.get("/signed-out")]
    visitor.sign_in()
    for page in [*pages, visitor.get("/")]:
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", page.text)
        assert 'id="demo-notice"' in page.text


def test_cookies_are_http_only_and_lax__SS_01(visitor: Visitor) -> None:
    begun = visitor.get("/login").headers["set-cookie"]
    ended = visitor.sign_in().headers["set-cookie"]
    for cookie in (begun, ended):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert "Max-Age=600" in begun
    assert "portal-session=" in ended


def test_behind_tls_cookies_are_secure_and_host_bound__SS_01(
    settings: PortalSettings, provider: FakeProvider, clock: MovingClock
) -> None:
    origin = "https://agency.example"
    secure = settings.model_copy(update={"origin": origin, "cookie_name": "tax"})
    app = create_app(secure, transport=httpx2.ASGITransport(app=provider.app()), clock=clock)
    visitor = Visitor(TestClient(app, base_url=origin, follow_redirects=False), provider)
    ended = visitor.sign_in()
    assert "__Host-tax-session=" in ended.headers["set-cookie"]
    assert "Secure" in ended.headers["set-cookie"]
    assert 'id="signed-in-name"' in visitor.get("/").text


def test_two_agencies_on_one_host_keep_apart(
    visitor: Visitor, settings: PortalSettings, provider: FakeProvider, clock: MovingClock
) -> None:
    # Cookies know no port, so both agencies see one jar.
    second = settings.model_copy(update={"cookie_name": "tax"})
    app = create_app(second, transport=httpx2.ASGITransport(app=provider.app()), clock=clock)
    tax = Visitor(TestClient(app, base_url=settings.origin, follow_redirects=False), provider)
    visitor.sign_in()
    tax.browser.cookies = visitor.browser.cookies
    assert 'id="signed-in-name"' not in tax.get("/").text
    tax.sign_in()
    assert 'id="signed-in-name"' in visitor.get("/").text
    assert 'id="signed-in-name"' in tax.get("/").text


def test_the_page_names_the_agency_in_both_languages(visitor: Visitor) -> None:
    assert "Cổng Dịch vụ công quốc gia (bản thử)" in visitor.get("/").text
    assert "Đăng nhập bằng định danh điện tử" in text_of(visitor.get("/"), "sign-in")
    assert "National Public Service Portal (demo)" in visitor.get("/?lang=en").text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-GB,en;q=0.9,vi;q=0.1", "en"),
        ("fr-FR, EN;q=0.5", "en"),
        ("vi,en", "vi"),
        ("fr,de", "vi"),
        ("", "vi"),
        ("*", "vi"),
        ("x" * 600 + ",en", "vi"),
    ],
)
def test_the_browsers_language_is_heard_and_told_to_the_provider(
    visitor: Visitor, accepted: str, language: str
) -> None:
    visitor.browser.headers["Accept-Language"] = accepted
    assert f'<html lang="{language}">' in visitor.get("/").text
    asked = parse_qs(urlsplit(visitor.begin()).query)
    assert asked["ui_locales"] == [language]


def test_what_was_chosen_stays_in_spite_of_the_browsers_language(visitor: Visitor) -> None:
    visitor.browser.headers["Accept-Language"] = "en"
    visitor.get("/?lang=vi")
    assert '<html lang="vi">' in visitor.get("/").text


def test_the_front_page_says_in_words_what_will_be_asked_for(visitor: Visitor) -> None:
    page = visitor.get("/?lang=en").text
    for words in ("Your personal number", "Your name, date of birth", "Your own identifier"):
        assert words in page
    assert "telephone" not in page


@pytest.mark.parametrize("path", ["/nothing", "/static/none.css", "/logout", "/%00"])
def test_where_there_is_no_page_a_page_says_so(visitor: Visitor, path: str) -> None:
    page = visitor.get(path)
    assert page.status_code == (405 if path == "/logout" else 404)
    assert page.headers.get("allow") == ("POST" if path == "/logout" else None)
    assert text_of(page, "missing") == "Không có trang này"
    assert 'href="/"' in page.text


def test_a_time_is_told_as_people_in_vietnam_read_it(visitor: Visitor) -> None:
    visitor.sign_in()
    page = visitor.get("/")
    told = int(text_of(page, "claim-auth_time"))
    assert f"Giờ Việt Nam: {moment(told, 'auth_time')}<" in page.text
    assert moment(1735664400, "auth_time") == "00:00:00 01/01/2025"
    for value in ("1735664400", -1, 2**63, None, 1.5):
        assert not moment(value, "auth_time")
    assert not moment(1735664400, "account_level")


def test_health_needs_no_provider(visitor: Visitor, provider: FakeProvider) -> None:
    assert visitor.get("/health").json() == {"status": "ok"}
    assert provider.requests == []


def flat(words: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, str):
            yield above + key, value
        else:
            yield from flat(value, f"{above}{key}.")


def test_both_languages_have_the_same_sentences() -> None:
    keys = [set(dict(flat(read_words(locale)))) for locale in LOCALES]
    assert keys[0] == keys[1]
    assert all(text.strip() for locale in LOCALES for _, text in flat(read_words(locale)))


def test_every_code_that_the_agency_raises_has_its_sentence() -> None:
    raised = set()
    for path in sorted(HERE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=code), *_]):
                    if name == "_reject" or name.endswith(("Rejected", "Away")):
                        raised.add(code)
    assert {"state_wrong", "nonce_wrong", "provider_away", "form_not_ours"} <= raised
    assert raised <= set(read_words("vi")["error"])


def test_every_sentence_is_used() -> None:
    templates = " ".join(path.read_text() for path in (HERE / "templates").glob("*.html"))
    for key, _ in flat(read_words("vi")):
        section = key.partition(".")[0]
        if section not in {"error", "claims", "scopes"} and key not in {"layout.vi", "layout.en"}:
            assert f"words.{key} " in templates, key


def test_the_agency_imports_nothing_of_ours() -> None:
    ours = {"api", "eid", "keys", "chipcard_sim", "authlib"}
    for path in sorted(HERE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {name.name.partition(".")[0] for name in node.names} & ours, path
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, path
                assert node.level == 1 or str(node.module).partition(".")[0] not in ours, path


def test_values_are_shown_as_text_or_json() -> None:
    assert plain("Mẫu") == "Mẫu"
    assert plain(["sc", "pin"]) == '["sc", "pin"]'
    assert plain(None) == "null"
    assert pretty({"name": "Mẫu"}) == '{\n  "name": "Mẫu"\n}'


def test_stylesheets_load_nothing_from_elsewhere() -> None:
    for path in (HERE / "static").iterdir():
        assert not re.search(r"url\(|@import", Path(path).read_text(encoding="utf-8"))
