"""Challenges: issued here, spent by the store's door, checked here (CV-01, CV-02)."""

import base64
import binascii
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.identifiers import CaseId
from eid.errors import ChallengeExpired, ChallengeSpent

NONCE_BYTES: Final = 32  # 256 bits: nobody guesses one, no two are alike (CV-01)
NONCE_CHARACTERS: Final = 44


def issue_challenge(
    purpose: ChallengePurpose,
    origin: str,
    bound_to: bytes,
    now: datetime,
    lifetime: timedelta,
) -> Challenge:
    """Make a fresh challenge for one purpose, one origin and one transaction."""
    return Challenge(
        nonce=base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode("ascii"),
        purpose=purpose,
        origin=origin,
        bound_to=bound_to,
        issued_at=now,
        expires_at=now + lifetime,
    )


def is_nonce(text: str) -> bool:
    """Whether this text can be a nonce of ours: the one base64 text of 32 bytes, nothing else.

    Other spellings of the same bytes are refused: it is signed and looked up as text (CV-02).
    """
    if len(text) != NONCE_CHARACTERS:
        return False
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == NONCE_BYTES and base64.b64encode(raw).decode("ascii") == text


def bound_to_pending(pending_hash: bytes, browser_hash: bytes) -> bytes:
    """Name a sign-in: one authorization request in one browser (SS-08)."""
    return _bound(b"pending", pending_hash, browser_hash)


def bound_to_case(case: CaseId, browser_hash: bytes) -> bytes:
    """Name an activation: one case in one browser (AC-06)."""
    return _bound(b"case", case, browser_hash)


def check_challenge(
    challenge: Challenge | None, purpose: ChallengePurpose, now: datetime
) -> Challenge:
    """Hand back a challenge that was spent just now, if it may still be answered.

    Raises `ChallengeSpent` for None (unknown, another transaction's, or used before) and for
    another purpose; raises `ChallengeExpired` from the instant `expires_at` on.
    """
    if challenge is None:
        raise ChallengeSpent("unknown, of another transaction, or used before")
    if challenge.purpose is not purpose:
        raise ChallengeSpent(f"issued for {challenge.purpose}, not for {purpose}")
    if now >= challenge.expires_at:
        raise ChallengeExpired("answered too late")
    return challenge


def _bound(kind: bytes, *parts: bytes) -> bytes:
    """Hash the parts under a name of their own, each behind its length.

    Without the name, a request's hash could pass for a case's; without the lengths, bytes could
    wander from one part into the next.
    """
    digest = hashlib.sha256(b"eid.challenge.bound-to:1")
    for part in (kind, *parts):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()
