import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passport_cards import (
    CAN,
    MRZ,
    NAME,
    NUMBER,
    PIN,
    PORTRAIT,
    PUK,
    PassportCard,
    make_passport_card,
    passport_order,
    passport_pack,
    the_state,
)

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.documents import build_order, build_pack, read_order, read_pack
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.management_key import (
    ManagementKey,
    UnusableManagementKey,
    read_management_key,
)
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.bureau.plastic import build_plastic, find_plastic, read_plastic
from chipcard_sim.bureau.portrait import read_portrait
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import Memory, StoredKey
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.emrtd import EmrtdClient
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.personalisation import FactoryClient
from chipcard_sim.terminal.piv import PivClient
from eid.emrtd.data_groups import build_dg2

Json = dict[str, Any]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> PassportCard:
    return make_passport_card(tmp_path_factory.mktemp("passport"))


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Json]:
    """A folder with a chip that waits for its pack, the order, and that pack."""
    folder = tmp_path_factory.mktemp("unfinished")
    order = passport_order()
    report = make_chip(read_order(order), folder, PIN, PUK)
    return folder, order, passport_pack(report, the_state())


def kept(path: Path, paper: str) -> Json:
    (place,) = path.parent.glob(f"factory/*/{paper}.json")
    found: Json = json.loads(place.read_text("utf-8"))
    return found


def test_a_chip_makes_six_keys_and_proves_each(finished: PassportCard) -> None:
    assert [key.slot for key in finished.report.keys] == ["9A", "9C", "9D", "9E", "AA", "CA"]
    assert len({key.public_key for key in finished.report.keys}) == 6


def test_both_passwords_open_the_finished_card__icao9303_11_9_7_3(finished: PassportCard) -> None:
    assert Memory(finished.place).read().passwords == {
        1: AccessKey.from_mrz(MRZ).secret,
        2: CAN.encode(),
    }
    for key in (AccessKey.from_mrz(MRZ), AccessKey.from_can(CAN)):
        chip = EmrtdClient(finished.open())
        chip.open(key)
        assert chip.read(0x0102) == build_dg2(PORTRAIT)


def test_the_files_of_the_pack_are_on_the_chip(finished: PassportCard) -> None:
    pack = kept(finished.place, "pack")
    written = {int(row["file"], 16): base64.b64decode(row["content"]) for row in pack["files"]}
    assert Memory(finished.place).read().files == written
    assert sorted(written) == [0x101, 0x102, 0x10D, 0x10E, 0x10F, 0x11C, 0x11D, 0x11E]


def test_a_finished_card_has_four_certificates_and_no_open_door(finished: PassportCard) -> None:
    piv = PivClient(finished.open())
    piv.select()
    rows = kept(finished.place, "pack")["certificates"]
    expected = [base64.b64decode(row["certificate"]) for row in rows]
    assert [piv.certificate(slot) for slot in (0x9A, 0x9C, 0x9D, 0x9E)] == expected
    with pytest.raises(NotACard):
        FactoryClient(finished.open()).select()


def test_the_printed_information_wants_the_pin__sp800_73_4(finished: PassportCard) -> None:
    piv = PivClient(finished.open())
    piv.select()
    piv.verify_pin(PIN)
    assert piv.read_object(0x5FC109).startswith(b"\x01\x0eNGUYEN THI MAU")
    assert piv.read_object(0x5FC10C).startswith(b"\xc1\x01\x00")


def test_the_management_key_is_the_well_known_one_unless_another_is_given(
    finished: PassportCard, tmp_path: Path
) -> None:
    well_known = Memory(finished.place).read().keys[0x9B]
    assert well_known == StoredKey(0x03, bytes.fromhex("0102030405060708" * 3))
    own = ManagementKey(0x08, bytes(range(16)))
    make_chip(read_order(passport_order()), tmp_path, PIN, PUK, own)
    stored = Memory(tmp_path / "VN0000001.card").read().keys[0x9B]
    assert stored == StoredKey(own.algorithm, own.key)


@pytest.mark.parametrize(
    ("text", "algorithm", "size"),
    [
        ("3DES:" + "01" * 24, 0x03, 24),
        ("aes128:" + "ab" * 16, 0x08, 16),
        ("AES192:" + "AB" * 24, 0x0A, 24),
        ("AES256:" + "AB" * 32, 0x0C, 32),
    ],
)
def test_a_management_key_is_read(text: str, algorithm: int, size: int) -> None:
    key = read_management_key(text)
    assert (key.algorithm, len(key.key)) == (algorithm, size)


