"""Whatever answers, the reader of passports ends with a reason, and soon."""

from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passport_cards import CAN, MRZ, PassportCard, make_passport_card

from chipcard_sim.chip.card import Card
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.chip_examination import examine_chip
from chipcard_sim.terminal.chip_reading import read_chip
from chipcard_sim.terminal.errors import TerminalError

ORIGIN, NONCE = "https://id.example.vn", "A" * 44
STATUSES = st.sampled_from(
    [b"\x90\x00", b"\x63\x00", b"\x63\xc2", b"\x6a\x82", b"\x61\x08", b"\x6c\x05"]
)
HEADS = st.sampled_from(
    [b"", b"\x31\x14", b"\x7c\x12\x80\x10", b"\x7c\x43\x82\x41\x04", b"\x87\x09\x01"]
)
ANSWERS = st.tuples(HEADS, st.binary(max_size=80), STATUSES).map(b"".join) | st.binary(max_size=6)


class Babbler:
    """Answers what it likes, again and again."""

    def __init__(self, answers: list[bytes]) -> None:
        self.asked = 0
        self._answers = cycle(answers)

    def transmit(self, command: bytes) -> bytes:
        del command
        self.asked += 1
        return next(self._answers)


class Forger:
    """A good card until the n-th answer, which is changed; good again afterwards."""

    def __init__(self, card: Card, at: int, forged: bytes) -> None:
        self._card, self._left, self._forged = card, at, forged

    def transmit(self, command: bytes) -> bytes:
        answer = self._card.transmit(command)
        self._left -= 1
        return self._forged if self._left == 0 else answer


@pytest.fixture(scope="module")
def passport(tmp_path_factory: pytest.TempPathFactory) -> PassportCard:
    return make_passport_card(Path(tmp_path_factory.mktemp("passport")))


@given(st.lists(ANSWERS, min_size=1, max_size=8), st.booleans())
def test_a_babbling_card_is_refused_with_a_reason(answers: list[bytes], has_can: bool) -> None:  # noqa: FBT001 - drawn
    key = AccessKey.from_can(CAN) if has_can else AccessKey.from_mrz(MRZ)
    card = Babbler(answers)
    with pytest.raises(TerminalError):
        examine_chip(card, key, bytes)
    assert card.asked < 3000


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), ANSWERS)
def test_one_forged_answer_gives_a_refusal_or_changes_nothing_that_counts(
    passport: PassportCard, at: int, forged: bytes
) -> None:
    good = read_chip(passport.open(), ORIGIN, NONCE, CAN)
    try:
        reading = read_chip(Forger(passport.open(), at, forged), ORIGIN, NONCE, CAN)
    except TerminalError:
        return
    for member in ("securityObject", "dataGroups"):
        assert reading[member] == good[member]
