"""What `chipcard-sim insert` refuses, and what it says then; no PC/SC daemon is started here."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from unit.chipcard_sim.passports import passport_card

from chipcard_sim.commands import app, daemon
from chipcard_sim.commands import insert as inserting
from chipcard_sim.transport import vpcd

Workshop = Any  # of conftest.py, which cannot be imported
CARD = "VN0000001"


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port where nobody listens, for the first slot."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        number = int(gone.getsockname()[1])
    monkeypatch.setattr(vpcd, "FIRST_PORT", number)
    monkeypatch.setattr(daemon, "_DOOR", Path("nowhere"))
    return number


def insert(workshop: Workshop, *options: str, card: str = CARD) -> Result:
    words = ["insert", card, "--cards", str(workshop.cards), *options]
    return CliRunner().invoke(app, words)


def test_without_a_reader_it_says_how_to_get_one(stocked: Workshop, port: int) -> None:
    told = insert(stocked)
    assert told.exit_code == 1
    assert f"No virtual reader listens at 127.0.0.1:{port}" in told.stderr
    assert "chipcard-sim insert --pcscd" in told.stderr


@pytest.mark.usefixtures("port")
def test_a_missing_card_is_told_before_anything_is_started(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_find_program", lambda: pytest.fail("it was looked for"))
    told = insert(stocked, "--pcscd", card="VN0000009")
    assert (told.exit_code, "There is no card" in told.stderr) == (1, True)


def test_a_damaged_card_is_told(stocked: Workshop) -> None:
    (stocked.cards / "VN0000002.card").write_text("{}")
    told = insert(stocked, card="VN0000002")
    assert (told.exit_code, "VN0000002.card" in told.stderr) == (1, True)


def test_a_slot_with_another_card_is_told(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(vpcd, "FIRST_PORT", silent.getsockname()[1])
        true = vpcd.VirtualSlot.await_reader
        monkeypatch.setattr(vpcd.VirtualSlot, "await_reader", lambda slot: true(slot, 0.01))
        told = insert(stocked)
    assert (told.exit_code, "another card in slot 0" in told.stderr) == (1, True)


@pytest.mark.parametrize(("options", "status"), [((), "9000"), (("--quirks", "vn"), "6D00")])
def test_a_card_may_depart_from_the_standards(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], status: str
) -> None:
    held: list[vpcd.InsertedCard] = []
    monkeypatch.setattr(inserting, "_stay", lambda card, *_: held.append(card))
    passport_card(stocked.cards / "VN0000003.card")
    assert insert(stocked, *options, card="VN0000003").exit_code == 0
    assert held[0].transmit(bytes.fromhex("00A4000C023F00")).hex().upper() == status


@pytest.mark.parametrize("slot", ["-1", "16"])
def test_there_are_so_many_slots(stocked: Workshop, slot: str) -> None:
    assert insert(stocked, "--slot", slot).exit_code == 2


@pytest.mark.usefixtures("port")
def test_a_machine_without_the_daemon_is_told_what_to_install(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_PROGRAM", "no-such-program")
    told = insert(stocked, "--pcscd")
    assert (told.exit_code, "pcscd is not installed" in told.stderr) == (1, True)
    assert "apt-get install --no-install-recommends pcscd vsmartcard-vpcd" in told.stderr


@pytest.mark.usefixtures("port")
@pytest.mark.parametrize(
    "entry",
    [
        None,
        "LIBPATH /usr/lib/pcsc/drivers/serial/libccidtwin.so",
        "LIBPATH nowhere/libifdvpcd.so",
        "# LIBPATH {driver}",
    ],
    ids=["no entries", "another reader", "not there", "switched off"],
)
def test_a_daemon_without_the_reader_is_told_what_to_install(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, entry: str | None
) -> None:
    driver = driver_in(tmp_path)
    if entry is not None:
        (tmp_path / "vpcd").write_text(entry.format(driver=driver))
    unfit_but_for(monkeypatch, tmp_path)
    told = insert(stocked, "--pcscd")
    assert (told.exit_code, "has no virtual reader" in told.stderr) == (1, True)
    assert "vsmartcard-vpcd" in told.stderr


@pytest.mark.usefixtures("port")
@pytest.mark.parametrize(
    ("program", "told"),
    [("exit 3", "pcscd ended at once (exit code 3)"), ("exec sleep 60", "does not answer")],
)
def test_a_daemon_that_does_not_come_up_is_told(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, told: str
) -> None:
    (tmp_path / "vpcd").write_text(f"LIBPATH {driver_in(tmp_path)}\n")
    unfit_but_for(monkeypatch, tmp_path)
    script = tmp_path / "daemon"
    script.write_text(f"#!/bin/sh\n{program}\n")
    script.chmod(0o700)
    monkeypatch.setattr(daemon, "_find_program", lambda: str(script))
    monkeypatch.setattr(daemon, "_READY_WITHIN", 0.2 if "sleep" in program else 5)
    said = insert(stocked, "--pcscd")
    assert (said.exit_code, told in said.stderr) == (1, True)


@pytest.mark.usefixtures("port")
def test_who_may_not_start_it_is_told_who_may(
    stocked: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    true = os.access
    monkeypatch.setattr(daemon, "_PROGRAM", "sh")
    monkeypatch.setattr(daemon, "_DOOR", tmp_path / "run" / "pcscd.comm")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path and true(path, mode))
    told = insert(stocked, "--pcscd")
    assert (told.exit_code, "sudo systemctl start pcscd" in told.stderr) == (1, True)


def driver_in(folder: Path) -> Path:
    driver = folder / "drivers" / "libifdvpcd.so"
    driver.parent.mkdir(exist_ok=True)
    driver.touch()
    return driver


def unfit_but_for(monkeypatch: pytest.MonkeyPatch, configuration: Path) -> None:
    """A machine with a daemon, and with this folder of readers."""
    monkeypatch.setattr(daemon, "_find_program", lambda: "true")
    monkeypatch.setattr(daemon, "_CONFIGURATION", configuration)
    monkeypatch.setattr(daemon, "_NUMBER", configuration / "none")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("answer", "--origin", "http://a.vn", "--nonce", "x"), "name a card, or --reader pcsc"),
        (("pin", "status", CARD, "--reader", "pcsc"), "give one of the two"),
        (("pin", "status", "--reader", "usb"), "--reader is written pcsc"),
        (("bridge", "--origin", "http://a.vn", "--reader", "usb"), "--reader is written pcsc"),
        (
            ("bridge", "--origin", "http://a.vn", "--no-picker", "--card", "A", "--reader", "pcsc"),
            "--reader goes without --card",
        ),
    ],
)
def test_a_card_or_a_reader_is_named(words: tuple[str, ...], told: str) -> None:
    said = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert (said.exit_code, told in said.stderr) == (2, True)
