"""PACE with the generic mapping, the chip's part (ICAO 9303-11, 4.4).

A run goes through four steps. Each is a noun of its own that only its predecessor makes: nonce and
keys live in it, and are gone when the next command has taken it, right or wrong.
"""

import hmac
import secrets
from dataclasses import dataclass, field, replace

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.block_ciphers import AES_BLOCK, aes_encrypt, cmac
from chipcard_sim.iso7816.curves import STANDARDIZED_CURVES, Curve, NotAPoint, Point
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.iso7816.status import CardError, StatusWord

# id-PACE-ECDH-GM-AES-CBC-CMAC-128, 0.4.0.127.0.7.2.2.4.2.2
ECDH_GM_AES_128 = bytes.fromhex("04007F00070202040202")
DEFAULT_PARAMETER = 13  # where MSE:Set AT names none
PUBLIC_KEY = 0x7F49
OBJECT_IDENTIFIER = 0x06
POINT = 0x86


def draw_nonce() -> bytes:
    """A fresh s, as long as a block (4.4.3.3: at least the key's length)."""
    return secrets.token_bytes(AES_BLOCK)


def draw_scalar(curve: Curve) -> int:
    """A fresh private key."""
    return secrets.randbelow(curve.order - 1) + 1


@dataclass(frozen=True, slots=True)
class Chosen:
    """MSE:Set AT has chosen the password and the curve."""

    key: bytes = field(repr=False)
    curve: Curve

    def give_nonce(self) -> tuple[bytes, "Nonced"]:
        """z, the nonce under the password's key (4.4.3.3, step 1)."""
        nonce = draw_nonce()
        return aes_encrypt(self.key, nonce), Nonced(nonce, self.curve)


@dataclass(frozen=True, slots=True)
class Nonced:
    """The nonce was given."""

    nonce: bytes = field(repr=False)
    curve: Curve

    def map(self, raw: bytes) -> tuple[bytes, "Mapped"]:
        """Agree on H, and by it and the nonce on another generator (step 2, 4.4.3.3.1).

        Raises:
            CardError: WRONG_DATA for what is no point of the curve.
        """
        theirs, own = _read_point(self.curve, raw), draw_scalar(self.curve)
        try:
            shared = self.curve.multiply(own, theirs)
            generator = self.curve.map_generator(self.nonce, shared)
        except NotAPoint as error:
            raise CardError(StatusWord.WRONG_DATA) from error
        public = self.curve.multiply(own, self.curve.generator)
        return self.curve.encode(public), Mapped(replace(self.curve, generator=generator))


@dataclass(frozen=True, slots=True)
class Mapped:
    """There is a generator that only those know who know the password."""

    curve: Curve = field(repr=False)

    def agree(self, raw: bytes) -> tuple[bytes, "Agreed"]:
        """Agree on the session's keys (step 3).

        Raises:
            CardError: WRONG_DATA for what is no point of the curve, AUTHENTICATION_FAILED for
                our own key sent back.
        """
        theirs, own = _read_point(self.curve, raw), draw_scalar(self.curve)
        public = self.curve.multiply(own, self.curve.generator)
        if public == theirs:  # step 3d: the two public keys SHALL differ
            raise CardError(StatusWord.AUTHENTICATION_FAILED)
        secret = self.curve.secret(self.curve.multiply(own, theirs))
        key_enc, key_mac = derive_session(secret, "AES")
        answer = self.curve.encode(public)
        return answer, Agreed(key_enc, key_mac, theirs=raw, own=answer)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Both have keys; whether they are the same is still to be shown."""

    key_enc: bytes = field(repr=False)
    key_mac: bytes = field(repr=False)
    theirs: bytes
    own: bytes

    def confirm(self, token: bytes) -> tuple[bytes, SecureMessaging]:
        """Check the reader's token; the chip's own, and the session (step 4, 4.4.3.4).

        Raises:
            CardError: AUTHENTICATION_FAILED: another password, or somebody in between.
        """
        if not hmac.compare_digest(_token(self.key_mac, self.own), token):
            raise CardError(StatusWord.AUTHENTICATION_FAILED)
        session = SecureMessaging("AES", self.key_enc, self.key_mac)  # 9.8.7.3: SSC from zero
        return _token(self.key_mac, self.theirs), session


def begin(mechanism: bytes, parameter: int | None, password: bytes) -> Chosen:
    """Start a run.

    Raises:
        CardError: WRONG_DATA for a mechanism or domain parameters that the chip has not.
    """
    number = DEFAULT_PARAMETER if parameter is None else parameter
    if mechanism != ECDH_GM_AES_128 or number not in STANDARDIZED_CURVES:
        raise CardError(StatusWord.WRONG_DATA)
    key = derive_key(password, Purpose.PASSWORD, "AES")
    return Chosen(key, STANDARDIZED_CURVES[number])


def _read_point(curve: Curve, raw: bytes) -> Point:
    try:
        return curve.decode(raw)
    except NotAPoint as error:
        raise CardError(StatusWord.WRONG_DATA) from error


def _token(key_mac: bytes, point: bytes) -> bytes:
    """The checksum over the other side's public key and the mechanism (4.4.3.4)."""
    fields = tlv.build(OBJECT_IDENTIFIER, ECDH_GM_AES_128) + tlv.build(POINT, point)
    return cmac(key_mac, tlv.build(PUBLIC_KEY, fields))
