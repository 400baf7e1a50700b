"""Who issued a card certificate, and when: anchors, chains, validity."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1
from unit.keys.pki.makers import (
    DAY,
    NOW,
    SIGNATURE,
    Pki,
    Signer,
    authority,
    children,
    craft,
    der,
    holder,
    new_key,
    sequence,
    tlv,
)
from unit.keys.pki.trial import PKI, refusal, validate

from keys.errors import CertificateRejected, NoTrustAnchors, ProfileViolation
from keys.pki.anchors import LARGEST_COUNT, Anchors, TrustAnchors
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CSCA,
)


def untrusted() -> dict[str, Callable[[], bytes]]:
    stranger = Pki.make()
    renamed = Signer(PKI.card_ca.certificate, new_key())
    leaf_as_ca = craft(issuer=PKI.card_ca)
    below = craft(CARD_CA, issuer=PKI.card_ca, subject=authority("CA below a CA"))
    return {
        "self_signed": lambda: PKI.leaf(issuer=None),
        "unknown_ca": stranger.leaf,
        "known_name_other_key": lambda: PKI.leaf(issuer=renamed),
        "issued_by_a_leaf": lambda: PKI.leaf(issuer=leaf_as_ca),
        "issued_by_the_document_signer": lambda: PKI.leaf(issuer=PKI.document_signer),
        "issued_by_the_root_itself": lambda: PKI.leaf(issuer=PKI.csca),
        "path_too_long": lambda: PKI.leaf(issuer=below),
    }


@pytest.mark.parametrize("who", untrusted())
def test_only_the_card_ca_issues_card_certificates__CV_20(who: str) -> None:
    assert refusal(untrusted()[who]()) == "untrusted"


def test_the_same_number_from_another_ca_is_not_the_same_person__CV_28() -> None:
    stranger = Pki.make()
    leaf = stranger.leaf(subject=holder())
    assert validate(leaf, anchors=stranger.anchors()).personal_number == "001190000001"
    assert refusal(leaf) == "untrusted"


@pytest.mark.parametrize("who", ["csca", "card_ca", "document_signer"])
def test_an_authority_is_nobody_s_card__CV_20(who: str) -> None:
    signer: Signer = getattr(PKI, who)
    assert refusal(der(signer.certificate)) == "wrong_purpose"


def test_a_certificate_signed_with_sha1_is_refused__CV_10() -> None:
    ecdsa_with_sha1 = sequence(bytes.fromhex("06072a8648ce3d0401"))

    def edit(fields: list[bytes]) -> list[bytes]:
        fields[SIGNATURE] = ecdsa_with_sha1
        return fields

    tbs, _, _ = children(PKI.edited(edit))
    signature = PKI.card_ca.key.sign(tbs, ec.ECDSA(SHA1()))  # noqa: S303 - the point
    leaf = sequence(tbs, ecdsa_with_sha1, tlv(0x03, b"\0" + signature))
    assert refusal(leaf) == "untrusted"


def test_a_broken_signature_is_refused() -> None:
    leaf = bytearray(PKI.leaf())
    leaf[-1] ^= 1
    assert refusal(bytes(leaf)) in {"untrusted", "malformed"}


def test_look_alikes_are_answered_within_a_second__CV_26() -> None:
    long = (NOW - DAY, NOW + 400 * DAY)
    subject = PKI.card_ca.certificate.subject
    look_alikes = [
        craft(CARD_CA, issuer=PKI.csca, subject=subject, serial=n + 1, dates=long).certificate
        for n in range(200)
    ]
    anchors = PKI.anchors(*look_alikes)
    for leaf in (PKI.leaf(), PKI.leaf(issuer=Signer(PKI.card_ca.certificate, new_key()))):
        began = process_time()
        try:
            validate(leaf, anchors=anchors)
        except CertificateRejected as refused:
            assert refused.reason == "untrusted"  # noqa: PT017 - either answer, but soon
        assert process_time() - began < 1


def test_the_validity_is_kept_to_the_second__CV_23() -> None:
    leaf = PKI.leaf(dates=(NOW, NOW + DAY))
    second = DAY / 86_400
    assert refusal(leaf, at=NOW - second) == "not_yet_valid"
    assert validate(leaf, at=NOW).at == NOW
    assert validate(leaf, at=NOW + DAY).at == NOW + DAY
    assert refusal(leaf, at=NOW + DAY + second) == "expired"


@pytest.mark.parametrize("year", [2049, 2050, 2051])
def test_both_ways_to_write_a_year_are_read__CV_23(year: int) -> None:
    end = datetime(year, 6, 1, tzinfo=UTC)
    long = (NOW - DAY, datetime(2060, 1, 1, tzinfo=UTC))
    pki = Pki(
        csca := craft(
            CSCA, issuer=None, key=new_key(ec.SECP384R1()), subject=authority("R"), dates=long
        ),
        craft(CARD_CA, issuer=csca, subject=authority("C"), dates=long),
        PKI.document_signer,
    )
    leaf = pki.leaf(dates=(NOW, end))
    assert validate(leaf, at=end, anchors=pki.anchors()).at == end
    assert refusal(leaf, at=end + DAY, anchors=pki.anchors()) == "expired"


@pytest.mark.parametrize("who", ["card_ca", "csca"])
def test_an_expired_authority_issues_no_longer__CV_23(who: str) -> None:
    long = (NOW - 99 * DAY, NOW + 900 * DAY)
    short = (NOW - 99 * DAY, NOW - DAY)
    csca = craft(
        CSCA,
        issuer=None,
        key=new_key(ec.SECP384R1()),
        subject=authority("Root"),
        dates=short if who == "csca" else long,
    )
    card_ca = craft(
        CARD_CA,
        issuer=csca,
        subject=authority("Card CA"),
        dates=short if who == "card_ca" else long,
    )
    pki = Pki(csca, card_ca, PKI.document_signer)
    assert refusal(pki.leaf(), anchors=pki.anchors()) == "untrusted"
    assert validate(pki.leaf(), at=NOW - 2 * DAY, anchors=pki.anchors()).at == NOW - 2 * DAY


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrustAnchors({}),
        lambda: TrustAnchors({CARD_AUTHENTICATION: Anchors((), (PKI.card_ca.certificate,))}),
        lambda: TrustAnchors({CARD_AUTHENTICATION: Anchors((PKI.csca.certificate,), ())}),
        lambda: PKI.anchors(*[PKI.card_ca.certificate] * LARGEST_COUNT),
    ],
)
def test_nothing_to_check_against_is_a_failure(make: Callable[[], TrustAnchors]) -> None:
    with pytest.raises(NoTrustAnchors):
        make()


@pytest.mark.parametrize("who", ["csca", "document_signer"])
def test_only_a_card_ca_may_be_configured_as_one(who: str) -> None:
    signer: Signer = getattr(PKI, who)
    with pytest.raises(ProfileViolation):
        PKI.anchors(signer.certificate)
