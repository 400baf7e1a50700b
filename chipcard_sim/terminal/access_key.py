"""What opens a passport chip: the machine readable zone, or the card access number.

Both are printed on the document: whoever holds it may read it (ICAO 9303-11, 4.2).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha1

from chipcard_sim.terminal.errors import UnusableAccessKey

MRZ, CAN = 1, 2  # ICAO 9303-11, 9.2: what MSE:Set AT calls them
FILLER = "<"
_WEIGHTS = (7, 3, 1)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHAPES = {(3, 30), (2, 36), (2, 44)}  # ICAO 9303-5, 9303-6 and 9303-4: TD1, TD2, TD3


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A password of the chip: its number in PACE, and the octets that both ends derive from."""

    number: int
    secret: bytes = field(repr=False)

    @classmethod
    def from_mrz(cls, lines: Sequence[str]) -> "AccessKey":
        """From the lines of a machine readable zone.

        Raises:
            UnusableAccessKey: another shape, or a check digit that does not fit.
        """
        return cls.from_mrz_information(mrz_information(lines))

    @classmethod
    def from_mrz_information(cls, information: str) -> "AccessKey":
        """From document number, birth and expiry with their check digits, joined."""
        # ICAO 9303-11, 9.7.3 and appendix D.2: chips keep and use the SHA-1 of it.
        return cls(MRZ, sha1(information.encode("ascii")).digest())  # noqa: S324 - as it is kept

    @classmethod
    def from_can(cls, can: str) -> "AccessKey":
        """From the six digits of the card access number.

        Raises:
            UnusableAccessKey: not six digits.
        """
        if re.fullmatch(r"[0-9]{6}", can) is None:
            raise UnusableAccessKey("a card access number has six digits")
        return cls(CAN, can.encode("ascii"))


def mrz_information(lines: Sequence[str]) -> str:
    """Document number, birth and expiry with their check digits, joined (ICAO 9303-11, 4.3.2).

    Raises:
        UnusableAccessKey: another shape, or a check digit that does not fit.
    """
    if (len(lines), *{len(line) for line in lines}) not in _SHAPES:
        raise UnusableAccessKey("a machine readable zone has 3 lines of 30, or 2 of 36 or 44")
    if any(each not in _ALPHABET + FILLER for line in lines for each in line):
        raise UnusableAccessKey("a machine readable zone has capitals, digits and < alone")
    if len(lines) == 3:  # noqa: PLR2004 - ICAO 9303-5, 4.2.2: TD1
        parts = (_td1_number(lines[0]), lines[1][0:7], lines[1][8:15])
    else:
        parts = (lines[1][0:10], lines[1][13:20], lines[1][21:28])
    for part in parts:
        if check_digit(part[:-1]) != part[-1]:
            raise UnusableAccessKey("a check digit of the machine readable zone does not fit")
    return "".join(parts)


def check_digit(text: str) -> str:
    """The check digit of a text (ICAO 9303-3, 4.9)."""
    values = (0 if each == FILLER else _ALPHABET.index(each) for each in text)
    return str(sum(value * _WEIGHTS[i % 3] for i, value in enumerate(values)) % 10)


def _td1_number(line: str) -> str:
    """ICAO 9303-5, 4.2.2: a number of more than nine characters goes on in the optional data."""
    if line[14] != FILLER:
        return line[5:15]
    return line[5:14] + line[15:].partition(FILLER)[0]
