"""`make journey`: walk the demo world from end to end, on free ports, and prove every step.

Ends 0 only if every step and every refusal came out as it must.
"""

import argparse
import base64
import hashlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2
from browser import Browser, Page
from rich.console import Console
from world import PEOPLE, PIN, Portal, Ports, World, WorldError

LIBRARY = 2  # of the world's agencies, the one that is content with level 1
OK, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN = 200, 400, 401, 403
console = Console()


class StepFailed(Exception):
    """A step did not come out as it must."""


def expect(what: str, found: object, wanted: object) -> None:
    """Raise unless what was found is what was wanted."""
    if found != wanted:
        raise StepFailed(f"{what}: wanted {wanted!r}, found {found!r}")


@dataclass
class Journey:
    """The world, its people, and what was learned on the way."""

    world: World
    people: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def prepare(self) -> None:
        """Learn who is who."""
        for line in PEOPLE.read_text(encoding="utf-8").splitlines():
            person = json.loads(line)
            self.people.setdefault(person["demo"]["situation"], []).append(person)
        orders = self.world.state / "bureau" / "orders.ndjson"
        for line in orders.read_text(encoding="utf-8").splitlines():
            order = json.loads(line)
            self.cards[order["holder"]["number"]] = order["documentNumber"]

    def with_card(self, situation: str, nth: int = 0) -> dict[str, str]:
        """The nth person in that situation who has a card."""
        return [p for p in self.people[situation] if p["number"] in self.cards][nth]

    def step(self, told: str, work: Callable[[], None]) -> None:
        """Do one step and say so."""
        begin = time.monotonic()
        try:
            work()
        except (StepFailed, LookupError, httpx2.HTTPError, KeyError, ValueError) as problem:
            console.print(f"[red]✘[/] {told}\n  [red]{type(problem).__name__}: {problem}[/]")
            raise StepFailed(told) from problem
        self.count += 1
        console.print(f"[green]✔[/] {told} [dim]{time.monotonic() - begin:.2f} s[/]")

    # What a person does

    def ask_card(self, number: str, nonce: str, pin: str = PIN) -> httpx2.Response:
        """Type a PIN into the bridge's window for that person's card."""
        return httpx2.post(
            f"{self.world.bridge}/answer",
            json={
                "card": self.cards[number],
                "pin": pin,
                "origin": self.world.issuer,
                "nonce": nonce,
            },
            headers={"Origin": self.world.bridge},
            timeout=20,
        )

    def answer(self, number: str, nonce: str) -> str:
        """The card's answer as the text that the bridge hands over."""
        reply = self.ask_card(number, nonce)
        expect("the card answers", reply.status_code, OK)
        return reply.text

    def show_card(
        self, browser: Browser, page: Page, number: str, *, stop_at: str | None = None
    ) -> Page:
        """Answer the card step of a page with that person's card."""
        form = page.form(urlsplit(self._card_form(page)).path)
        nonce = dict(form.fields)["nonce"]
        answer = self.answer(number, nonce)
        return browser.submit(page, form, {"answer": answer}, stop_at=stop_at)

    def printed_number(self, number: str) -> str:
        """The access number (CAN) on the front of that person's card."""
        printed = self.world.cards / f"{self.cards[number]}.print.json"
        return str(json.loads(printed.read_text(encoding="utf-8"))["can"])

    def read_chip(self, number: str, nonce: str) -> str:
        """What the chip shows whoever sees the card's front, as the bridge hands it over."""
        reply = httpx2.post(
            f"{self.world.bridge}/read",
            json={
                "card": self.cards[number],
                "can": self.printed_number(number),
                "origin": self.world.issuer,
                "nonce": nonce,
            },
            headers={"Origin": self.world.bridge},
            timeout=20,
        )
        expect("the chip is read", reply.status_code, OK)
        return reply.text

    def _card_form(self, page: Page) -> str:
        step = page.read().attributes.get("card-step")
        if step is None:
            raise StepFailed(f"no card step at {page.url}: {page.element('main')}")
        return step["action"]

    def to_login(self, browser: Browser, portal: int, **more: str) -> Page:
        """Click "sign in" at an agency and arrive where the provider leads."""
        origin = self.world.portals[portal].origin
        return browser.get(f"{origin}/login?{urlencode(more)}" if more else f"{origin}/login")

    def agree(self, browser: Browser, page: Page, *, stop_at: str | None = None) -> Page:
        """Agree on the consent page."""
        form = page.form("/consent/")
        return browser.submit(page, form, {"decision": "agree"}, stop_at=stop_at)

    def refused_login(self, person: dict[str, str], code: str, status: int) -> None:
        """Sign in with that person's card and be refused so."""
        browser = Browser()
        page = self.to_login(browser, 0)
        page = self.show_card(browser, page, person["number"])
        expect("status", page.status, status)
        expect("error code", page.element("error-code"), code)
        browser.close()

    # The newest notices of a person

    def notices(self, person: dict[str, str]) -> dict[str, str]:
        """Link and code, as the mail-box page's folder has them."""
        found: dict[str, str] = {}
        until = time.monotonic() + 15
        while time.monotonic() < until and {"link", "code"} - found.keys():
            for path in sorted((self.world.state / "outbox").glob("*.json")):
                notice = json.loads(path.read_text(encoding="utf-8"))
                if notice["to"] in {person["phone"], person.get("email"), person["name"]}:
                    found |= {k: v for k, v in notice["values"].items() if k in {"link", "code"}}
            time.sleep(0.1)
        if {"link", "code"} - found.keys():
            raise StepFailed(f"no notices for {person['name']}")
        return found


