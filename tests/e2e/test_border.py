"""The border between server and card world: what one side writes, the other reads by its own code.

No process runs here. The documents are made by the side that makes them and read by the other one;
a card is made by the factory, certified, and answers a challenge that the server verifies.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from builders import make_citizen
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import assume, given
from hypothesis import strategies as st
from passport_cards import passport_files, the_state
from pki_for_tests import (
    AUTHENTICATION_POLICY,
    SIGNATURE_POLICY,
    ThrowAwayPki,
    certify,
    person,
    usage,
)

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau import documents as bureau
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.chip_reading import read_chip
from chipcard_sim.terminal.emrtd import EmrtdClient
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.changes import AddCardOrder
from eid.domain.holder import Citizen, PersonName
from eid.domain.identifiers import CardId, OrderId
from eid.errors import BadCardAnswer, BadDocument, ChipNotGenuine, SignatureWrong
from eid.issuance import documents as server
from eid.issuance.applications import read_application
from eid.issuance.certifying import ReportedKey, prove_possession
from eid.issuance.orders import order_card
from eid.issuance.policy import IssuancePolicy
from eid.proofs.card_signature import read_card_answer, verify_card_signature
from eid.proofs.challenges import issue_challenge
from eid.proofs.document import authenticate_document, read_chip_reading
from keys.pki.anchors import DocumentAnchors

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ISSUED = date(2021, 7, 1)
ORIGIN = "http://localhost:8000"
PIN, PUK = "123456", "12345678"
SERIAL_KEY = bytes(range(32))
KEYS = (
    ("9A", "card_authentication"),
    ("9C", "card_signature"),
    ("9D", "card_key_agreement"),
    ("9E", "card_presence"),
    ("AA", "active_authentication"),
    ("CA", "chip_authentication"),
)
CERTIFIED = ("9A", "9C", "9D", "9E")
FILES = (0x011C, 0x011D, 0x011E, 0x0101, 0x010D, 0x010E, 0x010F)

Json = Any
Change = Callable[[Json], object]


def order_line(holder: Citizen | None = None, algorithm: str = "ES256") -> str:
    """The order that issuance would write for a citizen."""
    policy = IssuancePolicy("X", SERIAL_KEY, algorithm)
    ordered = order_card(policy, holder or make_citizen(), ISSUED, NOW)
    return next(c.order.document for c in ordered.changes if isinstance(c, AddCardOrder))


@dataclass(frozen=True)
class Crossing:
    """One card's way over the border and back: all four documents, and the finished card."""

    order: str
    report: str
    pack: str
    card: Path
    pki: ThrowAwayPki

    def agent(self) -> CitizenAgent:
        return CitizenAgent(Card.open(self.card, applications=APPLICATIONS))


def cross(folder: Path, algorithm: str) -> Crossing:
    """Order, chip, report, certificates, pack, locked card."""
    order = order_line(algorithm=algorithm)
    read = bureau.read_order(order)
    report = bureau.build_report(make_chip(read, folder, PIN, PUK))
    heard, pki = server.read_report(report), ThrowAwayPki()
    rows = tuple(
        (key.slot, certificate_for(pki, key)) for key in heard.keys if key.slot in CERTIFIED
    )
    made = {key.slot: key.public_key for key in heard.keys}
    files = tuple(passport_files(made, the_state()).items())
    pack = server.build_pack(server.CardPack(heard.order, heard.card, rows, files))
    write_pack(bureau.read_pack(pack), folder)
    return Crossing(order, report, pack, folder / f"{read.document_number}.card", pki)


def certificate_for(pki: ThrowAwayPki, key: server.MadeKey) -> bytes:
    signs_in = key.slot == "9A"
    public_key = load_der_public_key(key.public_key)
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    made = certify(
        person(),
        public_key,
        pki.card_ca,
        pki.card_ca.key,
        key_usage=usage("digital_signature" if signs_in else "content_commitment"),
        policy=AUTHENTICATION_POLICY if signs_in else SIGNATURE_POLICY,
        purposes=[ExtendedKeyUsageOID.CLIENT_AUTH] if signs_in else (),
    )
    return made.public_bytes(Encoding.DER)


