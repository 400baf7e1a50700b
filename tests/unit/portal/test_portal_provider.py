"""What the agency believes of the provider's discovery document and key set."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from unit.portal.fake_provider import ISSUER, FakeProvider, Members, public_jwk
from unit.portal.visitor import Visitor, text_of

from api.portal.errors import ProviderAway, TokenRejected
from api.portal.fetch import LARGEST_REPLY, fetch, open_http
from api.portal.provider import KEYS_PAUSE, LIFETIME, Provider, read_keys, read_metadata

DISCOVERY: Members = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/jwks",
}


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://localhost:9000"},
        {"issuer": ISSUER + "/"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"token_endpoint": "ftp://localhost/token"},
        {"token_endpoint": "https:///token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": 7},
        {"end_session_endpoint": "http://elsewhere.example/logout"},
        {"end_session_endpoint": f"{ISSUER}/logout#x"},
    ],
)
def test_one_change_to_a_good_document_is_refused__oidc_discovery_4_3(change: Members) -> None:
    assert read_metadata(DISCOVERY, ISSUER).end_session_endpoint is None
    with pytest.raises(ProviderAway):
        read_metadata(DISCOVERY | change, ISSUER)


def test_an_https_issuer_has_no_plain_endpoint__oidc_discovery_3() -> None:
    issuer = "https://eid.example"
    safe = {
        name: value.replace(ISSUER, issuer) if isinstance(value, str) else value
        for name, value in DISCOVERY.items()
    }
    assert read_metadata(safe, issuer).issuer == issuer
    with pytest.raises(ProviderAway):
        read_metadata(safe | {"token_endpoint": "http://localhost:8000/token"}, issuer)


def test_a_wrong_issuer_ends_every_sign_in_before_it_begins__rfc9700_4_4(
    visitor: Visitor, provider: FakeProvider
) -> None:
    provider.change_discovery = lambda document: document | {"issuer": "http://localhost:9000"}
    page = visitor.get("/login")
    assert (page.status_code, text_of(page, "error-code")) == (502, "provider_away")
    provider.change_discovery = dict  # the failure was not kept
    assert visitor.sign_in().headers["location"] == "/"


def test_keys_that_are_not_public_signature_keys_are_passed_over__rfc7517_5() -> None:
    good = public_jwk(ec.generate_private_key(ec.SECP256R1()), "good")
    rsa_key = rsa.generate_private_key(65537, 2048)
    private = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key, as_dict=True)
    others = [
        good | {"kid": "for-encryption", "use": "enc"},
        {name: value for name, value in good.items() if name != "kid"},
        good | {"kid": 7},
        good | {"kid": "broken", "x": "AAAA"},
        good | {"kid": "unknown-curve", "crv": "P-1"},
        private | {"kid": "private"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"},
        {"kty": "new", "kid": "new"},
        "not an object",
    ]
    assert set(read_keys({"keys": [*others, good]})) == {"good"}


def test_one_name_for_two_keys_is_no_key_set() -> None:
    keys = [public_jwk(ec.generate_private_key(ec.SECP256R1()), "same") for _ in range(2)]
    documents: list[Members] = [{"keys": keys}, {"keys": {}}, {}]
    for document in documents:
        with pytest.raises(ProviderAway):
            read_keys(document)


class Ticks:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def run() -> Iterator[Callable[[Any], Any]]:
    with asyncio.Runner() as runner:
        yield runner.run


def test_an_unknown_kid_causes_one_look_a_minute__TJ_02(
    provider: FakeProvider, ticks: Ticks, run: Callable[[Any], Any]
) -> None:
    subject = Provider(open_http(httpx2.ASGITransport(app=provider.app())), ISSUER, ticks)
    for _ in range(20):
        with pytest.raises(TokenRejected, match="key_unknown"):
            run(subject.key("forged"))
    assert provider.requests.count("/jwks") == 1
    ticks.now += KEYS_PAUSE
    for _ in range(20):
        with pytest.raises(TokenRejected, match="key_unknown"):
            run(subject.key("forged"))
    assert provider.requests.count("/jwks") == 2
    run(subject.key("key-1"))
    assert provider.requests.count("/jwks") == 2
    assert provider.requests.count("/.well-known/openid-configuration") == 1


def test_a_rotated_key_is_found_and_a_withdrawn_one_forgotten(
    provider: FakeProvider, ticks: Ticks, run: Callable[[Any], Any]
) -> None:
    subject = Provider(open_http(httpx2.ASGITransport(app=provider.app())), ISSUER, ticks)
    run(subject.key("key-1"))
    provider.kid = "key-2"
    ticks.now += KEYS_PAUSE
    run(subject.key("key-2"))
    with pytest.raises(TokenRejected):
        run(subject.key("key-1"))
    provider.kid = "key-3"
    ticks.now += LIFETIME
    with pytest.raises(TokenRejected):
        run(subject.key("key-2"))


def test_a_token_signed_with_an_unpublished_key_is_refused__TJ_02(
    visitor: Visitor, provider: FakeProvider
) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    for kid in ("unknown", "../key-1", "' OR 1=1", "k" * 10_000):
        provider.sign = lambda claims, kid=kid: jwt.encode(
            claims, stranger, "ES256", headers={"kid": kid}
        )
        assert text_of(visitor.sign_in(), "error-code") == "key_unknown"
    assert provider.requests.count("/jwks") == 1


def endpoint(response: Callable[[], Response]) -> httpx2.ASGITransport:
    def answer(_request: Request) -> Response:
        return response()

    return httpx2.ASGITransport(app=Starlette(routes=[Route("/", answer)]))


@pytest.mark.parametrize(
    "response",
    [
        lambda: Response(b"{}", media_type="text/html"),
        lambda: Response(b"{}"),
        lambda: Response(b"{", media_type="application/json"),
        lambda: Response(b"[]", media_type="application/json"),
        lambda: Response(b'{"a":1,"a":2}', media_type="application/json"),
        lambda: Response(b" " * LARGEST_REPLY + b"{}", media_type="application/json"),
        lambda: RedirectResponse("http://elsewhere.example/"),
    ],
)
def test_only_a_json_object_of_a_sane_size_is_an_answer(
    run: Callable[[Any], Any], response: Callable[[], Response]
) -> None:
    http = open_http(endpoint(response))
    with pytest.raises(ProviderAway):
        run(fetch(http, http.build_request("GET", ISSUER)))


def test_a_provider_that_does_not_answer_is_away(run: Callable[[Any], Any]) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    http = open_http(httpx2.MockTransport(refuse))
    with pytest.raises(ProviderAway, match="ConnectError"):
        run(fetch(http, http.build_request("GET", ISSUER)))


def test_redirects_are_not_followed_and_proxies_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://elsewhere.example")
    http = open_http(None)
    assert http.follow_redirects is False
    assert http.trust_env is False
