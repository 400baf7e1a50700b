"""Every transcript, against the card in process."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from unit.chipcard_sim.cards import blank_card, issued_card, send

from chipcard_sim.chip.card import Card

FOLDER = Path(__file__).parent
CARDS = {"blank": blank_card, "issued": issued_card}


def joined(digits: str) -> str:
    return "".join(digits.split()).upper()


def check(card: Card, step: dict[str, Any]) -> None:
    said = step.get("says", step["command"])
    answer = send(card, joined(step["command"]))
    data, status = answer[:-4], answer[-4:]
    assert fnmatch(status, step["status"].replace(".", "?")), (said, status)
    if "answer" in step:
        assert data == joined(step["answer"]), said
    if "size" in step:
        assert len(data) == 2 * step["size"], said
    assert data.startswith(joined(step.get("begins", ""))), said


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_card_answers_as_written(path: Path, tmp_path: Path) -> None:
    transcript = tomllib.loads(path.read_text())
    assert transcript["step"]
    card = CARDS[transcript["card"]](tmp_path / "chip")
    for step in transcript["step"]:
        if step.get("power") == "off":
            card.power_off()
            card.reset()
        else:
            check(card, step)
