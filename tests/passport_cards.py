"""Cards with a passport application, made by the real factory from files that the server's own
builders wrote and a throw-away state signed. All people are invented.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from chips_for_tests import Country, Signer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509 import ObjectIdentifier
from pki_for_tests import ANY_POLICY, ThrowAwayPki, certify, person, usage

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.documents import KeyReport, read_order, read_pack
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.card import Card
from eid.domain.holder import PersonName, Sex
from eid.domain.identifiers import PersonalNumber
from eid.emrtd.data_groups import build_com, build_dg1, build_dg2, build_dg15
from eid.emrtd.security_infos import build_card_access, build_dg14
from eid.emrtd.security_object import CONTENT_TYPE, build_security_object, wrap_sod
from eid.vietnam.citizen_data import CitizenData, build_dg13
from eid.vietnam.mrz_profile import build_mrz
from keys.cms import sign_data

NUMBER = "001190000001"
NAME, LATIN_NAME = "Nguyễn Thị Mẫu", "NGUYEN THI MAU"
CAN = "271828"
PIN, PUK = "123456", "12345678"
MRZ = build_mrz(
    PersonalNumber(NUMBER),
    PersonName(NAME, LATIN_NAME),
    date(1990, 1, 15),
    Sex.FEMALE,
    date(2030, 1, 15),
)
SLOTS = {
    "9A": "card_authentication",
    "9C": "card_signature",
    "9D": "card_key_agreement",
    "9E": "card_presence",
    "AA": "active_authentication",
    "CA": "chip_authentication",
}
PIV_SLOTS = ("9A", "9C", "9D", "9E")

# A frame header of 240 by 320 pixels, and enough behind it to be read in many pieces.
PORTRAIT = (
    bytes.fromhex("FFD8FFE000104A46494600010100000100010000")
    + bytes.fromhex("FFC0001108014000F003012200021101031101")
    + bytes(i % 251 for i in range(9000))
    + bytes.fromhex("FFD9")
)

Groups = dict[int, bytes]
ChangeGroups = Callable[[Groups], Groups]


@dataclass(frozen=True)
class State:
    """A state that signs travel documents: its root, and one document signer below it."""

    country: Country = field(default_factory=Country)

    @cached_property
    def signer(self) -> Signer:
        return self.country.signer()

    @property
    def root(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.country.csca.certificate)

    def sign(self, groups: Groups) -> bytes:
        """EF.SOD over these data groups."""
        content, key = build_security_object(groups), self.signer.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        certificate = x509.load_der_x509_certificate(self.signer.certificate)
        return wrap_sod(sign_data(content, ObjectIdentifier(CONTENT_TYPE), certificate, key))


@dataclass(frozen=True)
class PassportCard:
    """A finished card, and what is printed on it."""

    place: Path
    state: State
    report: KeyReport
    can: str = CAN
    mrz: tuple[str, str, str] = MRZ

    def open(self, *quirks: Quirk) -> Card:
        return Card.open(self.place, applications=APPLICATIONS, quirks=frozenset(quirks))


def passport_order(document_number: str = "VN0000001", can: str | None = CAN) -> str:
    """An order for a card with all six keys."""
    members = {
        "kind": "eid.card-order:1",
        "order": document_number.encode().hex(),
        "card": document_number.encode().hex(),
        "documentNumber": document_number,
        "holder": {
            "number": NUMBER,
            "name": NAME,
            "latinName": LATIN_NAME,
            "born": "1990-01-15",
            "sex": "F",
            "nationality": "VNM",
        },
        "issued": "2021-07-01",
        "validUntil": "2030-01-15",
        "mrz": MRZ,
        "keys": [
            {"slot": slot, "profile": profile, "algorithm": "ES256"}
            for slot, profile in SLOTS.items()
        ],
    }
    return json.dumps(members | ({} if can is None else {"can": can}))


def make_passport_card(
    folder: Path, document_number: str = "VN0000001", change: ChangeGroups = dict
) -> PassportCard:
    """Make a card; `change` alters what is on the chip after it was signed."""
    order = read_order(passport_order(document_number))
    report = make_chip(order, folder, PIN, PUK)
    pack = passport_pack(report, the_state(), change)
    write_pack(read_pack(json.dumps(pack)), folder)
    return PassportCard(folder / f"{document_number}.card", the_state(), report)


def passport_pack(
    report: KeyReport, state: State, change: ChangeGroups = dict
) -> dict[str, object]:
    """The pack for a chip: certificates by a throw-away authority, files signed by the state."""
    made = {key.slot: key.public_key for key in report.keys}
    files = passport_files(made, state, change)
    return {
        "kind": "eid.card-pack:1",
        "order": report.order,
        "card": report.card,
        "certificates": [
            {"slot": slot, "certificate": _text(_certificate(made[slot]))} for slot in PIV_SLOTS
        ],
        "files": [{"file": f"{name:04X}", "content": _text(files[name])} for name in files],
    }


def passport_files(
    made: Mapping[str, bytes], state: State, change: ChangeGroups = dict
) -> dict[int, bytes]:
    """All files of a chip that made these keys (SubjectPublicKeyInfo by slot)."""
    groups: Groups = {
        1: build_dg1(MRZ),
        2: build_dg2(PORTRAIT),
        13: build_dg13(CitizenData(number=NUMBER, name=NAME, born="15/01/1990", sex="Nữ")),
        14: build_dg14(made["CA"]),
        15: build_dg15(made["AA"]),
    }
    sod = state.sign(groups)
    changed = change(groups)
    files = {0x011C: build_card_access(), 0x011D: sod, 0x011E: build_com(changed)}
    return files | {0x0100 | number: content for number, content in changed.items()}


@lru_cache
def the_state() -> State:
    """One state for a whole run of tests."""
    return State()


@lru_cache
def _card_authority() -> ThrowAwayPki:
    return ThrowAwayPki()


def _certificate(public_key: bytes) -> bytes:
    key = load_der_public_key(public_key)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    issuer = _card_authority().card_ca
    made = certify(
        person(NUMBER, LATIN_NAME),
        key,
        issuer,
        issuer.key,
        key_usage=usage("digital_signature"),
        policy=ANY_POLICY,
    )
    return made.public_bytes(Encoding.DER)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
