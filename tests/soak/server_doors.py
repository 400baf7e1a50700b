"""What browsers, fronts, agencies, the registry and the bureau hand to the server."""

import json
import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from builders import NOW
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pki_for_tests import BEGIN, ThrowAwayPki
from soak.door import Door
from starlette.requests import Request

from api.certificates import UnreadableCertificate, certificate_of
from eid.emrtd import mrz
from eid.errors import BadDocument, EidError
from eid.issuance.applications import read_application
from eid.issuance.documents import read_report
from eid.oidc.registration import read_client
from eid.proofs.card_path import validate_card_path
from eid.proofs.card_signature import read_card_answer
from eid.proofs.client_certificate import Errand, Handover, open_handover, seal_handover
from eid.vietnam import mrz_profile, personal_number, printed_qr
from keys.errors import KeysError, OcspRefused
from keys.pki.ocsp import read_question
from keys.pki.path import validate_path
from keys.pki.profiles import CARD_AUTHENTICATION
from keys.sealing import Sealer

ROOT = Path(__file__).resolve().parents[2]
ORIGIN, NONCE = "http://localhost:8000", "A" * 43 + "="
ERRAND = Errand(ORIGIN, "p" * 43, NONCE)
TD1 = b"\n".join(
    (
        b"IDVNM1900000015001190000001<<6",
        b"9001158F3001156VNM<<<<<<<<<<<0",
        b"NGUYEN<<THI<MAU<<<<<<<<<<<<<<<",
    )
)
PRINTED = "001190000001|123456789|Nguyễn Thị Mẫu|15011990|Nữ|Số 1 phố Thử|01072021".encode()
SLOTS = ("9A", "9C", "9D", "9E", "AA", "CA")


@cache
def pki() -> ThrowAwayPki:
    return ThrowAwayPki()


@cache
def sealer() -> Sealer:
    return Sealer(b"handover key of the long tests !")


def text_lines(data: bytes) -> tuple[str, str, str]:
    lines = [*data.decode("utf-8", "replace").split("\n"), "", "", ""]
    return lines[0], lines[1], lines[2]


def read_registration(data: bytes) -> object:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadDocument("not JSON") from error
    if not isinstance(document, dict):
        raise BadDocument("not an object")
    return read_client(document)


def read_certificate_header(data: bytes) -> object:
    header = (b"x-client-cert", data)
    der = certificate_of(Request({"type": "http", "headers": [header]}))
    assert der is not None
    return validate_card_path(der, pki().anchors(), BEGIN)


def open_certificate_handover(data: bytes) -> object:
    """What is wrong with a handover is told, not raised."""
    opened = open_handover(sealer(), ERRAND, data)
    if isinstance(opened, EidError):
        raise opened
    assert opened == handover()
    return opened


@cache
def handover() -> Handover:
    return Handover(pki().card().der, NOW)


def report() -> bytes:
    keys = [{"slot": slot, "publicKey": "MFkw", "proof": "MEUC"} for slot in SLOTS]
    members: dict[str, Any] = {
        "kind": "eid.key-report:1",
        "order": "00" * 16,
        "card": "11" * 16,
        "chipSerial": "22" * 16,
        "keys": keys,
    }
    return json.dumps(members).encode()


def question() -> bytes:
    issuer = pki().card_ca.certificate
    builder = ocsp.OCSPRequestBuilder()
    builder = builder.add_certificate(pki().card().certificate, issuer, SHA256())
    return builder.build().public_bytes(Encoding.DER)


def certificates() -> tuple[bytes, ...]:
    return pki().card().der, pki().signature_card().der


def as_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def people() -> tuple[bytes, ...]:
    return tuple((ROOT / "docker" / "people.ndjson").read_bytes().splitlines())


DOORS: tuple[Door, ...] = (
    Door(
        "card answer",
        read_card_answer,
        (EidError,),
        lambda: (pki().card().answer(ORIGIN, NONCE),),
        80,
    ),
    Door(
        "certificate of a card",
        lambda data: validate_path(data, pki().anchors(), CARD_AUTHENTICATION, BEGIN),
        (KeysError,),
        certificates,
        60,
    ),
    Door(
        "certificate header",
        read_certificate_header,
        (UnreadableCertificate, EidError),
        lambda: tuple(
            quote(ssl.DER_cert_to_PEM_cert(der), safe="").encode() for der in certificates()
        ),
        30,
    ),
    Door(
        "certificate handover",
        open_certificate_handover,
        (EidError,),
        lambda: (seal_handover(sealer(), ERRAND, handover(), NOW).encode(),),
        20,
    ),
    Door("question about a certificate", read_question, (OcspRefused,), lambda: (question(),), 20),
    Door("application line", read_application, (EidError,), people, 40),
    Door("key report", read_report, (EidError,), lambda: (report(),), 20),
    Door(
        "client file",
        read_registration,
        (EidError,),
        lambda: ((ROOT / "docker" / "clients" / "portal.json").read_bytes(),),
        20,
    ),
    Door("MRZ", lambda data: mrz.parse(text_lines(data)), (EidError,), lambda: (TD1,), 20),
    Door(
        "MRZ of our own cards",
        lambda data: mrz_profile.read_mrz(text_lines(data)),
        (EidError,),
        lambda: (TD1,),
        20,
    ),
    Door("printed QR", as_text(printed_qr.parse), (EidError,), lambda: (PRINTED,), 20),
    Door(
        "personal number", as_text(personal_number.parse), (EidError,), lambda: (PRINTED[:12],), 10
    ),
)
