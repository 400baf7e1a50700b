"""What the provider publishes of its card certificates (/pki/*.cer, card_ca.crl, /pki/ocsp)."""

import asyncio
import base64
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asn1crypto import ocsp as cms_ocsp  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from integration.api.front_door import FrontDoor

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card
from chipcard_sim.terminal.piv import AUTHENTICATION_SLOT, PivClient
from eid.bootstrap import build_services
from eid.standing import certificates
from keys.pki.crl import build_crl

WHO = "adult_hanoi"
OCSP_REQUEST = {"Content-Type": "application/ocsp-request"}


def shown(door: FrontDoor) -> x509.Certificate:
    """The certificate that a person's card shows to everybody."""
    place = door.folder / "cards" / f"{door.number(WHO)}.card"
    client = PivClient(Card.open(place, applications=APPLICATIONS))
    client.select()
    return x509.load_der_x509_certificate(client.certificate(AUTHENTICATION_SLOT))


def authority(door: FrontDoor, name: str) -> x509.Certificate:
    found = door.http.get(f"/pki/{name}.cer")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/pkix-cert")
    return x509.load_der_x509_certificate(found.content)


def question(door: FrontDoor) -> bytes:
    builder = ocsp.OCSPRequestBuilder()
    builder = builder.add_certificate(shown(door), authority(door, "card_ca"), SHA256())
    return builder.build().public_bytes(Encoding.DER)


def told(answer: httpx2.Response) -> ocsp.OCSPResponse:
    assert answer.headers["content-type"] == "application/ocsp-response"
    assert answer.status_code == 200
    return ocsp.load_der_ocsp_response(answer.content)


def revoke(door: FrontDoor) -> None:
    visit = door.services.visit("test")
    door.run(door.services.standing.revoke_card(visit, door.number(WHO), "keyCompromise"))


def test_a_revoked_card_is_said_to_be_revoked_at_once__CV_30(door: FrontDoor) -> None:
    asked = question(door)
    before = told(door.http.post("/pki/ocsp", content=asked, headers=OCSP_REQUEST))
    assert before.certificate_status is ocsp.OCSPCertStatus.GOOD
    revoke(door)
    after = told(door.http.post("/pki/ocsp", content=asked, headers=OCSP_REQUEST))
    assert after.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert after.revocation_reason is x509.ReasonFlags.key_compromise


def test_one_may_ask_by_address__rfc6960_a_1(shared_door: FrontDoor) -> None:
    path = base64.b64encode(question(shared_door)).decode().replace("/", "%2F").replace("+", "%2B")
    answer = shared_door.http.get(f"/pki/ocsp/{path}")
    assert told(answer).certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("junk", [b"", b"\x30", b"<html>", b"\x30\x80" * 200])
def test_junk_gets_the_standards_refusal__rfc6960_2_3(shared_door: FrontDoor, junk: bytes) -> None:
    answer = shared_door.http.post("/pki/ocsp", content=junk, headers=OCSP_REQUEST)
    assert told(answer).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    by_address = shared_door.http.get("/pki/ocsp/not-base64!")
    assert told(by_address).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def advance(door: FrontDoor, seconds: int) -> None:
    assert door.services.demo is not None
    door.services.demo.clock.advance(seconds)


def test_the_next_list_holds_the_certificates_of_a_revoked_card__rfc5280_5(
    door: FrontDoor, tmp_path: Path
) -> None:
    serial = shown(door).serial_number
    revoke(door)
    advance(door, door.services.settings.pki.crl_every)
    answer = door.http.get("/pki/card_ca.crl")
    assert answer.headers["content-type"] == "application/pkix-crl"
    crl = x509.load_der_x509_crl(answer.content)
    assert crl.get_revoked_certificate_by_serial_number(serial) is not None
    (tmp_path / "crl").write_bytes(answer.content)
    (tmp_path / "ca").write_bytes(authority(door, "card_ca").public_bytes(Encoding.PEM))
    judge = ["openssl", "crl", "-inform", "DER", "-in", "crl", "-CAfile", "ca", "-noout"]
    judged = subprocess.run(judge, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert judged.stderr.strip() == "verify OK"


def number(der: bytes) -> int:
    crl = x509.load_der_x509_crl(der)
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_every_worker_hands_out_the_same_list__rfc5280_5_2_3__CV_33(door: FrontDoor) -> None:
    """One that looked before a revocation, and one that looks after it, in the same hour."""
    early = door.http.get("/pki/card_ca.crl").content
    revoke(door)
    other = build_services(door.services.settings)
    door.run(other.open(chores=False))
    late = door.run(other.statuses.revocation_list(other.visit("test")))
    door.run(other.close())
    assert late == early
    advance(door, door.services.settings.pki.crl_every)
    assert number(door.http.get("/pki/card_ca.crl").content) > number(early)


def test_a_crowd_that_asks_for_the_list_makes_it_once__PL_02(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def build(*args: Any, **more: Any) -> bytes:
        made.append(more)
        return build_crl(*args, **more)

    monkeypatch.setattr(certificates, "build_crl", build)
    visit = door.services.visit("test")

    async def crowd() -> set[bytes]:
        asked = (door.services.statuses.revocation_list(visit) for _ in range(20))
        return set(await asyncio.gather(*asked))

    assert len(door.run(crowd())) == 1
    assert len(made) == 1


@pytest.mark.parametrize("issuer", ["csca", "document_signer"])
def test_another_issuers_certificate_is_not_answered_for__rfc6960_2_3(
    shared_door: FrontDoor, issuer: str
) -> None:
    builder = ocsp.OCSPRequestBuilder()
    other = authority(shared_door, issuer)
    asked = builder.add_certificate(shown(shared_door), other, SHA256()).build()
    answer = shared_door.http.post(
        "/pki/ocsp", content=asked.public_bytes(Encoding.DER), headers=OCSP_REQUEST
    )
    assert told(answer).response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("serial", [0, -1, -(2**160), 2**160, 2**300])
def test_a_serial_that_no_certificate_has_is_malformed__rfc5280_4_1_2_2(
    shared_door: FrontDoor, serial: int
) -> None:
    good = cms_ocsp.OCSPRequest.load(question(shared_door))
    named = good["tbs_request"]["request_list"][0]["req_cert"]
    named["serial_number"] = serial
    asked = good.dump(force=True)
    answer = shared_door.http.post("/pki/ocsp", content=asked, headers=OCSP_REQUEST)
    assert told(answer).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_an_unknown_authority_is_not_found(shared_door: FrontDoor) -> None:
    assert shared_door.http.get("/pki/nobody.cer").status_code == 404
