"""What is printed on a card: it lies beside the chip's file as `X.print.json`.

The plastic and the chip are two things. A window that draws the card looks at the plastic; no
reader ever sees it, and nothing on it is proven.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from chipcard_sim.bureau.documents import CardOrder, CardPack, as_base64, read_holder
from chipcard_sim.bureau.members import read_members
from chipcard_sim.bureau.papers import write_whole
from chipcard_sim.bureau.portrait import read_portrait

KIND = "chipcard-sim.plastic:1"
PORTRAIT_FILE = 0x0102  # ICAO 9303-10, 4.7.2: the encoded face
_ENDING = ".print.json"


@dataclass(frozen=True, slots=True)
class Plastic:
    """What a person sees on the card.

    Attributes:
        valid_until: None for a card that never expires.
        mrz: the three lines of the machine readable zone.
        can: the card access number; None where the chip has no passport application.
        portrait: a JPEG or JPEG 2000, as it stands in the chip too; None where there is none.
    """

    document_number: str
    number: str
    name: str
    latin_name: str
    born: date
    sex: str
    nationality: str
    issued: date
    valid_until: date | None
    mrz: tuple[str, ...]
    can: str | None = None
    portrait: bytes | None = field(default=None, repr=False)


def plastic_of(order: CardOrder, pack: CardPack) -> Plastic:
    """What goes with this order and pack.

    Raises:
        DocumentMalformed: the pack has a portrait file that cannot be read.
    """
    faces = [read_portrait(row.content) for row in pack.files if row.file == PORTRAIT_FILE]
    holder = order.holder
    return Plastic(
        document_number=order.document_number,
        number=holder.number,
        name=holder.name,
        latin_name=holder.latin_name,
        born=holder.born,
        sex=holder.sex,
        nationality=holder.nationality,
        issued=order.issued,
        valid_until=order.valid_until,
        mrz=order.mrz,
        can=order.can,
        portrait=faces[0] if faces else None,
    )


def print_plastic(card: Path, plastic: Plastic) -> None:
    """Lay what is printed beside the card's file."""
    write_whole(_beside(card), build_plastic(plastic))


def find_plastic(card: Path) -> Plastic | None:
    """What is printed on a card, or None where nothing lies beside its file.

    Raises:
        DocumentMalformed: what lies there cannot be read.
    """
    try:
        text = _beside(card).read_bytes()
    except FileNotFoundError:
        return None
    return read_plastic(text)


def build_plastic(plastic: Plastic) -> str:
    """Write it as one line of JSON."""
    members = {
        "kind": KIND,
        "documentNumber": plastic.document_number,
        "number": plastic.number,
        "name": plastic.name,
        "latinName": plastic.latin_name,
        "born": plastic.born.isoformat(),
        "sex": plastic.sex,
        "nationality": plastic.nationality,
        "issued": plastic.issued.isoformat(),
        "validUntil": plastic.valid_until and plastic.valid_until.isoformat(),
        "mrz": plastic.mrz,
        "can": plastic.can,
        "portrait": plastic.portrait and as_base64(plastic.portrait),
    }
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def read_plastic(text: str | bytes) -> Plastic:
    """Read it back.

    Raises:
        DocumentMalformed: a member is missing or not of its shape.
    """
    members = read_members(text, KIND)
    holder = read_holder(members)
    return Plastic(
        document_number=members.text("documentNumber"),
        number=holder.number,
        name=holder.name,
        latin_name=holder.latin_name,
        born=holder.born,
        sex=holder.sex,
        nationality=holder.nationality,
        issued=members.day("issued"),
        valid_until=members.day_or_none("validUntil"),
        mrz=members.texts("mrz", r"[A-Z0-9<]{30}", count=3),
        can=None if members.held.get("can") is None else members.text("can", r"[0-9]{6}"),
        portrait=None if members.held.get("portrait") is None else members.octets("portrait"),
    )


def _beside(card: Path) -> Path:
    return card.with_name(f"{card.stem}{_ENDING}")
