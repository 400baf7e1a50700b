"""A provider over the memory store, and an agency and a browser that talk to it."""

import asyncio
import base64
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote_plus, urlsplit

from builders import (
    BROWSER,
    NOW,
    SECRET,
    SESSION,
    make_client,
    make_session,
    put_account,
    put_client,
    put_session,
)
from fakes import FrozenClock, MemoryStore

from eid.domain.account import Account
from eid.domain.agency import Client
from eid.domain.changes import SaveConsent
from eid.domain.grant import Consent
from eid.domain.holder import Citizen, Foreigner, Organisation
from eid.domain.session import LoginSession
from eid.domain.visit import Visit
from eid.oidc.claims import CLAIMS
from eid.oidc.engine import OidcEngine
from eid.oidc.extensions.pkce import s256
from eid.oidc.messages import (
    EndSessionStep,
    EngineReply,
    EngineRequest,
    ErrorPage,
    LoggedOut,
    Pairs,
    Step,
)
from eid.oidc.policy import Keys, OidcPolicy
from keys.jwks.keyset import load
from keys.jwks.rotation import rotate
from keys.jwks.states import RotationPolicy, SigningKey
from keys.vault.memory import MemoryVault

ISSUER = "https://eid.example"
PAIRWISE_KEY = bytes(range(32))
VERIFIER = "verifier-of-the-tests-0123456789-0123456789-abc"
CALLBACK = "https://tax.example/callback"
FORM = "application/x-www-form-urlencoded"

T = TypeVar("T")


class MemoryRegister:
    """A key register of one version."""

    def __init__(self) -> None:
        self.version = 0
        self.keys: tuple[SigningKey, ...] = ()

    async def load(self) -> tuple[int, tuple[SigningKey, ...]]:
        return self.version, self.keys

    async def save(self, version: int, keys: tuple[SigningKey, ...]) -> None:
        self.version, self.keys = version + 1, keys


@lru_cache(maxsize=4)
def signing_keys(name: str = "ours") -> Keys:
    """Keys made once for all tests; another name is another provider's."""
    assert name

    async def make() -> Keys:
        register, vault = MemoryRegister(), MemoryVault()
        day = timedelta(days=1)
        policy = RotationPolicy(day / 24, 30 * day, day / 24, ("ES256", "RS256"))
        await rotate(register, vault, policy, NOW)
        return await load(register, vault), vault

    return asyncio.run(make())


class FixedKeyring:
    """The keys of the tests."""

    def __init__(self) -> None:
        self.keys = signing_keys()

    async def current(self) -> Keys:
        return self.keys


@dataclass(frozen=True)
class Reply:
    """What a client sees of an answer."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def location(self) -> str:
        return self.headers["Location"]

    @property
    def answer(self) -> dict[str, str]:
        """The parameters that the redirect carries."""
        return dict(parse_qsl(urlsplit(self.location).query))


def seen(step: object) -> Reply:
    assert isinstance(step, EngineReply), step
    names = [name for name, _ in step.headers]
    assert len(set(names)) == len(names)
    return Reply(step.status, dict(step.headers), step.body)


def basic(client: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both form-urlencoded, then joined."""
    pair = f"{quote_plus(client)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


