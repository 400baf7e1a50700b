"""What a chip says it can do: the SecurityInfos of EF.CardAccess and DG14 (ICAO 9303-11, 9.2).

Object identifiers stay as they stand in DER: they are compared and sent back, never shown.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.curves import STANDARDIZED_CURVES, Curve, NotAPoint, Point
from chipcard_sim.terminal.errors import NotACard

# BSI TR-03110-3, A.1.1: 0.4.0.127.0.7.2.2 and what follows.
PACE_ECDH_GM_AES_128 = bytes.fromhex("04007F00070202040202")
CHIP_AUTHENTICATION_AES_128 = bytes.fromhex("04007F00070202030202")
_PUBLIC_KEY_ECDH = bytes.fromhex("04007F000702020102")
_EC_PUBLIC_KEY = bytes.fromhex("2A8648CE3D0201")
_PRIME_FIELD = bytes.fromhex("2A8648CE3D0101")
_NAMES = {bytes.fromhex("2A8648CE3D030107"): 12, bytes.fromhex("2B2403030208010107"): 13}

_INTEGER, _BIT_STRING, _OCTET_STRING, _OID, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
_DATA_GROUP_14 = 0x6E
_LONGEST = 2  # fields after the first that a SecurityInfo may have


@dataclass(frozen=True, slots=True)
class SecurityInfo:
    """One row: its protocol, what the protocol requires, and what it may add."""

    protocol: bytes
    required: tlv.Tlv
    optional: tlv.Tlv | None = None


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """PACE as this reader speaks it, on one of the curves that it knows."""

    protocol: bytes
    parameters: int

    @property
    def curve(self) -> Curve:
        """The curve that the parameters stand for."""
        return STANDARDIZED_CURVES[self.parameters]


@dataclass(frozen=True, slots=True)
class ChipKey:
    """The chip's own static key. `key_id` is None on a chip that has one only."""

    curve: Curve
    point: Point
    key_id: int | None


def read_security_infos(der: bytes) -> tuple[SecurityInfo, ...]:
    """Read a set of rows, as EF.CardAccess holds it.

    Raises:
        NotACard: they cannot be read.
    """
    with _readable("security information"):
        return tuple(
            _security_info(each.value) for each in tlv.read(tlv.value(der, _SET)) if _is_row(each)
        )


def read_data_group_14(file: bytes) -> tuple[SecurityInfo, ...]:
    """Read the rows of DG14.

    Raises:
        NotACard: they cannot be read.
    """
    with _readable("data group 14"):
        return read_security_infos(tlv.value(file, _DATA_GROUP_14))


def pace_offers(infos: tuple[SecurityInfo, ...]) -> tuple[PaceOffer, ...]:
    """The ways of PACE that chip and reader have in common, in the chip's order."""
    return tuple(
        PaceOffer(info.protocol, number)
        for info in infos
        if info.protocol == PACE_ECDH_GM_AES_128
        and (number := _number(info.optional)) is not None
        and number in STANDARDIZED_CURVES
    )


def chip_keys(infos: tuple[SecurityInfo, ...]) -> tuple[ChipKey, ...]:
    """The keys for chip authentication that this reader can use, none where there is no such.

    Raises:
        NotACard: a key that cannot be read.
    """
    ids = {_number(info.optional) for info in infos if info.protocol == CHIP_AUTHENTICATION_AES_128}
    with _readable("chip authentication key"):
        found = [_chip_key(info) for info in infos if info.protocol == _PUBLIC_KEY_ECDH]
    return tuple(key for key in found if key is not None and key.key_id in ids)


def _is_row(field: tlv.Tlv) -> bool:
    if field.tag != _SEQUENCE:
        raise tlv.MalformedTlv("not a set of sequences")
    return True


def _security_info(row: bytes) -> SecurityInfo:
    protocol, *rest = tlv.read(row)
    if protocol.tag != _OID or not 1 <= len(rest) <= _LONGEST:
        raise tlv.MalformedTlv("not a security info")
    return SecurityInfo(protocol.value, rest[0], rest[1] if len(rest) > 1 else None)


def _number(field: tlv.Tlv | None) -> int | None:
    """A small number, or None where there is none."""
    if field is None or field.tag != _INTEGER or len(field.value) != 1:
        return None
    return field.value[0]


def _chip_key(info: SecurityInfo) -> ChipKey | None:
    """A key, or None for one on a curve that this reader does not know."""
    if info.required.tag != _SEQUENCE:
        raise tlv.MalformedTlv("not a public key")
    algorithm, bits = tlv.values(info.required.value, _SEQUENCE, _BIT_STRING)
    name, *parameters = tlv.read(algorithm)
    if name != tlv.Tlv(_OID, _EC_PUBLIC_KEY) or len(parameters) != 1 or bits[:1] != b"\x00":
        raise tlv.MalformedTlv("not the key of an elliptic curve")
    curve = _curve(parameters[0])
    if curve is None:
        return None
    return ChipKey(curve, curve.decode(bits[1:]), _number(info.optional))


def _curve(parameters: tlv.Tlv) -> Curve | None:
    """A curve by its name or by all of its parameters (ICAO 9303-11, 9.5.1; TR-03111, 5.1)."""
    if parameters.tag == _OID:
        return STANDARDIZED_CURVES.get(_NAMES.get(parameters.value, 0))
    if parameters.tag != _SEQUENCE:
        raise tlv.MalformedTlv("no parameters of a curve")
    _, field, coefficients, generator, order, *_ = tlv.read(parameters.value)
    kind, prime = tlv.values(field.value, _OID, _INTEGER)
    if kind != _PRIME_FIELD:
        return None
    a, b, *_ = tlv.read(coefficients.value)
    p = int.from_bytes(prime, "big")
    said = (p, *(int.from_bytes(each.value, "big") for each in (a, b)), generator.value)
    # All of them are compared: a curve that borrows only a name or a prime is another curve.
    for known in STANDARDIZED_CURVES.values():
        whole = (known.p, known.a % known.p, known.b, known.encode(known.generator))
        if (*said, int.from_bytes(order.value, "big")) == (*whole, known.order):
            return known
    return None


@contextmanager
def _readable(what: str) -> Iterator[None]:
    try:
        yield
    except (tlv.MalformedTlv, NotAPoint, ValueError) as error:
        raise NotACard(f"{what} that cannot be read") from error
