"""Taking an authorization request in: who may be told of errors, and what the request comes to."""

from dataclasses import dataclass
from typing import Any, Final

from eid.domain import handles
from eid.domain.agency import Client
from eid.domain.assurance import METHODS, AuthenticationLevel, authentication_level
from eid.domain.grant import PendingAuthorization
from eid.domain.visit import Visit
from eid.oidc import parameters as read
from eid.oidc.claims import asked_claims, asked_scopes
from eid.oidc.clients import ClientView
from eid.oidc.endpoints import AUTHORIZE
from eid.oidc.errors import Denied
from eid.oidc.extensions.issuer import answer
from eid.oidc.hints import verify_hint
from eid.oidc.messages import EngineReply, ErrorPage, Pairs
from eid.oidc.policy import Keys, OidcPolicy
from eid.oidc.server import Server
from eid.oidc.turn import Turn, TurnRequest

LONGEST_LOCALES: Final = 10


def attainable_levels() -> frozenset[AuthenticationLevel]:
    """What a sign-in can amount to here: with one method, or with all of them."""
    ways = [[method] for method in METHODS.values()] + [list(METHODS.values())]
    levels = (authentication_level(way) for way in ways)
    return frozenset(level for level in levels if level is not None)


def exact_levels(attainable: frozenset[AuthenticationLevel]) -> frozenset[AuthenticationLevel]:
    """Those that no single method goes beyond: an essential acr is met exactly, or not at all."""
    strongest = max(
        level
        for method in METHODS.values()
        if (level := authentication_level([method])) is not None
    )
    return frozenset(level for level in attainable if level >= strongest)


ATTAINABLE: Final = attainable_levels()
EXACT: Final = exact_levels(ATTAINABLE)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A request whose client and redirect URI are good: from here on errors go by redirect."""

    client: Client
    redirect_uri: str
    parameters: dict[str, str]
    repeated: frozenset[str] = frozenset()

    @property
    def state(self) -> str | None:
        """The state to send back; one sent twice is none."""
        return None if "state" in self.repeated else self.parameters.get("state")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request and the secret it goes by; `is_new` while the store does not know it."""

    handle: str
    pending: PendingAuthorization
    client: Client
    is_new: bool


def named_client(pairs: Pairs) -> str | ErrorPage:
    """The client_id of a request whose limits and names are in order (AZ-02, AZ-24)."""
    if not read.within_limits(pairs):
        return ErrorPage("invalid_request", "The request is too large, or not text.")
    if read.repeated(pairs) & {"client_id", "redirect_uri"}:
        return ErrorPage("invalid_request", "A parameter is there twice.")
    return read.present(pairs).get("client_id", "")


def address(pairs: Pairs, client: Client | None) -> Addressed | ErrorPage:
    """Whether anybody may be told by redirect. RFC 6749, 4.1.2.1: MUST NOT redirect otherwise."""
    if client is None:
        return ErrorPage("invalid_client", "The client is not known here.")
    parameters = read.present(pairs)
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri is None or not ClientView(client).check_redirect_uri(redirect_uri):
        return ErrorPage("invalid_request", "The redirect_uri is not registered for the client.")
    return Addressed(client, redirect_uri, parameters, read.repeated(pairs))


def error_answer(addressed: Addressed, refusal: Denied, policy: OidcPolicy) -> EngineReply:
    """error, error_description, state only if it was sent, iss; no code beside them (CF-14)."""
    parameters = [("error", refusal.error), ("error_description", refusal.description)]
    if addressed.state is not None:
        parameters.append(("state", addressed.state))
    return answer(addressed.redirect_uri, parameters, policy.issuer)


def accept(
    addressed: Addressed, keys: Keys, policy: OidcPolicy, visit: Visit, browser: str
) -> Waiting:
    """Validate a request and make it one that can wait. Raises `Denied` or Authlib's error."""
    client, sent = addressed.client, addressed.parameters
    if addressed.repeated:
        raise Denied("invalid_request", "A parameter is there twice.")
    read.require_supported(sent)
    read.require_lengths(sent)
    turn = Turn(client, policy, visit)
    server: Any = Server(turn)  # Authlib is untyped
    server.get_consent_grant(TurnRequest("GET", AUTHORIZE, sent, turn))
    prompt, max_age = read.read_prompt(sent), read.read_max_age(sent)
    wishes = read.read_claims(sent)
    scopes = asked_scopes(read.read_scope(sent), client)
    handle = handles.make()
    pending = PendingAuthorization(
        id_hash=handles.digest(handle),
        browser_hash=handles.digest(browser),
        client=client.id,
        redirect_uri=addressed.redirect_uri,
        scope=scopes,
        claims=asked_claims(scopes, wishes.userinfo, client),
        state=sent.get("state"),
        nonce=sent.get("nonce"),
        code_challenge=sent.get("code_challenge"),
        prompt=prompt,
        wanted=read.wanted_level(
            sent,
            wishes.essential_acrs,
            client.least_authentication_level,
            ATTAINABLE if wishes.essential_acrs is None else EXACT,
        ),
        fresh_since=read.fresh_since(prompt, max_age, visit.at),
        max_age=max_age,
        subject=_meant(addressed, wishes, keys, policy, visit),
        ui_locales=tuple(sent.get("ui_locales", "").split()[:LONGEST_LOCALES]),
        created_at=visit.at,
        expires_at=visit.at + policy.pending_lifetime,
    )
    return Waiting(handle, pending, client, is_new=True)


def _meant(
    addressed: Addressed, wishes: read.Wishes, keys: Keys, policy: OidcPolicy, visit: Visit
) -> str | None:
    """The person whom the client means, as the subject it knows (OpenID Connect Core, 3.1.2.2).

    A pairwise subject cannot be turned into an account, so it is compared once somebody is there.
    A hint that is not ours is not believed (AZ-13), so it cannot name anybody.
    """
    subjects = {wishes.subject} - {None}
    hint = addressed.parameters.get("id_token_hint")
    if hint is not None:
        verified = verify_hint(hint, addressed.client, keys, policy.issuer, visit.at)
        if verified is None:
            raise Denied("invalid_request", "id_token_hint is not an ID token for this client.")
        subjects.add(verified.subject)
    if len(subjects) > 1:
        raise Denied("invalid_request", "id_token_hint and claims mean two persons.")
    return next(iter(subjects), None)
