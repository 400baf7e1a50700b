"""The certificate door over HTTP: an application of its own, behind a Unix socket.

Our front asks browsers for a certificate on one port and names it here in a header. Nobody else
can reach the socket, so here, and nowhere else, the header is believed: the pages never read it.
"""

import base64
import binascii
import logging
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes, urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import sessions
from api.middleware import FrontDoor
from eid.bootstrap.certificates import CertificateServices
from eid.domain.visit import Visit

log = logging.getLogger("eid.certificates")

HEADER: Final = b"x-client-cert"
LONGEST: Final = 16 * 1024  # octets of percent-encoded PEM; ours have about 1100
PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)\n-----END CERTIFICATE-----\n?"
)
NONCE_CHARACTERS: Final = 44
NOT_HERE: Final = 421  # Misdirected Request (RFC 9110, 15.5.20)


class UnreadableCertificate(Exception):
    """What came as a certificate is none, or came twice."""


def create_certificate_app(services: CertificateServices, socket: Path) -> ASGIApp:
    """Make the ASGI application that answers on this socket, and there alone."""
    app = Starlette(
        routes=[
            Route("/card/{pending}", show, methods=["GET"]),
            Route("/health/live", live, methods=["GET"]),
        ],
        exception_handlers={HTTPException: http_error, UnreadableCertificate: unreadable},
    )
    app.router.redirect_slashes = False  # such a redirect would be built from the Host header
    app.state.services = services
    return FrontDoor(OnlyHere(app, socket), page=told)


class OnlyHere:
    """Answers what came over the one socket and nothing else, whoever started the server how."""

    def __init__(self, app: ASGIApp, socket: Path) -> None:
        self._app = app
        self._socket = str(socket)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        server = scope.get("server")
        if scope["type"] == "http" and (not server or tuple(server) != (self._socket, None)):
            log.error("trace=%s not over the socket", scope["state"]["trace"])
            await told(Request(scope), "misdirected", NOT_HERE)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def live(_request: Request) -> Response:
    """The process runs."""
    return JSONResponse({"status": "live"})


async def show(request: Request) -> Response:
    """Hand over to our pages what TLS proved; a refusal is handed over too, and told there."""
    services: CertificateServices = request.app.state.services
    pending, nonce = request.path_params["pending"], request.query_params.get("nonce", "")
    if not sessions.HANDLE.fullmatch(pending):
        raise HTTPException(404)
    if len(nonce) != NONCE_CHARACTERS:
        raise HTTPException(400)
    if not sessions.is_from_our_site(request):  # a stranger's link may not ask for cards (SS-08)
        raise HTTPException(403)
    certificate = certificate_of(request)
    visit = Visit(services.clock.now(), request.state.trace)
    handover = services.door.hand_over(visit, pending, nonce, certificate)
    query = urlencode({"nonce": nonce, "handover": handover})
    where = f"{services.pages}/login/{pending}/certificate?{query}"
    return Response(status_code=303, headers={"Location": where})


def certificate_of(request: Request) -> bytes | None:
    """The certificate (DER) that our front names; None where the browser showed none.

    Raises `UnreadableCertificate`: named twice (L-61), or not the percent-encoded PEM of one.
    """
    named = [value for name, value in request.headers.raw if name == HEADER]
    if not named:
        return None
    if len(named) > 1 or len(named[0]) > LONGEST:
        raise UnreadableCertificate
    whole = PEM.fullmatch(unquote_to_bytes(named[0]))
    if whole is None:
        raise UnreadableCertificate
    try:
        return base64.b64decode(whole[1].replace(b"\n", b""), validate=True)
    except binascii.Error:
        raise UnreadableCertificate from None


def unreadable(request: Request, _error: Exception) -> Response:
    """The front did not name a certificate as it should: nothing is handed over."""
    log.error("trace=%s unreadable certificate header", request.state.trace)
    return told(request, "malformed", 400)


def http_error(request: Request, error: Exception) -> Response:
    """Unknown paths, wrong methods, requests that no page of ours made."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    codes = {400: "malformed", 403: "forbidden_form", 404: "unknown", 405: "method_not_allowed"}
    response = told(request, codes.get(error.status_code, "malformed"), error.status_code)
    response.headers.update(error.headers or {})
    return response


def told(request: Request, code: str, status: int) -> Response:
    """A refusal in JSON: this instance has no pages; what people must read is told by ours."""
    body = {"error": code, "case_number": request.state.trace}
    return JSONResponse(body, status_code=status)
