"""What citizens do, in a real browser: activate, sign in, share, sign out, in two languages."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.chromium import running_chromium, visiting
from journey import Journey
from playwright.sync_api import Browser, Page, expect
from world import PIN

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def speaks(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_activation_in_spite_of_a_wrong_code_and_a_wrong_pin(
    chromium: Browser, journey: Journey
) -> None:
    person = journey.with_card("notified", 2)
    sent = journey.notices(person)
    with visiting(chromium, journey) as visitor:
        page = visitor.go(f"{journey.world.issuer}/demo/outbox")
        speaks(page, "vi")
        page.click(f'a[href="{sent["link"]}"]')
        page.fill("#code", "0" * len(sent["code"]))
        page.click("#send-code")
        expect(page.locator("#refusal")).to_have_text("Mã chưa đúng. Còn 4 lần thử.")
        # The switch leads back to the page, not to the address that the form was sent to.
        page.click("#language-switch")
        speaks(page, "en")
        page.click("#language-switch")
        speaks(page, "vi")
        page.fill("#code", sent["code"])
        page.click("#send-code")
        expect(page.locator("li[aria-current=step]")).to_have_text("Xác nhận bằng thẻ")

        window = visitor.open_reader(page)
        expect(window.locator("#asker")).to_have_text(journey.world.issuer)
        visitor.choose_card(window, person)
        visitor.type_pin(window, "999999")
        expect(window.locator("#ask .complaint")).to_have_text("Mã PIN không đúng. Còn 2 lần thử.")
        expect(page.locator("#card-status")).to_have_text("Đang chờ thẻ trong cửa sổ đầu đọc…")
        with window.expect_event("close"):
            visitor.type_pin(window, PIN)
        expect(page.locator("#activation-done")).to_have_text("Tài khoản đã được kích hoạt")
        assert visitor.refused == [401, 403]  # the code, the PIN


def test_sign_in_share_a_part_and_sign_out_everywhere(chromium: Browser, journey: Journey) -> None:
    person = journey.with_card("active", 5)
    with visiting(chromium, journey) as visitor:
        first = visitor.at_portal(0)
        first.click("#sign-in")
        agency, origin = journey.world.portals[0].name_vi, journey.world.portals[0].origin
        expect(first.locator("#agency")).to_have_text(f"{agency} đề nghị bạn xác thực.")
        expect(first.locator("#destination")).to_contain_text(origin)
        visitor.show_card(first, person)
        shares_a_part(first, person)

        second = visitor.at_portal(1)
        second.click("#sign-in")
        expect(second.locator("#signed-in-as")).to_contain_text(person["name"])
        assert second.locator("#card-step").count() == 0
        second.click("#agree")
        expect(second.locator("#signed-in-name")).to_have_text(person["name"])
        assert second.inner_text("#claim-sub") != first.inner_text("#claim-sub")
        second.click("#try-silent")
        expect(second.locator("#signed-in-name")).to_have_text(person["name"])

        first.click("#sign-out")
        expect(first.locator("#signed-out")).to_be_visible()
        expect(first.locator("main")).to_contain_text("khỏi dịch vụ định danh điện tử")
        second.click("#try-silent")
        expect(second.locator("#error-code")).to_have_text("login_required")
        shows_nothing_after_back(first, person)
        assert visitor.refused == [400]  # login_required


def shares_a_part(page: Page, person: dict[str, str]) -> None:
    """Nothing is ticked in advance; what is not ticked does not arrive."""
    boxes = page.locator("input[type=checkbox]")
    expect(boxes).to_have_count(3)
    expect(page.locator("input[type=checkbox]:checked")).to_have_count(0)
    page.get_by_label("Ngày, tháng, năm sinh").check()
    page.click("#agree")
    expect(page.locator("#signed-in-name")).to_have_text(person["name"])
    expect(page.locator("#claim-acr")).to_have_text("urn:vn:eid:authn:2")
    expect(page.locator("#claim-account_level")).to_have_text("2")
    expect(page.locator("#claim-birthdate")).to_have_text(person["born"])
    expect(page.locator("#claim-personal_number")).to_have_text(person["number"])
    for declined in ("gender", "nationality"):
        expect(page.locator(f"#claim-{declined}")).to_have_count(0)


def shows_nothing_after_back(page: Page, person: dict[str, str]) -> None:
    """SS-15: going back after signing out shows nobody."""
    page.go_back()
    expect(page.locator("#sign-in")).to_be_visible()
    assert person["name"] not in page.inner_text("body")


def test_sign_in_without_script(chromium: Browser, journey: Journey) -> None:
    person = journey.with_card("active", 6)
    with visiting(chromium, journey, java_script_enabled=False) as visitor:
        page = visitor.at_portal()
        page.click("#sign-in")
        expect(page.locator("#open-bridge")).to_be_hidden()
        expect(page.locator("noscript .notice")).to_be_visible()
        page.click("#paste summary")
        card = journey.world.cards / f"{journey.cards[person['number']]}.card"
        program, *words = shlex.split(page.inner_text("#paste-command").replace("CARD", str(card)))
        assert program == ".venv/bin/chipcard-sim"
        words = [Path(program).name, *words, "--pin", PIN]
        page.fill("#answer", journey.world.command(words, show=False))
        page.click("#send-answer")
        page.click("#agree")
        expect(page.locator("#signed-in-name")).to_have_text(person["name"])


def test_the_language_stays_where_it_was_switched(chromium: Browser, journey: Journey) -> None:
    person = journey.with_card("active", 7)
    with visiting(chromium, journey) as visitor:
        page = visitor.at_portal()
        page.click("#sign-in")
        speaks(page, "vi")
        page.click("#language-switch")
        speaks(page, "en")
        expect(page.locator("#agency")).to_contain_text(journey.world.portals[0].name_en)
        window = visitor.open_reader(page)
        speaks(window, "en")
        visitor.choose_card(window, person)
        with window.expect_event("close"):
            visitor.type_pin(window, PIN)
        expect(page.locator("h1")).to_have_text("Agree to share information")
        page.click("#language-switch")
        expect(page.locator("h1")).to_have_text("Đồng ý chia sẻ thông tin")
        speaks(page, "vi")
        page.click("#language-switch")
        page.click("#refuse")
        expect(page.locator("#error-code")).to_have_text("access_denied")
        kept = {one["name"]: one["value"] for one in visitor.context.cookies(journey.world.issuer)}
        assert kept["__Host-eid-language"] == "en"
        speaks(visitor.go(journey.world.issuer), "en")


def test_a_sign_in_begun_elsewhere_cannot_be_ended_here__SS_08(
    chromium: Browser, journey: Journey
) -> None:
    with visiting(chromium, journey) as one, visiting(chromium, journey) as other:
        page = one.at_portal()
        page.click("#sign-in")
        expect(page.locator("#open-bridge")).to_be_visible()
        elsewhere = other.go(page.url)
        expect(elsewhere.locator("#error-code")).to_have_text("unknown_pending")
        assert other.refused == [404]


def test_somebody_else_never_goes_on_with_the_first_one__SS_09(
    chromium: Browser, journey: Journey
) -> None:
    first, second = journey.with_card("active", 8), journey.with_card("active", 9)
    with visiting(chromium, journey) as visitor:
        visitor.sign_in(0, first)
        page = visitor.at_portal(1)
        page.click("#sign-in")
        expect(page.locator("#signed-in-as")).to_contain_text(first["name"])
        page.click("#not-you")
        visitor.show_card(page, second)
        expect(page.locator("#signed-in-as")).to_contain_text(second["name"])
        page.click("#agree")
        expect(page.locator("#signed-in-name")).to_have_text(second["name"])
        assert first["name"] not in page.inner_text("body")
