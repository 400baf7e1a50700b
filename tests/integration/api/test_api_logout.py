"""Log-out ends what its holder, or an agency that proves the session, asks to end."""

import base64
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from integration.api.front_door import FrontDoor, asks_card
from integration.api.visitor import Page, Visitor

SESSION, BROWSER = "__Host-eid-session", "__Host-eid-browser"
WHO, OTHER = "adult_danang", "adult_hagiang"
BYE = "http://127.0.0.1:8101/signed-out"
ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def id_token(door: FrontDoor, visitor: Visitor, who: str = WHO, client: str = "portal") -> str:
    token: str = door.redeem(door.sign_in(visitor, who, client), client).json()["id_token"]
    return token


def is_signed_in(visitor: Visitor) -> bool:
    return "signed-in-as" in visitor.get("/").read().texts


def logout(visitor: Visitor, **query: str) -> Page:
    return visitor.ask("GET", f"/logout?{urlencode(query)}")


def is_question(page: Page) -> bool:
    return page.status == 200 and "logout-confirm" in page.read().texts


def test_a_hint_of_this_session_ends_it_and_leads_back__LO_02(
    door: FrontDoor, visitor: Visitor
) -> None:
    hint = id_token(door, visitor)
    page = logout(visitor, id_token_hint=hint, post_logout_redirect_uri=BYE, state="a b<")
    assert page.status == 303
    assert (page.location or "").partition("?")[0] == BYE
    assert parse_qs(urlsplit(page.location or "").query) == {"state": ["a b<"]}
    assert SESSION not in visitor.jar
    assert not is_signed_in(visitor)


@pytest.mark.parametrize("query", [{}, {"client_id": "portal-demo"}, {"id_token_hint": "x.y.z"}])
def test_without_a_hint_of_ours_it_is_a_question__LO_01__LO_08(
    door: FrontDoor, visitor: Visitor, query: dict[str, str]
) -> None:
    door.sign_in(visitor, WHO)
    page = logout(visitor, **query, post_logout_redirect_uri=BYE)
    assert is_question(page)
    assert "location" not in page.headers
    assert is_signed_in(visitor)
    page = visitor.submit(page.form("/logout/confirm"), {})
    assert page.location is None  # nothing proves that this agency asks
    assert not is_signed_in(visitor)


def test_a_hint_of_another_session_is_a_question__LO_03(door: FrontDoor) -> None:
    mine, theirs = door.visitor(), door.visitor()
    hint = id_token(door, theirs, OTHER)
    door.sign_in(mine, WHO)
    assert is_question(logout(mine, id_token_hint=hint))
    assert is_signed_in(mine)
    assert is_signed_in(theirs)


def test_a_hint_of_the_same_person_in_another_browser_ends_nothing__LO_03(
    door: FrontDoor,
) -> None:
    mine, other = door.visitor(), door.visitor()
    hint = id_token(door, other)
    door.sign_in(mine, WHO)
    assert is_question(logout(mine, id_token_hint=hint))
    assert is_signed_in(other)


def unsigned(token: str, **header: str) -> str:
    _, payload, signature = token.split(".")
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{head}.{payload}.{'' if header.get('alg') == 'none' else signature}"


