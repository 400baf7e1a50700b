"""The agency's pages: Vietnamese first, English beside it."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .settings import PortalSettings

HERE = Path(__file__).parent
LOCALES = ("vi", "en")  # the first is the default
LONGEST_WISH = 512  # characters of an Accept-Language header that are looked at
TIMES = frozenset({"auth_time", "iat", "exp"})  # seconds since 1970 (RFC 7519, section 2)
LATEST = 2**40  # seconds; what comes later is no date that a page can show
VIETNAM = timezone(timedelta(hours=7))

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the callback's address holds a code
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def content_policy(form_target: str | None = None) -> str:
    """The Content-Security-Policy of a page: nothing but its own style, images and forms.

    Args:
        form_target: A further origin where a form of the page may end. Browsers hold every hop of
            a redirect after a POST against `form-action`, so signing out needs the provider's.
    """
    targets = "'self'" if form_target is None else f"'self' {form_target}"
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )


class SafeHeaders:
    """Middleware: every response carries the headers above, unless it chose its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI's own protocol
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", content_policy())
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


class Pages:
    """Renders the agency's templates with the words of the chosen language."""

    def __init__(self, settings: PortalSettings) -> None:
        self._names = {"vi": settings.name_vi, "en": settings.name_en}
        self._settings = settings
        self._words = {locale: read_words(locale) for locale in LOCALES}
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["plain"] = plain
        self._templates.filters["moment"] = moment
        self._templates.filters["pretty"] = pretty

    def render(
        self,
        name: str,
        locale: str,
        *,
        status: int = 200,
        form_target: str | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """One page.

        Args:
            name: The template's name without its ending.
            locale: One of `LOCALES`.
            status: HTTP status.
            form_target: See `content_policy`.
            values: What the template shows.
        """
        text = self._templates.get_template(f"{name}.html").render(
            locale=locale,
            locales=LOCALES,
            words=self._words[locale],
            agency=self._names[locale],
            settings=self._settings,
            **values,
        )
        policy = {"Content-Security-Policy": content_policy(form_target)}
        return HTMLResponse(text, status_code=status, headers=policy)

    def explain(self, code: str, locale: str) -> str:
        """The sentence for an error code; the general one for a code this agency does not know."""
        sentences: Mapping[str, str] = self._words[locale]["error"]
        return sentences.get(code, sentences["other"])


def read_words(locale: str) -> Mapping[str, Any]:
    """Every sentence of one language, by page."""
    return tomllib.loads((HERE / "text" / f"{locale}.toml").read_text(encoding="utf-8"))


def locale_of(request: Request, remembered: str) -> str:
    """The language chosen just now, or before, or the browser's first of ours, or Vietnamese."""
    accepted = request.headers.get("accept-language", "")[:LONGEST_WISH].split(",")
    languages = (item.partition(";")[0].partition("-")[0].strip().lower() for item in accepted)
    for wanted in (request.query_params.get("lang"), remembered, *languages):
        if wanted in LOCALES:
            return wanted
    return LOCALES[0]


def plain(value: object) -> str:
    """A claim's value as text: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def moment(value: object, claim: str) -> str:
    """The time in Vietnam that a claim of the ID token tells in seconds; empty for other claims."""
    if claim not in TIMES or not isinstance(value, int) or not 0 <= value < LATEST:
        return ""
    return datetime.fromtimestamp(value, UTC).astimezone(VIETNAM).strftime("%H:%M:%S %d/%m/%Y")


def pretty(value: object) -> str:
    """JSON for a developer's eyes."""
    return json.dumps(value, ensure_ascii=False, indent=2)
