"""The window in a real browser: a provider's page opens it, asks, and gets the card's answer."""

import base64
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from unit.chipcard_sim.cards import change_state
from unit.chipcard_sim.passports import CAN, passport_card

from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.settings import BridgeSettings

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
expect.set_options(timeout=20_000)  # milliseconds; a loaded machine starts windows slowly
Workshop = Any  # of conftest.py, which cannot be imported
CARD = "VN0000001"
NONCE = base64.b64encode(bytes(range(32))).decode()
# A provider's card page: opens the window, answers its "ready", writes down what comes back.
PROVIDER_PAGE = """<!doctype html><title>provider</title><button id="open">open</button>
<pre id="heard"></pre><script>
const bridge = "BRIDGE"; var reader = null;
document.getElementById("open").onclick = () => {
  reader = window.open(bridge + "/window?lang=vi", "eid-card-bridge", "popup,width=460,height=680");
};
window.addEventListener("message", (event) => {
  if (event.origin !== bridge || event.source !== reader) return;
  if (event.data.type === "eid-bridge:ready") reader.postMessage(ASK, bridge);
  else document.getElementById("heard").textContent = JSON.stringify(event.data);
});
</script>"""
# A page that asks without having been told "ready", again and again.
PUSHY_PAGE = PROVIDER_PAGE.replace(
    "</script>",
    "setInterval(() => { if (reader) reader.postMessage(ASK, bridge); }, 50);</script>",
)


