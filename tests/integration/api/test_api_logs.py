"""What stays behind of a walk: neither log nor trail nor page address holds a secret."""

import logging
from collections.abc import Iterator

import pytest
from integration.api.front_door import PIN, PUK, FrontDoor
from integration.api.test_api_headers import with_broken_route
from integration.api.visitor import OURS, Form, Page, Visitor

OWN_WIRE = ("httpx2", "httpcore2", "asyncio")  # the test's own


class Secrets:
    """Everything that was secret or personal on a walk."""

    def __init__(self, door: FrontDoor) -> None:
        self.words = {PIN, PUK}
        for person in door.people.values():
            self.words |= {person["number"], person["name"], person["latin_name"], person["phone"]}
            self.words |= {person["email"]} if "email" in person else set()
        for client in door.clients:
            self.words.add(door.credentials(client)[1])

    def add(self, *words: str) -> None:
        """Remember more."""
        self.words |= {word for word in words if word}

    def found_in(self, text: str) -> set[str]:
        """Which of them a text holds."""
        return {word for word in self.words if word in text}


def told(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    formatter = logging.Formatter("%(name)s %(message)s")
    for record in caplog.records:
        if not record.name.startswith(OWN_WIRE):
            yield formatter.format(record)  # with the traceback, if there is one


def walk(door: FrontDoor, visitor: Visitor, secrets: Secrets) -> list[Page]:
    """Activation with its refusals, sign-in, tokens, claims, refusals, log-out."""
    sent = door.notices("adult_hanoi")
    secrets.add(sent["code"], sent["link"].rpartition("/")[2])
    pages = [visitor.get(sent["link"])]
    form = pages[-1].form("/activate/")
    wrong = f"{(int(sent['code']) + 1) % 10**8:08}"
    secrets.add(wrong, dict(form.fields)["csrf"])
    pages.append(visitor.submit(form, {"code": wrong}))
    pages.append(visitor.submit(form, {"code": sent["code"]}))
    for person in ("adult_danang", "adult_hanoi"):  # first somebody else's card
        form = visitor.get(sent["link"]).form("/activate/")
        pages.append(answer(door, visitor, form, person, secrets))
    for person in ("locked", "adult_hanoi"):
        form = visitor.get(door.authorize()).form("/login/")
        secrets.add(form.action.rpartition("/")[2])
        pages.append(answer(door, visitor, form, person, secrets))
    pages.append(visitor.submit(form, {"answer": "again"}))
    code = door.sign_in(visitor, "adult_hanoi")
    tokens = door.redeem(code).json()
    secrets.add(code, tokens["access_token"], tokens["id_token"], *visitor.jar.values())
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert door.http.get("/userinfo", headers=bearer).status_code == 200
    assert door.redeem(code).status_code == 400  # twice
    assert door.redeem("wrong", code_verifier="wrong").status_code == 400
    pages.append(visitor.ask("POST", "/sign-out", [("csrf", "stolen")], OURS))
    pages.append(visitor.get(f"/logout?id_token_hint={tokens['id_token']}"))
    pages.append(door.visitor().get(form.action))  # it does not wait in that browser
    with_broken_route(door)
    visitor.ask("GET", f"/broken?code={code}")
    return pages


def answer(door: FrontDoor, visitor: Visitor, form: Form, person: str, secrets: Secrets) -> Page:
    nonce = dict(form.fields)["nonce"]
    text = door.card_answer(person, nonce)
    secrets.add(nonce, *(part for part in text.split('"') if len(part) > 40))
    return visitor.submit(form, {"answer": text})


def test_the_log_holds_no_secret_and_no_person__PI_01__AU_06(
    door: FrontDoor, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = Secrets(door)
    walk(door, visitor, secrets)
    lines = list(told(caplog))
    assert len(secrets.words) > 40
    assert any("unknown_pending" in line for line in lines)  # refusals are told
    assert any("RuntimeError" in line for line in lines)  # and our faults
    for line in lines:
        assert not secrets.found_in(line), line


def test_the_audit_trail_holds_no_secret_and_no_person__AU_06(
    door: FrontDoor, visitor: Visitor
) -> None:
    secrets = Secrets(door)
    walk(door, visitor, secrets)
    rows = door.rows("SELECT kind, trace, body FROM audit_event")
    kinds = {row[0] for row in rows}
    assert {"LoggedIn", "LoginRefused", "CodeAccepted", "TokensIssued", "LoggedOut"} <= kinds
    for row in rows:
        assert not secrets.found_in(str(row)), row


def test_the_database_knows_secrets_by_their_hash_alone__SS_03__AC_02(
    door: FrontDoor, visitor: Visitor
) -> None:
    secrets = Secrets(door)
    persons = set(secrets.words) - {PIN, PUK}
    walk(door, visitor, secrets)
    kept = door.snapshot()
    # A nonce is public and spent, a certificate is public: of both the store keeps what it needs.
    public = {word for word in secrets.words if word.endswith("=") or word.startswith("MII")}
    for word in secrets.words - persons - public:
        assert word not in kept


def test_no_address_and_no_page_of_the_walk_holds_the_number__PI_02(
    door: FrontDoor, visitor: Visitor
) -> None:
    number = door.number("adult_hanoi")
    for page in walk(door, visitor, Secrets(door)):
        assert number not in f"{page.url} {page.location} {page.text} {page.headers}"
    assert not [value for value in visitor.jar.values() if number in value]


def test_what_is_sent_forges_no_line_of_the_log__AU_05__L_64(
    door: FrontDoor, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    evil = "%0d%0aERROR%20eid:%20forged%1b[31m%e2%80%ae"
    paths = [
        f"/{evil}",
        f"/login/{evil}",
        f"/activate/{evil}",
        f"/authorize?client_id={evil}",
        f"/authorize?client_id=portal-demo&redirect_uri={evil}",
        f"{door.authorize()}&prompt={evil}",
        f"{door.authorize(prompt='none')}&state={evil}",
        f"/logout?client_id={evil}&id_token_hint={evil}",
    ]
    visitor.get("/demo/clock")
    for path in paths:
        visitor.ask("GET", path)
        visitor.ask("POST", path, [("csrf", "\r\nforged"), ("answer", "\x1b[31mforged")], OURS)
    door.redeem("\r\nforged", grant_type="\r\nforged")
    lines = list(told(caplog))
    assert lines
    for line in lines:
        assert "forged" not in line
        assert line.isprintable(), line
    assert "forged" not in str(door.rows("SELECT kind, trace, body FROM audit_event"))
