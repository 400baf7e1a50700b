"""Authorize, consent, token, userinfo, and the two documents that clients read.

Hot paths are plain Starlette routes: they take no framework parameters, so a bad request is an
OAuth error and never a framework's own 422.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.routing import Route

from api import sessions
from api.dependencies import first, form, is_of_session, services, show, visit
from api.errors import page as error_page
from api.oauth_http import engine_request, response
from api.pages.render import Page
from api.routes.names import agency_name, by_get, see_other, without_cookies
from eid.oidc.messages import ErrorPage, NeedsConsent, NeedsLogin, Step

router = APIRouter(include_in_schema=False)

Endpoint = Callable[[Request], Awaitable[Response]]


async def authorize(request: Request) -> Response:
    """An authorization request, by GET or POST (OpenID Connect Core, 3.1.2.1)."""
    asked = await engine_request(request)
    if without_cookies(request):
        return by_get(asked)
    step = await services(request).oidc.begin(
        asked,
        visit(request),
        sessions.session_of(request),
        sessions.ensure_browser(request),
    )
    return _walk(request, step)


@router.get("/authorize/{pending}")
async def resume(request: Request, pending: str) -> Response:
    """Go on with the stored request, never with the browser's copy."""
    step = await services(request).oidc.resume(
        pending,
        visit(request),
        sessions.session_of(request),
        sessions.ensure_browser(request),
    )
    return _walk(request, step)


@router.post("/consent/{pending}")
async def consent(request: Request, pending: str) -> Response:
    """What the person agreed to. Anything but a clear yes is a no."""
    fields = await form(request)
    if not is_of_session(request, fields):
        # Somebody else signed in since the page was shown: it was not this person who agreed.
        return see_other(f"/authorize/{quote(pending)}")
    agreed = first(fields, "decision") == "agree"
    step = await services(request).oidc.decide(
        pending,
        visit(request),
        sessions.session_of(request),
        sessions.ensure_browser(request),
        frozenset(fields.get("claim", [])) if agreed else None,
    )
    return _walk(request, step)


async def token(request: Request) -> Response:
    """The token endpoint (RFC 6749, 3.2)."""
    engine = services(request).oidc
    return response(await engine.token(await engine_request(request), visit(request)))


async def userinfo(request: Request) -> Response:
    """Claims for a bearer token (OpenID Connect Core, 5.3)."""
    engine = services(request).oidc
    return response(await engine.userinfo(await engine_request(request), visit(request)))


async def discovery(request: Request) -> Response:
    """The discovery document, made once."""
    return response(services(request).oidc.discovery())


async def jwks(request: Request) -> Response:
    """The provider's public keys."""
    return response(await services(request).oidc.jwks())


class Exact(Route):
    """A route for its methods alone: Starlette lets HEAD in wherever GET is (AZ-26)."""

    def __init__(self, path: str, endpoint: Endpoint, *methods: str) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.methods = set(methods)


HOT: tuple[Route, ...] = (
    Exact("/authorize", authorize, "GET", "POST"),
    Exact("/token", token, "POST"),
    Exact("/userinfo", userinfo, "GET", "POST"),
    Route("/jwks", jwks, methods=["GET"]),
    Route("/.well-known/openid-configuration", discovery, methods=["GET"]),
)


def _walk(request: Request, step: Step) -> Response:
    if isinstance(step, NeedsConsent):
        return _consent_page(request, step)
    if isinstance(step, ErrorPage):
        return error_page(request, step.error, step.status, step.description)
    answer = see_other(f"/login/{step.pending}") if isinstance(step, NeedsLogin) else response(step)
    sessions.remember_browser(request, answer)
    return answer


def _consent_page(request: Request, step: NeedsConsent) -> Response:
    return show(
        request,
        Page("consent.html", goes_to=(step.redirect_origin,), ui_locales=step.ui_locales),
        pending=step.pending,
        agency=agency_name(request, step.client, step.ui_locales),
        destination=step.redirect_origin,
        asked=step.asked,
        required=step.required,
        holder_name=step.holder_name,
    )
