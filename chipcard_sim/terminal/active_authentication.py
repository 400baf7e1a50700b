"""Whether a chip's answer to a challenge was made by the key in DG15 (ICAO 9303-11, 6.1)."""

import hashlib
import hmac
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.errors import ChipNotGenuine, NotACard
from chipcard_sim.terminal.security_infos import SecurityInfo

_DATA_GROUP_15 = 0x6F
_OID = 0x06
_ACTIVE_AUTHENTICATION = bytes.fromhex("678108010105")  # 2.23.136.1.1.5
# BSI TR-03111, 5.2.1.1: ecdsa-plain-signatures 0.4.0.127.0.7.1.1.4.1, by hash.
_PLAIN = bytes.fromhex("04007F000701010401")
_HASHES: dict[bytes, HashAlgorithm] = {
    _PLAIN + b"\x03": SHA256(),
    _PLAIN + b"\x04": SHA384(),
    _PLAIN + b"\x05": SHA512(),
}
# ISO/IEC 9796-2, 8.1.2: the trailer of a signature by RSA tells its hash.
_TRAILERS = {
    b"\xbc": "sha1",
    b"\x34\xcc": "sha256",
    b"\x35\xcc": "sha512",
    b"\x36\xcc": "sha384",
    b"\x38\xcc": "sha224",
}
_PARTIAL_RECOVERY = 0x6A
_RESIDUE, _MODULUS = 12, 16  # every block ends so: its trailer does
_MOST_RSA_BITS = 4096  # a chip may bring any key: one of 16384 bits keeps the reader busy for 15 s


def check_active_authentication(
    data_group_15: bytes, infos: Iterable[SecurityInfo], challenge: bytes, signature: bytes
) -> None:
    """See that the key in DG15 signed the challenge. Whether DG15 is genuine is another question.

    Args:
        data_group_15: the file.
        infos: the rows of DG14: they tell the hash of an elliptic signature.
        challenge: the eight bytes that the chip was given.
        signature: what it answered.

    Raises:
        ChipNotGenuine: another key did, or nobody.
        NotACard: a key that this reader cannot read.
    """
    try:
        key = load_der_public_key(tlv.value(data_group_15, _DATA_GROUP_15))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotACard("a key of active authentication that cannot be read") from error
    if isinstance(key, ec.EllipticCurvePublicKey):
        is_good = _is_plain(key, _hash(infos), challenge, signature)
    elif isinstance(key, rsa.RSAPublicKey) and key.key_size <= _MOST_RSA_BITS:
        is_good = _is_recoverable(key.public_numbers(), challenge, signature)
    else:
        raise NotACard("a key of active authentication of an unknown kind or size")
    if not is_good:
        raise ChipNotGenuine("the chip did not sign the challenge with its own key")


def _hash(infos: Iterable[SecurityInfo]) -> HashAlgorithm:
    for info in infos:
        if info.protocol == _ACTIVE_AUTHENTICATION and info.optional is not None:
            if info.optional.tag != _OID or info.optional.value not in _HASHES:
                raise NotACard("active authentication with a hash that this reader does not know")
            return _HASHES[info.optional.value]
    raise NotACard("data group 14 does not say how the chip signs")


def _is_plain(
    key: ec.EllipticCurvePublicKey, algorithm: HashAlgorithm, challenge: bytes, signature: bytes
) -> bool:
    """Plain r || s, both as long as the order of the group (BSI TR-03111, 5.2.1)."""
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    try:
        key.verify(encode_dss_signature(r, s), challenge, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def _is_recoverable(key: rsa.RSAPublicNumbers, challenge: bytes, signature: bytes) -> bool:
    """ISO/IEC 9796-2, scheme 1: the signature gives back 6A, M1, a hash of M1 and M2, a trailer."""
    size = (key.n.bit_length() + 7) // 8
    power = int.from_bytes(signature, "big")
    if len(signature) != size or power >= key.n:
        return False
    opened = pow(power, key.e, key.n)
    # ISO/IEC 9796-2, B.7: a chip may give the smaller of s and n - s; the other opens to n less
    # the block, which ends otherwise, for n is odd.
    if opened % _MODULUS != _RESIDUE:
        opened = key.n - opened
    block = opened.to_bytes(size, "big")
    for trailer, name in _TRAILERS.items():
        if block[0] == _PARTIAL_RECOVERY and block.endswith(trailer):
            digest = hashlib.new(name).digest_size
            body = block[1 : -len(trailer)]
            said, computed = body[-digest:], hashlib.new(name, body[:-digest] + challenge)
            return hmac.compare_digest(said, computed.digest())
    return False
