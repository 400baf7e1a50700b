"""What the browser itself refuses: one header or cookie is changed, and the wall seen at work.

Each wall is also taken away once, to see that the attempt was a real one.
"""

from collections.abc import Callable, Iterator

import pytest
from e2e.chromium import (
    Headers,
    Visitor,
    altered,
    replacing,
    running_chromium,
    visiting,
    with_directive,
)
from journey import Journey
from playwright.sync_api import Browser, Page, Response, Route, expect
from world import World

pytestmark = pytest.mark.chromium

COOP = "cross-origin-opener-policy"
CSP = "content-security-policy"
Change = Callable[[Headers], Headers]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def person(journey: Journey) -> dict[str, str]:
    return journey.with_card("active", 10)


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, journey: Journey, person: dict[str, str]) -> Iterator[Visitor]:
    with visiting(chromium, journey) as visitor:
        visitor.sign_in(0, person)
        yield visitor


@pytest.fixture
def citizen(signed_in: Visitor) -> Iterator[Visitor]:
    """Somebody who is signed in at the first agency and has agreed there."""
    yield signed_in
    leave(signed_in)


@pytest.fixture(scope="module")
def arrived(chromium: Browser, journey: Journey) -> Iterator[Visitor]:
    with visiting(chromium, journey) as visitor:
        yield visitor


@pytest.fixture
def stranger(arrived: Visitor) -> Iterator[Visitor]:
    """Somebody whom nobody knows."""
    yield arrived
    arrived.context.clear_cookies()
    leave(arrived)


def leave(visitor: Visitor) -> None:
    """Close what a test opened; it has asked for every complaint that it caused."""
    visitor.context.unroute_all()
    for page in visitor.context.pages:
        page.close()
    assert visitor.heard() == ""


def card_page(visitor: Visitor) -> Page:
    page = visitor.at_portal()
    page.click("#sign-in")
    expect(page.locator("#open-bridge")).to_be_visible()
    return page


def served(visitor: Visitor, address: str, body: str, policy: str = "") -> None:
    """Let an address answer with an attacker's page."""
    headers = {"content-type": "text/html", CSP: policy}

    def answer(route: Route) -> None:
        route.fulfill(status=200, headers=headers, body=body)

    visitor.context.route(address, answer)


# ---- headers and cookies as they are ------------------------------------------


def test_every_page_of_a_sign_in_carries_its_headers__HD_01(citizen: Visitor, world: World) -> None:
    ours = [seen for seen in citizen.documents if seen.url.startswith(world.issuer)]
    windows = [seen for seen in citizen.documents if seen.url.startswith(world.bridge)]
    assert len(ours) == 5, [seen.url for seen in citizen.documents]
    for seen in ours:
        has_safe_headers(seen)
        is_card_page = "/login/" in seen.url and seen.status == 200
        wanted = "same-origin-allow-popups" if is_card_page else "same-origin"
        assert seen.headers[COOP] == wanted, seen.url
    assert [COOP in seen.headers for seen in windows] == [False]
    assert not [seen.url for seen in citizen.documents if "referer" in seen.request.headers]


def has_safe_headers(seen: Response) -> None:
    policy = seen.headers[CSP]
    for directive in ("default-src", "base-uri", "object-src", "frame-ancestors"):
        assert f"{directive} 'none'" in policy, seen.url
    assert "unsafe" not in policy
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["referrer-policy"] == "no-referrer"
    assert "max-age=63072000; includeSubDomains" in seen.headers["strict-transport-security"]


def test_cookies_are_locked_to_the_host__SS_01(citizen: Visitor, world: World) -> None:
    kept = {one["name"]: one for one in citizen.context.cookies(world.issuer)}
    assert set(kept) == {"__Host-eid-session", "__Host-eid-browser"}
    for one in kept.values():
        assert (one["domain"], one["path"], one["sameSite"]) == ("localhost", "/", "Lax")
        assert (one["secure"], one["httpOnly"], one["expires"]) == (True, True, -1)
        # SS-03: never in an address.
        assert not [seen.url for seen in citizen.documents if one["value"] in seen.url]
    for one in citizen.context.cookies(world.portals[0].origin):
        assert one["name"].startswith("portal-")  # cookies know no port
        assert (one["sameSite"], one["httpOnly"]) == ("Lax", True)


