import base64
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from passport_cards import CAN, MRZ, PassportCard, make_passport_card

from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.active_authentication import check_active_authentication
from chipcard_sim.terminal.chip_reading import chip_challenge, read_chip, read_chip_with
from chipcard_sim.terminal.errors import (
    CardRefused,
    ChallengeRefused,
    ChipNotGenuine,
    NotACard,
    UnusableAccessKey,
    WrongAccessKey,
)
from chipcard_sim.terminal.security_infos import read_data_group_14

ORIGIN = "https://id.example.vn"
NONCE = "A" * 43 + "="


@pytest.fixture(scope="module")
def passport(tmp_path_factory: pytest.TempPathFactory) -> PassportCard:
    return make_passport_card(tmp_path_factory.mktemp("passport"))


def spoilt(passport: PassportCard, folder: Path, *without: int, **changes: object) -> Card:
    """The card without some files, or with other members of its memory."""

    def change(state: CardState) -> CardState:
        files = {name: each for name, each in state.files.items() if name not in without}
        return replace(state, **{"files": files, **changes})  # type: ignore[arg-type]

    place = folder / "spoilt.card"
    place.write_bytes(passport.place.read_bytes())
    Memory(place).update(change)
    return replace(passport, place=place).open()


def test_a_reading_has_the_signed_files_and_the_chip_s_answer__icao9303_11_6_1(
    passport: PassportCard,
) -> None:
    reading = read_chip(passport.open(), ORIGIN, NONCE, CAN)
    assert list(reading) == [
        "format",
        "securityObject",
        "dataGroups",
        "activeAuthentication",
        "appVersion",
    ]
    files = Memory(passport.place).read().files
    assert base64.b64decode(reading["securityObject"]) == files[0x011D]
    assert {
        int(number): base64.b64decode(each) for number, each in reading["dataGroups"].items()
    } == {number: files[0x0100 | number] for number in (1, 13, 14, 15)}
    signature = base64.b64decode(reading["activeAuthentication"])
    infos = read_data_group_14(files[0x010E])
    check_active_authentication(files[0x010F], infos, chip_challenge(ORIGIN, NONCE), signature)
    for other in (chip_challenge(ORIGIN + "/", NONCE), chip_challenge(ORIGIN, NONCE[::-1])):
        with pytest.raises(ChipNotGenuine):
            check_active_authentication(files[0x010F], infos, other, signature)


def test_the_face_is_never_read_for_a_sign_in(passport: PassportCard) -> None:
    reading = json.dumps(read_chip(passport.open(), ORIGIN, NONCE, CAN))
    face = Memory(passport.place).read().files[0x0102]
    assert base64.b64encode(face).decode()[:200] not in reading
    assert len(reading) < 5000


def test_the_challenge_is_bound_to_origin_and_nonce_as_text() -> None:
    bound = sha256(sha256(ORIGIN.encode()).digest() + sha256(NONCE.encode()).digest()).digest()
    assert chip_challenge(ORIGIN, NONCE) == bound[:8]


def test_the_zone_opens_the_chip_too(passport: PassportCard) -> None:
    reading = read_chip_with(passport.open(), ORIGIN, NONCE, AccessKey.from_mrz(MRZ))
    assert reading["format"] == "eid.chip-reading:1"


def test_groups_that_a_chip_has_not_are_left_out(passport: PassportCard, tmp_path: Path) -> None:
    card = spoilt(passport, tmp_path, 0x010D)
    assert list(read_chip(card, ORIGIN, NONCE, CAN)["dataGroups"]) == ["1", "14", "15"]


@pytest.mark.parametrize("missing", [0x0101, 0x010F, 0x011D])
def test_a_chip_without_what_is_needed_is_refused(
    passport: PassportCard, tmp_path: Path, missing: int
) -> None:
    with pytest.raises(CardRefused):
        read_chip(spoilt(passport, tmp_path, missing), ORIGIN, NONCE, CAN)


def test_a_copy_without_the_key_gives_no_reading(passport: PassportCard, tmp_path: Path) -> None:
    with pytest.raises(CardRefused):
        read_chip(spoilt(passport, tmp_path, keys={}), ORIGIN, NONCE, CAN)


def test_a_chip_with_too_much_in_it_is_refused(passport: PassportCard, tmp_path: Path) -> None:
    files = dict(Memory(passport.place).read().files)
    files[0x010D] = tlv.build(0x6D, bytes(31_000))
    with pytest.raises(NotACard, match="more than"):
        read_chip(spoilt(passport, tmp_path, files=files), ORIGIN, NONCE, CAN)


def test_a_short_challenge_is_not_signed_and_the_card_not_asked() -> None:
    class Nobody:
        def transmit(self, command: bytes) -> bytes:
            raise AssertionError(command)

    with pytest.raises(ChallengeRefused):
        read_chip(Nobody(), ORIGIN, NONCE[:-1], CAN)
    with pytest.raises(UnusableAccessKey):
        read_chip(Nobody(), ORIGIN, NONCE, "12345")


def test_a_wrong_number_is_told(passport: PassportCard) -> None:
    with pytest.raises(WrongAccessKey):
        read_chip(passport.open(), ORIGIN, NONCE, "000000")
