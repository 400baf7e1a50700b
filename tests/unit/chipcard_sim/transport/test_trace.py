import json
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import PIN, PUK, issued_card
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.terminal.errors import PinBlocked, WrongPin
from chipcard_sim.terminal.piv import PivClient
from chipcard_sim.transport.trace import LOST, Exchange, Recording, Trace

SECRET = b"13579135".hex().upper()


def ticking() -> float:
    return 0.0


def traced(command: str, answer: str = "9000") -> list[str]:
    lines: list[str] = []
    Trace(ScriptedCard(answer), lines.append, ticking).transmit(bytes.fromhex(command))
    return lines


def test_what_passes_is_told_by_name() -> None:
    assert traced("00A4040005A000000308", "61046A82") == [
        "> SELECT PIV  00 A4 04 00 [A000000308]",
        "< unreadable, 4 bytes  (0.0 ms)",
    ]
    assert traced("00C0000002", "AABB9000") == [
        "> GET RESPONSE  00 C0 00 00",
        "< 9000 OK  [AABB]  (0.0 ms)",
    ]
    assert traced("00CB3FFF055C035FC10500", "6A82") == [
        "> GET DATA 5FC105, certificate 9A  00 CB 3F FF [5C035FC105]",
        "< 6A82 NOT_FOUND  (0.0 ms)",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "0020008008{0}",
        "1020008008{0}",  # in a chain
        "80200080000008{0}",  # extended, of another class
        "0024008010{0}{0}",
        "8024018008{0}",  # the factory's own
        "80DB3FFF08{0}",  # the factory's own: it writes keys and passwords too
        "002C008010{0}{0}",
        "0087039B08{0}",  # the management key's challenge or answer
        "1087039B08{0}",
        "00FFFFFF08{0}",  # nobody knows what it is
        "0020008009{0}",  # unreadable
    ],
)
def test_a_secret_is_never_written_down__CV_52(command: str) -> None:
    lines = traced(command.format(SECRET))
    assert SECRET not in "".join(lines)
    assert b"1357".hex() not in "".join(lines).lower()


@pytest.mark.parametrize("command", ["0087039B047C028000", "0087119D047C028200"])
def test_an_answer_that_is_a_secret_is_never_written_down_nor_its_rest(command: str) -> None:
    lines: list[str] = []
    card = ScriptedCard(f"{SECRET}6108", f"{SECRET}9000", "AABB9000", "AABB9000")
    trace = Trace(card, lines.append, ticking)
    for each in (command, "00C0000008", "00A4040000", "00C0000002"):
        trace.transmit(bytes.fromhex(each))
    assert SECRET not in "".join(lines)
    assert [line.count("[blanked]") for line in lines if line.startswith("<")] == [1, 1, 0, 0]


@pytest.mark.parametrize("tag", ["5FC103", "5FC108", "5FC109", "5FC121"])
@pytest.mark.parametrize("name", ["5C03{0}", "5C8103{0}", "5C820003{0}"])
@pytest.mark.parametrize("header", ["00CB3FFF", "00CA3FFF", "10CB3FFF", "0CCB3FFF"])
def test_what_the_pin_opens_is_never_written_down_nor_its_rest(
    header: str, name: str, tag: str
) -> None:
    data = bytes.fromhex(name.format(tag))
    command = bytes.fromhex(header) + bytes((len(data),)) + data + b"\x00"
    lines: list[str] = []
    card = ScriptedCard(f"{SECRET}6108", f"{SECRET}9000", "AABB9000")
    trace = Trace(card, lines.append, ticking)
    for each in (command.hex(), "00C0000008", "00CB3FFF055C035FC10500"):
        trace.transmit(bytes.fromhex(each))
    assert SECRET not in "".join(lines)
    assert [line.count("[blanked]") for line in lines if line.startswith("<")] == [1, 1, 0]
    assert tag in lines[0], "which object it was is told"


