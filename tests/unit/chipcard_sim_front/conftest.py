"""A throw-away issuer on the other side of the wire, and cards made by the real factory."""

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.documents import build_report, read_order, read_pack
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card

ISSUED = datetime(2025, 1, 1, tzinfo=UTC)


def order_members(**changed: Any) -> dict[str, Any]:
    """A card order as the issuer writes it; an argument changes one member."""
    return {
        "kind": "eid.card-order:1",
        "order": "0a1b",
        "card": "c0ffee",
        "documentNumber": "VN0000001",
        "holder": {
            "number": "001190000001",
            "name": "Nguyễn Thị Mẫu",
            "latinName": "NGUYEN THI MAU",
            "born": "1990-01-15",
            "sex": "F",
            "nationality": "VNM",
        },
        "issued": "2021-07-01",
        "validUntil": "2030-01-15",
        "mrz": ["I<VNM" + "<" * 25, "9" * 30, "NGUYEN<<THI<MAU" + "<" * 15],
        "keys": [
            {"slot": "9A", "profile": "card_authentication", "algorithm": "ES256"},
            {"slot": "9C", "profile": "card_signature", "algorithm": "ES256"},
        ],
    } | changed


@dataclass(frozen=True)
class ThrowAwayIssuer:
    """Signs whatever a key report holds, after checking each proof of possession."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def pack(self, report: dict[str, Any], holder: dict[str, str]) -> dict[str, Any]:
        rows = [
            {"slot": key["slot"], "certificate": self._certify(report["card"], key, holder)}
            for key in report["keys"]
        ]
        return {
            "kind": "eid.card-pack:1",
            "order": report["order"],
            "card": report["card"],
            "certificates": rows,
        }

    def _certify(self, card: str, made: dict[str, str], holder: dict[str, str]) -> str:
        public_key = load_der_public_key(base64.b64decode(made["publicKey"], validate=True))
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        claim = f"eid.key-report:1|{card}|{made['slot']}|{made['publicKey']}"
        proof = base64.b64decode(made["proof"], validate=True)
        public_key.verify(proof, claim.encode(), ec.ECDSA(SHA256()))
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.COMMON_NAME, holder["latinName"]),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, f"PNOVN-{holder['number']}"),
            ]
        )
        builder = x509.CertificateBuilder(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Throw-away CA")]),
            subject,
            public_key,
            x509.random_serial_number(),
            ISSUED,
            ISSUED + timedelta(days=1000),
        )
        certificate = builder.sign(self.key, SHA256())
        return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    return order_members


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    return folder


@dataclass(frozen=True)
class Workshop:
    """The factory and the issuer in one hand. Documents are handled as the JSON they are."""

    cards: Path
    issuer: ThrowAwayIssuer = field(default_factory=ThrowAwayIssuer)
    pin: str = "135790"
    puk: str = "24681357"

    def make(self, **changed: Any) -> dict[str, Any]:
        """Have a chip made; its key report."""
        order = read_order(json.dumps(order_members(**changed)))
        report: dict[str, Any] = json.loads(
            build_report(make_chip(order, self.cards, self.pin, self.puk))
        )
        return report

    def certify(self, report: dict[str, Any]) -> dict[str, Any]:
        """Answer a report with a pack."""
        return self.issuer.pack(report, order_members()["holder"])

    def write(self, pack: dict[str, Any]) -> None:
        write_pack(read_pack(json.dumps(pack)), self.cards)

    def finish(self, document_number: str = "VN0000001") -> str:
        """Make a finished card; its document number."""
        number = document_number.encode().hex()
        self.write(
            self.certify(self.make(documentNumber=document_number, order=number, card=number))
        )
        return document_number

    def open(self, document_number: str = "VN0000001") -> Card:
        return Card.open(self.cards / f"{document_number}.card", applications=APPLICATIONS)


@pytest.fixture
def workshop(cards: Path) -> Workshop:
    return Workshop(cards)


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished card, made once."""
    folder = tmp_path_factory.mktemp("stock")
    Workshop(folder).finish()
    return folder


@pytest.fixture
def stocked(stock: Path, cards: Path) -> Workshop:
    """A workshop where the finished card VN0000001 lies already."""
    shutil.copytree(stock, cards, dirs_exist_ok=True)
    return Workshop(cards)
