"""What a good card answers: every fault begins here, and changes one thing."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.agent import ALGORITHMS, APP_VERSION, FORMAT, CitizenAgent
from chipcard_sim.terminal.chip_reading import read_chip
from chipcard_sim.terminal.piv import AUTHENTICATION_SLOT, PivClient

Members = dict[str, Any]
COORDINATE = 32  # bytes on P-256, the curve of every forged key


@dataclass(frozen=True, slots=True)
class Ask:
    """What a reader is asked, and what its holder knows.

    `accepted` is an answer that the provider took for the same nonce, where there is one.
    """

    origin: str
    nonce: str
    pin: str = field(default="", repr=False)
    can: str = field(default="", repr=False)
    accepted: str | None = None


class NeedsAccepted(Exception):
    """This fault repeats an answer that was accepted, and was given none."""


def genuine_answer(card: Transport, ask: Ask, *, is_read: bool = False) -> str:
    """The text of a good answer."""
    return json.dumps(reading(card, ask) if is_read else token(card, ask))


def token(card: Transport, ask: Ask) -> Members:
    """The members of a good card answer. Raises as `CitizenAgent.answer`."""
    return dict(CitizenAgent(card).answer(ask.origin, ask.nonce, ask.pin))


def reading(card: Transport, ask: Ask) -> Members:
    """The members of a good chip reading. Raises as `read_chip`."""
    return read_chip(card, ask.origin, ask.nonce, ask.can)


def signed(origin: bytes, nonce: bytes) -> bytes:
    """What a card of P-256 signs: hash(origin) || hash(nonce)."""
    return sha256(origin).digest() + sha256(nonce).digest()


def certificate_of(card: Transport, slot: int = AUTHENTICATION_SLOT) -> x509.Certificate:
    """The certificate of a slot, for which no PIN is asked."""
    client = PivClient(card)
    client.select()
    return x509.load_der_x509_certificate(client.certificate(slot))


def sign_on_card(card: Transport, slot: int, message: bytes, pin: str | None) -> Members:
    """Have any key of the card sign any message: a token's members."""
    client = PivClient(card)
    client.select()
    certificate = client.certificate(slot)
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("the demo's cards have elliptic curve keys")
    name, digest, size = ALGORITHMS[key.curve.name]
    if pin is not None:
        client.verify_pin(pin)
    try:
        signature = client.sign(slot, digest(message).digest())
    finally:
        client.log_out()
    return token_of(certificate, raw(signature, size), name)


def soft_token(ask: Ask, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> Members:
    """A token whose signature a key of ours makes, beside any certificate."""
    message = signed(ask.origin.encode(), ask.nonce.encode())
    return token_of(certificate, soft_signature(key, message))


def soft_signature(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """ECDSA with SHA-256, raw."""
    return raw(key.sign(message, ec.ECDSA(SHA256())), COORDINATE)


def token_of(certificate: bytes, signature: bytes, algorithm: str = "ES256") -> Members:
    """The members of a token."""
    return {
        "format": FORMAT,
        "unverifiedCertificate": text(certificate),
        "algorithm": algorithm,
        "signature": text(signature),
        "appVersion": APP_VERSION,
    }


def raw(signature: bytes, size: int) -> bytes:
    """DER to r || s."""
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def halves(members: Mapping[str, Any]) -> tuple[int, int, int]:
    """Numbers r and s of a token, and how many bytes each has."""
    signature = octets(members["signature"])
    size = len(signature) // 2
    return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"), size


def text(raw_bytes: bytes) -> str:
    """Base64."""
    return b64encode(raw_bytes).decode("ascii")


def octets(base64: str) -> bytes:
    """Base64 undone."""
    return b64decode(base64, validate=True)
