from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient
from unit.portal.fake_provider import CLIENT_ID, CLIENT_SECRET, ISSUER, FakeProvider
from unit.portal.visitor import ORIGIN, MovingClock, Visitor

from api.portal.main import create_app
from api.portal.settings import PortalSettings


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def settings(tmp_path: Path) -> PortalSettings:
    secret = tmp_path / "client_secret"
    secret.write_text(CLIENT_SECRET + "\n", encoding="utf-8")
    return PortalSettings(
        issuer=ISSUER,
        client_id=CLIENT_ID,
        client_secret_file=secret,
        origin=ORIGIN,
        scopes="openid profile personal_number",
    )


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def new_visitor(
    settings: PortalSettings, provider: FakeProvider, clock: MovingClock
) -> Callable[[], Visitor]:
    """Further browsers at one and the same agency."""
    transport = httpx2.ASGITransport(app=provider.app())
    app = create_app(settings, transport=transport, clock=clock)

    def visitor() -> Visitor:
        return Visitor(TestClient(app, base_url=ORIGIN, follow_redirects=False), provider)

    return visitor


@pytest.fixture
def visitor(new_visitor: Callable[[], Visitor]) -> Visitor:
    return new_visitor()