class _PageHandler(BaseHTTPRequestHandler):
    def __init__(self, page: str, *parts: Any) -> None:
        self.page = page
        super().__init__(*parts)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        # The provider's card page must keep its hold of the window that it opens.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site(page: str) -> Iterator[str]:
    """Serve one page on a free port; its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_PageHandler, page)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def bridge(stocked: Workshop, listener: socket.socket, *origins: str) -> Iterator[str]:
    """Run the bridge on a listening socket; its origin."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = BridgeSettings(address, origins, has_picker=True)
    app = create_bridge(Drawer(stocked.cards), settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def page_text(page: str, listener: socket.socket, **more: str) -> str:
    ask = json.dumps({"type": "eid-bridge:ask", "nonce": NONCE, "lang": "vi"} | more)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return page.replace("BRIDGE", address).replace("ASK", ask)


@pytest.fixture
def opened(
    stocked: Workshop, listener: socket.socket, browser: Browser
) -> Iterator[Callable[[], tuple[Page, Page]]]:
    """Open a provider's page and from it the window."""
    with site(page_text(PROVIDER_PAGE, listener)) as provider, bridge(stocked, listener, provider):
        context = browser.new_context()

        def open_both() -> tuple[Page, Page]:
            page = context.new_page()
            page.goto(provider)
            with page.expect_popup() as popup:
                page.click("#open")
            window = popup.value
            window.on("pageerror", lambda error: pytest.fail(str(error)))
            return page, window

        yield open_both
        context.close()


def heard(page: Page) -> dict[str, str]:
    page.wait_for_function("document.getElementById('heard').textContent !== ''")
    told: dict[str, str] = json.loads(page.inner_text("#heard"))
    return told


def test_the_answer_reaches_the_page_that_asked(
    opened: Callable[[], tuple[Page, Page]], stocked: Workshop
) -> None:
    page, window = opened()
    expect(window.locator("#asker")).to_have_text(page.url.rstrip("/"))
    expect(window.locator("#ask-card")).to_contain_text("VN0000001 · NGUYEN THI MAU")
    expect(window.locator("#pin")).to_be_focused()
    window.fill("#pin", stocked.pin)
    with window.expect_event("close"):
        window.keyboard.press("Enter")
    told = heard(page)
    assert told["type"] == "eid-bridge:answer"
    assert json.loads(told["token"])["format"] == "web-eid:1.0"


def test_a_wrong_pin_is_told_until_the_puk_helps(
    opened: Callable[[], tuple[Page, Page]], stocked: Workshop
) -> None:
    page, window = opened()
    for complaint in ("Mã PIN không đúng. Còn 2 lần thử.", "Mã PIN không đúng. Còn 1 lần thử."):
        window.fill("#pin", "000000")
        window.click("#ask button[type=submit]")
        expect(window.locator("#ask .complaint")).to_have_text(complaint)
        expect(window.locator("#pin")).to_have_value("")
        expect(window.locator("#pin")).to_be_focused()
    window.click("[data-language=en]")
    expect(window.locator("#ask .complaint")).to_have_text("The PIN is wrong. Tries left: 1.")
    window.fill("#pin", "000000")
    window.click("#ask button[type=submit]")
    expect(window.locator("#unblock")).to_be_visible()
    expect(window.locator("#unblock .complaint")).to_have_text("The PIN is blocked.")
    expect(window.locator("#ask")).to_be_hidden()
    window.fill("#puk", stocked.puk)
    window.fill("#unblock-new", "864209")
    window.fill("#unblock-repeat", "864208")
    window.click("#unblock button[type=submit]")
    expect(window.locator("#unblock .complaint")).to_have_text("The two new PINs are not the same.")
    window.fill("#unblock-repeat", "864209")
    window.click("#unblock button[type=submit]")
    expect(window.locator("#notice")).to_have_text("The PIN is unblocked. Use your new PIN.")
    window.fill("#pin", "864209")
    with window.expect_event("close"):
        window.click("#ask button[type=submit]")
    assert heard(page)["type"] == "eid-bridge:answer"


def test_the_holder_may_cancel(opened: Callable[[], tuple[Page, Page]]) -> None:
    page, window = opened()
    with window.expect_event("close"):
        window.click("#ask [data-cancel]")
    assert heard(page) == {"type": "eid-bridge:cancelled"}


def test_a_stranger_is_shown_as_one_and_gets_nothing(
    stocked: Workshop, listener: socket.socket, browser: Browser
) -> None:
    with (
        site(page_text(PUSHY_PAGE, listener)) as stranger,
        bridge(stocked, listener, "http://localhost:1"),
    ):
        page = browser.new_page()
        page.goto(stranger)
        with page.expect_popup() as popup:
            page.click("#open")
        window = popup.value
        expect(window.locator("#notice")).to_contain_text("Đừng nhập mã PIN")
        expect(window.locator("#ask")).to_be_hidden()
        expect(window.locator("#offer-unblock")).to_be_hidden()
        assert not page.inner_text("#heard")
        page.context.close()


def test_only_the_opener_itself_is_heard(
    stocked: Workshop, listener: socket.socket, browser: Browser
) -> None:
    silent = PROVIDER_PAGE.replace("reader.postMessage(ASK, bridge)", "window.isReady = true")
    with site(page_text(silent, listener)) as provider, bridge(stocked, listener, provider):
        page = browser.new_page()
        page.goto(provider)
        with page.expect_popup() as popup:
            page.click("#open")
        window = popup.value
        page.wait_for_function("window.isReady")
        ask = {"type": "eid-bridge:ask", "nonce": NONCE, "lang": "vi"}
        # A frame of the very same origin, which is not the opener.
        page.evaluate(
            """([ask, bridge]) => {
                const frame = document.body.appendChild(document.createElement("iframe"));
                frame.contentWindow.ask = ask;
                frame.contentWindow.eval(`parent.reader.postMessage(ask, "${bridge}")`);
            }""",
            [ask, window.evaluate("location.origin")],
        )
        window.wait_for_timeout(200)
        expect(window.locator("#ask")).to_be_hidden()
        page.evaluate(f"reader.postMessage({json.dumps(ask)}, bridge)")
        expect(window.locator("#ask")).to_be_visible()
        page.context.close()


def test_the_first_challenge_is_the_one(
    opened: Callable[[], tuple[Page, Page]], stocked: Workshop
) -> None:
    page, window = opened()
    expect(window.locator("#ask")).to_be_visible()
    later = {"type": "eid-bridge:ask", "nonce": "x" * 44, "lang": "en"}
    page.evaluate(f"reader.postMessage({json.dumps(later)}, bridge)")
    window.wait_for_timeout(200)
    window.fill("#pin", stocked.pin)
    with window.expect_request("**/answer") as request, window.expect_event("close"):
        window.click("#ask button[type=submit]")
    assert json.loads(request.value.post_data or "")["nonce"] == NONCE


def test_without_an_opener_it_explains_itself_and_changes_the_pin(
    stocked: Workshop, listener: socket.socket, browser: Browser
) -> None:
    with bridge(stocked, listener, "http://localhost:1") as address:
        page = browser.new_page(viewport={"width": 320, "height": 640})
        page.goto(f"{address}/window?lang=en")
        expect(page.locator("#notice")).to_contain_text("opens this window when you use your card")
        # WCAG 2.2, 1.4.10: no sideways scrolling at 320 pixels.
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.fill("#old-pin", stocked.pin)
        page.fill("#change-new", "864209")
        page.fill("#change-repeat", "864209")
        page.click("#change button[type=submit]")
        expect(page.locator("#notice")).to_have_text("The PIN was changed.")
        page.context.close()


def test_a_forgotten_pin_is_replaced_before_any_wrong_try(
    opened: Callable[[], tuple[Page, Page]], stocked: Workshop
) -> None:
    page, window = opened()
    expect(window.locator("#pin")).to_be_focused()
    window.get_by_role("button", name="Mở khóa PIN").click()
    expect(window.locator("#unblock-card")).to_have_value(CARD)
    expect(window.locator("#open-unblock")).to_be_hidden()
    window.click("#back")
    expect(window.locator("#ask")).to_be_visible()
    window.click("#open-unblock")
    window.fill("#puk", stocked.puk)
    window.fill("#unblock-new", "864209")
    window.fill("#unblock-repeat", "864209")
    window.click("#unblock button[type=submit]")
    expect(window.locator("#notice")).to_have_text("Đã mở khóa. Hãy dùng mã PIN mới.")
    window.fill("#pin", "864209")
    with window.expect_event("close"):
        window.click("#ask button[type=submit]")
    assert heard(page)["type"] == "eid-bridge:answer"


def test_for_a_reading_the_number_on_the_front_is_asked_not_the_pin(
    stocked: Workshop, listener: socket.socket, browser: Browser
) -> None:
    (stocked.cards / f"{CARD}.card").unlink()
    passport_card(stocked.cards / f"{CARD}.card")
    change_state(
        stocked.cards / f"{CARD}.card",
        lambda state: replace(state, files={**state.files, 0x010F: b"\x6f\x00"}),
    )
    page_asking = page_text(PROVIDER_PAGE, listener, method="card_chip")
    with site(page_asking) as provider, bridge(stocked, listener, provider) as address:
        page = browser.new_page()
        page.goto(provider)
        with page.expect_popup() as popup:
            page.click("#open")
        window = popup.value
        expect(window.locator("#asker")).to_have_text(provider)
        expect(window.locator("#ask")).to_contain_text("sẽ nhận được dữ liệu in trên thẻ của bạn")
        expect(window.locator("#pin")).to_be_hidden()
        expect(window.locator("#offer-unblock")).to_be_hidden()
        expect(window.locator("#can")).to_be_focused()
        with page.context.expect_page() as desk:
            window.click("#front")
        assert desk.value.url == f"{address}/?lang=vi&card={CARD}"
        expect(desk.value.locator("#card")).to_have_attribute("data-card", CARD)
        window.fill("#can", "000000")
        window.keyboard.press("Enter")
        expect(window.locator("#ask .complaint")).to_have_text("Số CAN không đúng với thẻ này.")
        expect(window.locator("#can")).to_be_focused()
        window.fill("#can", CAN.decode())
        with window.expect_event("close"):
            window.keyboard.press("Enter")
        told = heard(page)
        assert told["type"] == "eid-bridge:answer"
        assert json.loads(told["token"])["format"] == "eid.chip-reading:1"
        page.context.close()


def test_an_unknown_way_is_told_and_nothing_asked(
    stocked: Workshop, listener: socket.socket, browser: Browser
) -> None:
    page_asking = page_text(PROVIDER_PAGE, listener, method="constructor")
    with site(page_asking) as provider, bridge(stocked, listener, provider):
        page = browser.new_page()
        page.goto(provider)
        with page.expect_popup() as popup:
            page.click("#open")
        expect(popup.value.locator("#notice")).to_contain_text("đầu đọc này không biết")
        expect(popup.value.locator("#ask")).to_be_hidden()
        page.context.close()
