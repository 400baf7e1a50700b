from pathlib import Path

import pytest
from unit.chipcard_sim.cards import PIN, PUK, issued_card
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.terminal.errors import PinBlocked, WrongPin
from chipcard_sim.terminal.piv import PivClient
from chipcard_sim.transport.trace import Trace


def traced(command: str, answer: str = "9000") -> list[str]:
    lines: list[str] = []
    Trace(ScriptedCard(answer), lines.append).transmit(bytes.fromhex(command))
    return lines


def test_what_passes_is_told_by_name() -> None:
    assert traced("00A4040005A000000308", "61046A82") == [
        "> SELECT 00 A4 04 00 [A000000308]",
        "< unreadable, 4 bytes",
    ]
    assert traced("00C0000002", "AABB9000") == ["> GET_RESPONSE 00 C0 00 00", "< 9000 OK [AABB]"]
    assert traced("00CADF3000", "6D00")[0] == "> OTHER 00 CA DF 30"


@pytest.mark.parametrize(
    "command",
    [
        "0020008008{0}",
        "1020008008{0}",  # in a chain
        "80200080000008{0}",  # extended, of another class
        "0024008010{0}{0}",
        "8024018008{0}",  # the factory's own
        "002C008010{0}{0}",
        "0020008009{0}",  # unreadable
    ],
)
def test_a_pin_is_never_written_down__CV_52(command: str) -> None:
    secret = b"13579135".hex().upper()
    lines = traced(command.format(secret))
    assert secret not in "".join(lines)
    assert b"1357".hex() not in "".join(lines).lower()


def test_a_whole_life_with_pins_is_traced_without_one__CV_52(tmp_path: Path) -> None:
    lines: list[str] = []
    client = PivClient(Trace(issued_card(tmp_path / "chip"), lines.append))
    client.select()
    client.verify_pin(PIN)
    client.change_pin(PIN, "24680246")
    for _ in range(3):
        with pytest.raises(WrongPin):
            client.verify_pin("99999999")
    with pytest.raises(PinBlocked):
        client.verify_pin("24680246")
    client.unblock(PUK, "97531975")
    written = "".join(lines)
    for secret in (PIN, PUK, "24680246", "99999999", "97531975"):
        assert secret.encode().hex().upper() not in written
        assert secret not in written
    assert written.count("[blanked]") == 7


def test_the_answer_comes_through_untouched() -> None:
    card = ScriptedCard("AABB9000")
    assert Trace(card, lambda _: None).transmit(b"\x00\xc0\x00\x00\x02").hex() == "aabb9000"
    assert card.asked == ["00C0000002"]