def prove(crossing: Crossing) -> tuple[ReportedKey, ...]:
    wanted = server.read_order(crossing.order)
    return prove_possession(server.read_report(crossing.report), wanted.keys, SERIAL_KEY)


@pytest.fixture(scope="module", params=["ES256", "ES384"])
def crossing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crossing:
    return cross(tmp_path_factory.mktemp("border"), request.param)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Crossing:
    return cross(tmp_path_factory.mktemp("usual"), "ES256")


def challenge(origin: str = ORIGIN) -> Challenge:
    return issue_challenge(ChallengePurpose.LOGIN, origin, b"sign-in", NOW, timedelta(minutes=2))


# There and back


def test_the_bureau_reads_the_order_that_issuance_wrote() -> None:
    holder = make_citizen()
    order = bureau.read_order(order_line(holder))
    assert order.holder == bureau.Holder(
        number=holder.number,
        name=holder.name.full,
        latin_name=holder.name.latin,
        born=holder.born,
        sex=holder.sex.value,
        nationality=holder.nationality,
    )
    assert (order.issued, order.valid_until) == (ISSUED, date(2030, 1, 15))
    assert [(key.slot, key.profile, key.algorithm) for key in order.keys] == [
        (slot, use, "ES256") for slot, use in KEYS
    ]
    assert order.can is not None
    assert re.fullmatch("[0-9]{6}", order.can)
    assert order.mrz[0].startswith("IDVNM190000001")
    assert "001190000001<<" in order.mrz[0]


def test_a_card_that_never_expires_is_ordered_as_one() -> None:
    order = bureau.read_order(order_line(make_citizen(born=date(1958, 4, 3))))
    assert order.valid_until is None


def test_issuance_reads_the_report_that_the_bureau_wrote(crossing: Crossing) -> None:
    order = bureau.read_order(crossing.order)
    report, wire = server.read_report(crossing.report), json.loads(crossing.report)
    assert (report.order.hex(), report.card.hex()) == (order.order, order.card)
    assert report.chip_serial.hex() == wire["chipSerial"]
    assert [(key.slot, key.public_key, key.proof) for key in report.keys] == [
        (key["slot"], base64.b64decode(key["publicKey"]), base64.b64decode(key["proof"]))
        for key in wire["keys"]
    ]


def test_issuance_reads_of_the_objects_what_the_bureau_wrote(crossing: Crossing) -> None:
    told = server.read_report(crossing.report).objects
    assert [made.tag for made in told] == ["5FC102", "5FC107", "5FC109", "5FC10C"]
    assert [(made.tag, made.hash) for made in told] == [
        (made.tag, made.hash) for made in bureau.read_report(crossing.report).objects
    ]


def test_both_sides_read_papers_from_before_the_security_object(usual: Crossing) -> None:
    report = changed(usual.report, drop("objects"))
    assert server.read_report(report).objects == ()
    assert bureau.read_report(report).objects == ()
    assert bureau.read_pack(usual.pack).piv_security_object is None


def test_issuance_believes_the_proofs_of_the_chip(usual: Crossing) -> None:
    assert [(key.slot, key.use) for key in prove(usual)] == list(KEYS)


def test_issuance_believes_the_proofs_of_a_chip_with_keys_on_p_384(
    tmp_path: Path,
) -> None:
    assert len(prove(cross(tmp_path, "ES384"))) == len(KEYS)


def test_the_bureau_reads_the_pack_that_issuance_wrote(crossing: Crossing) -> None:
    pack, report = bureau.read_pack(crossing.pack), server.read_report(crossing.report)
    assert (pack.order, pack.card) == (report.order.hex(), report.card.hex())
    assert [row.slot for row in pack.certificates] == list(CERTIFIED)
    assert [(f"{row.file:04X}", base64.b64encode(row.content).decode()) for row in pack.files] == [
        (row["file"], row["content"]) for row in json.loads(crossing.pack)["files"]
    ]
    assert {row.file for row in pack.files} == {*FILES, 0x0102}


