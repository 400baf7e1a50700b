"""The agency's side of a sign-in: request, answer, code exchange, claims, sign-out."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx2

from .errors import ProviderAway, ProviderRefused, ResponseRejected, TokenRejected
from .fetch import Reply, fetch
from .provider import Metadata, Provider
from .settings import PortalSettings
from .tokens import Expected, VerifiedIdToken, key_name, verify_id_token

Pairs = Sequence[tuple[str, str]]

LONGEST_CODE = 64  # characters; the longest registered OAuth error code has 34


@dataclass(frozen=True, slots=True)
class Wish:
    """What one sign-in asks the provider for."""

    scope: str
    acr: str
    prompt: str | None = None
    max_age: int | None = None

    def authenticated_since(self, started_at: datetime) -> datetime | None:
        """The earliest moment of authentication that fulfils the wish; none: any moment will do."""
        if self.prompt == "login":
            return started_at
        if self.max_age is not None:
            return started_at - timedelta(seconds=self.max_age)
        return None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A sign-in under way; its secrets stay on this side of the browser."""

    state: str
    nonce: str
    verifier: str
    wish: Wish
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that ended well."""

    id_token: VerifiedIdToken
    userinfo: Mapping[str, Any]
    end_session_endpoint: str | None


class Client:
    """An OpenID Connect client (authorization code flow) of one provider."""

    def __init__(
        self, settings: PortalSettings, provider: Provider, http: httpx2.AsyncClient
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._http = http
        self._secret = settings.client_secret()

    async def begin(self, wish: Wish, locale: str, now: datetime) -> tuple[str, Transaction]:
        """Where to send the browser, and what to remember until it comes back.

        Raises:
            ProviderAway: the provider cannot be asked where that is.
        """
        metadata = await self._provider.metadata()
        transaction = Transaction(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),  # 64 characters; RFC 7636, section 4.1: 43 to 128
            wish=wish,
            started_at=now,
        )
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": wish.scope,
            "state": transaction.state,
            "nonce": transaction.nonce,
            "code_challenge": _s256(transaction.verifier),
            "code_challenge_method": "S256",
            "acr_values": wish.acr,
            "ui_locales": locale,
        }
        if wish.prompt is not None:
            asked["prompt"] = wish.prompt
        if wish.max_age is not None:
            asked["max_age"] = str(wish.max_age)
        return with_query(metadata.authorization_endpoint, asked), transaction

    async def finish(self, transaction: Transaction, answer: Pairs, now: datetime) -> SignedIn:
        """Turn the provider's answer into a verified sign-in.

        Args:
            transaction: The sign-in that *this browser* began; already spent by the caller.
            answer: The query of the callback, in order, so that a repeated parameter is seen.
            now: The moment against which the ID token is judged.

        Raises:
            SignInFailed: one of its children, with a code for the error page.
        """
        metadata = await self._provider.metadata()
        code = read_answer(transaction, answer, metadata)
        tokens = await self._exchange(metadata, transaction, code)
        raw, access_token = _texts(tokens, "id_token", "access_token")
        if str(tokens.get("token_type")).lower() != "bearer":  # RFC 6749, section 5.1
            raise ProviderAway("provider_away", "an access token of an unknown type")
        key = await self._provider.key(key_name(raw))
        expected = Expected(
            issuer=self._settings.issuer,
            client_id=self._settings.client_id,
            nonce=transaction.nonce,
            access_token=access_token,
            least_acr=transaction.wish.acr,
            authenticated_since=transaction.wish.authenticated_since(transaction.started_at),
            now=now,
        )
        id_token = verify_id_token(raw, key, expected)
        userinfo = await self._userinfo(metadata, access_token, id_token)
        return SignedIn(id_token, userinfo, metadata.end_session_endpoint)

    def sign_out_address(self, signed_in: SignedIn, state: str) -> str | None:
        """Where the browser ends its session at the provider (RP-Initiated Logout 1.0, section 2).

        Returns:
            The address, or None where the provider offers none.
        """
        if signed_in.end_session_endpoint is None:
            return None
        asked = {
            "id_token_hint": signed_in.id_token.raw,
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": self._settings.signed_out_uri,
            "state": state,
        }
        return with_query(signed_in.end_session_endpoint, asked)

    async def _exchange(
        self, metadata: Metadata, transaction: Transaction, code: str
    ) -> Mapping[str, Any]:
        request = self._http.build_request(
            "POST",
            metadata.token_endpoint,
            headers={"Authorization": _basic(self._settings.client_id, self._secret)},
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._settings.redirect_uri,
                "code_verifier": transaction.verifier,
            },
        )
        return _or_refusal(await fetch(self._http, request))

    async def _userinfo(
        self, metadata: Metadata, access_token: str, id_token: VerifiedIdToken
    ) -> Mapping[str, Any]:
        request = self._http.build_request(
            "GET",
            metadata.userinfo_endpoint,
            headers={"Authorization": f"Bearer {access_token}"},
        )
        claims = _or_refusal(await fetch(self._http, request))
        # Core, section 5.3.2: another person's claims must not be taken for this one's.
        if claims.get("sub") != id_token.claims["sub"]:
            raise TokenRejected("subject_differs", "userinfo tells of another subject")
        return claims


def read_answer(transaction: Transaction, answer: Pairs, metadata: Metadata) -> str:
    """The authorization code in a callback's query.

    Raises:
        ResponseRejected: not the answer to this transaction, or not this provider's.
        ProviderRefused: the provider said no.
    """
    members = dict(answer)
    if len(members) != len(answer):  # RFC 6749, section 3.1
        raise ResponseRejected("answer_malformed", "a parameter came twice")
    if not compare_digest(members.get("state", "").encode(), transaction.state.encode()):
        raise ResponseRejected("state_wrong", "the state is another sign-in's")
    # RFC 9207, section 2.4: before anything else in the answer is used, an error included.
    issuer = members.get("iss")
    if issuer is None and metadata.answers_name_issuer:
        raise ResponseRejected("issuer_missing", "the answer does not name its issuer")
    if issuer is not None and issuer != metadata.issuer:
        raise ResponseRejected("issuer_mixed_up", "the answer is another issuer's")
    if "error" in members:
        raise ProviderRefused(readable_code(members["error"]))
    if not members.get("code"):
        raise ResponseRejected("answer_malformed", "neither code nor error")
    return members["code"]


def readable_code(value: object) -> str:
    """An OAuth error code as it may be shown: short; letters, digits and underscores only."""
    text = value if isinstance(value, str) else ""
    if len(text) <= LONGEST_CODE and text.isascii() and text.replace("_", "").isalnum():
        return text
    return "answer_malformed"


def with_query(address: str, members: Mapping[str, str]) -> str:
    """An address with further query parameters; those that it has stay (RFC 6749, section 3.1)."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(members)}"


def _or_refusal(reply: Reply) -> Mapping[str, Any]:
    if reply.status == httpx2.codes.OK:
        return reply.body
    if "error" in reply.body:
        raise ProviderRefused(readable_code(reply.body["error"]), f"status {reply.status}")
    raise ProviderAway("provider_away", f"status {reply.status}")


def _texts(reply: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    found = tuple(reply.get(name) for name in names)
    texts = tuple(value for value in found if isinstance(value, str) and value)
    if len(texts) != len(names):
        raise ProviderAway("provider_away", "the token reply lacks a token")
    return texts


def _basic(client_id: str, secret: str) -> str:
    # RFC 6749, section 2.3.1: form-encoded each, and only then joined.
    joined = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(joined.encode()).decode()}"


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
