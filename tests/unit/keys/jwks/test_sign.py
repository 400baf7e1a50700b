"""Our own tokens: other implementations read them, and one change to a good one is refused."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet as JoserfcKeySet
from unit.keys.stores import MemoryKeyRegister

from keys.errors import NoSigningKey, SignatureInvalid, TokenRejected
from keys.jwks import keyset as keysets
from keys.jwks.keyset import KeySet
from keys.jwks.rotation import remove_at_once, rotate
from keys.jwks.sign import sign_compact, verify_compact
from keys.jwks.states import RotationPolicy
from keys.vault.memory import MemoryVault

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ISSUER = "https://id.example"
POLICY = RotationPolicy(2 * DAY, 90 * DAY, DAY, ("ES256", "ES384", "EdDSA", "RS256", "PS256"))
CLAIMS = {
    "iss": ISSUER,
    "sub": "pairwise",
    "aud": "client",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
    "name": "Nguyễn Thị Mẫu",
}


def open_house() -> tuple[MemoryKeyRegister, MemoryVault]:
    register, vault = MemoryKeyRegister(), MemoryVault()
    asyncio.run(rotate(register, vault, POLICY, NOW))
    return register, vault


REGISTER, VAULT = open_house()
KEYS: KeySet = asyncio.run(keysets.load(REGISTER, VAULT))
GOOD = sign_compact(KEYS, VAULT, "ES256", CLAIMS, "JWT")


def b64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def signed(header: bytes | dict[str, Any], payload: bytes | dict[str, Any]) -> str:
    """Sign anything at all with our own active ES256 key."""
    parts = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in (header, payload)]
    signing_input = ".".join(b64(part) for part in parts)
    key = KEYS.signing_key("ES256")
    return f"{signing_input}.{b64(VAULT.sign(key.handle, 'ES256', signing_input.encode()))}"


def header(**changes: object) -> dict[str, Any]:
    return {"alg": "ES256", "kid": KEYS.signing_key("ES256").kid, "typ": "JWT", **changes}


def verify(token: str, **changes: Any) -> dict[str, Any]:
    asked = {"typ": "JWT", "issuer": ISSUER, "now": NOW, **changes}
    return dict(verify_compact(KEYS, token, **asked).claims)


def refusal(token: str, **changes: Any) -> str:
    with pytest.raises(TokenRejected) as caught:
        verify(token, **changes)
    return caught.value.reason


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")
@pytest.mark.parametrize("alg", POLICY.algorithms)
def test_two_other_implementations_accept_our_tokens(alg: str) -> None:
    token = sign_compact(KEYS, VAULT, alg, CLAIMS, "at+jwt")
    jwks = KEYS.public_jwk_set()
    kid = jwt.get_unverified_header(token)["kid"]
    read = jwt.decode(
        token,
        jwt.PyJWKSet.from_dict(jwks)[kid],
        algorithms=[alg],
        audience="client",
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert read == CLAIMS
    other = joserfc_jwt.decode(token, JoserfcKeySet.import_key_set(jwks), algorithms=[alg])  # type: ignore[arg-type]  # its own dict type
    assert other.claims == CLAIMS
    assert other.header == {"alg": alg, "kid": kid, "typ": "at+jwt"}
    assert dict(verify_compact(KEYS, token, typ="at+jwt", issuer=ISSUER, now=NOW).claims) == CLAIMS


def test_without_an_active_key_nothing_is_signed() -> None:
    with pytest.raises(NoSigningKey):
        sign_compact(KeySet((), {}), VAULT, "ES256", CLAIMS, "JWT")


def test_a_good_token_says_who_signed_it() -> None:
    token = verify_compact(KEYS, GOOD, typ="JWT", issuer=ISSUER, now=NOW)
    assert (token.kid, token.typ, token.is_expired) == (KEYS.signing_key("ES256").kid, "JWT", False)
    assert issubclass(TokenRejected, SignatureInvalid)


def test_an_expired_token_is_good_only_as_a_hint() -> None:
    later = NOW + timedelta(seconds=300)
    assert refusal(GOOD, now=later) == "expired"
    hint = verify_compact(KEYS, GOOD, typ="JWT", issuer=ISSUER, now=later, accept_expired=True)
    assert hint.is_expired
    assert verify(GOOD, now=later - timedelta(seconds=1)) == CLAIMS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"alg": "none"}, "wrong_algorithm"),
        ({"alg": "None"}, "wrong_algorithm"),
        ({"alg": "HS256"}, "wrong_algorithm"),
        ({"alg": "ES384"}, "wrong_algorithm"),
        ({"alg": ["ES256"]}, "wrong_algorithm"),
        ({"kid": ""}, "unknown_key"),
        ({"kid": None}, "unknown_key"),
        ({"kid": "../../dev/null"}, "unknown_key"),
        ({"kid": ["a"]}, "unknown_key"),
        ({"kid": "k" * 10_000}, "unknown_key"),
        ({"typ": "at+jwt"}, "wrong_type"),
        ({"typ": None}, "wrong_type"),
        ({"typ": "jwt"}, "wrong_type"),
        ({"crit": []}, "malformed"),
        ({"crit": ["b64"], "b64": False}, "malformed"),
        ({"b64": False}, "malformed"),
        ({"zip": "DEF"}, "malformed"),
        ({"jku": "https://evil.example"}, "malformed"),
        ({"jwk": {}}, "malformed"),
        ({"x5c": []}, "malformed"),
        ({"enc": "A128GCM"}, "malformed"),
        ({"p2c": 2**31}, "malformed"),
    ],
)
def test_one_change_to_a_good_header_is_refused__TJ_01(change: dict[str, Any], reason: str) -> None:
    assert refusal(signed(header(**change), CLAIMS)) == reason


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
def test_a_header_without_one_of_its_members_is_refused__TJ_02(member: str) -> None:
    incomplete = {name: value for name, value in header().items() if name != member}
    assert refusal(signed(incomplete, CLAIMS)) == "malformed"


def test_the_public_key_is_no_hmac_secret__TJ_01() -> None:
    import hmac  # noqa: PLC0415 - the attack's own tool

    x = KEYS.public_jwk_set()["keys"][0]["x"].encode()
    signing_input = f"{b64(json.dumps(header(alg='HS256')).encode())}.{GOOD.split('.')[1]}"
    forged = f"{signing_input}.{b64(hmac.digest(x, signing_input.encode(), 'sha256'))}"
    assert refusal(forged) == "wrong_algorithm"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://id.example/"}, "wrong_issuer"),
        ({"iss": "https://id.exampl"}, "wrong_issuer"),
        ({"iss": [ISSUER]}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"exp": None}, "malformed"),
        ({"exp": "9999999999"}, "malformed"),
        ({"exp": 9999999999.0}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"exp": -1}, "malformed"),
        ({"exp": [1]}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"iat": "1"}, "malformed"),
        ({"iat": CLAIMS["iat"] + 61}, "not_yet_valid"),  # type: ignore[operator]  # an int
        ({"exp": CLAIMS["iat"]}, "expired"),
    ],
)
def test_one_change_to_good_claims_is_refused__TJ_05(change: dict[str, Any], reason: str) -> None:
    assert refusal(signed(header(), CLAIMS | change)) == reason


@pytest.mark.parametrize("member", ["iss", "exp", "iat"])
def test_a_token_without_a_due_claim_is_refused__TJ_05(member: str) -> None:
    incomplete = {name: value for name, value in CLAIMS.items() if name != member}
    assert refusal(signed(header(), incomplete)) in {"malformed", "wrong_issuer"}


TEXT = json.dumps(CLAIMS)


@pytest.mark.parametrize(
    "payload",
    [
        TEXT[:-1] + ', "iss": "https://id.example"}',
        TEXT[:-1] + ', "deep": {"a": 1, "a": 1}}',
        TEXT[:-1] + ', "n": NaN}',
        TEXT[:-1] + ', "n": Infinity}',
        TEXT[:-1] + ', "n": 1e400}',
        TEXT[:-1] + ', "n": ' + "9" * 5000 + "}",
        TEXT[:-1] + ', "d": ' + "[" * 3000 + "]" * 3000 + "}",
        f"[{TEXT}]",
        '"text"',
        "",
        "{",
        "\ufeff" + TEXT,
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused__TJ_03(payload: str) -> None:
    assert refusal(signed(header(), payload.encode())) == "malformed"


def test_text_that_is_not_utf8_is_refused__TJ_03() -> None:
    assert refusal(signed(header(), TEXT.encode("utf-16"))) == "malformed"
    assert refusal(signed(header(), b'{"iss": "\xff"}')) == "malformed"


def test_a_header_with_a_duplicate_member_is_refused__TJ_03() -> None:
    twice = json.dumps(header()).replace('"alg"', '"alg": "none", "alg"', 1)
    assert refusal(signed(twice.encode(), CLAIMS)) == "malformed"


def last_bits_set(token: str) -> str:
    """Spell the last character of the signature otherwise: the unused low bits are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) | 1]


