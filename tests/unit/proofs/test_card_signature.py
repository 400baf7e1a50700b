"""One change to a good card answer, and what it is refused for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from builders import NOW
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pki_for_tests import ARC, BEGIN, END, NUMBER, SoftCard, ThrowAwayPki, person, usage

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.errors import (
    CertificateExpired,
    CertificateRevoked,
    CertificateUntrusted,
    EidError,
    SignatureWrong,
)
from eid.proofs.card_signature import read_card_answer, verify_card_signature
from eid.proofs.challenges import issue_challenge
from keys.pki.profiles import CARD_AUTHENTICATION, CARD_SIGNATURE

ORIGIN = "https://eid.example"
SECOND = timedelta(seconds=1)


@cache
def pki() -> ThrowAwayPki:
    return ThrowAwayPki()


@cache
def other_pki() -> ThrowAwayPki:
    return ThrowAwayPki("Throw-away")  # the same names, other keys


@cache
def good_card() -> SoftCard:
    return pki().card()


def fresh() -> Challenge:
    minutes = timedelta(minutes=2)
    return issue_challenge(ChallengePurpose.LOGIN, ORIGIN, b"b" * 32, NOW, minutes)


@dataclass(frozen=True)
class Trial:
    """A card answer and all that it is judged by; good by default."""

    challenge: Challenge
    card: SoftCard
    origin: str = ORIGIN
    nonce: str = ""
    good: bool = True
    now: datetime = NOW
    twist: Callable[[SoftCard, int, int], bytes] | None = None
    algorithm: str | None = None

    def run(self) -> Any:
        nonce = self.nonce or self.challenge.nonce
        members = {"algorithm": self.algorithm} if self.algorithm else {}
        answer = self.card.answer(self.origin, nonce, twist=self.twist, **members)
        anchors = pki().anchors()
        return verify_card_signature(
            read_card_answer(answer), self.challenge, self.good, anchors, self.now
        )


@pytest.fixture
def trial() -> Trial:
    return Trial(fresh(), good_card())


def test_a_good_answer_proves_its_holder(trial: Trial) -> None:
    proved = trial.run()
    assert proved.personal_number == NUMBER
    assert proved.challenge is trial.challenge
    assert proved.certificate.fingerprint == trial.card.fingerprint
    assert proved.certificate.purpose is CARD_AUTHENTICATION


def test_a_p384_card_signs_with_sha384_throughout__CV_10(trial: Trial) -> None:
    card = pki().card(curve=ec.SECP384R1())
    assert replace(trial, card=card).run().personal_number == NUMBER


@pytest.mark.parametrize("now", [BEGIN, END])
def test_a_certificate_counts_from_its_first_to_its_last_second__CV_23(
    trial: Trial, now: datetime
) -> None:
    assert replace(trial, now=now).run().personal_number == NUMBER


def number_twice() -> x509.Name:
    twice = x509.NameAttribute(NameOID.SERIAL_NUMBER, "PNOVN-001190000002")
    return x509.Name([*person(), twice])


def high_s(card: SoftCard, r: int, s: int) -> bytes:
    return card.raw(r, max(s, card.order() - s))


def low_s(card: SoftCard, r: int, s: int) -> bytes:
    return card.raw(r, min(s, card.order() - s))


SIGNATURES: dict[str, Callable[[SoftCard, int, int], bytes]] = {
    "DER instead of raw": lambda _, r, s: encode_dss_signature(r, s),
    "r is 0": lambda card, _, s: card.raw(0, s),
    "s is 0": lambda card, r, _: card.raw(r, 0),
    "both are 0": lambda card, _r, _s: card.raw(0, 0),
    "r is the order": lambda card, _, s: card.raw(card.order(), s),
    "s is the order": lambda card, r, _: card.raw(r, card.order()),
    "r and s swapped": lambda card, r, s: card.raw(s, r),
    "one byte short": lambda card, r, s: card.raw(r, s)[:-1],
    "one byte long": lambda card, r, s: card.raw(r, s) + b"\x00",
    "padded to P-384": lambda _, r, s: r.to_bytes(48, "big") + s.to_bytes(48, "big"),
    "one bit flipped": lambda card, r, s: card.raw(r, s ^ 1),
    "one byte": lambda _card, _r, _s: b"\x01",
}


@pytest.mark.parametrize("how", SIGNATURES)
def test_a_signature_written_otherwise_is_refused__CV_13(trial: Trial, how: str) -> None:
    with pytest.raises(SignatureWrong):
        replace(trial, twist=SIGNATURES[how]).run()


@pytest.mark.parametrize("how", [high_s, low_s])
def test_the_twin_of_a_signature_is_the_same_proof_and_no_new_one__CV_14(
    trial: Trial, how: Callable[[SoftCard, int, int], bytes]
) -> None:
    # Both verify: what keeps the second out is the challenge, spent with the first.
    assert replace(trial, twist=how).run().challenge is trial.challenge


@pytest.mark.parametrize(
    "origin",
    [
        "https://eid.example.attacker.example",
        "https://eid.example/",
        "https://eid.example:443",
        "HTTPS://EID.EXAMPLE",
        "http://eid.example",
        "https://eid.exampl",
        "",
    ],
)
def test_a_signature_for_another_origin_is_refused__CV_04(trial: Trial, origin: str) -> None:
    with pytest.raises(SignatureWrong):
        replace(trial, origin=origin).run()


@pytest.mark.parametrize(
    "spell",
    [
        lambda nonce: nonce.rstrip("="),
        lambda nonce: nonce + "\n",
        lambda nonce: nonce.swapcase(),
        lambda _: fresh().nonce,
        lambda nonce: nonce[1:],
    ],
)
def test_another_nonce_text_is_refused__CV_02(trial: Trial, spell: Callable[[str], str]) -> None:
    with pytest.raises(SignatureWrong):
        replace(trial, nonce=spell(trial.challenge.nonce)).run()


def test_the_border_between_origin_and_nonce_is_fixed__CV_04(trial: Trial) -> None:
    moved = trial.challenge.nonce
    with pytest.raises(SignatureWrong):
        replace(trial, origin=ORIGIN + moved[:4], nonce=moved[4:]).run()


@pytest.mark.parametrize(
    ("curve", "claimed"), [(ec.SECP256R1(), "ES384"), (ec.SECP384R1(), "ES256")]
)
def test_the_key_says_the_algorithm_not_the_answer__CV_10(
    trial: Trial, curve: ec.EllipticCurve, claimed: str
) -> None:
    with pytest.raises(SignatureWrong):
        replace(trial, card=pki().card(curve=curve), algorithm=claimed).run()


def test_a_signature_by_another_key_is_refused(trial: Trial) -> None:
    thief = SoftCard(ec.generate_private_key(ec.SECP256R1()), trial.card.certificate)
    with pytest.raises(SignatureWrong):
        replace(trial, card=thief).run()


def test_revoked_held_and_unknown_are_refused__CV_30(trial: Trial) -> None:
    with pytest.raises(CertificateRevoked):
        replace(trial, good=False).run()


@pytest.mark.parametrize("now", [BEGIN - SECOND, END + SECOND, datetime(2051, 1, 1, tzinfo=UTC)])
def test_a_certificate_out_of_time_is_refused__CV_23(trial: Trial, now: datetime) -> None:
    with pytest.raises(CertificateExpired):
        replace(trial, now=now).run()


def other_root() -> SoftCard:
    return other_pki().card()


def self_signed() -> SoftCard:
    key = ec.generate_private_key(ec.SECP256R1())
    return pki().card(key=key, signing_key=key)


UNTRUSTED: dict[str, Callable[[], SoftCard]] = {
    "another root": other_root,
    "its own signature": self_signed,
    "another CA of our root": lambda: pki().card(issuer=pki().authority_under(pki().root)),
    "the root itself": lambda: pki().card(issuer=pki().root),
    "a card as CA": lambda: pki().card(issuer=pki().authority_under(pki().card_ca, path_length=0)),
    "the card's signature key (9C)": lambda: pki().signature_card(),
    "no clientAuth": lambda: pki().card(purposes=()),
    "serverAuth": lambda: pki().card(purposes=[ExtendedKeyUsageOID.SERVER_AUTH]),
    "clientAuth and serverAuth": lambda: pki().card(
        purposes=[ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    ),
    "key agreement": lambda: pki().card(key_usage=usage("key_agreement")),
    "non-repudiation as well": lambda: pki().card(
        key_usage=usage("digital_signature", "content_commitment")
    ),
    "another policy": lambda: pki().card(policy=f"{ARC}.1.3"),
    "an authority's constraints": lambda: pki().card(path_length=0),
    "an unknown critical extension": lambda: pki().card(
        more=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), True)]
    ),
    "secp256k1": lambda: pki().card(curve=ec.SECP256K1()),
    "brainpool": lambda: pki().card(curve=ec.BrainpoolP256R1()),
    "P-192": lambda: pki().card(curve=ec.SECP192R1()),
    "an empty subject": lambda: pki().card(subject=x509.Name([])),
    "two numbers": lambda: pki().card(subject=number_twice()),
    "thirteen digits": lambda: pki().card("0011900000011"),
    "letters": lambda: pki().card("00119000000X"),
    "other digits": lambda: pki().card(subject=person("٠٠١١٩٠٠٠٠٠٠١", kind=_ASN1Type.UTF8String)),
    "a number as BMP string": lambda: pki().card(subject=person(kind=_ASN1Type.BMPString)),
    "a blank behind": lambda: pki().card("001190000001 "),
}


@pytest.mark.parametrize("which", UNTRUSTED)
def test_a_certificate_that_is_not_ours_for_this_is_refused__CV_20_CV_21_CV_27(
    trial: Trial, which: str
) -> None:
    card = UNTRUSTED[which]()
    with pytest.raises(CertificateUntrusted):
        replace(trial, card=card).run()


def test_bytes_that_are_no_certificate_are_refused__CV_40(trial: Trial) -> None:
    answer = read_card_answer(trial.card.answer(ORIGIN, trial.challenge.nonce))
    for der in (b"\x30", trial.card.der[:-1], trial.card.der + b"\x00", b"\x00" * 5000):
        with pytest.raises(CertificateUntrusted):
            verify_card_signature(
                replace(answer, unverified_certificate=der),
                trial.challenge,
                certificate_good=True,
                anchors=pki().anchors(),
                now=NOW,
            )


def test_nobody_trusted_for_authentication_means_nobody_proved(trial: Trial) -> None:
    anchors = pki().anchors()
    for_signing = type(anchors)({CARD_SIGNATURE: anchors.of(CARD_AUTHENTICATION)})
    answer = read_card_answer(trial.card.answer(ORIGIN, trial.challenge.nonce))
    with pytest.raises(CertificateUntrusted):
        verify_card_signature(
            answer, trial.challenge, certificate_good=True, anchors=for_signing, now=NOW
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"card": "other", "good": False}, CertificateUntrusted),
        # Whose card is revoked is told to who holds it, and to nobody else.
        ({"good": False, "origin": "https://else.example"}, SignatureWrong),
        ({"now": END + SECOND, "good": False}, CertificateExpired),
    ],
)
def test_the_order_is_path_then_signature_then_status(
    trial: Trial, changes: dict[str, Any], said: type[EidError]
) -> None:
    if changes.get("card") == "other":
        changes = {**changes, "card": other_root()}
    with pytest.raises(said):
        replace(trial, **changes).run()
