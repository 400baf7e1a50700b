import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chipcard_sim import __main__ as program
from chipcard_sim.bridge import serve as serving
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.commands import console

Order = Callable[..., dict[str, Any]]
Workshop = Any  # of conftest.py, which cannot be imported
Run = Callable[..., Result]
CARD = "VN0000001"
NONCE = "A" * 43 + "="
ORIGIN = "http://localhost:8000"


@pytest.fixture
def run(cards: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with the folder of cards; typed input answers its questions."""

    def run(*words: str, typed: str | None = None) -> Result:
        monkeypatch.setattr(console, "has_terminal", lambda: typed is not None)
        return CliRunner().invoke(program.app, [*words, "--cards", str(cards)], input=typed)

    return run


def test_orders_and_packs_go_through_the_factory(
    run: Run, workshop: Workshop, order: Order, tmp_path: Path
) -> None:
    orders, reports, packs = (tmp_path / name for name in ("orders", "reports", "packs"))
    second = order(order="0a1c", documentNumber="VN0000002")
    orders.write_text(f"{json.dumps(order())}\n\n{json.dumps(second)}\n", "utf-8")
    made = run("personalise", "--orders", str(orders), "--reports", str(reports))
    assert (made.exit_code, made.stdout) == (0, "")
    lines = [json.loads(line) for line in reports.read_text("utf-8").splitlines()]
    assert [line["order"] for line in lines] == ["0a1b", "0a1c"]
    packs.write_text("\n".join(json.dumps(workshop.certify(line)) for line in lines), "utf-8")
    assert run("personalise", "--packs", str(packs)).exit_code == 0
    answer = run("answer", "VN0000002", "--origin", ORIGIN, "--nonce", NONCE, "--pin", "123456")
    assert json.loads(answer.stdout)["format"] == "web-eid:1.0"
    assert answer.stdout.count("\n") == 1


def test_bad_lines_are_told_by_number_and_the_rest_goes_on(
    run: Run, order: Order, tmp_path: Path
) -> None:
    orders, reports = tmp_path / "orders", tmp_path / "reports"
    lines = [json.dumps(order(issued="soon")), json.dumps(order()), "{"]
    orders.write_text("\n".join(lines), "utf-8")
    made = run("personalise", "--orders", str(orders), "--reports", str(reports))
    assert made.exit_code == 1
    assert "line 1: issued: must match" in made.stderr
    assert "line 3: document: is not JSON" in made.stderr
    assert "line 2" not in made.stderr
    assert len(reports.read_text("utf-8").splitlines()) == 1


@pytest.mark.parametrize("given", [(), ("--orders",), ("--reports",), ("--orders", "--packs")])
def test_the_factory_does_one_thing_at_a_time(
    run: Run, tmp_path: Path, given: tuple[str, ...]
) -> None:
    paper = tmp_path / "paper"
    paper.touch()
    words = [word for option in given for word in (option, str(paper))]
    assert run("personalise", *words).exit_code == 2


@pytest.mark.parametrize(("option", "value"), [("--pin", "1234"), ("--puk", "123456789")])
def test_the_factory_refuses_a_misshapen_first_secret(
    run: Run, tmp_path: Path, option: str, value: str
) -> None:
    paper = tmp_path / "paper"
    paper.touch()
    made = run("personalise", "--orders", str(paper), "--reports", str(paper), option, value)
    assert made.exit_code == 2


def test_a_new_chip_is_blank_and_open(run: Run, cards: Path) -> None:
    assert run("new", "BLANK0001").exit_code == 0
    assert (cards / "BLANK0001.card").is_file()
    assert "BLANK0001" in run("list").stdout
    assert "No PIN was set" in run("pin", "status", "BLANK0001").stdout
    again = run("new", "BLANK0001")
    assert (again.exit_code, "already" in again.stderr) == (1, True)


def test_the_list_shows_each_card(run: Run, stocked: Workshop) -> None:
    stocked.make(documentNumber="VN0000002")
    (stocked.cards / "VN0000003.card").write_text("{}")
    shown = run("list").stdout
    finished, unfinished, damaged = (line for line in shown.splitlines() if "VN000000" in line)
    assert [cell.strip() for cell in finished.strip("│").split("│")] == [
        CARD,
        "NGUYEN THI MAU",
        "••••••••0001",
        "2030-01-15",
        "3",
        "yes",
    ]
    assert [cell.strip() for cell in unfinished.strip("│").split("│")][3:] == ["-", "3", "no"]
    assert "damaged" in damaged
    assert "001190000001" not in shown


def test_the_list_shows_the_end_of_the_document(run: Run, stocked: Workshop) -> None:
    printed = stocked.cards / f"{CARD}.print.json"
    endless = json.loads(printed.read_text("utf-8")) | {"validUntil": None}
    printed.write_text(json.dumps(endless), "utf-8")
    assert "no expiry" in run("list").stdout
    printed.write_text("{}", "utf-8")
    assert "smudged" in run("list").stdout
    printed.unlink()
    assert [cell.strip() for cell in run("list").stdout.splitlines()[3].split("│")][4] == "-"


def test_a_card_is_shown_as_it_is_printed(run: Run, stocked: Workshop) -> None:
    printed = stocked.cards / f"{CARD}.print.json"
    members = json.loads(printed.read_text("utf-8"))
    printed.write_text(json.dumps(members | {"can": "123456", "name": "\x1b[2J"}), "utf-8")
    shown = run("show", CARD)
    assert shown.exit_code == 0
    front, back, chip = (shown.stdout.index(f"{side}\n") for side in ("Front", "Back", "Chip"))
    for told in ("001190000001", "1990-01-15", "2030-01-15", "CAN             123456", "?[2J"):
        assert front < shown.stdout.index(told) < back
    for told in (CARD, "2021-07-01", *members["mrz"]):
        assert back < shown.stdout.index(told) < chip
    assert "Certificate 9A  until 2027-09-28" in shown.stdout[chip:]


def test_a_card_is_shown_without_its_print_or_its_chip(run: Run, stocked: Workshop) -> None:
    place = stocked.cards / f"{CARD}.card"
    place.write_text("{}")
    shown = run("show", CARD)
    assert (shown.exit_code, "Full name" in shown.stdout) == (1, True)
    assert "the file is damaged" in shown.stderr
    (stocked.cards / f"{CARD}.print.json").write_text("{")
    assert "cannot be read" in run("show", CARD).stderr
    assert run("new", "BLANK0001").exit_code == 0
    blank = run("show", "BLANK0001")
    assert "Nobody knows what is printed on BLANK0001." in blank.stdout
    assert "Certificates    none" in blank.stdout


def test_a_damaged_file_is_told_and_left_alone(run: Run, stocked: Workshop) -> None:
    place = stocked.cards / f"{CARD}.card"
    damaged = place.read_bytes()[:-100]
    place.write_bytes(damaged)
    for words in (("pin", "status", CARD), ("apdu", CARD, "00A40400")):
        told = run(*words)
        assert told.exit_code == 1
        assert "damaged; nothing was overwritten" in told.stderr
        assert "make demo FRESH=1" in told.stderr
    assert place.read_bytes() == damaged


def test_where_nobody_can_be_asked_the_option_is_named(run: Run, stocked: Workshop) -> None:
    for words, option in (
        (("answer", CARD, "--origin", ORIGIN, "--nonce", NONCE), "--pin"),
        (("pin", "change", CARD), "--pin"),
        (("pin", "change", CARD, "--pin", stocked.pin), "--new-pin"),
        (("pin", "unblock", CARD), "--puk"),
    ):
        told = run(*words)
        assert (told.exit_code, told.stdout) == (1, "")
        assert told.stderr.endswith(f"give it as {option}.\n")


@pytest.mark.parametrize(
    "words", [("pin", "status"), ("answer", "--origin", ORIGIN, "--nonce", NONCE)]
)
def test_a_card_or_a_reader_is_named_not_both(
    run: Run, stocked: Workshop, words: tuple[str, ...]
) -> None:
    both = run(*words, CARD, "--reader", "pcsc")
    assert (both.exit_code, "one of the two" in both.stderr) == (2, True)
    neither = run(*words)
    assert (neither.exit_code, "one of the two" in neither.stderr) == (2, False)
    assert stocked.cards.exists()


def test_the_list_fits_a_narrow_terminal(run: Run, stocked: Workshop) -> None:
    assert stocked.cards.exists()
    shown = run("list").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown


def test_the_demo_s_cards_are_meant_where_nobody_names_a_folder(
    stocked: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert "No cards in cards." in CliRunner().invoke(program.app, ["list"]).stderr
    shutil.copytree(stocked.cards, folder / ".demo" / "cards")
    assert CARD in CliRunner().invoke(program.app, ["list"]).stdout
    status = CliRunner().invoke(program.app, ["pin", "status", CARD])
    assert (status.exit_code, "3 tries left" in status.stdout) == (0, True)


def test_what_the_program_writes_is_its_owner_s_alone__KY_01(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = tmp_path / "cards"
    before = os.umask(0o022)
    try:
        monkeypatch.setattr(sys, "argv", ["chipcard-sim", "new", "A1", "--cards", str(cards)])
        with pytest.raises(SystemExit):
            program.main()
    finally:
        os.umask(before)
    for place in (cards, cards / "A1.card"):
        assert place.stat().st_mode & 0o077 == 0


def test_an_empty_folder_says_what_to_do(run: Run) -> None:
    listed = run("list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "chipcard-sim personalise" in listed.stderr


def test_the_pin_is_asked_for_and_not_shown(run: Run, stocked: Workshop) -> None:
    words = ("answer", CARD, "--origin", ORIGIN, "--nonce", NONCE)
    answer = run(*words, typed=f"{stocked.pin}\n")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["algorithm"] == "ES256"
    assert stocked.pin not in answer.output


def test_a_card_may_be_named_by_its_path(run: Run, stocked: Workshop) -> None:
    path = str(stocked.cards / f"{CARD}.card")
    assert "3 tries left" in run("pin", "status", path).stdout


def test_a_missing_card_says_what_to_do(run: Run) -> None:
    missing = run("pin", "status", "VN0000009")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "chipcard-sim list" in missing.stderr


def test_a_short_challenge_is_not_signed(run: Run, stocked: Workshop) -> None:
    words = ("answer", CARD, "--origin", ORIGIN, "--nonce", "abc", "--pin", stocked.pin)
    answer = run(*words)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "challenge" in answer.stderr


def test_an_unfinished_card_is_told(run: Run, stocked: Workshop) -> None:
    stocked.make(documentNumber="VN0000002")
    words = ("answer", "VN0000002", "--origin", ORIGIN, "--nonce", NONCE, "--pin", stocked.pin)
    answer = run(*words)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "refused" in answer.stderr


def test_pins_are_counted_blocked_unblocked_and_changed(run: Run, stocked: Workshop) -> None:
    wrong = ("pin", "change", CARD, "--pin", "000000", "--new-pin", "864209")
    misshapen = run("pin", "change", CARD, "--pin", "12", "--new-pin", "864209")
    assert (misshapen.exit_code, "No try was spent" in misshapen.stderr) == (1, True)
    assert "Tries left: 2." in run(*wrong).stderr
    assert "Tries left: 1." in run(*wrong).stderr
    assert run(*wrong).exit_code == 1
    blocked = run(*wrong)
    assert (blocked.exit_code, "chipcard-sim pin unblock" in blocked.stderr) == (1, True)
    assert "blocked" in run("pin", "status", CARD).stdout
    refused = run("pin", "unblock", CARD, "--puk", "00000000", "--new-pin", "864209")
    assert "The PUK is wrong. Tries left: 2." in refused.stderr
    typed = f"{stocked.puk}\n864209\n864209\n"
    assert run("pin", "unblock", CARD, typed=typed).exit_code == 0
    assert run("pin", "change", CARD, typed="864209\n975310\n975310\n").exit_code == 0
    words = ("answer", CARD, "--origin", ORIGIN, "--nonce", NONCE, "--pin", "975310")
    assert run(*words).exit_code == 0


def test_raw_commands_are_shown_by_name_and_a_pin_is_blanked(run: Run, stocked: Workshop) -> None:
    pin = f"{stocked.pin.encode().hex()}ffff"
    shown = run("apdu", CARD, "00A4040009A0000003080000100000", f"0020008008{pin}")
    assert shown.exit_code == 0
    select, selected, verify, verified = shown.stdout.splitlines()
    assert select.startswith("> SELECT PIV  00 A4 04 00")
    assert selected.startswith("< 9000 OK")
    assert verify == "> VERIFY PIN  00 20 00 80 [blanked]"
    assert verified.startswith("< 9000 OK  (")
    assert run("apdu", CARD, "00A4zz").exit_code == 2


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []
    monkeypatch.setattr(serving, "serve", lambda *parts: calls.append(parts))
    return calls


def test_the_bridge_is_started_with_its_picker(
    run: Run, served: list[Any], stocked: Workshop
) -> None:
    assert run("bridge", "--origin", ORIGIN, "--origin", "https://id.example.vn").exit_code == 0
    ((drawer, settings, host, port),) = served
    assert drawer.names() == (CARD,)
    assert settings == BridgeSettings(
        "http://127.0.0.1:8200", (ORIGIN, "https://id.example.vn"), has_picker=True
    )
    assert (host, port) == ("127.0.0.1", 8200)
    assert stocked.cards.exists()


def test_the_bridge_is_started_with_one_inserted_card(
    run: Run, served: list[Any], stocked: Workshop
) -> None:
    stocked.finish("VN0000002")
    words = ("bridge", "--origin", ORIGIN, "--no-picker", "--card", CARD)
    assert run(*words, "--host", "0.0.0.0", "--address", "http://127.0.0.1:9000").exit_code == 0  # noqa: S104
    ((drawer, settings, _, _),) = served
    assert isinstance(drawer, Drawer)
    assert drawer.names() == (CARD,)
    assert (settings.has_picker, settings.address) == (False, "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--origin", "http://localhost:8000/"),
        ("--origin", ORIGIN, "--no-picker"),
        ("--origin", ORIGIN, "--card", CARD),
    ],
)
def test_a_bridge_set_up_wrongly_does_not_start(
    run: Run, served: list[Any], stocked: Workshop, words: tuple[str, ...]
) -> None:
    assert run("bridge", *words).exit_code == 2
    assert served == []
    assert stocked.cards.exists()