# ---- the reader's window ------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "policy"),
    [
        ("page", "same-origin"),
        ("window", "same-origin"),
        ("window", "same-origin-allow-popups"),
    ],
)
def test_a_window_that_is_cut_off_cannot_answer_and_the_page_says_so(
    stranger: Visitor, world: World, which: str, policy: str
) -> None:
    page = card_page(stranger)
    address = f"{world.issuer}/login/*" if which == "page" else f"{world.bridge}/window*"
    with altered(stranger.context, address, replacing(COOP, policy)):
        page.reload()
        window = stranger.open_reader(page)
        expect(window.locator("#notice")).to_contain_text("do trang đăng nhập mở ra")
        expect(window.locator("#ask")).to_be_hidden()
        expect(page.locator("#card-status")).to_contain_text("đã đóng trước khi thẻ trả lời")
        expect(page.locator("#open-bridge")).to_be_enabled()


def test_a_window_that_is_not_cut_off_is_asked(stranger: Visitor, world: World) -> None:
    page = card_page(stranger)
    with altered(stranger.context, f"{world.issuer}/login/*", replacing(COOP, "unsafe-none")):
        page.reload()
        expect(stranger.open_reader(page).locator("#asker")).to_have_text(world.issuer)


FORGED = (
    "<title>forged</title><script>"
    "opener.postMessage({type: 'eid-bridge:answer', token: 'forged'}, '*')</script>"
)


@pytest.mark.parametrize(
    ("place", "policy", "code"),
    [
        ("/window*", "", "bad_card_answer"),
        ("/window*", "sandbox allow-scripts", None),  # the origin is then "null"
        ("/elsewhere", "", None),  # the right origin, but another window
    ],
)
def test_only_the_readers_own_window_is_heard(
    stranger: Visitor, world: World, place: str, policy: str, code: str | None
) -> None:
    page = card_page(stranger)
    served(stranger, f"{world.bridge}{place}", FORGED, policy)
    if place == "/elsewhere":
        stranger.open_reader(page)
        with page.expect_popup() as opened:
            page.evaluate("address => { window.open(address) }", f"{world.bridge}{place}")
        window = opened.value
    else:
        window = stranger.open_reader(page)
    window.wait_for_load_state()
    if code:
        expect(page.locator("#error-code")).to_have_text(code)
    else:
        page.wait_for_timeout(300)
        assert page.locator("#error-code").count() == 0
        expect(page.locator("#answer")).to_have_value("")


# ---- forms that end at an agency -----------------------------------------------


def test_the_consent_form_may_only_end_where_the_policy_says__HD_01(
    stranger: Visitor, journey: Journey
) -> None:
    page = card_page(stranger)
    stranger.show_card(page, journey.with_card("active", 11))
    expect(page.locator("#agree")).to_be_visible()
    address = f"{journey.world.issuer}/authorize/*"
    with altered(stranger.context, address, with_directive("form-action", "'self'")):
        page.reload()
        with page.expect_console_message(lambda told: "form-action" in told.text):
            page.click("#agree")
    assert page.url.startswith(journey.world.issuer)
    assert "form-action" in stranger.heard()


@pytest.mark.parametrize("targets", ["'self'", "AGENCY", "'self' AGENCY"])
def test_the_login_form_may_only_end_where_the_policy_says__HD_01(
    citizen: Visitor, journey: Journey, person: dict[str, str], targets: str
) -> None:
    """Where consent is remembered, it is the login's POST that ends at the agency."""
    agency = journey.world.portals[0].origin
    page = citizen.at_portal()
    page.click("#try-anew")
    chosen = with_directive("form-action", targets.replace("AGENCY", agency))
    with altered(citizen.context, f"{journey.world.issuer}/login/*", chosen):
        page.reload()
        if targets == "'self' AGENCY":  # what the provider itself says
            citizen.show_card(page, person)
            expect(page.locator("#signed-in-name")).to_have_text(person["name"])
            return
        with page.expect_console_message(lambda told: "form-action" in told.text):
            citizen.show_card(page, person)
    assert page.url.startswith(journey.world.issuer)
    assert "form-action" in citizen.heard()


# ---- script and frames --------------------------------------------------------

