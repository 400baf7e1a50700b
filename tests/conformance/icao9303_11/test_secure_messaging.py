"""ICAO 9303-11, 9.8: what passes under a session, and what ends it."""

from collections.abc import Callable

import pytest
from unit.chipcard_sim.cards import PIV, verify
from unit.chipcard_sim.passports import COMMON, PASSPORT, PassportReader

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command, Response
from chipcard_sim.iso7816.secure_messaging import MessagingBroken, SecureMessaging

READ = "00B09E0000"


def wrapped(reader: PassportReader, command: str = READ) -> bytes:
    assert reader.session is not None
    return reader.session.wrap(Command.read(bytes.fromhex(command))).build()


def sent(reader: PassportReader, raw: bytes) -> str:
    return reader.card.transmit(raw).hex().upper()


def is_closed(reader: PassportReader) -> bool:
    """Whether keys and rights are gone: even an honest command finds no session."""
    return sent(reader, wrapped(reader)) == "6882" and reader.plain("00B09E0000") == "6982"


@pytest.mark.parametrize("place", [1, 2, 3, 5, 6, 7, -10, -9, -8, -2])
def test_a_changed_bit_ends_the_session__9303_11_9_8_5(inside: PassportReader, place: int) -> None:
    changed = bytearray(wrapped(inside))
    changed[place] ^= 1
    assert sent(inside, bytes(changed)) in {"6988", "6987"}
    assert is_closed(inside)


def test_a_changed_class_is_not_under_the_checksum_either(inside: PassportReader) -> None:
    changed = bytearray(wrapped(inside))
    changed[0] |= 0x10  # as if more came
    assert sent(inside, bytes(changed)) == "6988"
    assert is_closed(inside)


def test_without_a_checksum_the_session_ends__9303_11_9_8_5(inside: PassportReader) -> None:
    assert sent(inside, bytes.fromhex("0CB09E000397010000")) == "6987"
    assert is_closed(inside)


def test_a_command_sent_again_ends_the_session__9303_11_9_8_2(inside: PassportReader) -> None:
    once = wrapped(inside)
    assert sent(inside, once).endswith("9000")
    assert sent(inside, once) == "6988"
    assert is_closed(inside)


def test_a_command_left_out_ends_the_session__9303_11_9_8_2(inside: PassportReader) -> None:
    wrapped(inside)
    assert sent(inside, wrapped(inside)) == "6988"


def test_two_commands_exchanged_end_the_session__9303_11_9_8_2(inside: PassportReader) -> None:
    first = wrapped(inside)
    second = wrapped(inside, "00B0810000")
    assert sent(inside, second) == "6988"
    assert sent(inside, first) == "6882"


def test_a_plain_command_ends_the_session_and_is_carried_out__9303_11_9_8_3(
    inside: PassportReader,
) -> None:
    assert inside.plain("00B0810000") == "6982"
    assert is_closed(inside)
    assert inside.plain(PASSPORT) == "9000"
    assert inside.bac() == "9000"


@pytest.mark.parametrize("command", ["04B09E0000", "08B09E0000", "8CB09E0000", "2CB09E0000"])
def test_other_kinds_of_protection_are_not_spoken(inside: PassportReader, command: str) -> None:
    assert inside.plain(command) == "6E00"
    assert is_closed(inside)


def test_an_error_is_protected_too__9303_11_9_8_4(inside: PassportReader) -> None:
    answer = bytes.fromhex(sent(inside, wrapped(inside, "00A4020C020103")))
    assert answer[:4] == b"\x99\x02\x6a\x82"
    assert answer[4:6] == b"\x8e\x08"
    assert answer[-2:] == b"\x6a\x82"
    assert len(answer) == 16
    assert inside.session is not None
    assert inside.session.unwrap_answer(Response.read(answer)) == Response(b"", 0x6A82)
    assert inside.read(0x011E) == COMMON  # and the session goes on


def test_a_protected_command_without_a_session_is_not_understood(reader: PassportReader) -> None:
    for start in ("00A4000C", PASSPORT, PIV):
        assert reader.plain(start).endswith("9000")
        assert reader.plain("0CB09E000D9701008E08AAAAAAAAAAAAAAAA00") == "6882"


# Forms inside a right checksum: only who has the keys can send them.


def forged(session: SecureMessaging, body: str, command: str = "0CB09E00") -> bytes:
    """A command with these fields and a right checksum."""
    head = bytes.fromhex(command)
    session._step(head[1])
    header = Command(*head)
    data = bytes.fromhex(body)
    whole = data + session._mac_field(data, session._header(header))
    return head + bytes((len(whole),)) + whole + b"\x00"


