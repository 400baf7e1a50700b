"""The public half of a new key pair, as a card answers it (NIST SP 800-73-4 part 2, 3.3.2)."""

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.errors import NotACard

ALGORITHMS = {"RS256": 0x07, "ES256": 0x11, "ES384": 0x14}  # JOSE name -> NIST SP 800-78-5
CURVES: dict[int, ec.EllipticCurve] = {65: ec.SECP256R1(), 97: ec.SECP384R1()}  # by point size


def build_key_request(algorithm: str) -> bytes:
    """What GENERATE ASYMMETRIC KEY PAIR asks for: ES256, ES384 or RS256."""
    return tlv.build(0xAC, tlv.build(0x80, bytes((ALGORITHMS[algorithm],))))


def read_public_key(answer: bytes) -> bytes:
    """The key of the answer, as DER SubjectPublicKeyInfo.

    Raises:
        NotACard: it cannot be read, or is no key.
    """
    try:
        return _public_key(tlv.by_tag(tlv.value(answer, 0x7F49)))
    except (ValueError, KeyError) as error:
        raise NotACard("a public key that cannot be read") from error


def _public_key(fields: dict[int, bytes]) -> bytes:
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    if (point := fields.get(0x86)) is not None:
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[len(point)], point)
    else:
        modulus, exponent = (int.from_bytes(fields[tag], "big") for tag in (0x81, 0x82))
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