OWNED = "document.documentElement.dataset"
INJECTED = (
    f"<script>{OWNED}.inline = 1</script>"
    f'<img src="/static/nothing" onerror="{OWNED}.handler = 1">'
    '<script src="https://elsewhere.example/owned.js"></script></body>'
)
PLACES: dict[str, Callable[[World], str]] = {
    "provider": lambda world: f"{world.issuer}/help",
    "bridge": lambda world: f"{world.bridge}/window",
    "agency": lambda world: f"{world.portals[0].origin}/",
}


@pytest.mark.parametrize("place", PLACES)
def test_injected_script_does_not_run__HD_01(stranger: Visitor, world: World, place: str) -> None:
    address = PLACES[place](world)
    served(stranger, "https://elsewhere.example/*", f"{OWNED}.foreign = 1")

    def inject(text: str) -> str:
        return text.replace("</body>", INJECTED)

    for change, ran in ((dict, set()), (replacing(CSP, None), {"inline", "handler", "foreign"})):
        with altered(stranger.context, address, change, inject):
            page = stranger.go(address)
            assert set(page.evaluate(f"Object.keys({OWNED})")) == ran
        told = stranger.heard()
        assert ("inline script" in told) == (not ran)
        assert ("elsewhere.example/owned.js" in told) == (not ran)


@pytest.mark.parametrize("place", PLACES)
def test_no_page_lets_itself_be_framed__HD_01(stranger: Visitor, world: World, place: str) -> None:
    address, site = PLACES[place](world), f"{world.portals[1].origin}/framing"
    served(stranger, site, f'<iframe src="{address}"></iframe>')
    for change, is_shown in (
        (dict, False),
        (with_directive("frame-ancestors", None), True),
    ):
        with altered(stranger.context, address, change):
            frame = stranger.go(site).frames[1]
            frame.wait_for_load_state()
            assert frame.url == (address if is_shown else "chrome-error://chromewebdata/")
        assert ("frame-ancestors" in stranger.heard()) != is_shown


# ---- SameSite, and forms from elsewhere ----------------------------------------


def test_single_sign_on_needs_lax_from_an_agencys_link(citizen: Visitor, world: World) -> None:
    page = citizen.at_portal()
    try:
        citizen.set_same_site(world.issuer, "session", "Strict")
        page.click("#try-silent")
        expect(page.locator("#error-code")).to_have_text("login_required")
    finally:
        citizen.set_same_site(world.issuer, "session", "Lax")
    page = citizen.at_portal()
    page.click("#try-silent")
    expect(page.locator("#signed-in-name")).to_be_visible()


def test_an_agencys_strict_transaction_cookie_would_not_arrive(
    citizen: Visitor, world: World, person: dict[str, str]
) -> None:
    page = citizen.at_portal()
    page.click("#try-anew")
    expect(page.locator("#open-bridge")).to_be_visible()
    citizen.set_same_site(world.portals[0].origin, "signin", "Strict")
    citizen.show_card(page, person)
    expect(page.locator("#error-code")).to_have_text("sign_in_unknown")


def test_there_is_no_single_sign_on_inside_a_foreign_frame(citizen: Visitor, world: World) -> None:
    site = f"{world.portals[1].origin}/framing"
    silent = f"{world.portals[0].origin}/login?prompt=none"
    served(citizen, site, f'<iframe src="{silent}"></iframe>')
    citizen.context.grant_permissions(["local-network-access"])  # this wall is not ours
    with citizen.context.expect_console_message(lambda told: "frame-ancestors" in told.text):
        citizen.go(site)
    came_back = [seen.url for seen in citizen.documents if "/callback?" in seen.url]
    assert "error=login_required" in came_back[-1]
    assert "frame-ancestors" in citizen.heard()


@pytest.mark.parametrize("path", ["/sign-out", "/logout/confirm"])
def test_a_form_on_another_site_changes_nothing__SS_06(
    citizen: Visitor, world: World, person: dict[str, str], path: str
) -> None:
    site = f"{world.portals[1].origin}/forged"
    form = f'<form method="post" action="{world.issuer}{path}"><button>win</button></form>'
    served(citizen, site, form)
    page = citizen.go(site)
    page.click("button")
    expect(page.locator("#error-code")).to_have_text("forbidden_form")
    home = citizen.go(world.issuer)
    expect(home.locator("#signed-in-as")).to_contain_text(person["name"])
