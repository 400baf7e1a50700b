"""Cookies and the form token. Names carry the service: loopback cookies know no port."""

import hashlib
import hmac
import re

from starlette.requests import Request
from starlette.responses import Response

from eid.domain import handles

SESSION = "__Host-eid-session"
BROWSER = "__Host-eid-browser"
HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")


class ForeignForm(Exception):
    """A POST that did not come from a page of ours in this browser (SS-06)."""


def session_of(request: Request) -> str | None:
    """The login session's handle, if the cookie looks like one (SS-14)."""
    return _cookie(request, SESSION)


def browser_of(request: Request) -> str | None:
    """What ties transactions to this browser."""
    return _cookie(request, BROWSER)


def ensure_browser(request: Request) -> str:
    """This browser's handle; a new one is made, once per request, if it has none."""
    known = browser_of(request) or getattr(request.state, "new_browser", None)
    if known is None:
        known = request.state.new_browser = handles.make()
    return str(known)


def remember_browser(request: Request, response: Response) -> None:
    """Send the browser's handle along when this request made it."""
    made = getattr(request.state, "new_browser", None)
    if made:
        _set(response, BROWSER, made)


def set_session(response: Response, handle: str) -> None:
    """A new identifier at every sign-in (SS-02)."""
    _set(response, SESSION, handle)


def drop_session(request: Request, response: Response) -> None:
    """Tell the browser to forget what it showed; the store has forgotten already (SS-04).

    A request that another site caused shows no cookie, and so cannot take one away (LO-08).
    """
    if SESSION in request.cookies:
        response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="lax")


def csrf_token(key: bytes, browser: str) -> str:
    """The token that a form of this browser must bring back (SS-06)."""
    return hmac.new(key, browser.encode(), hashlib.sha256).hexdigest()


def session_mark(key: bytes, session: str | None) -> str:
    """What a form carries of the session that it was shown to (SS-09)."""
    return hmac.new(key, b"session:" + (session or "").encode(), hashlib.sha256).hexdigest()


def is_our_form(request: Request, key: bytes, token: str, issuer: str) -> bool:
    """Whether a POST came from a page of ours in this browser.

    A page under `Referrer-Policy: no-referrer` sends `Origin: null` with its own forms, so an
    origin is refused only where it names somebody else; `Sec-Fetch-Site` tells the truth.
    """
    browser = browser_of(request)
    if browser is None:
        return False
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    if request.headers.get("origin", "null") not in {"null", issuer}:
        return False
    return hmac.compare_digest(csrf_token(key, browser).encode(), token.encode())


def is_from_our_site(request: Request) -> bool:
    """Whether a page of ours led here, as far as the browser says where the way began (SS-06).

    Browsers judge the whole chain of redirects, and a typed or mailed address is not ours either.
    Those that say nothing are held by what else the request must bring.
    """
    return request.headers.get("sec-fetch-site", "same-site") in {"same-origin", "same-site"}


def _cookie(request: Request, name: str) -> str | None:
    value = request.cookies.get(name, "")
    return value if HANDLE.fullmatch(value) else None


def _set(response: Response, name: str, value: str) -> None:
    # SameSite=Strict would break prompt=none from an agency's link.
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")
