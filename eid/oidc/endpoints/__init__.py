"""ENDPOINTS: the one list of what stands beside authorize and token, and where everything is."""

from collections.abc import Mapping
from typing import Final

AUTHORIZE: Final = "/authorize"
TOKEN: Final = "/token"  # noqa: S105 - a path
JWKS: Final = "/jwks"

ENDPOINTS: Final[Mapping[str, str]] = {
    "userinfo_endpoint": "/userinfo",
    "end_session_endpoint": "/logout",
}
