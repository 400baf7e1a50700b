"""A card made by the factory, with certificates of a throw-away issuer, as it is handed out."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from pki_for_tests import (
    AUTHENTICATION_POLICY,
    SIGNATURE_POLICY,
    ThrowAwayPki,
    certify,
    person,
    usage,
)

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.documents import build_report, read_order, read_pack
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card

PIN, NEW_PIN, WRONG_PIN = "123456", "86420975", "000000"
PUK, WRONG_PUK = "24681357", "00000000"
DOCUMENT, NUMBER = "VN0000001", "001190000001"
ORDER = {
    "kind": "eid.card-order:1",
    "order": "0a1b",
    "card": "c0ffee",
    "documentNumber": DOCUMENT,
    "holder": {
        "number": NUMBER,
        "name": "Nguyễn Thị Mẫu",
        "latinName": "NGUYEN THI MAU",
        "born": "1990-01-15",
        "sex": "F",
        "nationality": "VNM",
    },
    "issued": "2021-07-01",
    "validUntil": "2030-01-15",
    "can": "123456",
    "mrz": [
        "I<VNMVN00000017<<<<<<<<<<<<<<<",
        "9001158F3001156VNM<<<<<<<<<<<8",
        "NGUYEN<<THI<MAU<<<<<<<<<<<<<<<",
    ],
}
PROFILES: dict[str, dict[str, Any]] = {
    "9A": {
        "key_usage": usage("digital_signature"),
        "policy": AUTHENTICATION_POLICY,
        "purposes": [ExtendedKeyUsageOID.CLIENT_AUTH],
    },
    "9C": {"key_usage": usage("content_commitment"), "policy": SIGNATURE_POLICY},
    "9D": {"key_usage": usage("key_agreement"), "policy": AUTHENTICATION_POLICY},
    "9E": {"key_usage": usage("digital_signature"), "policy": AUTHENTICATION_POLICY},
}


@dataclass
class HandedOut:
    """A card in somebody's hand: its file, what is on it, and how to make it new again."""

    path: Path
    pki: ThrowAwayPki
    certificates: dict[str, x509.Certificate]
    pristine: bytes
    card: Card

    def renew(self) -> None:
        """Undo whatever was done to it, and what it still remembers of the last reader."""
        self.path.write_bytes(self.pristine)
        self.card.reset()

    def public_key(self, slot: str = "9A") -> ec.EllipticCurvePublicKey:
        key = self.certificates[slot].public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return key


def hand_out(folder: Path, algorithm: str = "ES256") -> HandedOut:
    """Have the factory make a card and the issuer certify its keys."""
    keys = [{"slot": slot, "profile": "any", "algorithm": algorithm} for slot in PROFILES]
    order = read_order(json.dumps(ORDER | {"keys": keys}))
    report = json.loads(build_report(make_chip(order, folder, PIN, PUK)))
    pki = ThrowAwayPki()
    certificates = {row["slot"]: certificate_for(row, pki) for row in report["keys"]}
    rows = [
        {"slot": slot, "certificate": base64.b64encode(each.public_bytes(Encoding.DER)).decode()}
        for slot, each in certificates.items()
    ]
    pack = {"kind": "eid.card-pack:1", "order": "0a1b", "card": "c0ffee", "certificates": rows}
    write_pack(read_pack(json.dumps(pack)), folder)
    path = folder / f"{DOCUMENT}.card"
    card = Card.open(path, applications=APPLICATIONS)
    return HandedOut(path, pki, certificates, path.read_bytes(), card)


def certificate_for(row: dict[str, str], pki: ThrowAwayPki) -> x509.Certificate:
    key = load_der_public_key(base64.b64decode(row["publicKey"], validate=True))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return certify(person(), key, pki.card_ca, pki.card_ca.key, **PROFILES[row["slot"]])


def public_key_file(card: HandedOut, slot: str, folder: Path) -> Path:
    """The public key of a slot, as its certificate says, in a file."""
    path = folder / f"{slot}.pem"
    key = card.public_key(slot)
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path
