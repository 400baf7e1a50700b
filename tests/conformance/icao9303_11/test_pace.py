"""ICAO 9303-11, 4.4: PACE with the generic mapping."""

from dataclasses import replace

import pytest
from unit.chipcard_sim.passports import (
    CAN,
    COMMON,
    MASTER_FILE,
    MRZ_SECRET,
    PACE,
    PASSPORT,
    PassportReader,
    scalar,
    token,
)

from chipcard_sim.iso7816.block_ciphers import aes_decrypt
from chipcard_sim.iso7816.curves import BRAINPOOL_P256R1, P256, Point
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, derive_session

CURVE = BRAINPOOL_P256R1
BASE = CURVE.encode(CURVE.generator)


@pytest.mark.parametrize("parameter", [None, 12, 13])
@pytest.mark.parametrize(("secret", "reference"), [(MRZ_SECRET, 1), (CAN, 2)])
def test_each_password_opens_on_each_curve__9303_11_4_4_4_1(
    reader: PassportReader, secret: bytes, reference: int, parameter: int | None
) -> None:
    assert reader.pace(secret, reference, parameter) == "9000"
    assert reader.ask(PASSPORT) == "9000"
    assert reader.read(0x011E) == COMMON


@pytest.mark.parametrize(
    ("secret", "reference"), [(bytes(20), 1), (b"246803", 2), (CAN, 1), (MRZ_SECRET, 2)]
)
def test_another_password_does_not__9303_11_4_4_4_2(
    reader: PassportReader, secret: bytes, reference: int
) -> None:
    assert reader.pace(secret, reference) == "6300"
    assert reader.step((0x85, bytes(8)), is_last=True) == (b"", "6985")  # and leaves no state
    assert reader.plain(PASSPORT) == "9000"
    assert reader.plain("00B0810000") == "6982"
    assert reader.pace() == "9000"  # nothing is blocked


def test_it_opens_where_the_reader_stands(reader: PassportReader) -> None:
    assert reader.plain(PASSPORT) == "9000"
    assert reader.pace() == "9000"
    assert reader.read(0x011E) == COMMON


def test_it_is_not_run_inside_a_session(inside: PassportReader) -> None:
    assert inside.ask(f"0022C1A40F800A{PACE}830101") == "6985"
    assert inside.read(0x011E) == COMMON


def test_a_plain_choice_starts_anew(inside: PassportReader) -> None:
    assert inside.pace() == "9000"
    assert inside.read(0x011E) == COMMON


def test_every_nonce_and_key_is_another__9303_11_4_4_3_3(reader: PassportReader) -> None:
    nonces, points = set(), set()
    for _ in range(8):
        assert reader.begin_pace() == "9000"
        nonces.add(reader.step()[0])
        points.add(reader.step((0x81, BASE))[0])
        points.add(reader.step((0x83, BASE))[0])
    assert (len(nonces), len(points)) == (8, 16)


# Order: a step out of turn is refused, and everything begun is forgotten.


def at_step(reader: PassportReader, count: int) -> None:
    """A run that has gone this many steps."""
    assert reader.begin_pace() == "9000"
    steps: list[tuple[tuple[int, bytes], ...]] = [(), ((0x81, BASE),), ((0x83, BASE),)]
    for step in steps[:count]:
        assert reader.step(*step)[1] == "9000"


RIGHT: list[int | None] = [None, 0x81, 0x83, 0x85]
WRONG = [
    (count, tag)
    for count in range(4)
    for tag in (None, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86)
    if tag != RIGHT[count]
]


@pytest.mark.parametrize(("count", "tag"), WRONG)
def test_a_step_out_of_turn_ends_the_run__9303_11_4_4_4_2(
    reader: PassportReader, count: int, tag: int | None
) -> None:
    at_step(reader, count)
    assert reader.step(*(() if tag is None else ((tag, BASE),)))[1] == "6985"
    right = RIGHT[count]
    assert reader.step(*(() if right is None else ((right, BASE),)))[1] == "6985"


@pytest.mark.parametrize("count", range(4))
@pytest.mark.parametrize("between", ["00B09C0000", MASTER_FILE, PASSPORT, "00840000", "00FF0000"])
def test_another_command_ends_the_run(reader: PassportReader, count: int, between: str) -> None:
    at_step(reader, count)
    reader.plain(between)
    right = RIGHT[count]
    assert reader.step(*(() if right is None else ((right, BASE),)))[1] == "6985"


def test_a_nonce_serves_once__9303_11_4_4_3_3(reader: PassportReader) -> None:
    at_step(reader, 1)
    assert reader.step((0x81, b"\x04" + bytes(64)))[1] == "6A80"
    assert reader.step((0x81, BASE))[1] == "6985"
    at_step(reader, 3)
    assert reader.step((0x85, bytes(8)), is_last=True)[1] == "6300"
    assert reader.step((0x83, BASE))[1] == "6985"
    assert reader.step((0x81, BASE))[1] == "6985"


def test_a_step_without_a_choice_is_refused(reader: PassportReader) -> None:
    assert reader.step()[1] == "6985"


# Points and tokens

X, Y = CURVE.generator.x, CURVE.generator.y
BAD_POINTS = {
    "empty": b"",
    "infinity": b"\x00",
    "zeros": b"\x04" + bytes(64),
    "off the curve": b"\x04" + X.to_bytes(32) + (Y + 1).to_bytes(32),
    "compressed": b"\x02" + X.to_bytes(32),
    "hybrid": b"\x06" + BASE[1:],
    "short": BASE[:-1],
    "long": BASE + b"\x00",
    "x of the field's size": b"\x04" + CURVE.p.to_bytes(32) + Y.to_bytes(32),
    "y past the field": b"\x04" + X.to_bytes(32) + b"\xff" * 32,
    "another curve's": P256.encode(P256.generator),
}


