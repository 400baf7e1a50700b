"""Order, key report and pack: the three documents exchanged with the issuer, one JSON object each.

The issuer has its own code for the same documents, on purpose: two readers, one wire. Every
refusal names the member that is wrong; its value is never repeated, for it may be personal.
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from chipcard_sim.bureau.members import DocumentMalformed, Members, read_members

ORDER_KIND = "eid.card-order:1"
REPORT_KIND = "eid.key-report:1"
PACK_KIND = "eid.card-pack:1"

_IDENTIFIER = r"[0-9a-f]{1,64}"
_SERIAL = r"[0-9a-f]{32}"
_DOCUMENT_NUMBER = r"[A-Z0-9]{9}"
_PERSONAL_NUMBER = r"[0-9]{12}"
_SLOT = r"9A|9C|9D|9E|AA|CA"
_CERTIFIED_SLOT = r"9A|9C|9D|9E"  # the keys of the passport application stand in its files
_CAN = r"[0-9]{6}"
_OBJECT = r"5FC1[0-9A-F]{2}"  # SP 800-73-4 part 1, table 3: every object but the discovery object
_SHA256_BYTES = 32
_FILE = r"01[0-9A-F]{2}"  # ICAO 9303-10, 4.7.1: file identifiers of the passport application
_MRZ_LINE = r"[A-Z0-9<]{30}"  # ICAO 9303-5, 4.2.2: three lines of thirty


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom the card is for, as printed on it."""

    number: str
    name: str
    latin_name: str
    born: date
    sex: str
    nationality: str


