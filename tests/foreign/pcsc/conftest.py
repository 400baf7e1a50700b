"""The virtual reader with a card in it, for programs that know nothing of this house.

Each file of tests holds the reader while it runs: files on other processes take turns.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from foreign.pcsc.personalised import HandedOut, hand_out
from virtual_reader import give_up, in_slot, running_daemon


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> HandedOut:
    """A card with P-256 keys, made once and renewed for each test."""
    return hand_out(tmp_path_factory.mktemp("cards"))


@pytest.fixture(scope="module")
def reader() -> Iterator[None]:
    with running_daemon():
        yield


@pytest.fixture(scope="module")
def occupied(reader: None, card: HandedOut) -> Iterator[HandedOut]:  # noqa: ARG001 - it runs
    with in_slot(card.card):
        yield card


@pytest.fixture
def inserted(occupied: HandedOut) -> HandedOut:
    """The card, as it was handed out, in the reader's first slot."""
    occupied.renew()
    return occupied


@pytest.fixture(scope="session")
def module() -> Path:
    """OpenSC's PKCS#11 module."""
    found = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), None)
    if found is None:
        give_up("not installed: opensc-pkcs11")
    return found
