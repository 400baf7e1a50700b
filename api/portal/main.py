"""The demo agency's web site: `uvicorn --factory api.portal.main:app`."""

import logging
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hmac import compare_digest
from urllib.parse import parse_qsl, urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .client import Client, Transaction, Wish
from .clock import Clock, shifted_clock
from .errors import FormRejected, RequestRejected, ResponseRejected, SignInFailed
from .fetch import open_http
from .pages import HERE, LOCALES, Pages, SafeHeaders, locale_of
from .provider import Provider
from .sessions import Cookies, Session, Shelf
from .settings import PortalSettings
from .tokens import authentication_level

SESSIONS = 1000
SESSION_LIFETIME = timedelta(hours=1)
TRANSACTION_LIFETIME = timedelta(minutes=10)
LANGUAGE_LIFETIME = timedelta(days=365)
LARGEST_FORM = 4096  # bytes
HIGHEST_ACR = "urn:vn:eid:authn:4"

log = logging.getLogger(__name__)


class Site:
    """The agency's pages and what stands behind them."""

    def __init__(self, settings: PortalSettings, client: Client, clock: Clock) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._pages = Pages(settings)
        self._cookies = Cookies(settings)
        self._sessions: Shelf[Session] = Shelf(SESSIONS, SESSION_LIFETIME)
        self._transactions: Shelf[Transaction] = Shelf(SESSIONS, TRANSACTION_LIFETIME)

    async def home(self, request: Request) -> Response:
        """The front page: what this is, or who is signed in."""
        locale = self._locale(request)
        session = self._session(request)
        if session is None:
            response: Response = self._pages.render("home", locale, highest_acr=HIGHEST_ACR)
        else:
            signed_in = session.signed_in
            response = self._pages.render(
                "signed_in",
                locale,
                form_target=_origin(signed_in.end_session_endpoint),
                session=session,
                claims={**signed_in.userinfo, **signed_in.id_token.claims},
                highest_acr=HIGHEST_ACR,
            )
        if request.query_params.get("lang") in LOCALES:
            self._cookies.write(response, "lang", locale, LANGUAGE_LIFETIME)
        return response

    async def login(self, request: Request) -> Response:
        """Begin a sign-in and send the browser to the provider."""
        now = self._clock()
        wish = read_wish(request, self._settings)
        address, transaction = await self._client.begin(wish, self._locale(request), now)
        response = RedirectResponse(address, status_code=303)
        # One cookie per sign-in, so that two tabs do not disturb each other. It ties the answer to
        # this browser: a sign-in begun elsewhere cannot be ended here.
        name = self._transactions.put(transaction, now)
        self._cookies.write(response, _tab(transaction.state), name, TRANSACTION_LIFETIME)
        return response

    async def callback(self, request: Request) -> Response:
        """The provider's answer: spend the transaction first, then look at the answer."""
        now = self._clock()
        tab = _tab(request.query_params.get("state", ""))
        transaction = self._transactions.take(self._cookies.read(request, tab), now)
        if transaction is None:
            raise ResponseRejected("sign_in_unknown", "no such sign-in was begun in this browser")
        answer = request.query_params.multi_items()
        signed_in = await self._client.finish(transaction, answer, now)
        # A new session name at each sign-in; the one before is dead (session fixation).
        self._sessions.take(self._cookies.read(request, "session"), now)
        name = self._sessions.put(Session(signed_in, secrets.token_urlsafe(32)), now)
        response = RedirectResponse("/", status_code=303)
        self._cookies.write(response, "session", name, SESSION_LIFETIME)
        self._cookies.clear(response, tab)
        return response

    async def logout(self, request: Request) -> Response:
        """End the session here, then send the browser to end the provider's."""
        session = self._session(request)
        if session is None:
            return RedirectResponse("/", status_code=303)
        form = await _small_form(request)
        if not compare_digest(form.get("csrf", "").encode(), session.csrf.encode()):
            raise FormRejected("form_not_ours", "the form's token is missing or foreign")
        self._sessions.take(self._cookies.read(request, "session"), self._clock())
        state = secrets.token_urlsafe(32)
        # A provider without an end of session: the citizen is signed out here all the same.
        address = self._client.sign_out_address(session.signed_in, state) or "/signed-out"
        response = RedirectResponse(address, status_code=303)
        self._cookies.clear(response, "session")
        self._cookies.write(response, "signedout", state, TRANSACTION_LIFETIME)
        return response

    async def signed_out(self, request: Request) -> Response:
        """Say where the citizen is signed out: here, or at the provider too."""
        sent = self._cookies.read(request, "signedout")
        returned = request.query_params.get("state", "")
        everywhere = bool(sent) and compare_digest(returned.encode(), sent.encode())
        response = self._pages.render("signed_out", self._locale(request), everywhere=everywhere)
        self._cookies.clear(response, "signedout")
        return response

    async def failed(self, request: Request, error: Exception) -> Response:
        """A calm page for a sign-in that failed."""
        if not isinstance(error, SignInFailed):
            raise error
        log.warning("%s: %s", type(error).__name__, error)
        locale = self._locale(request)
        return self._pages.render(
            "error",
            locale,
            status=error.status,
            code=error.code,
            sentence=self._pages.explain(error.code, locale),
        )

    async def missing(self, request: Request, error: Exception) -> Response:
        """A calm page where this site has none."""
        if not isinstance(error, HTTPException):
            raise error
        response = self._pages.render("missing", self._locale(request), status=error.status_code)
        response.headers.update(error.headers or {})
        return response

    def _session(self, request: Request) -> Session | None:
        return self._sessions.find(self._cookies.read(request, "session"), self._clock())

    def _locale(self, request: Request) -> str:
        return locale_of(request, self._cookies.read(request, "lang"))


