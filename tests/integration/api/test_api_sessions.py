"""The session cookie: how it is set, when it is new, and when a saved copy is worth nothing."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from integration.api.front_door import FrontDoor, asks_card
from integration.api.visitor import OURS, Page, Visitor
from integration.api.wire import raw

from eid.domain.account import LockGround

SESSION, BROWSER = "__Host-eid-session", "__Host-eid-browser"
WHO = "adult_danang"


def error_of(page: Page) -> str | None:
    """The error that the agency is told."""
    return parse_qs(urlsplit(page.location or "").query).get("error", [None])[0]


def is_signed_in(door: FrontDoor, visitor: Visitor) -> bool:
    """Whether anything of the service treats this browser as somebody's."""
    named = "signed-in-as" in visitor.get("/").read().texts
    silent = visitor.ask("GET", door.authorize(prompt="none"))
    answered = error_of(silent) != "login_required"
    assert named == answered
    return named


def copy_of(door: FrontDoor, visitor: Visitor) -> Visitor:
    """A thief's browser with all the cookies of that one."""
    thief = door.visitor()
    thief.jar = dict(visitor.jar)
    return thief


def set_cookies(door: FrontDoor, visitor: Visitor) -> list[str]:
    """Every Set-Cookie line of a walk from the first page to the log-out."""
    first = visitor.ask("GET", door.authorize())
    page = visitor.get(f"{first.location}?lang=en")
    form = page.form("/login/")
    answer = door.card_answer(WHO, dict(form.fields)["nonce"])
    pages = [first, page, visitor.post(form, {"answer": answer})]
    pages.append(visitor.ask("GET", str(pages[-1].location)))
    pages.append(visitor.post(visitor.get("/").form("/sign-out"), {}))
    return [line for page in pages for line in page.headers.get_list("set-cookie")]


def test_every_cookie_is_host_bound_secure_and_closed_to_script__SS_01(
    door: FrontDoor, visitor: Visitor
) -> None:
    lines = set_cookies(door, visitor)
    names = {line.partition("=")[0] for line in lines}
    assert names == {SESSION, BROWSER, "__Host-eid-language"}
    for line in lines:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes, line
        assert not [part for part in attributes if part.startswith("domain")], line
        assert len(line) <= 4096


def test_no_cookie_names_the_person__PI_02(door: FrontDoor, visitor: Visitor) -> None:
    told = " ".join(set_cookies(door, visitor))
    person = door.people[WHO]
    for word in (person["number"], person["name"], person["latin_name"], person["email"]):
        assert word not in told


def test_a_handle_is_of_256_bits_and_only_its_hash_is_kept__SS_03(
    door: FrontDoor, visitor: Visitor
) -> None:
    page = door.to_consent(visitor, WHO)
    for handle in (visitor.jar[SESSION], visitor.jar[BROWSER]):
        assert len(handle) == 43
        assert handle not in door.snapshot()
        assert handle not in page.text


