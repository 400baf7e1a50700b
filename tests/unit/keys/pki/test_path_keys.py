"""Curves and spellings of keys, on the leaf and in the chain."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import PublicFormat
from unit.keys.pki.makers import (
    KEY,
    authority,
    craft,
    explicit_p256,
    new_key,
    point_of,
    spki_with,
)
from unit.keys.pki.trial import PKI, refusal, validate

from keys.errors import ProfileViolation
from keys.pki.anchors import Anchors, TrustAnchors
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CSCA,
)


@pytest.mark.parametrize(
    "curve",
    [
        ec.SECP192R1(),
        ec.SECP224R1(),
        ec.SECP256K1(),
        ec.SECP521R1(),
        ec.BrainpoolP256R1(),
        ec.BrainpoolP384R1(),
    ],
)
def test_another_curve_is_refused_on_the_leaf__CV_11(curve: ec.EllipticCurve) -> None:
    assert refusal(PKI.leaf(key=new_key(curve))) == "weak_key"


def test_an_rsa_key_is_refused_on_the_leaf__CV_11() -> None:
    key = rsa.generate_private_key(65537, 2048)
    assert refusal(PKI.leaf(key=key)) == "weak_key"


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.BrainpoolP256R1(), ec.SECP521R1()])
def test_another_curve_is_refused_in_the_chain__CV_11(curve: ec.EllipticCurve) -> None:
    weak = craft(CARD_CA, issuer=PKI.csca, key=new_key(curve), subject=authority("Weak"))
    with pytest.raises(ProfileViolation, match="key of a kind"):
        TrustAnchors({CARD_AUTHENTICATION: Anchors((PKI.csca.certificate,), (weak.certificate,))})
    root = craft(CSCA, issuer=None, key=new_key(curve), subject=authority("Weak root"))
    with pytest.raises(ProfileViolation, match="key of a kind"):
        TrustAnchors(
            {CARD_AUTHENTICATION: Anchors((root.certificate,), (PKI.card_ca.certificate,))}
        )


GOOD_KEY = new_key()
PLAIN = point_of(GOOD_KEY, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize(
    ("spki", "reasons"),
    [
        (spki_with(point_of(GOOD_KEY, PublicFormat.CompressedPoint)), {"weak_key"}),
        (spki_with(bytes([6 + PLAIN[-1] % 2]) + PLAIN[1:]), {"weak_key"}),
        (spki_with(PLAIN, explicit_p256()), {"weak_key"}),
        (spki_with(PLAIN[:-1] + bytes([PLAIN[-1] ^ 1])), {"weak_key"}),
        (spki_with(b"\0"), {"weak_key"}),
        (spki_with(b"\x04" + bytes(64)), {"weak_key"}),
        (spki_with(b""), {"weak_key"}),
        (spki_with(PLAIN + b"\0"), {"weak_key"}),
        (spki_with(PLAIN, b"\x05\x00"), {"weak_key", "malformed"}),
        (spki_with(PLAIN, bytes.fromhex("06052b8104000a")), {"weak_key"}),
    ],
    ids=[
        "compressed",
        "hybrid",
        "explicit",
        "off_curve",
        "infinity",
        "origin",
        "empty",
        "trailing",
        "no_curve",
        "point_of_another_curve",
    ],
)
def test_another_spelling_of_a_key_is_refused__CV_12(spki: bytes, reasons: set[str]) -> None:
    def edit(fields: list[bytes]) -> list[bytes]:
        fields[KEY] = spki
        return fields

    assert refusal(PKI.edited(edit, key=GOOD_KEY)) in reasons


def test_editing_and_signing_again_is_itself_no_reason() -> None:
    assert validate(PKI.edited(lambda fields: fields)).personal_number == "001190000001"
