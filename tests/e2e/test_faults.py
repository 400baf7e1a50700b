"""Every fault of the table, played by a card of the demo at a running provider.

A bridge that was told the fault answers for the card, as it would answer a browser's window. What
it sends goes to the sign-in page over HTTP; the audit trail says why it was refused. What it does
not send was refused by the reader, and the page waits as before. Afterwards the same card signs in.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from browser import Browser, Form, Page
from journey import Journey
from starlette.testclient import TestClient
from world import PIN, World

from api.errors import ONE_SENTENCE, STATUS
from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.refusals import REFUSALS
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.faults.fault import Before, Fault, Method, RefusedBy
from chipcard_sim.faults.genuine import Ask
from chipcard_sim.faults.table import FAULTS
from eid import errors

CALLBACK = "http://127.0.0.1:9/callback"
CLIENT = "faults-demo"
BRIDGE = "http://127.0.0.1:8200"
KNOWN_WITHIN = 10.0  # seconds until a running provider has looked at its clients again
LONGEST = 10.0  # seconds: whatever a card does, the reader has come to an end by then
PLAYER, REVOKED = 12, 15  # people that no other test takes

AT_THE_PROVIDER = [row for row in FAULTS.values() if row.refused_by is RefusedBy.PROVIDER]
AT_THE_READER = [row for row in FAULTS.values() if row.refused_by is RefusedBy.READER]
AT_ONCE = [row for row in AT_THE_PROVIDER if row.before is Before.NOTHING]
REPEATED = [row for row in AT_THE_PROVIDER if row.before is Before.ACCEPTED]


def name_of(row: Fault) -> str:
    return row.name


class Bridge:
    """One bridge, told another fault each time: to make one takes longer than to ask it."""

    def __init__(self, world: World) -> None:
        self._settings = BridgeSettings(BRIDGE, (world.issuer,), has_picker=True)
        app = create_bridge(Drawer(world.cards), self._settings)
        self._http = TestClient(app, base_url=BRIDGE)

    def ask(self, fault: Fault | None, path: str, asked: dict[str, str]) -> tuple[int, str]:
        object.__setattr__(self._settings, "fault", fault)  # frozen, but for this
        told = self._http.post(path, json=asked, headers={"Origin": BRIDGE})
        return told.status_code, told.text


@dataclass(frozen=True)
class Stage:
    """One person with a card in front of a sign-in page."""

    world: World
    browser: Browser
    bridge: Bridge
    card: str
    can: str

    def page(self, method: Method) -> Page:
        """A sign-in page that asks for this method, in a browser that nobody used before."""
        self.browser.jar.clear()
        asked = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": "s",
            "nonce": "n",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, B
            "code_challenge_method": "S256",
            "acr_values": "urn:vn:eid:authn:1",
        }
        page = self.browser.get(f"{self.world.issuer}/authorize?{urlencode(asked)}")
        return self.browser.get(f"{page.url}?method={method}")

    def ask(self, page: Page, method: Method, fault: Fault | None = None) -> tuple[int, str]:
        """Status and text of the bridge's answer to the challenge of a page."""
        path, name, secret = {
            Method.CARD_SIGNATURE: ("/answer", "pin", PIN),
            Method.CARD_CHIP: ("/read", "can", self.can),
        }[method]
        asked = {"card": self.card, name: secret, "origin": self.world.issuer}
        asked["nonce"] = nonce_of(page)
        return self.bridge.ask(fault, path, asked)

    def send(self, page: Page, answer: str) -> Page:
        return self.browser.submit(page, form_of(page), {"answer": answer}, stop_at=CALLBACK)

    def signs_in(self, page: Page, method: Method) -> None:
        """The good card signs in at this very page."""
        status, answer = self.ask(page, method)
        assert status == 200, answer
        done = self.send(page, answer)
        assert "card-step" not in done.read().texts, done.element("error-code")
        assert done.status == 200
        assert done.form("/consent/").fields

    def refusals(self) -> set[tuple[bytes, str, str]]:
        """Every refused sign-in of the audit trail: its name, why, and the word behind it."""
        place = f"file:{self.world.state / 'eid.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(place, uri=True)) as trail:
            rows = trail.execute("SELECT id, body FROM audit_event WHERE kind = 'LoginRefused'")
            told = [(name, json.loads(body)) for name, body in rows]
        return {(name, body["reason"], body["because"]) for name, body in told}


def form_of(page: Page) -> Form:
    return page.form("/login/")


def nonce_of(page: Page) -> str:
    return dict(form_of(page).fields)["nonce"]


def status_of(code: str) -> int:
    (error,) = [one for one in every_error(errors.EidError) if one.code == code]
    return next(status for category, status in STATUS.items() if issubclass(error, category))


def every_error(above: type[errors.EidError]) -> Iterator[type[errors.EidError]]:
    for one in above.__subclasses__():
        yield one
        yield from every_error(one)


