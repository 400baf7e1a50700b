"""The card's certificate, whose key TLS has proved: handed over under seal, then proved again.

Browsers show it to an instance of ours that does nothing else. That instance seals what it saw for
one challenge of one request (`seal_handover`); here the seal is opened (`open_handover`) and what
was in it goes the way of every card (`verify_client_certificate`). TLS binds the proof to our own
front: a connection to another site signs another transcript, so there is nothing to relay (CV-54).
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from eid.domain.challenge import Challenge
from eid.errors import (
    BadCardAnswer,
    CertificateExpired,
    CertificateMissing,
    CertificateRevoked,
    CertificateUntrusted,
    ChallengeExpired,
    EidError,
)
from eid.proofs.card_path import validate_card_path
from keys.errors import SealBroken
from keys.pki.anchors import TrustAnchors
from keys.pki.path import TrustedCertificate
from keys.sealing import Sealer

LIFETIME: Final = timedelta(seconds=60)  # from the front to our pages: one redirect
LONGEST: Final = 7500  # characters: the largest certificate that a path is looked for, sealed
_LABEL: Final = "eid.card-handover:1"
# What the front may say instead of a certificate: all that its first look can come to.
REFUSALS: Final = {
    one.code: one for one in (CertificateMissing, CertificateExpired, CertificateUntrusted)
}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a handover is for: one challenge of one request, on pages of one origin."""

    origin: str
    pending: str
    nonce: str

    @property
    def context(self) -> bytes:
        """What the seal rests on: a handover of one sign-in does not open in another (SS-08)."""
        return json.dumps([_LABEL, self.origin, self.pending, self.nonce]).encode()


@dataclass(frozen=True, slots=True)
class Handover:
    """A certificate (DER) that nobody has verified, and when TLS proved its key at our front."""

    unverified_certificate: bytes
    shown_at: datetime

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the certificate, to look its standing up: a look-up, not trust."""
        return hashlib.sha256(self.unverified_certificate).digest()


@dataclass(frozen=True, slots=True)
class VerifiedClientCertificate:
    """The key of this certificate was in use at our front for this challenge, while in force."""

    certificate: TrustedCertificate
    challenge: Challenge
    personal_number: str


def seal_handover(sealer: Sealer, errand: Errand, shown: Handover | EidError, now: datetime) -> str:
    """Seal what the front saw, or why it hands nothing over, as text for an address."""
    if isinstance(shown, EidError):
        told = {"at": now.isoformat(), "refusal": shown.code}
    else:
        certificate = base64.b64encode(shown.unverified_certificate).decode("ascii")
        told = {"at": shown.shown_at.isoformat(), "certificate": certificate}
    sealed = sealer.seal(json.dumps(told).encode(), errand.context)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def open_handover(sealer: Sealer, errand: Errand, sealed: bytes) -> Handover | EidError:
    """Open a handover while gathering: a refusal is handed on as a fact, to be decided on."""
    if not sealed or len(sealed) > LONGEST:
        return BadCardAnswer(f"a handover of {len(sealed)} characters")
    try:
        raw = base64.b64decode(sealed + b"=" * (-len(sealed) % 4), b"-_", validate=True)
        told = json.loads(sealer.open(raw, errand.context))
    except (binascii.Error, ValueError, SealBroken):
        return BadCardAnswer("a handover that was not sealed for this sign-in")
    # From here on it is our own words: nobody else could have sealed them.
    if "refusal" in told:
        return REFUSALS.get(told["refusal"], CertificateUntrusted)("refused at the front")
    certificate = base64.b64decode(told["certificate"])
    return Handover(certificate, datetime.fromisoformat(told["at"]))


def verify_client_certificate(
    handover: Handover,
    challenge: Challenge,
    certificate_good: bool,  # noqa: FBT001 - the status that the register handed in
    anchors: TrustAnchors,
    now: datetime,
) -> VerifiedClientCertificate:
    """Prove that the card behind a good certificate was used at our front for this challenge.

    `challenge` has been spent and checked, and the handover opened with its nonce. Raises
    `ChallengeExpired`, `CertificateExpired`, `CertificateUntrusted`, `CertificateRevoked`.
    """
    if now >= handover.shown_at + LIFETIME:
        raise ChallengeExpired("handed over too late")
    # The front looked already; who verifies here believes nobody's look but its own (CV-20).
    trusted = validate_card_path(handover.unverified_certificate, anchors, now)
    if not certificate_good:  # at each sign-in: revoked, held and unknown are one (CV-30)
        raise CertificateRevoked("the register does not call it good")
    return VerifiedClientCertificate(trusted, challenge, trusted.personal_number)
