"""A browser at the agency, for the agency's tests."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape

import httpx2
from starlette.testclient import TestClient
from unit.portal.fake_provider import NOW, FakeProvider

ORIGIN = "http://127.0.0.1:8101"


@dataclass
class MovingClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Visitor:
    """A browser at the agency, and the provider it is sent to."""

    browser: TestClient
    provider: FakeProvider

    def get(self, path: str, **query: str) -> httpx2.Response:
        return self.browser.get(path, params=query or None)

    def begin(self, **wish: str) -> str:
        """Ask to sign in; the address at the provider."""
        response = self.get("/login", **wish)
        assert response.status_code == 303, response.text
        return response.headers["location"]

    def come_back(self, address: str) -> httpx2.Response:
        return self.get("/callback", **self.provider.answer(address))

    def sign_in(self, **wish: str) -> httpx2.Response:
        return self.come_back(self.begin(**wish))


def text_of(page: httpx2.Response, element: str) -> str:
    """The text inside the element of that id."""
    found = re.search(rf'id="{re.escape(element)}"[^>]*>(.*?)</', page.text, re.DOTALL)
    assert found is not None, f"no {element} in {page.text}"
    return unescape(found[1]).strip()