def test_a_forged_hint_is_no_hint__LO_03__CF_34(door: FrontDoor, visitor: Visitor) -> None:
    good = id_token(door, visitor)
    forged = [
        unsigned(good, alg="none", typ="JWT"),
        unsigned(good, alg="HS256", typ="JWT"),
        good[:-1],
        f"{good}A",
        good.rpartition(".")[0] + "." + "A" * 86,
        "",
        "A" * 3000,
    ]
    for hint in forged:
        page = logout(visitor, id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert is_question(page), hint
        assert is_signed_in(visitor)


def test_an_expired_hint_is_believed__LO_03__CF_34(door: FrontDoor, visitor: Visitor) -> None:
    hint = id_token(door, visitor)
    assert door.services.demo is not None
    door.services.demo.clock.advance(door.services.settings.oidc.id_token_lifetime + 120)
    page = logout(visitor, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert page.location == BYE
    assert not is_signed_in(visitor)


def test_hint_and_client_must_agree__LO_02(door: FrontDoor, visitor: Visitor) -> None:
    hint = id_token(door, visitor)
    query = {"id_token_hint": hint, "client_id": "tax-demo", "post_logout_redirect_uri": BYE}
    assert is_question(logout(visitor, **query))
    assert is_signed_in(visitor)


@pytest.mark.parametrize(
    "address",
    [
        f"{BYE}/",
        f"{BYE}?x=y",
        f"{BYE}#x",
        BYE.upper(),
        f"{BYE}/../evil",
        f"{BYE}%2f..",
        "http://127.0.0.1:8102/signed-out",
        "http://127.0.0.1:8101@evil.example/signed-out",
        "http://127.0.0.1:8101/callback",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://evil.example",
        "http://127.0.0.1:8101/signed-out\t",
        "http://127.0.0.1:8101/signed-out\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_nobody_is_led_to_an_address_that_is_not_registered__LO_02__HD_09(
    door: FrontDoor, visitor: Visitor, address: str
) -> None:
    hint = id_token(door, visitor)
    page = logout(visitor, id_token_hint=hint, post_logout_redirect_uri=address)
    assert (page.status, page.location) == (200, None)
    assert not is_signed_in(visitor)  # the session ends all the same


def test_what_the_question_carries_is_judged_again__LO_02__AZ_15(
    door: FrontDoor, visitor: Visitor
) -> None:
    other = door.visitor()
    hint = id_token(door, other, OTHER)
    door.sign_in(visitor, WHO)
    page = logout(visitor, id_token_hint=hint, post_logout_redirect_uri=BYE)
    form = page.form("/logout/confirm")
    page = visitor.post(form, {"post_logout_redirect_uri": "https://evil.example/"})
    assert (page.status, page.location) == (200, None)
    assert not is_signed_in(visitor)
    assert is_signed_in(other)


def test_a_third_partys_picture_or_form_ends_nothing__LO_08(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    picture = {**ELSEWHERE, "Accept": "image/*"}
    assert visitor.ask("GET", "/logout", headers=picture).status == 200
    assert SESSION in visitor.jar
    # `SameSite=Lax` keeps the cookies back from another site; the answer may take none away.
    answers = [
        door.visitor().ask("GET", "/logout", headers=picture),
        door.visitor().ask("POST", "/logout", [], ELSEWHERE),
    ]
    for answer in answers:
        assert not [line for line in answer.headers.get_list("set-cookie") if SESSION in line]
    assert not answers[1].headers.get_list("set-cookie")  # nor put another browser's name over it
    assert is_question(visitor.ask("GET", "/logout?"))
    assert is_signed_in(visitor)


def test_an_agency_may_post_its_logout__rpinitiated_2(door: FrontDoor, visitor: Visitor) -> None:
    hint = id_token(door, visitor)
    asked = [("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("state", "x")]
    answer = door.visitor().ask("POST", "/logout", asked, ELSEWHERE)  # without cookies
    assert answer.status == 303
    back = visitor.get((answer.location or "").removeprefix("http://localhost:8000"))
    assert back.location == f"{BYE}?state=x"
    assert not is_signed_in(visitor)


def test_an_agency_may_post_its_request_and_finds_the_session__OIDC_3_1_2_1(
    door: FrontDoor, visitor: Visitor
) -> None:
    door.sign_in(visitor, WHO)
    jar = dict(visitor.jar)
    answer = door.visitor().ask("POST", "/authorize", list(door.request().items()), ELSEWHERE)
    assert not answer.headers.get_list("set-cookie")  # none over those that are there
    page = visitor.get((answer.location or "").removeprefix("http://localhost:8000"))
    assert door.redeem(door.code_of(page)).status_code == 200
    assert visitor.jar == jar


def test_a_posted_request_too_long_for_an_address_is_refused__AZ_24(door: FrontDoor) -> None:
    fields = [*door.request().items(), ("claims", "%" * 4000)]
    page = door.visitor().ask("POST", "/authorize", fields)
    assert (page.status, page.element("error-code")) == (413, "too_large")


def test_after_log_out_the_card_is_asked_again__CF_35(door: FrontDoor, visitor: Visitor) -> None:
    logout(visitor, id_token_hint=id_token(door, visitor))
    assert asks_card(visitor.get(door.authorize()))
