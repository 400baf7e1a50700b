"""A request that waits belongs to the browser that began it, and to no other."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from integration.api.front_door import FrontDoor, asks_card
from integration.api.visitor import Form, Visitor

from eid.domain.account import AccountStatus
from eid.domain.changes import MoveAccount

SESSION = "__Host-eid-session"
WHO, OTHER = "adult_danang", "adult_hagiang"


def pending_of(door: FrontDoor, visitor: Visitor, **more: str) -> str:
    """The name of a request that waits in that browser."""
    page = visitor.ask("GET", door.authorize(**more))
    assert page.location is not None
    return urlsplit(page.location).path.removeprefix("/login/")


def token_in(visitor: Visitor) -> str:
    return dict(visitor.get("/demo/clock").form("/demo/clock").fields)["csrf"]


def steps(pending: str) -> list[tuple[str, str]]:
    return [
        ("GET", f"/login/{pending}"),
        ("POST", f"/login/{pending}"),
        ("GET", f"/authorize/{pending}"),
        ("POST", f"/consent/{pending}"),
    ]


def test_a_foreign_browser_does_not_know_what_waits__AZ_14__L_43(door: FrontDoor) -> None:
    mine, foreign = door.visitor(), door.visitor()
    pending = pending_of(door, mine)
    door.sign_in(foreign, OTHER)  # somebody who is signed in at that
    token, before = token_in(foreign), door.snapshot()
    for method, path in steps(pending):
        fields = [("csrf", token), ("decision", "agree"), ("nonce", "x"), ("answer", "{}")]
        page = foreign.walk(method, path, fields if method == "POST" else None)
        assert (page.status, page.element("error-code")) == (404, "unknown_pending"), path
    assert door.snapshot() == before
    assert asks_card(mine.get(f"/login/{pending}"))


@pytest.mark.parametrize("pending", ["A" * 43, "x", "%00", "A" * 500, "%F0%9F%98%80"])
def test_an_invented_pending_waits_nowhere__L_43(visitor: Visitor, pending: str) -> None:
    token = token_in(visitor)
    for method, path in steps(pending):
        page = visitor.walk(method, path, [("csrf", token)] if method == "POST" else None)
        assert page.status == 404, path
        assert page.element("error-code") in {"unknown_pending", "unknown"}, path


def test_a_sign_in_begun_here_is_not_finished_in_another_browser__SS_08__L_42(
    door: FrontDoor,
) -> None:
    attacker, victim = door.visitor(), door.visitor()
    form = attacker.get(door.authorize()).form("/login/")
    nonce = dict(form.fields)["nonce"]
    answer = door.card_answer(OTHER, nonce)  # the attacker's own good card
    lured = [("csrf", token_in(victim)), ("nonce", nonce), ("answer", answer)]
    page = victim.ask("POST", form.action, lured)
    assert page.status == 404
    assert SESSION not in victim.jar

    own = victim.get(door.authorize()).form("/login/")
    before = len(door.rows("SELECT 1 FROM login_session"))
    page = victim.post(Form(own.action, own.fields), {"nonce": nonce, "answer": answer})
    assert (page.status, page.element("error-code")) == (401, "proof_rejected")
    assert SESSION not in victim.jar
    assert len(door.rows("SELECT 1 FROM login_session")) == before
    # The challenge was not spent by the victim: it never was one of that browser.
    assert attacker.post(form, {"answer": answer}).status == 303


def test_a_challenge_of_one_tab_answers_no_other_tab__AZ_14(
    door: FrontDoor, visitor: Visitor
) -> None:
    first = visitor.get(door.authorize()).form("/login/")
    second = visitor.get(door.authorize("tax")).form("/login/")
    nonce = dict(first.fields)["nonce"]
    answer = door.card_answer(WHO, nonce)
    page = visitor.post(second, {"nonce": nonce, "answer": answer})
    assert (page.status, page.element("error-code")) == (401, "proof_rejected")


def test_two_tabs_finish_each_for_itself__AZ_14(door: FrontDoor, visitor: Visitor) -> None:
    tabs = [
        (client, visitor.get(door.authorize(client, state=f"state-of-{client}")))
        for client in ("portal", "tax")
    ]
    answered = [(client, door.show_card(visitor, page, WHO)) for client, page in tabs]
    # The second sign-in ended the first session, so the first tab finishes under the second one.
    for client, page in reversed(answered):
        fresh = visitor.get(urlsplit(page.url).path)
        end = visitor.submit(fresh.form("/consent/"), {"decision": "agree"})
        parts = urlsplit(end.location or "")
        wanted = door.clients[client]["redirect_uris"][0]
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == wanted
        assert parse_qs(parts.query)["state"] == [f"state-of-{client}"]
        code = parse_qs(parts.query)["code"][0]
        other = "tax" if client == "portal" else "portal"
        assert door.redeem(code, other).status_code == 400
        assert door.redeem(code, client).status_code == 200


def test_what_waits_is_finished_once__AZ_14(door: FrontDoor, visitor: Visitor) -> None:
    page = door.to_consent(visitor, WHO)
    form = page.form("/consent/")
    assert visitor.post(form, {"decision": "agree"}).status == 303
    again = visitor.post(form, {"decision": "agree"})
    assert (again.status, again.location) == (404, None)
    assert visitor.ask("GET", urlsplit(page.url).path).status == 404


def test_an_activation_goes_on_only_where_its_code_was_typed__AC_06(door: FrontDoor) -> None:
    mine, foreign = door.visitor(), door.visitor()
    sent = door.notices("adult_hanoi")
    form = mine.get(sent["link"]).form("/activate/")
    card = mine.submit(form, {"code": sent["code"]}).form("/activate/")
    assert "/card" in card.action
    seen = foreign.get(sent["link"])
    assert not asks_card(seen)
    answer = door.card_answer("adult_hanoi", dict(card.fields)["nonce"])
    lured = [("csrf", token_in(foreign)), ("nonce", dict(card.fields)["nonce"])]
    page = foreign.ask("POST", card.action, [*lured, ("answer", answer)])
    assert page.status in {401, 403, 409}
    assert "activation-done" not in page.text
    assert "activation-done" not in foreign.get(sent["link"]).read().texts


def test_a_code_of_somebody_else_costs_an_attempt__AC_06(door: FrontDoor, visitor: Visitor) -> None:
    hanoi, langson = door.notices("adult_hanoi"), door.notices("adult_langson")
    page = visitor.get(langson["link"])
    left = int(page.read().attributes["attempts-left"]["data-left"])
    page = visitor.submit(page.form("/activate/"), {"code": hanoi["code"]})
    assert (page.status, page.element("error-code")) == (401, "code_wrong")
    assert int(page.read().attributes["attempts-left"]["data-left"]) == left - 1


def test_codes_end_after_five_and_more_tries_change_nothing__AC_04__TH_08(
    door: FrontDoor, visitor: Visitor
) -> None:
    sent = door.notices("adult_hanoi")
    form = visitor.get(sent["link"]).form("/activate/")
    wrong = f"{(int(sent['code']) + 1) % 10**8:08}"
    told = [visitor.post(form, {"code": wrong}).element("error-code") for _ in range(5)]
    assert told == ["code_wrong"] * 4 + ["needs_assistance"]
    page = visitor.post(form, {"code": sent["code"]})  # the right one comes too late
    assert (page.status, page.element("error-code")) == (403, "needs_assistance")
    other = door.visitor()
    other.get(sent["link"])
    assert "activation-assisted" in other.get(sent["link"]).text


def test_an_unknown_link_and_an_account_not_yet_due_are_told_alike__AC_07(
    door: FrontDoor, visitor: Visitor
) -> None:
    sent = door.notices("adult_hanoi")
    unknown = visitor.ask("GET", "/activate/" + "A" * 43)
    # The same person's account is put back to where no notice was sent yet.
    door.run(_forget_notice(door, door.number("adult_hanoi")))
    early = visitor.ask("GET", urlsplit(sent["link"]).path)
    assert (early.status, early.element("error-code")) == (unknown.status, "unknown_case")
    assert early.element("main") == unknown.element("main")


async def _forget_notice(door: FrontDoor, number: str) -> None:
    store = door.services._store
    owner = await store.accounts.find_by_number(number)
    assert owner is not None
    account = replace(owner.account, status=AccountStatus.APPROVED, notified_at=None)
    await store.keep([MoveAccount(account, owner.version)], [])
