"""The client file: read strictly, one change at a time (CA-10, AZ-01)."""

import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from eid.domain.agency import ClientAuthentication, ClientProfile
from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.errors import BadDocument
from eid.oidc.registration import read_client
from keys.jwks.jwk import public_members


def public_jwk(**changes: object) -> dict[str, object]:
    key = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    return {**public_members(key), "kid": "a", **changes}


def a_file(**changes: Any) -> dict[str, Any]:
    document = {
        "client_id": "tax-portal",
        "profile": "web",
        "agency": {"id": "tax", "names": {"vi": "Thuế", "en": "Tax"}, "sector": "tax.example"},
        "redirect_uris": ["https://tax.example/callback"],
        "post_logout_redirect_uris": ["https://tax.example/bye"],
        "scope": "openid profile",
        "required_claims": ["name"],
        "token_endpoint_auth_method": "client_secret_basic",
        "least_account_level": 2,
        "least_authentication_level": 2,
        **changes,
    }
    return {name: value for name, value in document.items() if value is not ...}


def test_a_good_file_becomes_a_client_and_a_secret__CA_05() -> None:
    client, secret = read_client(a_file())
    assert secret is not None
    assert len(secret) == 43  # 256 bits
    assert client.secret_hash == sha256(secret.encode()).digest()
    assert client.id == "tax-portal"
    assert client.agency.names == {"vi": "Thuế", "en": "Tax"}
    assert client.redirect_uris == ("https://tax.example/callback",)
    assert client.scopes == {"openid", "profile"}
    assert client.required_claims == {"name"}
    assert client.id_token_algorithm == "ES256"
    assert client.least_account_level is AccountLevel.LEVEL_2
    assert client.least_authentication_level is AuthenticationLevel.LEVEL_2
    assert not client.disabled


def test_a_secret_is_never_the_same_twice() -> None:
    assert read_client(a_file())[1] != read_client(a_file())[1]


def test_the_least_that_can_be_said() -> None:
    small = {name: a_file()[name] for name in ("client_id", "agency", "redirect_uris", "scope")}
    client, _ = read_client(small)
    assert client.profile is ClientProfile.WEB
    assert client.authentication is ClientAuthentication.SECRET_BASIC
    assert client.post_logout_redirect_uris == ()
    assert client.least_account_level is AccountLevel.LEVEL_1
    assert client.least_authentication_level is AuthenticationLevel.LEVEL_2


def test_a_sign_in_without_a_pin_has_to_be_asked_for_by_its_number() -> None:
    client, _ = read_client(a_file(least_authentication_level=1))
    assert client.least_authentication_level is AuthenticationLevel.LEVEL_1
    unsaid, _ = read_client(a_file(least_authentication_level=...))
    assert unsaid.least_authentication_level is AuthenticationLevel.LEVEL_2


def test_basic_defaults_to_rs256() -> None:
    assert read_client(a_file(profile="basic"))[0].id_token_algorithm == "RS256"
    chosen = read_client(a_file(profile="basic", id_token_signed_response_alg="ES256"))[0]
    assert chosen.id_token_algorithm == "ES256"


def test_a_client_with_keys_has_no_secret() -> None:
    file = a_file(
        token_endpoint_auth_method="private_key_jwt", jwks={"keys": [public_jwk(alg="ES256")]}
    )
    client, secret = read_client(file)
    assert (secret, client.secret_hash) == (None, None)
    assert client.keys == file["jwks"]


def test_what_can_only_be_one_thing_may_be_said() -> None:
    read_client(
        a_file(
            application_type="web",
            grant_types=["authorization_code"],
            response_types=["code"],
            subject_type="pairwise",
        )
    )


