"""Chip authentication, version 1: a new session with the chip's own key (ICAO 9303-11, 6.2)."""

from dataclasses import dataclass

from chipcard_sim.chip import keys
from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816.key_derivation import derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.iso7816.status import CardError, StatusWord

# id-CA-ECDH-AES-CBC-CMAC-128, 0.4.0.127.0.7.2.2.3.2.2. The 3DES kind, with its MSE:Set KAT, is
# neither announced in DG14 nor answered: after PACE it would be a step back.
ECDH_AES_128 = bytes.fromhex("04007F00070202030202")
SLOT = 0xCA


@dataclass(frozen=True, slots=True)
class Chosen:
    """MSE:Set AT has chosen chip authentication."""


def begin(mechanism: bytes) -> Chosen:
    """Start.

    Raises:
        CardError: WRONG_DATA for a mechanism that the chip has not.
    """
    if mechanism != ECDH_AES_128:
        raise CardError(StatusWord.WRONG_DATA)
    return Chosen()


def agree(stored: StoredKey | None, point: bytes) -> SecureMessaging:
    """The session that only the chip with this key can go on with.

    Raises:
        CardError: REFERENCE_NOT_FOUND without a key, WRONG_DATA for no point of its curve.
    """
    if stored is None:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return SecureMessaging("AES", *derive_session(keys.agree(stored, point), "AES"))
