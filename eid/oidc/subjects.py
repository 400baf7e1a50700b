"""Pairwise subjects, keyed on the person, so that they outlive an account (TJ-08)."""

from base64 import urlsafe_b64encode

from eid.domain.agency import Agency
from eid.domain.identifiers import HolderId, SessionId
from keys.sealing import keyed_hash


def pairwise(key: bytes, agency: Agency, holder: HolderId) -> str:
    """The person at one sector: HMAC-SHA256 over sector and holder (OpenID Connect Core, 8.1).

    A holder's identifier is random and of fixed length, so the two cannot be cut differently; the
    personal number takes no part. 43 characters of base64url.
    """
    digest = keyed_hash(key, agency.sector.encode() + holder)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def pairwise_session(key: bytes, agency: Agency, session: SessionId) -> str:
    """A session's name at one sector: two agencies cannot join their users by it (PI-04)."""
    digest = keyed_hash(key, b"sid:" + agency.sector.encode() + b":" + session)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
