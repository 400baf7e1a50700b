"""Whether the files of a pack go with the chip: files that name another chip's keys prove nothing.

A card with such files would look like a copy to every border for as long as it lives; so would one
whose signed list of objects tells of others.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from chipcard_sim.bureau.documents import CardPack, KeyReport, MadeObject
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.objects import FIRST_NUMBER
from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.security_infos import chip_keys, read_data_group_14
from chipcard_sim.terminal.security_object import SignedHashes, read_security_object

CHIP_AUTHENTICATION, ACTIVE_AUTHENTICATION = "CA", "AA"
_DATA_GROUP_14, _DATA_GROUP_15 = 0x010E, 0x010F
_DATA_GROUP_15_TAG = 0x6F
_SECURITY_OBJECT_TAG = 0x77


def check_passport_files(pack: CardPack, report: KeyReport) -> None:
    """See that DG14 and DG15 hold the keys that the chip reported.

    Raises:
        OrderConflict: they hold others.
        DocumentMalformed: they cannot be read.
    """
    made = {key.slot: key.public_key for key in report.keys}
    files = {row.file: row.content for row in pack.files}
    if _DATA_GROUP_15 in files:
        _demand(_active_key(files[_DATA_GROUP_15]) == made.get(ACTIVE_AUTHENTICATION), "15")
    if _DATA_GROUP_14 in files:
        point = _point(made[CHIP_AUTHENTICATION]) if CHIP_AUTHENTICATION in made else None
        _demand(point in _chip_points(files[_DATA_GROUP_14]), "14")


def check_security_object(pack: CardPack, objects: Sequence[MadeObject]) -> None:
    """See that the pack's PIV security object lists these objects, numbered from 3, and no other.

    Raises:
        OrderConflict: it lists others.
        DocumentMalformed: it cannot be read.
    """
    if pack.piv_security_object is None:
        return
    signed = _signed_hashes(pack.piv_security_object)
    written = {number: made.hash for number, made in enumerate(objects, FIRST_NUMBER)}
    if (signed.algorithm, signed.hashes) != ("sha256", written):
        raise OrderConflict("the security object lists other objects than the card will have")


def _signed_hashes(container: bytes) -> SignedHashes:
    try:
        # The same container as in EF.SOD (SP 800-73-4, part 1, 3.1.7), which has one tag around it.
        return read_security_object(tlv.build(_SECURITY_OBJECT_TAG, container))
    except NotACard as error:
        raise DocumentMalformed("pivSecurityObject", "cannot be read") from error


def _demand(fits: bool, group: str) -> None:  # noqa: FBT001 - what is demanded
    if not fits:
        raise OrderConflict(f"data group {group} has another key than the chip reported")


def _active_key(file: bytes) -> bytes:
    try:
        return tlv.value(file, _DATA_GROUP_15_TAG)
    except tlv.MalformedTlv as error:
        raise DocumentMalformed("files[010F].content", "cannot be read") from error


def _chip_points(file: bytes) -> list[bytes | None]:
    try:
        keys = chip_keys(read_data_group_14(file))
    except NotACard as error:
        raise DocumentMalformed("files[010E].content", "cannot be read") from error
    # A chip without that key has no such row either.
    return [key.curve.encode(key.point) for key in keys] or [None]


def _point(public_key: bytes) -> bytes:
    key = load_der_public_key(public_key)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