@pytest.mark.parametrize(
    "change",
    [
        last_bits_set,
        lambda token: token + "=",
        lambda token: token + "==",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token + ".",
        lambda token: token + ".e30",
        lambda token: "." + token,
        lambda token: token.replace(".", "..", 1),
        lambda token: token.rpartition(".")[0],
        lambda token: token.partition(".")[2],
        lambda token: token + "ä",
        lambda token: "A" + token,
        lambda _: "..",
        lambda _: "",
        lambda token: json.dumps({"payload": token, "signatures": []}),
    ],
)
def test_another_spelling_of_a_good_token_is_refused__TJ_03(change: Callable[[str], str]) -> None:
    assert refusal(change(GOOD)) == "malformed"


def test_another_alphabet_is_refused__TJ_03() -> None:
    token = next(
        token
        for token in (signed(header(), CLAIMS | {"n": n}) for n in range(200))
        if "-" in token and "_" in token
    )
    assert verify(token)["iss"] == ISSUER
    assert refusal(token.replace("-", "+").replace("_", "/")) == "malformed"


@given(st.data())
def test_one_changed_character_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOOD) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != GOOD[place]))
    assert refusal(GOOD[:place] + other + GOOD[place + 1 :])


@given(st.text(max_size=300))
def test_no_text_makes_verifying_fall_over(token: str) -> None:
    assert refusal(token) == "malformed"


