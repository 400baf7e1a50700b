"""What must not be: contradictions in the settings, and anything of the demo in production."""

from urllib.parse import urlsplit

from eid.config import Demo, Environment, Settings
from eid.errors import Misconfigured

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def require_sound(settings: Settings) -> None:
    """Raise `Misconfigured` with every reason at once."""
    reasons = [*_issuer(settings), *_tokens(settings), *_production(settings)]
    if settings.environment is Environment.DEMO and settings.demo.people is None:
        reasons.append("the demo needs its people: EID_DEMO__PEOPLE")
    if reasons:
        raise Misconfigured("; ".join(reasons))


def _issuer(settings: Settings) -> list[str]:
    parts = urlsplit(settings.issuer)
    found = []
    if parts.query or parts.fragment or parts.username or parts.path:
        found.append("the issuer is scheme, host and port, without a trailing slash (CF-02)")
    loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not loopback:
        found.append("the issuer must be https")
    return found


def _tokens(settings: Settings) -> list[str]:
    longest = max(settings.oidc.access_token_lifetime, settings.oidc.id_token_lifetime)
    found = []
    if settings.keys.retire_for <= longest:
        found.append("keys.retire_for must be longer than the longest token (KY-03)")
    if "RS256" not in settings.keys.algorithms:
        found.append("keys.algorithms must hold RS256 (OpenID Connect Core, 15.1)")
    if settings.login.idle > settings.login.session:
        found.append("login.idle is longer than login.session")
    return found


def _production(settings: Settings) -> list[str]:
    if settings.environment is not Environment.PRODUCTION:
        return []
    found = []
    if urlsplit(settings.issuer).scheme != "https":
        found.append("an http issuer has no place in production (KY-02)")
    if settings.demo != Demo():
        left = [name for name, value in settings.demo if value is not None]
        found.append(f"settings of the demo in production: {', '.join(left)} (PL-05)")
    if urlsplit(settings.pages.bridge).scheme != "https" and settings.pages.bridge == (
        "http://127.0.0.1:8200"
    ):
        found.append("pages.bridge still names the demo's card bridge (PL-05)")
    for name, path in (
        ("keys.wrapping_key", settings.keys.wrapping_key),
        ("pki.folder", settings.pki.folder),
        ("database.url", settings.database.url),
    ):
        if ".demo/" in str(path):
            found.append(f"{name} still lies in the demo's state (PL-05)")
    return found
