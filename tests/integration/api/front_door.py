"""The whole front door in one process: real rooms, a real ceremony, a database in a file.

It is made once and copied for every test, so that no test sees what another one did.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import shutil
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from fastapi import FastAPI
from integration.api.visitor import Page, Visitor
from integration.api.wire import Wire
from unit.api.own_settings import OwnSettings

from api.app import create_app
from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.documents import build_report, read_order, read_pack
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card
from chipcard_sim.terminal.agent import CitizenAgent
from eid.bootstrap import Services, build_services, hold_ceremony
from eid.config import Database, Demo, Environment, Keys, Pki, Settings

ISSUER = "http://localhost:8000"
PIN, PUK = "123456", "12345678"
OLDEST_CARD = datetime(2021, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]
CAST = ("adult_hanoi", "adult_langson", "adult_danang", "adult_hagiang", "level_1_woman", "locked")
CLIENTS = ("portal", "tax")

T = TypeVar("T")


def settings_in(folder: Path, environment: Environment = Environment.DEMO) -> Settings:
    """The settings of a service whose every path lies in one folder."""
    demo = Demo(people=folder / "people.ndjson", outbox=folder / "outbox", clock=folder / "clock")
    return OwnSettings(
        environment=environment,
        issuer=ISSUER,
        database=Database(url=f"sqlite:///{folder / 'eid.sqlite3'}"),
        keys=Keys(wrapping_key=folder / "keys" / "wrapping.key"),
        pki=Pki(folder=folder / "keys" / "pki"),
        demo=demo if environment is Environment.DEMO else Demo(),
    )


@dataclass
class FrontDoor:
    """The application, what stands behind it, and what people need to walk through it."""

    folder: Path
    runner: asyncio.Runner
    services: Services
    app: FastAPI

    def __post_init__(self) -> None:
        self.http = httpx2.Client(transport=Wire(self.app, self.runner), base_url=ISSUER)
        self.people = {p["demo"]["key"]: p for p in _cast(self.folder)}
        self.clients = {name: client_file(name) for name in CLIENTS}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something behind the door."""
        return self.runner.run(work)

    def visitor(self) -> Visitor:
        """A new browser."""
        return Visitor(self.http, ISSUER)

    def number(self, person: str) -> str:
        """A person's number."""
        number: str = self.people[person]["number"]
        return number

    def snapshot(self) -> str:
        """Every row of the database, and the clock; two that are equal: nothing changed."""
        assert self.services.demo is not None
        with closing(sqlite3.connect(self.folder / "eid.sqlite3")) as looked:
            return "\n".join([*looked.iterdump(), str(self.services.demo.clock.ahead())])

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What a question to the database brings."""
        with closing(sqlite3.connect(self.folder / "eid.sqlite3")) as looked:
            return looked.execute(question).fetchall()

    def acts(self) -> list[str]:
        """What the audit trail tells, in the order in which it happened."""
        return [kind for (kind,) in self.rows("SELECT kind FROM audit_event ORDER BY rowid")]

    # What an agency does

    def request(self, client: str = "portal", **more: str) -> dict[str, str]:
        """A good authorization request of that agency."""
        file = self.clients[client]
        return {
            "response_type": "code",
            "client_id": file["client_id"],
            "redirect_uri": file["redirect_uris"][0],
            "scope": file["scope"],
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **more,
        }

    def authorize(self, client: str = "portal", **more: str) -> str:
        """The address to which that agency sends a browser."""
        return f"/authorize?{urlencode(self.request(client, **more))}"

    def redeem(self, code: str, client: str = "portal", **more: str) -> httpx2.Response:
        """Send a code to the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.clients[client]["redirect_uris"][0],
            "code_verifier": VERIFIER,
            **more,
        }
        return self.http.post("/token", data=form, auth=self.credentials(client))

    def credentials(self, client: str = "portal") -> tuple[str, str]:
        """Client id and secret."""
        secret = (self.folder / f"{client}.secret").read_text()
        return self.clients[client]["client_id"], secret

    # What a person does

    def card_answer(self, person: str, nonce: str, origin: str = ISSUER) -> str:
        """Put that person's card into a reader and type the PIN."""
        card = self.folder / "cards" / f"{self.number(person)}.card"
        agent = CitizenAgent(Card.open(card, applications=APPLICATIONS))
        return json.dumps(agent.answer(origin, nonce, PIN))

    def show_card(self, visitor: Visitor, page: Page, person: str) -> Page:
        """Answer the card step of a page."""
        form = page.form(page.read().attributes["card-step"]["action"])
        answer = self.card_answer(person, dict(form.fields)["nonce"])
        return visitor.submit(form, {"answer": answer})

    def to_consent(
        self, visitor: Visitor, person: str, client: str = "portal", **more: str
    ) -> Page:
        """Sign in with the card, up to what comes next."""
        page = visitor.get(self.authorize(client, **more))
        return self.show_card(visitor, page, person) if asks_card(page) else page

    def sign_in(self, visitor: Visitor, person: str, client: str = "portal", **more: str) -> str:
        """Sign in, agree to everything, and give back the code that the agency gets."""
        page = self.to_consent(visitor, person, client, **more)
        if page.location is None:
            page = visitor.submit(page.form("/consent/"), {"decision": "agree"})
        return self.code_of(page)

    @staticmethod
    def code_of(page: Page) -> str:
        """The code in the answer that leads to the agency."""
        assert page.location is not None, page.text
        return parse_qs(urlsplit(page.location).query)["code"][0]

    def notices(self, person: str) -> dict[str, str]:
        """Link and code of a person's newest notices."""
        found: dict[str, str] = {}
        who = self.people[person]
        for path in sorted((self.folder / "outbox").glob("*.json")):
            notice = json.loads(path.read_text())
            if notice["to"] in {who["phone"], who.get("email"), who["name"]}:
                found |= {k: v for k, v in notice["values"].items() if k in {"link", "code"}}
        return found


