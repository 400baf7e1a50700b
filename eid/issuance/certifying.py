"""From a reported key to a certificate: proof of possession, intent, signature, record.

Every step can be taken again with the same result: the serial number follows from order and key,
what the register holds under it fixes the rest, and the authority's signature is deterministic.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, Name

from eid.domain import changes as do
from eid.domain.card import CardCertificate, ChipCard
from eid.domain.facts import OrderFacts
from eid.domain.holder import Citizen
from eid.domain.identifiers import OrderId
from eid.errors import AlreadySpent, CardExpired, Conflict, SignatureWrong, WrongHolder
from eid.issuance.documents import KeyReport, MadeKey, WantedKey, proof_text
from eid.issuance.members import bad_member
from eid.vietnam import rules
from keys import algorithms
from keys.algorithms import PublicKey
from keys.errors import AlgorithmRefused, SignatureInvalid, StatusConflict
from keys.pki.authority import CertificateAuthority
from keys.pki.profiles import PROFILES, CertificateProfile, Named
from keys.pki.register import (
    CertificateRecord,
    CertificateRegister,
    CertificateStatus,
    fingerprint_of,
)
from keys.pki.subject import card_subject, presence_subject
from keys.sealing import keyed_hash

_SERIAL_OCTETS: Final = 20


@dataclass(frozen=True, slots=True)
class ReportedKey:
    """A key whose possession the chip has proved, and what it is wanted for.

    Attributes:
        slot: where it is on the chip.
        use: name of its certificate's profile, or what it is for in the passport application.
        public_key: the key.
        der: the same, as it was reported.
        serial: of its certificate.
    """

    slot: str
    use: str
    public_key: PublicKey
    der: bytes
    serial: int

    @property
    def is_certified(self) -> bool:
        """Whether it gets a certificate; keys of the passport application stand in its files."""
        return self.use in PROFILES


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A key and its certificate."""

    key: ReportedKey
    certificate: Certificate

    @property
    def der(self) -> bytes:
        """The certificate as the card carries it."""
        return self.certificate.public_bytes(Encoding.DER)

    def as_change(self, card: ChipCard) -> do.AddCardCertificate:
        """Bind it to the card: no other card may ever carry this key (AC-18)."""
        bound = CardCertificate(
            profile=self.key.use,
            serial=self.key.serial,
            fingerprint=fingerprint_of(self.certificate),
            not_after=self.certificate.not_valid_after_utc,
        )
        return do.AddCardCertificate(card.id, bound, sha256(self.key.der).digest())


def prove_possession(
    report: KeyReport, wanted: tuple[WantedKey, ...], serial_key: bytes
) -> tuple[ReportedKey, ...]:
    """Take a report's keys, each proved by its own signature, in the order's sequence.

    Raises:
        BadDocument: not exactly the slots that were ordered, or one key in two of them.
        SignatureWrong: a key is not of its algorithm, or its proof does not hold.
    """
    made = {key.slot: key for key in report.keys}
    if made.keys() != {key.slot for key in wanted}:
        raise bad_member("keys", "are not the slots that were ordered")
    if len({key.public_key for key in report.keys}) != len(report.keys):
        # A key that signs documents and logs in could be tricked into the one by the other.
        raise bad_member("keys", "hold one key twice")
    return tuple(_prove(report, made[key.slot], key, serial_key) for key in wanted)


def _prove(report: KeyReport, made: MadeKey, wanted: WantedKey, serial_key: bytes) -> ReportedKey:
    try:
        public_key = algorithms.read_public_key(made.public_key)
        algorithms.require_fit(wanted.algorithm, public_key)
        algorithms.jose_signature(wanted.algorithm, made.proof)  # r and s in range, plainly written
        _verify_proof(public_key, made.proof, proof_text(report.card, made))
    except (AlgorithmRefused, SignatureInvalid) as error:
        raise SignatureWrong(f"key of slot {made.slot}: {error.code}") from error
    return ReportedKey(
        slot=made.slot,
        use=wanted.profile,
        public_key=public_key,
        der=made.public_key,
        serial=serial_of(serial_key, report.order, made),
    )


