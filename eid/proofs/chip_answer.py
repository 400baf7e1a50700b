"""A chip reading as a factor takes it: read once, looked up by its document, proved with status."""

from dataclasses import dataclass
from datetime import datetime

from eid.domain.challenge import Challenge
from eid.errors import CertificateRevoked, Malformed
from eid.proofs.document import (
    AuthenticDocument,
    ChipReading,
    authenticate_document,
    document_fingerprint,
    read_chip_reading,
)
from keys.pki.anchors import DocumentAnchors


@dataclass(frozen=True, slots=True)
class ChipAnswer:
    """A chip reading that nobody has verified, and by what the register would know its document."""

    reading: ChipReading
    fingerprint: bytes


def claimed_chip_answer(body: bytes) -> ChipAnswer | Malformed:
    """Read a chip reading while gathering: a refusal is handed on as a fact, to be decided on."""
    try:
        reading = read_chip_reading(body)
        return ChipAnswer(reading, document_fingerprint(reading))
    except Malformed as refusal:
        return refusal


def authenticate_chip(
    answer: ChipAnswer,
    challenge: Challenge,
    document_good: bool,  # noqa: FBT001 - the status that the register handed in
    anchors: DocumentAnchors,
    now: datetime,
) -> AuthenticDocument:
    """Prove document and chip, and that the register calls the document good.

    Raises what `authenticate_document` raises, then `CertificateRevoked`: the status is told to who
    holds the chip, so it comes last. Withdrawn and unknown are one (CV-30).
    """
    document = authenticate_document(answer.reading, challenge, anchors, now)
    if not document_good:
        raise CertificateRevoked("the register does not call the document good")
    return document