@pytest.fixture(scope="module")
def client(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A client that is content with level 1, so that reading the chip will do."""
    folder = tmp_path_factory.mktemp("faults")
    registration = {
        "client_id": CLIENT,
        "profile": "web",
        "agency": {"id": "faults", "names": {"vi": "Thử lỗi", "en": "Faults"}, "sector": "faults"},
        "redirect_uris": [CALLBACK],
        "scope": "openid",
        "token_endpoint_auth_method": "client_secret_basic",
        "least_account_level": 1,
        "least_authentication_level": 1,
    }
    place = folder / "faults.json"
    place.write_text(json.dumps(registration), encoding="utf-8")
    world.command(["eid", "client", "add", str(place), "--secrets", str(folder)], show=False)
    return CLIENT


def stage_of(journey: Journey, browser: Browser, nth: int) -> Stage:
    card = journey.cards[journey.with_card("active", nth)["number"]]
    printed = json.loads((journey.world.cards / f"{card}.print.json").read_text(encoding="utf-8"))
    return Stage(journey.world, browser, Bridge(journey.world), card, printed["can"])


@pytest.fixture(scope="module")
def stage(journey: Journey, client: str) -> Iterator[Stage]:
    browser = Browser()
    stage = stage_of(journey, browser, PLAYER)
    until = time.monotonic() + KNOWN_WITHIN
    while "card-step" not in stage.page(Method.CARD_SIGNATURE).read().texts:
        assert time.monotonic() < until, f"the provider does not know {client}"
        time.sleep(0.1)
    yield stage
    browser.close()


def is_refused(stage: Stage, page: Page, answer: str, row: Fault) -> Page:
    """The answer is refused with exactly the row's code, on the page and in the trail."""
    before = stage.refusals()
    told = stage.send(page, answer)
    (refusal,) = stage.refusals() - before
    assert refusal[1] == row.code
    assert not row.reason or refusal[2] == row.reason
    assert told.element("error-code") == (
        "proof_rejected" if row.code in ONE_SENTENCE else row.code
    )
    assert told.status == status_of(row.code)
    return told


@pytest.mark.parametrize("row", AT_ONCE, ids=name_of)
def test_the_provider_refuses_it_by_its_code_and_the_card_signs_in_afterwards(
    stage: Stage, row: Fault
) -> None:
    page = stage.page(row.method)
    status, answer = stage.ask(page, row.method, row)
    assert status == 200, answer
    stage.signs_in(is_refused(stage, page, answer, row), row.method)


@pytest.mark.parametrize("row", AT_THE_READER, ids=name_of)
def test_the_reader_refuses_it_in_time_and_the_same_page_takes_the_good_card(
    stage: Stage, row: Fault
) -> None:
    page = stage.page(row.method)
    begin = time.monotonic()
    status, answer = stage.ask(page, row.method, row)
    assert time.monotonic() - begin < LONGEST
    assert (json.loads(answer)["code"], status) == (row.code, REFUSALS[row.code])
    stage.signs_in(page, row.method)


@pytest.mark.parametrize("row", REPEATED, ids=name_of)
def test_what_repeats_an_accepted_answer_is_refused_as_spent(stage: Stage, row: Fault) -> None:
    page = stage.page(row.method)
    _, accepted = stage.ask(page, row.method)
    assert "card-step" not in stage.send(page, accepted).read().texts
    with Drawer(stage.world.cards).inserted(stage.card) as card:
        again = row.play(card, Ask(stage.world.issuer, nonce_of(page), accepted=accepted))
    stage.signs_in(is_refused(stage, page, again, row), row.method)


def test_a_revoked_card_is_refused_by_its_code(
    journey: Journey, client: str, browser: Browser
) -> None:
    assert client
    row = FAULTS["revoked"]
    stage, person = stage_of(journey, browser, REVOKED), journey.with_card("active", REVOKED)
    stage.signs_in(stage.page(row.method), row.method)
    words = ["eid", "revoke-card", person["number"], "--reason", "keyCompromise"]
    journey.world.command(words, show=False)
    page = stage.page(row.method)
    status, answer = stage.ask(page, row.method, row)
    assert status == 200, answer
    is_refused(stage, page, answer, row)


def test_every_row_is_played_here_and_there_are_enough_of_them() -> None:
    played = [*AT_ONCE, *AT_THE_READER, *REPEATED, FAULTS["revoked"]]
    assert {row.name for row in played} == set(FAULTS)
    assert len(played) == len(FAULTS) >= 36


def test_the_program_plays_a_fault_too(stage: Stage) -> None:
    row = FAULTS["wrong-eku"]
    page = stage.page(row.method)
    words = ["chipcard-sim", "answer", stage.card, "--cards", str(stage.world.cards)]
    words += ["--origin", stage.world.issuer, "--nonce", nonce_of(page), "--pin", PIN]
    answer = stage.world.command([*words, "--fault", row.name], show=False)
    is_refused(stage, page, answer.strip(), row)
