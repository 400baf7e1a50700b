from dataclasses import replace
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import change_state, state_of
from unit.chipcard_sim.piv_cards import command, encrypted, whole_card

from chipcard_sim.applications.piv.application import PivApplication
from chipcard_sim.chip import keys
from chipcard_sim.chip.access import Condition, SecurityStatus
from chipcard_sim.chip.memory import Memory
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.status import CardError, StatusWord

ASK = command(0x03, 0x9B, (0x81, b""))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    whole_card(tmp_path / "chip")
    return tmp_path / "chip"


@pytest.fixture
def application(path: Path) -> PivApplication:
    return PivApplication(Memory(path))


def challenge(application: PivApplication, status: SecurityStatus) -> bytes:
    return tlv.value(tlv.value(application.process(ASK, status), 0x7C), 0x81)


def test_the_dialogue_is_one_application_s_alone(application: PivApplication, path: Path) -> None:
    """Two sessions of one card wait for different answers."""
    other, status = PivApplication(Memory(path)), SecurityStatus()
    response = encrypted(0x03, challenge(application, status))
    with pytest.raises(CardError):
        other.process(command(0x03, 0x9B, (0x82, response)), status)
    application.process(command(0x03, 0x9B, (0x82, response)), status)
    status.demand(Condition.MANAGEMENT)


def test_a_deselected_application_waits_for_nothing(application: PivApplication) -> None:
    status = SecurityStatus()
    response = encrypted(0x03, challenge(application, status))
    application.deselect()
    with pytest.raises(CardError) as refused:
        application.process(command(0x03, 0x9B, (0x82, response)), status)
    assert refused.value.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED


def test_a_key_of_another_algorithm_put_there_meanwhile_is_used(
    application: PivApplication, path: Path
) -> None:
    """What is kept ready of a key is kept by its bytes, not by its slot."""
    status = SecurityStatus()
    application.process(command(0x11, 0x9E, (0x82, b""), (0x81, bytes(32))), status)
    made = keys.generate(0x14)
    change_state(path, lambda state: replace(state, keys={**state.keys, 0x9E: made}))
    assert state_of(path).keys[0x9E] == made
    application.process(command(0x14, 0x9E, (0x82, b""), (0x81, bytes(48))), status)
