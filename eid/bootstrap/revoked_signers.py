"""Document signers that are believed no more: a file beside the anchors, one signer a line.

A line is the country and the certificate's serial number in hexadecimal, `VN 5f3a09`. What follows
a `#` is the operator's note. The file is the operator's, as the anchors are.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from eid.errors import BadDocument, Misconfigured
from keys.pki.anchors import SignerNumber

FILE: Final = "revoked-signers.txt"
COUNTRY: Final = re.compile(r"[A-Z]{2}")
SERIAL: Final = re.compile(r"[0-9A-Fa-f]{1,40}")  # RFC 5280, 4.1.2.2: at most 20 octets
NOTE: Final = "#"


def signer_number(country: str, serial: str) -> SignerNumber:
    """Read a signer's country and serial number, as certificates' viewers write it.

    Raises `BadDocument`: not two capitals, or no hexadecimal number of 20 octets at most.
    """
    digits = serial.replace(":", "")
    if not COUNTRY.fullmatch(country):
        raise BadDocument(f"{country}: a country is two capitals, such as VN")
    if not SERIAL.fullmatch(digits):
        raise BadDocument(f"{serial}: a serial number is written in hexadecimal, such as 5f:3a:09")
    return SignerNumber(country, int(digits, 16))


def read_revoked_signers(folder: Path) -> Sequence[SignerNumber]:
    """Read which signers are revoked; none where there is no file.

    A line that cannot be read may have been meant for somebody, so nothing is passed over. Raises
    `Misconfigured`.
    """
    place = folder / FILE
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError:
        raise Misconfigured(f"{place} is not text") from None
    read = (line.partition(NOTE)[0].split() for line in lines)
    return tuple(_of_line(place, n, words) for n, words in enumerate(read, 1) if words)


def write_revoked_signer(folder: Path, signer: SignerNumber) -> None:
    """Put one more into the file, which is whole at every moment; notes stay."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / FILE
    before = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
    unfinished = folder / f"{FILE}.new"
    unfinished.write_text("\n".join((*before, str(signer), "")), encoding="utf-8")
    unfinished.replace(place)


def _of_line(place: Path, number: int, words: Sequence[str]) -> SignerNumber:
    try:
        country, serial = words
        return signer_number(country, serial)
    except (ValueError, BadDocument):
        raise Misconfigured(
            f"{place}, line {number}: a country and a serial number in hexadecimal are wanted"
        ) from None
