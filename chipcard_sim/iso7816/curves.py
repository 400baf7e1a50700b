"""Points on two elliptic curves, added and multiplied: what PACE's generic mapping needs.

Plain Python, and NOT constant time: how long it takes depends on the secret. Good enough for a
simulator whose keys are worth nothing; never use it for keys that are.
"""

from dataclasses import dataclass

UNCOMPRESSED = 0x04


class NotAPoint(ValueError):
    """Bytes that are no point of the curve, or a sum that is the point at infinity."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve, never the one at infinity."""

    x: int
    y: int


_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """y^2 = x^3 + ax + b over the prime field of p, with a generator of prime order, cofactor 1."""

    p: int
    a: int
    b: int
    generator: Point
    order: int

    @property
    def size(self) -> int:
        """Bytes in a coordinate."""
        return (self.p.bit_length() + 7) // 8

    def multiply(self, scalar: int, point: Point) -> Point:
        """The point so many times.

        Raises:
            NotAPoint: the product is the point at infinity.
        """
        product = _INFINITY
        addend: _Jacobian = (point.x, point.y, 1)
        scalar %= self.order
        while scalar:
            if scalar & 1:
                product = self._add(product, addend)
            addend = self._double(addend)
            scalar >>= 1
        return self._affine(product)

    def add(self, left: Point, right: Point) -> Point:
        """The sum of two points.

        Raises:
            NotAPoint: the sum is the point at infinity.
        """
        return self._affine(self._add((left.x, left.y, 1), (right.x, right.y, 1)))

    def map_generator(self, nonce: bytes, shared: Point) -> Point:
        """PACE's generic mapping: G' = s*G + H (ICAO 9303-11, 4.4.3.3.1).

        Raises:
            NotAPoint: G' would be the point at infinity.
        """
        scalar = int.from_bytes(nonce, "big")
        if scalar % self.order == 0:
            return shared
        return self.add(self.multiply(scalar, self.generator), shared)

    def encode(self, point: Point) -> bytes:
        """The uncompressed form: 04, x, y, both as long as the field whatever their size."""
        return bytes((UNCOMPRESSED,)) + self.secret(point) + point.y.to_bytes(self.size, "big")

    def decode(self, raw: bytes) -> Point:
        """Read a point in its uncompressed form.

        Raises:
            NotAPoint: another form or length, or not on the curve.
        """
        if len(raw) != 1 + 2 * self.size or raw[0] != UNCOMPRESSED:
            raise NotAPoint("not an uncompressed point of this curve")
        x = int.from_bytes(raw[1 : 1 + self.size], "big")
        y = int.from_bytes(raw[1 + self.size :], "big")
        if x >= self.p or y >= self.p or (y * y - x * x * x - self.a * x - self.b) % self.p:
            raise NotAPoint("not on the curve")
        return Point(x, y)

    def secret(self, point: Point) -> bytes:
        """The x-coordinate, leading zeros and all (BSI TR-03111, 3.1.3: a fixed length)."""
        return point.x.to_bytes(self.size, "big")

    def _affine(self, point: _Jacobian) -> Point:
        x, y, z = point
        if not z % self.p:
            raise NotAPoint("the point at infinity")
        inverse = pow(z, -1, self.p)
        square = inverse * inverse % self.p
        return Point(x * square % self.p, y * square * inverse % self.p)

    def _double(self, point: _Jacobian) -> _Jacobian:
        x, y, z = point
        if not z or not y:
            return _INFINITY
        p = self.p
        y_square = y * y % p
        s = 4 * x * y_square % p
        z_square = z * z % p
        m = (3 * x * x + self.a * z_square * z_square) % p
        new_x = (m * m - 2 * s) % p
        return new_x, (m * (s - new_x) - 8 * y_square * y_square) % p, 2 * y * z % p

    def _add(self, left: _Jacobian, right: _Jacobian) -> _Jacobian:
        if not left[2]:
            return right
        if not right[2]:
            return left
        p = self.p
        (x1, y1, z1), (x2, y2, z2) = left, right
        z1_square, z2_square = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * z2_square % p, x2 * z1_square % p
        s1, s2 = y1 * z2_square * z2 % p, y2 * z1_square * z1 % p
        if u1 == u2:
            return self._double(left) if s1 == s2 else _INFINITY
        h, r = (u2 - u1) % p, (s2 - s1) % p
        h_square = h * h % p
        h_cube = h * h_square % p
        v = u1 * h_square % p
        x3 = (r * r - h_cube - 2 * v) % p
        return x3, (r * (v - x3) - s1 * h_cube) % p, h * z1 * z2 % p


# FIPS 186-4, D.1.2.3
P256 = Curve(
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    generator=Point(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    order=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)

# RFC 5639, 3.4
BRAINPOOL_P256R1 = Curve(
    p=0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377,
    a=0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9,
    b=0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6,
    generator=Point(
        0x8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262,
        0x547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997,
    ),
    order=0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
)

# ICAO 9303-11, 9.5.1: the standardized domain parameters that are supported here, by their ids.
STANDARDIZED_CURVES: dict[int, Curve] = {12: P256, 13: BRAINPOOL_P256R1}
