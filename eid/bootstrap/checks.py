"""What must not be: contradictions in the settings, and anything of the demo in production."""

import re
from urllib.parse import urlsplit

from eid.config import Environment, Settings
from eid.errors import Misconfigured
from keys.algorithms import ALGORITHMS

LOOPBACK = {"localhost", "127.0.0.1"}
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?")


def require_sound(settings: Settings) -> None:
    """Raise `Misconfigured` with every reason at once."""
    reasons = [
        *_issuer(settings),
        *_certificate_login(settings),
        *_tokens(settings),
        *_demo(settings),
        *_production(settings),
    ]
    if reasons:
        raise Misconfigured("; ".join(reasons))


def _issuer(settings: Settings) -> list[str]:
    found = []
    if not _is_origin(settings.issuer):
        found.append(
            # OpenID Connect Core, 2: compared exactly (CF-02).
            "the issuer is scheme, host and port as a browser writes them, without a path or a "
            "trailing slash"
        )
    elif not _is_https(settings.issuer) and urlsplit(settings.issuer).hostname not in LOOPBACK:
        found.append("the issuer must be https")
    if not _is_origin(settings.pages.bridge):
        found.append("pages.bridge is an origin such as https://reader.example.vn")
    return found


def _certificate_login(settings: Settings) -> list[str]:
    """Where certificates are asked for is one site with the pages: browsers then say who asked."""
    origin = settings.certificate_login.origin
    if origin is None:
        return []
    found = []
    if not (_is_origin(origin) and _is_https(origin)):
        found.append(
            "certificate_login.origin is an https origin such as https://id.example.vn:8444"
        )
    elif origin == settings.issuer or not _is_under(origin, settings.issuer):
        found.append(
            "certificate_login.origin is another origin than the issuer, on its host or under it"
        )
    if not _is_https(settings.issuer):
        found.append("certificate_login wants an https issuer: the front serves both")
    return found


def _is_origin(text: str) -> bool:
    """Whether browsers spell an origin like that (RFC 6454, 6.2): signatures rest on letters."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    default = {"http": 80, "https": 443}.get(parts.scheme)
    if default is None or port == default or not HOST.fullmatch(parts.hostname or ""):
        return False
    return text == f"{parts.scheme}://{parts.hostname}" + ("" if port is None else f":{port}")


def _is_under(origin: str, of: str) -> bool:
    host, above = urlsplit(origin).hostname, urlsplit(of).hostname
    return f".{host}".endswith(f".{above}")


def _is_https(text: str) -> bool:
    return text.startswith("https://")


def _tokens(settings: Settings) -> list[str]:
    longest = max(settings.oidc.access_token_lifetime, settings.oidc.id_token_lifetime)
    found = []
    if settings.keys.retire_for <= longest:  # KY-03
        found.append("keys.retire_for must be longer than the longest token")
    unknown = [name for name in settings.keys.algorithms if name not in ALGORITHMS]
    if unknown:
        found.append(f"keys.algorithms: {', '.join(unknown)} is not one of {', '.join(ALGORITHMS)}")
    if "RS256" not in settings.keys.algorithms:
        found.append("keys.algorithms must hold RS256 (OpenID Connect Core, 15.1)")
    if settings.login.idle > settings.login.session:
        found.append("login.idle is longer than login.session")
    return found


def _demo(settings: Settings) -> list[str]:
    if settings.environment is Environment.DEMO:
        return [] if settings.demo.people else ["the demo needs its people: EID_DEMO__PEOPLE"]
    left = [name for name, value in settings.demo if value is not None]
    return [f"settings of the demo outside the demo: {', '.join(left)}"] if left else []


def _production(settings: Settings) -> list[str]:
    if settings.environment is not Environment.PRODUCTION:
        return []
    found = []  # KY-02, PL-05: nothing of the demo, nothing weak
    if not _is_https(settings.issuer):
        found.append("an http issuer has no place in production")
    if not _is_https(settings.pages.bridge):
        found.append("pages.bridge: an http card bridge has no place in production")
    if settings.pages.hotline == Settings.model_fields["pages"].get_default().hotline:
        found.append("pages.hotline is an invented number: set EID_PAGES__HOTLINE")
    for name, path in (
        ("keys.wrapping_key", settings.keys.wrapping_key),
        ("pki.folder", settings.pki.folder),
        ("database.url", settings.database.url),
    ):
        if ".demo/" in str(path):
            found.append(f"{name} still lies in the demo's state")
    return found
