"""Whoever is signed in sees so on every page, and can leave from there."""

from urllib.parse import urlsplit

import pytest
from integration.api.front_door import FrontDoor
from integration.api.visitor import OURS, Page, Visitor

WHO, OTHER = "adult_danang", "adult_hagiang"
SESSION = "__Host-eid-session"


def is_signed_in(visitor: Visitor) -> bool:
    return "signed-in-as" in visitor.get("/").read().texts


def pages(door: FrontDoor, visitor: Visitor) -> dict[str, Page]:
    link = urlsplit(door.notices("adult_hanoi")["link"]).path
    asked = ["/", "/help", "/logout", link, door.authorize(prompt="login"), door.authorize("tax")]
    return {path: visitor.get(path) for path in (*asked, "/demo/outbox", "/demo/clock")}


def test_every_page_says_who_is_signed_in__SS_09(door: FrontDoor, visitor: Visitor) -> None:
    assert not [
        path
        for path, page in pages(door, visitor).items()
        if "not-you" in page.read().texts or page.status != 200
    ]
    door.sign_in(visitor, WHO)
    for path, page in {**pages(door, visitor), "reset": visitor.get("/demo/reset")}.items():
        assert door.people[WHO]["name"] in (page.element("signed-in-as") or ""), path
        assert page.text.count("/sign-out") == 1, path


@pytest.mark.parametrize("path", ["/", "/help", "/logout", "/demo/clock", "/nowhere", "/authorize"])
def test_one_can_leave_from_every_page__SS_04(door: FrontDoor, visitor: Visitor, path: str) -> None:
    door.sign_in(visitor, WHO)
    visitor.submit(visitor.get(path).form("/sign-out"), {})
    assert SESSION not in visitor.jar
    assert not is_signed_in(visitor)


def test_an_error_page_names_nobody_and_asks_the_store_for_nothing(
    door: FrontDoor, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not-you" not in visitor.get("/nowhere").read().texts
    door.sign_in(visitor, WHO)
    monkeypatch.setattr(door.services, "login", None)
    for path in ("/nowhere", "/?" + "a" * 9000):
        page = visitor.get(path)
        assert page.element("not-you") == "Đăng xuất"
        assert door.people[WHO]["name"] not in page.text


def test_who_leaves_from_the_card_page_comes_back_to_it(door: FrontDoor, visitor: Visitor) -> None:
    door.sign_in(visitor, WHO)
    page = visitor.get(door.authorize(prompt="login"))
    again = visitor.submit(page.form("/sign-out"), {})
    assert urlsplit(again.url).path == urlsplit(page.url).path
    assert "card-step" in again.read().texts


@pytest.mark.parametrize(("path", "action"), [("/", "/sign-out"), ("/logout", "/logout/confirm")])
def test_a_form_of_one_session_ends_no_other__SS_06__SS_09(
    door: FrontDoor, visitor: Visitor, path: str, action: str
) -> None:
    door.sign_in(visitor, WHO)
    firsts = visitor.get(path).form(action)
    door.show_card(visitor, visitor.get(door.authorize(prompt="login")), OTHER)
    before = door.snapshot()
    page = visitor.post(firsts, {})
    assert (page.status, page.element("error-code")) == (403, "forbidden_form")
    assert door.snapshot() == before
    assert is_signed_in(visitor)
    assert visitor.post(visitor.get(path).form(action), {}).status in {200, 303}
    assert not is_signed_in(visitor)


def test_a_form_without_its_sessions_mark_ends_nothing__SS_06(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    for path, action in (("/", "/sign-out"), ("/logout", "/logout/confirm")):
        form = visitor.get(path).form(action)
        kept = [field for field in form.fields if field[0] != "session"]
        page = visitor.ask("POST", form.action, kept, OURS)
        assert (page.status, page.element("error-code")) == (403, "forbidden_form")
    assert is_signed_in(visitor)