@pytest.mark.parametrize("name", BAD_POINTS)
@pytest.mark.parametrize(("count", "tag"), [(1, 0x81), (2, 0x83)])
def test_what_is_no_point_of_the_curve_is_refused__9303_11_4_4_3_3(
    reader: PassportReader, name: str, count: int, tag: int
) -> None:
    at_step(reader, count)
    assert reader.step((tag, BAD_POINTS[name]))[1] == "6A80"


def run_to_token(reader: PassportReader) -> tuple[bytes, bytes]:
    """An honest run up to its last step: the key of the tokens, and the card's public key."""
    assert reader.begin_pace() == "9000"
    nonce = aes_decrypt(derive_key(MRZ_SECRET, Purpose.PASSWORD, "AES"), reader.step()[0])
    own = scalar()
    raw, _ = reader.step((0x81, CURVE.encode(CURVE.multiply(own, CURVE.generator))))
    generator = CURVE.map_generator(nonce, CURVE.multiply(own, CURVE.decode(raw)))
    mapped = replace(CURVE, generator=generator)
    own = scalar()
    raw, _ = reader.step((0x83, mapped.encode(mapped.multiply(own, generator))))
    secret = mapped.secret(mapped.multiply(own, mapped.decode(raw)))
    return derive_session(secret, "AES")[1], raw


def test_the_reader_s_token_is_checked_to_the_last_bit__9303_11_4_4_3_4(
    reader: PassportReader,
) -> None:
    for place in (0, 7):
        key_mac, raw = run_to_token(reader)
        changed = bytearray(token(key_mac, raw))
        changed[place] ^= 1
        assert reader.step((0x85, bytes(changed)), is_last=True)[1] == "6300"
    for size in (0, 7, 16):
        key_mac, raw = run_to_token(reader)
        assert reader.step((0x85, (token(key_mac, raw) * 2)[:size]), is_last=True)[1] == "6300"


def test_a_token_over_another_key_is_refused__9303_11_4_4_3_4(
    reader: PassportReader,
) -> None:
    key_mac, raw = run_to_token(reader)
    changed = bytearray(raw)
    changed[-1] ^= 1  # over another key than the card's
    assert reader.step((0x85, token(key_mac, bytes(changed))), is_last=True)[1] == "6300"


def test_equal_public_keys_are_refused__9303_11_4_4_3_3(
    reader: PassportReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror sends the card's own key back: with loaded dice it is known beforehand."""
    from chipcard_sim.applications.emrtd import pace  # noqa: PLC0415 - to load its dice

    monkeypatch.setattr(pace, "draw_scalar", lambda _curve: 7)
    assert reader.begin_pace() == "9000"
    nonce = aes_decrypt(derive_key(MRZ_SECRET, Purpose.PASSWORD, "AES"), reader.step()[0])
    raw, _ = reader.step((0x81, BASE))
    generator: Point = CURVE.map_generator(nonce, CURVE.decode(raw))
    mirrored = CURVE.encode(CURVE.multiply(7, generator))
    assert reader.step((0x83, mirrored))[1] == "6300"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (f"800A{PACE}830101", "9000"),
        (f"830101800A{PACE}84010C", "9000"),
        (f"800A{PACE}830103", "6A88"),  # PIN: this card has none
        (f"800A{PACE}830104", "6A88"),
        (f"800A{PACE}830100", "6A88"),
        (f"800A{PACE}83020001", "6A80"),
        (f"800A{PACE}8300", "6A80"),
        (f"800A{PACE}83010184010B", "6A80"),  # parameters that are not announced
        (f"800A{PACE}830101840100", "6A80"),
        (f"800A{PACE}8301018402000D", "6A80"),
        ("800A04007F00070202040102830101", "6A80"),  # Diffie-Hellman
        ("800A04007F00070202040204830101", "6A80"),  # AES-256
        ("8009" + PACE[:-2] + "830101", "6A80"),
        (f"800A{PACE}", "6A80"),
        ("830101", "6A80"),
        ("", "6A80"),
        (f"800A{PACE}830101830102", "6A80"),  # which one?
        (f"800A{PACE}8301019F0101", "6A80"),
        (f"800A{PACE}8301", "6A80"),
        ("FF", "6A80"),
    ],
)
def test_what_may_be_chosen__9303_11_4_4_4_1(
    reader: PassportReader, fields: str, status: str
) -> None:
    length = f"{len(fields) // 2:02X}" if fields else ""
    assert reader.plain(f"0022C1A4{length}{fields}") == status


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("10860000027C0001" + "00", "6700"),
        ("1086000002" + "7D00" + "00", "6A80"),
        ("1086000004" + "7C028100" + "00", "6985"),
        ("1086000006" + "7C0481008300" + "00", "6A80"),
        ("1086000003" + "7C0281" + "00", "6A80"),
        ("10860000", "6A80"),
        ("1086000102" + "7C00" + "00", "6A86"),
        ("0086000002" + "7C00" + "00", "7C12"),  # some readers do not say that more comes
        ("9086000002" + "7C00" + "00", "6E00"),
        ("1186000002" + "7C00" + "00", "6E00"),
    ],
)
def test_a_step_out_of_form_is_refused(reader: PassportReader, command: str, status: str) -> None:
    assert reader.begin_pace() == "9000"
    assert reader.plain(command).startswith(status)


def test_a_step_within_another_command_s_chain_breaks_it__iso7816_4_5_3_3(
    reader: PassportReader,
) -> None:
    assert reader.plain(f"1022C1A40C800A{PACE}") == "9000"
    assert reader.step()[1] == "6883"
    assert reader.plain("0022C1A403830101") == "6A80"  # no chain to be the end of