@pytest.mark.parametrize(
    "text", ["", "3DES", "DES:01", "AES128:" + "ab" * 15, "AES128:xy", "AES256:" + "ab" * 16]
)
def test_what_says_no_management_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UnusableManagementKey) as refused:
        read_management_key(text)
    assert "ab" * 15 not in str(refused.value)


# What the factory still takes, and what it refuses


def test_an_older_order_makes_a_card_without_a_passport_application(tmp_path: Path) -> None:
    order = read_order(passport_order(can=None))
    report = make_chip(order, tmp_path, PIN, PUK)
    pack = passport_pack(report, the_state())
    with pytest.raises(OrderConflict, match="not ordered"):
        write_pack(read_pack(json.dumps(pack)), tmp_path)
    del pack["files"]
    write_pack(read_pack(json.dumps(pack)), tmp_path)
    place = tmp_path / "VN0000001.card"
    state = Memory(place).read()
    assert (dict(state.files), dict(state.passwords)) == ({}, {})
    with pytest.raises(NotACard):
        EmrtdClient(Card.open(place, applications=APPLICATIONS)).open(AccessKey.from_can(CAN))
    plastic = find_plastic(place)
    assert plastic is not None
    assert (plastic.can, plastic.portrait) == (None, None)


def test_the_new_members_survive_being_written() -> None:
    order = passport_order()
    assert json.loads(build_order(read_order(order))) == json.loads(order)
    pack = {
        "kind": "eid.card-pack:1",
        "order": "0a1b",
        "card": "c0ffee",
        "certificates": [{"slot": "9E", "certificate": "AQID"}],
        "files": [{"file": "010E", "content": "AQID"}],
    }
    assert json.loads(build_pack(read_pack(json.dumps(pack)))) == pack


@pytest.mark.parametrize("can", ["", "12345", "1234567", 271828, None, "27182\uff18"])
def test_a_wrong_access_number_is_named(can: object) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read_order(json.dumps(json.loads(passport_order()) | {"can": can}))
    assert refused.value.member == "can"


@pytest.mark.parametrize(
    ("files", "member"),
    [
        ([], "files"),
        ({}, "files"),
        (["011E"], "files[0]"),
        ([{"file": "11E", "content": "AQID"}], "files[0].file"),
        ([{"file": "3F00", "content": "AQID"}], "files[0].file"),
        ([{"file": "011e", "content": "AQID"}], "files[0].file"),
        ([{"file": "011E", "content": ""}], "files[0].content"),
        ([{"file": "011E"}], "files[0].content"),
        ([{"file": "011E", "content": "AQID"}] * 2, "files"),
    ],
)
def test_a_wrong_file_is_named(files: object, member: str) -> None:
    pack = {
        "kind": "eid.card-pack:1",
        "order": "0a1b",
        "card": "c0ffee",
        "certificates": [{"slot": "9A", "certificate": "AQID"}],
    }
    with pytest.raises(DocumentMalformed) as refused:
        read_pack(json.dumps(pack | {"files": files}))
    assert refused.value.member == member


@pytest.mark.parametrize("slot", ["AA", "CA"])
def test_the_passport_s_keys_have_no_certificate(slot: str) -> None:
    pack = {
        "kind": "eid.card-pack:1",
        "order": "0a1b",
        "card": "c0ffee",
        "certificates": [{"slot": slot, "certificate": "AQID"}],
    }
    with pytest.raises(DocumentMalformed, match="slot"):
        read_pack(json.dumps(pack))


def test_a_zone_with_a_wrong_digit_makes_no_chip(tmp_path: Path) -> None:
    order = json.loads(passport_order())
    order["mrz"][1] = order["mrz"][1].replace("900115", "900116", 1)
    with pytest.raises(DocumentMalformed) as refused:
        make_chip(read_order(json.dumps(order)), tmp_path, PIN, PUK)
    assert refused.value.member == "mrz"
    assert list(tmp_path.iterdir()) == []


def replace_file(pack: Json, name: str, content: bytes) -> Json:
    row = {"file": name, "content": base64.b64encode(content).decode()}
    rows = [row if each["file"] == name else each for each in pack["files"]]
    return pack | {"files": rows}


