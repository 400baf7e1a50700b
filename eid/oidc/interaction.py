"""The ordered checks that decide: sign in, agree, give up, or go on.

session exists · account active · the hinted person · account level · authentication level ·
fresh enough · consent. Pure; the same at the first look and at every later one.
"""

from dataclasses import dataclass

from eid.domain.agency import Client
from eid.domain.facts import SignOnFacts
from eid.domain.grant import Consent, PendingAuthorization
from eid.oidc.policy import OidcPolicy
from eid.oidc.subjects import pairwise


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody has to sign in, or to sign in better."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The holder has to agree to these claims."""

    facts: SignOnFacts
    asked: tuple[str, ...]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class GoOn:
    """All is there: these claims were agreed to."""

    facts: SignOnFacts
    claims: frozenset[str]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The client is told an error."""

    error: str
    description: str


NextStep = Login | Ask | GoOn | GiveUp


def next_step(
    pending: PendingAuthorization, client: Client, facts: SignOnFacts | None, policy: OidcPolicy
) -> NextStep:
    """What a waiting request needs now. No page is ever shown for prompt=none (AZ-11)."""
    silent = "none" in pending.prompt
    # A locked or closed account has no session worth the name (RS-06).
    if facts is None or not facts.owner.is_active:
        return _login(silent=silent)
    if not _is_meant(pending, client, facts, policy):
        return _other_person(pending, facts, silent=silent)
    # How the person was proofed does not change by signing in again.
    level = facts.owner.account.level
    if level is None or level < client.least_account_level:
        return GiveUp("access_denied", "The account level is below what this client needs.")
    if not _is_good_enough(pending, facts):
        return _login(silent=silent)
    return _consent(pending, client, facts, silent=silent)


def _login(*, silent: bool) -> NextStep:
    # OpenID Connect Core, 3.1.2.6
    return GiveUp("login_required", "Nobody is signed in well enough.") if silent else Login()


def _is_meant(
    pending: PendingAuthorization, client: Client, facts: SignOnFacts, policy: OidcPolicy
) -> bool:
    if pending.subject is None:
        return True
    return pending.subject == pairwise(policy.pairwise_key, client.agency, facts.owner.holder.id)


def _other_person(pending: PendingAuthorization, facts: SignOnFacts, *, silent: bool) -> NextStep:
    """OpenID Connect Core, 3.1.2.2: MUST NOT answer for another person than the hinted one."""
    signed_in_since = facts.session.auth_time() >= pending.created_at
    if silent or signed_in_since:
        return GiveUp("login_required", "Somebody else is signed in than was asked for.")
    return Login()


def _is_good_enough(pending: PendingAuthorization, facts: SignOnFacts) -> bool:
    level = facts.session.level()
    if level is None or level < pending.wanted:
        return False
    return pending.fresh_since is None or facts.session.auth_time() >= pending.fresh_since


def _consent(
    pending: PendingAuthorization, client: Client, facts: SignOnFacts, *, silent: bool
) -> NextStep:
    asked = pending.claims
    required = client.required_claims.intersection(asked)
    consent = facts.consent
    if "consent" not in pending.prompt and consent and _covers(consent, asked, required):
        return GoOn(facts, consent.given.intersection(asked))
    if silent:
        return GiveUp("consent_required", "The holder has not agreed to this yet.")
    return Ask(facts, asked, required)


def _covers(consent: Consent, asked: tuple[str, ...], required: frozenset[str]) -> bool:
    # Asked again when more is asked than before (AZ-17), or when a claim has become a must.
    return consent.asked.issuperset(asked) and consent.given.issuperset(required)
