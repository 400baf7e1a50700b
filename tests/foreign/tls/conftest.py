"""One demo world behind nginx for all of these tests."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from foreign.tls.clients import Curl, KeyFiles, card_files, missing
from front import FrontedWorld
from journey import Journey
from ports import Ports, held_ports

PROGRAMS = ("nginx", "curl", "openssl", "gnutls-cli", "tstclnt", "certutil", "pk12util")


@pytest.fixture(scope="session")
def world() -> Iterator[FrontedWorld]:
    """Provider, certificate door, nginx, agencies; where a build must prove it, all are there."""
    if absent := missing(*PROGRAMS):
        reason = f"not installed: {', '.join(absent)}"
        if os.getenv("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with held_ports(2) as (pages, certificates):
        ports = pages, certificates
    # Not in pytest's own folder: the path of a Unix socket has room for about a hundred letters.
    with tempfile.TemporaryDirectory(prefix="eid-front-") as state:
        made = FrontedWorld(Path(state), Ports.free())
        made.pages_port, made.certificates_port = ports
        made.make(show=False)
        made.start()
        yield made
        made.stop()


@pytest.fixture(scope="session")
def journey(world: FrontedWorld) -> Journey:
    """Who is who."""
    walker = Journey(world)
    walker.prepare()
    return walker


@dataclass(frozen=True)
class Visit:
    """Somebody who can sign in, with a browser and an empty folder."""

    world: FrontedWorld
    journey: Journey
    curl: Curl
    folder: Path

    @property
    def holder(self) -> dict[str, str]:
        """Who it is."""
        return self.journey.with_card("active")

    def files(self, situation: str = "active") -> KeyFiles:
        """Certificate and key of the card of somebody in that situation."""
        number = self.journey.with_card(situation)["number"]
        card = self.world.cards / f"{self.journey.cards[number]}.card"
        return card_files(card, self.folder)

    def to_the_door(self) -> str:
        """From the agency to the page that asks for a certificate; where its button leads."""
        page = self.curl.go(f"{self.world.portals[0].origin}/login")
        assert "other-ways" in page.read().attributes, page.text
        page = self.curl.go(f"{page.url}?method=card_certificate")
        where = page.read().attributes["show-certificate"]["href"]
        assert where.startswith(f"{self.world.certificates}/card/")
        return where


@pytest.fixture
def visit(world: FrontedWorld, journey: Journey, tmp_path: Path) -> Visit:
    """A person at the beginning."""
    return Visit(world, journey, Curl(world.ca.authority, tmp_path), tmp_path)


@pytest.fixture
def files(visit: Visit) -> KeyFiles:
    """The holder's certificate and key."""
    return visit.files()