@pytest.mark.parametrize("name", ["010E", "010F"])
def test_files_with_another_chip_s_keys_are_refused_before_anything_is_written(
    unfinished: tuple[Path, str, Json], finished: PassportCard, name: str
) -> None:
    folder, _, pack = unfinished
    theirs = Memory(finished.place).read().files[int(name, 16)]
    with pytest.raises(OrderConflict, match="another key"):
        write_pack(read_pack(json.dumps(replace_file(pack, name, theirs))), folder)
    assert not Memory(folder / "VN0000001.card").read().files


@pytest.mark.parametrize("name", ["0102", "010E", "010F"])
def test_files_that_cannot_be_read_are_named(unfinished: tuple[Path, str, Json], name: str) -> None:
    folder, _, pack = unfinished
    with pytest.raises(DocumentMalformed) as refused:
        write_pack(read_pack(json.dumps(replace_file(pack, name, b"\x30\x00"))), folder)
    assert refused.value.member == f"files[{name}].content"


# What is printed


def test_the_plastic_lies_beside_the_chip_and_says_what_is_printed(finished: PassportCard) -> None:
    place = finished.place.with_name("VN0000001.print.json")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    printed = json.loads(place.read_text("utf-8"))
    assert printed == {
        "kind": "chipcard-sim.plastic:1",
        "documentNumber": "VN0000001",
        "number": NUMBER,
        "name": NAME,
        "latinName": "NGUYEN THI MAU",
        "born": "1990-01-15",
        "sex": "F",
        "nationality": "VNM",
        "issued": "2021-07-01",
        "validUntil": "2030-01-15",
        "mrz": list(MRZ),
        "can": CAN,
        "portrait": base64.b64encode(PORTRAIT).decode(),
    }


def test_the_plastic_is_read_back(finished: PassportCard) -> None:
    plastic = find_plastic(finished.place)
    assert plastic is not None
    assert (plastic.name, plastic.can, plastic.portrait) == (NAME, CAN, PORTRAIT)
    assert read_plastic(build_plastic(plastic)) == plastic
    assert "portrait" not in repr(plastic)


def test_a_chip_without_plastic_is_one_too(tmp_path: Path) -> None:
    assert find_plastic(tmp_path / "VN0000009.card") is None


def test_the_same_pack_again_prints_the_same_plastic_anew(tmp_path: Path) -> None:
    card = make_passport_card(tmp_path)
    place = tmp_path / "VN0000001.print.json"
    printed = place.read_bytes()
    place.unlink()
    pack = kept(card.place, "pack")
    silicon = card.place.read_bytes()
    write_pack(read_pack(json.dumps(pack)), tmp_path)
    assert (place.read_bytes(), card.place.read_bytes()) == (printed, silicon)


@pytest.mark.parametrize("text", ["", "{}", '{"kind":"chipcard-sim.plastic:1"}', "[1]"])
def test_a_plastic_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(DocumentMalformed):
        read_plastic(text)


def test_the_portrait_is_the_picture_that_the_issuer_wrapped() -> None:
    assert read_portrait(build_dg2(PORTRAIT)) == PORTRAIT


def test_feature_points_before_the_picture_are_skipped__iso19794_5() -> None:
    file = build_dg2(PORTRAIT)
    head = file.index(b"FAC\x00")
    record = bytearray(file[head:])
    record[18:20] = (2).to_bytes(2, "big")
    record[14:18] = (len(record) - 14 + 16).to_bytes(4, "big")
    record[34:34] = bytes(16)
    inside = b"\x5f\x2e\x82" + len(record).to_bytes(2, "big") + bytes(record)
    for tag in (b"\x7f\x60", b"\x7f\x61", b"\x75"):
        inside = tag + b"\x82" + len(inside).to_bytes(2, "big") + inside
    assert read_portrait(inside) == PORTRAIT


@given(st.binary(max_size=300), st.integers(0, 200))
def test_any_dg2_has_a_picture_or_is_refused(garbage: bytes, at: int) -> None:
    good = build_dg2(PORTRAIT)
    for file in (garbage, good[:at] + garbage + good[at + len(garbage) :]):
        try:
            picture = read_portrait(file)
        except DocumentMalformed:
            continue
        assert picture.startswith((b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "))
