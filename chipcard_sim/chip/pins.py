"""PIN and PUK: a try is spent, and on the disk, before it is compared."""

import hashlib
import hmac
import secrets
from dataclasses import replace

from chipcard_sim.chip.memory import CardState, Memory, StoredReference
from chipcard_sim.iso7816.status import CardError, StatusWord, tries_word

PIN = 0x80  # NIST SP 800-73-4 part 1, table 4a: key references
PUK = 0x81
LENGTH = 8
SHORTEST_PIN = 6
PADDING = 0xFF
TRIES = 3  # NIST SP 800-73-5: at most ten


class Pins:
    """The references that the card compares."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def tries_left(self, reference: int) -> int:
        """How many tries are left.

        Raises:
            CardError: REFERENCE_NOT_FOUND when the card has none such.
        """
        return _stored(self._memory.read(), reference).tries_left

    def verify(self, reference: int, presented: bytes) -> None:
        """Compare; a right one gives back all tries.

        Raises:
            CardError: WRONG_DATA for a form no reference has (no try is spent, NIST SP 800-73-4
                part 2, 3.2.1), 63CX with the tries left, BLOCKED without comparing.
        """
        check_form(reference, presented)
        self._spend_and_compare(reference, presented)
        self._memory.update(lambda state: _restored(state, reference))

    def change(self, reference: int, presented: bytes, new: bytes) -> None:
        """Replace a reference by one who knows it. Raises as `verify` does."""
        check_form(reference, presented)
        check_form(reference, new)
        self._spend_and_compare(reference, presented)
        self._memory.update(lambda state: with_reference(state, reference, new))

    def unblock(self, presented_puk: bytes, new_pin: bytes) -> None:
        """Give the PIN a new value and all tries, by one who knows the PUK. Raises as `verify`."""
        check_form(PUK, presented_puk)
        check_form(PIN, new_pin)
        self._spend_and_compare(PUK, presented_puk)
        self._memory.update(lambda state: with_reference(_restored(state, PUK), PIN, new_pin))

    def _spend_and_compare(self, reference: int, presented: bytes) -> None:
        spent = _stored(self._memory.update(lambda state: _spent(state, reference)), reference)
        if not _is_right(spent, presented):
            raise CardError(tries_word(spent.tries_left))


def check_form(reference: int, value: bytes) -> None:
    """Refuse what cannot be a reference (NIST SP 800-73-4 part 2, 2.4.3).

    A PIN is six to eight digits padded with FF to eight bytes, a PUK any eight bytes.

    Raises:
        CardError: WRONG_DATA, or REFERENCE_NOT_FOUND for another reference.
    """
    if reference not in {PIN, PUK}:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    digits = value.rstrip(bytes((PADDING,)))
    is_pin = len(digits) >= SHORTEST_PIN and all(each in b"0123456789" for each in digits)
    if len(value) != LENGTH or (reference == PIN and not is_pin):
        raise CardError(StatusWord.WRONG_DATA)


def with_reference(state: CardState, reference: int, value: bytes) -> CardState:
    """The state with a reference of this value and all tries."""
    salt = secrets.token_bytes(16)
    stored = StoredReference(salt, _digest(salt, value), TRIES, TRIES)
    return _replaced(state, reference, stored)


def _spent(state: CardState, reference: int) -> CardState:
    stored = _stored(state, reference)
    if stored.tries_left <= 0:
        raise CardError(StatusWord.BLOCKED)
    return _replaced(state, reference, replace(stored, tries_left=stored.tries_left - 1))


def _restored(state: CardState, reference: int) -> CardState:
    stored = _stored(state, reference)
    return _replaced(state, reference, replace(stored, tries_left=stored.tries_allowed))


def _replaced(state: CardState, reference: int, stored: StoredReference) -> CardState:
    return replace(state, references={**state.references, reference: stored})


def _stored(state: CardState, reference: int) -> StoredReference:
    if reference not in state.references:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return state.references[reference]


def _is_right(stored: StoredReference, presented: bytes) -> bool:
    return hmac.compare_digest(_digest(stored.salt, presented), stored.digest)


def _digest(salt: bytes, value: bytes) -> bytes:
    """A million PINs are soon tried by whoever has the file; the hash only keeps eyes off it."""
    return hashlib.scrypt(value, salt=salt, n=2**11, r=8, p=1)
