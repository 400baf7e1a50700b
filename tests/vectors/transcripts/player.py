"""Plays a transcript to a card, wherever it is: in process, or behind a reader."""

import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from unit.chipcard_sim.cards import blank_card, issued_card
from unit.chipcard_sim.passports import passport_card
from unit.chipcard_sim.piv_cards import decrypted, whole_card

FOLDER = Path(__file__).parent
CARDS = {"blank": blank_card, "issued": issued_card, "whole": whole_card, "passport": passport_card}
TRANSCRIPTS = sorted(FOLDER.glob("*.toml"))

Transmit = Callable[[bytes], bytes]


def read(path: Path) -> dict[str, Any]:
    transcript = tomllib.loads(path.read_text(encoding="utf-8"))
    assert transcript["step"]
    return transcript


def play(
    transcript: dict[str, Any], transmit: Transmit, pull_and_insert: Callable[[], object]
) -> None:
    """Every step in its turn, each checked."""
    for step in transcript["step"]:
        if step.get("power") == "off":
            pull_and_insert()
        elif "administrator" in step:
            authenticate(transmit, step["administrator"])
        else:
            check(transmit, step)


def check(transmit: Transmit, step: dict[str, Any]) -> None:
    said = step.get("says", step["command"])
    answer = transmit(bytes.fromhex(step["command"])).hex().upper()
    data, status = answer[:-4], answer[-4:]
    assert fnmatch(status, step["status"].replace(".", "?")), (said, status)
    if "answer" in step:
        assert data == joined(step["answer"]), said
    if "size" in step:
        assert len(data) == 2 * step["size"], said
    assert data.startswith(joined(step.get("begins", ""))), said


def authenticate(transmit: Transmit, algorithm: int) -> None:
    """The one conversation that is another each time: the witness is random (annex A.2)."""
    asked = transmit(bytes((0, 0x87, algorithm, 0x9B, 4, 0x7C, 2, 0x80, 0, 0)))
    assert asked[-2:] == b"\x90\x00"
    plain = decrypted(algorithm, asked[4:-2])
    size = len(plain)
    template = b"\x80" + bytes((size,)) + plain + b"\x81" + bytes((size,)) + bytes(size)
    data = b"\x7c" + bytes((len(template),)) + template
    proven = transmit(bytes((0, 0x87, algorithm, 0x9B, len(data))) + data + b"\x00")
    assert decrypted(algorithm, proven[4:-2]) == bytes(size)
    assert proven[-2:] == b"\x90\x00"


def joined(digits: str) -> str:
    return "".join(digits.split()).upper()
