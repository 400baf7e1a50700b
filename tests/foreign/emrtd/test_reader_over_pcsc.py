"""Our own reader over PC/SC: what it does to the card in process it does through a real line."""

import os

import pytest
from passport_cards import CAN, MRZ, NUMBER, PORTRAIT, PassportCard
from virtual_reader import reader_of

from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.chip_examination import Proof, examine_chip
from chipcard_sim.terminal.emrtd import EmrtdClient
from chipcard_sim.terminal.errors import WrongAccessKey
from chipcard_sim.transport.pcsc import card_in
from eid.emrtd.data_groups import build_dg2

pytestmark = pytest.mark.pcsc


@pytest.mark.parametrize("key", [AccessKey.from_can(CAN), AccessKey.from_mrz(MRZ)])
def test_it_reads_everything_and_both_proofs_hold(inserted: PassportCard, key: AccessKey) -> None:
    del inserted
    with card_in(reader_of(0)) as card:
        seen = examine_chip(card, key, os.urandom)
    assert [group.number for group in seen.groups] == [1, 2, 13, 14, 15]
    assert all(group.is_signed for group in seen.groups)
    assert seen.announced
    assert seen.chip_authentication is seen.active_authentication is Proof.PROVEN


def test_it_reads_the_face_with_basic_access(inserted: PassportCard) -> None:
    del inserted
    with card_in(reader_of(0)) as card:
        chip = EmrtdClient(card)
        chip.open_basic(AccessKey.from_mrz(MRZ))
        assert chip.read(0x0102) == build_dg2(PORTRAIT)


def test_it_goes_on_where_a_card_of_the_field_does_not_know_its_master_file(
    inserted_in_the_field: PassportCard,
) -> None:
    del inserted_in_the_field
    with card_in(reader_of(1)) as card:
        assert card.transmit(bytes.fromhex("00A4000C023F00")) == b"\x6d\x00"
        chip = EmrtdClient(card)
        chip.open(AccessKey.from_can(NUMBER[-6:]))
        assert chip.read(0x0101)[5:].decode() == "".join(MRZ)


def test_a_wrong_number_is_told_and_the_next_reader_starts_afresh(inserted: PassportCard) -> None:
    del inserted
    with card_in(reader_of(0)) as card, pytest.raises(WrongAccessKey):
        EmrtdClient(card).open(AccessKey.from_can("000000"))
    with card_in(reader_of(0)) as card:
        EmrtdClient(card).open(AccessKey.from_can(CAN))
