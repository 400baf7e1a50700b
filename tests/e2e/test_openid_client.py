"""A client nobody here wrote: npm's openid-client, unmodified, against the provider."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ as ENVIRONMENT  # noqa: N812, TID251 - CI says so there
from pathlib import Path
from typing import IO, Any

import pytest
from browser import Browser
from journey import Journey
from world import World

pytestmark = pytest.mark.node

FOLDER = Path(__file__).resolve().parents[1] / "foreign" / "openid_client"
KNOWN_WITHIN = 2.1  # seconds until a running provider looks at its clients again
CALLBACK, SIGNED_OUT = "http://127.0.0.1:9/callback", "http://127.0.0.1:9/signed-out"


@pytest.fixture(scope="module")
def library() -> Path:
    """The package, installed exactly as its lock file says."""
    problem = None
    if shutil.which("npm") is None:
        problem = "npm is not installed"
    elif not (FOLDER / "node_modules" / "openid-client").is_dir():
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--silent"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        problem = f"npm ci failed: {done.stderr}" if done.returncode else None
    if problem and ENVIRONMENT.get("CI"):
        pytest.fail(problem)
    if problem:
        pytest.skip(problem)
    return FOLDER


@pytest.fixture(scope="module")
def credentials(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A client registered for this test: id and secret."""
    folder = tmp_path_factory.mktemp("foreign")
    registration = {
        "client_id": "foreign-demo",
        "profile": "web",
        "agency": {"id": "foreign", "names": {"vi": "Khách lạ", "en": "Foreign"}, "sector": "x"},
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [SIGNED_OUT],
        "scope": "openid profile",
        "token_endpoint_auth_method": "client_secret_basic",
        "least_account_level": 1,
        "least_authentication_level": 2,
        "required_claims": ["name"],
    }
    (folder / "client.json").write_text(json.dumps(registration, ensure_ascii=False))
    words = ["eid", "client", "add", str(folder / "client.json")]
    world.command([*words, "--secret-file", str(folder / "secret")], show=False)
    time.sleep(KNOWN_WITHIN)
    return "foreign-demo", (folder / "secret").read_text().strip()


@dataclass
class Foreign:
    """The running client: speaks a JSON line, hears one."""

    process: subprocess.Popen[str]

    def hear(self) -> dict[str, Any]:
        line = _pipe(self.process.stdout).readline()
        assert line, "the client ended without a word"
        heard: dict[str, Any] = json.loads(line)
        return heard

    def say(self, **members: str) -> None:
        pipe = _pipe(self.process.stdin)
        pipe.write(json.dumps(members) + "\n")
        pipe.flush()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@contextmanager
def started(
    folder: Path, issuer: str, credentials: tuple[str, str], *sabotage: str
) -> Iterator[Foreign]:
    words = ["node", "client.mjs", issuer, *credentials, CALLBACK, SIGNED_OUT, *sabotage]
    process = subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Foreign(process)
    finally:
        process.kill()
        process.communicate()


def sign_in(journey: Journey, browser: Browser, url: str) -> str:
    """Be the browser: sign in, agree, and come back with the callback's address."""
    page = browser.get(url, stop_at=CALLBACK)
    if page.location is None and "card-step" in page.read().texts:
        number = journey.with_card("active", 3)["number"]
        page = journey.show_card(browser, page, number, stop_at=CALLBACK)
    if page.location is None:
        page = journey.agree(browser, page, stop_at=CALLBACK)
    assert page.location is not None, page.element("main")
    return page.location


def test_openid_client_signs_in_reads_userinfo_and_logs_out(
    library: Path, credentials: tuple[str, str], journey: Journey, browser: Browser
) -> None:
    with started(library, journey.world.issuer, credentials) as foreign:
        foreign.say(callback=sign_in(journey, browser, foreign.hear()["authorize"]))
        told = foreign.hear()
    assert "refused" not in told, told
    assert told["claims"]["acr"] == "urn:vn:eid:authn:2"
    assert told["claims"]["sub"] == told["userinfo"]["sub"]
    assert told["userinfo"]["name"] == journey.with_card("active", 3)["name"]

    back = browser.get(told["logout"], stop_at=SIGNED_OUT)
    assert back.location == f"{SIGNED_OUT}?state=bye"
    with started(library, journey.world.issuer, credentials) as foreign:
        page = browser.get(foreign.hear()["authorize"], stop_at=CALLBACK)
    assert page.location is None, "signed out, so somebody has to sign in again"


@pytest.mark.parametrize("sabotage", ["signature", "subject", "level", "unsigned"])
def test_openid_client_refuses_a_sabotaged_id_token(
    library: Path,
    credentials: tuple[str, str],
    journey: Journey,
    browser: Browser,
    sabotage: str,
) -> None:
    """The library is strict, so its consent to our untouched tokens means something."""
    with started(library, journey.world.issuer, credentials, sabotage) as foreign:
        foreign.say(callback=sign_in(journey, browser, foreign.hear()["authorize"]))
        told = foreign.hear()
    assert "refused" in told, told
    assert "JWT" in told["message"] or "alg" in told["message"], told
