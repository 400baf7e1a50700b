"""One change to a good ID token, and it must not hold (OpenID Connect Core, section 3.1.3.7)."""

import base64
import dataclasses
import hashlib
import hmac
import json
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st
from unit.portal.fake_provider import CLIENT_ID, ISSUER, NOW, FakeProvider, public_jwk

from api.portal.errors import TokenRejected
from api.portal.tokens import Expected, authentication_level, key_name, verify_id_token

Members = dict[str, Any]

NONCE = "nonce-of-this-sign-in"
ACCESS_TOKEN = "access-token"
PROVIDER = FakeProvider()
KEY = jwt.PyJWK.from_dict(public_jwk(PROVIDER.key, "key-1"))
GOOD = PROVIDER.good_claims({"nonce": NONCE}, ACCESS_TOKEN)
SECONDS = int(NOW.timestamp())
EXPECTED = Expected(
    issuer=ISSUER,
    client_id=CLIENT_ID,
    nonce=NONCE,
    access_token=ACCESS_TOKEN,
    least_acr="urn:vn:eid:authn:2",
    authenticated_since=None,
    now=NOW,
)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign_text(header: str, payload: str) -> str:
    """A token whose header and payload are any text, well signed with the published key."""
    signing_input = f"{b64(header.encode())}.{b64(payload.encode())}"
    der = PROVIDER.key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    return f"{signing_input}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def sign(claims: Members, **header: Any) -> str:
    return sign_text(json.dumps({"alg": "ES256", "kid": "key-1"} | header), json.dumps(claims))


def refusal(token: str, key: jwt.PyJWK = KEY, expected: Expected = EXPECTED) -> str:
    with pytest.raises(TokenRejected) as caught:
        verify_id_token(token, key, expected)
    return caught.value.code


def holds(token: str, key: jwt.PyJWK = KEY, expected: Expected = EXPECTED) -> bool:
    return verify_id_token(token, key, expected).raw == token


def test_a_good_token_holds() -> None:
    token = sign(GOOD, typ="JWT")
    verified = verify_id_token(token, KEY, EXPECTED)
    assert verified.raw == token
    assert verified.claims == GOOD
    assert verified.header["kid"] == key_name(token) == "key-1"


WRONG: list[tuple[str, Members, str]] = [
    ("iss", {"iss": "http://localhost:9000"}, "issuer_wrong"),
    ("iss", {"iss": ISSUER + "/"}, "issuer_wrong"),
    ("iss", {"iss": ISSUER[:-1]}, "issuer_wrong"),
    ("iss", {"iss": [ISSUER]}, "issuer_wrong"),
    ("iss", {"iss": None}, "issuer_wrong"),
    ("aud", {"aud": "tax-demo"}, "audience_wrong"),
    ("aud", {"aud": CLIENT_ID + "2"}, "audience_wrong"),
    ("aud", {"aud": CLIENT_ID[:-1]}, "audience_wrong"),
    ("aud", {"aud": []}, "audience_wrong"),
    ("aud", {"aud": [CLIENT_ID, "tax-demo"]}, "audience_wrong"),
    ("aud", {"aud": {CLIENT_ID: 1}}, "audience_wrong"),
    ("aud", {"aud": None}, "audience_wrong"),
    ("azp", {"azp": "tax-demo"}, "audience_wrong"),
    ("azp", {"azp": None}, "audience_wrong"),
    ("sub", {"sub": ""}, "subject_missing"),
    ("sub", {"sub": 7}, "subject_missing"),
    ("sub", {"sub": "s" * 256}, "subject_missing"),
    ("nonce", {"nonce": "another"}, "nonce_wrong"),
    ("nonce", {"nonce": NONCE.upper()}, "nonce_wrong"),
    ("nonce", {"nonce": ""}, "nonce_wrong"),
    ("nonce", {"nonce": "ư" * 21}, "nonce_wrong"),
    ("nonce", {"nonce": [NONCE]}, "nonce_wrong"),
    ("exp", {"exp": SECONDS - 60}, "token_expired"),
    ("exp", {"exp": SECONDS - 86400}, "token_expired"),
    ("exp", {"exp": str(SECONDS + 300)}, "time_missing"),
    ("exp", {"exp": True}, "time_missing"),
    ("exp", {"exp": [SECONDS + 300]}, "time_missing"),
    ("exp", {"exp": -1}, "time_missing"),
    ("iat", {"iat": SECONDS + 61}, "token_from_future"),
    ("iat", {"iat": None}, "time_missing"),
    ("nbf", {"nbf": SECONDS + 61}, "token_from_future"),
    ("nbf", {"nbf": "now"}, "time_missing"),
    ("acr", {"acr": "urn:vn:eid:authn:1"}, "acr_too_low"),
    ("acr", {"acr": "urn:vn:eid:authn:5"}, "acr_too_low"),
    ("acr", {"acr": "urn:vn:eid:authn:22"}, "acr_too_low"),
    ("acr", {"acr": "urn:vn:eid:authn:2\n"}, "acr_too_low"),
    ("acr", {"acr": 4}, "acr_too_low"),
    ("at_hash", {"at_hash": b64(hashlib.sha256(b"another").digest()[:16])}, "access_token_wrong"),
    ("at_hash", {"at_hash": ""}, "access_token_wrong"),
    ("at_hash", {"at_hash": None}, "access_token_wrong"),
]


