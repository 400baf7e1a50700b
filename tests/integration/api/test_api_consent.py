"""What is agreed to is what was shown, by the person to whom it was shown."""

from urllib.parse import parse_qs, urlsplit

import pytest
from integration.api.front_door import FrontDoor
from integration.api.visitor import OURS, Form, Page, Visitor

from api.pages.translate import sentences

WHO, OTHER = "adult_danang", "adult_hagiang"
REQUIRED = {"name", "personal_number"}


def told(page: Page) -> dict[str, list[str]]:
    """What the agency is told by redirect."""
    return parse_qs(urlsplit(page.location or "").query)


def claims_of(door: FrontDoor, page: Page, client: str = "portal") -> set[str]:
    """The claims that the agency gets in the end."""
    tokens = door.redeem(told(page)["code"][0], client).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    found = set(door.http.get("/userinfo", headers=headers).json())
    return found - {"sub", "account_level"}


def fields_without(form: Form, name: str, value: str) -> Form:
    return Form(form.action, [field for field in form.fields if field != (name, value)])


def test_the_page_names_agency_destination_and_each_claim__AZ_17(
    door: FrontDoor, visitor: Visitor
) -> None:
    page = door.to_consent(visitor, WHO)
    names = door.clients["portal"]["agency"]["names"]
    assert names["vi"] in (page.element("agency") or "")
    assert "http://127.0.0.1:8101" in (page.element("destination") or "")
    for claim in ("name", "birthdate", "gender", "personal_number"):
        assert sentences("vi")[f"consent.claim.{claim}"] in page.text


def test_the_page_shows_no_number__PI_03(door: FrontDoor, visitor: Visitor) -> None:
    assert door.number(WHO) not in door.to_consent(visitor, WHO).text


def test_what_is_not_ticked_is_not_given__RS_05(door: FrontDoor, visitor: Visitor) -> None:
    form = door.to_consent(visitor, WHO).form("/consent/")
    page = visitor.post(form, {"decision": "agree"})
    assert claims_of(door, page) == REQUIRED


def test_what_is_ticked_is_given(door: FrontDoor, visitor: Visitor) -> None:
    form = door.to_consent(visitor, WHO).form("/consent/")
    ticked = Form(form.action, [*form.fields, ("claim", "birthdate")])
    page = visitor.post(ticked, {"decision": "agree"})
    assert claims_of(door, page) == REQUIRED | {"birthdate"}


def test_a_claim_that_was_not_asked_for_is_not_given__AZ_15__RS_05(
    door: FrontDoor, visitor: Visitor
) -> None:
    form = door.to_consent(visitor, WHO).form("/consent/")
    more = ["phone_number", "email", "phone_number_verified", "sub", "acr", "*", "", "name\x00"]
    added = Form(form.action, [*form.fields, *(("claim", name) for name in more)])
    page = visitor.post(added, {"decision": "agree"})
    assert claims_of(door, page) == REQUIRED
    (given,) = door.rows("SELECT given FROM consent WHERE client = 'portal-demo'")
    assert "phone" not in str(given)


def test_an_agencys_form_gives_nothing_to_another__AZ_14__AZ_15(
    door: FrontDoor, visitor: Visitor
) -> None:
    portal = door.to_consent(visitor, WHO).form("/consent/")
    tax = visitor.get(door.authorize("tax")).form("/consent/")
    swapped = Form(tax.action, [*portal.fields, ("claim", "birthdate")])
    page = visitor.post(swapped, {"decision": "agree"})
    assert (page.location or "").startswith("http://127.0.0.1:8102/callback?")
    assert claims_of(door, page, "tax") == {"name", "birthdate"}  # and no number


@pytest.mark.parametrize("claim", sorted(REQUIRED))
def test_a_required_claim_cannot_be_dropped__AZ_15(
    door: FrontDoor, visitor: Visitor, claim: str
) -> None:
    form = door.to_consent(visitor, WHO).form("/consent/")
    page = visitor.post(fields_without(form, "claim", claim), {"decision": "agree"})
    assert told(page)["error"] == ["access_denied"]
    assert "code" not in told(page)
    assert not door.rows("SELECT 1 FROM consent")


@pytest.mark.parametrize("decision", ["refuse", "", "AGREE", "agree ", "yes", "1", "agree\x00"])
def test_anything_but_a_clear_yes_is_a_no(door: FrontDoor, visitor: Visitor, decision: str) -> None:
    form = door.to_consent(visitor, WHO).form("/consent/")
    page = visitor.post(form, {"decision": decision})
    assert told(page)["error"] == ["access_denied"]


def test_no_decision_or_two_of_them_is_a_no__L_61(door: FrontDoor) -> None:
    for decisions in ([], ["agree", "agree"], ["refuse", "agree"]):
        visitor = door.visitor()
        form = door.to_consent(visitor, WHO).form("/consent/")
        fields = [*form.fields, *(("decision", decision) for decision in decisions)]
        page = visitor.ask("POST", form.action, fields, OURS)
        assert told(page)["error"] == ["access_denied"]


def test_what_was_stored_counts_and_not_what_the_browser_adds__AZ_15(
    door: FrontDoor, visitor: Visitor
) -> None:
    form = door.to_consent(visitor, WHO, state="mine").form("/consent/")
    smuggled = {
        "scope": "openid profile phone email",
        "client_id": "tax-demo",
        "redirect_uri": "http://127.0.0.1:8102/callback",
        "state": "theirs",
        "nonce": "theirs",
        "code_challenge": "x" * 43,
        "acr_values": "urn:vn:eid:authn:4",
        "required": "",
        "account": "1",
    }
    query = "&".join(f"{name}=evil" for name in smuggled)
    action = f"{form.action}?{query}&claim=phone_number&decision=refuse"
    page = visitor.post(Form(action, form.fields), {**smuggled, "decision": "agree"})
    assert (page.location or "").startswith("http://127.0.0.1:8101/callback?")
    assert told(page)["state"] == ["mine"]
    assert claims_of(door, page) == REQUIRED


def test_who_signed_in_since_has_agreed_to_nothing__SS_09(
    door: FrontDoor, visitor: Visitor
) -> None:
    form = door.to_consent(visitor, WHO).form("/consent/")
    login = visitor.get(door.authorize("tax", prompt="login"))
    door.show_card(visitor, login, OTHER)
    page = visitor.post(form, {"decision": "agree"})
    assert (page.status, urlsplit(page.location or "").netloc) == (303, "localhost:8000")
    assert not door.rows("SELECT 1 FROM consent")
    again = visitor.get(urlsplit(page.location or "").path)
    assert door.people[OTHER]["name"] in (again.element("signed-in-as") or "")
