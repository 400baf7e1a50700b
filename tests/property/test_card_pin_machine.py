from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from unit.chipcard_sim.cards import (
    PIN,
    PIV,
    PUK,
    open_card,
    padded,
    send,
    sign_command,
    state_of,
)
from unit.chipcard_sim.piv_cards import authenticate, selected

from chipcard_sim.chip import pins

PINS = st.sampled_from([PIN, "111111", "22222222", "999999"])
PUKS = st.sampled_from([PUK, "00000000"])
TRIES = 3
GENERATOR = bytes.fromhex(
    "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
)


class PowerCut(BaseException):
    """No handler of ours may catch it: that is what a power cut is like."""


def cut(*_: object) -> bool:
    raise PowerCut


class PinCounter(RuleBasedStateMachine):
    """A card beside a model of it: two secrets, two counters, what is proven since power-on."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "chip"
        self.card = selected(self.path)
        self.secrets = {pins.PIN: PIN, pins.PUK: PUK}
        self.left = {pins.PIN: TRIES, pins.PUK: TRIES}
        self.is_verified = self.is_fresh = False

    def teardown(self) -> None:
        self.folder.cleanup()

    def spend(self, reference: int, presented: str) -> str:
        """What a comparison must answer, and what it must leave behind."""
        if not self.left[reference]:
            return "6983"
        self.left[reference] -= 1
        if presented != self.secrets[reference]:
            return f"63C{self.left[reference]}"
        self.left[reference] = TRIES
        return "9000"

    def lose(self, status: str) -> None:
        if status != "9000":
            self.is_verified = self.is_fresh = False

    @rule(pin=PINS)
    def verify(self, pin: str) -> None:
        expected = self.spend(pins.PIN, pin)
        assert send(self.card, "0020008008" + padded(pin).hex()) == expected
        self.is_verified = self.is_fresh = expected == "9000"

    @rule(pin=st.sampled_from(["12345", "abcdef", ""]))
    def verify_no_pin_at_all(self, pin: str) -> None:
        assert send(self.card, "0020008008" + padded(pin).hex()) == "6A80"

    @rule(old=PINS, new=PINS)
    def change_pin(self, old: str, new: str) -> None:
        expected = self.spend(pins.PIN, old)
        data = (padded(old) + padded(new)).hex()
        assert send(self.card, "0024008010" + data) == expected
        self.lose(expected)
        if expected == "9000":
            self.secrets[pins.PIN] = new
            self.is_verified, self.is_fresh = True, False

    @rule(old=PUKS, new=PUKS)
    def change_puk(self, old: str, new: str) -> None:
        expected = self.spend(pins.PUK, old)
        data = (padded(old) + padded(new)).hex()
        assert send(self.card, "0024008110" + data) == expected
        if expected == "9000":
            self.secrets[pins.PUK] = new

    @rule(puk=PUKS, new=PINS)
    def unblock(self, puk: str, new: str) -> None:
        expected = self.spend(pins.PUK, puk)
        data = (padded(puk) + padded(new)).hex()
        assert send(self.card, "002C008010" + data) == expected
        self.lose(expected)
        if expected == "9000":
            self.secrets[pins.PIN], self.left[pins.PIN] = new, TRIES

    @rule(pin=PINS)
    def verify_and_cut_the_power_before_comparing(self, pin: str) -> None:
        self.cut_during(lambda: send(self.card, "0020008008" + padded(pin).hex()))
        self.left[pins.PIN] = max(0, self.left[pins.PIN] - 1)

    @rule(puk=PUKS)
    def unblock_and_cut_the_power_before_comparing(self, puk: str) -> None:
        data = (padded(puk) + padded("111111")).hex()
        self.cut_during(lambda: send(self.card, "002C008010" + data))
        self.left[pins.PUK] = max(0, self.left[pins.PUK] - 1)

    def cut_during(self, command: Callable[[], object]) -> None:
        with patch.object(pins, "_is_right", cut), suppress(PowerCut):
            command()
        self.power_off_and_on()

    @rule()
    def power_off_and_on(self) -> None:
        self.card = open_card(self.path)
        assert send(self.card, PIV).endswith("9000")
        self.is_verified = self.is_fresh = False

    @rule()
    def log_out(self) -> None:
        assert send(self.card, "0020FF80") == "9000"
        self.is_verified = self.is_fresh = False

    @rule(slot=st.sampled_from([0x9A, 0x9C]))
    def sign(self, slot: int) -> None:
        allowed = self.is_verified and (slot == 0x9A or self.is_fresh)
        answer = send(self.card, sign_command(slot, bytes(32)))
        assert answer.endswith("9000") if allowed else answer == "6982"
        self.is_fresh = False

    @rule()
    def agree(self) -> None:
        status = authenticate(self.card, 0x11, 0x9D, (0x82, b""), (0x85, GENERATOR))
        assert status == ("9000" if self.is_verified else "6982")
        self.is_fresh = False

    @rule()
    def prove_presence(self) -> None:
        assert send(self.card, sign_command(0x9E, bytes(32))).endswith("9000")
        self.is_fresh = False

    @rule()
    def ask(self) -> None:
        answer = send(self.card, "00200080")
        if not self.left[pins.PIN]:
            assert answer == "6983"
        else:
            assert answer == ("9000" if self.is_verified else f"63C{self.left[pins.PIN]}")

    @invariant()
    def the_counters_on_the_disk_are_the_models(self) -> None:
        stored = state_of(self.path).references
        assert {number: each.tries_left for number, each in stored.items()} == self.left


PinCounter.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestPinCounter = PinCounter.TestCase