def test_each_sign_in_has_a_new_handle_and_ends_the_old_one__SS_02(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    thief = copy_of(door, visitor)
    assert is_signed_in(door, thief)
    page = visitor.get(door.authorize(prompt="login"))
    door.show_card(visitor, page, WHO)
    assert visitor.jar[SESSION] != thief.jar[SESSION]
    assert is_signed_in(door, visitor)
    assert not is_signed_in(door, thief)


def test_a_planted_handle_is_never_adopted__SS_02(door: FrontDoor, visitor: Visitor) -> None:
    planted = "A" * 43
    visitor.jar[SESSION] = planted
    door.sign_in(visitor, WHO)
    assert visitor.jar[SESSION] != planted
    visitor.jar[SESSION] = planted
    assert not is_signed_in(door, visitor)


def test_who_signs_in_after_somebody_ends_the_others_session__SS_09(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    before = copy_of(door, visitor)
    page = visitor.get(door.authorize(prompt="login"))
    page = door.show_card(visitor, page, "adult_hagiang")
    assert door.people["adult_hagiang"]["name"] in (page.element("signed-in-as") or "")
    assert not is_signed_in(door, before)


def by_sign_out(door: FrontDoor, visitor: Visitor) -> None:  # noqa: ARG001 - one shape for all
    visitor.submit(visitor.get("/").form("/sign-out"), {})


def by_confirmed_logout(door: FrontDoor, visitor: Visitor) -> None:  # noqa: ARG001 - as above
    visitor.submit(visitor.get("/logout").form("/logout/confirm"), {})


def by_the_agencys_logout(door: FrontDoor, visitor: Visitor) -> None:
    tokens = door.redeem(door.sign_in(visitor, WHO)).json()
    visitor.get(f"/logout?{urlencode({'id_token_hint': tokens['id_token']})}")


def by_a_lock(door: FrontDoor, visitor: Visitor) -> None:  # noqa: ARG001 - as above
    services = door.services
    visit = services.visit("test")
    lock = services.standing.lock(visit, door.number(WHO), LockGround.HOLDER_ASKED, "test")
    door.run(lock)


def by_a_lock_that_was_lifted(door: FrontDoor, visitor: Visitor) -> None:
    by_a_lock(door, visitor)
    visit = door.services.visit("test")
    number, ground = door.number(WHO), LockGround.HOLDER_ASKED
    door.run(door.services.standing.unlock(visit, number, ground, "test"))


def by_time(door: FrontDoor, visitor: Visitor) -> None:  # noqa: ARG001 - as above
    assert door.services.demo is not None
    door.services.demo.clock.advance(door.services.settings.login.idle)


ENDINGS: list[Callable[[FrontDoor, Visitor], None]] = [
    by_sign_out,
    by_confirmed_logout,
    by_the_agencys_logout,
    by_a_lock,
    by_a_lock_that_was_lifted,
    by_time,
]


@pytest.mark.parametrize("end", ENDINGS)
def test_a_saved_cookie_is_worth_nothing_afterwards__SS_04__CF_35(
    door: FrontDoor, visitor: Visitor, end: Callable[[FrontDoor, Visitor], None]
) -> None:
    door.sign_in(visitor, WHO)
    thief = copy_of(door, visitor)
    assert is_signed_in(door, thief)
    end(door, visitor)
    assert not is_signed_in(door, thief)
    assert not is_signed_in(door, visitor)


@pytest.mark.parametrize("end", ENDINGS)
def test_a_code_in_flight_ends_with_its_session__LO_04__TK_09(
    door: FrontDoor, visitor: Visitor, end: Callable[[FrontDoor, Visitor], None]
) -> None:
    code = door.sign_in(visitor, WHO)
    end(door, visitor)
    refused = door.redeem(code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_a_session_in_use_ends_at_its_absolute_time__SS_05(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    login, demo = door.services.settings.login, door.services.demo
    assert demo is not None
    for _ in range(login.session // (login.idle - 60)):
        demo.clock.advance(login.idle - 60)
        assert error_of(visitor.ask("GET", door.authorize(prompt="none"))) is None
    demo.clock.advance(login.idle - 60)
    assert not is_signed_in(door, visitor)


def test_looking_at_pages_does_not_keep_a_session_alive__SS_05(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    demo = door.services.demo
    assert demo is not None
    for _ in range(2):
        demo.clock.advance(door.services.settings.login.idle // 2)
        visitor.get("/")
    assert not is_signed_in(door, visitor)


def test_a_locked_account_is_out_with_the_next_request__RS_06__SS_04(
    door: FrontDoor, visitor: Visitor
) -> None:
    tokens = door.redeem(door.sign_in(visitor, WHO)).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert door.http.get("/userinfo", headers=bearer).status_code == 200
    page = visitor.get(door.authorize("tax"))  # a consent page lies open
    by_a_lock(door, visitor)
    assert door.http.get("/userinfo", headers=bearer).status_code == 401
    page = visitor.submit(page.form("/consent/"), {"decision": "agree"})
    assert asks_card(page)
    refused = door.show_card(visitor, page, WHO)
    assert (refused.status, refused.element("error-code")) == (403, "account_locked")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "A" * 42,
        "A" * 44,
        "A" * 4000,
        "A" * 42 + "=",
        "../../../etc/passwd",
        "%00" * 14 + "A",
        "\x1b[31m" + "A" * 38,
        "é" * 43,
        "' OR 1=1 --",
    ],
)
def test_a_forged_cookie_counts_as_none__SS_14(door: FrontDoor, value: str) -> None:
    cookies = "; ".join(f"{name}={value}" for name in (SESSION, BROWSER, "__Host-eid-language"))
    sent = {"Cookie": cookies, "Accept": "text/html"}
    home = door.http.get("/", headers=raw(sent))
    assert home.status_code == 200
    assert "signed-in-as" not in home.text
    assert BROWSER in home.headers["set-cookie"]  # a good one instead
    asked = door.http.get(door.authorize(prompt="none"), headers=raw(sent))
    assert "error=login_required" in asked.headers["location"]
    form = {"csrf": "0" * 64, "pending": ""}
    page = door.http.post("/sign-out", headers=raw({**sent, **OURS}), data=form)
    assert page.status_code == 403


def test_a_truncated_or_changed_handle_is_nobodys__SS_14__TK_17(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    good = visitor.jar[SESSION]
    last = "A" if good[-1] != "A" else "B"
    for changed in (good[:-1], f"{good}A", good.swapcase(), good[:-1] + last):
        visitor.jar[SESSION] = changed
        assert not is_signed_in(door, visitor)
    visitor.jar[SESSION] = good
    assert is_signed_in(door, visitor)


def test_pages_of_somebody_are_never_kept_by_a_cache__SS_15__HD_03(
    door: FrontDoor, visitor: Visitor
) -> None:
    consent = door.to_consent(visitor, WHO)
    answer = visitor.post(consent.form("/consent/"), {"decision": "agree"})
    pages = [consent, answer, visitor.get("/"), visitor.get("/logout")]
    pages += [visitor.get(door.authorize("tax"))]
    for page in pages:
        assert page.headers["cache-control"] == "no-store", page.url
    by_sign_out(door, visitor)
    after = visitor.get("/")  # Back asks again, and finds nobody
    assert door.people[WHO]["name"] not in after.text