def test_the_chip_opens_with_what_issuance_had_printed(crossing: Crossing) -> None:
    order = bureau.read_order(crossing.order)
    assert order.can is not None
    for key in (AccessKey.from_can(order.can), AccessKey.from_mrz(order.mrz)):
        chip = EmrtdClient(Card.open(crossing.card, applications=APPLICATIONS))
        chip.open(key)
        (file,) = (row for row in bureau.read_pack(crossing.pack).files if row.file == 0x010F)
        assert chip.read(0x010F) == file.content


@pytest.mark.parametrize("origin", [ORIGIN, "https://id.example.vn"])
def test_the_server_verifies_the_answer_that_the_card_gave__CV_54(
    crossing: Crossing, origin: str
) -> None:
    asked = challenge(origin)
    token = crossing.agent().answer(origin, asked.nonce, PIN)
    answer = read_card_answer(json.dumps(token).encode())
    proved = verify_card_signature(answer, asked, True, crossing.pki.anchors(), NOW)  # noqa: FBT003
    assert proved.personal_number == "001190000001"
    assert proved.challenge is asked


def test_an_answer_for_another_site_or_challenge_proves_nothing__CV_54(crossing: Crossing) -> None:
    asked, anchors = challenge(), crossing.pki.anchors()
    for origin, nonce in (
        ("https://phish.example", asked.nonce),
        (ORIGIN + "/", asked.nonce),
        (ORIGIN, challenge().nonce),
    ):
        token = crossing.agent().answer(origin, nonce, PIN)
        answer = read_card_answer(json.dumps(token).encode())
        with pytest.raises(SignatureWrong):
            verify_card_signature(answer, asked, True, anchors, NOW)  # noqa: FBT003


def read_by_chip(crossing: Crossing, origin: str, nonce: str) -> bytes:
    """What the reader sends to the server for the chip itself, without a PIN."""
    can = bureau.read_order(crossing.order).can
    assert can is not None
    card = Card.open(crossing.card, applications=APPLICATIONS)
    return json.dumps(read_chip(card, origin, nonce, can)).encode()


@pytest.mark.parametrize("origin", [ORIGIN, "https://id.example.vn"])
def test_the_server_believes_the_reading_that_the_chip_gave(
    crossing: Crossing, origin: str
) -> None:
    asked = challenge(origin)
    reading = read_chip_reading(read_by_chip(crossing, origin, asked.nonce))
    proved = authenticate_document(reading, asked, DocumentAnchors([the_state().root], []), NOW)
    assert (proved.number, proved.zone.primary) == ("001190000001", "NGUYEN")
    assert set(proved.data_groups) == {1, 13, 14, 15}
    assert proved.challenge is asked


def test_a_reading_for_another_site_or_challenge_proves_nothing__CV_54(crossing: Crossing) -> None:
    asked, anchors = challenge(), DocumentAnchors([the_state().root], [])
    for origin, nonce in (
        ("https://phish.example", asked.nonce),
        (ORIGIN + "/", asked.nonce),
        (ORIGIN, challenge().nonce),
    ):
        reading = read_chip_reading(read_by_chip(crossing, origin, nonce))
        with pytest.raises(ChipNotGenuine):
            authenticate_document(reading, asked, anchors, NOW)


# One change, one refusal


def put(*path: str | int, value: object) -> Change:
    """Set the member at that path."""

    def change(document: Json) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        document[last] = value

    return change


def drop(*path: str | int) -> Change:
    """Leave the member at that path out."""

    def change(document: Json) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        del document[last]

    return change


def rename(name: str) -> Change:
    """Spell a member in capitals, as another side's language might."""

    def change(document: Json) -> None:
        document[name.capitalize()] = document.pop(name)

    return change


def twice(name: str) -> Change:
    """Say the first row of a list again."""
    return lambda document: document[name].append(dict(document[name][0]))


def changed(line: str, change: Change) -> str:
    document = json.loads(line)
    change(document)
    return json.dumps(document, ensure_ascii=False)


