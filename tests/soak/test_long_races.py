"""Races again and again: fifty racers for one code and one challenge, on both databases.

What a single run could pass by luck, two hundred do not.
"""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from browser import Browser
from journey import AgencyClient, Journey
from postgres_server import Cluster
from world import Ports, World

pytestmark = pytest.mark.soak

ROUNDS, RACERS = 100, 20


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    database = None
    if request.param == "postgresql":
        server: Cluster = request.getfixturevalue("postgres")
        database = server.create("races")
    made = World(tmp_path / "world", Ports.free(), database)
    made.make(show=False)
    made.start()
    yield made
    made.stop()


def test_one_winner_in_every_round__TK_04(world: World) -> None:
    journey = Journey(world)
    journey.prepare()
    person, agency = journey.with_card("active"), AgencyClient(journey, world.portals[0])
    doors = (world.issuer, world.start_second_provider())
    browser = Browser()
    for _ in range(ROUNDS):
        verifier = secrets.token_urlsafe(48)
        code = agency.code(browser, person, verifier)

        def redeem(number: int, code: str = code, verifier: str = verifier) -> int:
            return agency.redeem(code, verifier, doors[number % 2]).status_code

        with ThreadPoolExecutor(RACERS) as pool:
            statuses = list(pool.map(redeem, range(RACERS)))
        assert sorted(statuses) == [200] + [400] * (RACERS - 1)
    browser.close()
