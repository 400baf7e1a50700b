"""Debian's mrtdreader, unmodified: a reader in C that opens passports with BAC."""

from collections.abc import Callable
from pathlib import Path

import pytest
from foreign.pcsc.strangers import Said, run
from passport_cards import MRZ, PORTRAIT, PassportCard
from virtual_reader import need, reader_of

from chipcard_sim.chip.memory import Memory

pytestmark = pytest.mark.pcsc

NUMBER, BORN, EXPIRES = MRZ[0][5:14], MRZ[1][0:6], MRZ[1][8:14]

ReadWith = Callable[..., Said]


@pytest.fixture
def read_with(nfc_over_pcsc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadWith:
    """Run it with a document number, on a slot."""
    need("mrtdreader")
    monkeypatch.chdir(tmp_path)  # it leaves the picture where it was called

    def read(number: str, slot: int = 0) -> Said:
        words = ("mrtdreader", "-p", number, "-b", BORN, "-e", EXPIRES)
        return run(*words, LD_PRELOAD=str(nfc_over_pcsc), EID_READER=reader_of(slot))

    return read


def test_it_reads_the_contents_the_signature_the_zone_and_the_face__icao9303_10_4_7(
    read_with: ReadWith, inserted: PassportCard, tmp_path: Path
) -> None:
    said = read_with(NUMBER)
    assert "Challenge successful!" in said
    files = Memory(inserted.place).read().files
    for file in (0x011E, 0x011D):
        assert files[file].hex() in said
    assert f"a]_\x1fZ{''.join(MRZ)}" in said
    assert "Found: EF_DG13\nFound: EF_DG14\nFound: EF_DG15" in said
    assert (tmp_path / "image.jpg").read_bytes() == PORTRAIT


def test_another_zone_does_not_open_the_card__icao9303_11_4_3(
    read_with: ReadWith, inserted: PassportCard
) -> None:
    del inserted
    said = read_with("190000002")
    assert "Challenge failed" in said
    assert "File content" not in said


def test_it_reads_a_card_with_the_manners_of_the_field_too(
    read_with: ReadWith, inserted_in_the_field: PassportCard, tmp_path: Path
) -> None:
    del inserted_in_the_field
    assert "Challenge successful!" in read_with(NUMBER, slot=1)
    assert (tmp_path / "image.jpg").read_bytes() == PORTRAIT
