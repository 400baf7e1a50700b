"""Our document signer: its seal, from the vault, on what is written into a chip."""

import asyncio

import pytest
from chips_for_tests import SECURITY_OBJECT
from cryptography.x509 import ObjectIdentifier
from unit.keys.pki.held import MATERIAL, VAULT
from unit.keys.pki.makers import NOW

from keys.cms import open_signed_data, signer_certificate, verify_signed_data
from keys.errors import ProfileViolation
from keys.pki.anchors import DocumentAnchors
from keys.pki.document_signer import DocumentSigner
from keys.pki.foreign import validate_signer
from keys.pki.profiles import CARD_CA, CSCA, DOCUMENT_SIGNER

TYPE = ObjectIdentifier(SECURITY_OBJECT)


def signer() -> DocumentSigner:
    own = MATERIAL.minted[DOCUMENT_SIGNER.name]
    return DocumentSigner(own.certificate, VAULT, own.handle)


def test_what_it_seals_leads_to_the_root() -> None:
    sealed = signer().sign(b"hashes", TYPE)
    assert signer().sign(b"hashes", TYPE) == sealed
    claimed = open_signed_data(sealed)
    anchors = DocumentAnchors([MATERIAL.minted[CSCA.name].certificate])
    proved = validate_signer(signer_certificate(claimed), anchors, NOW)
    assert proved.country == "VN"
    assert verify_signed_data(claimed, proved.key).content == b"hashes"


def test_only_a_document_signer_seals_and_only_with_its_key() -> None:
    card_ca, own = MATERIAL.minted[CARD_CA.name], MATERIAL.minted[DOCUMENT_SIGNER.name]
    with pytest.raises(ProfileViolation, match="not a document signer"):
        DocumentSigner(card_ca.certificate, VAULT, card_ca.handle)
    stranger = asyncio.run(VAULT.generate("ES256"))
    with pytest.raises(ProfileViolation, match="key"):
        DocumentSigner(own.certificate, VAULT, stranger)
