"""Order, key report and pack: the three documents exchanged with the card bureau, versioned.

One JSON object each, one a line. The bureau has its own code for the same documents, on purpose:
two readers, one wire.
"""

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from eid.domain.identifiers import CardId, DocumentNumber, OrderId
from eid.errors import TooLarge
from eid.issuance.members import Members, bad_member, read_members

ORDER_KIND: Final = "eid.card-order:1"
REPORT_KIND: Final = "eid.key-report:1"
PACK_KIND: Final = "eid.card-pack:1"

_MOST_BYTES: Final = 16384  # a report with six keys stays below 4 kB
_MOST_KEYS: Final = 6
_MRZ_LINES: Final = 3
_ID: Final = r"[0-9a-f]{32}"
# Slots of the PIV application, and the two keys of the passport application (ICAO Doc 9303-11).
_SLOT: Final = r"9[ACDE]|AA|CA"
_CAN: Final = r"[0-9]{6}"
_HASH: Final = r"[0-9a-f]{64}"
# NIST SP 800-73-4 part 1, table 3: CHUID, card capabilities, printed information, key history.
_OBJECT: Final = r"5FC10[279C]"
_LEAST_OBJECTS, _MOST_OBJECTS = 2, 4  # ICAO Doc 9303-10, 4.6.2.3: two hashes at the least
_HASH_BYTES: Final = 32
_REPORT: Final = frozenset({"kind", "order", "card", "chipSerial", "keys", "objects"})
_MADE_KEY: Final = frozenset({"slot", "publicKey", "proof"})
_MADE_OBJECT: Final = frozenset({"tag", "hash"})


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key that the chip shall make, and what it is for: mostly its certificate's profile."""

    slot: str
    profile: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class CardHolder:
    """What the card prints of its holder."""

    number: str
    name: str
    latin_name: str
    born: date
    sex: str
    nationality: str


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """What the bureau is asked to make.

    Attributes:
        order: identifies what is asked for.
        card: identifies the card.
        document_number: printed on the card.
        holder: printed on the card.
        issued: the first day printed on the card.
        valid_until: the last one; None for a card without expiry.
        mrz: the three lines of the machine readable zone.
        keys: what the chip shall make.
        can: card access number, six digits printed on the card, with which the chip is opened for
            reading; None where the card has none, or where nobody needs to know it any more.
        objects_fingerprint: SHA-256 of the PIV security object that was handed out; None before
            that, and where there is none. It is kept here and never sent.
    """

    order: OrderId
    card: CardId
    document_number: DocumentNumber
    holder: CardHolder
    issued: date
    valid_until: date | None
    mrz: tuple[str, str, str]
    keys: tuple[WantedKey, ...]
    can: str | None = field(default=None, repr=False)
    objects_fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was generated on the chip: SubjectPublicKeyInfo, and a DER signature by it."""

    slot: str
    public_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class MadeObject:
    """A PIV data object that the bureau writes: its tag in hex, and SHA-256 of its content."""

    tag: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What the chip holds now. Nothing in it is believed before each proof was verified."""

    order: OrderId
    card: CardId
    chip_serial: bytes
    keys: tuple[MadeKey, ...]
    objects: tuple[MadeObject, ...] = ()


@dataclass(frozen=True, slots=True)
class CardPack:
    """What to write: certificates as (slot, DER), files as (two-byte identifier, content) pairs.

    `piv_security_object` is a CMS container; None where the report told of no objects.
    """

    order: OrderId
    card: CardId
    certificates: tuple[tuple[str, bytes], ...]
    files: tuple[tuple[int, bytes], ...] = ()
    piv_security_object: bytes | None = None


def build_order(order: OrderDocument) -> str:
    """Write an order as one line of JSON."""
    holder = order.holder
    return _line(
        {
            "kind": ORDER_KIND,
            "order": order.order.hex(),
            "card": order.card.hex(),
            "documentNumber": order.document_number,
            "holder": {
                "number": holder.number,
                "name": holder.name,
                "latinName": holder.latin_name,
                "born": holder.born.isoformat(),
                "sex": holder.sex,
                "nationality": holder.nationality,
            },
            "issued": order.issued.isoformat(),
            "validUntil": order.valid_until.isoformat() if order.valid_until else None,
            "mrz": list(order.mrz),
            "keys": [
                {"slot": key.slot, "profile": key.profile, "algorithm": key.algorithm}
                for key in order.keys
            ],
            **({} if order.can is None else {"can": order.can}),
            **_fingerprint_member(order.objects_fingerprint),
        }
    )


