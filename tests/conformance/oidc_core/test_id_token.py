"""OpenID Connect Core 1.0, 2 and 3.1.3: the ID token, judged by PyJWT."""

import base64
import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from builders import (
    NOW,
    make_account,
    make_basic_client,
    make_citizen,
    make_client,
    make_organisation,
    put_account,
    put_client,
)
from oidc_world import ISSUER, World, empty_world, signed_in_world, signing_keys

from eid.domain.assurance import AccountLevel
from eid.domain.identifiers import AccountId, AgencyId, ClientId, HolderId, SessionId
from eid.oidc.claims import CLAIMS
from eid.oidc.extensions.id_token import half_hash
from eid.oidc.subjects import pairwise_session


def judged(world: World, token: str, algorithm: str = "ES256") -> dict[str, Any]:
    """What PyJWT makes of it with our published keys."""
    keys = jwt.PyJWKSet.from_dict(json.loads(world.run(world.engine.jwks()).body))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        audience=world.client.id,
        issuer=ISSUER,
        # The tests' clock stands still, so only the arithmetic of the times is judged.
        options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub"]},
    )
    return claims


@pytest.mark.parametrize(
    ("client", "algorithm"), [(make_client(), "ES256"), (make_basic_client(), "RS256")]
)
def test_a_stranger_verifies_it__CF_09(client: Any, algorithm: str) -> None:
    world = signed_in_world(client)
    token = world.tokens()["id_token"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == (algorithm, "JWT")
    assert judged(world, token, algorithm)["nonce"] == "nonce-1"


def test_it_says_this_and_no_more__CF_28() -> None:
    world = signed_in_world()
    tokens = world.tokens(scope="openid profile personal_number phone email")
    claims = judged(world, tokens["id_token"])
    named = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash"}
    assert set(claims) == named | {"sid", "account_level"}
    assert not set(claims) & set(CLAIMS)


def test_its_values__CF_27() -> None:
    world = signed_in_world()
    world.clock.advance(timedelta(minutes=5))
    claims = judged(world, world.tokens()["id_token"])
    now = int(NOW.timestamp()) + 300
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "tax-portal"  # one string, never a list
    assert (claims["iat"], claims["exp"]) == (now, now + 300)
    assert claims["auth_time"] == now - 300
    assert claims["acr"] == "urn:vn:eid:authn:2"
    assert claims["amr"] == ["sc", "pin"]
    assert claims["account_level"] == 2
    assert len(claims["sub"]) == 43


def test_no_nonce_when_none_was_sent() -> None:
    world = signed_in_world()
    assert "nonce" not in judged(world, world.tokens(nonce=None)["id_token"])


@pytest.mark.parametrize("nonce", ["x" * 512, "ñ/+ é", "<b>"])
def test_the_nonce_comes_back_byte_for_byte__AZ_10(nonce: str) -> None:
    world = signed_in_world()
    assert judged(world, world.tokens(nonce=nonce)["id_token"])["nonce"] == nonce


def test_at_hash_binds_the_access_token__oidc_core_3_1_3_6() -> None:
    world = signed_in_world()
    tokens = world.tokens()
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()
    half = base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
    assert judged(world, tokens["id_token"])["at_hash"] == half
    assert half_hash("x", "RS256") == half_hash("x", "ES256") != half_hash("x", "ES384")
    assert len(half_hash("x", "EdDSA")) == 43


def test_auth_time_stays_and_the_subject_too__CF_27() -> None:
    world = signed_in_world()
    first = judged(world, world.tokens()["id_token"])
    world.clock.advance(timedelta(minutes=10))
    second = judged(world, world.tokens(prompt="none")["id_token"])
    assert first["auth_time"] == second["auth_time"]
    assert first["sub"] == second["sub"]
    assert first["iat"] < second["iat"]


def test_nothing_at_the_token_endpoint_raises_the_acr__TK_20() -> None:
    world = signed_in_world()
    reply = world.token(world.code(), acr_values="urn:vn:eid:authn:4", auth_time="1", amr="face")
    claims = judged(world, reply.body["id_token"])
    assert claims["acr"] == "urn:vn:eid:authn:2"
    assert claims["amr"] == ["sc", "pin"]


def test_the_subject_survives_the_account_and_tells_no_number__TJ_08() -> None:
    world = signed_in_world()
    before = judged(world, world.tokens()["id_token"])["sub"]
    number = str(make_citizen().number)
    assert number not in before
    assert number not in base64.urlsafe_b64decode(before + "=").hex()
    again = empty_world()
    again.run(put_account(again.store, make_account(id=AccountId(b"a new account 16"))))
    again.sign_in(account=AccountId(b"a new account 16"))
    again.agree(account=AccountId(b"a new account 16"))
    assert judged(again, again.tokens()["id_token"])["sub"] == before


def test_two_persons_and_two_sectors_differ__oidc_core_8_1() -> None:
    world = signed_in_world()
    subject = judged(world, world.tokens()["id_token"])["sub"]
    agency = make_client().agency
    elsewhere = type(agency)(AgencyId("land"), agency.names, "land.example")
    other = make_client(id=ClientId("land-portal"), agency=elsewhere)
    world.run(put_client(world.store, other))
    other_world = signed_in_world(other)
    assert judged(other_world, other_world.tokens()["id_token"])["sub"] != subject
    somebody = make_citizen(id=HolderId(b"another holder16"))
    third = signed_in_world(None, make_account(holder=somebody.id), somebody)
    assert judged(third, third.tokens()["id_token"])["sub"] != subject


def test_level_1_is_told_as_it_is() -> None:
    world = signed_in_world(None, make_account(level=AccountLevel.LEVEL_1))
    assert judged(world, world.tokens()["id_token"])["account_level"] == 1
    assert make_organisation().id != make_citizen().id


def test_our_keys_are_not_those_of_another_provider__TJ_14() -> None:
    ours, theirs = (set(_kids(signing_keys(name))) for name in ("ours", "foreign"))
    assert not ours & theirs


def _kids(keys: Any) -> list[str]:
    return [key["kid"] for key in keys[0].public_jwk_set()["keys"]]


def test_a_session_has_another_name_at_each_sector__PI_04() -> None:
    """Two agencies cannot join their users by `sid`."""
    session = SessionId(b"s" * 16)
    here, there = make_client().agency, replace(make_client().agency, sector="elsewhere")
    key = bytes(range(32))
    name = pairwise_session(key, here, session)
    assert name == pairwise_session(key, here, session)
    assert name != pairwise_session(key, there, session)
    assert name != pairwise_session(bytes(32), here, session)
    assert urlsafe_b64encode(session).decode().rstrip("=") not in name
