"""Instruction bytes, named (ISO/IEC 7816-4, 5.5): parsers match on them, traces print them."""

from enum import IntEnum


class Instruction(IntEnum):
    """The instructions that this card or its reader uses."""

    VERIFY = 0x20
    MANAGE_SECURITY_ENVIRONMENT = 0x22
    CHANGE_REFERENCE_DATA = 0x24
    RESET_RETRY_COUNTER = 0x2C
    ACTIVATE = 0x44
    GENERATE_ASYMMETRIC_KEY_PAIR = 0x47
    MUTUAL_AUTHENTICATE = 0x82
    GET_CHALLENGE = 0x84
    AUTHENTICATE_STEP = 0x86  # GENERAL AUTHENTICATE where every link of a chain has its own answer
    GENERAL_AUTHENTICATE = 0x87
    INTERNAL_AUTHENTICATE = 0x88
    SELECT = 0xA4
    READ_BINARY = 0xB0
    READ_BINARY_FAR = 0xB1
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCB
    PUT_DATA = 0xDB
    GET_METADATA = 0xF7  # from here on Yubico's own, beside PIV
    GET_SERIAL = 0xF8
    GET_VERSION = 0xFD


# Whatever the class byte: the data field of these may hold a PIN or a PUK.
SECRET_BEARING = frozenset(
    {Instruction.VERIFY, Instruction.CHANGE_REFERENCE_DATA, Instruction.RESET_RETRY_COUNTER}
)
