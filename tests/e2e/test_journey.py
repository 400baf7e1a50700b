"""The journey ends 0: every step and every named refusal came out as it must."""

import subprocess
import sys
import time
from pathlib import Path

from postgres_server import Cluster

JOURNEY = Path(__file__).resolve().parents[2] / "docker" / "journey.py"
LONGEST = 60  # seconds


def walk(*options: str) -> tuple[int, str, float]:
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(JOURNEY), *options], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - begin


def test_the_journey_on_the_embedded_database() -> None:
    status, told, took = walk()
    assert status == 0, told
    assert told.count("✔") >= 25
    assert "✘" not in told
    assert took < LONGEST


def test_the_journey_on_postgresql(postgres: Cluster) -> None:
    status, told, _ = walk("--database", postgres.create("journey"))
    assert status == 0, told