@pytest.mark.parametrize(("claim", "change", "code"), WRONG)
def test_one_wrong_claim_is_refused__oidc_core_3_1_3_7(
    claim: str, change: Members, code: str
) -> None:
    assert claim in change
    assert refusal(sign(GOOD | change)) == code


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("iss", "issuer_wrong"),
        ("aud", "audience_wrong"),
        ("sub", "subject_missing"),
        ("nonce", "nonce_wrong"),
        ("exp", "time_missing"),
        ("iat", "time_missing"),
        ("acr", "acr_too_low"),
    ],
)
def test_one_missing_claim_is_refused__TJ_05(claim: str, code: str) -> None:
    assert refusal(sign({name: GOOD[name] for name in GOOD if name != claim})) == code


@pytest.mark.parametrize("claim", ["azp", "at_hash", "amr", "auth_time"])
def test_what_core_leaves_open_may_be_missing__oidc_core_2(claim: str) -> None:
    claims = {name: GOOD[name] for name in GOOD if name != claim}
    assert verify_id_token(sign(claims), KEY, EXPECTED).claims == claims


def test_a_list_of_one_audience_is_this_agency_alone__oidc_core_2() -> None:
    assert holds(sign(GOOD | {"aud": [CLIENT_ID]}))


def test_a_higher_level_than_asked_is_enough__oidc_core_3_1_3_7() -> None:
    assert holds(sign(GOOD | {"acr": "urn:vn:eid:authn:4"}))


def test_honest_clocks_may_differ_by_less_than_a_minute__TJ_13() -> None:
    times = {"exp": SECONDS - 59, "iat": SECONDS + 60, "nbf": SECONDS + 60}
    assert holds(sign(GOOD | times))


def test_time_is_the_agency_s_own_clock__oidc_core_3_1_3_7() -> None:
    later = dataclasses.replace(EXPECTED, now=NOW + timedelta(days=8))
    assert refusal(sign(GOOD), expected=later) == "token_expired"
    earlier = dataclasses.replace(EXPECTED, now=NOW - timedelta(days=8))
    assert refusal(sign(GOOD), expected=earlier) == "token_from_future"


@pytest.mark.parametrize(
    ("auth_time", "fresh"),
    [(SECONDS, True), (SECONDS - 60, True), (SECONDS - 61, False), (None, False), ("0", False)],
)
def test_a_fresh_authentication_is_fresh__oidc_core_3_1_2_1(
    auth_time: object, *, fresh: bool
) -> None:
    expected = dataclasses.replace(EXPECTED, authenticated_since=NOW)
    token = sign(GOOD | {"auth_time": auth_time})
    if fresh:
        assert holds(token, expected=expected)
    else:
        assert refusal(token, expected=expected) in {"sign_in_too_old", "time_missing"}