@pytest.mark.parametrize(
    "commands",
    [
        ["10CB3FFF015C", "00CB3FFF04035FC109"],  # asked in pieces
        ["00CB3FFF0A5C035FC1055C035FC109"],  # by two names
        ["00CB3FFF055C045FC109"],  # a length that lies
        ["10DB3FFF055C035FC105", "00CB3FFF055C035FC109"],  # after a chain of something else
    ],
)
def test_where_it_is_unclear_which_object_is_asked_for_nothing_is_told(commands: list[str]) -> None:
    lines: list[str] = []
    card = ScriptedCard(*["9000"] * (len(commands) - 1), f"{SECRET}9000")
    trace = Trace(card, lines.append, ticking)
    for command in commands:
        trace.transmit(bytes.fromhex(command))
    assert lines[-1] == "< 9000 OK  [blanked]  (0.0 ms)"


@pytest.mark.parametrize(
    ("pieces", "blanked"),
    [
        (["00 5C035FC1095308{0}"], 1),
        (["10 5C035FC1095310", "10 {0}", "00 {0}"], 3),
        (["10 5C035FC1055310", "10 5C035FC1095310{0}", "00 {0}"], 2),  # begun anew
        (["10 5C035FC1095310", "A4 ", "00 {0}"], 2),
        (["10 {0}", "00 {0}"], 2),  # nobody knows for which object
    ],
)
def test_what_is_written_behind_the_pin_is_never_written_down(
    pieces: list[str], blanked: int
) -> None:
    lines: list[str] = []
    trace = Trace(ScriptedCard(for_ever="9000"), lines.append, ticking)
    for piece in pieces:
        first, data = piece.format(SECRET).split(" ")
        header = "00A40400" if first == "A4" else f"{first}DB3FFF"
        size = len(data) // 2
        trace.transmit(bytes.fromhex(header + f"{size:02X}" + data))
    assert SECRET not in "".join(lines)
    assert "".join(lines).count("[blanked]") == blanked


def test_a_certificate_is_told_in_all_its_pieces() -> None:
    lines: list[str] = []
    trace = Trace(ScriptedCard(for_ever="9000"), lines.append, ticking)
    for each in ("10DB3FFF095C035FC1055304AABB", "00DB3FFF02CCDD"):
        trace.transmit(bytes.fromhex(each))
    assert [line for line in lines if line.startswith(">")] == [
        "> PUT DATA 5FC105, certificate 9A  10 DB 3F FF [5C035FC1055304AABB]",
        "> PUT DATA  00 DB 3F FF [CCDD]",
    ]


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


class LostCard:
    def transmit(self, command: bytes) -> bytes:
        raise TransportLost(command)


def test_a_card_that_goes_is_told_with_the_command_that_it_did_not_answer() -> None:
    kept: list[Exchange] = []
    with pytest.raises(TransportLost):
        Recording(LostCard(), kept.append).transmit(b"\x00\x84\x00\x00\x08")
    assert [(each.name, each.status) for each in kept] == [("GET CHALLENGE", LOST)]


def test_an_exchange_is_timed() -> None:
    kept: list[Exchange] = []
    clock = iter([1.0, 1.0025]).__next__
    Recording(ScriptedCard("9000"), kept.append, clock).transmit(b"\x00\x84\x00\x00\x08")
    assert kept[0].microseconds == 2500
    assert kept[0].lines()[1] == "< 9000 OK  (2.5 ms)"


def test_an_exchange_travels_as_json() -> None:
    exchange = Exchange("VERIFY PIN", "00 20 00 80 [blanked]", "9000 OK", "", 12)
    assert Exchange.read(json.loads(json.dumps(exchange.as_json()))) == exchange


@pytest.mark.parametrize("members", [{}, {"name": 1}, {"microseconds": "1"}])
def test_what_is_no_exchange_is_not_read(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no exchange"):
        Exchange.read(members)
