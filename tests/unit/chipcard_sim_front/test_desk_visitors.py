"""Other sites' pages at the desk: what a browser says of who asks, and what is answered then."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.journal import Journal
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.iso7816.transport import Transport

Workshop = Any  # of conftest.py, which cannot be imported
BRIDGE = "http://127.0.0.1:8200"
SETTINGS = BridgeSettings(BRIDGE, ("http://localhost:8000",), has_picker=True)
CARD = "VN0000001"
SHOWN = ["/", "/window", "/cards", f"/portrait?card={CARD}"]
# Mode and destination, as the element or the call of another site's page makes them.
EMBEDDED = {
    "image": ("no-cors", "image"),
    "script": ("no-cors", "script"),
    "fetch": ("cors", "empty"),
    "prefetch": ("no-cors", "empty"),
    "frame": ("navigate", "iframe"),
    "object": ("navigate", "object"),
    "untold": ("", ""),
}


class CountedDrawer(Drawer):
    """Counts how often a card was put into the reader for a conversation."""

    def __init__(self, folder: Path) -> None:
        self.lent = 0
        super().__init__(folder, wrap=self._count)

    def _count(self, card: Transport) -> Transport:
        self.lent += 1
        return card


@pytest.fixture
def drawer(stocked: Workshop) -> CountedDrawer:
    return CountedDrawer(stocked.cards)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def client(drawer: CountedDrawer, journal: Journal) -> Iterator[TestClient]:
    app = create_bridge(drawer, SETTINGS, journal)
    with TestClient(app, base_url=BRIDGE) as client:
        client.post("/insert", json={"card": CARD}, headers={"Origin": BRIDGE})
        yield client


def fetched(site: str, mode: str, destination: str, user: str = "") -> dict[str, str]:
    told = {"Site": site, "Mode": mode, "Dest": destination, "User": user}
    return {f"Sec-Fetch-{name}": text for name, text in told.items() if text}


def navigated(site: str, user: str = "") -> dict[str, str]:
    return fetched(site, "navigate", "document", user)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("how", EMBEDDED)
def test_another_site_s_page_cannot_hold_what_the_bridge_shows(
    client: TestClient, drawer: CountedDrawer, journal: Journal, site: str, how: str
) -> None:
    for path in SHOWN:
        answer = client.get(path, headers=fetched(site, *EMBEDDED[how], user="?1"))
        assert (answer.status_code, answer.json()) == (403, {"code": "origin_wrong"}), path
    assert (drawer.lent, journal.after(0)) == (0, ())


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("user", ["", "?0", "1"])
def test_a_page_that_sends_a_tab_to_the_desk_makes_no_card_talk(
    client: TestClient, drawer: CountedDrawer, journal: Journal, site: str, user: str
) -> None:
    for language, words in (("vi", "Mở bàn đọc thẻ"), ("en", "Open the card desk")):
        answer = client.get(f"/?lang={language}&card={CARD}", headers=navigated(site, user))
        assert answer.status_code == 200
        assert f'<a href="/?lang={language}">{words}</a>' in answer.text
        assert CARD not in answer.text
    assert (drawer.lent, journal.after(0)) == (0, ())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        navigated("none", "?1"),
        navigated("same-origin", "?1"),
        fetched("same-origin", "cors", "empty"),  # the page's own script draws it anew
        navigated("cross-site", "?1"),
    ],
    ids=["program", "typed", "own link", "own script", "a click elsewhere"],
)
def test_the_chip_is_shown_to_a_person_and_to_our_own_page(
    client: TestClient, journal: Journal, headers: dict[str, str]
) -> None:
    page = client.get("/?lang=en", headers=headers).text
    assert "3 of 3 left" in page
    assert journal.after(0)


@pytest.mark.parametrize("path", ["/window", "/cards"])
def test_a_sign_in_page_opens_the_window_in_a_tab_of_its_own(client: TestClient, path: str) -> None:
    for user in ("?1", ""):  # not every browser tells of the click
        answer = client.get(path, headers=navigated("cross-site", user))
        assert answer.status_code == 200
        assert "NGUYEN THI MAU" in answer.text


def test_health_is_told_to_everybody(client: TestClient) -> None:
    assert client.get("/health", headers=fetched("cross-site", "cors", "empty")).status_code == 200


def test_the_door_needs_nothing_the_policy_forbids(client: TestClient) -> None:
    page = client.get("/", headers=navigated("cross-site")).text
    assert "<script" not in page
    assert " style=" not in page
    assert "https://" not in page