def test_it_reads_what_json_gives() -> None:
    assert read_client(json.loads(json.dumps(a_file())))[0].id == "tax-portal"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_id", ...),
        ("client_id", ""),
        ("client_id", "Ünicode"),
        ("client_id", "a b"),
        ("client_id", "x" * 65),
        ("client_id", 7),
        ("profile", "fapi3"),
        ("profile", None),
        ("agency", ...),
        ("agency", {}),
        ("agency", {"id": "tax", "names": {}, "sector": "tax.example"}),
        ("agency", {"id": "tax", "names": {"vi": ""}, "sector": "tax.example"}),
        ("agency", {"id": "tax", "names": {"vi": "a\u202eb"}, "sector": "tax.example"}),
        ("agency", {"id": "tax", "names": {"vi": "a\nb"}, "sector": "tax.example"}),
        ("agency", {"id": "tax", "names": {"VI-x": "a"}, "sector": "tax.example"}),
        ("agency", {"id": "tax", "names": {"vi": "a"}, "sector": ""}),
        ("agency", {"id": "tax", "names": {"vi": "a"}, "sector": "s", "trusted": True}),
        ("redirect_uris", ...),
        ("redirect_uris", []),
        ("redirect_uris", "https://tax.example/callback"),
        ("redirect_uris", ["https://tax.example/a", "https://tax.example/a"]),
        ("redirect_uris", [f"https://tax.example/{number}" for number in range(21)]),
        ("post_logout_redirect_uris", ["http://tax.example/bye"]),
        ("scope", ...),
        ("scope", "profile"),
        ("scope", "openid  profile"),
        ("scope", "openid everything"),
        ("scope", ["openid"]),
        ("required_claims", ["email"]),
        ("required_claims", ["banana"]),
        ("required_claims", "name"),
        ("required_claims", ["name", "name"]),
        ("token_endpoint_auth_method", "none"),
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("token_endpoint_auth_method", "private_key_jwt"),
        ("jwks", {"keys": [public_jwk()]}),
        ("id_token_signed_response_alg", "none"),
        ("id_token_signed_response_alg", "HS256"),
        ("least_account_level", 0),
        ("least_account_level", 3),
        ("least_account_level", "2"),
        ("least_account_level", True),
        ("least_account_level", 1.0),
        ("least_authentication_level", 5),
        ("grant_types", ["implicit"]),
        ("grant_types", ["authorization_code", "refresh_token"]),
        ("response_types", ["token"]),
        ("application_type", "native"),
        ("subject_type", "public"),
        ("client_secret", "chosen"),
        ("jwks_uri", "https://tax.example/jwks"),
        ("trusted", True),
        ("skip_consent", True),
        ("disabled", False),
    ],
)
def test_one_change_is_refused_by_its_name__CA_10(member: str, value: object) -> None:
    with pytest.raises(BadDocument) as refusal:
        read_client(a_file(**{member: value}))
    told = refusal.value.detail
    assert member in told or "redirect URI" in told or "jwks" in told


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:9000/callback",
        "http://127.0.0.1:8101/callback",
        "http://[::1]:8101/cb",
        "https://tax.example",
        "https://tax.example/",
        "https://tax.example:8443/a/b-c_d.e~f",
        "https://tax.example/callback?tab=1&x=y",
    ],
)
def test_plain_redirect_uris_are_taken(uri: str) -> None:
    assert read_client(a_file(redirect_uris=[uri]))[0].redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "tax.example/callback",
        "//tax.example/callback",
        "http://tax.example/callback",
        "http://localhost.evil.example/callback",
        "http://127.0.0.2/callback",
        "http://0.0.0.0/callback",
        "ftp://tax.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp://callback",
        "https:///callback",
        "https://tax.example/callback#",
        "https://tax.example/callback#x",
        "https://me@tax.example/callback",
        "https://me:pw@tax.example/callback",
        "https://*.tax.example/callback",
        "https://tax.example/*",
        "https://tax.example/%2e%2e/callback",
        "https://tax.example/a/../callback",
        "https://tax.example/./callback",
        "https://TAX.example/callback",
        "HTTPS://tax.example/callback",
        "https://tax.example/call back",
        "https://tax.example/call\tback",
        "https://tax.example/callback\n",
        "https://tax.example\\callback",
        "https://täx.example/callback",
        "https://tax.example/cällback",
        "https://tax.example:port/callback",
        "https://tax.example:99999/callback",
        "https://[::1/callback",
        "https://tax.example/callback?x=%20",
        "https://tax.example/callback?x=<y>",
        "https://tax.example/" + "x" * 600,
    ],
)
def test_no_other_redirect_uri_is_taken__CA_10(uri: str) -> None:
    with pytest.raises(BadDocument):
        read_client(a_file(redirect_uris=[uri]))


def private_jwk() -> dict[str, object]:
    return public_jwk(d="AQ")


def weak_rsa() -> dict[str, object]:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose
    return {**public_members(key.public_key()), "kid": "w"}


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [private_jwk()],
        [weak_rsa()],
        [{"kty": "oct", "k": "AAAA"}],
        [public_jwk(alg="ES384")],
        [public_jwk(alg="HS256")],
        [public_jwk(alg="none")],
        [public_jwk(use="enc")],
        [public_jwk(crv="P-384")],
        [public_jwk(crv="secp256k1")],
        [public_jwk(x="AAAA")],
        [public_jwk(x="A" * 43)],
        [public_jwk(x=7)],
        [public_jwk(y=...)],
        [public_jwk(kid=7)],
        [public_jwk(), public_jwk()],
        [public_jwk(kid=None), public_jwk(kid="b")],
        ["x"],
        [public_jwk(kid=str(number)) for number in range(11)],
    ],
)
def test_only_public_strong_named_keys__CF_08_TJ_11(keys: list[Any]) -> None:
    clean = [
        {k: v for k, v in key.items() if v is not ...} if isinstance(key, dict) else key
        for key in keys
    ]
    file = a_file(token_endpoint_auth_method="private_key_jwt", jwks={"keys": clean})
    with pytest.raises(BadDocument):
        read_client(file)


def test_a_key_set_with_more_than_keys_is_refused() -> None:
    jwks = {"keys": [public_jwk()], "jku": "https://evil.example"}
    with pytest.raises(BadDocument):
        read_client(a_file(token_endpoint_auth_method="private_key_jwt", jwks=jwks))


@pytest.mark.parametrize("document", [[], "x", None, 7])
def test_a_file_is_an_object(document: Any) -> None:
    with pytest.raises(BadDocument):
        read_client(document)