ORDER_CHANGES: tuple[tuple[str, Change], ...] = (
    # A card without a passport application has no access number.
    *((name, drop(name)) for name in json.loads(order_line()) if name != "can"),
    *((name, rename(name)) for name in json.loads(order_line()) if name != "can"),
    ("can", put("can", value=123456)),
    ("can", put("can", value="12345")),
    ("can", put("can", value="12345\u0661")),
    *((f"holder.{name}", drop("holder", name)) for name in json.loads(order_line())["holder"]),
    *((f"keys[1].{name}", drop("keys", 1, name)) for name in ("slot", "profile", "algorithm")),
    ("kind", put("kind", value="eid.card-order:2")),
    ("order", put("order", value=7)),
    ("order", put("order", value="XYZ")),
    ("card", put("card", value="")),
    ("documentNumber", put("documentNumber", value="x12345678")),
    ("documentNumber", put("documentNumber", value="../../etc")),
    ("holder", put("holder", value=[])),
    ("holder.number", put("holder", "number", value=1190000001)),
    ("holder.number", put("holder", "number", value="00119000000")),
    ("holder.name", put("holder", "name", value="")),
    ("holder.name", put("holder", "name", value=["Nguyễn"])),
    ("holder.born", put("holder", "born", value="15/01/1990")),
    ("holder.born", put("holder", "born", value="1990-02-30")),
    ("holder.sex", put("holder", "sex", value="female")),
    ("holder.nationality", put("holder", "nationality", value="VN")),
    ("issued", put("issued", value=None)),
    ("validUntil", put("validUntil", value="never")),
    ("mrz", put("mrz", value=["<" * 30] * 2)),
    ("mrz", put("mrz", value="<" * 90)),
    ("mrz[0]", put("mrz", 0, value="<" * 29)),
    ("keys", put("keys", value=[])),
    ("keys", twice("keys")),
    ("keys[0].slot", put("keys", 0, "slot", value="9B")),
    ("keys[0].profile", put("keys", 0, "profile", value="Card Authentication")),
    ("keys[0].algorithm", put("keys", 0, "algorithm", value="RS256")),
)


@pytest.mark.parametrize(("member", "change"), ORDER_CHANGES)
def test_the_bureau_refuses_a_changed_order_and_names_the_member(
    member: str, change: Change
) -> None:
    with pytest.raises(DocumentMalformed) as refusal:
        bureau.read_order(changed(order_line(), change))
    assert refusal.value.member == member


REPORT_CHANGES: tuple[tuple[str, Change], ...] = (
    *((name, drop(name)) for name in ("kind", "order", "card", "chipSerial", "keys")),
    *((f"keys[0].{name}", drop("keys", 0, name)) for name in ("slot", "publicKey", "proof")),
    ("kind", rename("kind")),
    *(("document", rename(name)) for name in ("order", "card", "chipSerial", "keys")),
    ("document", put("note", value="")),
    ("keys[1]", put("keys", 1, "note", value="")),
    ("kind", put("kind", value="eid.card-pack:1")),
    ("order", put("order", value="ABCDEF" * 5 + "AB")),
    ("card", put("card", value=None)),
    ("chipSerial", put("chipSerial", value="00")),
    ("keys", put("keys", value={})),
    ("keys", put("keys", value=[])),
    ("keys", twice("keys")),
    ("keys[0]", put("keys", 0, value="9A")),
    ("keys[0].slot", put("keys", 0, "slot", value="9a")),
    ("keys[0].publicKey", put("keys", 0, "publicKey", value="not base64!")),
    ("keys[0].publicKey", put("keys", 0, "publicKey", value="")),
    ("keys[0].proof", put("keys", 0, "proof", value=[])),
    ("document", rename("objects")),
    ("objects", put("objects", value=None)),
    ("objects", put("objects", value=[])),
    ("objects", twice("objects")),
    ("objects[0]", put("objects", 0, "note", value="")),
    ("objects[0].tag", put("objects", 0, "tag", value="5FC105")),
    ("objects[0].hash", put("objects", 0, "hash", value="AAAA")),
    *((f"objects[1].{name}", drop("objects", 1, name)) for name in ("tag", "hash")),
)


