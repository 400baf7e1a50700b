"""Published JOSE examples against our table of algorithms; PyJWT only reads the keys."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from keys.algorithms import PublicKey, verify
from keys.errors import SignatureInvalid
from keys.jwks.jwk import public_members, thumbprint

HERE = Path(__file__).parent


def read(name: str) -> Any:
    return json.loads((HERE / name).read_text())


def public_key(jwk: dict[str, str]) -> PublicKey:
    key: PublicKey = jwt.PyJWK(jwk, algorithm="EdDSA" if jwk["kty"] == "OKP" else None).key
    return key


def split(compact: str) -> tuple[bytes, bytes]:
    signing_input, _, signature = compact.rpartition(".")
    return signing_input.encode(), jwt.utils.base64url_decode(signature)


@pytest.mark.parametrize(
    "example", read("rfc7515/compact_jws.json"), ids=lambda example: example["section"]
)
def test_the_published_signatures_hold__rfc7515_appendix_a(example: dict[str, Any]) -> None:
    signing_input, signature = split(example["compact"])
    key = public_key(example["jwk"])
    verify(example["algorithm"], key, signing_input, signature)
    with pytest.raises(SignatureInvalid):
        verify(example["algorithm"], key, signing_input + b"A", signature)


def test_the_published_signature_holds__rfc8037_a_4() -> None:
    example = read("rfc8037/ed25519.json")
    signing_input, signature = split(example["compact"])
    verify("EdDSA", public_key(example["jwk"]), signing_input, signature)


@pytest.mark.parametrize("name", ["rfc8037/ed25519.json", "rfc7638/rsa_thumbprint.json"])
def test_the_published_thumbprints__rfc7638_3_1(name: str) -> None:
    example = read(name)
    assert thumbprint(public_key(example["jwk"])) == example["thumbprint"]
    assert public_members(public_key(example["jwk"])) == example["jwk"]
