"""Settings that must not be, each refused with its reason (eid/bootstrap/checks.py)."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from unit.api.own_settings import OwnSettings

from eid.bootstrap.checks import require_sound
from eid.config import Database, Demo, Environment, Keys, Login, Oidc, Pages, Pki, Settings
from eid.errors import Misconfigured

SOUND: dict[str, Any] = {
    "environment": Environment.PRODUCTION,
    "issuer": "https://id.example.vn",
    "database": Database(url="postgresql://eid@db.example.vn:5432/eid"),
    "keys": Keys(wrapping_key=Path("/etc/eid/wrapping.key")),
    "pki": Pki(folder=Path("/etc/eid/pki")),
    "pages": Pages(bridge="https://reader.example.vn", hotline="1800 5678"),
}


def told(**changed: Any) -> Settings:
    return OwnSettings(**{**SOUND, **changed})


def keys(**changed: Any) -> Keys:
    return Keys(wrapping_key=Path("/etc/eid/wrapping.key"), **changed)


def test_a_sound_production_starts() -> None:
    require_sound(told())


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("the demo's people", {"demo": Demo(people=Path("p"))}, "people"),
    ("the demo's mail-box", {"demo": Demo(outbox=Path("o"))}, "outbox"),
    ("the demo's clock", {"demo": Demo(clock=Path("c"))}, "clock"),
    ("plain http", {"issuer": "http://id.example.vn"}, "http issuer"),
    ("loopback", {"issuer": "http://localhost:8000"}, "http issuer"),
    ("the demo's bridge", {"pages": Pages()}, "pages.bridge"),
    (
        "the demo's hotline",
        {"pages": Pages(bridge="https://reader.example.vn")},
        r"pages\.hotline",
    ),
    ("a plain bridge", {"pages": Pages(bridge="http://127.0.0.1:9200")}, "pages.bridge"),
    ("the invented hotline", {"pages": Pages(bridge="https://r.example.vn")}, "EID_PAGES__HOTLINE"),
    ("the demo's master key", {"keys": Keys()}, "keys.wrapping_key"),
    ("the demo's authorities", {"pki": Pki()}, "pki.folder"),
    ("the demo's database", {"database": Database()}, "database.url"),
    ("short retirement", {"keys": keys(retire_for=300)}, "retire_for"),
    (
        "tokens that outlive keys",
        {"oidc": Oidc(access_token_lifetime=900), "keys": keys(retire_for=900)},
        "retire_for",
    ),
    ("no RS256", {"keys": keys(algorithms=("ES256",))}, "RS256"),
    ("idle for longer than a session", {"login": Login(idle=3600, session=300)}, "login.idle"),
]


@pytest.mark.parametrize(("what", "changed", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_production_refuses_and_says_why__PL_05__KY_02(
    what: str, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Misconfigured, match=reason):
        require_sound(told(**changed))
    assert what


@pytest.mark.parametrize(
    "issuer",
    [
        "https://",
        "https://id.example.vn/",
        "https://id.example.vn/eid",
        "https://id.example.vn?",
        "https://id.example.vn?x",
        "https://id.example.vn#",
        "https://u@id.example.vn",
        "https://:p@id.example.vn",
        "HTTPS://id.example.vn",
        "https://ID.example.vn",
        "https://id.example.vn:443",
        "https://id.example.vn:x",
        "https://id.example.vn\n",
        " https://id.example.vn",
        "https://id example.vn",
        "ftp://id.example.vn",
        "id.example.vn",
        "",
    ],
)
def test_an_issuer_is_an_origin_as_browsers_write_it__CF_02(issuer: str) -> None:
    with pytest.raises(Misconfigured, match="issuer"):
        require_sound(told(issuer=issuer))


@pytest.mark.parametrize("bridge", ["", "javascript:alert(1)", "https://r/ *", "https://r.vn/x"])
def test_a_bridge_is_an_origin__HD_01(bridge: str) -> None:
    with pytest.raises(Misconfigured, match=r"pages\.bridge"):
        require_sound(told(pages=Pages(bridge=bridge)))


def test_every_reason_is_told_at_once() -> None:
    demo = Demo(people=Path("p"), outbox=Path("o"), clock=Path("c"))
    with pytest.raises(Misconfigured) as refused:
        require_sound(OwnSettings(environment=Environment.PRODUCTION, demo=demo))
    reasons = str(refused.value)
    for word in ("http issuer", "people", "outbox", "clock", "bridge", "wrapping_key", "pki"):
        assert word in reasons


def test_production_is_what_nothing_said_means__PL_05() -> None:
    with pytest.raises(Misconfigured):
        require_sound(OwnSettings())


@pytest.mark.parametrize("environment", [Environment.TEST, Environment.DEMO])
def test_outside_production_a_loopback_issuer_will_do(environment: Environment) -> None:
    people = Demo(people=Path("p")) if environment is Environment.DEMO else Demo()
    require_sound(OwnSettings(environment=environment, issuer="http://127.0.0.1:8000", demo=people))
    with pytest.raises(Misconfigured, match="https"):
        require_sound(
            OwnSettings(environment=environment, issuer="http://id.example.vn", demo=people)
        )


def test_the_demo_says_what_it_lacks() -> None:
    with pytest.raises(Misconfigured, match="EID_DEMO__PEOPLE"):
        require_sound(OwnSettings(environment=Environment.DEMO))


def test_a_test_environment_has_nothing_of_the_demo__PL_05() -> None:
    with pytest.raises(Misconfigured, match="clock"):
        require_sound(OwnSettings(environment=Environment.TEST, demo=Demo(clock=Path("c"))))


def test_a_setting_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValidationError):
        OwnSettings(**{**SOUND, "demo_mode": True})
    with pytest.raises(ValidationError):
        Keys.model_validate({"wraping_key": "/etc/eid/key"})
