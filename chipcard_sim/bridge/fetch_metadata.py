"""Whose page makes a browser ask, as the browser says itself (W3C, Fetch Metadata).

No page can write these headers. Programs that are no browsers do not: no page leads them.
"""

from starlette.requests import Request

from chipcard_sim.bridge.refusals import Refused


def is_own(request: Request) -> bool:
    """Whether no other site is behind it: our own page asks, or a person typed the address."""
    return request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def is_by_person(request: Request) -> bool:
    """Whether no other site is behind it, or one that a person left by a click."""
    is_clicked = request.headers.get("sec-fetch-user") == "?1"
    return is_own(request) or (is_clicked and _is_navigation(request))


def refuse_embedding(request: Request) -> None:
    """Let other sites lead a person here, and nothing else.

    Raises:
        Refused: a picture, a frame or a script of another site asks.
    """
    if not is_own(request) and not _is_navigation(request):
        raise Refused("origin_wrong")


def _is_navigation(request: Request) -> bool:
    """Whether it is for a whole tab, which shows the person whose page it is."""
    asked = (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest"))
    return asked == ("navigate", "document")
