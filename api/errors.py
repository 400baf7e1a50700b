"""One table: category of a refusal to status. The exception's text never reaches a browser."""

import logging
from typing import cast

from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from api import sessions
from api.pages.render import Look, Page, render
from api.pages.translate import has
from eid.errors import (
    Conflict,
    EidError,
    Malformed,
    ProofRejected,
    Refused,
    Unavailable,
    Unknown,
)

log = logging.getLogger("eid.refusals")

STATUS: dict[type[EidError], int] = {
    Malformed: 400,
    ProofRejected: 401,
    Refused: 403,
    Unknown: 404,
    Conflict: 409,
    Unavailable: 503,
}

# Outside they are one sentence, so that nobody can feel their way; the audit trail knows better.
ONE_SENTENCE = {"signature_wrong", "challenge_spent", "certificate_untrusted"}

NOT_ALLOWED = 405
HTTP_CODES = {404: "unknown", NOT_ALLOWED: "method_not_allowed", 413: "too_large"}


def status_of(error: EidError) -> int:
    """The HTTP status of a refusal's category."""
    return next(status for category, status in STATUS.items() if isinstance(error, category))


def code_of(error: EidError) -> str:
    """The code that a citizen and a script may see."""
    return "proof_rejected" if error.code in ONE_SENTENCE else error.code


def refused(request: Request, error: Exception) -> Response:
    """The page of a refusal."""
    assert isinstance(error, EidError)  # noqa: S101 - registered for this class alone
    log.info("trace=%s code=%s detail=%s", request.state.trace, error.code, error.detail)
    return page(request, code_of(error), status_of(error))


def foreign_form(request: Request, _error: Exception) -> Response:
    """A form that is not ours changes nothing."""
    return page(request, "forbidden_form", 403)


def http_error(request: Request, error: Exception) -> Response:
    """Unknown paths and wrong methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    code = HTTP_CODES.get(error.status_code, "malformed")
    response = page(request, code, error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == NOT_ALLOWED and (allowed := _allowed(request)):
        response.headers["Allow"] = allowed
    return response


def _allowed(request: Request) -> str:
    """The methods of every route of this path; the router names one route's (RFC 9110, 15.5.6)."""
    routes = iter_route_contexts(request.app.routes)
    here = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in here for method in route.methods or ()}))


def page(request: Request, code: str, status: int, description: str = "") -> Response:
    """An error page, or JSON for who asked for JSON."""
    if "text/html" not in request.headers.get("accept", "text/html"):
        body = {"error": code, "case_number": request.state.trace}
        return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
    known = code if has(f"error.{code}") else "authorization_refused"
    key: bytes = request.app.state.services.csrf_key
    browser, session = sessions.browser_of(request), sessions.session_of(request)
    return render(
        request,
        cast("Look", request.app.state.look),
        Page("error.html", status=status),
        csrf=sessions.csrf_token(key, browser) if browser else "",
        session=sessions.session_mark(key, session),
        # An error page asks the store for nothing, not even for a name: the store may be the error.
        may_be_somebody=bool(browser and session),
        code=known,
        shown_code=code,
        description=description,
    )


HANDLERS = {
    EidError: refused,
    sessions.ForeignForm: foreign_form,
    HTTPException: http_error,
}
