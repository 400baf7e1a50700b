import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.curves import BRAINPOOL_P256R1, P256
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.security_infos import (
    chip_keys,
    pace_offers,
    read_data_group_14,
    read_security_infos,
)

# As cards in the field show it: terminal authentication, chip authentication, PACE on curve 13.
FIELD = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F00070202030202020101"
    "3012060A04007F0007020204020202010202010D"
)
PACE, CHIP_AUTHENTICATION = "04007F00070202040202", "04007F00070202030202"


def row(protocol: str, *fields: bytes) -> bytes:
    return tlv.build(0x30, tlv.build(0x06, bytes.fromhex(protocol)) + b"".join(fields))


def number(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return tlv.build(0x02, value.to_bytes(size, "big"))


def infos(*rows: bytes) -> bytes:
    return tlv.build(0x31, b"".join(rows))


def explicit_key(curve: object = P256, **changed: int) -> bytes:
    """A public key with all numbers of its curve, one of them changed."""
    assert curve is P256 or curve is BRAINPOOL_P256R1
    known = P256 if curve is P256 else BRAINPOOL_P256R1
    size = known.size
    said = {"p": known.p, "a": known.a % known.p, "b": known.b, "order": known.order} | changed
    generator = known.multiply(said.pop("times", 1), known.generator)
    parameters = tlv.build(
        0x30,
        number(1)
        + tlv.build(0x30, bytes.fromhex("06072A8648CE3D0101") + number(said["p"]))
        + tlv.build(
            0x30, b"".join(tlv.build(0x04, said[each].to_bytes(size, "big")) for each in "ab")
        )
        + tlv.build(0x04, known.encode(generator))
        + number(said["order"])
        + number(1),
    )
    return key_with(parameters, known.encode(known.multiply(5, known.generator)))


def key_with(parameters: bytes, point: bytes) -> bytes:
    algorithm = tlv.build(0x30, bytes.fromhex("06072A8648CE3D0201") + parameters)
    return tlv.build(0x30, algorithm + tlv.build(0x03, b"\x00" + point))


def data_group_14(*keys: bytes, announced: bytes | None = None) -> bytes:
    rows = [row("04007F000702020102", each) for each in keys]
    offer = row(CHIP_AUTHENTICATION, number(1)) if announced is None else announced
    return tlv.build(0x6E, infos(offer, *rows))


def test_the_offers_of_a_card_in_the_field_are_read() -> None:
    read = read_security_infos(FIELD)
    assert len(read) == 3
    (offer,) = pace_offers(read)
    assert (offer.parameters, offer.curve) == (13, BRAINPOOL_P256R1)


def test_only_pace_that_this_reader_speaks_is_an_offer() -> None:
    read = read_security_infos(
        infos(
            row("04007F00070202040204", number(2), number(13)),  # AES-256
            row("04007F00070202060202", number(2), number(13)),  # chip authentication mapping
            row(PACE, number(2), number(16)),  # another curve
            row(PACE, number(2)),
            row(PACE, number(2), number(12)),
        )
    )
    assert [offer.parameters for offer in pace_offers(read)] == [12]


@pytest.mark.parametrize("curve", [P256, BRAINPOOL_P256R1])
def test_a_chip_key_with_all_numbers_of_its_curve_is_read__icao9303_11_9_2_6(
    curve: object,
) -> None:
    (key,) = chip_keys(read_data_group_14(data_group_14(explicit_key(curve))))
    assert (key.curve, key.key_id) == (curve, None)
    assert key.point == key.curve.multiply(5, key.curve.generator)


def test_a_chip_key_with_a_named_curve_and_a_number_is_read() -> None:
    named = key_with(bytes.fromhex("06082A8648CE3D030107"), P256.encode(P256.generator))
    file = tlv.build(
        0x6E,
        infos(
            row(CHIP_AUTHENTICATION, number(1), number(7)),
            row("04007F000702020102", named, number(7)),
            row("04007F000702020102", named, number(8)),  # nothing offers it
        ),
    )
    assert [key.key_id for key in chip_keys(read_data_group_14(file))] == [7]


@pytest.mark.parametrize("changed", ["p", "a", "b", "order", "times"])
def test_a_curve_that_borrows_all_numbers_but_one_is_not_that_curve__tr03111_5_1(
    changed: str,
) -> None:
    """Whoever may choose the generator knows the private key of any public key."""
    known = {"p": P256.p, "a": P256.a % P256.p, "b": P256.b, "order": P256.order, "times": 1}
    key = explicit_key(P256, **{changed: known[changed] + 1})
    assert chip_keys(read_data_group_14(data_group_14(key))) == ()


def test_a_key_without_its_protocol_is_not_used() -> None:
    file = data_group_14(explicit_key(), announced=row(PACE, number(2), number(12)))
    assert chip_keys(read_data_group_14(file)) == ()


@pytest.mark.parametrize(
    "key",
    [
        key_with(bytes.fromhex("06082A8648CE3D030107"), b"\x04" + bytes(64)),  # not on the curve
        key_with(bytes.fromhex("06082A8648CE3D030107"), b"\x04" + bytes(63)),
        key_with(b"\x05\x00", P256.encode(P256.generator)),
        tlv.build(0x30, b""),
        tlv.build(0x04, b"\x00"),
    ],
)
def test_a_key_that_cannot_be_read_is_refused(key: bytes) -> None:
    with pytest.raises(NotACard):
        chip_keys(read_data_group_14(data_group_14(key)))


@pytest.mark.parametrize(
    "der",
    [
        "",
        "30",
        "3000",
        "310430020500",
        "3103020101",
        "31023000",
        "310C300A0601010201010201010500",
    ],
)
def test_what_is_no_set_of_security_infos_is_refused(der: str) -> None:
    with pytest.raises(NotACard):
        read_security_infos(bytes.fromhex(der))


@given(st.binary(max_size=80), st.integers(0, 420))
def test_any_bytes_are_read_or_refused(garbage: bytes, at: int) -> None:
    good = data_group_14(explicit_key())
    for file in (garbage, good[:at] + garbage + good[at + len(garbage) :]):
        try:
            found = read_data_group_14(file)
            pace_offers(found)
            chip_keys(found)
        except NotACard:
            continue
