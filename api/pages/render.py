"""One way to make a page: template, language, and the policy that goes with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from shlex import quote
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.pages import locale as languages
from api.pages.translate import LOCALES, translate

TEMPLATES = Environment(
    loader=PackageLoader("api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Look:
    """What every page needs to know of the service."""

    issuer: str
    bridge: str
    hotline: str
    default_locale: str
    demo: bool
    certificates: str | None = None
    cards: str | None = None

    @property
    def card_program(self) -> str:
        """The card program as a tester types it: the demo lives in its own virtual environment."""
        return ".venv/bin/chipcard-sim" if self.demo else "chipcard-sim"

    @property
    def card_name(self) -> str:
        """How that program is told the card: a folder that it does not look into must be named."""
        return f"CARD --cards {quote(self.cards)}" if self.cards else "CARD"


@dataclass(frozen=True, slots=True)
class Page:
    """A page about to be shown.

    `goes_to`: origins that a form of this page may end at after redirects. Browsers check
    `form-action` along the whole chain, so an interaction that returns to an agency names the
    origin of its registered redirect URI, never raw input.
    `opens_bridge`: the page talks to the card bridge's window.
    `path`: where a GET shows this page again, for the language switch; empty: where it was asked.
    It may have a query.
    """

    template: str
    status: int = 200
    goes_to: tuple[str, ...] = ()
    opens_bridge: bool = False
    ui_locales: tuple[str, ...] = ()
    path: str = ""


def render(request: Request, look: Look, page: Page, csrf: str, **values: Any) -> HTMLResponse:
    """Make the response of a page. Personal pages are never stored by caches (HD-03, SS-15)."""
    language = languages.locale(request, page.ui_locales, look.default_locale)
    text = TEMPLATES.get_template(page.template).render(
        t=partial(
            translate,
            language,
            hotline=look.hotline.replace(" ", "\u00a0"),
            card_program=look.card_program,
            card_name=look.card_name,
        ),
        lang=language,
        other=next(code for code in LOCALES if code != language),
        here=_here(request, page),
        csrf=csrf,
        look=look,
        trace=request.state.trace,
        **values,
    )
    response = HTMLResponse(text, status_code=page.status)
    response.headers["Content-Security-Policy"] = policy(page.goes_to)
    response.headers["Cross-Origin-Opener-Policy"] = (
        # With `same-origin` the bridge's window has no opener and cannot answer.
        "same-origin-allow-popups" if page.opens_bridge else "same-origin"
    )
    response.headers["Cache-Control"] = "no-store"
    if languages.chosen(request):
        response.set_cookie(
            languages.COOKIE, language, path="/", secure=True, httponly=True, samesite="lax"
        )
    return response


def _here(request: Request, page: Page) -> str:
    """Where a GET shows this page again with all that it was asked with, ending in `lang=`.

    Empty for the answer to a form that has no address of its own. A page without an address given
    is asked for by its query alone: a path such as `//elsewhere` would be a link that leads there,
    and an address made of the request's own would hold its Host (HD-09, AZ-25).
    """
    if page.path:
        return f"{page.path}{'&' if '?' in page.path else '?'}lang="
    if request.method != "GET":
        return ""
    kept = [(name, text) for name, text in request.query_params.multi_items() if name != "lang"]
    return f"?{urlencode([*kept, ('lang', '')])}"


def policy(goes_to: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of a page: nothing from elsewhere, nothing inline (HD-01)."""
    targets = " ".join(["'self'", *goes_to])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action {targets}"
    )