def read_order(document: str) -> OrderDocument:
    """Read an order of ours back."""
    order = _read(document, ORDER_KIND)
    return OrderDocument(
        order=OrderId(bytes.fromhex(order.text("order", _ID))),
        card=CardId(bytes.fromhex(order.text("card", _ID))),
        document_number=DocumentNumber(order.text("documentNumber")),
        holder=_read_holder(order.members("holder")),
        issued=order.day("issued"),
        valid_until=order.optional_day("validUntil"),
        mrz=_read_mrz(order),
        keys=tuple(
            WantedKey(key.text("slot", _SLOT), key.text("profile"), key.text("algorithm"))
            for key in order.each("keys", _MOST_KEYS)
        ),
        can=order.optional_text("can", _CAN),
        objects_fingerprint=_read_fingerprint(order),
    )


def finished_order(document: str, objects_fingerprint: bytes | None) -> str:
    """An order as it is kept once the card is made.

    The access number was for the bureau alone. The rest builds the same pack again.
    """
    order = replace(read_order(document), can=None, objects_fingerprint=objects_fingerprint)
    return build_order(order)


def read_report(text: str | bytes) -> KeyReport:
    """Read a key report.

    Raises:
        BadDocument: a member is missing, unknown or not of its shape; the detail names it.
        TooLarge: it has more bytes than any report of ours.
    """
    report = _read(text, REPORT_KIND)
    report.require_only(_REPORT)
    keys = tuple(_read_made_key(key) for key in report.each("keys", _MOST_KEYS))
    if len({key.slot for key in keys}) != len(keys):
        report.refuse("keys", "names a slot twice")
    objects = _read_made_objects(report)
    return KeyReport(
        order=OrderId(bytes.fromhex(report.text("order", _ID))),
        card=CardId(bytes.fromhex(report.text("card", _ID))),
        chip_serial=bytes.fromhex(report.text("chipSerial", _ID)),
        keys=keys,
        objects=objects,
    )


def build_pack(pack: CardPack) -> str:
    """Write a pack as one line of JSON."""
    return _line(
        {
            "kind": PACK_KIND,
            "order": pack.order.hex(),
            "card": pack.card.hex(),
            "certificates": [
                {"slot": slot, "certificate": _base64(der)} for slot, der in pack.certificates
            ],
            **({"files": _file_rows(pack)} if pack.files else {}),
            **_security_object_member(pack.piv_security_object),
        }
    )


def proof_text(card: CardId, key: MadeKey) -> bytes:
    """What the chip signed to show that it holds the key."""
    return f"{REPORT_KIND}|{card.hex()}|{key.slot}|{_base64(key.public_key)}".encode()


def _file_rows(pack: CardPack) -> list[dict[str, str]]:
    return [{"file": f"{name:04X}", "content": _base64(octets)} for name, octets in pack.files]


def _security_object_member(container: bytes | None) -> dict[str, str]:
    return {} if container is None else {"pivSecurityObject": _base64(container)}


def _fingerprint_member(fingerprint: bytes | None) -> dict[str, str]:
    return {} if fingerprint is None else {"pivSecurityObjectHash": fingerprint.hex()}


def _read_fingerprint(order: Members) -> bytes | None:
    written = order.optional_text("pivSecurityObjectHash", _HASH)
    return None if written is None else bytes.fromhex(written)


def _read_holder(holder: Members) -> CardHolder:
    return CardHolder(
        number=holder.text("number"),
        name=holder.text("name"),
        latin_name=holder.text("latinName"),
        born=holder.day("born"),
        sex=holder.text("sex"),
        nationality=holder.text("nationality"),
    )


def _read_mrz(order: Members) -> tuple[str, str, str]:
    first, second, third = order.texts("mrz", _MRZ_LINES)
    return first, second, third


def _read_made_key(key: Members) -> MadeKey:
    key.require_only(_MADE_KEY)
    return MadeKey(key.text("slot", _SLOT), key.octets("publicKey"), key.octets("proof"))


def _read_made_objects(report: Members) -> tuple[MadeObject, ...]:
    """The objects that a report tells of; none in a report from before there were any."""
    if "objects" not in report.held:
        return ()
    objects = tuple(_read_made_object(row) for row in report.each("objects", _MOST_OBJECTS))
    if len({made.tag for made in objects}) != len(objects):
        report.refuse("objects", "names an object twice")
    if len(objects) < _LEAST_OBJECTS:
        report.refuse("objects", f"are fewer than {_LEAST_OBJECTS}")
    return objects


def _read_made_object(row: Members) -> MadeObject:
    row.require_only(_MADE_OBJECT)
    made = MadeObject(row.text("tag", _OBJECT), row.octets("hash"))
    if len(made.hash) != _HASH_BYTES:
        row.refuse("hash", "is no SHA-256")
    return made


def _read(text: str | bytes, kind: str) -> Members:
    if len(text) > _MOST_BYTES:
        raise TooLarge("bureau document")
    document = read_members(text)
    if document.text("kind") != kind:
        raise bad_member("kind", f"is not {kind}")
    return document


def _line(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