def activation(journey: Journey) -> None:
    """Step 2: from the notice to a live account."""
    person, other = journey.with_card("notified"), journey.with_card("notified", 1)
    browser = Browser()
    sent = journey.notices(person)
    state: dict[str, Page] = {}

    def mailbox() -> None:
        page = browser.get(f"{journey.world.issuer}/demo/outbox")
        expect("status", page.status, OK)
        expect("the link is on the page", sent["link"] in page.text, wanted=True)
        expect("with a QR code", '<svg class="qr"' in page.text, wanted=True)

    def wrong_code() -> None:
        page = browser.get(sent["link"])
        left = int(page.read().attributes["attempts-left"]["data-left"])
        wrong = "0" * len(sent["code"])
        page = browser.submit(page, page.form("/activate/"), {"code": wrong})
        expect("status", page.status, UNAUTHORIZED)
        expect("error code", page.element("error-code"), "code_wrong")
        now = int(page.read().attributes["attempts-left"]["data-left"])
        expect("attempts left", now, left - 1)

    def right_code() -> None:
        page = browser.get(sent["link"])
        page = browser.submit(page, page.form("/activate/"), {"code": sent["code"]})
        expect("status", page.status, OK)
        state["proof"] = browser.get(sent["link"])  # the page was closed in the middle
        expect("the card step is there", "card-step" in state["proof"].read().texts, wanted=True)

    def other_card() -> None:
        page = journey.show_card(browser, state["proof"], other["number"])
        expect("status", page.status, FORBIDDEN)
        expect("error code", page.element("error-code"), "wrong_holder")

    def own_card() -> None:
        page = journey.show_card(browser, browser.get(sent["link"]), person["number"])
        expect("the account is active", "activation-done" in page.read().texts, wanted=True)

    journey.step("the notice lies in the mail-box, with link and QR code", mailbox)
    journey.step("a wrong activation code costs an attempt", wrong_code)
    journey.step("the right code is accepted; closing the page loses nothing", right_code)
    journey.step("the card of another person is refused: wrong_holder", other_card)
    journey.step("the own card with PIN makes the account ACTIVE", own_card)
    browser.close()


