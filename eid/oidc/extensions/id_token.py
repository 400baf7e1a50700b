"""The ID token: what goes in, and who signs it (OpenID Connect Core, 2)."""

from base64 import urlsafe_b64encode
from hashlib import sha256, sha384, sha512
from typing import Any, Final

from authlib.oidc.core.grants.code import OpenIDToken

from eid.domain.facts import CodeFacts
from eid.oidc.claims import account_claims
from eid.oidc.subjects import pairwise, pairwise_session
from eid.oidc.turn import Turn
from keys.jwks.sign import sign_compact

TYPE: Final = "JWT"
# OpenID Connect Core, 3.1.3.6: the hash of the algorithm; Ed25519 has SHA-512 inside.
HASHES: Final = {"256": sha256, "384": sha384, "DSA": sha512}


class IdToken(OpenIDToken):
    """Adds an ID token to a token answer. The private key stays in the vault."""

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """Authlib asks for a JWT: claims are ours, the signature is the vault's."""
        turn: Turn = request.turn
        if turn.code is None or turn.keys is None:
            raise TypeError("an ID token tells of a code, and is signed")
        keyset, vault = turn.keys
        algorithm = turn.client.id_token_algorithm
        claims = id_token_claims(turn, turn.code, token["access_token"])
        return sign_compact(keyset, vault, algorithm, claims, TYPE)


def id_token_claims(turn: Turn, facts: CodeFacts, access_token: str) -> dict[str, Any]:
    """Who signed in, for whom, how well and when. Scope claims go to userinfo alone (CF-28)."""
    policy, grant, holder = turn.policy, facts.grant, facts.owner.holder
    issued_at = int(turn.visit.at.timestamp())
    claims = {
        "iss": policy.issuer,
        "sub": pairwise(policy.pairwise_key, turn.client.agency, holder.id),
        "aud": turn.client.id,  # one string: one client
        "exp": issued_at + int(policy.id_token_lifetime.total_seconds()),
        "iat": issued_at,
        # Of the sign-in as it was, not of this moment (AS-05).
        "auth_time": int(grant.authenticated.at.timestamp()),
        "acr": grant.authenticated.level.acr,
        "amr": list(grant.authenticated.amr),
        "sid": pairwise_session(policy.pairwise_key, turn.client.agency, grant.session),
        "at_hash": half_hash(access_token, turn.client.id_token_algorithm),
        **account_claims(facts.owner.account),
    }
    if facts.code.nonce is not None:
        claims["nonce"] = facts.code.nonce
    return claims


def half_hash(access_token: str, algorithm: str) -> str:
    """Binds the access token to the ID token (OpenID Connect Core, 3.1.3.6)."""
    digest = HASHES[algorithm[-3:]](access_token.encode("ascii")).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