@dataclass
class World:
    """One provider, one client, and one person who is signed in unless told otherwise."""

    client: Client
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))
    keyring: FixedKeyring = field(default_factory=FixedKeyring)
    policy: OidcPolicy = field(
        default_factory=lambda: OidcPolicy(issuer=ISSUER, pairwise_key=PAIRWISE_KEY)
    )

    def __post_init__(self) -> None:
        self.engine = OidcEngine(self.store, self.keyring, self.policy)
        self.run(put_client(self.store, self.client))

    @staticmethod
    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(coroutine)

    @property
    def visit(self) -> Visit:
        return Visit(self.clock.now(), "trace-1")

    def sign_in(self, handle: str = SESSION, **changes: Any) -> LoginSession:
        session = make_session(handle, self.clock.now(), **changes)
        self.run(put_session(self.store, session))
        return session

    def agree(self, given: frozenset[str] = frozenset(CLAIMS), **changes: Any) -> None:
        """The holder agreed before, to everything that is asked."""
        values: dict[str, Any] = {
            "account": make_session().account,
            "client": self.client.id,
            "asked": frozenset(CLAIMS),
            "given": given,
            "at": NOW,
        }
        self.run(self.store.keep([SaveConsent(Consent(**{**values, **changes}))], ()))

    def parameters(self, **changes: str | None) -> dict[str, str]:
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": "openid profile",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def begin(
        self, *, session: str | None = SESSION, browser: str = BROWSER, **changes: str | None
    ) -> Step:
        return self.begin_with(tuple(self.parameters(**changes).items()), session, browser)

    def begin_with(
        self, query: Pairs, session: str | None = SESSION, browser: str = BROWSER, form: Pairs = ()
    ) -> Step:
        method = "POST" if form else "GET"
        request = EngineRequest(method, "/authorize", {}, query, form)
        return self.run(self.engine.begin(request, self.visit, session, browser))

    def resume(self, pending: str, session: str | None = SESSION, browser: str = BROWSER) -> Step:
        return self.run(self.engine.resume(pending, self.visit, session, browser))

    def decide(
        self,
        pending: str,
        given: frozenset[str] | None,
        session: str | None = SESSION,
        browser: str = BROWSER,
    ) -> Step:
        return self.run(self.engine.decide(pending, self.visit, session, browser, given))

    def code(self, **changes: str | None) -> str:
        """A code, for somebody who is signed in and has agreed."""
        pairs = tuple(self.parameters(**changes).items())
        return seen(self.begin_with(pairs)).answer["code"]

    def exchange(self, code: str, **changes: str | None) -> dict[str, str]:
        sent: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": VERIFIER,
            **changes,
        }
        return {name: value for name, value in sent.items() if value is not None}

    def token(self, code: str, **changes: str | None) -> Reply:
        return self.token_with(self.exchange(code, **changes))

    def token_request(
        self,
        form: dict[str, str] | Pairs,
        headers: dict[str, str] | None = None,
        query: Pairs = (),
        method: str = "POST",
    ) -> EngineRequest:
        pairs = tuple(form.items()) if isinstance(form, dict) else form
        if headers is None:
            headers = {"Authorization": basic(self.client.id, SECRET)}
        sent = {"Content-Type": FORM, **headers}
        return EngineRequest(method, "/token", sent, query, pairs)

    def token_with(
        self,
        form: dict[str, str] | Pairs,
        headers: dict[str, str] | None = None,
        query: Pairs = (),
        method: str = "POST",
    ) -> Reply:
        request = self.token_request(form, headers, query, method)
        return seen(self.run(self.engine.token(request, self.visit)))

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """The body of a good exchange."""
        reply = self.token(self.code(**changes))
        assert reply.status == 200, reply
        return reply.body

    def userinfo(
        self,
        authorization: str | None,
        method: str = "GET",
        query: Pairs = (),
        form: Pairs = (),
    ) -> Reply:
        headers = {} if authorization is None else {"Authorization": authorization}
        request = EngineRequest(method, "/userinfo", headers, query, form)
        return seen(self.run(self.engine.userinfo(request, self.visit)))

    def end_session(self, *, session: str | None = SESSION, **sent: str) -> EndSessionStep:
        request = EngineRequest("GET", "/logout", {}, tuple(sent.items()), ())
        return self.run(self.engine.end_session(request, self.visit, session))

    def confirm(
        self, *, session: str | None = SESSION, **carried: str
    ) -> EngineReply | LoggedOut | ErrorPage:
        return self.run(self.engine.confirm_logout(self.visit, session, carried))


def empty_world(client: Client | None = None) -> World:
    """A provider with a client, where nobody is."""
    return World(client or make_client())


def peopled_world(
    client: Client | None = None,
    account: Account | None = None,
    holder: Citizen | Foreigner | Organisation | None = None,
) -> World:
    """A provider with a client, and one holder with an account who is not signed in."""
    world = empty_world(client)
    world.run(put_account(world.store, account, holder))
    return world


def signed_in_world(
    client: Client | None = None,
    account: Account | None = None,
    holder: Citizen | Foreigner | Organisation | None = None,
) -> World:
    """The same, signed in and having agreed to everything."""
    world = peopled_world(client, account, holder)
    world.sign_in()
    world.agree()
    return world
