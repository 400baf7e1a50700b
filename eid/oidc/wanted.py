"""What a waiting request wants, beyond plain scopes, in the one list that it keeps.

Besides scopes a pending request's `scope` may hold `claim:NAME`, a claim that the `claims`
parameter asked for by itself, and `subject:SUB`, the person whom the client means. No client can
send these as scopes: what is not in SCOPES is dropped on the way in. Neither gets into a grant.
"""

from collections.abc import Iterable
from typing import Final

from eid.domain.agency import Client
from eid.oidc.claims import CLAIMS, SCOPES

CLAIM: Final = "claim:"
SUBJECT: Final = "subject:"


def wanted(
    scope: str, singles: Iterable[str], subject: str | None, client: Client
) -> tuple[str, ...]:
    """What of a request counts: known, and registered for the client (AZ-18, AZ-19)."""
    asked = set(scope.split(" "))
    scopes = [name for name in SCOPES if name in asked and name in client.scopes]
    allowed = [name for name in singles if name in CLAIMS and CLAIMS[name].scope in client.scopes]
    claims = [CLAIM + name for name in allowed if CLAIMS[name].scope not in scopes]
    return (*scopes, *claims, *([SUBJECT + subject] if subject is not None else []))


def granted_scope(wants: Iterable[str]) -> tuple[str, ...]:
    """The scopes alone: what the token answer names."""
    return tuple(name for name in wants if name in SCOPES)


def asked_claims(wants: Iterable[str]) -> tuple[str, ...]:
    """The claims that scopes and single claims amount to, in the order of the list CLAIMS."""
    wants = frozenset(wants)
    rows = CLAIMS.values()
    return tuple(row.name for row in rows if row.scope in wants or CLAIM + row.name in wants)


def meant_subject(wants: Iterable[str]) -> str | None:
    """The person whom the client means, by the subject it knows; None when anybody will do."""
    meant = (name.removeprefix(SUBJECT) for name in wants if name.startswith(SUBJECT))
    return next(meant, None)
