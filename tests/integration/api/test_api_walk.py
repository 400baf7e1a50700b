"""The whole way through the front door, as every other test here supposes it."""

from integration.api.front_door import FrontDoor, asks_card
from integration.api.visitor import Visitor


def test_a_citizen_activates_and_signs_in_at_two_agencies(
    door: FrontDoor, visitor: Visitor
) -> None:
    sent = door.notices("adult_hanoi")
    page = visitor.get(sent["link"])
    page = visitor.submit(page.form("/activate/"), {"code": sent["code"]})
    page = door.show_card(visitor, page, "adult_hanoi")
    assert "activation-done" in page.read().texts

    first = door.redeem(door.sign_in(visitor, "adult_hanoi")).json()
    page = visitor.get(door.authorize("tax"))
    assert not asks_card(page)  # single sign-on
    page = visitor.submit(page.form("/consent/"), {"decision": "agree"})
    second = door.redeem(door.code_of(page), "tax").json()

    told = [
        door.http.get(
            "/userinfo", headers={"Authorization": f"Bearer {one['access_token']}"}
        ).json()
        for one in (first, second)
    ]
    assert [one["name"] for one in told] == ["Nguyễn Thị Mẫu"] * 2
    assert told[0]["sub"] != told[1]["sub"]
