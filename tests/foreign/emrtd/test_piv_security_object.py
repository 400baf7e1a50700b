"""The PIV security object: issued by the real issuance, written by the real factory, read back from
the card, and judged by openssl.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from foreign.pcsc.strangers import run as run_stranger
from unit.issuance.issuer_for_tests import (
    CA_BEGINS,
    CEREMONY,
    MAU,
    POLICY,
    DeterministicVault,
    Issuer,
    as_line,
    run,
)

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.applications.piv.objects import OBJECTS
from chipcard_sim.bridge.chip_state import get_object
from chipcard_sim.bureau.documents import build_report, read_order, read_pack
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.piv import PivClient
from eid.emrtd.security_object import read_security_object
from eid.issuance.cards import CardIssuance
from eid.issuance.certifying import Certifier
from eid.issuance.passport import DocumentMaker
from keys.cms import open_signed_data, verify_signed_data
from keys.pki.ceremony import Material, hold
from keys.pki.ceremony import read_ceremony as parts_of
from keys.pki.profiles import CARD_CA, CSCA, DOCUMENT_SIGNER

PIN, PUK = "135790", "24681357"
SECURITY_OBJECT = 0x5FC106
# NIST SP 800-73-4 part 1, table 3: CHUID, capabilities, printed information, key history.
MAPPING = bytes.fromhex("033000 04DB00 053001 066060")
NUMBERED = (0x5FC102, 0x5FC107, 0x5FC109, 0x5FC10C)
WHILE_IT_HOLDS = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
NOT_VERIFIED = 4  # openssl-cms(1)


@dataclass(frozen=True)
class Made:
    """What issuance knows, the pack it wrote, and the folder of the factory."""

    material: Material
    pack: dict[str, Any]
    folder: Path

    def written(self, **changes: Any) -> Connection:
        """The card with its pack written, changed or not; the PIN was shown."""
        write_pack(read_pack(json.dumps(self.pack | changes)), self.folder)
        (place,) = self.folder.glob("*.card")
        card = Card.open(place, applications=APPLICATIONS)
        client = PivClient(card)
        client.select()
        client.verify_pin(PIN)
        return Connection(card)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    async def issuance() -> tuple[CardIssuance, Material]:
        vault = DeterministicVault()
        material = await hold(parts_of(CEREMONY), vault, CA_BEGINS, existing=None)
        certifier = Certifier(issuer.register, await material.authority(CARD_CA, vault))
        maker = DocumentMaker(await material.document_signer(vault), issuer.portraits)
        return CardIssuance(issuer.store, certifier, maker, POLICY), material

    issuer = Issuer()
    issuer.issue(as_line(MAU))
    cards, material = run(issuance())
    (chip,) = issuer.chips(cards)
    report = build_report(make_chip(read_order(json.dumps(chip.order)), tmp_path, PIN, PUK))
    pack = run(cards.complete(issuer.visit, report))
    return Made(material, json.loads(pack), tmp_path)


def content(card: Connection, tag: int) -> bytes:
    return tlv.value(get_object(card, tag).data, 0x53)


def test_the_object_on_the_card_lists_what_the_card_tells__sp800_73_4_p1_3_1_7(made: Made) -> None:
    card = made.written()
    held = content(card, SECURITY_OBJECT)
    mapping, container, check = tlv.values(held, 0xBA, 0xBB, 0xFE)
    assert (mapping, check) == (MAPPING, b"")
    assert len(held) <= OBJECTS[SECURITY_OBJECT].size
    signer = made.material.minted[DOCUMENT_SIGNER.name].certificate.public_key()
    verified = verify_signed_data(open_signed_data(container), signer)  # type: ignore[arg-type]
    listed = read_security_object(verified.content)
    assert listed.hash == "sha256"
    assert listed.hashes == {
        number: sha256(content(card, tag)).digest() for number, tag in enumerate(NUMBERED, 3)
    }


def test_it_is_signed_by_the_state__sp800_73_4_p1_3_1_7(made: Made, tmp_path: Path) -> None:
    _, container, _ = tlv.values(content(made.written(), SECURITY_OBJECT), 0xBA, 0xBB, 0xFE)
    csca = made.material.minted[CSCA.name].certificate

    def judge(der: bytes, anchor: x509.Certificate) -> int:
        (tmp_path / "object.der").write_bytes(der)
        (tmp_path / "csca.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
        words = ["-inform", "DER", "-in", tmp_path / "object.der"]
        words += ["-CAfile", tmp_path / "csca.pem", "-out", tmp_path / "signed"]
        moment = ["-attime", WHILE_IT_HOLDS, "-purpose", "any"]
        return run_stranger("openssl", "cms", "-verify", *words, *moment).code

    assert judge(container, csca) == 0
    at = container.index(b"\x02\x01\x03\x04\x20") + 10  # in the printed information's hash
    altered = container[:at] + bytes((container[at] ^ 1,)) + container[at + 1 :]
    assert judge(altered, csca) == NOT_VERIFIED
    assert judge(container, made.material.minted[CARD_CA.name].certificate) == NOT_VERIFIED


def test_it_can_never_pass_for_a_passport_of_ours__icao9303_11_6_1(made: Made) -> None:
    """The chip's own key (data group 15) is not in it: the server wants that group listed."""
    claimed = open_signed_data(base64.b64decode(made.pack["pivSecurityObject"]))
    assert max(read_security_object(claimed.content).hashes) < 15


def test_a_pack_without_one_is_written_too(made: Made) -> None:
    del made.pack["pivSecurityObject"]
    assert not get_object(made.written(), SECURITY_OBJECT).is_ok


def swapped(made: Made) -> str:
    """The signature over the passport, where the one over the PIV objects should be."""
    (sod,) = (row["content"] for row in made.pack["files"] if row["file"] == "011D")
    return base64.b64encode(tlv.value(base64.b64decode(sod), 0x77)).decode()


@pytest.mark.parametrize(
    ("spoil", "error"),
    [(swapped, OrderConflict), (lambda _: "MAA=", DocumentMalformed)],
    ids=["of other hashes", "no container"],
)
def test_an_object_of_other_hashes_is_never_written(
    made: Made, spoil: Callable[[Made], str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        made.written(pivSecurityObject=spoil(made))
    made.written()
