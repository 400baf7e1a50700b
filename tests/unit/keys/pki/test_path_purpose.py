"""What a card certificate is for: one change to it, and it proves nothing."""

from dataclasses import FrozenInstanceError
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from unit.keys.pki.makers import (
    CLIENT_AUTH,
    NOW,
    der,
    new_key,
    policies,
    usage,
)
from unit.keys.pki.trial import PKI, refusal, validate

from keys.errors import NoTrustAnchors
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_SIGNATURE,
    DOCUMENT_SIGNER,
    CertificateProfile,
)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
@pytest.mark.parametrize("purpose", [CARD_AUTHENTICATION, CARD_SIGNATURE])
def test_a_good_certificate_is_trusted_for_its_purpose__CV_25(
    purpose: CertificateProfile, curve: ec.EllipticCurve
) -> None:
    leaf = PKI.leaf(purpose, key=new_key(curve))
    trusted = validate(leaf, purpose)
    assert trusted.personal_number == "001190000001"
    assert trusted.fingerprint == sha256(leaf).digest()
    assert (trusted.purpose, trusted.at) == (purpose, NOW)
    assert trusted.algorithm == {256: "ES256", 384: "ES384"}[curve.key_size]
    assert [der(link) for link in trusted.chain] == [
        leaf,
        der(PKI.card_ca.certificate),
        der(PKI.csca.certificate),
    ]
    with pytest.raises(FrozenInstanceError):
        trusted.personal_number = "001190000002"  # type: ignore[misc]  # the point


def test_a_purpose_without_anchors_trusts_nobody() -> None:
    with pytest.raises(NoTrustAnchors):
        validate(PKI.leaf(), DOCUMENT_SIGNER)


def extension(value: x509.ExtensionType, *, critical: bool = False) -> dict[str, object]:
    return {"changes": {type(value): (value, critical)}}


def without(kind: type[x509.ExtensionType]) -> dict[str, object]:
    return {"changes": {kind: None}}


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b"\x05\x00")


@pytest.mark.parametrize(
    "change",
    [
        without(x509.ExtendedKeyUsage),
        extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
        extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])),
        extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])),
        extension(x509.ExtendedKeyUsage([CLIENT_AUTH, ExtendedKeyUsageOID.OCSP_SIGNING])),
        without(x509.KeyUsage),
        extension(usage("content_commitment"), critical=True),
        extension(usage("digital_signature", "content_commitment"), critical=True),
        extension(usage("digital_signature", "key_cert_sign"), critical=True),
        extension(usage("key_agreement"), critical=True),
        extension(usage("digital_signature"), critical=False),
    ],
)
def test_another_usage_than_the_purpose_s_is_refused__CV_21(change: dict[str, object]) -> None:
    assert refusal(PKI.leaf(**change)) == "wrong_purpose"  # type: ignore[arg-type]  # any change


@pytest.mark.parametrize(
    "change",
    [
        without(x509.CertificatePolicies),
        extension(policies(CARD_SIGNATURE.policy_oid)),
        extension(policies(x509.ObjectIdentifier("2.5.29.32.0"))),
        extension(policies(CARD_AUTHENTICATION.policy_oid, CARD_SIGNATURE.policy_oid)),
    ],
)
def test_another_policy_is_refused__CV_22(change: dict[str, object]) -> None:
    assert refusal(PKI.leaf(**change)) == "wrong_purpose"  # type: ignore[arg-type]  # any change


@pytest.mark.parametrize(
    "change",
    [
        extension(UNKNOWN, critical=True),
        extension(UNKNOWN, critical=False),
        extension(x509.SubjectAlternativeName([x509.DNSName("id.example")])),
        extension(x509.NameConstraints([x509.DNSName("example")], None), critical=True),
        extension(x509.OCSPNoCheck()),
    ],
)
def test_an_extension_too_many_is_refused__CV_24(change: dict[str, object]) -> None:
    assert refusal(PKI.leaf(**change)) == "wrong_purpose"  # type: ignore[arg-type]  # any change


@pytest.mark.parametrize(
    "change",
    [
        without(x509.BasicConstraints),
        without(x509.SubjectKeyIdentifier),
        without(x509.AuthorityKeyIdentifier),
        extension(x509.BasicConstraints(ca=True, path_length=None), critical=True),
        extension(x509.BasicConstraints(ca=False, path_length=None), critical=False),
        extension(x509.SubjectKeyIdentifier(b"another key's")),
    ],
)
def test_a_leaf_that_is_not_shaped_as_one_is_refused__CV_20(change: dict[str, object]) -> None:
    assert refusal(PKI.leaf(**change)) == "wrong_purpose"  # type: ignore[arg-type]  # any change


def test_a_signature_certificate_does_not_authenticate_nor_the_reverse__CV_21() -> None:
    assert refusal(PKI.leaf(CARD_SIGNATURE), CARD_AUTHENTICATION) == "wrong_purpose"
    assert refusal(PKI.leaf(CARD_AUTHENTICATION), CARD_SIGNATURE) == "wrong_purpose"
