"""private_key_jwt: one good assertion, and one change at a time (RFC 7523; FAPI 2.0, 5.3.2.1)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jwt
import pytest
from builders import NOW, SECRET, make_client
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from oidc_world import ISSUER, Reply, World, basic, signed_in_world

from eid.domain.agency import ClientAuthentication
from eid.oidc.client_assertion import ASSERTION_TYPE
from keys import algorithms

ALGORITHMS = ("ES256", "ES384", "PS256", "RS256", "EdDSA")
AT = int(NOW.timestamp())


@lru_cache
def private_key(algorithm: str) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "ES384":
        return ec.generate_private_key(ec.SECP384R1())
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def jwk(algorithm: str, **members: object) -> dict[str, object]:
    signer = jwt.get_algorithm_by_name(algorithm)
    public: dict[str, object] = signer.to_jwk(private_key(algorithm).public_key(), as_dict=True)
    public.pop("key_ops", None)
    return {**public, "kid": "client-key", "alg": algorithm, **members}


def encode(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@dataclass
class Assertion:
    """A good assertion; a change alters one thing of it."""

    algorithm: str = "ES256"
    header: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    payload: bytes | None = None
    signature: bytes | None = None

    def text(self) -> str:
        header = {"alg": self.algorithm, "kid": "client-key", **self.header}
        claims = {
            "iss": "tax-portal",
            "sub": "tax-portal",
            "aud": ISSUER,
            "exp": AT + 60,
            "iat": AT,
            "jti": "jti-1",
            **self.claims,
        }
        header = {name: value for name, value in header.items() if value is not ...}
        claims = {name: value for name, value in claims.items() if value is not ...}
        payload = self.payload or json.dumps(claims).encode()
        signed = f"{encode(header)}.{encode(payload)}"
        key = private_key(self.algorithm)
        signature = self.signature
        if signature is None:
            signature = algorithms.sign(self.algorithm, key, signed.encode())
        return f"{signed}.{encode(signature)}"


def a_world(algorithm: str = "ES256", **members: object) -> World:
    return signed_in_world(
        make_client(
            authentication=ClientAuthentication.PRIVATE_KEY_JWT,
            secret_hash=None,
            keys={"keys": [jwk(algorithm, **members)]},
        )
    )


def present(world: World, assertion: str, code: str | None = None, **more: str) -> Reply:
    form = world.exchange(
        code or world.code(),
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=assertion,
        **more,
    )
    return world.token_with(form, {})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_assertion__CA_01(algorithm: str) -> None:
    # Authlib's own check knows neither PS256 nor EdDSA.
    reply = present(a_world(algorithm), Assertion(algorithm).text())
    assert reply.status == 200, reply


def test_a_single_key_needs_no_name() -> None:
    assert present(a_world(), Assertion(header={"kid": ...}).text()).status == 200


def test_a_client_id_beside_it_must_agree__CA_04() -> None:
    world = a_world()
    assert present(world, Assertion().text(), client_id="tax-portal").status == 200
    assert present(world, Assertion(claims={"jti": "2"}).text(), client_id="x").status == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"iss": ...},
        {"sub": ...},
        {"sub": ["tax-portal"]},
        {"aud": [ISSUER]},
        {"aud": ISSUER + "/token"},
        {"aud": ISSUER + "/"},
        {"aud": ISSUER[:-1]},
        {"aud": "https://other.example"},
        {"aud": ...},
        {"exp": AT},
        {"exp": AT - 1},
        {"exp": AT + 361},
        {"exp": AT + 10**9},
        {"exp": 10**400},
        {"exp": str(AT + 60)},
        {"exp": True},
        {"exp": [AT + 60]},
        {"exp": -1},
        {"exp": ...},
        {"nbf": AT + 61},
        {"iat": AT + 61},
        {"iat": "now"},
        {"jti": ...},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 257},
    ],
)
def test_one_changed_claim_is_refused__CA_01_TJ_05_TJ_06(claims: dict[str, object]) -> None:
    world = a_world()
    reply = present(world, Assertion(claims=claims).text())
    assert (reply.status, reply.body["error"]) == (401, "invalid_client")
    assert world.store.tables.tokens == {}


@pytest.mark.parametrize("claims", [{"nbf": AT + 10}, {"iat": AT + 10}, {"exp": AT + 300.5}])
def test_a_little_skew_is_accepted__CF_25(claims: dict[str, object]) -> None:
    assert present(a_world(), Assertion(claims=claims).text()).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "ES384"},
        {"alg": ["ES256"]},
        {"alg": ...},
        {"kid": "other"},
        {"kid": ""},
        {"kid": None},
        {"kid": "../../etc/passwd"},
        {"kid": "x" * 4000},
        {"crit": ["exp"]},
        {"b64": False},
        {"zip": "DEF"},
        {"typ": "at+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": "logout+jwt"},
    ],
)
def test_one_changed_header_is_refused__CA_03_TJ_01_TJ_03_TJ_07(header: dict[str, object]) -> None:
    reply = present(a_world(), Assertion(header=header).text())
    assert (reply.status, reply.body["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("typ", ["JWT", "client-authentication+jwt"])
def test_its_own_kind_is_accepted(typ: str) -> None:
    assert present(a_world(), Assertion(header={"typ": typ}).text()).status == 200


def test_a_key_in_the_header_is_not_looked_at__CA_03() -> None:
    mine = ec.generate_private_key(ec.SECP256R1())
    public = jwt.get_algorithm_by_name("ES256").to_jwk(mine.public_key(), as_dict=True)
    header: dict[str, object] = {"alg": "ES256", "jwk": public, "jku": "https://evil.example/jwks"}
    assertion = Assertion(header=header)
    forged = assertion.text().rpartition(".")[0]
    signature = algorithms.sign("ES256", mine, forged.encode())
    reply = present(a_world(), f"{forged}.{encode(signature)}")
    assert (reply.status, reply.body["error"]) == (401, "invalid_client")
    assert present(a_world(), assertion.text()).status == 200  # and does no harm beside a good one


def hmac_with_the_public_key() -> str:
    signed = Assertion(header={"alg": "HS256"}).text().rpartition(".")[0]
    key = json.dumps(jwk("ES256")).encode()
    return f"{signed}.{encode(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def twice_a_member() -> str:
    good = f'"iss":"tax-portal","sub":"tax-portal","aud":"{ISSUER}","exp":{AT + 60}'
    return Assertion(payload=f'{{{good},"jti":"x","jti":"y"}}'.encode()).text()


@pytest.mark.parametrize(
    "make",
    [
        hmac_with_the_public_key,  # CA-07
        twice_a_member,
        lambda: Assertion(signature=b"").text(),
        lambda: Assertion(signature=bytes(64)).text(),
        lambda: Assertion(signature=b"\x30" + bytes(70)).text(),
        lambda: Assertion().text() + "=",
        lambda: Assertion().text() + ".x",
        lambda: Assertion().text()[:-8],
        lambda: " " + Assertion().text(),
        lambda: Assertion().text().replace(".", ".\n", 1),
        lambda: Assertion(payload=b"[1]").text(),
        lambda: Assertion(payload=b'"x"').text(),
        lambda: Assertion(payload=b"\xff").text(),
        lambda: Assertion(payload=b'{"exp":1e400}').text(),
        lambda: Assertion(payload=b'{"exp":NaN}').text(),
        lambda: Assertion(payload=b"[" * 2000 + b"]" * 2000).text(),
        lambda: Assertion(claims={"x": "y" * 9000}).text(),
        lambda: "x",
        lambda: "..",
        lambda: "é.é.é",
    ],
)
def test_what_is_no_assertion_of_the_client_is_refused__TJ_03_TJ_04_TJ_10(
    make: Callable[[], str],
) -> None:
    reply = present(a_world(), make())
    # What is over the limits of any request is told so.
    refusals = {(401, "invalid_client"), (400, "invalid_request")}
    assert (reply.status, reply.body["error"]) in refusals


def test_an_assertion_works_once__CA_02() -> None:
    world = a_world()
    text = Assertion().text()
    assert present(world, text).status == 200
    again = present(world, text)
    assert (again.status, again.body["error"]) == (401, "invalid_client")
    assert len(world.store.tables.tokens) == 1
    assert world.store.event_names()[-1] == "TokenRefused"


def test_an_assertion_is_used_up_by_a_refusal_too__CA_02() -> None:
    world = a_world()
    text = Assertion().text()
    assert present(world, text, code="x").body["error"] == "invalid_grant"
    assert present(world, text).body["error"] == "invalid_client"
    other = Assertion(claims={"jti": "other"}).text()
    bad_grant = world.exchange(
        "x", grant_type="password", client_assertion_type=ASSERTION_TYPE, client_assertion=other
    )
    assert world.token_with(bad_grant, {}).body["error"] == "unsupported_grant_type"
    assert present(world, other).body["error"] == "invalid_client"


def test_an_unsigned_jti_is_never_stored() -> None:
    world = a_world()
    present(world, Assertion(signature=bytes(64)).text())
    assert world.store.tables.marks == {}


def test_a_mark_stays_as_long_as_the_assertion_could_be_used() -> None:
    world = a_world()
    present(world, Assertion(claims={"exp": AT + 300}).text())
    (expires,) = world.store.tables.marks.values()
    assert expires.timestamp() >= AT + 300


def test_the_type_must_be_named__rfc7521_4_2() -> None:
    world = a_world()
    form = world.exchange(world.code(), client_assertion=Assertion().text())
    assert world.token_with(form, {}).body["error"] == "invalid_client"
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    assert world.token_with(form, {}).body["error"] == "invalid_client"


def test_an_assertion_and_a_secret_are_two_methods__CA_04() -> None:
    world = a_world()
    form = world.exchange(
        world.code(), client_assertion_type=ASSERTION_TYPE, client_assertion=Assertion().text()
    )
    reply = world.token_with(form, {"Authorization": basic("tax-portal", SECRET)})
    assert (reply.status, reply.body["error"]) == (400, "invalid_request")


def test_a_client_with_a_secret_cannot_use_one__CA_04() -> None:
    reply = present(signed_in_world(), Assertion().text())
    assert (reply.status, reply.body["error"]) == (401, "invalid_client")


def test_a_replayed_assertion_burns_no_code__TK_05() -> None:
    world = a_world()
    assertion = Assertion().text()
    assert present(world, assertion).status == 200
    code = world.code()
    again = present(world, assertion, code)
    assert (again.status, again.body["error"]) == (401, "invalid_client")
    assert present(world, Assertion(claims={"jti": "fresh"}).text(), code).status == 200
