"""What a route needs of the request, by short names."""

from hmac import compare_digest
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse

from api import sessions
from api.pages.render import Look, Page, render
from eid.bootstrap import Services
from eid.domain.challenge import ChallengeAnswer
from eid.domain.visit import Visit

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 100


def services(request: Request) -> Services:
    """The rooms' front objects."""
    return cast("Services", request.app.state.services)


def visit(request: Request) -> Visit:
    """This request's time and case number."""
    return Visit(services(request).clock.now(), request.state.trace)


def look(request: Request) -> Look:
    """What every page needs to know of the service."""
    return cast("Look", request.app.state.look)


async def form(request: Request) -> dict[str, list[str]]:
    """The fields of a page's form, proved to be ours."""
    fields = _fields(request, await request.body())
    key = services(request).csrf_key
    token = first(fields, "csrf")
    if not sessions.is_our_form(request, key, token, look(request).issuer):
        raise sessions.ForeignForm
    return fields


async def form_of_session(request: Request) -> dict[str, list[str]]:
    """The fields of a form that was shown to the very session that sends it (SS-09)."""
    fields = await form(request)
    if not is_of_session(request, fields):
        raise sessions.ForeignForm
    return fields


def is_of_session(request: Request, fields: dict[str, list[str]]) -> bool:
    """Whether nobody else signed in, or out, since the form was shown."""
    return compare_digest(first(fields, "session").encode(), _session_mark(request).encode())


def _session_mark(request: Request) -> str:
    return sessions.session_mark(services(request).csrf_key, sessions.session_of(request))


def _fields(request: Request, body: bytes) -> dict[str, list[str]]:
    """What a form of ours would send: urlencoded, and no crowd of fields (HD-06, L-62)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise sessions.ForeignForm
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise sessions.ForeignForm from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def first(fields: dict[str, list[str]], name: str) -> str:
    """A field's only value; empty when it is missing or was sent twice (L-61)."""
    values = fields.get(name, [])
    return values[0] if len(values) == 1 else ""


def answer_in(fields: dict[str, list[str]]) -> ChallengeAnswer:
    """What a card step's form brings."""
    return ChallengeAnswer(
        first(fields, "method"), first(fields, "nonce"), first(fields, "answer").encode()
    )


def show(request: Request, page: Page, **values: Any) -> HTMLResponse:
    """A page with this browser's form token in it, and the mark of its session."""
    browser = sessions.ensure_browser(request)
    csrf = sessions.csrf_token(services(request).csrf_key, browser)
    response = render(request, look(request), page, csrf, session=_session_mark(request), **values)
    sessions.remember_browser(request, response)
    return response