def read_wish(request: Request, settings: PortalSettings) -> Wish:
    """What the link to the sign-in asks for; the agency's usual where it is silent.

    Raises:
        RequestRejected: something that this agency never asks for.
    """
    asked = request.query_params
    scope = asked.get("scope", settings.scopes)
    acr = asked.get("acr_values", settings.least_acr)
    prompt, max_age = asked.get("prompt"), asked.get("max_age")
    within = set(scope.split()) <= set(settings.scopes.split()) and "openid" in scope.split()
    # A link may raise the level, never lower it.
    high_enough = authentication_level(acr) >= authentication_level(settings.least_acr)
    if not within or not high_enough or prompt not in {None, "login", "none"}:
        raise RequestRejected("request_unknown", "a wish outside the agency's settings")
    if max_age is not None and not re.fullmatch(r"[0-9]{1,5}", max_age):
        raise RequestRejected("request_unknown", "max_age is no number of seconds")
    return Wish(scope, acr, prompt, None if max_age is None else int(max_age))


async def health(_request: Request) -> Response:
    """This process lives. The provider's health is the provider's affair."""
    return JSONResponse({"status": "ok"})


def create_app(
    settings: PortalSettings,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
) -> Starlette:
    """Build the agency's site.

    Args:
        settings: Its knobs.
        transport: Another way to the provider than the network; for tests.
        clock: Another clock than the machine's with the offset of the settings; for tests.
    """
    http = open_http(transport, settings.ca_file)
    client = Client(settings, Provider(http, settings.issuer), http)
    site = Site(settings, client, clock or shifted_clock(settings.clock_file))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    return Starlette(
        routes=[
            Route("/", site.home),
            Route("/login", site.login),
            Route("/callback", site.callback),
            Route("/logout", site.logout, methods=["POST"]),
            Route("/signed-out", site.signed_out),
            Route("/health", health),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={SignInFailed: site.failed, HTTPException: site.missing},
        lifespan=lifespan,
    )


def app() -> Starlette:
    """The site as the environment describes it."""
    return create_app(PortalSettings())


def _tab(state: str) -> str:
    return f"signin-{state[:16]}"


def _origin(address: str | None) -> str | None:
    if address is None:
        return None
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


async def _small_form(request: Request) -> dict[str, str]:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_FORM:
            raise FormRejected("form_not_ours", "the form is too long")
    return dict(parse_qsl(raw.decode("utf-8", "replace")))
