"""What a request says of its own address is never believed, and never said again."""

from urllib.parse import urljoin, urlsplit

import pytest
from integration.api.front_door import ISSUER, FrontDoor
from integration.api.visitor import Page, Visitor
from integration.api.wire import raw


@pytest.fixture
def door(shared_door: FrontDoor) -> FrontDoor:
    return shared_door


EVIL = "evil.example"
LIES = [
    {"Host": EVIL},
    {"Host": f"{EVIL}:80"},
    {"Host": f"localhost:8000@{EVIL}"},
    {"Host": f"{EVIL}/x?"},
    {"Host": f"{EVIL}#"},
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"},
    {"Forwarded": f"for=1.2.3.4;host={EVIL};proto=https"},
    {"X-Original-URL": f"https://{EVIL}/", "X-Rewrite-URL": f"https://{EVIL}/"},
    {"X-Forwarded-Prefix": f"//{EVIL}", "X-Script-Name": f"/{EVIL}"},
    {"X-Host": EVIL, "X-Forwarded-Server": EVIL, "X-HTTP-Host-Override": EVIL},
    {"Referer": f"https://{EVIL}/", "Origin": f"https://{EVIL}"},
    {"Host": "[::1"},
    {"Host": ""},
    {"Host": "\xff"},
    {"Host": "a:99999999"},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_no_answer_says_a_foreign_address__AZ_25__L_47(
    door: FrontDoor, lie: dict[str, str]
) -> None:
    paths = [
        "/",
        "/help",
        "/help/",
        "/static",
        "/nowhere",
        "/.well-known/openid-configuration",
        "/jwks",
        door.authorize(),
        door.authorize(prompt="none"),
        "/authorize",
        "/logout",
        "/demo/outbox",
        urlsplit(door.notices("adult_hanoi")["link"]).path,
    ]
    for path in paths:
        answer = door.http.get(path, headers=raw({**lie, "Accept": "text/html"}))
        assert answer.status_code < 500, path
        assert EVIL not in f"{answer.headers}{answer.text}", path
        assert not 300 < answer.status_code < 303, path


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_discovery_names_the_issuer_whoever_asks__AZ_25(
    door: FrontDoor, lie: dict[str, str]
) -> None:
    told = door.http.get("/.well-known/openid-configuration", headers=raw(lie)).json()
    assert told["issuer"] == ISSUER
    places = [value for name, value in told.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(places) == 5
    assert all(place.startswith(f"{ISSUER}/") for place in places)


def test_a_letter_s_link_is_the_issuers__L_47(door: FrontDoor, visitor: Visitor) -> None:
    form = visitor.get("/demo/reset").form("/demo/reset/adult_hanoi")
    visitor.post(form, {}, {"X-Forwarded-Host": EVIL, "Sec-Fetch-Site": "same-origin"})
    assert door.notices("adult_hanoi")["link"].startswith(f"{ISSUER}/activate/")


STRANGE_PATHS = [
    f"//{EVIL}",
    f"//{EVIL}/x",
    f"///{EVIL}",
    f"/%2f{EVIL}",
    f"/\\{EVIL}",
    f"/%5c{EVIL}",
    f"/http://{EVIL}",
    f"//{EVIL}/%2e%2e",
    f"//{EVIL}/",
    f"/;@{EVIL}",
]


def links(page: Page) -> list[str]:
    """Where every link, form and picture of a page leads to."""
    reader = page.read()
    found = [form.action for form in reader.forms]
    found += [attributes.get("href", "") for attributes in reader.attributes.values()]
    for name in ("href", "src", "action"):
        found += [part.partition('"')[0] for part in page.text.split(f'{name}="')[1:]]
    return found


@pytest.mark.parametrize("path", STRANGE_PATHS)
def test_no_link_of_a_page_leads_elsewhere__HD_09(visitor: Visitor, path: str) -> None:
    page = visitor.ask("GET", f"{ISSUER}{path}")
    assert page.status == 404
    assert "location" not in page.headers
    for link in links(page):
        where = urlsplit(urljoin(f"{ISSUER}{path}", link))
        assert f"{where.scheme}://{where.netloc}" == ISSUER, link


@pytest.mark.parametrize(
    "target", [f"https://{EVIL}/", f"//{EVIL}", f"/\\{EVIL}", f"https:{EVIL}", f"%2f%2f{EVIL}"]
)
def test_no_parameter_leads_elsewhere__HD_09(visitor: Visitor, target: str) -> None:
    names = ("next", "return", "returnTo", "RelayState", "url", "lang", "to", "redirect")
    query = "&".join(f"{name}={target}" for name in names)
    for path in ("/", "/help", "/logout", "/demo/reset", "/authorize"):
        page = visitor.ask("GET", f"{path}?{query}")
        assert page.location is None
        for link in links(page):
            where = urlsplit(urljoin(ISSUER + path, link))
            assert f"{where.scheme}://{where.netloc}" == ISSUER, link


@pytest.mark.parametrize(
    "pending",
    [
        f"//{EVIL}",
        f"/\\{EVIL}",
        f"https://{EVIL}",
        f"@{EVIL}",
        "../demo/clock",
        "..",
        "A" * 44,
        "%",
    ],
)
def test_not_you_leads_back_into_the_service_alone__HD_09(
    door: FrontDoor, visitor: Visitor, pending: str
) -> None:
    door.sign_in(visitor, "adult_danang")
    form = visitor.get("/").form("/sign-out")
    page = visitor.post(form, {"pending": pending})
    assert (page.status, page.headers["location"]) == (303, "/")


def test_not_you_leads_back_to_the_request_that_waits(door: FrontDoor, visitor: Visitor) -> None:
    door.sign_in(visitor, "adult_danang")
    page = visitor.get(door.authorize(prompt="login"))
    assert "signed-in-as" in page.read().texts
    page = visitor.submit(page.form("/sign-out"), {})
    assert "card-step" in page.read().texts
    assert "signed-in-as" not in page.read().texts


def test_every_redirect_after_a_post_is_a_303__AZ_16(door: FrontDoor, visitor: Visitor) -> None:
    walked = [visitor.get(door.authorize())]
    form = walked[0].form("/login/")
    answer = door.card_answer("adult_hagiang", dict(form.fields)["nonce"])
    signed_in = visitor.post(form, {"answer": answer})
    consent = visitor.ask("GET", str(signed_in.location))
    agreed = visitor.post(consent.form("/consent/"), {"decision": "agree"})
    again = visitor.ask("POST", "/authorize", list(door.request().items()))
    reset = visitor.get("/demo/clock").form("/demo/clock")
    clock = visitor.post(reset, {"hours": "1"})
    bare = door.visitor().ask("POST", "/authorize", list(door.request().items()))
    for page in (signed_in, agreed, again, clock, bare):
        assert page.status == 303
        assert page.headers["cache-control"] == "no-store"
    assert str(agreed.location).startswith(door.request()["redirect_uri"] + "?")
