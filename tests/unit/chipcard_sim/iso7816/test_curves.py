import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from chipcard_sim.iso7816.curves import (
    BRAINPOOL_P256R1,
    P256,
    STANDARDIZED_CURVES,
    Curve,
    NotAPoint,
    Point,
)

PAIRS: list[tuple[Curve, ec.EllipticCurve]] = [
    (P256, ec.SECP256R1()),
    (BRAINPOOL_P256R1, ec.BrainpoolP256R1()),
]
BOTH = pytest.mark.parametrize(("curve", "kind"), PAIRS, ids=["P-256", "brainpoolP256r1"])


def of_library(kind: ec.EllipticCurve, scalar: int) -> Point:
    numbers = ec.derive_private_key(scalar, kind).public_key().public_numbers()
    return Point(numbers.x, numbers.y)


@BOTH
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_multiple_is_the_library_s(
    curve: Curve, kind: ec.EllipticCurve, data: st.DataObject
) -> None:
    scalar = data.draw(st.integers(1, curve.order - 1))
    assert curve.multiply(scalar, curve.generator) == of_library(kind, scalar)


@BOTH
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_sum_is_the_library_s(curve: Curve, kind: ec.EllipticCurve, data: st.DataObject) -> None:
    left, right = (data.draw(st.integers(1, curve.order - 1)) for _ in range(2))
    if (left + right) % curve.order:
        told = curve.add(of_library(kind, left), of_library(kind, right))
        assert told == of_library(kind, (left + right) % curve.order)


@BOTH
def test_small_and_large_multiples(curve: Curve, kind: ec.EllipticCurve) -> None:
    for scalar in (1, 2, 3, 4, 5, curve.order - 2, curve.order - 1):
        assert curve.multiply(scalar, curve.generator) == of_library(kind, scalar)
    assert curve.add(curve.generator, curve.generator) == of_library(kind, 2)


@BOTH
def test_infinity_is_no_point(curve: Curve, kind: ec.EllipticCurve) -> None:
    del kind
    opposite = curve.multiply(curve.order - 1, curve.generator)
    with pytest.raises(NotAPoint):
        curve.add(curve.generator, opposite)
    for scalar in (0, curve.order, 2 * curve.order):
        with pytest.raises(NotAPoint):
            curve.multiply(scalar, curve.generator)
    with pytest.raises(NotAPoint):
        curve.map_generator((1).to_bytes(16), opposite)


@BOTH
def test_a_nonce_of_nothing_maps_to_what_was_agreed(curve: Curve, kind: ec.EllipticCurve) -> None:
    shared = of_library(kind, 7)
    assert curve.map_generator(bytes(16), shared) == shared


@BOTH
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_point_is_read_as_it_was_written_and_nothing_else_is(
    curve: Curve, kind: ec.EllipticCurve, data: st.DataObject
) -> None:
    point = of_library(kind, data.draw(st.integers(1, curve.order - 1)))
    raw = curve.encode(point)
    assert curve.decode(raw) == point
    place, bit = data.draw(st.integers(0, 64)), data.draw(st.integers(0, 7))
    changed = bytearray(raw)
    changed[place] ^= 1 << bit
    with pytest.raises(NotAPoint):
        curve.decode(bytes(changed))


def test_one_point_has_one_spelling__tr03111_3_2_1() -> None:
    """Coordinates past the field, that mean the same point, are refused."""
    curve, tried = BRAINPOOL_P256R1, 0
    room = 2**256 - curve.p
    for scalar in range(1, 40):
        point = curve.multiply(scalar, curve.generator)
        for x, y in ((point.x + curve.p, point.y), (point.x, point.y + curve.p)):
            if max(x, y) < curve.p + room:
                tried += 1
                with pytest.raises(NotAPoint):
                    curve.decode(b"\x04" + x.to_bytes(32) + y.to_bytes(32))
    assert tried > 10


def test_the_standardized_numbers__icao9303_11_9_5_1() -> None:
    assert STANDARDIZED_CURVES == {12: P256, 13: BRAINPOOL_P256R1}
    assert P256.size == BRAINPOOL_P256R1.size == 32