VERIFIER = secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    """RFC 7636, 4.2: S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def asks_card(page: Page) -> bool:
    """Whether the page wants a card."""
    return "card-step" in page.read().texts


def client_file(name: str) -> dict[str, Any]:
    """A demo agency's registration."""
    found: dict[str, Any] = json.loads((ROOT / "docker" / "clients" / f"{name}.json").read_text())
    return found


def make_house(folder: Path) -> None:
    """Ceremony, people, cards, agencies; everybody in the situation of the file."""
    asyncio.run(_make(folder))


async def _make(folder: Path) -> None:
    lines = (ROOT / "docker" / "people.ndjson").read_text().splitlines()
    chosen = [line for line in lines if json.loads(line)["demo"]["key"] in CAST]
    (folder / "people.ndjson").write_text("\n".join(chosen))
    settings = settings_in(folder)
    ceremony = (ROOT / "docker" / "ceremony.toml").read_text()
    await hold_ceremony(settings, ceremony, replace=False, since=OLDEST_CARD)
    services = build_services(settings)
    await services.open(chores=False)
    try:
        await _fill(services, folder)
    finally:
        await services.close()


async def _fill(services: Services, folder: Path) -> None:
    visit = services.visit("making")
    with (folder / "people.ndjson").open("rb") as lines:
        report = await services.batches.accept(visit, lines, "test")
    await services.batches.process(visit, report.batch)
    issuance = await services.card_issuance()
    async for text in issuance.orders():
        order = read_order(text)
        keys = make_chip(order, folder / "cards", PIN, PUK)
        write_pack(
            read_pack(await issuance.complete(visit, build_report(keys).encode())), folder / "cards"
        )
        made = folder / "cards" / f"{order.document_number}.card"
        made.rename(folder / "cards" / f"{order.holder.number}.card")
    assert services.demo is not None
    await services.demo.desk.arrange_all(visit)
    await services.deliveries.run(visit)
    for name in CLIENTS:
        _, secret = await services.add_client(visit, json.dumps(client_file(name)))
        (folder / f"{name}.secret").write_text(secret or "")


def copy_house(made: Path, folder: Path) -> None:
    """A house of one's own."""
    shutil.copytree(made, folder, dirs_exist_ok=True)


def open_door(
    folder: Path, runner: asyncio.Runner, environment: Environment = Environment.DEMO
) -> FrontDoor:
    """Open the front door over what lies in the folder; no chores run."""
    services = build_services(settings_in(folder, environment))
    runner.run(services.open(chores=False))
    return FrontDoor(folder, runner, services, create_app(services))


def _cast(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "people.ndjson").read_text().splitlines()]
