"""RP-initiated logout: at once for who knows the session, else after a question (LO-01)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from eid.domain.agency import Client
from eid.domain.audit import LoggedOut as LoggedOutEvent
from eid.domain.changes import EndSession
from eid.domain.facts import SignOnFacts
from eid.domain.visit import Visit
from eid.oidc.extensions.issuer import redirect, with_query
from eid.oidc.hints import VerifiedHint
from eid.oidc.messages import EndSessionStep, EngineReply, LoggedOut, LogoutAsked
from eid.oidc.outcome import Outcome
from eid.oidc.redirect_uris import origin
from eid.oidc.subjects import pairwise_session

LONGEST_STATE: Final = 1024


@dataclass(frozen=True, slots=True)
class Ending:
    """A request to end a session: who the hint proves is asking, and what else was sent.

    `client` is the one of a believed hint, and only then; `named` is the one that the request
    says, which is good for a page's words and for nothing else.
    """

    hint: VerifiedHint | None
    client: Client | None
    named: Client | None
    parameters: Mapping[str, str]
    pairwise_key: bytes = field(repr=False)

    def way_back(self) -> str | None:
        """Where to send the browser: registered exactly, for the hint's client (LO-02)."""
        uri = self.parameters.get("post_logout_redirect_uri")
        if self.client is None or uri not in self.client.post_logout_redirect_uris:
            return None
        state = self.parameters.get("state")
        if state is None or len(state) > LONGEST_STATE:
            return uri
        return with_query(uri, [("state", state)])

    def is_of(self, facts: SignOnFacts) -> bool:
        """Whether the hint is of this very session (RP-Initiated Logout 1.0, 4)."""
        if self.hint is None or self.client is None:
            return False
        name = pairwise_session(self.pairwise_key, self.client.agency, facts.session.id)
        return self.hint.session == name


def decide_end_session(
    ending: Ending, facts: SignOnFacts | None, visit: Visit
) -> Outcome[EndSessionStep]:
    """End at once if the hint is of this session; ask if there is doubt; nothing to end is ended.

    A third party's link or picture has no such hint, so it ends nothing (LO-08).
    """
    if facts is None:
        return Outcome(_gone(ending))
    if ending.is_of(facts):
        return _end(ending, facts, visit)
    way_back = ending.way_back()
    origins = () if way_back is None else (origin(way_back),)
    return Outcome(LogoutAsked(ending.client or ending.named, origins))


def decide_confirmed(
    ending: Ending, facts: SignOnFacts | None, visit: Visit
) -> Outcome[EngineReply | LoggedOut]:
    """The holder said yes on our own page."""
    if facts is None:
        return Outcome(_gone(ending))
    return _end(ending, facts, visit)


def _end(ending: Ending, facts: SignOnFacts, visit: Visit) -> Outcome[EngineReply | LoggedOut]:
    event = LoggedOutEvent(
        visit=visit,
        account=facts.session.account,
        session=facts.session.id,
        client=ending.client.id if ending.client else None,
    )
    return Outcome(_gone(ending), (EndSession(facts.session.id, visit.at),), (event,))


def _gone(ending: Ending) -> EngineReply | LoggedOut:
    way_back = ending.way_back()
    return LoggedOut() if way_back is None else redirect(way_back)