# --- the signature ---------------------------------------------------------------------------


def with_alg_none(name: str) -> Callable[[], str]:
    def build() -> str:
        header, payload = b64(json.dumps({"alg": name, "kid": "key-1"}).encode()), json.dumps(GOOD)
        return f"{header}.{b64(payload.encode())}.{b64(b'anything')}"

    return build


def with_the_public_key_as_hmac_secret(secret: bytes) -> Callable[[], str]:
    def build() -> str:
        header = b64(json.dumps({"alg": "HS256", "kid": "key-1"}).encode())
        signing_input = f"{header}.{b64(json.dumps(GOOD).encode())}"
        mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
        return f"{signing_input}.{b64(mac)}"

    return build


PEM = PROVIDER.key.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
DER = PROVIDER.key.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)


@pytest.mark.parametrize(
    "build",
    [
        *(with_alg_none(name) for name in ("none", "None", "NoNe", "")),
        *(with_the_public_key_as_hmac_secret(secret) for secret in (PEM, DER, b"")),
        lambda: sign(GOOD, alg="ES384"),
        lambda: sign(GOOD, alg="RS256"),
        lambda: sign(GOOD, alg=["ES256"]),
        lambda: sign(GOOD, alg=None),
    ],
)
def test_the_token_does_not_choose_its_algorithm__TJ_01(build: Callable[[], str]) -> None:
    assert refusal(build()) == "algorithm_wrong"


def test_a_key_outside_the_allow_list_is_not_used__TJ_01() -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    token = jwt.encode(GOOD, private, "ES384", headers={"kid": "key-1"})
    assert refusal(token, jwt.PyJWK.from_dict(jwk)) == "algorithm_wrong"


def test_an_unsecured_token_without_signature_is_unreadable__TJ_01() -> None:
    assert refusal(with_alg_none("none")().rpartition(".")[0] + ".") == "token_unreadable"


def test_a_key_inside_the_token_is_not_believed__TJ_02() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    for header in (
        {"jwk": public_jwk(stranger, "key-1")},
        {"jku": "http://elsewhere.example/jwks"},
        {"x5u": "http://elsewhere.example/x5u"},
        {},
    ):
        token = jwt.encode(GOOD, stranger, "ES256", headers={"kid": "key-1"} | header)
        assert refusal(token) == "signature_wrong"


def test_a_changed_payload_or_signature_is_refused__rfc7515_5_2() -> None:
    header, payload, signature = sign(GOOD).split(".")
    forged = b64(json.dumps(GOOD | {"account_level": 9}).encode())
    assert refusal(f"{header}.{forged}.{signature}") == "signature_wrong"
    assert refusal(f"{header}.{payload}.{'A' * 86}") == "signature_wrong"  # r = s = 0 (TJ-10)
    der = PROVIDER.key.sign(f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    assert refusal(f"{header}.{payload}.{b64(der)}") == "signature_wrong"  # DER, not r and s


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "EdDSA"])
def test_every_permitted_algorithm_works__rfc8725_3_1(algorithm: str) -> None:
    private: Any
    if algorithm == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
        jwk = jwt.algorithms.OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        half = hashlib.sha512(ACCESS_TOKEN.encode()).digest()[:32]
    else:
        private = rsa.generate_private_key(65537, 2048)
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        half = hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]
    key = jwt.PyJWK.from_dict(jwk | {"alg": algorithm})
    token = jwt.encode(GOOD | {"at_hash": b64(half)}, private, algorithm, headers={"kid": "key-1"})
    assert holds(token, key)


