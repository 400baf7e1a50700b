"""Every transcript, against the card in process."""

from pathlib import Path

import pytest
from vectors.transcripts.player import CARDS, TRANSCRIPTS, play, read

from chipcard_sim.chip.card import Card


def pull_and_insert(card: Card) -> None:
    card.power_off()
    card.reset()


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_card_answers_as_written(path: Path, tmp_path: Path) -> None:
    transcript = read(path)
    card = CARDS[transcript["card"]](tmp_path / "chip")
    play(transcript, card.transmit, lambda: pull_and_insert(card))