@pytest.mark.parametrize(("member", "change"), REPORT_CHANGES)
def test_issuance_refuses_a_changed_report_and_names_the_member(
    usual: Crossing, member: str, change: Change
) -> None:
    with pytest.raises(BadDocument) as refusal:
        server.read_report(changed(usual.report, change))
    assert refusal.value.detail.partition(":")[0] == member


def swap_proofs(report: Json) -> None:
    first, second, *_ = report["keys"]
    first["proof"], second["proof"] = second["proof"], first["proof"]


def swap_slots(report: Json) -> None:
    first, second, *_ = report["keys"]
    first["slot"], second["slot"] = second["slot"], first["slot"]


@pytest.mark.parametrize(
    "change",
    [swap_proofs, swap_slots, put("card", value="00" * 16)],
    ids=["proofs", "slots", "card"],
)
def test_a_proof_holds_for_its_own_card_slot_and_key_alone(usual: Crossing, change: Change) -> None:
    report = server.read_report(changed(usual.report, change))
    with pytest.raises(SignatureWrong):
        prove_possession(report, server.read_order(usual.order).keys, SERIAL_KEY)


PACK_CHANGES: tuple[tuple[str, Change], ...] = (
    *((name, drop(name)) for name in ("kind", "order", "card", "certificates")),
    *((name, rename(name)) for name in ("kind", "order", "card", "certificates")),
    *((f"certificates[1].{n}", drop("certificates", 1, n)) for n in ("slot", "certificate")),
    ("kind", put("kind", value="eid.key-report:1")),
    ("order", put("order", value=True)),
    ("certificates", put("certificates", value=None)),
    ("certificates", twice("certificates")),
    ("certificates[0]", put("certificates", 0, value=None)),
    ("certificates[0].slot", put("certificates", 0, "slot", value="AA")),
    ("certificates", put("certificates", 0, "slot", value="9D")),
    ("files", put("files", value={})),
    ("files", twice("files")),
    ("files[0].file", put("files", 0, "file", value="11C")),
    ("files[0].file", put("files", 0, "file", value="3F00")),
    ("files[0].content", put("files", 0, "content", value="====")),
    *((f"files[1].{n}", drop("files", 1, n)) for n in ("file", "content")),
    ("certificates[0].certificate", put("certificates", 0, "certificate", value="====")),
    ("certificates[0].certificate", put("certificates", 0, "certificate", value=7)),
    ("pivSecurityObject", put("pivSecurityObject", value="")),
    ("pivSecurityObject", put("pivSecurityObject", value=None)),
    ("pivSecurityObject", put("pivSecurityObject", value="====")),
)


@pytest.mark.parametrize(("member", "change"), PACK_CHANGES)
def test_the_bureau_refuses_a_changed_pack_and_names_the_member(
    usual: Crossing, member: str, change: Change
) -> None:
    with pytest.raises(DocumentMalformed) as refusal:
        bureau.read_pack(changed(usual.pack, change))
    assert refusal.value.member == member


ANSWER = ("format", "unverifiedCertificate", "algorithm", "signature")
ANSWER_CHANGES: tuple[Change, ...] = (
    *(drop(name) for name in ANSWER),
    *(rename(name) for name in ANSWER),
    *(put(name, value=None) for name in (*ANSWER, "appVersion")),
    put("format", value="web-eid:1"),
    put("format", value="web-eid:1.1"),
    put("algorithm", value="es256"),
    put("algorithm", value="none"),
    put("signature", value=""),
    put("signature", value="AA=="[:3]),
    put("unverifiedCertificate", value="-----BEGIN CERTIFICATE-----" * 4),
    put("note", value="more"),
)


@pytest.mark.parametrize("change", ANSWER_CHANGES)
def test_the_server_refuses_a_changed_answer(usual: Crossing, change: Change) -> None:
    token = json.dumps(usual.agent().answer(ORIGIN, challenge().nonce, PIN))
    read_card_answer(token.encode())  # unchanged it is one
    with pytest.raises(BadCardAnswer):
        read_card_answer(changed(token, change).encode())


