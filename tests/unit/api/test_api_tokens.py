"""Form tokens and session marks."""

import pytest
from starlette.requests import Request

from api import sessions

KEY, ISSUER, BROWSER = b"k" * 32, "https://id.example.vn", "B" * 43


def post(browser: str | None = BROWSER, **headers: str) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if browser is not None:
        sent["cookie"] = f"{sessions.BROWSER}={browser}"
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    return Request({"type": "http", "method": "POST", "headers": raw, "state": {}})


def is_ours(request: Request, token: str) -> bool:
    return sessions.is_our_form(request, KEY, token, ISSUER)


def test_the_token_of_this_browser_is_good__SS_06() -> None:
    token = sessions.csrf_token(KEY, BROWSER)
    assert is_ours(post(), token)
    assert is_ours(post(origin="null", sec_fetch_site="same-origin"), token)
    assert is_ours(post(origin=ISSUER), token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "0" * 64,
        sessions.csrf_token(KEY, "C" * 43),
        sessions.csrf_token(b"j" * 32, BROWSER),
        sessions.csrf_token(KEY, BROWSER)[:-1],
        sessions.csrf_token(KEY, BROWSER).upper(),
        sessions.session_mark(KEY, BROWSER),
        "\udcff",
    ],
)
def test_no_other_text_is_its_token__SS_06(token: str) -> None:
    assert not is_ours(post(), token.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "SAME-ORIGIN"])
def test_the_browser_is_believed_when_it_says_elsewhere__SS_06(site: str) -> None:
    assert not is_ours(post(sec_fetch_site=site), sessions.csrf_token(KEY, BROWSER))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://id.example.vn",
        "https://id.example.vn:8443",
        "https://id.example.vn.evil.example",
        "https://ID.example.vn",
        "https://id.example.vn/",
        "",
        "Null",
    ],
)
def test_an_origin_that_names_somebody_else_is_foreign__SS_06(origin: str) -> None:
    assert not is_ours(post(origin=origin), sessions.csrf_token(KEY, BROWSER))


@pytest.mark.parametrize("browser", [None, "", "B" * 42, "B" * 44, "B" * 42 + "é"])
def test_a_browser_without_a_name_has_no_token__SS_14(browser: str | None) -> None:
    token = sessions.csrf_token(KEY, browser or "")
    assert not is_ours(post(browser), token)


def test_marks_of_two_sessions_differ_and_are_no_handles__SS_09__SS_03() -> None:
    marks = {sessions.session_mark(KEY, one) for one in (None, "A" * 43, "B" * 43)}
    assert len(marks) == 3
    assert not {mark for mark in marks if "A" * 43 in mark}


def test_a_browser_gets_one_name_in_a_request() -> None:
    request = post(None)
    first, second = sessions.ensure_browser(request), sessions.ensure_browser(request)
    assert first == second
    assert sessions.HANDLE.fullmatch(first)
    assert sessions.ensure_browser(post()) == BROWSER
