"""The reader against a good chip, a clone, and somebody between the two."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from passport_cards import (
    CAN,
    MRZ,
    NUMBER,
    PORTRAIT,
    PassportCard,
    make_passport_card,
)

from chipcard_sim.chip import keys
from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.active_authentication import check_active_authentication
from chipcard_sim.terminal.chip_examination import Proof, examine_chip
from chipcard_sim.terminal.emrtd import EmrtdClient
from chipcard_sim.terminal.errors import (
    AnswerAltered,
    CardRefused,
    ChipNotGenuine,
    NotACard,
    WrongAccessKey,
)
from chipcard_sim.terminal.security_infos import ChipKey, chip_keys, read_data_group_14
from eid.emrtd.data_groups import build_dg2

BY_NUMBER, BY_ZONE = AccessKey.from_can(CAN), AccessKey.from_mrz(MRZ)
CHALLENGE = b"challeng"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PassportCard:
    return make_passport_card(tmp_path_factory.mktemp("passport"))


@pytest.fixture
def passport(made: PassportCard, tmp_path: Path) -> PassportCard:
    """A card that may be spoilt."""
    place = tmp_path / "spoilt.card"
    shutil.copy(made.place, place)
    return replace(made, place=place)


def spoil(passport: PassportCard, change: Callable[[CardState], CardState]) -> Card:
    Memory(passport.place).update(change)
    return passport.open()


def opened(card: Transport, key: AccessKey = BY_NUMBER) -> EmrtdClient:
    client = EmrtdClient(card)
    client.open(key)
    return client


def fixed(size: int) -> bytes:
    return CHALLENGE[:size]


@dataclass
class Between:
    """Somebody between reader and chip, who changes answers."""

    card: Transport
    change: Callable[[bytes, bytes], bytes]
    commands: list[bytes] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self.change(command, self.card.transmit(command))


def flipped(raw: bytes, at: int) -> bytes:
    at %= len(raw)
    return raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]


# A good chip


@pytest.mark.parametrize("key", [BY_NUMBER, BY_ZONE])
def test_pace_opens_the_chip_with_either_password__icao9303_11_4_4(
    made: PassportCard, key: AccessKey
) -> None:
    client = EmrtdClient(made.open())
    assert client.open(key).name == "PACE"
    assert client.read(0x0102) == build_dg2(PORTRAIT)
    assert client.read(0x0101)[5:].decode() == "".join(MRZ)


def test_basic_access_opens_the_chip_with_the_zone__icao9303_11_4_3(made: PassportCard) -> None:
    client = EmrtdClient(made.open())
    assert client.open_basic(BY_ZONE).name == "BAC"
    assert client.read(0x0102) == build_dg2(PORTRAIT)


def test_everything_but_the_way_in_is_protected__icao9303_11_9_8(made: PassportCard) -> None:
    line = Between(made.open(), lambda _, answer: answer)
    client = opened(line)
    before = len(line.commands)
    client.read(0x010F)
    assert all(command[0] == 0x0C for command in line.commands[before:])


def test_a_file_longer_than_an_offset_can_say_is_read_to_its_end__iso7816_4_7_2_1(
    passport: PassportCard,
) -> None:
    content = tlv.build(0x75, bytes(i % 253 for i in range(50_000)))
    card = spoil(passport, lambda state: replace(state, files={**state.files, 0x0102: content}))
    assert opened(card).read(0x0102) == content


def test_a_file_that_is_not_there_is_none_and_the_conversation_goes_on(made: PassportCard) -> None:
    client = opened(made.open())
    assert client.find(0x0103) is None
    with pytest.raises(CardRefused):
        client.read(0x0103)
    assert client.find(0x0101) is not None


def test_a_file_that_says_to_be_longer_than_it_is_is_refused(passport: PassportCard) -> None:
    short = bytes.fromhex("6182010000")
    card = spoil(passport, lambda state: replace(state, files={**state.files, 0x0101: short}))
    with pytest.raises((NotACard, CardRefused)):
        opened(card).read(0x0101)


def test_a_card_that_does_not_know_its_master_file_is_read_all_the_same(
    made: PassportCard,
) -> None:
    line = Between(made.open(Quirk.VN), lambda _, answer: answer)
    client = EmrtdClient(line)
    client.open(AccessKey.from_can(NUMBER[-6:]))
    assert line.commands[0].hex().upper() == "00A4000C023F00"
    assert client.read(0x0101)


def test_a_chip_without_pace_opens_with_the_zone_alone(passport: PassportCard) -> None:
    def without_pace(state: CardState) -> CardState:
        files = {name: each for name, each in state.files.items() if name != 0x011C}
        return replace(state, files=files)

    card = spoil(passport, without_pace)
    with pytest.raises(NotACard, match="access number"):
        EmrtdClient(card).open(BY_NUMBER)
    card.reset()
    assert EmrtdClient(card).open(BY_ZONE).name == "BAC"


def test_both_proofs_hold_on_a_good_chip__icao9303_11_6(made: PassportCard) -> None:
    seen = examine_chip(made.open(), BY_NUMBER, fixed)
    assert (seen.chip_authentication, seen.active_authentication) == (Proof.PROVEN, Proof.PROVEN)
    assert [(group.number, group.is_signed) for group in seen.groups] == [
        (number, True) for number in (1, 2, 13, 14, 15)
    ]
    assert (seen.announced, seen.hidden, seen.zone) == (True, (), MRZ)
    assert seen.signed.signer is not None
    assert "Document signer VN" in seen.signed.signer.subject


def test_after_chip_authentication_the_new_session_goes_on__icao9303_11_6_2(
    made: PassportCard,
) -> None:
    client = opened(made.open())
    (key,) = chip_keys(read_data_group_14(client.read(0x010E)))
    client.authenticate_chip(key)
    assert client.read(0x0101)
    client.authenticate_chip(key)  # and once more, on top of it
    assert client.read(0x0101)


def test_a_challenge_has_eight_bytes(made: PassportCard) -> None:
    client = opened(made.open())
    with pytest.raises(ValueError, match="eight"):
        client.sign_challenge(b"1234567")


# The wrong password


@pytest.mark.parametrize("can", ["000000", "271829"])
def test_a_wrong_number_opens_nothing__icao9303_11_4_4(made: PassportCard, can: str) -> None:
    with pytest.raises(WrongAccessKey):
        EmrtdClient(made.open()).open(AccessKey.from_can(can))


def test_a_wrong_zone_opens_nothing__icao9303_11_4_3(made: PassportCard) -> None:
    other = AccessKey.from_mrz_information("190000002490011583001156")
    with pytest.raises(WrongAccessKey):
        EmrtdClient(made.open()).open(other)
    with pytest.raises(WrongAccessKey):
        EmrtdClient(made.open()).open_basic(other)


def test_a_card_without_a_passport_is_none(tmp_path: Path, passport: PassportCard) -> None:
    del tmp_path
    card = spoil(passport, lambda state: replace(state, files={}))
    for key in (BY_NUMBER, BY_ZONE):
        card.reset()
        with pytest.raises(NotACard):
            EmrtdClient(card).open(key)


# A chip that knows nothing, and says yes to everything


def is_step(command: bytes, tag: int) -> bool:
    return command[1] == 0x86 and command[5] == 0x7C and command[7] == tag


@pytest.mark.parametrize("at", [-3, -10])
def test_a_chip_that_cannot_prove_the_password_is_found_out__icao9303_11_4_4_3_4(
    made: PassportCard, at: int
) -> None:
    def change(command: bytes, answer: bytes) -> bytes:
        return flipped(answer, at) if is_step(command, 0x85) else answer

    with pytest.raises(ChipNotGenuine):
        EmrtdClient(Between(made.open(), change)).open(BY_NUMBER)


def test_a_chip_that_sends_the_reader_s_own_key_back_is_found_out__icao9303_11_4_4_1(
    made: PassportCard,
) -> None:
    def change(command: bytes, answer: bytes) -> bytes:
        if not is_step(command, 0x83):
            return answer
        point = command[9 : 9 + 65]
        return tlv.build(0x7C, tlv.build(0x84, point)) + b"\x90\x00"

    with pytest.raises(ChipNotGenuine, match="own key"):
        EmrtdClient(Between(made.open(), change)).open(BY_NUMBER)


@pytest.mark.parametrize("tag", [0x81, 0x83])
def test_a_point_that_is_not_on_the_curve_is_refused__tr03111_3_2_2(
    made: PassportCard, tag: int
) -> None:
    def change(command: bytes, answer: bytes) -> bytes:
        return flipped(answer, -3) if is_step(command, tag) else answer

    with pytest.raises(NotACard, match="point"):
        EmrtdClient(Between(made.open(), change)).open(BY_NUMBER)


@pytest.mark.parametrize("at", [0, 20, -3])
def test_basic_access_checks_the_answer_of_the_chip__icao9303_11_4_3_1(
    made: PassportCard, at: int
) -> None:
    def change(command: bytes, answer: bytes) -> bytes:
        return flipped(answer[:-2], at) + answer[-2:] if command[1] == 0x82 else answer

    with pytest.raises(ChipNotGenuine):
        EmrtdClient(Between(made.open(), change)).open_basic(BY_ZONE)


def test_an_older_answer_is_not_taken_again__icao9303_11_4_3_1(made: PassportCard) -> None:
    heard: dict[int, bytes] = {}
    ear = Between(made.open(), lambda command, answer: heard.setdefault(command[1], answer))
    EmrtdClient(ear).open_basic(BY_ZONE)

    class Parrot:
        def transmit(self, command: bytes) -> bytes:
            return heard.get(command[1], b"\x90\x00")

    with pytest.raises(ChipNotGenuine, match="another challenge"):
        EmrtdClient(Parrot()).open_basic(BY_ZONE)


# Somebody on the line


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.booleans())
def test_a_changed_bit_of_a_protected_answer_ends_the_conversation__icao9303_11_9_8(
    made: PassportCard,
    at: int,
    is_basic: bool,  # noqa: FBT001 - drawn
) -> None:
    line = Between(made.open(), lambda _, answer: answer)
    client = EmrtdClient(line)
    if is_basic:
        client.open_basic(BY_ZONE)
    else:
        client.open(BY_NUMBER)
    line.change = lambda _, answer: flipped(answer, at)
    with pytest.raises((AnswerAltered, CardRefused, NotACard)):
        client.read(0x0102)
    line.change = lambda _, answer: answer
    with pytest.raises(NotACard, match="over"):
        client.read(0x0102)


def test_an_unprotected_answer_is_not_taken_for_a_protected_one__icao9303_11_9_8(
    made: PassportCard,
) -> None:
    line = Between(made.open(), lambda _, answer: answer)
    client = opened(line)
    line.change = lambda _, __: bytes.fromhex("61025F1F" + "9000")
    with pytest.raises(AnswerAltered):
        client.read(0x0101)


def test_an_unprotected_ok_is_not_taken_for_a_protected_one__icao9303_11_9_8(
    made: PassportCard,
) -> None:
    line = Between(made.open(), lambda _, answer: answer)
    client = opened(line)
    line.change = lambda _, __: b"\x90\x00"
    with pytest.raises(AnswerAltered):
        client.read(0x0101)


def test_after_an_unprotected_refusal_nothing_is_sent_in_plain(made: PassportCard) -> None:
    line = Between(made.open(), lambda _, answer: answer)
    client = opened(line)
    line.change = lambda _, __: b"\x69\x88"
    with pytest.raises(CardRefused):
        client.read(0x0101)
    sent = len(line.commands)
    with pytest.raises(NotACard):
        client.read(0x0101)
    assert len(line.commands) == sent


def test_an_answer_to_another_command_is_not_taken__icao9303_11_9_8_6(made: PassportCard) -> None:
    """Two answers swapped: the counter tells them apart."""
    held: list[bytes] = []

    def delay(_: bytes, answer: bytes) -> bytes:
        held.append(answer)
        return held[-2] if len(held) > 1 else answer

    line = Between(made.open(), lambda _, answer: answer)
    client = opened(line)
    line.change = delay
    with pytest.raises(AnswerAltered):
        client.read(0x0102)


def test_pace_taken_out_of_the_offers_is_noticed__icao9303_11_4_2(made: PassportCard) -> None:
    def deny(command: bytes, answer: bytes) -> bytes:
        return b"\x6a\x82" if command == bytes.fromhex("00A4020C02011C") else answer

    seen = examine_chip(Between(made.open(), deny), BY_ZONE, fixed)
    assert (seen.access.name, seen.announced) == ("BAC", False)


# A clone


def without_key(slot: int) -> Callable[[CardState], CardState]:
    return lambda state: replace(
        state, keys={each: key for each, key in state.keys.items() if each != slot}
    )


def with_other_key(slot: int) -> Callable[[CardState], CardState]:
    other = keys.generate(0x11)
    return lambda state: replace(state, keys={**state.keys, slot: other})


@pytest.mark.parametrize("spoilt", [without_key(0xCA), with_other_key(0xCA)])
def test_a_clone_fails_chip_authentication__icao9303_11_6_2(
    passport: PassportCard, spoilt: Callable[[CardState], CardState]
) -> None:
    seen = examine_chip(spoil(passport, spoilt), BY_NUMBER, fixed)
    assert (seen.chip_authentication, seen.active_authentication) == (Proof.FAILED, Proof.PROVEN)
    assert all(group.is_signed for group in seen.groups)


@pytest.mark.parametrize("spoilt", [without_key(0xAA), with_other_key(0xAA)])
def test_a_clone_fails_active_authentication__icao9303_11_6_1(
    passport: PassportCard, spoilt: Callable[[CardState], CardState]
) -> None:
    seen = examine_chip(spoil(passport, spoilt), BY_NUMBER, fixed)
    assert (seen.chip_authentication, seen.active_authentication) == (Proof.PROVEN, Proof.FAILED)


def test_the_key_of_data_group_14_decides_and_no_other__icao9303_11_6_2(
    made: PassportCard,
) -> None:
    client = opened(made.open())
    (key,) = chip_keys(read_data_group_14(client.read(0x010E)))
    other = ChipKey(key.curve, key.curve.multiply(7, key.curve.generator), key.key_id)
    with pytest.raises(ChipNotGenuine):
        client.authenticate_chip(other)


def test_an_altered_data_group_is_seen__icao9303_11_5_1(passport: PassportCard) -> None:
    def renamed(state: CardState) -> CardState:
        zone = state.files[0x0101].replace(b"MAU", b"TAM")
        return replace(state, files={**state.files, 0x0101: zone})

    seen = examine_chip(spoil(passport, renamed), BY_NUMBER, fixed)
    assert {group.number for group in seen.groups if not group.is_signed} == {1}


def test_a_signed_group_that_is_not_shown_is_told(passport: PassportCard) -> None:
    def without_face(state: CardState) -> CardState:
        files = {name: each for name, each in state.files.items() if name != 0x0102}
        return replace(state, files=files)

    assert examine_chip(spoil(passport, without_face), BY_NUMBER, fixed).hidden == (2,)


def test_a_chip_with_an_rsa_key_signs_with_message_recovery__iso9796_2(
    passport: PassportCard,
) -> None:
    made = keys.generate(0x07)
    card = spoil(passport, lambda state: replace(state, keys={**state.keys, 0xAA: made}))
    signature = opened(card).sign_challenge(CHALLENGE)
    public = tlv.build(0x6F, spki(made.private))
    check_active_authentication(public, (), CHALLENGE, signature)
    for wrong in (flipped(signature, 5), b"", signature + b"\x00", bytes(len(signature))):
        with pytest.raises(ChipNotGenuine):
            check_active_authentication(public, (), CHALLENGE, wrong)
    with pytest.raises(ChipNotGenuine):
        check_active_authentication(public, (), b"another.", signature)


def spki(private: bytes) -> bytes:
    public = load_der_private_key(private, password=None).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
