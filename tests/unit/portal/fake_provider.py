"""A provider in a few lines, with keys of its own; every part of its answers can be changed."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ISSUER = "http://localhost:8000"
CLIENT_ID = "portal-demo"
CLIENT_SECRET = "a secret with spaces: and + signs"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

Members = dict[str, Any]


def unchanged(members: Members) -> Members:
    return members


def public_jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> Members:
    jwk: Members = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "use": "sig", "alg": "ES256"}


def half_hash(token: str) -> str:
    digest = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class FakeProvider:
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    kid: str = "key-1"
    now: datetime = NOW
    change_discovery: Callable[[Members], Members] = unchanged
    change_answer: Callable[[Members], Members] = unchanged
    change_token_reply: Callable[[Members], Members] = unchanged
    change_claims: Callable[[Members], Members] = unchanged
    change_userinfo: Callable[[Members], Members] = unchanged
    sign: Callable[[Members], str] | None = None
    published: list[Members] | None = None
    requests: list[str] = field(default_factory=list)
    codes: dict[str, Members] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    def answer(self, authorization_address: str) -> Members:
        """What the browser would carry back, had the citizen signed in and agreed."""
        asked = dict(parse_qsl(urlsplit(authorization_address).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return self.change_answer({"code": code, "state": asked["state"], "iss": ISSUER})

    def good_claims(self, asked: Members, access_token: str) -> Members:
        now = int(self.now.timestamp())
        return {
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "sub": "pairwise-1",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "acr": "urn:vn:eid:authn:2",
            "amr": ["sc", "pin"],
            "account_level": 2,
            "at_hash": half_hash(access_token),
        }

    def sign_well(self, claims: Members) -> str:
        return jwt.encode(claims, self.key, "ES256", headers={"kid": self.kid})

    async def _discovery(self, request: Request) -> Response:
        self.requests.append(request.url.path)
        document = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "jwks_uri": f"{ISSUER}/jwks",
            "end_session_endpoint": f"{ISSUER}/logout",
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse(self.change_discovery(document))

    async def _jwks(self, request: Request) -> Response:
        self.requests.append(request.url.path)
        keys = [public_jwk(self.key, self.kid)] if self.published is None else self.published
        return JSONResponse({"keys": keys}, media_type="application/jwk-set+json")

    async def _token(self, request: Request) -> Response:
        self.requests.append(request.url.path)
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(form["code"], None)
        if not self._client_is_right(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        if asked is None or not _is_redeemable(form, asked):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(16)
        claims = self.change_claims(self.good_claims(asked, access_token))
        reply = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": (self.sign or self.sign_well)(claims),
        }
        return JSONResponse(self.change_token_reply(reply))

    def _client_is_right(self, request: Request) -> bool:
        scheme, _, value = request.headers["authorization"].partition(" ")
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
        named = unquote_plus(client_id), unquote_plus(secret)
        return scheme == "Basic" and named == (CLIENT_ID, CLIENT_SECRET)

    async def _userinfo(self, request: Request) -> Response:
        self.requests.append(request.url.path)
        assert request.headers["authorization"].startswith("Bearer ")
        claims = {"sub": "pairwise-1", "name": "Nguyễn Thị Mẫu", "birthdate": "1990-01-15"}
        return JSONResponse(json.loads(json.dumps(self.change_userinfo(claims))))


def _is_redeemable(form: Members, asked: Members) -> bool:
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return bool(
        form["grant_type"] == "authorization_code"
        and form["redirect_uri"] == asked["redirect_uri"]
        and asked["code_challenge_method"] == "S256"
        and challenge == asked["code_challenge"]
    )
