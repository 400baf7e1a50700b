"""Two server processes over one database: a secret is spent once, whoever comes first."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import httpx2
import pytest
from browser import Browser
from journey import AgencyClient, Journey
from world import World

RACERS = 50


@pytest.fixture(scope="module")
def doors(world: World) -> Iterator[tuple[str, str]]:
    """Two providers on one database: the world's own and a second process."""
    second = world.start_second_provider()
    yield world.issuer, second
    world.stop_one("provider-2")


def test_fifty_redemptions_of_one_code_have_one_winner__TK_04(
    journey: Journey, doors: tuple[str, str], browser: Browser
) -> None:
    person = journey.with_card("active", 1)
    agency = AgencyClient(journey, journey.world.portals[0])
    verifier = secrets.token_urlsafe(48)
    code = agency.code(browser, person, verifier)

    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: agency.redeem(code, verifier, doors[n % 2]), range(RACERS))
        )

    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    lost = [answer for answer in answers if answer.status_code != 200]
    assert {(a.status_code, a.json()["error"]) for a in lost} == {(400, "invalid_grant")}
    # The code was replayed, so the winner's token is dead too (RFC 6749, 4.1.2).
    assert agency.userinfo(won[0].json()["access_token"]).status_code == 401


def test_fifty_answers_to_one_challenge_have_one_winner__CV_03(
    journey: Journey, doors: tuple[str, str], browser: Browser
) -> None:
    person = journey.with_card("active", 2)
    page = journey.to_login(browser, 0)
    form = page.form("/login/")
    fields = dict(form.fields)
    fields["answer"] = journey.answer(person["number"], fields["nonce"])
    cookies = "; ".join(
        f"{name}={v}" for (host, name), v in browser.jar.items() if host == "localhost"
    )

    def send(number: int) -> int:
        answer = httpx2.post(
            urljoin(doors[number % 2], form.action),
            data=fields,
            headers={"Cookie": cookies, "Sec-Fetch-Site": "same-origin"},
            timeout=30,
        )
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(send, range(RACERS)))

    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 401, 404}