@dataclass(frozen=True, slots=True)
class WantedKey:
    """One key pair that the chip shall generate, and the certificate profile it will carry."""

    slot: str
    profile: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class CardOrder:
    """What the issuer wants made.

    Attributes:
        valid_until: None for a card that never expires.
        can: the card access number, six digits; None for a card without a passport application.
    """

    order: str
    card: str
    document_number: str
    holder: Holder
    issued: date
    valid_until: date | None
    mrz: tuple[str, ...]
    keys: tuple[WantedKey, ...]
    can: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A public key (DER SubjectPublicKeyInfo) and its DER ECDSA proof of possession."""

    slot: str
    public_key: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class MadeObject:
    """A PIV data object that will be written: its tag in hex, and SHA-256 of what a 53 holds."""

    tag: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What the chip generated for an order. `chip_serial` is 16 bytes.

    `objects` are those to be signed, in the order of their numbers in the security object; none in
    a report from before there was one.
    """

    order: str
    card: str
    chip_serial: bytes
    keys: tuple[MadeKey, ...]
    objects: tuple[MadeObject, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotCertificate:
    """One certificate (DER) and the key slot it belongs to."""

    slot: str
    certificate: bytes


@dataclass(frozen=True, slots=True)
class FileContent:
    """One file of the passport application: its identifier (0x0101) and all it holds."""

    file: int
    content: bytes


@dataclass(frozen=True, slots=True)
class CardPack:
    """The certificates and files to write to a card before it is locked.

    `piv_security_object` is the signature over the reported objects, a CMS container.
    """

    order: str
    card: str
    certificates: tuple[SlotCertificate, ...]
    files: tuple[FileContent, ...] = ()
    piv_security_object: bytes | None = None


class _Slotted(Protocol):
    @property
    def slot(self) -> str: ...


_Row = TypeVar("_Row", bound=_Slotted)


def read_order(text: str | bytes) -> CardOrder:
    """Read a card order.

    Raises:
        DocumentMalformed: a member is missing or not of its shape.
    """
    document = read_members(text, ORDER_KIND)
    return CardOrder(
        order=document.text("order", _IDENTIFIER),
        card=document.text("card", _IDENTIFIER),
        document_number=document.text("documentNumber", _DOCUMENT_NUMBER),
        holder=read_holder(document.members("holder")),
        issued=document.day("issued"),
        valid_until=document.day_or_none("validUntil"),
        mrz=document.texts("mrz", _MRZ_LINE, count=3),
        keys=_one_per_slot(tuple(_read_wanted_key(key) for key in document.each("keys")), "keys"),
        can=document.text_or_none("can", _CAN),
    )


def build_order(order: CardOrder) -> str:
    """Write an order as one line of JSON: the factory keeps it in this one spelling."""
    holder = order.holder
    return _as_line(
        {
            "kind": ORDER_KIND,
            "order": order.order,
            "card": order.card,
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
            "validUntil": order.valid_until and order.valid_until.isoformat(),
            "mrz": order.mrz,
            "keys": [
                {"slot": key.slot, "profile": key.profile, "algorithm": key.algorithm}
                for key in order.keys
            ],
            **({} if order.can is None else {"can": order.can}),
        }
    )


def build_report(report: KeyReport) -> str:
    """Write a key report as one line of JSON."""
    return _as_line(
        {
            "kind": REPORT_KIND,
            "order": report.order,
            "card": report.card,
            "chipSerial": report.chip_serial.hex(),
            "keys": [
                {
                    "slot": key.slot,
                    "publicKey": as_base64(key.public_key),
                    "proof": as_base64(key.proof),
                }
                for key in report.keys
            ],
            **_object_rows(report.objects),
        }
    )


def read_report(text: str | bytes) -> KeyReport:
    """Read back a key report of this factory.

    Raises:
        DocumentMalformed: a member is missing or not of its shape.
    """
    document = read_members(text, REPORT_KIND)
    keys = tuple(
        MadeKey(key.text("slot", _SLOT), key.octets("publicKey"), key.octets("proof"))
        for key in document.each("keys")
    )
    return KeyReport(
        order=document.text("order", _IDENTIFIER),
        card=document.text("card", _IDENTIFIER),
        chip_serial=bytes.fromhex(document.text("chipSerial", _SERIAL)),
        keys=_one_per_slot(keys, "keys"),
        objects=_read_made_objects(document),
    )


def read_pack(text: str | bytes) -> CardPack:
    """Read a card pack.

    Raises:
        DocumentMalformed: a member is missing or not of its shape.
    """
    document = read_members(text, PACK_KIND)
    certificates = tuple(
        SlotCertificate(row.text("slot", _CERTIFIED_SLOT), row.octets("certificate"))
        for row in document.each("certificates")
    )
    return CardPack(
        order=document.text("order", _IDENTIFIER),
        card=document.text("card", _IDENTIFIER),
        certificates=_one_per_slot(certificates, "certificates"),
        files=_read_files(document),
        piv_security_object=document.octets_or_none("pivSecurityObject"),
    )


def build_pack(pack: CardPack) -> str:
    """Write a pack as one line of JSON: the factory keeps it in this one spelling."""
    rows = [
        {"slot": row.slot, "certificate": as_base64(row.certificate)} for row in pack.certificates
    ]
    files = [{"file": f"{row.file:04X}", "content": as_base64(row.content)} for row in pack.files]
    signed = pack.piv_security_object
    return _as_line(
        {
            "kind": PACK_KIND,
            "order": pack.order,
            "card": pack.card,
            "certificates": rows,
            **({"files": files} if files else {}),
            **({} if signed is None else {"pivSecurityObject": as_base64(signed)}),
        }
    )


def read_holder(holder: Members) -> Holder:
    """Read whom a card is for from the object that tells it."""
    return Holder(
        number=holder.text("number", _PERSONAL_NUMBER),
        name=holder.text("name"),
        latin_name=holder.text("latinName", r"[ -~]{1,200}"),
        born=holder.day("born"),
        sex=holder.text("sex", r"[FMX]"),
        nationality=holder.text("nationality", r"[A-Z]{3}"),
    )


def as_base64(octets: bytes) -> str:
    """Write bytes as base64 text (RFC 4648, 4)."""
    return base64.b64encode(octets).decode("ascii")


def _as_line(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _read_wanted_key(key: Members) -> WantedKey:
    return WantedKey(
        slot=key.text("slot", _SLOT),
        profile=key.text("profile", r"[a-z_]{1,40}"),
        algorithm=key.text("algorithm", r"ES256|ES384"),
    )


def _object_rows(objects: tuple[MadeObject, ...]) -> dict[str, list[dict[str, str]]]:
    rows = [{"tag": made.tag, "hash": as_base64(made.hash)} for made in objects]
    return {"objects": rows} if rows else {}


def _read_made_objects(report: Members) -> tuple[MadeObject, ...]:
    objects = tuple(
        MadeObject(row.text("tag", _OBJECT), row.octets("hash", _SHA256_BYTES))
        for row in report.each_if_any("objects")
    )
    if len({made.tag for made in objects}) != len(objects):
        raise DocumentMalformed("objects", "names an object twice")
    return objects


def _read_files(pack: Members) -> tuple[FileContent, ...]:
    files = tuple(
        FileContent(int(row.text("file", _FILE), 16), row.octets("content"))
        for row in pack.each_if_any("files")
    )
    if len({row.file for row in files}) != len(files):
        raise DocumentMalformed("files", "names a file twice")
    return files


def _one_per_slot(rows: tuple[_Row, ...], member: str) -> tuple[_Row, ...]:
    if len({row.slot for row in rows}) != len(rows):
        raise DocumentMalformed(member, "names a slot twice")
    return rows
