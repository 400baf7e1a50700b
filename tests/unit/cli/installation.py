"""An installation in a folder of its own, and what its operator is told."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCKER = Path(__file__).resolve().parents[3] / "docker"
CEREMONY = ("ceremony", "--file", str(DOCKER / "ceremony.toml"))
DONE, REFUSED, WRONG_USAGE = 0, 1, 2


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Told]


def environment(state: Path) -> dict[str, str]:
    return {
        "EID_ENVIRONMENT": "test",
        "EID_DATABASE__URL": f"sqlite:///{state / 'eid.sqlite3'}",
        "EID_KEYS__WRAPPING_KEY": str(state / "keys" / "wrapping.key"),
        "EID_PKI__FOLDER": str(state / "keys" / "pki"),
    }


def demo(state: Path) -> dict[str, str]:
    """What makes it a demo, with a registry that knows the invented people."""
    return {
        "EID_ENVIRONMENT": "demo",
        "EID_DEMO__PEOPLE": str(DOCKER / "people.ndjson"),
        "EID_DEMO__OUTBOX": str(state / "outbox"),
        "EID_DEMO__CLOCK": str(state / "clock"),
    }


def rows(state: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(state / "eid.sqlite3")) as database:
        return [row[0] for row in database.execute(sql)]
