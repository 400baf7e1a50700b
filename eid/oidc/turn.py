"""One turn of Authlib's machine: the facts it may ask for, and a list for what it wants kept.

Authlib is synchronous and calls back for data. It never waits for a store: everything was gathered
before, and everything is kept after.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from eid.domain.agency import Client
from eid.domain.audit import AuditEvent
from eid.domain.changes import Change
from eid.domain.facts import CodeFacts, SignOnFacts
from eid.domain.grant import PendingAuthorization
from eid.domain.visit import Visit
from eid.oidc.policy import Keys, OidcPolicy


@dataclass(frozen=True, slots=True)
class Agreed:
    """Somebody signed in agreed that this request gets these claims."""

    pending: PendingAuthorization
    facts: SignOnFacts
    claims: frozenset[str]


@dataclass(frozen=True, slots=True)
class Turn:
    """The facts of one decision; `changes` and `events` grow while Authlib works."""

    client: Client
    policy: OidcPolicy
    visit: Visit
    agreed: Agreed | None = None
    code: CodeFacts | None = None
    keys: Keys | None = None
    changes: list[Change] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)


class TurnRequest(OAuth2Request):
    """An Authlib request with the turn on it. Parameters come from one place alone.

    At the token endpoint that place is the body: a credential in the query is never seen (TK-01).
    """

    def __init__(self, method: str, path: str, parameters: Mapping[str, str], turn: Turn) -> None:
        super().__init__(method, turn.policy.issuer + path)
        payload: Any = BasicOAuth2Payload  # Authlib is untyped
        self.payload = payload(dict(parameters))
        self.turn = turn

    @property
    def args(self) -> dict[str, str]:
        """The query has no say."""
        return {}

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        payload: Any = self.payload
        parameters: dict[str, str] = payload.data
        return parameters