@pytest.mark.parametrize(
    "body",
    [
        "9700",  # a wanted length of no bytes
        "9703000100",
        "970100970100",  # twice: which one?
        "990290009701009F010101",
        "87",
        "8700970100",
        "870101970100",  # a cryptogram of no blocks
        "87050102030405",  # of half a block
        "87090211223344556677889701" + "00",  # another padding
        "8710" + "11" * 16,  # without its indicator
        "8510" + "11" * 16,  # the odd form for an even instruction
        "0000",
        "FF",
    ],
)
def test_fields_that_do_not_belong_end_the_session__9303_11_9_8_5(
    inside: PassportReader, body: str
) -> None:
    assert inside.session is not None
    assert sent(inside, forged(inside.session, body)) == "6988"
    assert is_closed(inside)


def test_a_cryptogram_without_padding_ends_the_session(inside: PassportReader) -> None:
    session = inside.session
    assert session is not None
    session._step(0xB0)
    block = session._suite.block
    cryptogram = tlv.build(0x87, b"\x01" + session._suite.encrypt(bytes(block), session._ssc))
    data = cryptogram + session._mac_field(
        cryptogram, session._header(Command(0x0C, 0xB0, 0x9E, 0))
    )
    assert sent(inside, b"\x0c\xb0\x9e\x00" + bytes((len(data),)) + data + b"\x00") == "6988"


# Chains and other applications


def test_a_chain_passes_link_by_link_each_protected(inside: PassportReader) -> None:
    """CLA 1C: SELECT in two links, joined after each was checked."""
    assert inside.ask("10A4020C0101") == "9000"
    assert inside.ask("00A4020C011E") == "9000"
    assert inside.protected("00B0000000").data == COMMON


def test_a_chain_begun_under_protection_is_not_ended_without(inside: PassportReader) -> None:
    assert inside.ask("10A4020C0101") == "9000"
    assert inside.plain("00A4020C011E") == "6700"  # one byte, no file identifier
    assert is_closed(inside)


def test_selecting_piv_under_protection_is_answered_so_and_ends_it(
    inside: PassportReader,
) -> None:
    assert inside.protected(PIV).is_ok
    assert sent(inside, wrapped(inside)) == "6882"
    assert inside.plain("00200080") == "63C3"  # it is PIV that answers
    assert inside.plain(PASSPORT) == "9000"
    assert inside.plain("00B0810000") == "6982"


def test_selecting_piv_plainly_ends_it(inside: PassportReader) -> None:
    assert inside.plain(PIV).endswith("9000")
    assert sent(inside, wrapped(inside)) == "6882"
    assert inside.plain(verify()) == "9000"


def test_a_pin_opens_no_passport_and_an_mrz_no_piv(inside: PassportReader) -> None:
    assert inside.plain(PIV).endswith("9000")
    assert inside.plain("00CB3FFF055C035FC10900") == "6982"  # printed information: PIN
    assert inside.plain(verify()) == "9000"
    assert inside.plain(PASSPORT) == "9000"
    assert inside.plain("00B0810000") == "6982"
    assert inside.plain(PIV).endswith("9000")
    assert inside.plain("00200080") == "63C3"  # the PIN was forgotten in between


def test_a_selection_that_fails_leaves_the_session(inside: PassportReader) -> None:
    assert inside.ask("00A4040009A00000030800002000") == "6A82"
    assert inside.read(0x011E) == COMMON


def test_commands_of_piv_are_unknown_to_the_passport(inside: PassportReader) -> None:
    assert inside.ask("00CB3FFF035C017E00") == "6D00"
    assert inside.ask(verify()) == "6D00"
    assert inside.read(0x011E) == COMMON


# The reader's end


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: answer[:-2],  # no status word beside
        lambda answer: answer[:-2] + b"\x6a\x82",
        lambda answer: bytes((answer[0] ^ 1,)) + answer[1:],
        lambda answer: answer[:3] + bytes((answer[3] ^ 1,)) + answer[4:],
        lambda answer: answer[:-3] + bytes((answer[-3] ^ 1,)) + answer[-2:],
        lambda _answer: b"\x90\x00",
        lambda _answer: b"\x69\x88",
    ],
    ids=["cut", "another status", "tag", "data", "checksum", "plain ok", "plain error"],
)
def test_a_reader_believes_no_answer_that_was_changed__9303_11_9_8(
    inside: PassportReader, change: Callable[[bytes], bytes]
) -> None:
    answer = change(inside.card.transmit(wrapped(inside)))
    assert inside.session is not None
    with pytest.raises((MessagingBroken, ValueError)):
        inside.session.unwrap_answer(Response.read(answer))


def test_a_reader_believes_no_answer_twice__9303_11_9_8_2(inside: PassportReader) -> None:
    answer = Response.read(inside.card.transmit(wrapped(inside)))
    assert inside.session is not None
    assert inside.session.unwrap_answer(answer).data == COMMON
    with pytest.raises(MessagingBroken):
        inside.session.unwrap_answer(answer)
