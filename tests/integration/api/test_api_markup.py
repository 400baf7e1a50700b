"""Text from outside is text: it opens no tag, runs nothing, and turns no line around."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from integration.api.front_door import ISSUER, FrontDoor
from integration.api.visitor import Page, Visitor
from integration.api.wire import raw

BIDI = "\u202e\u2066\u200f\u2069"
TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</textarea></title></style><svg/onload=alert(1)>",
    "javascript:alert(1)//",
    "{{7*7777}}{% raw %}{agency}%(x)s${x}",
    f"{BIDI}gpj.exe",
    "\r\nSet-Cookie: evil=1\r\n\r\n<b>",
    "\x1b[31m\x07\x00\x85\u2028",
    "<a href=//evil.example>",
]
HANDLERS = ("onerror", "onload", "onclick", "onfocus", "style", "srcdoc", "formaction")


@pytest.fixture(scope="module")
def signed_in(shared_door: FrontDoor) -> Visitor:
    """A browser in which somebody is signed in and has agreed to nothing yet."""
    visitor = shared_door.visitor()
    shared_door.to_consent(visitor, "adult_danang")
    return visitor


@pytest.fixture
def door(shared_door: FrontDoor) -> FrontDoor:
    return shared_door


class Tags(HTMLParser):
    """Every tag of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data


def is_inert(page: Page, text: str) -> bool:
    """Whether a page has no tag but ours, nothing that acts, and a text that reads forward."""
    found = Tags(page.text)
    for tag, attributes in found.tags:
        assert not set(attributes) & set(HANDLERS), tag
        assert tag != "script" or attributes == {"src": "/static/card_login.js", "defer": ""}
        assert tag != "img" or attributes["src"] == "/static/emblem.svg"
        for name in ("href", "src", "action"):
            where = attributes.get(name, "/").removeprefix(ISSUER)
            assert where.startswith(("/", "#", "?")), (tag, attributes)
            assert not where.startswith("//"), (tag, attributes)
    assert not set(BIDI + "\x00\x1b\x85\u2028") & set(found.words)
    assert "54439" not in found.words
    assert "evil" not in str(page.headers.get_list("set-cookie"))
    return text not in found.words


def addresses(door: FrontDoor, text: str) -> Iterator[str]:
    """Every page that is reached with a text of somebody else's."""
    quoted = quote(text, safe="")
    wishes = ("login_hint", "state", "nonce", "ui_locales", "display", "claims_locales", "foo")
    for name in (*wishes, "acr_values", "id_token_hint", "prompt", "max_age", "scope"):
        yield door.authorize(**{name: text})
    yield f"{door.authorize()}&{quoted}=1"
    yield f"/authorize?client_id={quoted}"
    yield f"/authorize?client_id=portal-demo&redirect_uri={quoted}"
    yield f"/authorize?error={quoted}&error_description={quoted}&error_uri={quoted}"
    for name in ("state", "client_id", "id_token_hint", "post_logout_redirect_uri", "ui_locales"):
        yield f"/logout?{name}={quoted}"
    for path in ("login", "authorize", "activate", "static", "demo", "nowhere"):
        yield f"/{path}/{quoted}"
    yield f"/{quoted}"
    for path in ("/", "/help", "/demo/outbox", "/nowhere"):
        yield f"{path}?lang={quoted}"
        yield f"{path}?{quoted}={quoted}&{quoted}"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("who", ["nobody", "somebody"])
def test_text_in_an_address_is_inert__AZ_27__L_49(
    door: FrontDoor, signed_in: Visitor, text: str, who: str
) -> None:
    visitor = signed_in if who == "somebody" else door.visitor()
    for address in addresses(door, text):
        page = visitor.get(address)
        assert is_inert(page, text), address
        if page.location is not None:  # the agency is told: as data of a query, and no more
            assert page.location.startswith(f"{door.request()['redirect_uri']}?")


@pytest.mark.parametrize("text", TEXTS)
def test_text_in_a_form_is_inert__AZ_27(door: FrontDoor, text: str) -> None:
    visitor = door.visitor()
    login = visitor.get(door.authorize()).form("/login/")
    reset = visitor.get("/demo/reset").form("/demo/reset/adult_danang")
    clock = visitor.get("/demo/clock").form("/demo/clock")
    for form, name in ((login, "answer"), (login, "nonce"), (clock, "hours"), (reset, "csrf")):
        assert is_inert(visitor.post(form, {name: text}), text), name
    visitor.post(visitor.get("/demo/reset").form("/demo/reset/adult_langson"), {})
    form = visitor.get(door.notices("adult_langson")["link"]).form("/activate/")
    assert is_inert(visitor.post(form, {"code": text}), text)


@pytest.mark.parametrize("text", TEXTS)
def test_text_in_a_header_is_inert__L_64(door: FrontDoor, text: str) -> None:
    single = text.replace("\r", " ").replace("\n", " ").replace("\x00", " ")
    names = ("User-Agent", "Referer", "Accept-Language", "Cookie", "X-Request-ID", "Origin", "From")
    for path in ("/", "/nowhere", "/authorize"):
        sent = raw({**dict.fromkeys(names, single), "Accept": "text/html"})
        answer = door.http.get(path, headers=sent)
        assert answer.status_code in {200, 400, 404}
        assert single not in answer.text
        assert single not in str(answer.headers)


@pytest.mark.parametrize("text", [text for text in TEXTS if "\x00" not in text])
def test_state_comes_back_as_it_was_and_breaks_nothing__AZ_10__CF_14(
    door: FrontDoor, text: str
) -> None:
    page = door.visitor().ask("GET", door.authorize(state=text, prompt="none"))
    assert page.status == 303
    assert page.headers["location"].isascii()
    assert parse_qs(urlsplit(str(page.location)).query)["state"] == [text]
    assert len(page.headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize("text", TEXTS)
def test_an_error_description_is_printable_ASCII__CF_15(door: FrontDoor, text: str) -> None:
    for name in (
        "scope",
        "prompt",
        "max_age",
        "claims",
        "response_type",
        "response_mode",
        "request",
    ):
        page = door.visitor().ask("GET", door.authorize(**{name: text}))
        told = parse_qs(urlsplit(str(page.location)).query)
        for description in told.get("error_description", []):
            assert set(description) <= set(map(chr, range(0x20, 0x7F))) - set('"\\')


def test_an_agencys_name_is_inert__AZ_27__L_49(door: FrontDoor) -> None:
    name = "</title><script>alert(1)</script>"
    file = door.clients["tax"]
    renamed = {**file, "agency": {**file["agency"], "names": {"vi": name, "en": name}}}
    door.run(door.services.add_client(door.services.visit("test"), json.dumps(renamed)))
    visitor = door.visitor()
    login = visitor.get(door.authorize("tax"))
    consent = door.show_card(visitor, login, "adult_hagiang")
    question = visitor.get("/logout?client_id=tax-demo")
    for page in (login, consent, question):
        assert name in Tags(page.text).words
        assert not is_inert(page, name)  # it is read as text: every tag is still one of ours


def test_the_logout_question_carries_what_was_sent_as_data_alone__AZ_27__L_49(
    door: FrontDoor, signed_in: Visitor
) -> None:
    text = '"><script>alert(1)</script>'
    page = signed_in.get(f"/logout?state={quote(text)}&client_id=portal-demo")
    assert dict(page.form("/logout/confirm").fields)["state"] == text
    assert "<script" not in page.text
    assert door.people["adult_danang"]["number"] not in page.text