@dataclass
class SignIn:
    """Steps 3 and 4: one person's browser at two agencies."""

    journey: Journey
    person: dict[str, str]
    browser: Browser = field(default_factory=Browser)

    def signed_in(self, page: Page, portal: int) -> None:
        """The agency shows this person, under the subject it always had."""
        agency = self.journey.world.portals[portal]
        expect("status", page.status, OK)
        expect("who", page.element("signed-in-name"), self.person["name"])
        expect("where", page.url.rstrip("/"), agency.origin)
        subject = page.element("claim-sub") or ""
        expect("subject", self.journey.subjects.setdefault(agency.key, subject), subject)

    def asks_card(self, page: Page) -> None:
        """The card step is shown."""
        expect("the card is asked", "card-step" in page.read().texts, wanted=True)

    def wrong_pin(self) -> None:
        """The card refuses, so there is nothing to send."""
        page = self.journey.to_login(self.browser, 0)
        nonce = dict(page.form("/login/").fields)["nonce"]
        reply = self.journey.ask_card(self.person["number"], nonce, "999999")
        expect("the card refuses", reply.json()["code"], "pin_wrong")
        self.asks_card(self.journey.to_login(self.browser, 0))

    def with_card(self) -> None:
        """Agency, login page, card, consent, and back."""
        page = self.journey.to_login(self.browser, 0)
        asker = self.journey.world.portals[0].origin
        expect("asked by", asker in (page.element("destination") or ""), wanted=True)
        page = self.journey.show_card(self.browser, page, self.person["number"])
        page = self.journey.agree(self.browser, page)
        self.signed_in(page, 0)
        expect("acr", page.element("claim-acr"), "urn:vn:eid:authn:2")
        expect("account level", page.element("claim-account_level"), "2")

    def single_sign_on(self) -> None:
        """No card at the second agency; its own consent, its own subject."""
        page = self.journey.to_login(self.browser, 1)
        expect("no card is asked", "card-step" in page.read().texts, wanted=False)
        self.signed_in(self.journey.agree(self.browser, page), 1)
        expect("two subjects", len(set(self.journey.subjects.values())), 2)

    def consent_once(self) -> None:
        """The second time nothing is asked."""
        self.signed_in(self.journey.to_login(self.browser, 1), 1)

    def silent(self) -> None:
        """prompt=none with a session."""
        self.signed_in(self.journey.to_login(self.browser, 0, prompt="none"), 0)

    def anew(self) -> None:
        """prompt=login in spite of a session."""
        time.sleep(1.1)  # auth_time counts whole seconds
        before = self.browser.get(self.journey.world.portals[0].origin).element("claim-auth_time")
        page = self.journey.to_login(self.browser, 0, prompt="login")
        self.asks_card(page)
        page = self.journey.show_card(self.browser, page, self.person["number"])
        self.signed_in(page, 0)
        expect("auth_time moved", page.element("claim-auth_time") != before, wanted=True)

    def max_age(self) -> None:
        """An old proof does not count, a young one does."""
        self.asks_card(self.journey.to_login(self.browser, 0, max_age="0"))
        self.signed_in(self.journey.to_login(self.browser, 0, max_age="10000"), 0)

    def higher_level(self) -> None:
        """A level that nobody reached is told plainly."""
        page = self.journey.to_login(self.browser, 0, acr_values="urn:vn:eid:authn:4")
        expect("told plainly", page.element("error-code"), "acr_too_low")

    def log_out(self) -> None:
        """The agency's session ends, and single sign-on with it."""
        page = self.browser.get(self.journey.world.portals[0].origin)
        page = self.browser.submit(page, page.form("/logout"), {})
        expect("back at the agency", urlsplit(page.url).path, "/signed-out")
        page = self.journey.to_login(self.browser, 1, prompt="none")
        expect("single sign-on is over", page.element("error-code"), "login_required")


def sign_in(journey: Journey) -> None:
    """Steps 3 and 4: card sign-in, single sign-on, its parameters, log-out."""
    walk = SignIn(journey, journey.with_card("notified"))
    journey.step("a wrong PIN is refused by the card; nobody is signed in", walk.wrong_pin)
    journey.step("card sign-in at the first agency, with consent", walk.with_card)
    journey.step("single sign-on at the second agency, another subject", walk.single_sign_on)
    journey.step("consent is asked once", walk.consent_once)
    journey.step("prompt=none answers silently", walk.silent)
    journey.step("prompt=login asks the card again, auth_time moves", walk.anew)
    journey.step("max_age=0 asks again, max_age=10000 does not", walk.max_age)
    journey.step("acr_values of a level nobody reached is not granted", walk.higher_level)
    journey.step("log-out ends the session and single sign-on", walk.log_out)
    walk.browser.close()


