"""A card PKI, a country and a good card of each kind, made once for all tests of cards."""

import asyncio
from collections.abc import Coroutine
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

from builders import make_card_document
from chips_for_tests import Country, SoftChip, make_chip
from cryptography import x509
from pki_for_tests import SoftCard, ThrowAwayPki

from eid.domain.card import CardDocument
from eid.proofs.trust import CardTrust
from keys.pki.anchors import DocumentAnchors

T = TypeVar("T")


@cache
def pki() -> ThrowAwayPki:
    return ThrowAwayPki()


@cache
def good_card() -> SoftCard:
    return pki().card()


@cache
def home() -> Country:
    return Country("VN")


@cache
def good_chip() -> SoftChip:
    return make_chip(home().signer())


@cache
def trust() -> CardTrust:
    own = x509.load_der_x509_certificate(home().csca.certificate)
    return CardTrust(pki().anchors(), DocumentAnchors([own]))


def document_of(chip: SoftChip) -> CardDocument:
    """What the register keeps of a chip's document: its security object without the file's tag."""
    return make_card_document(fingerprint=sha256(chip.sod[4:]).digest())


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
