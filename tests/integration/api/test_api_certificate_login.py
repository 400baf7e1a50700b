"""The pages' side of signing in by certificate: who may arrive, and what they are told."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import pytest
from integration.api.front_door import FrontDoor, copy_house, settings_in
from integration.api.visitor import Page, Visitor
from integration.api.wire import Wire
from unit.api.own_settings import OwnSettings

from api.app import create_app
from chipcard_sim.chip.memory import Memory
from chipcard_sim.iso7816 import tlv
from eid.bootstrap import Services, build_services
from eid.bootstrap.certificates import build_certificate_services
from eid.bootstrap.secrets import read_master, write_handover_key
from eid.config import CertificateLogin

ISSUER, DOOR = "https://localhost:8443", "https://localhost:8444"
SESSION = "__Host-eid-session"
PERSON = "adult_danang"


@dataclass
class Fronted:
    """Pages behind TLS that send people to a certificate door."""

    plain: FrontDoor
    services: Services
    http: httpx2.Client
    settings: OwnSettings

    def visitor(self) -> Visitor:
        return Visitor(self.http, ISSUER)

    def to_page(self, visitor: Visitor, method: str = "card_certificate") -> Page:
        """From an agency to the page of a method."""
        page = visitor.get(self.plain.authorize())
        return visitor.get(f"{urlsplit(page.url).path}?method={method}")

    def show(self, page: Page, person: str = PERSON) -> str:
        """Show the person's certificate at the door; where it leads back to."""
        link = urlsplit(page.read().attributes["show-certificate"]["href"])
        pending, nonce = link.path.rpartition("/")[2], parse_qs(link.query)["nonce"][0]
        card = self.plain.folder / "cards" / f"{self.plain.number(person)}.card"
        certificate = tlv.by_tag(Memory(card).read().objects[0x5FC105])[0x70]
        door = build_certificate_services(self.settings).door
        handover = door.hand_over(self.services.visit("door"), pending, nonce, certificate)
        query = urlencode({"nonce": nonce, "handover": handover})
        return f"/login/{pending}/certificate?{query}"


@pytest.fixture
def fronted(door: FrontDoor, made_house: Path, tmp_path: Path) -> Iterator[Fronted]:
    copy_house(made_house, tmp_path / "fronted")
    told = settings_in(tmp_path / "fronted").model_dump()
    key = tmp_path / "handover.key"
    told |= {"issuer": ISSUER, "certificate_login": CertificateLogin(origin=DOOR, key=key)}
    settings = OwnSettings(**told)
    write_handover_key(key, read_master(settings.keys.wrapping_key))
    with asyncio.Runner() as runner:
        services = build_services(settings)
        runner.run(services.open(chores=False))
        with httpx2.Client(transport=Wire(create_app(services), runner), base_url=ISSUER) as http:
            # A visitor has a jar of its own; the wire keeps none for all of them.
            http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            yield Fronted(door, services, http, settings)
        runner.run(services.close())


def test_the_reader_s_page_leads_to_the_certificate_s_and_back(fronted: Fronted) -> None:
    visitor = fronted.visitor()
    page = visitor.get(fronted.plain.authorize())
    assert "card-step" in page.read().attributes
    assert "?method=card_certificate" in page.text
    page = visitor.get(f"{urlsplit(page.url).path}?method=card_certificate")
    link = page.read().attributes["show-certificate"]
    assert link["href"].startswith(f"{DOOR}/card/")
    assert link["rel"] == "noreferrer"
    assert "?method=card_signature" in page.text
    assert page.headers["cross-origin-opener-policy"] == "same-origin"


def test_the_language_switch_keeps_the_way(fronted: Fronted) -> None:
    visitor = fronted.visitor()
    page = fronted.to_page(visitor)
    switch = page.read().attributes["language-switch"]["href"]
    page = visitor.get(switch)
    assert "show-certificate" in page.read().attributes
    assert page.read().attributes["language-switch"]["href"] != switch


def test_where_no_front_asks_nobody_is_offered_it(door: FrontDoor, visitor: Visitor) -> None:
    page = visitor.get(door.authorize())
    assert "card_certificate" not in page.text
    page = visitor.get(f"{urlsplit(page.url).path}?method=card_certificate")
    assert "card-step" in page.read().attributes
    page = visitor.get(f"{urlsplit(page.url).path}/certificate?nonce={quote('n' * 44)}&handover=x")
    assert page.status in {400, 401}
    assert SESSION not in visitor.jar


