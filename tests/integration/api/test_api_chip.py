"""The pages of the chip: offered where it is enough, to an agency and for an activation."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from integration.api.front_door import ISSUER, FrontDoor
from integration.api.visitor import Page, Visitor

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card
from chipcard_sim.terminal.chip_reading import read_chip

WHO = "adult_danang"
SESSION = "__Host-eid-session"
EASY = "library"


def reading(door: FrontDoor, person: str, nonce: str, origin: str = ISSUER) -> str:
    """Hold that person's card to a reader and type what is printed on it."""
    path = door.folder / "cards" / f"{door.number(person)}.card"
    card = Card.open(path, applications=APPLICATIONS)
    return json.dumps(read_chip(card, origin, nonce, printed_number(door, person)))


def printed_number(door: FrontDoor, person: str) -> str:
    """The card access number, as the factory printed it."""
    every = [json.loads(p.read_text()) for p in (door.folder / "cards").glob("*.print.json")]
    (own,) = [plastic["can"] for plastic in every if plastic["number"] == door.number(person)]
    return str(own)


def bring(door: FrontDoor, visitor: Visitor, page: Page, person: str = WHO) -> Page:
    form = page.form(page.read().attributes["card-step"]["action"])
    fields = dict(form.fields)
    assert fields["method"] == "card_chip"
    return visitor.submit(form, {"answer": reading(door, person, fields["nonce"])})


@pytest.fixture
def easy(door: FrontDoor) -> FrontDoor:
    """With an agency that is content with level 1."""
    file: dict[str, Any] = door.clients["portal"] | {
        "client_id": "library-demo",
        "least_authentication_level": 1,
    }
    _, secret = door.run(door.services.add_client(door.services.visit("test"), json.dumps(file)))
    (door.folder / f"{EASY}.secret").write_text(secret or "")
    door.clients[EASY] = file
    return door


def by_chip(page: Page) -> str:
    return f"{urlsplit(page.url).path}?method=card_chip"


def test_an_agency_that_level_1_is_enough_for_takes_the_chip(easy: FrontDoor) -> None:
    visitor = easy.visitor()
    page = visitor.get(easy.authorize(EASY))
    assert "?method=card_chip" in page.text
    page = visitor.get(by_chip(page))
    step = page.read().attributes["card-step"]
    assert step["data-method"] == "card_chip"
    assert "read CARD --can CAN --origin" in (page.element("paste-command") or "")
    page = bring(easy, visitor, page)
    assert SESSION in visitor.jar
    page = visitor.submit(page.form("/consent/"), {"decision": "agree"})
    told = easy.redeem(easy.code_of(page), EASY).json()
    assert "id_token" in told


def test_an_agency_that_wants_more_is_not_offered_it_nor_takes_it(door: FrontDoor) -> None:
    visitor = door.visitor()
    page = visitor.get(door.authorize())
    assert "card_chip" not in page.text
    page = visitor.get(by_chip(page))
    form = page.form(page.read().attributes["card-step"]["action"])
    fields = dict(form.fields)
    assert fields["method"] == "card_signature"
    forged = {"method": "card_chip", "answer": reading(door, WHO, fields["nonce"])}
    page = visitor.submit(form, forged)
    assert (page.status, page.element("error-code")) == (403, "level_too_low")
    assert SESSION not in visitor.jar


def test_a_session_by_chip_is_asked_again_where_more_is_wanted(easy: FrontDoor) -> None:
    visitor = easy.visitor()
    page = visitor.get(easy.authorize(EASY))
    bring(easy, visitor, visitor.get(by_chip(page)))
    before = visitor.jar[SESSION]
    page = visitor.get(easy.authorize("tax"))
    assert "card-step" in page.read().attributes
    easy.show_card(visitor, page, WHO)
    assert visitor.jar[SESSION] != before


def test_somebody_else_s_reading_is_refused_and_the_way_is_shown_again(easy: FrontDoor) -> None:
    visitor = easy.visitor()
    page = visitor.get(by_chip(visitor.get(easy.authorize(EASY))))
    form = page.form(page.read().attributes["card-step"]["action"])
    nonce = dict(form.fields)["nonce"]
    answer = reading(easy, WHO, nonce, origin="http://evil.example")
    page = visitor.submit(form, {"answer": answer})
    assert (page.status, page.element("error-code")) == (401, "chip_not_genuine")
    step = page.read().attributes["card-step"]
    assert (step["data-method"], step["data-nonce"] != nonce) == ("card_chip", True)


def test_an_account_is_activated_by_code_and_chip(door: FrontDoor, visitor: Visitor) -> None:
    sent = door.notices("adult_hanoi")
    page = visitor.get(sent["link"])
    page = visitor.submit(page.form("/activate/"), {"code": sent["code"]})
    assert page.read().attributes["card-step"]["data-method"] == "card_signature"
    page = visitor.get(by_chip(page))
    switch = page.read().attributes["language-switch"]["href"]
    assert visitor.get(switch).read().attributes["card-step"]["data-method"] == "card_chip"
    page = bring(door, visitor, page, "adult_hanoi")
    assert "activation-done" in page.read().texts
    assert "AccountActivated" in door.acts()


def test_another_s_chip_activates_nothing__AC_18(door: FrontDoor, visitor: Visitor) -> None:
    sent = door.notices("adult_hanoi")
    page = visitor.get(sent["link"])
    page = visitor.submit(page.form("/activate/"), {"code": sent["code"]})
    page = bring(door, visitor, visitor.get(by_chip(page)), "adult_langson")
    assert (page.status, page.element("error-code")) == (403, "wrong_holder")
    assert page.read().attributes["card-step"]["data-method"] == "card_chip"
