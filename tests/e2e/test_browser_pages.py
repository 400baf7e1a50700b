"""How the pages look and read: on a desk, on a phone, in light and in dark, by keyboard.

Pictures of all pages are kept in tests/artefacts for eyes to judge.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.chromium import (
    DESKTOP,
    PHONE,
    Visitor,
    picture_of_a_card_sign_in,
    running_chromium,
    visiting,
)
from journey import Journey
from playwright.sync_api import Browser, Page, ViewportSize, expect
from world import PIN

pytestmark = pytest.mark.chromium

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "tests" / "artefacts"
NARROWEST = ViewportSize(width=320, height=640)  # WCAG 2.2, 1.4.10

# Everything that a machine can see of WCAG 2.2 on these pages; returns what is wrong.
AUDIT = """() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) => element.outerHTML.slice(0, 90);
  const need = (good, what) => { if (!good) wrong.push(what); };

  need(["vi", "en"].includes(document.documentElement.lang), "lang");          // 3.1.1
  need(document.title.trim() !== "", "title");                                 // 2.4.2
  need(all("h1").length === 1, "one h1");                                      // 2.4.6
  need(all("main").length === 1, "one main");                                  // 1.3.1
  need(document.querySelector("meta[name=viewport]"), "viewport");
  const ids = all("[id]").map((element) => element.id);
  need(new Set(ids).size === ids.length, "id twice");
  for (const input of all("input:not([type=hidden]), select, textarea")) {     // 3.3.2
    need(input.labels.length || input.ariaLabel, `label: ${name(input)}`);
  }
  for (const element of all("a[href], button")) {                              // 4.1.2
    need(element.textContent.trim() || element.ariaLabel, `name: ${name(element)}`);
  }
  for (const image of all("img")) need(image.hasAttribute("alt"), `alt: ${name(image)}`);
  for (const attribute of ["aria-describedby", "aria-labelledby"]) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        need(document.getElementById(id), `reference: ${id}`);
      }
    }
  }

  // Contrast (1.4.3): every piece of text against the nearest ground that is painted.
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3)
    .map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isSeen = walker.currentNode.data.trim() && element.checkVisibility();
    if (!isSeen || element.closest(":disabled, noscript, script")) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    need(contrast >= 4.5, `contrast ${contrast.toFixed(1)}: ${name(element)}`);
  }

  // Where the keyboard is must be seen (2.4.7).
  const before = document.activeElement;
  for (const element of all("a[href], button, input, select, textarea, summary")) {
    if (!element.checkVisibility() || element.disabled || element.type === "hidden") continue;
    element.focus({ focusVisible: true });
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const isMarked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    need(document.activeElement === element && isMarked, `focus: ${name(element)}`);
  }
  before.focus();
  return wrong;
}"""
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


class Album:
    """Looks at pages of one size, and keeps their pictures."""

    def __init__(self, size: str) -> None:
        self._folder = ARTEFACTS / size
        self._folder.mkdir(parents=True, exist_ok=True)
        self.wrong: list[str] = []

    def keep(self, page: Page, name: str) -> None:
        """Take a picture, and note everything that is wrong with the page."""
        size = page.viewport_size or DESKTOP
        page.screenshot(path=self._folder / f"{name}.png", full_page=not name.startswith("demo"))
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.wrong += [f"{name}, {scheme}: {what}" for what in page.evaluate(AUDIT)]
        page.set_viewport_size(NARROWEST)
        width = page.evaluate(WIDTH)
        if width > NARROWEST["width"]:
            self.wrong.append(f"{name}: {width} pixels wide")
        page.set_viewport_size(size)


@pytest.fixture(params=[("desktop", DESKTOP, 0), ("phone", PHONE, 1)], ids=["desktop", "phone"])
def shown(
    request: pytest.FixtureRequest, chromium: Browser, journey: Journey
) -> Iterator[tuple[Visitor, Album, int]]:
    name, viewport, nth = request.param
    with visiting(chromium, journey, viewport=viewport) as visitor:
        yield visitor, Album(name), nth


def test_the_audit_sees_what_is_wrong(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(
        "<main id=a><img src='data:,' id=a><input><button></button><p style='color:#888'>pale"
        "<a href='/' style='outline:none'>link</a><i aria-labelledby=nobody></i></main>"
    )
    wrong = {one.split(":")[0].split(" 3")[0] for one in page.evaluate(AUDIT)}
    page.close()
    assert wrong == {
        *("lang", "title", "one h1", "viewport", "id twice"),
        *("label", "name", "alt", "contrast", "focus", "reference"),
    }


def test_pages_that_anybody_sees(shown: tuple[Visitor, Album, int], journey: Journey) -> None:
    visitor, album, _ = shown
    page = visitor.go(journey.world.issuer)
    album.keep(page, "home")
    for path in ("help", "nothing-here", "demo/outbox", "demo/clock", "demo/reset"):
        page.goto(f"{journey.world.issuer}/{path}")
        album.keep(page, path.replace("/", "-"))
    page.goto(f"{journey.world.issuer}/help?lang=en")
    expect(page.locator("#pin")).to_contain_text("“Unblock PIN”")
    album.keep(page, "help-en")
    page.goto(f"{journey.world.bridge}/window?lang=en")
    album.keep(page, "bridge-alone")
    page.get_by_role("button", name="Unblock PIN").click()
    album.keep(page, "bridge-unblock")
    page.goto(f"{journey.world.portals[0].origin}/nothing-here")
    album.keep(page, "portal-nothing-here")
    assert album.wrong == []


def test_pages_of_a_sign_in(shown: tuple[Visitor, Album, int], journey: Journey) -> None:
    visitor, album, nth = shown
    page = visitor.at_portal()
    album.keep(page, "portal")
    page.click("#sign-in")
    page.click("#paste summary")
    album.keep(page, "login-paste")
    page.click("#paste summary")
    album.keep(page, "login")
    window = visitor.open_reader(page)
    visitor.choose_card(window, journey.with_card("active", 13 + nth))
    visitor.type_pin(window, "999999")
    expect(window.locator("#ask .complaint")).not_to_be_empty()
    album.keep(window, "bridge")
    with window.expect_event("close"):
        visitor.type_pin(window, PIN)
    expect(page.locator("#agree")).to_be_visible()
    album.keep(page, "consent")
    page.click("#agree")
    expect(page.locator("#signed-in-name")).to_be_visible()
    album.keep(page, "portal-signed-in")
    own = visitor.go(f"{journey.world.issuer}/demo/outbox?to=example.com")
    album.keep(own, "demo-outbox-found")
    for path in ("", "help", "nothing-here"):
        own.goto(f"{journey.world.issuer}/{path}")
        album.keep(own, f"somebody-{path or 'home'}")
    own.goto(f"{journey.world.issuer}/logout")
    album.keep(own, "logout")
    own.click("#confirm-logout")
    expect(own.locator("#logged-out")).to_be_visible()
    album.keep(own, "logged-out")
    assert album.wrong == []


def test_pages_of_an_activation(shown: tuple[Visitor, Album, int], journey: Journey) -> None:
    visitor, album, nth = shown
    person = journey.with_card("notified", 3 + nth)
    sent = journey.notices(person)
    page = visitor.go(sent["link"])
    page.fill("#code", "0" * len(sent["code"]))
    page.click("#send-code")
    expect(page.locator("#refusal")).to_be_visible()
    album.keep(page, "activation-code")
    page.fill("#code", sent["code"])
    page.click("#send-code")
    expect(page.locator("#open-bridge")).to_be_visible()
    album.keep(page, "activation-card")
    visitor.show_card(page, person)
    expect(page.locator("#activation-done")).to_be_visible()
    album.keep(page, "activation-done")
    assert album.wrong == []


def test_pages_of_who_needs_help(shown: tuple[Visitor, Album, int], journey: Journey) -> None:
    visitor, album, nth = shown
    page = visitor.go(journey.notices(journey.with_card("notified", 5 + nth))["link"])
    for _ in range(5):
        page.fill("#code", "00000000")
        page.click("#send-code")
    expect(page.locator("#activation-assisted")).to_be_visible()
    album.keep(page, "activation-assisted")
    page = visitor.at_portal()
    page.click("#sign-in")
    visitor.show_card(page, journey.with_card("locked"))
    expect(page.locator("#refusal")).to_contain_text("1900")
    expect(page.locator("#paste")).not_to_have_attribute("open", "")
    album.keep(page, "login-refused")
    assert album.wrong == []


def test_the_readmes_picture_can_be_taken_again(chromium: Browser, journey: Journey) -> None:
    """The new one lies among the artefacts; whoever changes the pages copies it."""
    taken = ARTEFACTS / "card-sign-in.png"
    with visiting(chromium, journey, viewport=DESKTOP) as visitor:
        picture_of_a_card_sign_in(visitor, journey.with_card("active", 0), taken)
    kept = ROOT / "docs" / "pictures" / taken.name
    assert size_of(kept) == size_of(taken)
    assert kept.stat().st_size < 250_000


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG (its IHDR comes first)."""
    head = picture.read_bytes()[:24]
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
