"""The card management key: who has it may change the PIV objects and keys of a finished card."""

from dataclasses import dataclass, field

ALGORITHMS = {"3DES": 0x03, "AES128": 0x08, "AES192": 0x0A, "AES256": 0x0C}
"""Name -> NIST SP 800-78-5, table 6-2."""
SIZES = {0x03: 24, 0x08: 16, 0x0A: 24, 0x0C: 32}


class UnusableManagementKey(ValueError):
    """A text that says no management key."""


@dataclass(frozen=True, slots=True)
class ManagementKey:
    """A secret key and the number of its algorithm."""

    algorithm: int
    key: bytes = field(repr=False)


# The key that card makers and tools take for granted on a card nobody has claimed: a secret to
# nobody, so a test card can be used with any tool. A card that matters gets one of its own.
WELL_KNOWN = ManagementKey(0x03, bytes(range(1, 9)) * 3)


def read_management_key(text: str) -> ManagementKey:
    """Read `ALGORITHM:HEXADECIMAL`, such as `AES128:000102030405060708090A0B0C0D0E0F`.

    Raises:
        UnusableManagementKey: another algorithm, no hexadecimal, or another length.
    """
    name, _, digits = text.partition(":")
    algorithm = ALGORITHMS.get(name.upper())
    if algorithm is None:
        raise UnusableManagementKey(f"an algorithm is one of {', '.join(ALGORITHMS)}")
    try:
        key = bytes.fromhex(digits)
    except ValueError as error:
        raise UnusableManagementKey("a key is written in hexadecimal") from error
    if len(key) != SIZES[algorithm]:
        raise UnusableManagementKey(f"a key for {name.upper()} has {SIZES[algorithm]} bytes")
    return ManagementKey(algorithm, key)
