"""What pages say: once, with the number to call, in local time, in the language that was chosen."""

import dataclasses
import html
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from integration.api.front_door import FrontDoor
from integration.api.visitor import Page, Visitor

from eid.config import Environment

HOTLINE = "1900\u00a00000"


def speaks(page: Page) -> str | None:
    found = re.search(r'<html lang="(\w+)"', page.text)
    return found[1] if found else None


def headings(page: Page) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page.text)


def test_the_program_to_paste_stands_where_the_demo_has_it(
    door: FrontDoor, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.services.settings.environment is Environment.DEMO
    told = visitor.get(door.authorize()).element("paste-command") or ""
    assert told.startswith(".venv/bin/chipcard-sim answer CARD --origin http://localhost:8000 --no")
    assert ".venv/bin/chipcard-sim pin unblock CARD" in visitor.get("/help").text
    monkeypatch.setattr(
        door.app.state, "look", type(door.app.state.look)("", "", HOTLINE, "vi", demo=False)
    )
    told = visitor.get(door.authorize()).element("paste-command") or ""
    assert told.startswith("chipcard-sim answer CARD")
    assert ".venv" not in visitor.get("/help").text


def test_a_folder_of_cards_that_is_not_the_usual_one_is_named(
    door: FrontDoor, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = dataclasses.replace(door.app.state.look, cards=".demo/my front/cards")
    monkeypatch.setattr(door.app.state, "look", look)
    told = html.unescape(visitor.get(door.authorize()).element("paste-command") or "")
    words = shlex.split(told)
    assert words[1:5] == ["answer", "CARD", "--cards", ".demo/my front/cards"]
    help_page = html.unescape(visitor.get("/help").text)
    assert "pin unblock CARD --cards '.demo/my front/cards'" in help_page


@pytest.mark.parametrize(
    ("who", "code"), [("locked", "account_locked"), ("adult_hanoi", "account_not_active")]
)
def test_who_is_refused_reads_whom_to_call(
    door: FrontDoor, visitor: Visitor, who: str, code: str
) -> None:
    page = door.show_card(visitor, visitor.get(door.authorize()), who)
    assert page.element("error-code") == code
    assert HOTLINE in (page.read().texts["refusal"])
    assert "open" not in page.read().attributes["paste"]


def test_an_assisted_case_is_told_once(door: FrontDoor, visitor: Visitor) -> None:
    sent = door.notices("adult_hanoi")
    form = visitor.get(sent["link"]).form("/activate/")
    wrong = f"{(int(sent['code']) + 1) % 10**8:08}"
    page = [visitor.post(form, {"code": wrong}) for _ in range(5)][-1]
    assert page.element("error-code") == "needs_assistance"
    assert "refusal" not in page.read().texts
    assert page.text.count(HOTLINE) == 1


def test_the_mail_box_names_holders_and_is_searched_by_them(
    door: FrontDoor, visitor: Visitor
) -> None:
    everything = headings(visitor.get("/demo/outbox"))
    person = door.people["adult_hanoi"]
    assert len(everything) > 2
    for wanted in (person["name"], person["name"].upper().replace(" ", "+")):
        found = headings(visitor.get(f"/demo/outbox?to={wanted}"))
        assert len(found) == 2  # the letter and the text message
        assert all(heading.startswith(f"{person['name']}: ") for heading in found)
    for wanted in (person["phone"].replace("+", "%2B"), person["email"]):
        assert len(headings(visitor.get(f"/demo/outbox?to={wanted}"))) == 1
    nobody = visitor.get("/demo/outbox?to=%3Cb%3Enobody")
    assert not headings(nobody)
    assert "<b>" not in nobody.text
    assert headings(visitor.get("/demo/outbox?to=+")) == everything


def test_the_mail_box_tells_the_time_in_vietnam(visitor: Visitor) -> None:
    text = visitor.get("/demo/outbox").text
    told = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', text)
    assert told
    for moment, shown in told:
        local = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(hours=7)
        assert shown == local.strftime("%H:%M %d/%m/%Y")


def test_the_clock_counts_days_and_hours(visitor: Visitor) -> None:
    visitor.submit(visitor.get("/demo/clock").form("/demo/clock"), {"hours": "51"})
    assert visitor.get("/demo/clock").element("ahead") == "Đi trước giờ thật 2 ngày 3 giờ."
    page = visitor.get("/demo/clock?lang=en")
    assert page.element("ahead") == "Ahead of real time: 2 d 3 h."


def test_the_switch_goes_before_the_agencys_wish_and_that_before_the_browser(
    door: FrontDoor,
) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9"}

    def page(visitor: Visitor, path: str) -> Page:
        return visitor.ask("GET", path, headers=english)

    visitor = door.visitor()
    assert speaks(page(visitor, "/")) == "en"
    asked = page(visitor, door.authorize(ui_locales="vi")).location or ""
    login = asked.removeprefix("http://localhost:8000")
    assert speaks(page(visitor, login)) == "vi"
    assert speaks(page(visitor, f"{login}?lang=en")) == "en"
    assert speaks(page(visitor, login)) == "en"  # chosen, and not undone on the next page
