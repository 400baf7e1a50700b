"""The card's signature over our origin and our challenge: a Web eID token, read, then proved.

What the token says is named `CardAnswer` and is believed by nobody. `verify_card_signature` makes
a `VerifiedCardSignature` of it, in the order of Web eID's own validator, or raises. The origin is
not in the token: it is ours, so that what was signed for another site proves nothing here (CV-54).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from eid.domain.challenge import Challenge
from eid.errors import BadCardAnswer, CertificateRevoked, SignatureWrong
from eid.proofs.answers import base64_octets, json_object
from eid.proofs.card_path import validate_card_path
from keys.algorithms import verify
from keys.errors import SignatureInvalid
from keys.pki.anchors import TrustAnchors
from keys.pki.path import TrustedCertificate

FORMAT: Final = "web-eid:1.0"  # the whole text: Web eID's own libraries compare a prefix alone
LEAST_SIZE: Final = 100
MOST_SIZE: Final = 10_000
HASHES: Final = {"ES256": hashlib.sha256, "ES384": hashlib.sha384}  # all that our cards sign with
REQUIRED: Final = frozenset({"format", "unverifiedCertificate", "algorithm", "signature"})
MEMBERS: Final = REQUIRED | {"appVersion"}


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What a card answer says: certificate (DER) and signature (raw r || s), both unverified."""

    unverified_certificate: bytes
    algorithm: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class VerifiedCardSignature:
    """The key of this certificate signed this challenge, at our origin, while it was in force."""

    certificate: TrustedCertificate
    challenge: Challenge
    personal_number: str


def fingerprint(answer: CardAnswer) -> bytes:
    """SHA-256 of the certificate, to look its standing up: a look-up, not trust."""
    return hashlib.sha256(answer.unverified_certificate).digest()


def read_card_answer(body: bytes) -> CardAnswer:
    """Read a card answer; raises `BadCardAnswer` for everything that is not exactly one (CV-06)."""
    if not LEAST_SIZE <= len(body) <= MOST_SIZE:
        raise BadCardAnswer(f"{len(body)} bytes")
    members = _members(body)
    if members["format"] != FORMAT:
        raise BadCardAnswer("not the format we speak")
    if members["algorithm"] not in HASHES:
        raise BadCardAnswer("not an algorithm of our cards")
    return CardAnswer(
        unverified_certificate=base64_octets(members["unverifiedCertificate"]),
        algorithm=members["algorithm"],
        signature=base64_octets(members["signature"]),
    )


def claimed_answer(body: bytes) -> CardAnswer | BadCardAnswer:
    """Read a card answer while gathering: a refusal is handed on as a fact, to be decided on."""
    try:
        return read_card_answer(body)
    except BadCardAnswer as refusal:
        return refusal


def verify_card_signature(
    answer: CardAnswer,
    challenge: Challenge,
    certificate_good: bool,  # noqa: FBT001 - the status that the register handed in
    anchors: TrustAnchors,
    now: datetime,
) -> VerifiedCardSignature:
    """Prove that the card behind a good certificate answered this challenge at this origin.

    `challenge` has been spent and checked (`check_challenge`); `certificate_good` is what the
    register says of `fingerprint(answer)`, False when it does not know it (CV-30).
    Raises `CertificateExpired`, `CertificateUntrusted`, `CertificateRevoked`, `SignatureWrong`.
    """
    # 1. Sizes, form and algorithm name: `read_card_answer` let nothing else become a CardAnswer.
    # 2. The path: one of our anchors issued it, for authentication and nothing else (CV-20, CV-21).
    trusted = validate_card_path(answer.unverified_certificate, anchors, now)
    # 3. The algorithm is what the proven key signs with; the token may only agree (CV-10).
    algorithm, key = trusted.algorithm, trusted.certificate.public_key()
    if algorithm != answer.algorithm or not isinstance(key, EllipticCurvePublicKey):
        raise SignatureWrong(f"claims {answer.algorithm}, the key is one for {algorithm}")
    # 4. The signature, as fixed-length r || s with both in range (CV-13), over what we recompute.
    try:
        verify(algorithm, key, _signed(algorithm, challenge), answer.signature)
    except SignatureInvalid as wrong:
        raise SignatureWrong(str(wrong)) from None
    # 5. The status, at each sign-in: revoked, held and unknown are one (CV-30). It is told to the
    #    holder alone, so possession is proved first.
    if not certificate_good:
        raise CertificateRevoked("the register does not call it good")
    return VerifiedCardSignature(trusted, challenge, trusted.personal_number)


def _signed(algorithm: str, challenge: Challenge) -> bytes:
    """hash(origin) || hash(nonce): each at its fixed length, so neither can reach into the other.

    Both are hashed as text (Web eID): the nonce is not decoded first.
    """
    digest = HASHES[algorithm]
    origin, nonce = challenge.origin.encode("utf-8"), challenge.nonce.encode("utf-8")
    return digest(origin).digest() + digest(nonce).digest()


def _members(body: bytes) -> dict[str, str]:
    read = json_object(body)
    if not MEMBERS >= read.keys() >= REQUIRED:
        raise BadCardAnswer("not the members of a card answer")
    members = {name: value for name, value in read.items() if isinstance(value, str)}
    if len(members) != len(read):
        raise BadCardAnswer("a member is not text")
    return members
