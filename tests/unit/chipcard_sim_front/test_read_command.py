import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from passport_cards import CAN, LATIN_NAME, MRZ, NUMBER, PassportCard, make_passport_card
from typer.testing import CliRunner, Result

from chipcard_sim import __main__ as program
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.commands.read import mask_zone

CARD = "VN0000001"
NONCE = "A" * 43 + "="
ORIGIN = "http://localhost:8000"
ZONE = "".join(MRZ)

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PassportCard:
    return make_passport_card(tmp_path_factory.mktemp("passport"))


@pytest.fixture
def folder(made: PassportCard, tmp_path: Path) -> Path:
    shutil.copy(made.place, tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words: str) -> Result:
        return CliRunner().invoke(program.app, ["read", CARD, *words, "--cards", str(folder)])

    return run


def spoil(folder: Path, change: Callable[[CardState], CardState]) -> None:
    Memory(folder / f"{CARD}.card").update(change)


@pytest.mark.parametrize(
    "opened_with", [("--can", CAN), ("--mrz", ZONE), ("--mrz", "\n".join(MRZ))]
)
def test_it_tells_what_the_chip_proves(run: Run, opened_with: tuple[str, str]) -> None:
    shown = run(*opened_with)
    assert shown.exit_code == 0, shown.output
    for line in (
        r"opened with +│ PACE on P-256",
        r"offers are signed too +│ yes",
        r"DG1 machine readable zone +│ 95 bytes, as signed",
        r"DG2 face +│ \d+ bytes, as signed",
        r"signed by, it says +│ CN=Document signer VN,C=VN",
        r"that one issued by +│ CN=CSCA VN,C=VN",
        r"chip authentication +│ proven",
        r"active authentication +│ proven",
    ):
        assert re.search(line, shown.output), line


def test_no_number_is_on_the_screen(run: Run) -> None:
    for words in ((), ("--json",)):
        shown = run("--can", CAN, *words).output
        assert "NGUYEN<<THI<MAU" in shown
        assert NUMBER not in shown
        assert NUMBER[3:] not in shown
        assert CAN not in shown


def test_the_same_as_one_line_of_json(run: Run) -> None:
    shown = run("--can", CAN, "--json")
    assert shown.output.count("\n") == 1
    told = json.loads(shown.output)
    assert told["access"] == "PACE on P-256"
    assert (told["chipAuthentication"], told["activeAuthentication"]) == ("proven", "proven")
    assert list(told["dataGroups"]) == ["1", "2", "13", "14", "15"]
    assert all(group["asSigned"] for group in told["dataGroups"].values())
    assert told["signer"]["issuer"] == "CN=CSCA VN,C=VN"
    assert told["announced"] is True


def test_a_copy_and_an_altered_name_are_told(run: Run, folder: Path) -> None:
    def copy(state: CardState) -> CardState:
        zone = state.files[0x0101].replace(b"MAU", b"TAM")
        keys = {slot: key for slot, key in state.keys.items() if slot not in {0xAA, 0xCA}}
        return replace(state, keys=keys, files={**state.files, 0x0101: zone})

    spoil(folder, copy)
    shown = run("--can", CAN).output
    assert re.search(r"DG1 machine readable zone +│ 95 bytes, NOT AS SIGNED", shown)
    assert re.search(r"chip authentication +│ NOT PROVEN", shown)
    assert re.search(r"active authentication +│ NOT PROVEN", shown)


def test_a_challenge_is_answered_in_one_line(run: Run) -> None:
    shown = run("--can", CAN, "--origin", ORIGIN, "--nonce", NONCE)
    assert shown.output.count("\n") == 1
    assert json.loads(shown.output)["format"] == "eid.chip-reading:1"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--can", CAN, "--mrz", ZONE),
        ("--can", "12345"),
        ("--mrz", ZONE[:-1]),
        ("--mrz", ""),
        ("--can", CAN, "--origin", ORIGIN),
        ("--can", CAN, "--nonce", NONCE),
    ],
)
def test_wrong_usage_is_told_before_the_card_is_asked(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_a_wrong_number_opens_nothing(run: Run) -> None:
    shown = run("--can", "000000")
    assert shown.exit_code == 1
    assert "did not open" in shown.stderr


def test_a_card_without_a_passport_is_told(run: Run, folder: Path) -> None:
    spoil(folder, lambda state: replace(state, files={}))
    assert run("--can", CAN).exit_code == 1


def test_a_corrupt_card_is_refused_by_name(run: Run, folder: Path) -> None:
    place = folder / f"{CARD}.card"
    silicon = place.read_bytes()
    place.write_bytes(silicon[:-40])
    shown = run("--can", CAN)
    assert shown.exit_code == 1
    assert str(place) in shown.stderr
    assert place.read_bytes() == silicon[:-40]


def test_what_a_chip_says_is_no_command_to_the_terminal(run: Run, folder: Path) -> None:
    def hostile(state: CardState) -> CardState:
        zone = state.files[0x0101].replace(b"NGUYEN", b"[red]\x1b")
        return replace(state, files={**state.files, 0x0101: zone})

    spoil(folder, hostile)
    shown = run("--can", CAN)
    assert shown.exit_code == 1
    assert "\x1b" not in shown.output


def test_the_numbers_of_every_size_of_zone_are_masked() -> None:
    assert mask_zone(MRZ) == (
        "IDVNM••••••••••••••••••••••<<•",
        "9001158F3001156VNM<<<<<<<<<<<0",
        MRZ[2],
    )
    assert LATIN_NAME.split()[0] in mask_zone(MRZ)[2]
    book = ("P<UTOERIKSSON<<ANNA<MARIA" + "<" * 19, "L898902C<3UTO6908061F9406236ZE184226B<<<<<14")
    assert mask_zone(book) == (book[0], "••••••••<•UTO6908061F9406236•••••••••<<<<<••")
