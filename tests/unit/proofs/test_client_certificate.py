"""A certificate that TLS proved, handed over under seal: one change to a good one, and its end."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from builders import NOW
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from pki_for_tests import BEGIN, END, NUMBER, SoftCard, ThrowAwayPki

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.errors import (
    BadCardAnswer,
    CertificateExpired,
    CertificateMissing,
    CertificateRevoked,
    CertificateUntrusted,
    ChallengeExpired,
    EidError,
    SignatureWrong,
)
from eid.proofs.challenges import issue_challenge
from eid.proofs.client_certificate import (
    LIFETIME,
    LONGEST,
    Errand,
    Handover,
    open_handover,
    seal_handover,
    verify_client_certificate,
)
from keys.pki.path import LARGEST_CERTIFICATE
from keys.sealing import Sealer

ORIGIN = "https://eid.example"
PENDING = "p" * 43
NONCE = "n" * 43 + "="
KEY, OTHER_KEY = b"0123456789abcdef" * 2, b"another key of thirty-two bytes!"
ERRAND = Errand(ORIGIN, PENDING, NONCE)
SECOND = timedelta(seconds=1)


@cache
def pki() -> ThrowAwayPki:
    return ThrowAwayPki()


@cache
def good_card() -> SoftCard:
    return pki().card()


def shown(card: SoftCard | None = None, at: datetime = NOW) -> Handover:
    return Handover((card or good_card()).der, at)


def sealed(errand: Errand = ERRAND, what: Handover | EidError | None = None) -> bytes:
    return seal_handover(Sealer(KEY), errand, what or shown(), NOW).encode()


# The seal


def test_what_was_sealed_opens_for_its_errand() -> None:
    assert open_handover(Sealer(KEY), ERRAND, sealed()) == shown()


def test_it_travels_as_an_address_does_and_never_looks_the_same_twice() -> None:
    one, two = sealed(), sealed()
    assert one != two
    assert set(one.decode()) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
    assert base64.b64encode(good_card().der)[40:80] not in one


def test_the_largest_certificate_has_room() -> None:
    large = Handover(b"\x30" * LARGEST_CERTIFICATE, NOW)
    text = sealed(what=large)
    assert len(text) < LONGEST
    assert open_handover(Sealer(KEY), ERRAND, text) == large


ELSEWHERE = [
    replace(ERRAND, origin="https://eid.examp1e"),
    replace(ERRAND, origin="https://eid.example:444"),
    replace(ERRAND, pending="q" * 43),
    replace(ERRAND, nonce="m" * 43 + "="),
    replace(ERRAND, nonce=""),
    Errand(ORIGIN, f"{PENDING}{NONCE}", ""),
    Errand(f"{ORIGIN}{PENDING}", "", NONCE),
]


@pytest.mark.parametrize("errand", ELSEWHERE)
def test_a_handover_for_another_sign_in_does_not_open__SS_08__L_42(errand: Errand) -> None:
    assert isinstance(open_handover(Sealer(KEY), errand, sealed()), BadCardAnswer)


def test_what_another_key_sealed_does_not_open__KY_05() -> None:
    assert isinstance(open_handover(Sealer(OTHER_KEY), ERRAND, sealed()), BadCardAnswer)


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "one letter": lambda _: b"A",
    "padding alone": lambda _: b"====",
    "no text": lambda _: b"\xff\xfe",
    "cut off": lambda text: text[:-2],
    "half of it": lambda text: text[:40],
    "one letter changed": lambda text: (b"B" if text[:1] == b"A" else b"A") + text[1:],
    "longer": lambda text: text + b"AAAA",
    "a line break behind it": lambda text: text + b"\n",
    "its bytes": lambda text: base64.b64decode(text + b"=" * (-len(text) % 4), b"-_"),
    "too long": lambda _: b"A" * (LONGEST + 1),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_what_was_not_sealed_is_a_bad_answer__CV_06(change: Callable[[bytes], bytes]) -> None:
    assert isinstance(open_handover(Sealer(KEY), ERRAND, change(sealed())), BadCardAnswer)


@given(st.binary(max_size=200))
def test_no_bytes_crash_it__CV_44(raw: bytes) -> None:
    assert isinstance(open_handover(Sealer(KEY), ERRAND, raw), BadCardAnswer)


@pytest.mark.parametrize("refusal", [CertificateMissing, CertificateExpired, CertificateUntrusted])
def test_a_refusal_is_handed_over_as_itself(refusal: type[EidError]) -> None:
    opened = open_handover(Sealer(KEY), ERRAND, sealed(what=refusal("why")))
    assert type(opened) is refusal


def test_a_refusal_that_the_front_never_says_is_still_one() -> None:
    opened = open_handover(Sealer(KEY), ERRAND, sealed(what=SignatureWrong()))
    assert isinstance(opened, CertificateUntrusted)


# The proof


@dataclass(frozen=True)
class Trial:
    """A handover and all that it is judged by; good by default."""

    challenge: Challenge
    handover: Handover
    good: bool = True
    now: datetime = NOW

    def run(self) -> Any:
        return verify_client_certificate(
            self.handover, self.challenge, self.good, pki().anchors(), self.now
        )


@pytest.fixture
def trial() -> Trial:
    minutes = timedelta(minutes=2)
    challenge = issue_challenge(ChallengePurpose.LOGIN, ORIGIN, b"b" * 32, NOW, minutes)
    return Trial(challenge, shown())


def with_card(**changes: Any) -> Callable[[Trial], Trial]:
    return lambda trial: replace(trial, handover=shown(pki().card(**changes)))


def after(passed: timedelta) -> Callable[[Trial], Trial]:
    return lambda trial: replace(trial, now=NOW + passed)


def with_the_signature_key(trial: Trial) -> Trial:
    return replace(trial, handover=shown(pki().signature_card()))


def of_another_authority(trial: Trial) -> Trial:
    return replace(trial, handover=shown(ThrowAwayPki("Throw-away").card()))


def self_signed(trial: Trial) -> Trial:
    key = ec.generate_private_key(ec.SECP256R1())
    return replace(trial, handover=shown(pki().card(key=key, signing_key=key)))


def not_a_certificate(trial: Trial) -> Trial:
    return replace(trial, handover=Handover(b"0\x82\x01\x00", NOW))


CHANGES: list[tuple[Callable[[Trial], Trial], type[EidError]]] = [
    (after(LIFETIME), ChallengeExpired),
    (lambda trial: replace(trial, good=False), CertificateRevoked),
    (of_another_authority, CertificateUntrusted),
    (self_signed, CertificateUntrusted),
    (with_the_signature_key, CertificateUntrusted),
    (with_card(purposes=[ExtendedKeyUsageOID.SERVER_AUTH]), CertificateUntrusted),
    (with_card(purposes=()), CertificateUntrusted),
    (with_card(curve=ec.SECP256K1()), CertificateUntrusted),
    (with_card(end=NOW - SECOND), CertificateExpired),
    (with_card(begin=NOW + SECOND), CertificateExpired),
    (not_a_certificate, CertificateUntrusted),
]


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_one_change_to_a_good_handover_is_refused__CV_20__CV_21__CV_30(
    trial: Trial, change: Callable[[Trial], Trial], error: type[EidError]
) -> None:
    with pytest.raises(error) as refused:
        change(trial).run()
    assert type(refused.value) is error


def test_a_good_one_proves_its_holder(trial: Trial) -> None:
    verified = trial.run()
    assert verified.personal_number == NUMBER
    assert verified.challenge == trial.challenge
    assert verified.certificate.fingerprint == good_card().fingerprint == trial.handover.fingerprint


def test_it_is_good_for_less_than_its_lifetime(trial: Trial) -> None:
    replace(trial, now=NOW + LIFETIME - SECOND).run()
    assert BEGIN < NOW < END
