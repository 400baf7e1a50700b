"""Small words that several routes need."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse

from api import sessions
from api.dependencies import look, services, visit
from api.middleware import MAX_TARGET, TooLargeError
from api.pages import locale as languages
from eid.domain.agency import Client
from eid.domain.holder import Holder, Organisation
from eid.oidc.messages import EngineRequest


def see_other(path: str) -> RedirectResponse:
    """After a POST, always 303: a 307 would send the form on (RFC 9700, 4.12)."""
    response = RedirectResponse(path, status_code=303)
    response.headers["Cache-Control"] = "no-store"
    return response


def without_cookies(request: Request) -> bool:
    """Whether a POST may have left our cookies behind: `SameSite=Lax` does so on another site."""
    return request.method == "POST" and sessions.browser_of(request) is None


def by_get(asked: EngineRequest) -> RedirectResponse:
    """The same request by GET, which brings the cookies along.

    Without them nobody would be signed in, a log-out would end nothing and say that it did, and
    the answer would put a new browser cookie over the one that is there.
    """
    target = f"{asked.path}?{urlencode((*asked.query, *asked.form))}"
    if len(target) > MAX_TARGET:
        raise TooLargeError
    return see_other(target)


def name_of(holder: Holder) -> str:
    """What a page calls a holder."""
    if isinstance(holder, Organisation):
        return next(iter(holder.names.values()))
    return holder.name.full


async def who(request: Request) -> str:
    """The name of who is signed in at this browser; empty for nobody."""
    facts = await services(request).login.who(visit(request), sessions.session_of(request))
    return name_of(facts.owner.holder) if facts else ""


def agency_name(request: Request, client: Client, ui_locales: tuple[str, ...] = ()) -> str:
    """An agency's name in the page's language. Names are data, not text files."""
    language = languages.locale(request, ui_locales, look(request).default_locale)
    names = client.agency.names
    return names.get(language) or next(iter(names.values()))
