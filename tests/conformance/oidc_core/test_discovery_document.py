"""OpenID Connect Discovery 1.0: what is promised is what is done."""

import hashlib
import json
from typing import Any

import pytest
from oidc_world import ISSUER, World, seen, signed_in_world

from eid.oidc.claims import CLAIMS, SCOPES
from eid.oidc.grants import GRANTS


@pytest.fixture
def world() -> World:
    return signed_in_world()


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    return seen(world.engine.discovery()).body


def test_it_is_json_with_a_lasting_mark__CF_01(world: World) -> None:
    reply = seen(world.engine.discovery())
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert "max-age" in reply.headers["Cache-Control"]
    assert reply.headers["ETag"] == f'"{hashlib.sha256(reply.raw).hexdigest()[:32]}"'


def test_the_issuer_is_exact_and_every_endpoint_is_below__CF_02_CF_03(
    document: dict[str, Any],
) -> None:
    assert document["issuer"] == ISSUER
    ends = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(ends) == 5
    assert all(value.startswith(ISSUER + "/") for value in ends)


def test_it_follows_from_the_lists(document: dict[str, Any]) -> None:
    assert document["scopes_supported"] == list(SCOPES)
    assert set(CLAIMS) < set(document["claims_supported"])
    assert document["grant_types_supported"] == list(GRANTS)


def test_what_openid_connect_demands__CF_04(document: dict[str, Any]) -> None:
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "none" not in json.dumps(document["id_token_signing_alg_values_supported"])
    assert document["response_types_supported"] == ["code"]
    assert document["subject_types_supported"] == ["pairwise"]
    assert document["code_challenge_methods_supported"] == ["S256"]


def test_no_refresh_is_promised__CF_06(document: dict[str, Any]) -> None:
    assert "openid" in document["scopes_supported"]
    assert "offline_access" not in document["scopes_supported"]
    assert "refresh_token" not in document["grant_types_supported"]


def test_request_objects_are_denied_aloud__CF_11(document: dict[str, Any]) -> None:
    assert document["request_parameter_supported"] is False
    assert document["request_uri_parameter_supported"] is False


def test_only_what_a_sign_in_can_reach_is_promised(document: dict[str, Any]) -> None:
    assert document["acr_values_supported"] == ["urn:vn:eid:authn:1", "urn:vn:eid:authn:2"]
    assert document["claims_parameter_supported"] is True  # CF-12


def test_the_keys_are_public_named_and_strong__CF_07_CF_08(world: World) -> None:
    keys = seen(world.run(world.engine.jwks())).body["keys"]
    kids = [key["kid"] for key in keys]
    assert len(set(kids)) == len(kids) == 2
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert key["kty"] in {"EC", "RSA"}
        assert key["use"] == "sig"


def test_every_promised_signature_is_delivered(world: World, document: dict[str, Any]) -> None:
    published = {key["alg"] for key in seen(world.run(world.engine.jwks())).body["keys"]}
    assert published == set(document["id_token_signing_alg_values_supported"])
