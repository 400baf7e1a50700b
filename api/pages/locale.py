"""Which language to speak: what a person chose, what the client asked, the browser, default."""

from collections.abc import Iterable

from starlette.requests import Request

from api.pages.translate import LOCALES

COOKIE = "__Host-eid-language"
MAX_HEADER = 512


def chosen(request: Request) -> str | None:
    """The language that a switch link asks for, if it is one of ours."""
    asked = request.query_params.get("lang")
    return asked if asked in LOCALES else None


def locale(request: Request, ui_locales: Iterable[str], default: str) -> str:
    """The first of ours in: the switch, its cookie, the client's `ui_locales`, the browser.

    The cookie holds what the person chose by the switch. A client's wish does not undo that on the
    next page.
    """
    browser = request.headers.get("accept-language", "")[:MAX_HEADER].split(",")
    wishes = [
        chosen(request) or "",
        request.cookies.get(COOKIE, ""),
        *ui_locales,
        *(item.partition(";")[0].strip() for item in browser),
    ]
    for wish in wishes:
        language = wish.partition("-")[0].lower()
        if language in LOCALES:
            return language
    return default
