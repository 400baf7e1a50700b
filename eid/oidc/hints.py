"""ID tokens of ours that come back as a hint: who the client thinks is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eid.domain.agency import Client
from eid.domain.identifiers import ClientId
from eid.oidc.policy import Keys
from keys.errors import TokenRejected
from keys.jwks.sign import verify_compact


@dataclass(frozen=True, slots=True)
class VerifiedHint:
    """An ID token that we signed for this client; it may have expired."""

    client: ClientId
    subject: str
    session: str | None


def verify_hint(
    token: str, client: Client | None, keys: Keys, issuer: str, now: datetime
) -> VerifiedHint | None:
    """Prove that we signed it for that client; None for anything else, which is never believed.

    Without a client, the hint itself says for whom it was (RP-Initiated Logout 1.0, 2). An expired
    one is accepted (the same, 4): it only says who was there.
    """
    try:
        verified = verify_compact(
            keys[0], token, typ="JWT", issuer=issuer, now=now, accept_expired=True
        )
    except TokenRejected:
        return None
    return _read(verified.claims, client)


def _read(claims: Mapping[str, object], client: Client | None) -> VerifiedHint | None:
    audience, subject, session = (claims.get(name) for name in ("aud", "sub", "sid"))
    if not isinstance(audience, str) or not isinstance(subject, str):
        return None
    if client is not None and client.id != audience:
        return None
    return VerifiedHint(ClientId(audience), subject, session if isinstance(session, str) else None)