@pytest.mark.parametrize(
    "token",
    [
        "a" * 17_000,
        "." * 1_000_000,
        GOOD + "A" * 16_384,
        b64(b"[" * 12_000) + "..",
        b64(b'{"alg":' * 1_500) + "..",
    ],
)
def test_an_oversize_token_is_refused_quickly__TJ_04(token: str) -> None:
    began = process_time()
    assert refusal(token) in {"too_large", "malformed"}
    assert process_time() - began < 0.05


def test_the_payload_is_not_read_before_the_signature() -> None:
    forged = f"{GOOD.split('.')[0]}.{b64(b'not json')}.{GOOD.split('.')[2]}"
    assert refusal(forged) == "wrong_signature"


def test_a_token_of_another_provider_is_refused__TJ_14() -> None:
    register, vault = open_house()
    other = asyncio.run(keysets.load(register, vault))
    assert refusal(sign_compact(other, vault, "ES256", CLAIMS, "JWT")) == "unknown_key"


def test_a_token_of_a_removed_key_is_refused__KY_04() -> None:
    register, vault = open_house()
    keys = asyncio.run(keysets.load(register, vault))
    token = sign_compact(keys, vault, "ES256", CLAIMS, "JWT")
    kid = keys.signing_key("ES256").kid
    asyncio.run(remove_at_once(register, vault, POLICY, kid, NOW))
    keys = asyncio.run(keysets.load(register, vault))
    with pytest.raises(TokenRejected) as caught:
        verify_compact(keys, token, typ="JWT", issuer=ISSUER, now=NOW)
    assert caught.value.reason == "unknown_key"
