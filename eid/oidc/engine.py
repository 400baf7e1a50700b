"""OidcEngine: gathers facts, lets a plain function decide on them, keeps the outcome.

It returns values and never raises: whatever goes wrong becomes an OAuth error here, and the log
has the reason under the visit's trace. Authlib stays inside this room.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Final, TypeVar

import orjson

from eid.domain.agency import Client
from eid.domain.facts import SignOnFacts
from eid.domain.handles import digest
from eid.domain.identifiers import ClientId
from eid.domain.visit import Visit
from eid.errors import Conflict, UnknownPending
from eid.oidc.authorization import decide_authorization, decide_consent, decide_step
from eid.oidc.clients import VerifiedClient, read_presented, verify_client
from eid.oidc.discovery import document
from eid.oidc.endpoints.end_session import Ending, decide_confirmed, decide_end_session
from eid.oidc.endpoints.token import (
    Spent,
    decide_token,
    method_reply,
    read_code,
    read_form,
    refused,
)
from eid.oidc.endpoints.userinfo import decide_userinfo, read_token
from eid.oidc.errors import NOT_ALLOWED, OK, SERVER_ERROR, UNAVAILABLE, Denied, of_failure
from eid.oidc.hints import verify_hint
from eid.oidc.intake import Addressed, Waiting, address, error_answer, named_client
from eid.oidc.messages import (
    EndSessionStep,
    EngineReply,
    EngineRequest,
    ErrorPage,
    LoggedOut,
    Step,
)
from eid.oidc.outcome import Outcome
from eid.oidc.parameters import all_pairs, present, repeated, within_limits
from eid.oidc.policy import Keyring, OidcPolicy
from eid.oidc.server import json_reply
from eid.ports import Store

log = logging.getLogger("eid.oidc")

TRIES: Final = 3
CACHE: Final = "public, max-age=300"  # shorter than a key is published before it signs
NOT_FOUND: Final = 404
LONGEST_HANDLE: Final = 256

T = TypeVar("T")


class OidcEngine:
    """The OpenID provider, without a framework."""

    def __init__(self, store: Store, keyring: Keyring, policy: OidcPolicy) -> None:
        self._store = store
        self._keyring = keyring
        self._policy = policy
        self._discovery = _cached_json(document(policy))
        # Authlib writes tokens to its own log at the debug level (TJ-04).
        logging.getLogger("authlib").setLevel(logging.WARNING)

    async def begin(
        self, request: EngineRequest, visit: Visit, session: str | None, browser: str
    ) -> Step:
        """An authorization request: one look at the store, one decision, one keep."""
        if request.method not in {"GET", "POST"}:
            return ErrorPage("invalid_request", "GET or POST is wanted.", NOT_ALLOWED)
        addressed: Addressed | ErrorPage | None = None
        try:
            addressed = await self._address(request)
            if isinstance(addressed, ErrorPage):
                return addressed
            return await self._begin(addressed, visit, session, browser)
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return self._failed(failure, visit, addressed)

    async def resume(self, pending: str, visit: Visit, session: str | None, browser: str) -> Step:
        """The same request again, once somebody signed in: the stored one (AZ-14, AZ-15)."""

        async def attempt() -> Outcome[Step]:
            found = await self._waiting(pending, visit, session, browser)
            return decide_step(*found, self._policy, visit)

        return await self._step(attempt, visit)

    async def decide(
        self,
        pending: str,
        visit: Visit,
        session: str | None,
        browser: str,
        given: frozenset[str] | None,
    ) -> Step:
        """The holder's answer to the consent page; None is a no."""

        async def attempt() -> Outcome[Step]:
            found = await self._waiting(pending, visit, session, browser)
            return decide_consent(*found, given, self._policy, visit=visit)

        return await self._step(attempt, visit)

    async def token(self, request: EngineRequest, visit: Visit) -> EngineReply:
        """A code becomes tokens. It is spent before it is looked at, and stays spent."""
        if request.method != "POST":
            return method_reply()
        try:
            return await self._token(request, visit)
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return _failed_json(failure, visit.trace)

    async def userinfo(self, request: EngineRequest, visit: Visit) -> EngineReply:
        """Claims for a bearer token; the release is written before it happens."""
        try:
            token = read_token(request)
            if isinstance(token, EngineReply):
                return token
            facts = await self._store.grants.find_token(digest(token), visit.at)
            client = await self._store.clients.find(facts.grant.client) if facts else None
            return await self._keep(decide_userinfo(facts, client, self._policy, visit))
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return _failed_json(failure, visit.trace)

    async def end_session(
        self, request: EngineRequest, visit: Visit, session: str | None
    ) -> EndSessionStep:
        """RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0, 2)."""
        pairs = all_pairs(request)
        if not within_limits(pairs) or repeated(pairs):
            return ErrorPage("invalid_request", "Too large, or a parameter is there twice.")
        try:
            ending = await self._ending(present(pairs), visit)
            facts = await self._sign_on(session, None, visit)
            return await self._keep(decide_end_session(ending, facts, visit))
        except Conflict:  # it ended meanwhile
            return LoggedOut()
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return self._failed_page(failure, visit)

    async def confirm_logout(
        self, visit: Visit, session: str | None, carried: Mapping[str, str]
    ) -> EngineReply | LoggedOut | ErrorPage:
        """The holder said yes; `carried` is what the request had sent, judged again."""
        try:
            ending = await self._ending(carried, visit)
            facts = await self._sign_on(session, None, visit)
            return await self._keep(decide_confirmed(ending, facts, visit))
        except Conflict:  # it ended meanwhile
            return LoggedOut()
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return self._failed_page(failure, visit)

    def discovery(self) -> EngineReply:
        """The discovery document, made once."""
        return self._discovery

    async def jwks(self) -> EngineReply:
        """The public keys: staged, active and retiring."""
        try:
            keyset, _ = await self._keyring.current()
            return _cached_json(keyset.public_jwk_set())
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return _failed_json(failure, trace="jwks")

    async def _address(self, request: EngineRequest) -> Addressed | ErrorPage:
        pairs = all_pairs(request)
        name = named_client(pairs)
        if isinstance(name, ErrorPage):
            return name
        return address(pairs, await self._store.clients.find(ClientId(name)))

    async def _begin(
        self, addressed: Addressed, visit: Visit, session: str | None, browser: str
    ) -> Step:
        async def attempt() -> Outcome[Step]:
            keys = await self._keyring.current()
            facts = await self._sign_on(session, addressed.client, visit)
            return decide_authorization(
                addressed, facts, keys, self._policy, visit, browser=browser
            )

        return await self._try(attempt)

    async def _step(self, attempt: Callable[[], Awaitable[Outcome[Step]]], visit: Visit) -> Step:
        try:
            return await self._try(attempt)
        except UnknownPending as gone:
            return ErrorPage(gone.code, "No such request waits in this browser.", NOT_FOUND)
        except Exception as failure:  # noqa: BLE001 - the engine never raises
            return self._failed_page(failure, visit)

    async def _try(self, attempt: Callable[[], Awaitable[Outcome[T]]]) -> T:
        """Gather, decide, keep; again when the world moved on, for no secret was spent."""
        for _ in range(TRIES - 1):
            try:
                return await self._keep(await attempt())
            except Conflict:
                continue
        return await self._keep(await attempt())

    async def _keep(self, outcome: Outcome[T]) -> T:
        if outcome.changes or outcome.events:
            await self._store.keep(outcome.changes, outcome.events)
        return outcome.answer

    async def _waiting(
        self, handle: str, visit: Visit, session: str | None, browser: str
    ) -> tuple[Waiting, SignOnFacts | None]:
        pending = await self._store.grants.find_pending(digest(handle), digest(browser), visit.at)
        client = await self._store.clients.find(pending.client) if pending else None
        if pending is None or client is None:
            raise UnknownPending
        facts = await self._sign_on(session, client, visit)
        return Waiting(handle, pending, client, is_new=False), facts

    async def _sign_on(
        self, session: str | None, client: Client | None, visit: Visit
    ) -> SignOnFacts | None:
        if not session or len(session) > LONGEST_HANDLE:  # SS-14
            return None
        name = client.id if client else None
        return await self._store.grants.sign_on(digest(session), name, visit.at)

    async def _token(self, request: EngineRequest, visit: Visit) -> EngineReply:
        named: ClientId | None = None
        try:
            form = read_form(request)
            presented = read_presented(request.headers, form)
            client = await self._store.clients.find(presented.client)
            named = client.id if client else None
            # The client proves itself first: who is nobody can burn no code.
            verified = verify_client(presented, client, self._policy.issuer, visit)
            await self._mark(verified)
            spent = await self._spend(read_code(form), verified, visit)
        except Denied as refusal:
            return await self._keep(refused(refusal, named, visit))
        keys = await self._keyring.current()
        outcome = decide_token(verified, form, spent, keys, self._policy, visit=visit)
        try:
            return await self._keep(outcome)
        except Conflict:  # the account or session moved on, and the code is spent: not again
            gone = Denied("invalid_grant", "The code is no longer good.")
            return await self._keep(refused(gone, named, visit))

    async def _mark(self, verified: VerifiedClient) -> None:
        """An assertion is used up before any code is: who replays one burns nothing (TK-05)."""
        if not verified.marks:
            return
        try:
            await self._store.keep(verified.marks, ())
        except Conflict:
            raise Denied("invalid_client", "The client assertion was used before.") from None

    async def _spend(self, code: str, verified: VerifiedClient, visit: Visit) -> Spent:
        client, code_hash = verified.client.id, digest(code)
        facts = await self._store.grants.spend_code(code_hash, client, visit.at)
        if facts is not None:
            return Spent(code=facts)
        # One look again: in one composed statement the loser of a race would see nothing.
        return Spent(replayed=await self._store.grants.find_spent_code(code_hash, client))

    async def _ending(self, parameters: Mapping[str, str], visit: Visit) -> Ending:
        name, token = parameters.get("client_id"), parameters.get("id_token_hint")
        named = await self._store.clients.find(ClientId(name)) if name else None
        keys = await self._keyring.current()
        hint = verify_hint(token, None, keys, self._policy.issuer, visit.at) if token else None
        # RP-Initiated Logout 1.0, 2: client_id and the hint's audience MUST agree.
        if hint is not None and name is not None and hint.client != name:
            hint = None
        client = await self._store.clients.find(hint.client) if hint else None
        key = self._policy.pairwise_key
        return Ending(hint if client else None, client, named, parameters, key)

    def _failed(
        self, failure: Exception, visit: Visit, addressed: Addressed | ErrorPage | None
    ) -> Step:
        if isinstance(addressed, Addressed):
            _report(failure, visit.trace)
            return error_answer(addressed, of_failure(failure), self._policy)
        return self._failed_page(failure, visit)

    def _failed_page(self, failure: Exception, visit: Visit) -> ErrorPage:
        _report(failure, visit.trace)
        told = of_failure(failure)
        return ErrorPage(told.error, told.description, _status(told))


def _failed_json(failure: Exception, trace: str) -> EngineReply:
    _report(failure, trace)
    told = of_failure(failure)
    body = {"error": told.error, "error_description": told.description}
    return json_reply(_status(told), body)


def _status(told: Denied) -> int:
    return UNAVAILABLE if told.error == "temporarily_unavailable" else SERVER_ERROR


def _report(failure: Exception, trace: str) -> None:
    log.error("trace=%s", trace, exc_info=failure)


def _cached_json(body: object) -> EngineReply:
    """A document that clients may keep for a while."""
    octets = orjson.dumps(body)
    headers = (
        ("Content-Type", "application/json"),
        ("Cache-Control", CACHE),
        ("ETag", f'"{sha256(octets).hexdigest()[:32]}"'),
    )
    return EngineReply(OK, headers, octets)