def chip_alone(journey: Journey) -> None:
    """The card without its PIN: enough for the library, and for nobody who wants more."""
    walk = SignIn(journey, journey.with_card("notified"))  # whom the tax office knows by now
    number = walk.person["number"]

    def at_the_library() -> None:
        page = journey.to_login(walk.browser, LIBRARY)
        chosen = urljoin(page.url, page.read().attributes["use-card_chip"]["href"])
        page = walk.browser.get(chosen)
        form = page.form("/login/")
        sent = dict(form.fields)
        expect("how", sent["method"], "card_chip")
        answer = journey.read_chip(number, sent["nonce"])
        page = walk.browser.submit(page, form, {"answer": answer})
        page = journey.agree(walk.browser, page)
        expect("where", page.url.rstrip("/"), journey.world.portals[LIBRARY].origin)
        expect("acr", page.element("claim-acr"), "urn:vn:eid:authn:1")
        expect("no name is told", page.element("claim-name"), None)

    def at_the_tax_office() -> None:
        page = journey.to_login(walk.browser, 1)
        walk.asks_card(page)
        expect("how", dict(page.form("/login/").fields)["method"], "card_signature")
        expect("the chip is offered", "use-card_chip" in page.read().texts, wanted=False)
        page = journey.show_card(walk.browser, page, number)
        walk.signed_in(page, 1)
        expect("acr", page.element("claim-acr"), "urn:vn:eid:authn:2")

    journey.step("the chip alone opens the library: level 1, and no name", at_the_library)
    journey.step("the tax office still asks for the card and its PIN", at_the_tax_office)
    walk.browser.close()


def refusals(journey: Journey) -> None:
    """Step 5's named refusals at the card step."""
    person = journey.with_card("active")
    expired, revoked = journey.with_card("card_expired"), journey.with_card("certificate_revoked")
    locked = journey.with_card("locked")

    def replay() -> None:
        browser = Browser()
        page = journey.to_login(browser, 0)
        form = page.form("/login/")
        answer = journey.answer(person["number"], dict(form.fields)["nonce"])
        browser.submit(page, form, {"answer": answer})
        again = browser.submit(page, form, {"answer": answer})
        expect("status", again.status, UNAUTHORIZED)
        expect("error code", again.element("error-code"), "proof_rejected")
        browser.close()

    def other_origin() -> None:
        browser = Browser()
        page = journey.to_login(browser, 0)
        form = page.form("/login/")
        nonce = dict(form.fields)["nonce"]
        card = str(journey.world.cards / f"{journey.cards[person['number']]}.card")
        words = ["chipcard-sim", "answer", card, "--origin", "https://phish.example"]
        answer = journey.world.command([*words, "--nonce", nonce, "--pin", PIN], show=False)
        page = browser.submit(page, form, {"answer": answer.strip()})
        expect("status", page.status, UNAUTHORIZED)
        expect("error code", page.element("error-code"), "proof_rejected")
        browser.close()

    journey.step("a token used twice is refused", replay)
    journey.step("a token for another origin is refused", other_origin)
    journey.step(
        "an expired card is refused: certificate_expired",
        lambda: journey.refused_login(expired, "certificate_expired", UNAUTHORIZED),
    )
    journey.step(
        "a revoked certificate is refused: certificate_revoked",
        lambda: journey.refused_login(revoked, "certificate_revoked", UNAUTHORIZED),
    )
    journey.step(
        "a locked account is refused: account_locked",
        lambda: journey.refused_login(locked, "account_locked", FORBIDDEN),
    )


