"""The registers that `keys` asks for: signing keys, certificates, wrapped private keys."""

from collections.abc import Sequence
from datetime import datetime

from eid.errors import Conflict
from eid.store.doors.columns import (
    micros,
    moment,
    moment_or_none,
    read_serial,
    serial_octets,
)
from eid.store.drivers import Driver, Part, Row, Values
from eid.store.statements import cards, registers
from keys.errors import RotationConflict, StatusConflict
from keys.jwks.states import KeyState, SigningKey
from keys.pki.register import CertificateRecord, CertificateStatus, RevocationReason
from keys.vault import KeyHandle

REGISTER = "signing_keys"


class SigningKeys:
    """`keys.jwks.states.KeyRegister`: saved whole, under a version."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def load(self) -> tuple[int, tuple[SigningKey, ...]]:
        """Get the version of the register and all its keys, from one look."""
        rows = await self._driver.rows(registers.EVERY_KEY, {"name": REGISTER})
        version = rows[0]["version"] if rows else 0
        return version, tuple(_read_key(row) for row in rows if row["kid"] is not None)

    async def save(self, version: int, keys: tuple[SigningKey, ...]) -> None:
        """Replace the keys if the register still has that version."""
        values: Values = {"name": REGISTER, "version": version}
        advance = registers.BEGIN_REGISTER if version == 0 else registers.ADVANCE_REGISTER
        parts = [Part(advance, values), Part(registers.DROP_KEYS, {})]
        parts += [Part(registers.ADD_KEY, _key_values(key)) for key in keys]
        try:
            await self._driver.keep_many(parts)
        except Conflict:
            raise RotationConflict("the register was saved meanwhile") from None


class Certificates:
    """`keys.pki.register.CertificateRegister`: a serial number is kept before it is signed."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def reserve(self, record: CertificateRecord) -> None:
        """Keep a RESERVED record, durable when this returns."""
        if record.status is not CertificateStatus.RESERVED:
            raise StatusConflict("only a reserved record begins")
        values = {
            **_state_values(record),
            "profile": record.profile,
            "subject": record.subject,
            "not_before": micros(record.not_before),
            "not_after": micros(record.not_after),
        }
        try:
            await self._driver.keep([Part(cards.RESERVE_CERTIFICATE, values)])
        except Conflict:
            raise StatusConflict("the serial number is taken") from None

    async def record(self, record: CertificateRecord) -> None:
        """Keep the newer state of a reserved record; a revoked one has no newer state."""
        try:
            await self._driver.keep([Part(cards.RECORD_CERTIFICATE, _state_values(record))])
        except Conflict:
            raise StatusConflict("never reserved, or revoked meanwhile") from None

    async def find(self, serial: int) -> CertificateRecord | None:
        """Find what is known of a serial number."""
        values = {"serial": serial_octets(serial)}
        rows = await self._driver.rows(cards.FIND_CERTIFICATE, values)
        return _read_record(rows[0]) if rows else None

    async def barred(self, now: datetime, after: int, limit: int) -> Sequence[CertificateRecord]:
        """Find the next that are held or revoked and not over yet, by serial number."""
        values: Values = {"now": micros(now), "after": serial_octets(after), "limit": limit}
        rows = await self._driver.rows(cards.BARRED_CERTIFICATES, values)
        return tuple(_read_record(row) for row in rows)


class KeyBlobs:
    """`keys.vault.wrapped.BlobStore`: what lies here is wrapped."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def put(self, name: str, blob: bytes) -> None:
        """Keep a new blob; durable when this returns."""
        await self._driver.keep([Part(registers.ADD_BLOB, {"name": name, "blob": blob})])

    async def get(self, name: str) -> bytes | None:
        """Find the blob of that name."""
        rows = await self._driver.rows(registers.FIND_BLOB, {"name": name})
        return bytes(rows[0]["blob"]) if rows else None

    async def delete(self, name: str) -> None:
        """Remove the blob; again is harmless."""
        await self._driver.rows(registers.DROP_BLOB, {"name": name})

    async def list(self) -> Sequence[str]:
        """Name every blob."""
        return [row["name"] for row in await self._driver.rows(registers.EVERY_BLOB, {})]


def _key_values(key: SigningKey) -> Values:
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": key.state.value,
        "handle": key.handle,
        "staged_at": micros(key.staged_at),
        "activates_at": micros(key.activates_at),
        "retires_at": micros(key.retires_at),
        "removed_at": micros(key.removed_at),
    }


def _read_key(row: Row) -> SigningKey:
    return SigningKey(
        kid=row["kid"],
        algorithm=row["algorithm"],
        state=KeyState(row["state"]),
        handle=KeyHandle(row["handle"]),
        staged_at=moment(row["staged_at"]),
        activates_at=moment(row["activates_at"]),
        retires_at=moment_or_none(row["retires_at"]),
        removed_at=moment_or_none(row["removed_at"]),
    )


def _state_values(record: CertificateRecord) -> Values:
    return {
        "serial": serial_octets(record.serial),
        "status": record.status.value,
        "fingerprint": record.fingerprint,
        "revoked_at": micros(record.revoked_at),
        "reason": None if record.reason is None else record.reason.value,
    }


def _read_record(row: Row) -> CertificateRecord:
    reason = row["reason"]
    return CertificateRecord(
        serial=read_serial(row["serial"]),
        profile=row["profile"],
        subject=row["subject"],
        not_before=moment(row["not_before"]),
        not_after=moment(row["not_after"]),
        status=CertificateStatus(row["status"]),
        fingerprint=row["fingerprint"],
        revoked_at=moment_or_none(row["revoked_at"]),
        reason=None if reason is None else RevocationReason(reason),
    )
