"""ICAO 9303-11, 4.3: basic access control."""

import pytest
from unit.chipcard_sim.passports import (
    DG1,
    MASTER_FILE,
    MRZ_SECRET,
    PASSPORT,
    PassportReader,
)


def challenged(reader: PassportReader) -> bytes:
    return bytes.fromhex(reader.plain("0084000008")[:-4])


@pytest.fixture
def standing(reader: PassportReader) -> PassportReader:
    assert reader.plain(PASSPORT) == "9000"
    return reader


def test_the_mrz_opens__9303_11_4_3_2(standing: PassportReader) -> None:
    assert standing.bac() == "9000"
    assert standing.read(0x0101) == DG1


def test_another_mrz_does_not__9303_11_4_3_2(standing: PassportReader) -> None:
    assert standing.bac(bytes(20)) == "6300"
    assert standing.plain("00B0810000") == "6982"
    assert standing.bac() == "9000"  # nothing is blocked, nothing was left behind


def test_every_challenge_is_another__9303_11_4_3_2(standing: PassportReader) -> None:
    seen = {challenged(standing) for _ in range(20)}
    assert len(seen) == 20
    assert {len(each) for each in seen} == {8}


def test_a_challenge_is_answered_once__9303_11_4_3_2(standing: PassportReader) -> None:
    challenge = challenged(standing)
    assert standing.bac_answer(challenge, bytes(20)) == "6300"
    assert standing.bac_answer(challenge) == "6985"


def test_an_answer_to_an_older_challenge_is_refused__9303_11_4_3_2(
    standing: PassportReader,
) -> None:
    older = challenged(standing)
    challenged(standing)
    assert standing.bac_answer(older) == "6300"


@pytest.mark.parametrize("between", [MASTER_FILE, PASSPORT, "00B0000000", "00FF0000", "0022C1A4"])
def test_a_challenge_does_not_outlive_another_command(
    standing: PassportReader, between: str
) -> None:
    challenge = challenged(standing)
    standing.plain(between)
    assert standing.bac_answer(challenge) == "6985"


def test_without_a_challenge_nothing_is_compared__9303_11_4_3_2(standing: PassportReader) -> None:
    assert standing.bac_answer(bytes(8)) == "6985"


def test_one_changed_bit_is_refused__9303_11_4_3_2(standing: PassportReader) -> None:
    for place in (0, 15, 31, 32, 39):
        reader = Twister(standing.card, place)
        assert reader.bac() == "6300"


class Twister(PassportReader):
    """A reader whose proof is changed on the way, by one bit."""

    def __init__(self, card: object, place: int) -> None:
        super().__init__(card)  # type: ignore[arg-type]
        self._place = place

    def plain(self, command: str) -> str:
        raw = bytearray.fromhex(command)
        if raw[1] == 0x82:
            raw[5 + self._place] ^= 1
        return super().plain(raw.hex())


def test_it_is_of_the_application_not_of_the_master_file(reader: PassportReader) -> None:
    assert reader.plain(MASTER_FILE) == "9000"
    assert reader.plain("0084000008") == "6985"


def test_it_is_not_run_inside_a_session(inside: PassportReader) -> None:
    assert inside.ask("0084000008") == "6985"
    assert inside.ask("0082000028" + "AA" * 40 + "28") == "6985"
    assert inside.read(0x0101) == DG1  # and the session goes on


def test_a_plain_challenge_starts_anew(inside: PassportReader) -> None:
    assert inside.bac() == "9000"
    assert inside.read(0x0101) == DG1


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("0084000108", "6A86"),
        ("0084010008", "6A86"),
        ("0084000007", "6700"),
        ("0084000010", "6700"),
        ("00840000", "6700"),
        ("0084000001AA08", "6700"),
        ("0082000028" + "AA" * 40 + "28", "6985"),
        ("0082000027" + "AA" * 39 + "28", "6700"),
        ("00820000", "6700"),
        ("0082010028" + "AA" * 40 + "28", "6A86"),
        ("8084000008", "6E00"),
        ("0184000008", "6E00"),
    ],
)
def test_a_command_out_of_form_is_refused(
    standing: PassportReader, command: str, status: str
) -> None:
    assert standing.plain(command) == status


def test_the_secret_is_a_whole_hash_and_half_of_it_is_used(standing: PassportReader) -> None:
    assert len(MRZ_SECRET) == 20
    assert standing.bac(MRZ_SECRET[:16]) == "9000"
