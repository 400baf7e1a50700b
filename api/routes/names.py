"""Small words that several routes need."""

from starlette.requests import Request
from starlette.responses import RedirectResponse

from api.dependencies import look
from api.pages import locale as languages
from eid.domain.agency import Client
from eid.domain.facts import SignOnFacts
from eid.domain.holder import Holder, Organisation


def see_other(path: str) -> RedirectResponse:
    """After a POST, always 303: a 307 would send the form on (RFC 9700, 4.12)."""
    response = RedirectResponse(path, status_code=303)
    response.headers["Cache-Control"] = "no-store"
    return response


def name_of(holder: Holder) -> str:
    """What a page calls a holder."""
    if isinstance(holder, Organisation):
        return next(iter(holder.names.values()))
    return holder.name.full


def holder_name(facts: SignOnFacts | None) -> str:
    """Who is signed in at this browser; empty for nobody."""
    return name_of(facts.owner.holder) if facts else ""


def agency_name(request: Request, client: Client, ui_locales: tuple[str, ...] = ()) -> str:
    """An agency's name in the page's language. Names are data, not text files."""
    language = languages.locale(request, ui_locales, look(request).default_locale)
    names = client.agency.names
    return names.get(language) or next(iter(names.values()))
