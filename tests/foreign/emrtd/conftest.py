"""A passport card in the virtual reader, and strangers' parts to read it with."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from passport_cards import PassportCard, make_passport_card
from virtual_reader import give_up, in_slot, need, running_daemon

from chipcard_sim.chip.application import Quirk

STANDARD, FIELD = 0, 1  # slots
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def passport(tmp_path_factory: pytest.TempPathFactory) -> PassportCard:
    return make_passport_card(tmp_path_factory.mktemp("passport"))


@pytest.fixture(scope="module")
def reader() -> Iterator[None]:
    with running_daemon():
        yield


@pytest.fixture(scope="module")
def inserted(reader: None, passport: PassportCard) -> Iterator[PassportCard]:  # noqa: ARG001 - it runs
    """The passport, in the reader's first slot."""
    with in_slot(passport.open(), STANDARD):
        yield passport


@pytest.fixture(scope="module")
def inserted_in_the_field(reader: None, passport: PassportCard) -> Iterator[PassportCard]:  # noqa: ARG001 - it runs
    """The same card with the manners of cards in the field, in the second slot."""
    with in_slot(passport.open(Quirk.VN), FIELD):
        yield passport


@pytest.fixture(scope="session")
def nfc_over_pcsc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What makes a program for radio readers read the virtual one."""
    place = tmp_path_factory.mktemp("nfc") / "nfc_over_pcsc.so"
    return compiled("nfc_over_pcsc.c", place, "libpcsclite", "libnfc", "-shared", "-fPIC")


@pytest.fixture(scope="session")
def pace_by_libeac(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader whose cryptography is all libeac's."""
    place = tmp_path_factory.mktemp("eac") / "pace_by_libeac"
    return compiled("pace_by_libeac.c", place, "libeac", "libpcsclite")


def compiled(source: str, place: Path, *words: str) -> Path:
    """Compile against libraries (by their pkg-config names) with further flags."""
    need("gcc", "pkg-config")
    libraries = [word for word in words if not word.startswith("-")]
    found = subprocess.run(
        ["pkg-config", "--cflags", "--libs", *libraries],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        give_up(f"not installed: the headers of {', '.join(libraries)}")
    flags = [word for word in words if word.startswith("-")]
    warnings = ("-Wall", "-Wextra", "-Werror")
    built = subprocess.run(
        ["gcc", *warnings, *flags, "-o", place, HERE / source, *found.stdout.split()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return place
