"""What the provider says about itself: its discovery document and its published keys."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt

from .errors import ProviderAway, TokenRejected
from .fetch import fetch
from .settings import LOOPBACK

LIFETIME = 3600.0  # seconds until discovery document and key set are asked for again
KEYS_PAUSE = 60.0  # seconds between two askings for the key set that an unknown kid may cause


@dataclass(frozen=True, slots=True)
class Metadata:
    """The part of the discovery document that this agency uses, checked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    answers_name_issuer: bool


class Provider:
    """The provider's metadata and keys, fetched when first needed.

    Args:
        http: How to reach it.
        issuer: The issuer identifier that this agency trusts.
        ticks: Seconds on a clock that only runs forward; it paces the fetching and judges nothing.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        issuer: str,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._issuer = issuer
        self._ticks = ticks
        self._one_at_a_time = asyncio.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Mapping[str, jwt.PyJWK]] = (-math.inf, {})

    async def metadata(self) -> Metadata:
        """The checked discovery document, at most an hour old.

        Raises:
            ProviderAway: it cannot be had, or is not that of the issuer this agency trusts.
        """
        async with self._one_at_a_time:
            now = self._ticks()
            if self._metadata is None or now - self._metadata[0] >= LIFETIME:
                # OpenID Connect Discovery 1.0, section 4: a trailing slash is removed first.
                address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                reply = await fetch(self._http, self._http.build_request("GET", address))
                if reply.status != httpx2.codes.OK:
                    raise ProviderAway("provider_away", f"discovery answered {reply.status}")
                self._metadata = now, read_metadata(reply.body, self._issuer)
            return self._metadata[1]

    async def key(self, kid: str) -> jwt.PyJWK:
        """The published key of that name.

        An unknown name causes one new look at the key set (keys rotate), but not more than one a
        minute: names come from whoever sends a token.

        Raises:
            TokenRejected: no such key.
            ProviderAway: the key set cannot be had.
        """
        metadata = await self.metadata()
        async with self._one_at_a_time:
            fetched_at, keys = self._keys
            age = self._ticks() - fetched_at
            if age >= LIFETIME or (kid not in keys and age >= KEYS_PAUSE):
                keys = await self._fetch_keys(metadata.jwks_uri)
                self._keys = self._ticks(), keys
            if kid not in keys:
                raise TokenRejected("key_unknown", "no published key has the token's kid")
            return keys[kid]

    async def _fetch_keys(self, address: str) -> Mapping[str, jwt.PyJWK]:
        reply = await fetch(self._http, self._http.build_request("GET", address))
        if reply.status != httpx2.codes.OK:
            raise ProviderAway("provider_away", f"key set answered {reply.status}")
        return read_keys(reply.body)


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Check a discovery document.

    Raises:
        ProviderAway: another issuer's, or an endpoint is missing or less protected than the issuer.
    """
    # Discovery 1.0, section 4.3: the issuer MUST be exactly the one whose document was asked for.
    if document.get("issuer") != issuer:
        raise ProviderAway("provider_away", "the discovery document is another issuer's")
    ends = document.get("end_session_endpoint")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        end_session_endpoint=(
            None if ends is None else _endpoint(document, "end_session_endpoint", issuer)
        ),
        answers_name_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ProviderAway("provider_away", f"{name} is missing")
    address = urlsplit(value)
    over_tls = address.scheme == "https" and address.hostname is not None
    # Plain http only where the issuer itself is a loopback demo.
    on_demo = (
        issuer.startswith("http:") and address.scheme == "http" and address.hostname in LOOPBACK
    )
    if not (over_tls or on_demo) or address.fragment:
        raise ProviderAway("provider_away", f"{name} is not a safe address")
    return value


def read_keys(document: Mapping[str, Any]) -> Mapping[str, jwt.PyJWK]:
    """The signature keys of a JWK Set by their kid; members of other kinds are passed over.

    Raises:
        ProviderAway: not a key set, or one name for two keys.
    """
    members = document.get("keys")
    if not isinstance(members, list):
        raise ProviderAway("provider_away", "the key set holds no list of keys")
    keys: dict[str, jwt.PyJWK] = {}
    for member in members:
        if not isinstance(member, dict) or not _is_public_signature_key(member):
            continue
        kid = member["kid"]
        if kid in keys:
            raise ProviderAway("provider_away", "two keys have one kid")
        try:
            keys[kid] = jwt.PyJWK.from_dict(member)
        except jwt.PyJWTError:  # RFC 7517, section 5: a key that is not understood is passed over
            continue
    return keys


def _is_public_signature_key(member: Mapping[str, Any]) -> bool:
    return (
        isinstance(member.get("kid"), str)
        and member.get("kty") in {"EC", "RSA", "OKP"}
        and member.get("use", "sig") == "sig"
        and "d" not in member
    )
