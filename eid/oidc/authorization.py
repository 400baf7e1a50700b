"""Deciding on an authorization request: at first sight, when somebody comes back, on consent."""

from authlib.oauth2 import OAuth2Error

from eid.domain.audit import AuditEvent, AuthorizationRefused, ConsentGiven, ConsentRefused
from eid.domain.changes import AddPending, Change, FinishPending, SaveConsent
from eid.domain.facts import SignOnFacts
from eid.domain.grant import Consent
from eid.domain.visit import Visit
from eid.oidc.claims import display_name
from eid.oidc.endpoints import AUTHORIZE
from eid.oidc.errors import Denied, denied
from eid.oidc.extensions.issuer import redirect, with_query
from eid.oidc.grants.authorization_code import CodeGrant
from eid.oidc.intake import Addressed, Waiting, accept, error_answer
from eid.oidc.interaction import Ask, GiveUp, GoOn, Login, next_step
from eid.oidc.messages import NeedsConsent, NeedsLogin, Step
from eid.oidc.outcome import Outcome
from eid.oidc.policy import Keys, OidcPolicy
from eid.oidc.redirect_uris import origin
from eid.oidc.server import Server
from eid.oidc.turn import Agreed, Turn, TurnRequest


def decide_authorization(
    addressed: Addressed,
    facts: SignOnFacts | None,
    keys: Keys,
    policy: OidcPolicy,
    visit: Visit,
    *,
    browser: str,
) -> Outcome[Step]:
    """The first look at a request."""
    try:
        waiting = accept(addressed, keys, policy, visit, browser)
    except OAuth2Error as error:
        return refuse(addressed, denied(error), facts, policy, visit)
    except Denied as refusal:
        return refuse(addressed, refusal, facts, policy, visit)
    return decide_step(waiting, facts, policy, visit)


def decide_step(
    waiting: Waiting, facts: SignOnFacts | None, policy: OidcPolicy, visit: Visit
) -> Outcome[Step]:
    """What the request needs now. The stored request decides, never the browser's copy (AZ-15)."""
    remembered: tuple[Change, ...] = (AddPending(waiting.pending),) if waiting.is_new else ()
    match next_step(waiting.pending, waiting.client, facts, policy):
        case Login():
            return Outcome(NeedsLogin(waiting.handle), remembered)
        case Ask() as ask:
            return Outcome(_ask(waiting, ask), remembered)
        case GoOn() as go:
            agreed = Agreed(waiting.pending, go.facts, go.claims)
            return _issue(waiting, agreed, policy, visit)
        case GiveUp() as end:
            return _give_up(waiting, Denied(end.error, end.description), facts, policy, visit)


def decide_consent(
    waiting: Waiting,
    facts: SignOnFacts | None,
    given: frozenset[str] | None,
    policy: OidcPolicy,
    visit: Visit,
) -> Outcome[Step]:
    """The holder's answer. Everything is checked again: a page may be older than the session."""
    step = next_step(waiting.pending, waiting.client, facts, policy)
    if not isinstance(step, Ask | GoOn):
        return decide_step(waiting, facts, policy, visit)
    asked = waiting.pending.claims
    required = waiting.client.required_claims.intersection(asked)
    if given is None or not required <= given:
        return _declined(waiting, step.facts, policy, visit)
    consent = _consent(waiting, step.facts, asked, given, visit)
    agreed = Agreed(waiting.pending, step.facts, consent.given.intersection(asked))
    event = ConsentGiven(
        visit=visit,
        account=consent.account,
        client=waiting.client.id,
        asked=asked,
        given=tuple(name for name in asked if name in agreed.claims),
    )
    return _issue(waiting, agreed, policy, visit, changes=(SaveConsent(consent),), events=(event,))


def refuse(
    addressed: Addressed,
    refusal: Denied,
    facts: SignOnFacts | None,
    policy: OidcPolicy,
    visit: Visit,
) -> Outcome[Step]:
    """Tell the client, through the browser (AZ-04)."""
    event = AuthorizationRefused(
        visit=visit,
        account=facts.owner.account.id if facts else None,
        client=addressed.client.id,
        error=refusal.error,
    )
    return Outcome(error_answer(addressed, refusal, policy), events=(event,))


def _ask(waiting: Waiting, ask: Ask) -> NeedsConsent:
    return NeedsConsent(
        pending=waiting.handle,
        client=waiting.client,
        asked=ask.asked,
        required=ask.required,
        redirect_origin=origin(waiting.pending.redirect_uri),
        holder_name=display_name(ask.facts.owner.holder),
        ui_locales=waiting.pending.ui_locales,
    )


def _issue(
    waiting: Waiting,
    agreed: Agreed,
    policy: OidcPolicy,
    visit: Visit,
    *,
    changes: tuple[Change, ...] = (),
    events: tuple[AuditEvent, ...] = (),
) -> Outcome[Step]:
    """Let Authlib issue the code; its Location gets our issuer and a 303."""
    turn = Turn(waiting.client, policy, visit, agreed=agreed)
    state = waiting.pending.state
    parameters = {} if state is None else {"state": state}
    request = TurnRequest("GET", AUTHORIZE, parameters, turn)
    grant = CodeGrant(request, Server(turn))
    _, _, headers = grant.create_authorization_response(
        waiting.pending.redirect_uri, agreed.facts.owner.holder
    )
    location = with_query(dict(headers)["Location"], [("iss", policy.issuer)])
    kept = (*_finished(waiting, visit), *changes, *turn.changes)
    return Outcome(redirect(location), kept, (*events, *turn.events))


def _give_up(
    waiting: Waiting,
    refusal: Denied,
    facts: SignOnFacts | None,
    policy: OidcPolicy,
    visit: Visit,
) -> Outcome[Step]:
    outcome = refuse(_addressed(waiting), refusal, facts, policy, visit)
    return Outcome(outcome.answer, _finished(waiting, visit), outcome.events)


def _declined(
    waiting: Waiting, facts: SignOnFacts, policy: OidcPolicy, visit: Visit
) -> Outcome[Step]:
    refusal = Denied("access_denied", "The holder did not agree.")
    account = facts.owner.account.id
    event = ConsentRefused(visit=visit, account=account, client=waiting.client.id)
    reply = error_answer(_addressed(waiting), refusal, policy)
    return Outcome(reply, _finished(waiting, visit), (event,))


def _consent(
    waiting: Waiting,
    facts: SignOnFacts,
    asked: tuple[str, ...],
    given: frozenset[str],
    visit: Visit,
) -> Consent:
    """This answer, and what earlier ones said of claims that were not asked for now."""
    before = facts.consent
    earlier_asked = before.asked if before else frozenset()
    earlier_given = before.given if before else frozenset()
    return Consent(
        account=facts.owner.account.id,
        client=waiting.client.id,
        asked=earlier_asked.union(asked),
        given=earlier_given.difference(asked) | given.intersection(asked),
        at=visit.at,
    )


def _finished(waiting: Waiting, visit: Visit) -> tuple[Change, ...]:
    return () if waiting.is_new else (FinishPending(waiting.pending.id_hash, visit.at),)


def _addressed(waiting: Waiting) -> Addressed:
    pending = waiting.pending
    state = {} if pending.state is None else {"state": pending.state}
    return Addressed(waiting.client, pending.redirect_uri, state)
