"""What this room decides: plain functions of facts, evidence and time."""

from collections.abc import Container
from typing import Never
from urllib.parse import urlsplit

from eid.authentication.factors import FactorProof
from eid.authentication.ladder import next_factors
from eid.authentication.messages import FactorAsked, LoginPolicy, SignedIn
from eid.domain.agency import Client
from eid.domain.assurance import METHODS, AuthenticationMethod
from eid.domain.audit import LoggedIn, LoggedOut, LoginRefused, word_of
from eid.domain.challenge import ChallengePurpose
from eid.domain.changes import AddChallenge, AddSession, Change, EndSession
from eid.domain.facts import CardFacts, SignOnFacts
from eid.domain.grant import PendingAuthorization
from eid.domain.handles import digest, make
from eid.domain.identifiers import SessionId, new_id
from eid.domain.outcome import Outcome
from eid.domain.session import LoginSession
from eid.domain.visit import Visit
from eid.errors import EidError, LevelTooLow, UnknownPending
from eid.proofs.challenges import bound_to_pending, issue_challenge


def decide_asking(  # noqa: PLR0917 - request, wish, what there is, policy, time
    waiting: PendingAuthorization,
    client: Client | None,
    method: str,
    absent: Container[AuthenticationMethod],
    policy: LoginPolicy,
    visit: Visit,
) -> Outcome[FactorAsked]:
    """Issue the challenge of a factor that leads to the wanted level: the wished one, if it does.

    A session that is here already does not count: the request waits because it was not enough.
    """
    try:
        offered = next_factors(None, waiting.wanted, absent)
    except LevelTooLow as refusal:
        return refused(refusal, waiting, method, None, visit)
    if client is None or not offered:
        gone = UnknownPending("its client is disabled, or it waits for no factor")
        return refused(gone, waiting, method, None, visit)
    factor = next((one for one in offered if one.name == method), offered[0])
    challenge = issue_challenge(
        ChallengePurpose.LOGIN,
        policy.origin,
        bound_to_pending(waiting.id_hash, waiting.browser_hash),
        visit.at,
        policy.challenge_lifetime,
    )
    back = urlsplit(waiting.redirect_uri)
    asked = FactorAsked(
        method=factor.name,
        others=tuple(one.name for one in offered if one is not factor),
        nonce=challenge.nonce,
        origin=challenge.origin,
        client=client,
        redirect_origin=f"{back.scheme}://{back.netloc}",
        ui_locales=waiting.ui_locales,
    )
    return Outcome(asked, changes=(AddChallenge(challenge),))


def decide_session(  # noqa: PLR0917 - facts, evidence, policy, time
    waiting: PendingAuthorization,
    method: str,
    proof: FactorProof | EidError,
    card: CardFacts | None,
    before: SignOnFacts | None,
    policy: LoginPolicy,
    visit: Visit,
) -> Outcome[SignedIn]:
    """Begin a session for whom the proof names, or keep why not."""
    if isinstance(proof, EidError):
        return refused(proof, waiting, method, card, visit)
    try:
        offered = next_factors(None, waiting.wanted)
    except LevelTooLow as refusal:
        return refused(refusal, waiting, method, card, visit)
    if proof.event.method not in offered:  # the page asks for no such thing; a forged form may
        return refused(LevelTooLow(f"{method} is not enough"), waiting, method, card, visit)
    handle = make()
    session = LoginSession(
        id=SessionId(new_id()),  # never one that existed before the sign-in (SS-02)
        handle_hash=digest(handle),
        account=proof.owner.account.id,
        events=(proof.event,),
        started_at=visit.at,
        idle_until=visit.at + min(policy.idle, policy.session),
        ends_at=visit.at + policy.session,
    )
    changes: list[Change] = [AddSession(proof.owner.standing, session)]
    if before is not None:  # nobody's session lives on under somebody else's sign-in (SS-09)
        changes.append(EndSession(before.session.id, visit.at))
    level = session.level()
    event = LoggedIn(
        visit=visit,
        account=session.account,
        method=proof.event.method.name,
        level=level.value if level else 0,
        client=waiting.client,
        session=session.id,
    )
    return Outcome(SignedIn(handle, session), tuple(changes), (event,))


def decide_sign_out(found: SignOnFacts, visit: Visit) -> Outcome[None]:
    """End this session by its holder's wish."""
    session = found.session
    event = LoggedOut(visit=visit, account=session.account, session=session.id)
    return Outcome(None, (EndSession(session.id, visit.at),), (event,))


def refused(
    refusal: EidError,
    waiting: PendingAuthorization,
    method: str,
    card: CardFacts | None,
    visit: Visit,
) -> Outcome[Never]:
    """A refusal, with its event."""
    event = LoginRefused(
        visit=visit,
        account=card.owner.account.id if card else None,  # only claimed
        method=method if method in METHODS else "none",  # never what somebody typed (AU-06)
        reason=refusal.code,
        because=word_of(refusal),
        client=waiting.client,
    )
    return Outcome(refusal, events=(event,))
