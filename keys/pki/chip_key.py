"""A chip's own key: did it sign our challenge (ICAO Doc 9303-11, 6.1, active authentication)?

ECDSA in plain form (r || s), or RSA by ISO/IEC 9796-2 scheme 1, where the signature holds the part
of the message that the chip chose. Digests below SHA-256 are refused; so are RSA chips that use the
scheme's implicit SHA-1.
"""

from hmac import compare_digest
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash

from keys.cms import Digest, Scheme, verify_with
from keys.errors import SignatureInvalid
from keys.pki.foreign_keys import ForeignKey

_BY_NAME: Final[dict[str, Digest]] = {"sha256": SHA256(), "sha384": SHA384(), "sha512": SHA512()}
_OCTET: Final = 8
# ISO/IEC 9796-2, 8: header of a message that is recovered in part; trailers that name the digest
_HEADER: Final = 0x6A
_TRAILERS: Final[dict[bytes, Digest]] = {
    b"\x34\xcc": SHA256(),
    b"\x36\xcc": SHA384(),
    b"\x35\xcc": SHA512(),
}
_TRAILER_LENGTH: Final = 2
_RESIDUE, _MODULUS = 12, 16


def verify_chip_signature(
    public_key: ForeignKey, challenge: bytes, signature: bytes, digest: str | None = None
) -> None:
    """Return if the chip that has this key signed the challenge; raises SignatureInvalid.

    `digest` is what the document's signed data say of an ECDSA chip (hashlib's name). If they do
    not say it, it is the one as long as the curve asks for: never the signature's choice.
    """
    if isinstance(public_key, rsa.RSAPublicKey):
        _verify_recoverable(public_key, challenge, signature)
        return
    size = (public_key.key_size + _OCTET - 1) // _OCTET
    if len(signature) != 2 * size:
        raise SignatureInvalid("wrong length")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    scheme = Scheme(_BY_NAME[digest] if digest is not None else _digest_of(public_key))
    verify_with(scheme, public_key, challenge, encode_dss_signature(r, s))


def _digest_of(public_key: ec.EllipticCurvePublicKey) -> Digest:
    bits = public_key.key_size
    return next(
        (one for one in _BY_NAME.values() if one.digest_size * _OCTET >= bits), _BY_NAME["sha512"]
    )


def _verify_recoverable(public_key: rsa.RSAPublicKey, challenge: bytes, signature: bytes) -> None:
    """ISO/IEC 9796-2 scheme 1: header | what the chip chose | hash | trailer."""
    recovered = _recover(public_key, signature)
    digest = _TRAILERS.get(recovered[-_TRAILER_LENGTH:])
    if recovered[0] != _HEADER or digest is None:
        raise SignatureInvalid("not a recoverable signature with SHA-256 or more")
    end = len(recovered) - _TRAILER_LENGTH - digest.digest_size
    function = Hash(digest)
    function.update(recovered[1:end] + challenge)
    if not compare_digest(function.finalize(), recovered[end:-_TRAILER_LENGTH]):
        raise SignatureInvalid("wrong signature")


def _recover(public_key: rsa.RSAPublicKey, signature: bytes) -> bytes:
    numbers = public_key.public_numbers()
    size = (public_key.key_size + _OCTET - 1) // _OCTET
    value = int.from_bytes(signature, "big")
    if len(signature) != size or not 0 < value < numbers.n:
        raise SignatureInvalid("wrong length, or out of range")
    opened = pow(value, numbers.e, numbers.n)
    # ISO/IEC 9796-2, B.7: a signer may give the smaller of two values; the one that ends in the
    # residue is meant.
    if opened % _MODULUS != _RESIDUE:
        opened = numbers.n - opened
    return opened.to_bytes(size, "big")
