"""Basic access control, the chip's part (ICAO 9303-11, 4.3)."""

import hmac
import secrets
from dataclasses import dataclass

from chipcard_sim.applications.emrtd.commands import CHALLENGE, MutualAuthenticate
from chipcard_sim.iso7816.block_ciphers import TripleDes
from chipcard_sim.iso7816.key_derivation import KEY, derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.iso7816.status import CardError, StatusWord


@dataclass(frozen=True, slots=True)
class Challenged:
    """RND.IC was given; the next command, and no other, may answer it."""

    challenge: bytes


def draw(size: int) -> bytes:
    """So many random bytes."""
    return secrets.token_bytes(size)


def begin() -> Challenged:
    """A fresh RND.IC."""
    return Challenged(draw(CHALLENGE))


def authenticate(
    begun: Challenged, command: MutualAuthenticate, mrz_secret: bytes
) -> tuple[bytes, SecureMessaging]:
    """Check the reader's proof; the chip's own, and the session (4.3.2).

    `mrz_secret` is the SHA-1 of the MRZ information.

    Raises:
        CardError: AUTHENTICATION_FAILED for another MRZ or another challenge.
    """
    access = TripleDes(*derive_session(mrz_secret[:KEY], "3DES"))
    if not hmac.compare_digest(access.checksum(command.cryptogram), command.checksum):
        raise CardError(StatusWord.AUTHENTICATION_FAILED)
    told = access.decrypt(command.cryptogram)
    reader_challenge, returned, reader_key = told[:8], told[8:16], told[16:]
    if not hmac.compare_digest(returned, begun.challenge):
        raise CardError(StatusWord.AUTHENTICATION_FAILED)
    own_key = draw(KEY)
    cryptogram = access.encrypt(begun.challenge + reader_challenge + own_key)
    seed = bytes(one ^ other for one, other in zip(reader_key, own_key, strict=True))
    # 9.8.6.3: the counter starts with the last four bytes of either challenge.
    counter = int.from_bytes(begun.challenge[4:] + reader_challenge[4:], "big")
    session = SecureMessaging("3DES", *derive_session(seed, "3DES"), counter)
    return cryptogram + access.checksum(cryptogram), session
