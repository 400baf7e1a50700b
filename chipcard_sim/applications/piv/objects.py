"""The data objects of the card and who may read them (NIST SP 800-73-4 part 1, tables 2 and 3)."""

from dataclasses import dataclass

from chipcard_sim.chip.access import Condition
from chipcard_sim.chip.keys import KeyAlgorithm
from chipcard_sim.iso7816 import tlv

PROVIDER = bytes.fromhex("A000000308")
EXTENSION = bytes.fromhex("000010000100")
AID = PROVIDER + EXTENSION
LABEL = b"chipcard-sim"

DISCOVERY = 0x7E
CONTENT = 0x53


@dataclass(frozen=True, slots=True)
class Container:
    """A place for one data object: who may read it, and how many bytes its content may have."""

    read: Condition
    size: int


# NIST SP 800-73-4 part 1, appendix A, table 7: what a card must be able to hold. Certificates
# under long RSA keys do not fit into its 2005 bytes: they have what Yubico's cards give them.
OBJECTS: dict[int, Container] = {
    DISCOVERY: Container(Condition.NONE, 20),
    0x5FC107: Container(Condition.NONE, 287),  # card capability container
    0x5FC102: Container(Condition.NONE, 2916),  # card holder unique identifier
    0x5FC105: Container(Condition.NONE, 3052),  # certificate of 9A, PIV authentication
    0x5FC10A: Container(Condition.NONE, 3052),  # certificate of 9C, digital signature
    0x5FC10B: Container(Condition.NONE, 3052),  # certificate of 9D, key management
    0x5FC101: Container(Condition.NONE, 3052),  # certificate of 9E, card authentication
    0x5FC106: Container(Condition.NONE, 1336),  # security object
    0x5FC10C: Container(Condition.NONE, 128),  # key history
    0x5FC103: Container(Condition.PIN, 4006),  # fingerprints
    0x5FC108: Container(Condition.PIN, 12710),  # facial image
    0x5FC109: Container(Condition.PIN, 245),  # printed information
    0x5FC121: Container(Condition.PIN, 7106),  # iris images
}

KEYS: dict[int, Condition] = {
    0x9A: Condition.PIN,  # PIV authentication
    0x9C: Condition.PIN_ALWAYS,  # digital signature
    0x9D: Condition.PIN,  # key management
    0x9E: Condition.NONE,  # card authentication: that the card is there, by whoever holds it
}
KEY_MANAGEMENT = 0x9D  # the one key that agrees on secrets


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