def test_a_certificate_signs_in(fronted: Fronted) -> None:
    visitor = fronted.visitor()
    back = fronted.show(fronted.to_page(visitor))
    page = visitor.ask("GET", back)
    assert page.status == 303
    assert urlsplit(page.location or "").path.startswith("/authorize/")
    assert SESSION in visitor.jar
    assert "handover" not in (page.location or "")


@pytest.mark.parametrize("site", ["same-site", "same-origin"])
def test_a_way_that_began_with_us_is_ours(fronted: Fronted, site: str) -> None:
    visitor = fronted.visitor()
    back = fronted.show(fronted.to_page(visitor))
    assert visitor.ask("GET", back, headers={"Sec-Fetch-Site": site}).status == 303


@pytest.mark.parametrize("site", ["cross-site", "none", ""])
def test_a_way_that_began_elsewhere_signs_nobody_in__SS_06__SS_08(
    fronted: Fronted, site: str
) -> None:
    visitor = fronted.visitor()
    back = fronted.show(fronted.to_page(visitor))
    page = visitor.ask("GET", back, headers={"Sec-Fetch-Site": site})
    assert (page.status, page.element("error-code")) == (403, "forbidden_form")
    assert SESSION not in visitor.jar
    assert visitor.ask("GET", back).status == 303  # nothing was spent


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_only_a_get_brings_a_handover__HD_10(fronted: Fronted, method: str) -> None:
    visitor = fronted.visitor()
    back = fronted.show(fronted.to_page(visitor))
    assert visitor.ask(method, back).status == 405
    assert SESSION not in visitor.jar


def test_an_address_that_was_passed_on_is_worth_nothing__L_42__SS_08(fronted: Fronted) -> None:
    mine, theirs = fronted.visitor(), fronted.visitor()
    back = fronted.show(fronted.to_page(mine))
    page = theirs.get(back)
    assert (page.status, page.element("error-code")) == (404, "unknown_pending")
    fronted.to_page(theirs)  # and one that has a request of its own waiting
    assert theirs.get(back).status == 404
    assert SESSION not in theirs.jar
    assert mine.ask("GET", back).status == 303


def test_nobody_is_put_into_another_s_account__SS_08(fronted: Fronted) -> None:
    """An attacker's own certificate, before a victim's waiting request."""
    attacker, victim = fronted.visitor(), fronted.visitor()
    theirs = urlsplit(fronted.show(fronted.to_page(attacker)))
    pending = urlsplit(fronted.to_page(victim).url).path
    page = victim.get(f"{pending}/certificate?{theirs.query}")
    assert (page.status, page.element("error-code")) == (401, "proof_rejected")
    assert SESSION not in victim.jar


def test_it_works_once_and_a_refusal_shows_the_way_again__CV_01(fronted: Fronted) -> None:
    visitor = fronted.visitor()
    first = fronted.to_page(visitor)
    back = fronted.show(first)
    assert visitor.ask("GET", back).status == 303
    page = visitor.ask("GET", back)
    assert (page.status, page.element("error-code")) == (401, "proof_rejected")
    fresh = page.read().attributes["show-certificate"]["href"]
    assert fresh != first.read().attributes["show-certificate"]["href"]


QUERIES = [
    "",
    "nonce=x",
    "handover=x",
    "nonce=%00&handover=%ff",
    "nonce=a&nonce=b&handover=c&handover=d",
    f"nonce={'n' * 43}%3D&handover={'A' * 7600}",
]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_nonsense_is_told_and_signs_nobody_in__CV_06(fronted: Fronted, query: str) -> None:
    visitor = fronted.visitor()
    path = urlsplit(fronted.to_page(visitor).url).path
    page = visitor.get(f"{path}/certificate?{query}")
    assert page.status in {400, 401, 413}
    assert SESSION not in visitor.jar


def test_the_pages_read_no_certificate_header(fronted: Fronted) -> None:
    visitor = fronted.visitor()
    page = fronted.to_page(visitor)
    path = urlsplit(page.url).path
    for name in ("X-Client-Cert", "X-SSL-Client-Cert", "Client-Cert"):
        for place in (path, f"{path}/certificate?nonce={quote('n' * 44)}"):
            visitor.ask("GET", place, headers={name: "-----BEGIN%20CERTIFICATE-----"})
            assert SESSION not in visitor.jar
