"""ICAO 9303-11, 6.1 and 6.2: active and chip authentication, the proofs that a chip is no copy."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from unit.chipcard_sim.cards import change_state
from unit.chipcard_sim.passports import (
    ACTIVE,
    CHIP,
    CHIP_AUTHENTICATION,
    COMMON,
    MASTER_FILE,
    PASSPORT,
    PassportReader,
    made_key,
    opened,
    passport_card,
    public_point,
)

from chipcard_sim.applications.emrtd import active_authentication
from chipcard_sim.chip import keys
from chipcard_sim.chip.keys import KeyAlgorithm
from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.curves import P256

CHALLENGE = "0102030405060708"
SIGN = f"0088000008{CHALLENGE}00"
POINT = P256.encode(P256.generator)


def with_key(path: Path, slot: int, stored: StoredKey | None) -> PassportReader:
    """A reader inside a card that has this key, or none, in a slot."""
    card = passport_card(path)
    kept = {} if stored is None else {slot: stored}

    change_state(
        path,
        lambda state: replace(
            state, keys={each: key for each, key in state.keys.items() if each != slot} | kept
        ),
    )
    return opened(card)


def checked(stored: StoredKey, signature: bytes, challenge: bytes) -> None:
    key = load_der_private_key(stored.private, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    key.public_key().verify(encode_dss_signature(r, s), challenge, ec.ECDSA(SHA256()))


# Active authentication


def test_the_chip_signs_plainly__9303_11_6_1(inside: PassportReader) -> None:
    answer = inside.protected(SIGN)
    assert len(answer.data) == 64
    checked(made_key(ACTIVE), answer.data, bytes.fromhex(CHALLENGE))


def test_a_leading_zero_of_a_signature_stays__tr03111_5_2_1() -> None:
    challenge, seen = bytes.fromhex(CHALLENGE), set[int]()
    for _ in range(9000):
        signature = active_authentication.sign(made_key(ACTIVE), challenge)
        assert len(signature) == 64
        if found := {place for place in (0, 32) if signature[place] == 0}:
            checked(made_key(ACTIVE), signature, challenge)
            seen |= found
        if len(seen) == 2:
            return
    pytest.fail("in nine thousand signatures none began with a zero")


def test_an_rsa_chip_s_signature_carries_half_its_message__iso9796_2_8(tmp_path: Path) -> None:
    stored = made_key(ACTIVE, KeyAlgorithm.RSA_2048)
    reader = with_key(tmp_path / "chip", ACTIVE, stored)
    first, second = (whole_answer(reader) for _ in range(2))
    assert first != second  # M1 is fresh each time
    fields = tlv.by_tag(tlv.value(keys.public_key(stored), 0x7F49))
    modulus, exponent = (int.from_bytes(fields[each]) for each in (0x81, 0x82))
    block = pow(int.from_bytes(first), exponent, modulus).to_bytes(256)
    assert (block[:1], block[-2:]) == (b"\x6a", b"\x34\xcc")
    recovered, digest = block[1:-34], block[-34:-2]
    assert hashlib.sha256(recovered + bytes.fromhex(CHALLENGE)).digest() == digest


def whole_answer(reader: PassportReader) -> bytes:
    """An answer of 256 bytes is longer under protection: the rest is fetched."""
    from chipcard_sim.iso7816.apdu import Command  # noqa: PLC0415 - used here alone
    from chipcard_sim.iso7816.chaining import exchange  # noqa: PLC0415 - as above

    assert reader.session is not None
    wrapped = reader.session.wrap(Command.read(bytes.fromhex(SIGN)))
    answer = reader.session.unwrap_answer(exchange(reader.card, wrapped))
    assert answer.is_ok
    return answer.data


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("0088000007" + "AA" * 7 + "00", "6700"),
        ("0088000009" + "AA" * 9 + "00", "6700"),
        ("0088000000", "6700"),
        ("0088000108" + "AA" * 8 + "00", "6A86"),
        ("0088110008" + "AA" * 8 + "00", "6A86"),
    ],
)
def test_a_challenge_is_eight_bytes__9303_11_6_1_4(
    inside: PassportReader, command: str, status: str
) -> None:
    assert inside.ask(command) == status


def test_nobody_asks_the_chip_before_it_is_open__9303_11_6_1(reader: PassportReader) -> None:
    for start in (MASTER_FILE, PASSPORT):
        assert reader.plain(start) == "9000"
        assert reader.plain(SIGN) == "6982"


def test_the_chip_s_keys_belong_to_the_application(inside: PassportReader) -> None:
    assert inside.ask(MASTER_FILE) == "9000"
    assert inside.ask(SIGN) == "6985"
    assert inside.ask(f"002241A40C800A{CHIP_AUTHENTICATION}") == "6985"


@pytest.mark.parametrize("slot", [ACTIVE, CHIP])
def test_a_copy_without_the_chip_s_key_proves_nothing(tmp_path: Path, slot: int) -> None:
    reader = with_key(tmp_path / "chip", slot, None)
    if slot == ACTIVE:
        assert reader.ask(SIGN) == "6A88"
    else:
        assert reader.chip_authentication(POINT) == "6A88"


# Chip authentication


def test_a_new_session_with_the_chip_s_key__9303_11_6_2(inside: PassportReader) -> None:
    assert inside.chip_authentication(public_point(made_key(CHIP))) == "7C009000"
    assert inside.read(0x011E) == COMMON
    assert len(inside.protected(SIGN).data) == 64
    assert inside.chip_authentication(public_point(made_key(CHIP))) == "7C009000"
    assert inside.read(0x011E) == COMMON


def test_the_answer_comes_under_the_old_keys_and_no_other_does__9303_11_6_2(
    inside: PassportReader,
) -> None:
    old = inside.session
    assert inside.chip_authentication(public_point(made_key(CHIP))) == "7C009000"
    new, inside.session = inside.session, old
    with pytest.raises(Exception, match="6988"):
        inside.ask("00B09E0000")
    inside.session = new
    assert inside.plain("00B0810000") == "6982"  # and the new session ended with it


def test_a_reader_with_another_key_of_the_chip_gets_no_further__9303_11_6_2(
    inside: PassportReader,
) -> None:
    assert inside.chip_authentication(public_point(made_key(ACTIVE))) == "7C009000"
    with pytest.raises(Exception, match="6988"):
        inside.ask("00B09E0000")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (f"800A{CHIP_AUTHENTICATION}", "9000"),
        (f"800A{CHIP_AUTHENTICATION}840101", "9000"),
        ("800A04007F00070202030201", "6A80"),  # 3DES
        ("800A04007F00070202040202", "6A80"),  # PACE
        (f"800A{CHIP_AUTHENTICATION}830101", "6A80"),
        ("840101", "6A80"),
        ("", "6A80"),
    ],
)
def test_what_may_be_chosen__9303_11_6_2_4(
    inside: PassportReader, fields: str, status: str
) -> None:
    length = f"{len(fields) // 2:02X}" if fields else ""
    assert inside.ask(f"002241A4{length}{fields}") == status


def test_there_is_no_step_back_to_3des(inside: PassportReader) -> None:
    assert inside.ask(f"002241A643{'91'}41{POINT.hex()}") == "6A86"


@pytest.mark.parametrize(
    "point",
    [b"", b"\x04" + bytes(64), POINT[:-1], b"\x06" + POINT[1:], POINT[:-1] + b"\x00", b"\x00"],
    ids=["empty", "zeros", "short", "hybrid", "off the curve", "infinity"],
)
def test_what_is_no_point_leaves_the_old_session__9303_11_6_2(
    inside: PassportReader, point: bytes
) -> None:
    assert inside.ask(f"002241A40C800A{CHIP_AUTHENTICATION}") == "9000"
    template = tlv.build(0x7C, tlv.build(0x80, point)).hex()
    assert inside.ask(f"00860000{len(template) // 2:02X}{template}00") == "6A80"
    assert inside.ask(f"00860000457C438041{POINT.hex()}00") == "6985"  # chosen for one attempt
    assert inside.read(0x011E) == COMMON


def test_a_choice_does_not_outlive_the_session(inside: PassportReader) -> None:
    assert inside.ask(f"002241A40C800A{CHIP_AUTHENTICATION}") == "9000"
    assert inside.plain(f"00860000457C438041{POINT.hex()}00") == "6982"
    assert inside.plain(f"002241A40C800A{CHIP_AUTHENTICATION}") == "6982"
