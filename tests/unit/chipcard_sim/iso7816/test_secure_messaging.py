import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response
from chipcard_sim.iso7816.block_ciphers import (
    Aes,
    BadPadding,
    CipherName,
    TripleDes,
    cmac,
    pad,
    unpad,
)
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, with_odd_parity
from chipcard_sim.iso7816.secure_messaging import MessagingBroken, SecureMessaging, is_protected

ENC, MAC = bytes(range(16)), bytes(range(16, 32))
CIPHERS = st.sampled_from(["3DES", "AES"])
COMMANDS = st.builds(
    Command,
    st.sampled_from([0x00, 0x10]),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=300),
    st.sampled_from([0, 1, 255, 256, 257, 4096, 65535, 65536]),
)
ANSWERS = st.builds(Response, st.binary(max_size=300), st.just(0x9000)) | st.builds(
    Response, st.just(b""), st.sampled_from([0x6A82, 0x6982, 0x6300, 0x6F00])
)


def both(cipher: CipherName, counter: int = 0) -> tuple[SecureMessaging, SecureMessaging]:
    return (
        SecureMessaging(cipher, ENC, MAC, counter),
        SecureMessaging(cipher, ENC, MAC, counter),
    )


@settings(max_examples=60, deadline=None)
@given(cipher=CIPHERS, passed=st.lists(st.tuples(COMMANDS, ANSWERS), min_size=1, max_size=4))
def test_what_one_end_protects_the_other_reads(
    cipher: CipherName, passed: list[tuple[Command, Response]]
) -> None:
    reader, card = both(cipher)
    for command, answer in passed:
        sent = Command.read(reader.wrap(command).build())
        assert is_protected(sent)
        got = card.unwrap(sent)
        assert (got.header, got.cla, got.data) == (command.header, command.cla, command.data)
        assert got.answer_size <= command.answer_size
        protected = Response.read(card.wrap_answer(answer).build())
        assert reader.unwrap_answer(protected) == answer


@settings(max_examples=60, deadline=None)
@given(cipher=CIPHERS, size=st.integers(1, 65536), odd=st.booleans())
def test_what_the_card_is_asked_for_fits_its_protected_answer(
    cipher: CipherName, size: int, *, odd: bool
) -> None:
    reader, card = both(cipher)
    sent = reader.wrap(Command(0, 0xB1 if odd else 0xB0, 0, 0, b"", size))
    wanted = card.unwrap(sent).answer_size
    answer = card.wrap_answer(Response(bytes(wanted), 0x9000))
    assert len(answer.data) <= sent.answer_size
    if size > 256:
        assert wanted >= size - 40
    else:
        assert wanted == min(size, 223 if cipher == "AES" else 231)


@pytest.mark.parametrize("cipher", ["3DES", "AES"])
def test_a_counter_at_its_end_starts_again(cipher: CipherName) -> None:
    reader, card = both(cipher, 2 ** (64 if cipher == "3DES" else 128) - 1)
    command = Command(0, 0xB0, 0, 0, b"", 1)
    assert card.unwrap(reader.wrap(command)) == command
    assert reader.unwrap_answer(card.wrap_answer(Response(b"\x01", 0x9000))).data == b"\x01"


@settings(max_examples=100, deadline=None)
@given(cipher=CIPHERS, data=st.binary(max_size=120), status=st.integers(0x6000, 0x9FFF))
def test_bytes_of_elsewhere_break_either_end_and_nothing_else(
    cipher: CipherName, data: bytes, status: int
) -> None:
    reader, card = both(cipher)
    with pytest.raises(MessagingBroken):
        card.unwrap(Command(0x0C, 0xB0, 0, 0, data, 256))
    with pytest.raises(MessagingBroken) as broken:
        reader.unwrap_answer(Response(data, status))
    if not data:
        assert broken.value.status == status


@pytest.mark.parametrize(
    ("cla", "told"),
    [
        (0x0C, True),
        (0x1C, True),
        (0x0D, True),
        (0x00, False),
        (0x04, False),
        (0x08, False),
        (0x8C, False),
        (0x2C, False),
        (0x4C, False),
    ],
)
def test_what_a_class_says__iso7816_4_5_4_1(cla: int, *, told: bool) -> None:
    assert is_protected(Command(cla, 0xB0, 0, 0)) is told


def test_an_odd_instruction_has_its_own_cryptogram__icao9303_11_9_8_4() -> None:
    reader, card = both("AES")
    sent = reader.wrap(Command(0, 0xB1, 0, 0, b"\x54\x01\x00", 256))
    assert sent.data[:2] == b"\x85\x10"
    assert card.unwrap(sent).data == b"\x54\x01\x00"
    answer = card.wrap_answer(Response(b"\x53\x01\xaa", 0x9000))
    assert answer.data[:2] == b"\x85\x10"
    assert reader.unwrap_answer(answer).data == b"\x53\x01\xaa"


def test_another_status_inside_than_outside_is_not_believed() -> None:
    reader, card = both("AES")
    card.unwrap(reader.wrap(Command(0, 0xB0, 0, 0, b"", 1)))
    answer = card.wrap_answer(Response(b"", 0x6A82))
    with pytest.raises(MessagingBroken):
        reader.unwrap_answer(Response(answer.data, 0x9000))


def test_beside_an_error_only_its_own_protected_status_is_read__iso7816_4_10_3() -> None:
    mac = bytes.fromhex("8E080102030405060708")
    assert Response.read(b"\x99\x02\x6a\x82" + mac + b"\x6a\x82").status == 0x6A82
    for bad in (b"\x99\x02\x90\x00" + mac + b"\x6a\x82", mac + b"\x6a\x82", b"\x00\x6a\x82"):
        with pytest.raises(MalformedApdu):
            Response.read(bad)


# The ciphers


@pytest.mark.parametrize("suite", [TripleDes(ENC, MAC), Aes(ENC, MAC)])
@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 16, 17, 64])
def test_a_suite_undoes_what_it_does(suite: TripleDes | Aes, size: int) -> None:
    padded = pad(bytes(size), suite.block)
    counter = bytes(suite.block)
    assert suite.decrypt(suite.encrypt(padded, counter), counter) == padded
    assert unpad(padded) == bytes(size)
    assert len(suite.checksum(bytes(size))) == 8


def test_only_aes_mixes_the_counter_in__icao9303_11_9_8_6() -> None:
    block = bytes(16)
    aes, des = Aes(ENC, MAC), TripleDes(ENC, MAC)
    assert aes.encrypt(block, bytes(16)) != aes.encrypt(block, bytes(15) + b"\x01")
    assert des.encrypt(block, bytes(8)) == des.encrypt(block, bytes(7) + b"\x01")


def test_cmac__rfc4493_4() -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert cmac(key, b"").hex() == "bb1d6929e9593728"
    assert cmac(key, bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")).hex() == "070a16b46b4d4144"


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01", b"\x80\x01", bytes(16)])
def test_what_is_not_padded_is_refused__iso9797_1_6_3_2(data: bytes) -> None:
    with pytest.raises(BadPadding):
        unpad(data)


def test_des_keys_have_odd_parity_and_aes_keys_are_left() -> None:
    secret = bytes(range(20))
    des, aes = (derive_key(secret, Purpose.ENCRYPTION, each) for each in ("3DES", "AES"))
    assert des == with_odd_parity(aes) != aes
    assert all(byte.bit_count() % 2 for byte in with_odd_parity(bytes(range(256))))
    assert all(a | 1 == b | 1 for a, b in zip(aes, des, strict=True))
