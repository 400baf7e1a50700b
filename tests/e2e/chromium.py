"""A person at a real browser, and what a test sees there: pages, headers, complaints."""

import os
import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from journey import Journey
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    Route,
    ViewportSize,
    WebError,
    expect,
    sync_playwright,
)
from world import PIN

DESKTOP = ViewportSize(width=1120, height=800)
PHONE = ViewportSize(width=390, height=844)
PATIENCE = 30_000  # milliseconds: the machine may be busy with other tests
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The browser's own remark about a page or an answer with an error status.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Chromium; where a build must prove the pages, its absence is a failure."""
    path = shutil.which("chromium")
    if path is None:
        reason = "chromium is not installed"
        if os.getenv("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


class Visitor:
    """One person's browser profile.

    `documents` are the answers that became pages. `refused` are error statuses of pages and of
    scripts' questions. `complaints` is all else that the console holds: errors, warnings and what
    a Content-Security-Policy blocked.
    """

    def __init__(self, browser: Browser, journey: Journey, **options: Any) -> None:
        self.journey = journey
        self.world = journey.world
        self.documents: list[Response] = []
        self.refused: list[int] = []
        self.complaints: list[str] = []
        options = {"locale": "vi-VN", "viewport": DESKTOP, **options}
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.context.on("response", self._see)
        self.context.on("console", self._hear)
        self.context.on("weberror", self._suffer)

    def _see(self, response: Response) -> None:
        if response.request.resource_type == "document":
            self.documents.append(response)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        status = _STATUS.match(message.text)
        if status:
            self.refused.append(int(status[1]))
        else:
            self.complaints.append(message.text)

    def _suffer(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def heard(self) -> str:
        """What the browser complained about until now; the list is empty afterwards."""
        told = "\n".join(self.complaints)
        self.complaints.clear()
        return told

    def set_same_site(self, address: str, part: str, to: Literal["Lax", "Strict"]) -> None:
        """Change the SameSite of the cookies whose names hold that part."""
        found = [one for one in self.context.cookies(address) if part in one["name"]]
        assert found
        for one in found:
            # Chromium's debugging protocol has not heard that loopback is as good as TLS.
            place = address.replace("http:", "https:") if one["secure"] else address
            self.context.add_cookies(
                [
                    {
                        "url": place,
                        "name": one["name"],
                        "value": one["value"],
                        "secure": one["secure"],
                        "httpOnly": True,
                        "sameSite": to,
                    }
                ]
            )

    # What a person does

    def go(self, address: str) -> Page:
        """Type an address into a new tab."""
        page = self.context.new_page()
        page.goto(address)
        return page

    def at_portal(self, nth: int = 0) -> Page:
        """Type an agency's address. From there on everything is clicked: SameSite sees it."""
        return self.go(self.world.portals[nth].origin)

    def open_reader(self, page: Page) -> Page:
        """Open the card reader's window from a card page."""
        with page.expect_popup() as opened:
            page.click("#open-bridge")
        return opened.value

    def choose_card(self, window: Page, person: dict[str, str]) -> None:
        """Take that person's card from the picker."""
        window.select_option("#ask-card", self.journey.cards[person["number"]])

    def type_pin(self, window: Page, pin: str) -> None:
        """Type a PIN into the reader's window and send it."""
        window.fill("#pin", pin)
        window.click("#ask button[type=submit]")

    def show_card(self, page: Page, person: dict[str, str]) -> None:
        """Answer the card step of a page, from opening the reader until its window closes."""
        window = self.open_reader(page)
        self.choose_card(window, person)
        with window.expect_event("close"):
            self.type_pin(window, PIN)

    def sign_in(self, nth: int, person: dict[str, str]) -> Page:
        """Sign in at an agency for the first time: card, consent, and back."""
        page = self.at_portal(nth)
        page.click("#sign-in")
        self.show_card(page, person)
        page.click("#agree")
        expect(page.locator("#signed-in-name")).to_have_text(person["name"])
        return page


@contextmanager
def visiting(browser: Browser, journey: Journey, **options: Any) -> Iterator[Visitor]:
    """A person comes with an empty browser; when they leave, nothing may have been complained."""
    visitor = Visitor(browser, journey, **options)
    try:
        yield visitor
        assert visitor.complaints == []
    finally:
        visitor.context.close()


Headers = dict[str, str]


@contextmanager
def altered(
    context: BrowserContext,
    address: str,
    headers: Callable[[Headers], Headers] = dict,
    body: Callable[[str], str] = str,
) -> Iterator[None]:
    """Change answers on their way to the browser.

    An answer that a redirect led to is not changed: reload such a page to have it altered.
    """

    def alter(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        route.fulfill(response=answer, headers=headers(answer.headers), body=body(answer.text()))

    context.route(address, alter)
    try:
        yield
    finally:
        context.unroute(address, alter)


def replacing(name: str, text: str | None) -> Callable[[Headers], Headers]:
    """A change of one header; `None` takes it away."""

    def replace(headers: Headers) -> Headers:
        others = {key: value for key, value in headers.items() if key != name}
        return others if text is None else {**others, name: text}

    return replace


def with_directive(name: str, value: str | None) -> Callable[[Headers], Headers]:
    """A change of one directive of the Content-Security-Policy; `None` takes it away."""

    def replace(headers: Headers) -> Headers:
        policy = headers["content-security-policy"].split("; ")
        others = [part for part in policy if part.partition(" ")[0] != name]
        chosen = [] if value is None else [f"{name} {value}"]
        return {**headers, "content-security-policy": "; ".join(others + chosen)}

    return replace


_SHEET = """<body style="margin:0;display:flex;gap:28px;padding:28px;background:#dbe4e9">
<style>img { border-radius: 10px; box-shadow: 0 2px 14px #16232b40 }</style>"""


def picture_of_a_card_sign_in(visitor: Visitor, person: dict[str, str], path: Path) -> None:
    """Keep a picture of the provider's card page with the reader's window beside it."""
    page = visitor.at_portal()
    page.click("#lang-en")
    page.click("#sign-in")
    page.set_viewport_size(ViewportSize(width=700, height=664))
    window = visitor.open_reader(page)
    window.set_viewport_size(ViewportSize(width=412, height=664))
    visitor.choose_card(window, person)
    window.fill("#pin", PIN)
    expect(page.locator("#card-status")).not_to_be_empty()
    sheet = visitor.context.new_page()
    sheet.set_viewport_size(ViewportSize(width=1196, height=720))
    images = (b64encode(shown.screenshot()).decode() for shown in (page, window))
    sheet.set_content(_SHEET + "".join(f'<img src="data:image/png;base64,{i}">' for i in images))
    sheet.screenshot(path=path)
