import fcntl
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import (
    PIN,
    PUK,
    WRONG_PIN,
    WRONG_PUK,
    blank_card,
    issued_card,
    padded,
    state_of,
    tries_left,
)

from chipcard_sim.chip import pins
from chipcard_sim.chip.memory import Memory
from chipcard_sim.chip.pins import Pins
from chipcard_sim.iso7816.status import CardError, StatusWord


class PowerCut(BaseException):
    """No handler of ours may catch it: that is what a power cut is like."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "chip"
    issued_card(path)
    return path


@pytest.fixture
def card_pins(path: Path) -> Pins:
    return Pins(Memory(path))


def refusal_of(card_pins: Pins, pin: str, reference: int = pins.PIN) -> int:
    with pytest.raises(CardError) as refusal:
        card_pins.verify(reference, padded(pin))
    return refusal.value.status


def test_three_wrong_tries_block_and_then_the_right_one_is_not_compared(
    card_pins: Pins, path: Path
) -> None:
    assert [refusal_of(card_pins, WRONG_PIN) for _ in range(3)] == [0x63C2, 0x63C1, 0x63C0]
    assert refusal_of(card_pins, PIN) == StatusWord.BLOCKED
    assert tries_left(path) == 0


def test_a_right_pin_gives_back_all_tries(card_pins: Pins, path: Path) -> None:
    refusal_of(card_pins, WRONG_PIN)
    card_pins.verify(pins.PIN, padded(PIN))
    assert tries_left(path) == 3


@pytest.mark.parametrize("presented", [PIN, WRONG_PIN])
def test_power_off_before_the_comparison_keeps_the_try_spent(
    card_pins: Pins, path: Path, monkeypatch: pytest.MonkeyPatch, presented: str
) -> None:
    def cut(*_: object) -> bool:
        raise PowerCut

    monkeypatch.setattr(pins, "_is_right", cut)
    with pytest.raises(PowerCut):
        card_pins.verify(pins.PIN, padded(presented))
    assert tries_left(path) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from chipcard_sim.chip import pins
from chipcard_sim.chip.memory import Memory

pins._is_right = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
pins.Pins(Memory(Path(sys.argv[1]))).verify(pins.PIN, b"654321\\xff\\xff")
"""


def test_a_killed_process_gets_no_try_for_nothing(path: Path, card_pins: Pins) -> None:
    for left in (2, 1, 0):
        killed = subprocess.run([sys.executable, "-c", KILLED, path], check=False, timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert tries_left(path) == left
    assert refusal_of(card_pins, PIN) == StatusWord.BLOCKED


GUESS = """
import sys
from pathlib import Path
from chipcard_sim.chip import pins
from chipcard_sim.chip.memory import Memory
from chipcard_sim.iso7816.status import CardError

card_pins = pins.Pins(Memory(Path(sys.argv[1])))
for guess in range(6):
    try:
        card_pins.verify(pins.PIN, b"%06d\\xff\\xff" % guess)
    except CardError as refusal:
        print(f"{refusal.status:04X}")
"""


def test_processes_that_guess_at_once_share_the_three_tries(path: Path) -> None:
    guessers = [
        subprocess.Popen([sys.executable, "-c", GUESS, path], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = Counter(word for each in guessers for word in each.communicate(timeout=60)[0].split())
    assert told == {"63C2": 1, "63C1": 1, "63C0": 1, "6983": 21}


def test_a_try_waits_until_another_process_has_spent_its_own(path: Path, card_pins: Pins) -> None:
    """The race above, held still: the other process is between reading and writing."""
    with ThreadPoolExecutor() as pool:
        other = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(other, fcntl.LOCK_EX)
        guess = pool.submit(refusal_of, card_pins, WRONG_PIN)
        assert not wait([guess], timeout=0.3).done
        assert tries_left(path) == 3
        os.close(other)
        assert guess.result(timeout=30) == 0x63C2


@pytest.mark.parametrize(
    "presented",
    [
        b"",
        b"12345\xff\xff\xff",
        b"123456",
        b"1234567890",
        b"abcdef\xff\xff",
        b"1234\xff56\xff",
        b"\xff" * 8,
        b"\xff\xff123456",
        b"123456\x00\x00",
    ],
)
def test_what_is_no_pin_spends_no_try__sp800_73_4_p2_3_2_1(
    card_pins: Pins, path: Path, presented: bytes
) -> None:
    with pytest.raises(CardError) as refusal:
        card_pins.verify(pins.PIN, presented)
    assert refusal.value.status == StatusWord.WRONG_DATA
    assert tries_left(path) == 3


@pytest.mark.parametrize("pin", ["123456", "1234567", "12345678"])
def test_pins_of_six_to_eight_digits__sp800_73_4_p2_2_4_3(card_pins: Pins, pin: str) -> None:
    card_pins.change(pins.PIN, padded(PIN), padded(pin))
    card_pins.verify(pins.PIN, padded(pin))


def test_a_change_wants_the_old_pin(card_pins: Pins, path: Path) -> None:
    with pytest.raises(CardError) as refusal:
        card_pins.change(pins.PIN, padded(WRONG_PIN), padded("111111"))
    assert refusal.value.status == 0x63C2
    assert tries_left(path) == 2
    card_pins.verify(pins.PIN, padded(PIN))


def test_a_puk_unblocks(card_pins: Pins, path: Path) -> None:
    for _ in range(3):
        refusal_of(card_pins, WRONG_PIN)
    card_pins.unblock(padded(PUK), padded("111111"))
    card_pins.verify(pins.PIN, padded("111111"))
    assert tries_left(path, pins.PIN) == tries_left(path, pins.PUK) == 3


def test_three_wrong_puks_are_the_end(card_pins: Pins, path: Path) -> None:
    told = []
    for _ in range(4):
        with pytest.raises(CardError) as refusal:
            card_pins.unblock(padded(WRONG_PUK), padded("111111"))
        told.append(refusal.value.status)
    assert told == [0x63C2, 0x63C1, 0x63C0, StatusWord.BLOCKED]
    with pytest.raises(CardError):
        card_pins.unblock(padded(PUK), padded("111111"))
    assert tries_left(path) == 3


def test_pins_are_kept_salted_and_hashed(path: Path) -> None:
    references = state_of(path).references
    assert PIN.encode() not in path.read_bytes()
    assert padded(PIN) not in (references[pins.PIN].salt, references[pins.PIN].digest)
    same = Memory(path).update(lambda state: pins.with_reference(state, pins.PIN, padded(PIN)))
    assert same.references[pins.PIN].digest != references[pins.PIN].digest


def test_a_card_without_pin_has_none_to_compare(tmp_path: Path) -> None:
    blank_card(tmp_path / "blank")
    blank = Pins(Memory(tmp_path / "blank"))
    assert refusal_of(blank, PIN) == StatusWord.REFERENCE_NOT_FOUND
    with pytest.raises(CardError):
        blank.tries_left(pins.PIN)


def test_an_unknown_reference_is_refused(card_pins: Pins) -> None:
    assert refusal_of(card_pins, PIN, 0x96) == StatusWord.REFERENCE_NOT_FOUND


def test_there_are_at_most_ten_tries__sp800_73_5() -> None:
    assert pins.TRIES <= 10
