from dataclasses import replace
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import (
    PIN,
    change_state,
    piv_card,
    send,
    state_of,
    tries_left,
    verify,
)
from unit.chipcard_sim.piv_cards import MANAGEMENT_KEYS, manage, selected

from chipcard_sim.chip import keys
from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816 import tlv


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


def metadata(answer: str) -> dict[int, bytes]:
    assert answer.endswith("9000"), answer
    return tlv.by_tag(bytes.fromhex(answer)[:-2])


@pytest.mark.parametrize("management", MANAGEMENT_KEYS)
def test_the_management_key_is_told_by_its_algorithm(path: Path, management: int) -> None:
    told = metadata(send(selected(path, management=management), "00F7009B00"))
    assert told[0x01] == bytes((management,))
    assert told[0x05] == (b"\x01" if management == 0x03 else b"\x00")


def test_only_the_well_known_key_is_told_to_be_it(path: Path) -> None:
    card = selected(path)
    other = StoredKey(0x03, bytes(range(24)))
    change_state(path, lambda state: replace(state, keys={**state.keys, 0x9B: other}))
    assert metadata(send(card, "00F7009B00"))[0x05] == b"\x00"


@pytest.mark.parametrize(("slot", "policy"), [(0x9A, 2), (0x9C, 3), (0x9D, 2), (0x9E, 1)])
@pytest.mark.parametrize(("algorithm", "number"), [("ES256", 0x11), ("ES384", 0x14)])
def test_a_key_is_told_by_its_public_half(
    path: Path, slot: int, policy: int, algorithm: str, number: int
) -> None:
    card = selected(path, algorithm)
    told = metadata(send(card, f"00F700{slot:02X}00"))
    assert told[0x01] == bytes((number,))
    assert told[0x02] == bytes((policy, 1))
    assert told[0x03] == b"\x01"
    public = keys.public_key(state_of(path).keys[slot])
    assert told[0x04] == tlv.value(public, 0x7F49)


def test_an_rsa_key_is_told_in_pieces(path: Path) -> None:
    card = selected(path, "RS256")
    first = send(card, "00F7009A00")
    assert first.endswith("6117")
    whole = first[:-4] + send(card, "00C0000017")
    modulus, exponent = tlv.values(metadata(whole)[0x04], 0x81, 0x82)
    assert (len(modulus), exponent) == (256, b"\x01\x00\x01")


def test_the_tries_are_told_and_nothing_of_the_value(path: Path) -> None:
    """The PIN is one that many cards are born with: the card does not say so for nothing."""
    assert PIN == "123456"
    card = selected(path)
    told = send(card, "00F7008000")
    assert metadata(told)[0x05] == b"\x00"
    assert metadata(told)[0x06] == b"\x03\x03"
    assert tries_left(path) == 3
    send(card, verify("000000"))
    assert metadata(send(card, "00F7008000"))[0x06] == b"\x03\x02"
    assert metadata(send(card, "00F7008100"))[0x06] == b"\x03\x03"


@pytest.mark.parametrize("slot", ["82", "95", "96", "98", "AA", "CA", "F9", "00"])
def test_what_the_card_has_not_is_6A88(path: Path, slot: str) -> None:
    card = selected(path)
    passport_key = keys.generate(0x11)
    change_state(
        path,
        lambda state: replace(state, keys={**state.keys, 0xAA: passport_key, 0xCA: passport_key}),
    )
    assert send(card, f"00F700{slot}00") == "6A88"


@pytest.mark.parametrize("slot", ["9D", "9E", "9B"])
def test_an_empty_slot_is_6A88(path: Path, slot: str) -> None:
    assert send(piv_card(path), f"00F700{slot}00") == "6A88"


@pytest.mark.parametrize("ins", ["F6", "F9", "FA", "FB", "FE", "FF"])
def test_what_else_their_cards_do_is_unknown_here(path: Path, ins: str) -> None:
    """Among it: reset with all keys lost, and keys brought from outside."""
    card = selected(path)
    manage(card)
    before = state_of(path)
    assert send(card, f"00{ins}FFFF") == "6D00"
    assert send(card, f"00{ins}119A050603AABBCC") == "6D00"
    assert state_of(path) == before
