"""Everything is said once, or it is not said: a thing sent twice is refused, never chosen from."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from integration.api.front_door import VERIFIER, FrontDoor
from integration.api.visitor import OURS, Visitor

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def door(shared_door: FrontDoor) -> FrontDoor:
    return shared_door


def with_twice(request: dict[str, str], name: str) -> list[tuple[str, str]]:
    value = request.get(name, "x")
    return [*((k, v) for k, v in request.items() if k != name), (name, value), (name, value)]


NAMES = [
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "ui_locales",
    "login_hint",
    "id_token_hint",
    "unknown",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_authorization_parameter_twice_is_told_to_the_agency__AZ_07__L_61(
    door: FrontDoor, visitor: Visitor, name: str
) -> None:
    visitor.get("/demo/clock")
    once = door.request()
    twice = with_twice(once, name)
    asked = [
        visitor.ask("GET", f"/authorize?{urlencode(twice)}"),
        visitor.ask("POST", "/authorize", twice, OURS),
        visitor.ask("POST", f"/authorize?{urlencode({name: 'y'})}", [*once.items(), twice[-1]]),
    ]
    for page in asked:
        assert page.status == 303
        told = parse_qs(urlsplit(str(page.location)).query)
        assert told["error"] == ["invalid_request"]
        assert "code" not in told
        wanted = None if name == "state" else [once["state"]]
        assert told.get("state") == wanted


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_who_asks_twice_is_told_nothing_by_redirect__AZ_02__AZ_07(
    door: FrontDoor, visitor: Visitor, name: str
) -> None:
    visitor.get("/demo/clock")
    once = door.request()
    twice = with_twice(once, name)
    mixed = [(k, v) for k, v in once.items() if k != name]
    asked = [
        visitor.ask("GET", f"/authorize?{urlencode(twice)}"),
        visitor.ask("POST", "/authorize", twice),
        visitor.ask("POST", f"/authorize?{urlencode({name: once[name]})}", [*mixed, twice[-1]]),
        visitor.ask("GET", f"/authorize?{urlencode([*once.items(), (name, 'evil')])}"),
    ]
    for page in asked:
        assert (page.status, page.location) == (400, None)
        assert page.element("error-code") == "invalid_request"


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier", "foo"])
def test_a_token_parameter_twice_is_refused_and_spends_nothing__AZ_07__L_61(
    door: FrontDoor, visitor: Visitor, name: str
) -> None:
    code = door.sign_in(visitor, "adult_danang")
    once = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": door.clients["portal"]["redirect_uris"][0],
        "code_verifier": VERIFIER,
    }
    body = urlencode(with_twice(once, name)).encode()
    answer = door.http.post("/token", content=body, headers=FORM, auth=door.credentials())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert door.redeem(code).status_code == 200


def test_a_code_in_the_query_is_not_read__TK_01(door: FrontDoor, visitor: Visitor) -> None:
    code = door.sign_in(visitor, "adult_danang")
    query = urlencode({"grant_type": "authorization_code", "code": code})
    body = urlencode({"code_verifier": VERIFIER}).encode()
    answer = door.http.post(f"/token?{query}", content=body, headers=FORM, auth=door.credentials())
    assert answer.status_code == 400
    assert door.redeem(code).status_code == 200


def test_two_authorization_headers_are_none__L_27(door: FrontDoor, visitor: Visitor) -> None:
    tokens = door.redeem(door.sign_in(visitor, "adult_danang")).json()
    good = ("Authorization", f"Bearer {tokens['access_token']}")
    assert door.http.get("/userinfo", headers=[good]).status_code == 200
    for other in (good, ("Authorization", "Bearer x"), ("authorization", "Basic eDp5")):
        for pair in ([good, other], [other, good]):
            assert door.http.get("/userinfo", headers=pair).status_code == 401


def test_a_token_comes_from_one_place_and_never_from_the_query__RS_01__CF_30(
    door: FrontDoor, visitor: Visitor
) -> None:
    token = door.redeem(door.sign_in(visitor, "adult_danang")).json()["access_token"]
    header, form = {"Authorization": f"Bearer {token}"}, {"access_token": token}
    assert door.http.get("/userinfo", params=form).status_code == 400
    assert door.http.post("/userinfo", params=form).status_code == 400
    assert door.http.get("/userinfo", params=form, headers=header).status_code == 400
    assert door.http.post("/userinfo", data=form, headers=header).status_code == 400
    assert door.http.post("/userinfo", data=form).status_code == 200
    twice = urlencode([*form.items(), *form.items()]).encode()
    assert door.http.post("/userinfo", content=twice, headers=FORM).status_code == 400


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_read_without_its_case__CF_31(
    door: FrontDoor, visitor: Visitor, scheme: str
) -> None:
    token = door.redeem(door.sign_in(visitor, "adult_danang")).json()["access_token"]
    headers = {"Authorization": f"{scheme} {token}"}
    assert door.http.get("/userinfo", headers=headers).status_code == 200


@pytest.mark.parametrize("name", ["state", "client_id", "id_token_hint", "foo"])
def test_a_logout_parameter_twice_is_refused__AZ_07(
    door: FrontDoor, visitor: Visitor, name: str
) -> None:
    door.sign_in(visitor, "adult_danang")
    for query in (f"{name}=a&{name}=b", f"{name}=a&{name}=a"):
        page = visitor.ask("GET", f"/logout?{query}")
        assert (page.status, page.element("error-code")) == (400, "invalid_request")
    assert "signed-in-as" in visitor.get("/").read().texts


@pytest.mark.parametrize("name", ["nonce", "answer"])
def test_a_card_answer_twice_is_none__L_61(door: FrontDoor, visitor: Visitor, name: str) -> None:
    form = visitor.get(door.authorize()).form("/login/")
    fields = dict(form.fields)
    fields["answer"] = door.card_answer("adult_danang", fields["nonce"])
    page = visitor.ask("POST", form.action, [*fields.items(), (name, fields[name])], OURS)
    assert page.status in {400, 401}
    assert "__Host-eid-session" not in visitor.jar


def test_an_activation_code_twice_is_wrong__L_61(door: FrontDoor, visitor: Visitor) -> None:
    sent = door.notices("adult_hanoi")
    form = visitor.get(sent["link"]).form("/activate/")
    page = visitor.ask(
        "POST", form.action, [*form.fields, ("code", sent["code"]), ("code", sent["code"])], OURS
    )
    assert (page.status, page.element("error-code")) == (401, "code_wrong")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "TRACE", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_begin_nothing__AZ_26(door: FrontDoor, visitor: Visitor, method: str) -> None:
    door.sign_in(visitor, "adult_danang")  # agreed before: a GET would bring a code at once
    before = door.snapshot()
    page = visitor.ask(method, door.authorize())
    assert (page.status, page.location) == (405, None)
    assert door.snapshot() == before


@pytest.mark.parametrize(
    "code",
    [
        "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "+1234567",
        "12345678\x00",
        "1e7",
        "",
        " ",
        "1" * 5000,
    ],
)
def test_a_code_that_is_no_row_of_digits_is_wrong__AC_09(
    door: FrontDoor, visitor: Visitor, code: str
) -> None:
    form = visitor.get("/demo/reset").form("/demo/reset/adult_langson")
    visitor.post(form, {})
    page = visitor.get(door.notices("adult_langson")["link"])
    page = visitor.submit(page.form("/activate/"), {"code": code})
    assert (page.status, page.element("error-code")) == (401, "code_wrong")
