"""The passport application, opened with the number on the card's front (ICAO 9303-10, 9303-11).

Shown is what the chip says and whether it fits the hashes that were signed. Whether the signer may
sign is nothing that this reader can know: it has no trust anchors.
"""

from base64 import b64encode

from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.portrait import read_portrait
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.emrtd import DATA_GROUPS, SECURITY_OBJECT, EmrtdClient
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.security_object import SignedHashes, read_security_object

_MRZ_FILE, _MRZ = 0x61, 0x5F1F
_LINE = 30  # ICAO 9303-5, 4.2.2: TD1


def read_passport(card: Transport, can: str) -> dict[str, object]:
    """Open the chip and read what a person would look at.

    Returns:
        The members `mrz` (its lines), `portrait` (base64 or None), `signer` (a name or empty) and
        `dataGroups`: number, size, and whether the hash fits (None where it cannot be read).

    Raises:
        WrongAccessKey, NotACard, CardRefused, AnswerAltered, ChipNotGenuine.
    """
    client = EmrtdClient(card)
    client.open(AccessKey.from_can(can))
    signed = read_security_object(client.read(SECURITY_OBJECT))
    numbers = sorted(signed.hashes.keys() & DATA_GROUPS.keys())
    files = {number: client.find(DATA_GROUPS[number]) for number in numbers}
    return {
        "mrz": _lines(files.get(1)),
        "portrait": _portrait(files.get(2)),
        "signer": signed.signer.subject if signed.signer else "",
        "dataGroups": [_told(signed, number, file) for number, file in files.items()],
    }


def _told(signed: SignedHashes, number: int, file: bytes | None) -> dict[str, object]:
    if file is None:
        return {"number": number, "size": 0, "matches": None}
    return {"number": number, "size": len(file), "matches": signed.agrees(number, file)}


def _lines(file: bytes | None) -> list[str]:
    """The lines of DG1 (ICAO 9303-10, 4.7.1)."""
    if file is None:
        return []
    try:
        text = tlv.value(tlv.value(file, _MRZ_FILE), _MRZ).decode("ascii")
    except ValueError as error:
        raise NotACard("a machine readable zone that cannot be read") from error
    return [text[at : at + _LINE] for at in range(0, len(text), _LINE)]


def _portrait(file: bytes | None) -> str | None:
    if file is None:
        return None
    try:
        return b64encode(read_portrait(file)).decode("ascii")
    except DocumentMalformed:
        return None