# Names

VIETNAMESE = "".join(
    letter
    for letter in map(chr, range(0x41, 0x1EFA))
    if letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN")
)
words = st.text(st.sampled_from(VIETNAMESE + "'\u2019-." + '"\\/'), min_size=1, max_size=40)
names = st.lists(words, min_size=1, max_size=9).map(" ".join).filter(lambda name: len(name) <= 200)
latin_names = st.lists(
    st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), min_size=1, max_size=20),
    min_size=1,
    max_size=6,
).map(" ".join)


def application(name: str, latin_name: str) -> bytes:
    members = {
        "kind": "citizen",
        "number": "001190000001",
        "name": name,
        "latin_name": latin_name,
        "born": "1990-01-15",
        "sex": "F",
        "nationality": "VNM",
        "level": 2,
        "card": True,
        "phone": "+84900000001",
    }
    return json.dumps(members, ensure_ascii=False).encode()


@given(names, latin_names)
def test_a_name_reaches_the_card_as_it_was_handed_in(name: str, latin_name: str) -> None:
    assume(len(latin_name) <= 64)
    holder = read_application(application(name, latin_name)).holder
    assert isinstance(holder, Citizen)
    line = order_line(holder)
    assert "\n" not in line
    order = bureau.read_order(line.encode())
    assert order.holder.name == unicodedata.normalize("NFC", name)
    assert order.holder.latin_name == latin_name
    assert all(len(row) == 30 for row in order.mrz)


@given(names)
def test_a_name_written_in_form_d_is_ordered_in_form_c__AC_11(name: str) -> None:
    apart = unicodedata.normalize("NFD", name)
    assume(len(apart) <= 200)
    holder = read_application(application(apart, "NGUYEN THI MAU")).holder
    assert isinstance(holder, Citizen)
    assert bureau.read_order(order_line(holder)).holder.name == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    ["Nguyễn Thị Mẫu", "H'Hen Niê", "Y Bih Êban", "Đặng Ỷ Ỹ Ữ Ộ", 'Ông "Ba" O\u2019Thử', "Ờ" * 200],
)
def test_the_factory_keeps_a_name_and_its_order_s_spelling(name: str) -> None:
    holder = make_citizen(name=PersonName(name, "NGUYEN THI MAU"))
    line = order_line(holder)
    read = bureau.read_order(line)
    assert read.holder.name == name
    # Both sides write the same bytes, each by its own code.
    assert bureau.build_order(read) == line


@given(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=16, max_size=16),
    st.lists(
        st.tuples(st.sampled_from(CERTIFIED), st.binary(min_size=1, max_size=60)),
        min_size=1,
        max_size=4,
        unique_by=lambda row: row[0],
    ),
    st.lists(
        st.tuples(st.sampled_from([*FILES, 0x0102]), st.binary(min_size=1, max_size=60)),
        max_size=3,
        unique_by=lambda row: row[0],
    ),
    st.none() | st.binary(min_size=1, max_size=60),
)
def test_any_octets_pass_the_border_in_both_directions(
    order: bytes,
    card: bytes,
    rows: list[tuple[str, bytes]],
    files: list[tuple[int, bytes]],
    signed: bytes | None,
) -> None:
    pack = server.CardPack(OrderId(order), CardId(card), tuple(rows), tuple(files), signed)
    read = bureau.read_pack(server.build_pack(pack))
    assert read.piv_security_object == signed
    assert [(row.file, row.content) for row in read.files] == files
    assert [(row.slot, row.certificate) for row in read.certificates] == rows
    made = tuple(bureau.MadeKey(slot, octets, sha256(octets).digest()) for slot, octets in rows)
    report = server.read_report(
        bureau.build_report(bureau.KeyReport(read.order, read.card, card, made))
    )
    assert (report.order, report.card, report.chip_serial) == (order, card, card)
    assert [(key.slot, key.public_key, key.proof) for key in report.keys] == [
        (key.slot, key.public_key, key.proof) for key in made
    ]
