"""PKCE, S256 only; demanded by every client profile but `basic` (RFC 7636; RFC 9700, 2.1.1)."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final

from authlib.oauth2.rfc7636 import CodeChallenge

from eid.oidc.errors import Denied
from eid.oidc.profiles import PROFILES

# RFC 7636, 4.2: BASE64URL(SHA256(...)) has exactly 43 characters; 4.1: a verifier 43 to 128.
CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-_]{43}")
VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


class Pkce(CodeChallenge):
    """Authlib's hooks with our rules: its own let a challenge be missing and `plain` through."""

    def __init__(self) -> None:
        """Whether a challenge is needed is the client profile's to say."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]  # type: ignore[misc]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:  # noqa: ARG002 - Authlib's
        """At the authorization endpoint."""
        parameters = grant.request.payload.data
        required = PROFILES[grant.request.turn.client.profile].needs_pkce
        require_challenge(
            parameters.get("code_challenge"),
            parameters.get("code_challenge_method"),
            required=required,
        )

    def validate_code_verifier(self, grant: Any, result: Any) -> None:  # noqa: ARG002 - Authlib's
        """At the token endpoint, over the challenge that was kept with the code."""
        require_verifier(
            grant.request.form.get("code_verifier"),
            grant.request.authorization_code.code_challenge,
        )


def require_challenge(challenge: str | None, method: str | None, *, required: bool) -> None:
    """Let a request begin: with an S256 challenge, or with none where none is needed."""
    if challenge is None and method is None and not required:
        return
    if challenge is None:
        raise Denied("invalid_request", "code_challenge is missing.")
    # RFC 7636, 4.3: a missing method means `plain`, which we never accept.
    if method != "S256":
        raise Denied("invalid_request", "code_challenge_method must be S256.")
    if not CHALLENGE.fullmatch(challenge):
        raise Denied("invalid_request", "code_challenge is not one of S256.")


def require_verifier(verifier: str | None, challenge: str | None) -> None:
    """Let a code be redeemed: by who began. Every failure is invalid_grant (RFC 7636, 4.6; CF-21).

    RFC 9700, 4.8.2: a verifier for a request that had no challenge is an attack (AZ-08).
    """
    if verifier is None and challenge is None:
        return
    if verifier is None or challenge is None or not VERIFIER.fullmatch(verifier):
        raise Denied("invalid_grant", "The code_verifier is missing, unexpected or malformed.")
    if not compare_digest(s256(verifier), challenge):
        raise Denied("invalid_grant", "The code_verifier is not the one of this request.")


def s256(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
