"""The data objects of the card and who may read them (NIST SP 800-73-4 part 1, tables 2 and 3)."""

from chipcard_sim.chip.access import Condition
from chipcard_sim.chip.keys import KeyAlgorithm
from chipcard_sim.iso7816 import tlv

PROVIDER = bytes.fromhex("A000000308")
EXTENSION = bytes.fromhex("000010000100")
AID = PROVIDER + EXTENSION
LABEL = b"chipcard-sim"

DISCOVERY = 0x7E
CONTENT = 0x53

OBJECTS: dict[int, Condition] = {
    DISCOVERY: Condition.NONE,
    0x5FC107: Condition.NONE,  # card capability container
    0x5FC102: Condition.NONE,  # card holder unique identifier
    0x5FC105: Condition.NONE,  # certificate of 9A, PIV authentication
    0x5FC10A: Condition.NONE,  # certificate of 9C, digital signature
    0x5FC10B: Condition.NONE,  # certificate of 9D, key management
    0x5FC101: Condition.NONE,  # certificate of 9E, card authentication
    0x5FC106: Condition.NONE,  # security object
    0x5FC10C: Condition.NONE,  # key history
    0x5FC103: Condition.PIN,  # fingerprints
    0x5FC108: Condition.PIN,  # facial image
    0x5FC109: Condition.PIN,  # printed information
    0x5FC121: Condition.PIN,  # iris images
}

KEYS: dict[int, Condition] = {
    0x9A: Condition.PIN,  # PIV authentication
    0x9C: Condition.PIN_ALWAYS,  # digital signature
}


def application_template() -> bytes:
    """The answer to SELECT (NIST SP 800-73-4 part 2, 3.1.1, table 3)."""
    algorithms = b"".join(tlv.build(0x80, bytes((each,))) for each in KeyAlgorithm)
    return tlv.build(
        0x61,
        tlv.build(0x4F, EXTENSION)
        + tlv.build(0x79, tlv.build(0x4F, PROVIDER))
        + tlv.build(0x50, LABEL)
        + tlv.build(0xAC, algorithms + tlv.build(0x06, b"\x00")),
    )


def told(tag: int, content: bytes) -> bytes:
    """An object as GET DATA tells it (NIST SP 800-73-4 part 2, 3.1.2).

    The discovery object is kept whole and told as it is, every other stands in a 53.
    """
    return content if tag == DISCOVERY else tlv.build(CONTENT, content)