def test_a_short_rsa_key_is_refused__TJ_11() -> None:
    private = rsa.generate_private_key(65537, 1024)  # noqa: S505 - too short on purpose
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    header = b64(b'{"alg":"RS256","kid":"key-1"}')
    signing_input = f"{header}.{b64(json.dumps(GOOD).encode())}"
    signature = private.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    key = jwt.PyJWK.from_dict(jwk | {"alg": "RS256"})
    assert refusal(f"{signing_input}.{b64(signature)}", key) == "signature_wrong"


# --- the form --------------------------------------------------------------------------------

GOOD_TEXT = json.dumps(GOOD)
GOOD_HEADER = '{"alg":"ES256","kid":"key-1"}'


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d.e",
        "a." * 40,
        sign(GOOD) + "=",
        sign(GOOD) + "\n",
        " " + sign(GOOD),
        sign(GOOD).replace("-", "+").replace("_", "/") + "+",
        sign(GOOD | {"padding": "x" * 16384}),
        sign_text(GOOD_HEADER, "[]"),
        sign_text(GOOD_HEADER, '"text"'),
        sign_text(GOOD_HEADER, GOOD_TEXT[:-1] + ', "sub": "another"}'),
        sign_text(GOOD_HEADER, GOOD_TEXT[:-1] + ', "x": NaN}'),
        sign_text(GOOD_HEADER, GOOD_TEXT[:-1] + ', "x": 1e400}'),
        sign_text(GOOD_HEADER, GOOD_TEXT[:-1] + ', "x": "\\ud800"}'),
        sign_text(GOOD_HEADER, GOOD_TEXT[:-1] + ', "x": ' + "[" * 6000 + "]" * 6000 + "}"),
        sign_text('{"alg":"none","alg":"ES256","kid":"key-1"}', GOOD_TEXT),
        sign_text('["ES256"]', GOOD_TEXT),
        sign(GOOD, crit=["exp"]),
        sign(GOOD, b64=False),
        sign(GOOD, zip="DEF"),
        json.dumps({"payload": b64(GOOD_TEXT.encode()), "signatures": []}),
    ],
)
def test_what_is_not_one_plain_compact_token_is_refused__TJ_03(token: str) -> None:
    assert refusal(token) == "token_unreadable"


def test_text_that_is_not_utf_8_is_refused__TJ_03() -> None:
    header = b64(b'{"alg":"ES256","kid":"key-1","x":"\xff"}')
    assert refusal(f"{header}.{b64(GOOD_TEXT.encode())}.AAAA") == "token_unreadable"


@pytest.mark.parametrize("kind", ["logout+jwt", "at+jwt", "jwt", "", None])
def test_another_kind_of_token_is_no_id_token__TJ_07(kind: str | None) -> None:
    assert refusal(sign(GOOD, typ=kind)) == "token_kind_wrong"


@pytest.mark.parametrize("kid", [None, 7, ["key-1"], {"kid": 1}])
def test_a_token_must_name_its_key_in_text__TJ_02(kid: object) -> None:
    with pytest.raises(TokenRejected, match="key_unknown"):
        key_name(sign(GOOD, kid=kid))


@given(st.text(max_size=60) | st.from_regex(r"[\w-]{0,30}\.[\w-]{0,30}\.[\w-]{0,30}"))
def test_any_text_is_refused_and_nothing_breaks(text: str) -> None:
    assert refusal(text) in {"token_unreadable", "algorithm_wrong", "token_kind_wrong"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(
    claim=st.sampled_from(["iss", "aud", "sub", "nonce", "exp", "iat", "acr"]), value=json_values
)
def test_any_value_of_a_claim_is_judged_and_nothing_breaks(claim: str, value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        return
    try:
        verified = verify_id_token(sign(GOOD | {claim: value}), KEY, EXPECTED)
    except TokenRejected:
        return
    assert claim in {"sub", "exp", "iat"}
    assert verified.claims[claim] == value


@given(st.text())
def test_only_four_acr_values_name_a_level(text: str) -> None:
    known = {f"urn:vn:eid:authn:{level}": level for level in range(1, 5)}
    assert authentication_level(text) == known.get(text, 0)
    assert [authentication_level(acr) for acr in known] == [1, 2, 3, 4]
