"""What opens the passport application: the MRZ and the number printed on the card."""

from chipcard_sim.applications.emrtd.files import DATA_GROUP_1
from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.memory import CardState
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.status import CardError, StatusWord

MRZ = 0x01  # ICAO 9303-11, 4.4.4.1: references of passwords
CAN = 0x02
CAN_DIGITS = 6
DATA_GROUP_1_TEMPLATE = 0x61
MRZ_FIELD = 0x5F1F
NUMBER = slice(15, 27)  # ICAO 9303-5, 4.2.2: optional data of TD1; Vietnam's personal number


def secret_of(state: CardState, reference: int, quirks: frozenset[Quirk]) -> bytes:
    """The secret behind a password's reference: a SHA-1 for the MRZ, digits for the CAN.

    Raises:
        CardError: REFERENCE_NOT_FOUND when the card has none such.
    """
    if reference == CAN and Quirk.VN in quirks:
        return _end_of_number(state)
    if reference not in {MRZ, CAN} or reference not in state.passwords:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return state.passwords[reference]


def _end_of_number(state: CardState) -> bytes:
    """The last six digits of the personal number, as the chip's own MRZ tells it."""
    try:
        mrz = tlv.value(
            tlv.value(state.files.get(DATA_GROUP_1, b""), DATA_GROUP_1_TEMPLATE), MRZ_FIELD
        )
    except tlv.MalformedTlv as error:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND) from error
    digits = mrz[NUMBER][-CAN_DIGITS:]
    if len(digits) != CAN_DIGITS or not digits.isdigit():
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return digits
