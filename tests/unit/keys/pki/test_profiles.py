"""The profiles hang together, and lint names the one thing that is wrong."""

from collections.abc import Mapping

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from unit.keys.pki.makers import DAY, NOW, Pki, Signer, authority, chip_card, craft, holder, new_key

from keys.errors import (
    ProfileViolation,
)
from keys.pki import lint
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CARD_KEY_AGREEMENT,
    CARD_PRESENCE,
    CARD_SIGNATURE,
    CSCA,
    DOCUMENT_SIGNER,
    PROFILES,
    CertificateProfile,
)

PKI = Pki.make()


def breach(signer: Signer, profile: CertificateProfile, issuer: Signer) -> str:
    with pytest.raises(ProfileViolation) as caught:
        lint.check(signer.certificate, profile, issuer.certificate)
    return str(caught.value)


def test_lint_finds_no_fault_with_what_another_implementation_made() -> None:
    lint.check(PKI.csca.certificate, CSCA, PKI.csca.certificate)
    lint.check(PKI.card_ca.certificate, CARD_CA, PKI.csca.certificate)
    lint.check(PKI.document_signer.certificate, DOCUMENT_SIGNER, PKI.csca.certificate)
    for profile in (CARD_AUTHENTICATION, CARD_SIGNATURE, CARD_KEY_AGREEMENT):
        leaf = craft(profile, issuer=PKI.card_ca)
        lint.check(leaf.certificate, profile, PKI.card_ca.certificate)
    presence = craft(CARD_PRESENCE, issuer=PKI.card_ca, subject=chip_card())
    lint.check(presence.certificate, CARD_PRESENCE, PKI.card_ca.certificate)


def test_lint_lets_no_holder_into_the_certificate_that_every_reader_sees() -> None:
    for subject in (holder(), holder("IDCVN-X00000001"), chip_card("PNOVN-001190000001")):
        named = craft(CARD_PRESENCE, issuer=PKI.card_ca, subject=subject)
        assert breach(named, CARD_PRESENCE, PKI.card_ca) == (
            "card_presence: subject does not name a card"
        )


def test_lint_wants_the_presence_key_s_purpose_critical__fips201_4_2_2_2() -> None:
    purpose = x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.16.840.1.101.3.6.8")])
    lax = craft(
        CARD_PRESENCE,
        issuer=PKI.card_ca,
        subject=chip_card(),
        changes={x509.ExtendedKeyUsage: (purpose, False)},
    )
    assert "extension 2.5.29.37 differs" in breach(lax, CARD_PRESENCE, PKI.card_ca)


LONG = (NOW - 30 * DAY, NOW + 4100 * DAY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dates": (NOW - 30 * DAY, NOW + 3800 * DAY)}, "lifetime"),
        ({"dates": LONG}, "outside the issuer's"),
        ({"dates": (NOW - 901 * DAY, NOW)}, "outside the issuer's"),
        ({"subject": authority("Nobody")}, "does not name a holder"),
        ({"issuer": PKI.csca}, "not signed by its issuer"),
        ({"issuer": Signer(PKI.card_ca.certificate, new_key())}, "not signed by its issuer"),
        ({"hash_with": SHA384()}, "another hash"),
        ({"subject": PKI.card_ca.certificate.subject}, "self-issued"),
        ({"key": new_key(ec.SECP256K1())}, "not permitted"),
        (
            {
                "changes": {
                    x509.AuthorityKeyIdentifier: (
                        x509.AuthorityKeyIdentifier(b"x", None, None),
                        False,
                    )
                }
            },
            "not the issuer's",
        ),
        (
            {
                "changes": {
                    x509.AuthorityKeyIdentifier: (
                        x509.AuthorityKeyIdentifier(b"x", None, None),
                        True,
                    )
                }
            },
            "missing or critical",
        ),
        ({"changes": {x509.AuthorityKeyIdentifier: None}}, "missing or critical"),
        ({"changes": {x509.KeyUsage: None}}, "extension 2.5.29.15 differs"),
        ({"changes": {x509.SubjectKeyIdentifier: None}}, "extension 2.5.29.14 differs"),
    ],
)
def test_lint_names_the_one_thing_that_is_wrong(change: Mapping[str, object], words: str) -> None:
    leaf = craft(CARD_AUTHENTICATION, **{"issuer": PKI.card_ca, **change})  # type: ignore[arg-type]  # one change each
    assert words in breach(leaf, CARD_AUTHENTICATION, PKI.card_ca)


def test_lint_knows_a_root_from_an_intermediate() -> None:
    own = craft(CSCA, issuer=PKI.csca, subject=authority("Not self-issued"))
    assert "self-issued" in breach(own, CSCA, PKI.csca)
    nameless = craft(CARD_CA, issuer=PKI.csca, subject=x509.Name([]))
    assert "empty subject" in breach(nameless, CARD_CA, PKI.csca)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_profile_hangs_together(profile: CertificateProfile) -> None:
    issuer = PROFILES[profile.issuer_profile]
    assert issuer.is_authority
    assert issuer.lifetime >= profile.lifetime
    assert profile.is_authority == profile.key_usage.key_cert_sign
    if issuer is not profile and profile.is_authority:
        assert issuer.path_length is not None
        assert profile.path_length is not None
        assert issuer.path_length > profile.path_length


def test_no_two_kinds_of_end_entity_share_a_policy() -> None:
    oids = [profile.policy_oid for profile in PROFILES.values() if not profile.is_authority]
    assert len(set(oids)) == len(oids)
    # ITU-T X.667: a UUID as a number, below 2**128
    assert all(0 < int(oid.dotted_string.split(".")[2]) < 2**128 for oid in oids)
