"""What the document signer signs for a chip: its passport, and its list of PIV objects.

The same keys, order and portrait always give the same bytes: nothing in it is drawn or timed, and
the document signer signs deterministically. So a pack can be made again after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.x509 import ObjectIdentifier

from eid.domain import changes as do
from eid.domain.card import CardDocument
from eid.domain.holder import Citizen
from eid.domain.identifiers import CardId
from eid.emrtd.data_groups import build_com, build_dg1, build_dg2, build_dg15
from eid.emrtd.security_infos import build_card_access, build_dg14
from eid.emrtd.security_object import (
    CONTENT_TYPE,
    build_hash_list,
    build_security_object,
    wrap_sod,
)
from eid.issuance.certifying import ReportedKey
from eid.issuance.documents import MadeObject, OrderDocument
from eid.ports import Portraits
from eid.vietnam.citizen_data import build_dg13, citizen_data
from keys.pki.document_signer import DocumentSigner

_SECURITY_OBJECT: Final = ObjectIdentifier(CONTENT_TYPE)
# ICAO Doc 9303-10, 4.7.1 and table 38: file identifiers; a data group's number is its last octet.
_CARD_ACCESS: Final = 0x011C
_SOD: Final = 0x011D
_COM: Final = 0x011E
_DATA_GROUPS: Final = 0x0100
FIRST_OBJECT: Final = 3  # of PIV's list: DG1 and DG2 are the passport's zone and face


@dataclass(frozen=True, slots=True)
class ChipDocument:
    """A signed document: its files as (two-byte identifier, content) pairs.

    Attributes:
        files: what is written to the chip.
        fingerprint: SHA-256 of the security object's CMS container.
        active_key_hash: SHA-256 of the active authentication key's SubjectPublicKeyInfo.
    """

    files: tuple[tuple[int, bytes], ...]
    fingerprint: bytes
    active_key_hash: bytes

    def as_change(self, card: CardId, at: datetime) -> do.AddCardDocument:
        """Bind it to the card."""
        bound = CardDocument(self.fingerprint, self.active_key_hash, made_at=at)
        return do.AddCardDocument(card, bound)


@dataclass(frozen=True, slots=True)
class SignedChip:
    """All that the document signer signed for one chip.

    Attributes:
        document: for readers of passports; None where no keys for one were ordered.
        objects: the PIV security object, a CMS container; None where no objects were reported.
    """

    document: ChipDocument | None
    objects: bytes | None

    @property
    def objects_fingerprint(self) -> bytes | None:
        """SHA-256 of the PIV security object."""
        return None if self.objects is None else sha256(self.objects).digest()


class DocumentMaker:
    """Makes documents with one document signer."""

    def __init__(self, signer: DocumentSigner, portraits: Portraits) -> None:
        self._signer = signer
        self._portraits = portraits

    def sign_objects(self, objects: Sequence[MadeObject]) -> bytes | None:
        """Sign the list of PIV objects, numbered as they come; None where there are none.

        NIST SP 800-73-4 part 1, 3.1.7: an LDS security object whose data group numbers stand for
        PIV objects. The clause has the signer's certificate left out because the CHUID holds it;
        ours is not signed and holds none, so it stays in, and the object is verified by itself.

        The hashes are the bureau's word. They are never numbered 1 or 2: what is signed here could
        otherwise pass at a border for the security object of a zone and a face of its choice.
        """
        if not objects:
            return None
        hashes = {number: made.hash for number, made in enumerate(objects, FIRST_OBJECT)}
        return self._signer.sign(build_hash_list(hashes), _SECURITY_OBJECT)

    async def make(
        self, order: OrderDocument, holder: Citizen, keys: Sequence[ReportedKey]
    ) -> ChipDocument | None:
        """Make the document of an order, or None where no keys for one were ordered.

        Raises:
            RegistryAway: the portrait cannot be had now.
            UnknownPerson: there is none.
            BadChipData: the portrait is no JPEG.
        """
        chip = {key.use: key.der for key in keys if not key.is_certified}
        if not chip:
            return None
        active_key = chip["active_authentication"]
        groups = {
            1: build_dg1(order.mrz),
            2: build_dg2(await self._portraits.of(holder.number)),
            13: build_dg13(citizen_data(holder, order.issued, order.valid_until)),
            14: build_dg14(chip["chip_authentication"]),
            15: build_dg15(active_key),
        }
        signed = self._signer.sign(build_security_object(groups), _SECURITY_OBJECT)
        return ChipDocument(
            files=(
                (_CARD_ACCESS, build_card_access()),
                (_SOD, wrap_sod(signed)),
                (_COM, build_com(groups)),
                *((_DATA_GROUPS | number, file) for number, file in groups.items()),
            ),
            fingerprint=sha256(signed).digest(),
            active_key_hash=sha256(active_key).digest(),
        )
