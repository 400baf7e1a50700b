"""The ceremony: what its file says is made, once."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from unit.keys.pki.held import HOLDER, MATERIAL, TEXT, VAULT, held
from unit.keys.pki.makers import NOW, der, new_key
from unit.keys.stores import MemoryBlobs

from keys.cms import DATA, open_signed_data, verify_signed_data
from keys.errors import (
    CeremonyRefused,
    OcspRefused,
    ProfileViolation,
)
from keys.pki.authority import CertificateAuthority
from keys.pki.ceremony import Material, dump_material, hold, read_ceremony, read_material
from keys.pki.path import validate_path
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    DOCUMENT_SIGNER,
)
from keys.pki.register import new_serial
from keys.vault.memory import MemoryVault
from keys.vault.wrapped import WrappedVault


def test_the_demo_ceremony_makes_what_its_file_says() -> None:
    made = {name: own.certificate for name, own in MATERIAL.minted.items()}
    assert {name: c.subject.rfc4514_string() for name, c in made.items()} == {
        "csca": "CN=Not-VNeID Demo CSCA,O=Not-VNeID Demo,C=VN",
        "document_signer": "CN=Not-VNeID Demo Document Signer 1,O=Not-VNeID Demo,C=VN",
        "card_ca": "CN=Not-VNeID Demo Card CA 1,O=Not-VNeID Demo,C=VN",
        "ocsp_responder": "CN=Not-VNeID Demo OCSP Responder 1,O=Not-VNeID Demo,C=VN",
    }
    # RFC 6960 section 4.2.2.2: who answers for an authority's certificates, it named itself.
    assert made.pop("ocsp_responder").issuer == made["card_ca"].subject
    assert {c.issuer for c in made.values()} == {made["csca"].subject}
    assert [(c.not_valid_after_utc - NOW).days for c in made.values()] == [9125, 7300, 7300]
    assert len({c.serial_number for c in made.values()}) == 3


def test_a_ceremony_is_deterministic_but_for_keys_and_serials() -> None:
    def shape(material: Material) -> list[object]:
        return [
            (c.subject, c.issuer, c.not_valid_before_utc, c.not_valid_after_utc, len(c.extensions))
            for c in (own.certificate for own in material.minted.values())
        ]

    other = held(MemoryVault())
    assert shape(other) == shape(MATERIAL)
    assert other.certificates() != MATERIAL.certificates()


def test_a_ceremony_is_held_once() -> None:
    parts = read_ceremony(TEXT)
    with pytest.raises(CeremonyRefused, match="already held"):
        asyncio.run(hold(parts, VAULT, NOW, existing=MATERIAL))
    again = asyncio.run(hold(parts, VAULT, NOW, existing=MATERIAL, replace=True))
    assert again.certificates() != MATERIAL.certificates()


def test_the_material_is_kept_and_read_again_without_a_secret() -> None:
    blobs, wrapping_key = MemoryBlobs(), bytes(32)
    vault = WrappedVault(blobs, wrapping_key)
    document = dump_material(asyncio.run(hold(read_ceremony(TEXT), vault, NOW, existing=None)))
    fresh = WrappedVault(blobs, wrapping_key)
    cards = asyncio.run(read_material(document).authority(CARD_CA, fresh))
    begin, end = cards.validity(CARD_AUTHENTICATION, NOW)
    leaf = cards.issue(
        CARD_AUTHENTICATION,
        HOLDER,
        new_key().public_key(),
        serial=new_serial(),
        not_before=begin,
        not_after=end,
    )
    trusted = validate_path(der(leaf), read_material(document).anchors(), CARD_AUTHENTICATION, NOW)
    assert trusted.personal_number == "001190000001"


def test_the_document_signer_of_a_ceremony_signs_and_can_do_nothing_else() -> None:
    blobs, wrapping_key = MemoryBlobs(), bytes(32)
    vault = WrappedVault(blobs, wrapping_key)
    material = asyncio.run(hold(read_ceremony(TEXT), vault, NOW, existing=None))
    fresh = WrappedVault(blobs, wrapping_key)
    signer = asyncio.run(material.document_signer(fresh))
    assert signer.certificate == material.minted["document_signer"].certificate
    signed = signer.sign(b"content", DATA)
    assert signer.sign(b"content", DATA) == signed  # a card's pack can be made again
    claimed = open_signed_data(signed)
    public_key = signer.certificate.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    assert verify_signed_data(claimed, public_key).content == b"content"
    with pytest.raises(ProfileViolation):
        asyncio.run(material.authority(DOCUMENT_SIGNER, fresh))


def test_another_s_key_signs_no_documents() -> None:
    signer, csca = MATERIAL.minted["document_signer"], MATERIAL.minted["csca"]
    swapped = Material({**MATERIAL.minted, "document_signer": replace(signer, handle=csca.handle)})
    with pytest.raises(ProfileViolation, match="not the document signer's key"):
        asyncio.run(swapped.document_signer(VAULT))


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"csca": 1}', b'{"csca": {"handle": ""}}']
)
def test_what_is_no_material_is_refused(document: bytes) -> None:
    with pytest.raises(CeremonyRefused):
        read_material(document)


def test_two_keys_exchanged_in_the_material_are_noticed() -> None:
    csca, cards = MATERIAL.minted["csca"], MATERIAL.minted["card_ca"]
    with pytest.raises(ProfileViolation, match="not its key"):
        CertificateAuthority(CARD_CA, cards.certificate, VAULT, csca.handle)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "[",
        lambda text: text + "\n[extra]\n",
        lambda text: text.replace("[card_ca]", "[card_cb]"),
        lambda text: text.replace("days = 7300", "days = 9126", 1),
        lambda text: text.replace("days = 7300", "days = 0", 1),
        lambda text: text.replace("days = 7300", "days = true", 1),
        lambda text: text.replace("days = 7300", 'days = "7300"', 1),
        lambda text: text.replace("days = 7300", "days = 7300\nyears = 2", 1),
        lambda text: text.replace("days = 9125", "days = 9999", 1),
        lambda text: text.replace("days = 9125", "days = 7000", 1),
        lambda text: text.replace('"ES384"', '"RS256"', 1),
        lambda text: text.replace('algorithm = "ES384"\n', "", 1),
        lambda _: "",
        lambda _: "csca = 1\ndocument_signer = 1\ncard_ca = 1",
    ],
)
def test_one_change_to_a_good_ceremony_file_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(CeremonyRefused):
        read_ceremony(change(TEXT))


def test_authorities_of_the_first_version_are_read_and_answer_no_question__rfc6960_2_3() -> None:
    rows = json.loads(dump_material(MATERIAL))
    del rows["ocsp_responder"]
    older = read_material(json.dumps(rows).encode())
    assert older.certificates() == {
        name: der for name, der in MATERIAL.certificates().items() if name != "ocsp_responder"
    }
    with pytest.raises(OcspRefused, match="unauthorized"):
        asyncio.run(older.responder(VAULT))
    del rows["card_ca"]
    with pytest.raises(CeremonyRefused):
        read_material(json.dumps(rows).encode())