@dataclass
class AgencyClient:
    """An agency's own client: begins authorizations and redeems codes by itself."""

    journey: Journey
    portal: Portal

    @property
    def callback(self) -> str:
        """The registered redirect URI."""
        return f"{self.portal.origin}/callback"

    @property
    def credentials(self) -> tuple[str, str]:
        """Client id and secret."""
        world = self.journey.world
        return world.client_file(self.portal)["client_id"], world.secret_file(
            self.portal
        ).read_text().strip()

    def authorization_url(self, verifier: str, **more: str) -> tuple[str, str]:
        """An authorization request, and its state."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.credentials[0],
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **more,
        }
        return f"{self.journey.world.issuer}/authorize?{urlencode(asked)}", asked["state"]

    def code(self, browser: Browser, person: dict[str, str], verifier: str) -> str:
        """A fresh code for that person, signing in and agreeing where asked."""
        url, state = self.authorization_url(verifier)
        page = browser.get(url, stop_at=self.callback)
        if page.location is None and "card-step" in page.read().texts:
            page = self.journey.show_card(browser, page, person["number"], stop_at=self.callback)
        if page.location is None:
            page = self.journey.agree(browser, page, stop_at=self.callback)
        answer = parse_qs(urlsplit(page.location or "").query)
        expect("state", answer["state"], [state])
        expect("iss", answer["iss"], [self.journey.world.issuer])
        return answer["code"][0]

    def redeem(self, code: str, verifier: str, base: str | None = None) -> httpx2.Response:
        """Send a code to the token endpoint, of another process if `base` says so."""
        return httpx2.post(
            f"{base or self.journey.world.issuer}/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.callback,
                "code_verifier": verifier,
            },
            auth=self.credentials,
            timeout=20,
        )

    def userinfo(self, token: str) -> httpx2.Response:
        """Ask whom a token speaks of."""
        return httpx2.get(
            f"{self.journey.world.issuer}/userinfo",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )


def codes(journey: Journey) -> None:
    """Step 5's refusals at the token endpoint, as an agency's own client meets them."""
    person, agency = journey.with_card("active"), AgencyClient(journey, journey.world.portals[0])
    browser = Browser()
    refused = (BAD_REQUEST, "invalid_grant")

    def reused() -> None:
        verifier = secrets.token_urlsafe(48)
        value = agency.code(browser, person, verifier)
        good = agency.redeem(value, verifier)
        expect("first use", good.status_code, OK)
        token = good.json()["access_token"]
        expect("userinfo", agency.userinfo(token).status_code, OK)
        again = agency.redeem(value, verifier)
        expect("second use", (again.status_code, again.json()["error"]), refused)
        expect("the first token is dead", agency.userinfo(token).status_code, UNAUTHORIZED)

    def wrong_verifier() -> None:
        verifier = secrets.token_urlsafe(48)
        value = agency.code(browser, person, verifier)
        bad = agency.redeem(value, secrets.token_urlsafe(48))
        expect("wrong verifier", (bad.status_code, bad.json()["error"]), refused)
        expect("the code is burnt", agency.redeem(value, verifier).status_code, BAD_REQUEST)

    journey.step("a code used twice is refused and its tokens die", reused)
    journey.step("a wrong PKCE verifier is refused and burns the code", wrong_verifier)
    browser.close()


def main() -> int:
    """Make a throw-away world, walk, and throw it away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="keep the state in this folder")
    parser.add_argument("--database", help="another database, e.g. postgresql://…")
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="eid-journey-") as folder:
        state = options.keep.resolve() if options.keep else Path(folder)
        world = World(state, Ports.free(), database=options.database)
        journey = Journey(world)
        try:
            journey.step(
                "keys, database, 40 people and their cards are made", lambda: world.make(show=False)
            )
            journey.step("provider, three agencies and the card bridge run", world.start)
            journey.prepare()
            for walk in (activation, sign_in, chip_alone, refusals, codes):
                walk(journey)
        except (StepFailed, WorldError) as problem:
            console.print(f"[red]The journey failed at: {problem}[/]")
            return 1
        finally:
            world.stop()
    took = time.monotonic() - begin
    console.print(f"[bold green]{journey.count} steps, all as they must be[/] ({took:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
