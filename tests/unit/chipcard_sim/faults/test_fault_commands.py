"""Faults from the command line, and the page that is written from the table."""

import json
import shutil
from pathlib import Path

import pytest
from passport_cards import CAN, PIN, make_passport_card
from typer.testing import CliRunner, Result

from chipcard_sim import __main__ as program
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.faults.fault import Before, Group
from chipcard_sim.faults.page import write_page
from chipcard_sim.faults.table import FAULTS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "faults.md"
CARD = "VN0000001"
NONCE = "A" * 43 + "="
ASKED = ["--origin", "http://localhost:8000", "--nonce", NONCE]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_passport_card(tmp_path_factory.mktemp("card"), CARD).place


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made, tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(program.app, list(words), env={"COLUMNS": "240"})


def answer(folder: Path, name: str, *words: str) -> Result:
    return run("answer", CARD, "--cards", str(folder), *ASKED, "--fault", name, *words)


# The table


def test_the_page_is_what_the_table_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page()
    assert run("fault", "list", "--markdown").output == write_page()


def test_the_list_names_every_fault_with_its_code() -> None:
    shown = run("fault", "list")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [tuple(line.split()) for line in lines if line and not line.startswith(" ")]
    for name, fault in FAULTS.items():
        assert (name, fault.code) in rows
        assert fault.english in " ".join(shown.output.split())


def test_the_list_can_be_of_one_group() -> None:
    shown = run("fault", "list", "--group", "chip").output
    for name, fault in FAULTS.items():
        assert (f"{name} " in shown) == (fault.group is Group.CHIP)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_with_the_commands_that_play_it(name: str) -> None:
    shown = run("fault", "show", name)
    assert shown.exit_code == 0
    row = FAULTS[name]
    for said in (row.english, row.vietnamese, row.code, row.reason, row.clause, row.before):
        assert said in shown.output
    assert f"answer CARD --fault {name}" in shown.output
    assert (f"insert CARD --fault {name}" in shown.output) == (row.wrap is not None)
    assert (f"bridge --origin ORIGIN --fault {name}" in shown.output) == (
        row.before is not Before.ACCEPTED
    )


@pytest.mark.parametrize(
    "words",
    [
        ("fault", "show", "wrong-ekus"),
        ("answer", CARD, *ASKED, "--fault", "wrong-ekus"),
        ("bridge", "--origin", "http://localhost:8000", "--fault", "wrong-ekus"),
    ],
)
def test_a_fault_that_is_none_is_told_with_the_nearest(words: tuple[str, ...]) -> None:
    shown = run(*words)
    assert shown.exit_code == 1
    assert "Did you mean wrong-eku?" in shown.output


# Playing


def test_a_card_answers_wrongly(folder: Path) -> None:
    shown = answer(folder, "algorithm-none", "--pin", PIN)
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.output)["algorithm"] == "none"


def test_a_document_is_asked_with_the_number_on_the_front(folder: Path) -> None:
    shown = answer(folder, "face-sent", "--can", CAN)
    assert shown.exit_code == 0, shown.output
    assert "2" in json.loads(shown.output)["dataGroups"]


def test_a_fault_of_the_document_says_where_the_number_is(folder: Path) -> None:
    shown = answer(folder, "altered-dg1")
    assert shown.exit_code == 1
    assert "give --can (printed on the front; `chipcard-sim show CARD`" in shown.output


def test_without_a_terminal_nobody_is_asked_for_the_pin(folder: Path) -> None:
    shown = answer(folder, "algorithm-none")
    assert (shown.exit_code, "give it as --pin" in shown.output) == (1, True)


def test_what_the_reader_refuses_ends_the_program(folder: Path) -> None:
    shown = answer(folder, "pin-blocked", "--pin", PIN)
    assert shown.exit_code == 1
    assert "blocked" in shown.output


def test_a_repeated_answer_is_handed_in(folder: Path) -> None:
    assert answer(folder, "replayed-answer", "--accepted", "{}").output == "{}\n"
    shown = answer(folder, "high-s-twin")
    assert shown.exit_code == 1
    assert "--accepted" in shown.output


@pytest.mark.parametrize("words", [("--can", CAN), ("--accepted", "{}")])
def test_without_a_fault_nothing_is_to_be_repeated(folder: Path, words: tuple[str, str]) -> None:
    shown = run("answer", CARD, "--cards", str(folder), *ASKED, "--pin", PIN, *words)
    assert shown.exit_code == 2


def test_a_bridge_repeats_nothing() -> None:
    shown = run("bridge", "--origin", "http://localhost:8000", "--fault", "replayed-answer")
    assert shown.exit_code == 1
    assert "--accepted" in shown.output


def test_a_reader_of_strangers_gets_faults_of_the_chip_alone(folder: Path) -> None:
    shown = run("insert", CARD, "--cards", str(folder), "--fault", "wrong-eku")
    assert shown.exit_code == 1
    assert "answer --fault wrong-eku" in shown.output


def test_no_fault_harms_the_card_that_plays_it(folder: Path) -> None:
    before = (folder / f"{CARD}.card").read_bytes()
    for name in ("pin-blocked", "truncated-signature", "signs-another-hash"):
        answer(folder, name, "--pin", PIN)
    assert Drawer(folder).names() == (CARD,)
    assert (folder / f"{CARD}.card").read_bytes() == before
