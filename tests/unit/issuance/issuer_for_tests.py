"""A small issuer: memory store, register, a card CA of our own, and invented applications."""

import asyncio
import base64
import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from builders import make_visit
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes import MemoryStore

from eid.domain.holder import Holder
from eid.domain.visit import Visit
from eid.issuance.batches import Batches
from eid.issuance.cards import CardIssuance
from eid.issuance.certifying import Certifier
from eid.issuance.passport import DocumentMaker
from eid.issuance.policy import IssuancePolicy
from eid.ports import Portraits
from eid.standins.portraits import DrawnPortraits
from keys.algorithms import jose_signature
from keys.errors import StatusConflict
from keys.pki.ceremony import CAST, hold, read_ceremony
from keys.pki.profiles import CARD_CA, CSCA
from keys.pki.register import CertificateRecord, CertificateStatus
from keys.vault import KeyHandle
from keys.vault.memory import MemoryVault

T = TypeVar("T")

CEREMONY = "\n".join(
    f'[{part.name}]\norganisation = "Throw-away"\ncommon_name = "Throw-away {part.name}"\n'
    f'algorithm = "ES256"\ndays = {9000 if part is CSCA else 7300}'
    for part in CAST
)
CA_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
POLICY = IssuancePolicy(document_prefix="X", serial_key=b"s" * 32)

MAU: Mapping[str, Any] = {
    "kind": "citizen",
    "number": "001190000001",
    "name": "Nguyễn Thị Mẫu",
    "latin_name": "NGUYEN THI MAU",
    "born": "1990-01-15",
    "sex": "F",
    "nationality": "VNM",
    "level": 2,
    "card": True,
    "phone": "+84900000001",
    "email": "mau@example.test",
    "card_issued": "2021-07-01",
}
ANNA: Mapping[str, Any] = {
    "kind": "foreigner",
    "number": "F00000001",
    "name": "Anna Muster",
    "latin_name": "ANNA MUSTER",
    "born": "1984-07-21",
    "sex": "F",
    "nationality": "UTO",
    "level": 1,
    "card": False,
    "phone": "+84900000002",
    "passport": "X0000001",
    "residence_until": "2030-06-01",
}
COMPANY: Mapping[str, Any] = {
    "kind": "organisation",
    "number": "O00000001",
    "names": {"vi": "Hợp tác xã Mẫu", "en": "Sample Cooperative"},
    "founded": "2019-05-06",
    "representative": "001190000001",
    "level": None,
    "card": False,
    "phone": "+84900000003",
}


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def as_line(members: Mapping[str, Any], **changes: Any) -> bytes:
    """A line of NDJSON; a member whose new value is `...` is left out."""
    whole = {**members, **changes}
    return json.dumps({k: v for k, v in whole.items() if v is not ...}).encode()


class AgreeingRegistry:
    """Knows everybody and agrees, but for the numbers that it was told to differ on."""

    def __init__(self) -> None:
        self.differing: dict[str, tuple[str, ...]] = {}
        self.asked: list[str] = []

    async def differences(self, holder: Holder) -> tuple[str, ...]:
        self.asked.append(holder.number)
        return self.differing.get(holder.number, ())


class MemoryRegister:
    """The certificate register over a dictionary."""

    def __init__(self) -> None:
        self.records: dict[int, CertificateRecord] = {}
        self.log: list[str] = []

    async def reserve(self, record: CertificateRecord) -> None:
        self.log.append("reserve")
        if record.serial in self.records:
            raise StatusConflict("taken")
        self.records[record.serial] = record

    async def record(self, record: CertificateRecord) -> None:
        self.log.append("record")
        assert record.serial in self.records
        self.records[record.serial] = record

    async def find(self, serial: int) -> CertificateRecord | None:
        return self.records.get(serial)

    async def barred(self, now: datetime, after: int, limit: int) -> Sequence[CertificateRecord]:
        barred = {CertificateStatus.HELD, CertificateStatus.REVOKED}
        rows = (self.records[serial] for serial in sorted(self.records) if serial > after)
        return [row for row in rows if row.status in barred and row.not_after > now][:limit]


class DeterministicVault(MemoryVault):
    """Signs as RFC 6979 does: the same data, the same signature."""

    def sign(self, handle: KeyHandle, alg: str, data: bytes) -> bytes:
        key = self._open._get(handle)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == "secp256r1"
        signature = key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))
        return jose_signature(alg, signature)


@dataclass
class Chip:
    """A chip of software that answers an order with a key report."""

    order: Mapping[str, Any]
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = {key["slot"]: ec.generate_private_key(ec.SECP256R1()) for key in self.wanted}

    @property
    def wanted(self) -> list[dict[str, str]]:
        wanted: list[dict[str, str]] = self.order["keys"]
        return wanted

    def public(self, slot: str) -> str:
        spki = self.keys[slot].public_key()
        return base64.b64encode(
            spki.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode()

    def made(self, slot: str, /, **changes: Any) -> dict[str, Any]:
        text = f"eid.key-report:1|{self.order['card']}|{slot}|{self.public(slot)}"
        proof = self.keys[slot].sign(text.encode(), ec.ECDSA(SHA256()))
        return {
            "slot": slot,
            "publicKey": self.public(slot),
            "proof": base64.b64encode(proof).decode(),
            **changes,
        }

    def report(self, **changes: Any) -> str:
        whole = {
            "kind": "eid.key-report:1",
            "order": self.order["order"],
            "card": self.order["card"],
            "chipSerial": "00" * 16,
            "keys": [self.made(slot) for slot in self.keys],
            **changes,
        }
        return json.dumps(whole)


@dataclass
class Issuer:
    """Everything of the room, wired over memory."""

    store: MemoryStore = field(default_factory=MemoryStore)
    registry: AgreeingRegistry = field(default_factory=AgreeingRegistry)
    register: MemoryRegister = field(default_factory=MemoryRegister)
    visit: Visit = field(default_factory=make_visit)
    portraits: Portraits = field(default_factory=DrawnPortraits)

    @property
    def batches(self) -> Batches:
        return Batches(self.store, self.registry, POLICY)

    def issue(self, *lines: bytes, chunk: int = 500) -> Mapping[str, int]:
        async def work() -> Mapping[str, int]:
            report = await self.batches.accept(self.visit, lines, "test")
            return await self.batches.process(self.visit, report.batch, chunk)

        return run(work())

    def reasons(self) -> dict[int, str | None]:
        lines = self.store.tables.lines.values()
        return {line.number: line.reason for line in lines if line.reason}

    def cards(
        self,
        vault: MemoryVault | None = None,
        begin: datetime = CA_BEGINS,
        portraits: Portraits | None = None,
    ) -> CardIssuance:
        async def work() -> CardIssuance:
            own = vault or DeterministicVault()
            material = await hold(read_ceremony(CEREMONY), own, begin, existing=None)
            authority = await material.authority(CARD_CA, own)
            certifier = Certifier(self.register, authority)
            maker = DocumentMaker(await material.document_signer(own), portraits or self.portraits)
            return CardIssuance(self.store, certifier, maker, POLICY)

        return run(work())

    def chips(self, cards: CardIssuance) -> list[Chip]:
        async def work() -> list[Chip]:
            return [Chip(json.loads(order)) async for order in cards.orders()]

        return run(work())
