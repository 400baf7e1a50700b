"""The drawn card: what a person would see on the plastic, made ready for a page."""

from dataclasses import dataclass
from datetime import date

import qrcode

from chipcard_sim.bridge.faces import CardFace
from chipcard_sim.bureau.plastic import Plastic

_SEXES = {"M": "Nam", "F": "Nữ"}
_QUIET = 2  # modules of white around the code, which lies on white
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class QrCode:
    """A text, and its QR code as one path over a square of so many modules a side."""

    text: str
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class DrawnCard:
    """Texts as they are printed. `is_printed` is False where only the chip's certificate spoke."""

    document_number: str
    name: str
    number: str
    born: str = ""
    sex: str = ""
    nationality: str = ""
    issued: str = ""
    valid_until: str = ""
    mrz: tuple[str, ...] = ()
    can: str = ""
    qr: QrCode | None = None
    has_portrait: bool = False
    is_printed: bool = False


def draw_plastic(plastic: Plastic) -> DrawnCard:
    """Draw what is printed."""
    return DrawnCard(
        document_number=plastic.document_number,
        name=plastic.name,
        number=plastic.number,
        born=_day(plastic.born),
        sex=plastic.sex,
        nationality=plastic.nationality,
        issued=_day(plastic.issued),
        valid_until=_day(plastic.valid_until) if plastic.valid_until else "",
        mrz=plastic.mrz,
        can=plastic.can or "",
        qr=draw_qr(printed_text(plastic)),
        has_portrait=portrait_of(plastic) is not None,
        is_printed=True,
    )


def draw_face(face: CardFace) -> DrawnCard:
    """Draw what the certificate says, where nobody knows what is printed."""
    return DrawnCard(
        document_number=face.document_number,
        name=face.holder,
        number=face.masked_number,
        valid_until=_day(face.valid_until.date()),
    )


def portrait_of(plastic: Plastic) -> bytes | None:
    """Return the portrait if it is a JPEG, which is what browsers can show."""
    portrait = plastic.portrait
    return portrait if portrait is not None and portrait.startswith(_JPEG) else None


def printed_text(plastic: Plastic) -> str:
    """Return the text of the printed QR code: seven fields, as on the cards of 2021.

    Number, old number, name, birth, sex, address, issue. These people have neither an old number
    nor, on the plastic, an address: both fields are empty, and the bars stay.
    """
    return "|".join(
        (
            plastic.number,
            "",
            plastic.name,
            f"{plastic.born:%d%m%Y}",
            _SEXES.get(plastic.sex, ""),
            "",
            f"{plastic.issued:%d%m%Y}",
        )
    )


def draw_qr(text: str) -> QrCode:
    """Draw a text as a QR code: a path of horizontal bars, one module high."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=_QUIET)
    code.add_data(text.encode())  # bytes: UTF-8 as it stands
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return QrCode(text, len(rows), path)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
