"""All that a reader can learn from a passport chip, and what of it the chip has proven.

The signature of the issuing state is not judged here: who may sign is for the one that relies on
it. What is told is who says to have signed, and whether the files are those that were signed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.active_authentication import check_active_authentication
from chipcard_sim.terminal.emrtd import DATA_GROUPS, SECURITY_OBJECT, Access, EmrtdClient
from chipcard_sim.terminal.errors import CardRefused, ChipNotGenuine, NotACard
from chipcard_sim.terminal.security_infos import (
    SecurityInfo,
    chip_keys,
    pace_offers,
    read_data_group_14,
    read_security_infos,
)
from chipcard_sim.terminal.security_object import SignedHashes, read_security_object

_MRZ, _PROTOCOLS, _ACTIVE_KEY = 1, 14, 15  # data groups
_DATA_GROUP_1, _ZONE = 0x61, 0x5F1F
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")
_LINES = {90: 30, 72: 36, 88: 44}  # ICAO 9303-5, 9303-6, 9303-4: TD1, TD2, TD3


class Proof(StrEnum):
    """How a question to the chip ended."""

    PROVEN = "proven"
    FAILED = "failed"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """A data group: its number, how long it is, and whether it is the one that was signed."""

    number: int
    size: int
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """What was read, and what was proven.

    Attributes:
        access: how the chip was opened.
        groups: the data groups that it showed.
        hidden: the numbers of data groups that were signed and not shown (fingerprints).
        signed: the hashes in EF.SOD and who says to have signed them.
        announced: whether EF.CardAccess offers what DG14 repeats; None without DG14.
        chip_authentication: whether the chip has the key of DG14.
        active_authentication: whether the chip has the key of DG15.
        zone: the lines of the machine readable zone in DG1.
    """

    access: Access
    groups: tuple[ReadGroup, ...]
    hidden: tuple[int, ...]
    signed: SignedHashes
    announced: bool | None
    chip_authentication: Proof
    active_authentication: Proof
    zone: tuple[str, ...]


def examine_chip(transport: Transport, key: AccessKey, draw: Callable[[int], bytes]) -> Examination:
    """Read every data group, and ask the chip for both of its proofs.

    Args:
        transport: to a card with a passport application.
        key: what is printed on the card.
        draw: so many random bytes, for the challenge.

    Raises:
        WrongAccessKey, ChipNotGenuine, AnswerAltered, CardRefused, NotACard.
    """
    chip = EmrtdClient(transport)
    access = chip.open(key)
    signed = read_security_object(chip.read(SECURITY_OBJECT))
    files = {number: chip.find(DATA_GROUPS[number]) for number in sorted(signed.hashes)}
    shown = {number: file for number, file in files.items() if file is not None}
    infos = read_data_group_14(shown[_PROTOCOLS]) if _PROTOCOLS in shown else ()
    return Examination(
        access=access,
        groups=tuple(
            ReadGroup(number, len(file), signed.agrees(number, file))
            for number, file in shown.items()
        ),
        hidden=tuple(number for number in files if number not in shown),
        signed=signed,
        announced=_is_announced(chip.card_access, infos),
        active_authentication=_prove_active(chip, shown.get(_ACTIVE_KEY), infos, draw(8)),
        # Last: a chip that fails has no session any more.
        chip_authentication=_prove_chip(chip, infos),
        zone=_zone(shown.get(_MRZ)),
    )


def _is_announced(card_access: bytes | None, infos: tuple[SecurityInfo, ...]) -> bool | None:
    """ICAO 9303-11, 4.2, step 7: nobody signs EF.CardAccess, so DG14 repeats it.

    Somebody between reader and chip could have put a weak offer in, or taken PACE out of it.
    """
    if not infos:
        return None
    offered = read_security_infos(card_access) if card_access else ()
    return set(offered) <= set(infos) and set(pace_offers(infos)) <= set(pace_offers(offered))


def _prove_active(
    chip: EmrtdClient, key: bytes | None, infos: tuple[SecurityInfo, ...], challenge: bytes
) -> Proof:
    if key is None:
        return Proof.NOT_OFFERED
    try:
        signature = chip.sign_challenge(challenge)
        check_active_authentication(key, infos, challenge, signature)
    except (CardRefused, ChipNotGenuine):
        return Proof.FAILED
    return Proof.PROVEN


def _prove_chip(chip: EmrtdClient, infos: tuple[SecurityInfo, ...]) -> Proof:
    keys = chip_keys(infos)
    if not keys:
        return Proof.NOT_OFFERED
    try:
        chip.authenticate_chip(keys[0])
    except (CardRefused, ChipNotGenuine):
        return Proof.FAILED
    return Proof.PROVEN


def _zone(file: bytes | None) -> tuple[str, ...]:
    if file is None:
        raise NotACard("the chip has no machine readable zone")
    try:
        zone = tlv.value(tlv.value(file, _DATA_GROUP_1), _ZONE).decode("ascii")
        width = _LINES[len(zone)]
    except (ValueError, KeyError) as error:
        raise NotACard("a machine readable zone that cannot be read") from error
    if not set(zone) <= _LETTERS:
        raise NotACard("a machine readable zone with other letters than it may have")
    return tuple(zone[at : at + width] for at in range(0, len(zone), width))
