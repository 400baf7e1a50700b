"""The card reader's desk in a real browser: look, insert, type a PIN, read the chip, watch."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from e2e.chromium import DESKTOP, PHONE, Visitor, running_chromium, visiting
from e2e.test_browser_pages import ARTEFACTS, ROOT, Album, size_of
from journey import Journey
from playwright.sync_api import Browser, Page, ViewportSize, expect
from world import PIN, World

pytestmark = pytest.mark.chromium

WRONG_PIN = "97531975"
PICTURE = ViewportSize(width=1180, height=880)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def nothing_inserted(world: World) -> None:
    """Every test finds the reader empty."""
    answer = httpx2.post(f"{world.bridge}/remove", json={}, headers={"Origin": world.bridge})
    assert answer.status_code == 200


@pytest.fixture(params=[("desktop", DESKTOP, 1), ("phone", PHONE, 2)], ids=["desktop", "phone"])
def shown(
    request: pytest.FixtureRequest, chromium: Browser, journey: Journey
) -> Iterator[tuple[Visitor, Album, str]]:
    name, viewport, nth = request.param
    with visiting(chromium, journey, viewport=viewport) as visitor:
        yield visitor, Album(name), journey.cards[journey.with_card("active", nth)["number"]]


def at_desk(visitor: Visitor, card: str, language: str = "en") -> Page:
    return visitor.go(f"{visitor.world.bridge}/?lang={language}&card={card}")


def insert(page: Page) -> None:
    page.click("#insert")
    expect(page.locator("#remove")).to_be_focused()


def printed_on(world: World, card: str) -> dict[str, Any]:
    plastic: dict[str, Any] = json.loads((world.cards / f"{card}.print.json").read_text("utf-8"))
    return plastic


def whole_stream(world: World) -> str:
    """Everything that the bridge tells who begins to follow now."""
    text = ""
    with httpx2.stream("GET", f"{world.bridge}/trace", timeout=2) as answer:
        try:
            for piece in answer.iter_text():
                text += piece
        except httpx2.ReadTimeout:
            return text
    return text


def test_a_person_can_look_and_understand__CV_52(shown: tuple[Visitor, Album, str]) -> None:
    visitor, album, card = shown
    plastic = printed_on(visitor.world, card)
    page = at_desk(visitor, card, "vi")
    expect(page.locator("figure").first).to_contain_text(plastic["name"])
    expect(page.locator("#chip")).to_contain_text("Đưa thẻ vào đầu đọc")
    expect(page.locator("#pin-form button[type=submit]")).to_be_disabled()
    insert(page)
    expect(page.locator("#counter-pin")).to_contain_text("còn 3 trên 3 lần")
    page.fill("#pin", WRONG_PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#pin-form .complaint")).to_have_text("Mã PIN không đúng. Còn 2 lần thử.")
    expect(page.locator("#counter-pin")).to_contain_text("còn 2 trên 3 lần")
    expect(page.locator("#pin")).to_have_value("")
    expect(page.locator("#pin")).to_be_focused()
    step = page.locator("#trace .steps li", has_text="VERIFY PIN").filter(has_text="[blanked]")
    expect(step.first).to_contain_text("63C2 sai; còn 2 lần thử")
    page.fill("#can", plastic["can"])
    page.click("#can-form button")
    expect(page.locator("#passport-zone")).to_have_text("\n".join(plastic["mrz"]))
    expect(page.locator("#passport-face")).to_be_visible()
    expect(page.locator("#passport-facts .good")).to_have_count(5)
    expect(page.locator("#passport-facts .bad")).to_have_count(0)
    album.keep(page, "desk")
    for digit in PIN:
        page.click(f"[data-digit='{digit}']")
    page.click("#pin-form button[type=submit]")
    expect(page.locator("#pin-form .complaint")).to_contain_text("Mã PIN đúng")
    empty = page.locator(".objects li.absent", has_text="trống")
    expect(empty.locator(".code")).to_have_text(["5FC108", "5FC103"])
    expect(page.locator("#counter-pin")).to_contain_text("còn 3 trên 3 lần")
    page.click("#remove")
    expect(page.locator("#insert")).to_be_focused()
    expect(page.locator("#notice")).to_have_text("Đã rút thẻ ra.")
    assert album.wrong == []
    stream = whole_stream(visitor.world)
    assert "VERIFY PIN" in stream
    for secret in (WRONG_PIN.encode().hex(), PIN.encode().hex(), WRONG_PIN):
        assert secret.upper() not in stream


def test_the_desk_is_used_by_keyboard_alone(chromium: Browser, journey: Journey) -> None:
    card = journey.cards[journey.with_card("active", 3)["number"]]
    with visiting(chromium, journey) as visitor:
        page = at_desk(visitor, card)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.locator("#insert").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#remove")).to_be_focused()
        page.locator("[name=mode][value=verify]").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#new-pin")).to_be_visible()
        for field, text in (("pin", PIN), ("new-pin", "864209"), ("repeat-pin", "864208")):
            page.fill(f"#{field}", text)
        page.keyboard.press("Enter")
        complaint = page.locator("#pin-form .complaint")
        expect(complaint).to_have_text("The two new PINs are not the same.")
        page.fill("#repeat-pin", "864209")
        page.keyboard.press("Enter")
        expect(complaint).to_have_text("The PIN was changed.")
        for field in ("pin", "new-pin", "repeat-pin"):
            expect(page.locator(f"#{field}")).to_have_value("")
        for field, text in (("pin", "864209"), ("new-pin", PIN), ("repeat-pin", PIN)):
            page.fill(f"#{field}", text)
        page.keyboard.press("Enter")
        expect(complaint).to_have_text("The PIN was changed.")


def test_the_trace_can_be_stopped_and_goes_on__wcag_2_2_2(
    chromium: Browser, journey: Journey
) -> None:
    card = journey.cards[journey.with_card("active", 5)["number"]]
    with visiting(chromium, journey) as visitor:
        page = at_desk(visitor, card)
        told = page.locator("#trace summary", has_text=card)
        page.click("#pause")
        insert(page)
        page.wait_for_timeout(500)
        expect(told).to_have_count(0)
        page.click("#pause")
        expect(told).to_have_count(1)
        expect(told).to_contain_text("Look at the chip's state")
        page.click("#clear")
        expect(page.locator("#trace > li")).to_have_count(0)


def test_without_script_the_cards_can_be_looked_at(chromium: Browser, journey: Journey) -> None:
    card = journey.cards[journey.with_card("active", 3)["number"]]
    with visiting(chromium, journey, java_script_enabled=False) as visitor:
        page = visitor.go(f"{visitor.world.bridge}/")
        page.click(f'a.row[href*="card={card}"]')
        name = printed_on(visitor.world, card)["name"]
        expect(page.locator("figure").first).to_contain_text(name)
        expect(page.locator("#drawer [aria-current]")).to_contain_text(name)
        for control in ("#insert", "#remove", "#pin-form", "#can-form", "#pause"):
            expect(page.locator(control)).not_to_be_visible()


def test_a_card_is_found_by_its_holders_name(chromium: Browser, journey: Journey) -> None:
    person = journey.with_card("active", 4)
    with visiting(chromium, journey) as visitor:
        page = visitor.go(f"{visitor.world.bridge}/?lang=en")
        page.fill("#filter", journey.cards[person["number"]].lower())
        expect(page.locator(".row:visible")).to_have_count(1)
        expect(page.locator(".row:visible")).to_contain_text(person["name"])
        page.fill("#filter", "nobody of that name")
        expect(page.locator("#no-match")).to_be_visible()


def test_the_picture_of_the_desk_can_be_taken_again(chromium: Browser, journey: Journey) -> None:
    """The new one lies among the artefacts; whoever changes the page copies it."""
    taken = ARTEFACTS / "card-desk.png"
    card = journey.cards[journey.with_card("active", 0)["number"]]
    with visiting(chromium, journey, viewport=PICTURE) as visitor:
        page = at_desk(visitor, card)
        if page.locator("#insert").count():
            insert(page)
        page.evaluate("document.activeElement.blur()")
        expect(page.locator("#counter-pin")).to_contain_text("of 3 left")
        page.screenshot(path=taken)
    kept = ROOT / "docs" / "pictures" / taken.name
    assert size_of(kept) == size_of(taken)
    assert kept.stat().st_size < 400_000