def _verify_proof(public_key: PublicKey, proof: bytes, text: bytes) -> None:
    """The chip signs a hash of 32 bytes with a key of any curve, so every proof is over SHA-256."""
    if not isinstance(public_key, ec.EllipticCurvePublicKey):
        raise AlgorithmRefused("a chip's key is on a curve")
    try:
        public_key.verify(proof, text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise SignatureInvalid("the proof does not hold") from None


def serial_of(serial_key: bytes, order: OrderId, key: MadeKey) -> int:
    """The serial number of a key's certificate: 159 bits that nobody can foresee.

    RFC 5280, 4.1.2.2: positive and at most 20 octets. The same key of the same order always has the
    same, so that a report that is sent again finds what was begun.
    """
    drawn = keyed_hash(serial_key, order + key.slot.encode() + key.public_key)
    return int.from_bytes(drawn[:_SERIAL_OCTETS], "big") >> 1 | 1


class Certifier:
    """Certifies chip keys with one authority, and leaves a trace in the register first."""

    def __init__(self, register: CertificateRegister, authority: CertificateAuthority) -> None:
        self._register = register
        self._authority = authority

    async def certify(self, key: ReportedKey, facts: OrderFacts) -> CertifiedKey:
        """Certify a key, or give back the certificate that it already has.

        Raises:
            CardExpired: the card's last day is over before this authority began.
            AlreadySpent: it was certified before and the very same bytes cannot be made again.
            Conflict: somebody else is certifying the same key.
        """
        profile = PROFILES[key.use]
        subject = _subject(profile, facts)
        record = await self._register.find(key.serial)
        if record is None:
            record = await self._reserve(key.serial, profile, subject, facts.card)
        certificate = self._authority.issue(
            profile,
            subject,
            key.public_key,
            serial=key.serial,
            not_before=record.not_before,
            not_after=record.not_after,
        )
        await self._record(record, certificate)
        return CertifiedKey(key, certificate)

    async def _reserve(
        self, serial: int, profile: CertificateProfile, subject: Name, card: ChipCard
    ) -> CertificateRecord:
        begin, end = self._validity(profile, card)
        record = CertificateRecord(serial, profile.name, subject.rfc4514_string(), begin, end)
        try:
            await self._register.reserve(record)
        except StatusConflict as error:
            raise Conflict("serial number is being used") from error
        return record

    async def _record(self, record: CertificateRecord, certificate: Certificate) -> None:
        if record.status is CertificateStatus.RESERVED:
            await self._register.record(record.issued(certificate))
        elif record.fingerprint != fingerprint_of(certificate):
            raise AlreadySpent("the certificate was made before and is not here any more")

    def _validity(self, profile: CertificateProfile, card: ChipCard) -> tuple[datetime, datetime]:
        """From the card's day of issue to the end of its last day, within the authority's own."""
        begin = max(
            rules.start_of_day(card.issued), self._authority.certificate.not_valid_before_utc
        )
        until = rules.end_of_day(card.valid_until) if card.valid_until else None
        begin, end = self._authority.validity(profile, begin, until)
        if end <= begin:
            raise CardExpired("its last day was over before the authority began")
        return begin, end


def _subject(profile: CertificateProfile, facts: OrderFacts) -> Name:
    if profile.names is Named.CARD:
        return presence_subject(facts.card.document_number)
    holder = holder_of(facts)
    return card_subject(holder.name.latin, holder.number)


def holder_of(facts: OrderFacts) -> Citizen:
    """The citizen whom a card is for; raises `WrongHolder`."""
    holder = facts.owner.holder
    if not isinstance(holder, Citizen):
        raise WrongHolder("cards are for citizens")
    return holder
