"""Status words: the two bytes that end every answer (ISO/IEC 7816-4, 5.6)."""

from enum import IntEnum

TRIES_LEFT = 0x63C0
MORE_WAITS = 0x6100
RIGHT_LENGTH = 0x6C00
MOST_TRIES_TOLD = 15  # 63CX tells the counter in one hexadecimal digit
MOST_BYTES_TOLD = 256  # 61XX tells 256 as 00


class StatusWord(IntEnum):
    """The status words that this card can answer, apart from the families 61XX and 63CX."""

    OK = 0x9000
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    CHAIN_BROKEN = 0x6883
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    PROTECTION_MISSING = 0x6987
    PROTECTION_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    NOT_FOUND = 0x6A82
    NO_SPACE = 0x6A84
    WRONG_P1P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    PAST_THE_END = 0x6B00
    INSTRUCTION_UNKNOWN = 0x6D00
    CLASS_UNKNOWN = 0x6E00
    NO_PRECISE_DIAGNOSIS = 0x6F00


class CardError(Exception):
    """A command refused. Never leaves `Card.transmit`, which turns it into two bytes."""

    def __init__(self, status: int) -> None:
        """Refuse with this status word."""
        super().__init__(describe(status))
        self.status = status


def tries_word(tries_left: int) -> int:
    """The status word 63CX that tells how many tries are left."""
    return TRIES_LEFT | min(tries_left, MOST_TRIES_TOLD)


def tries_told(status: int) -> int | None:
    """How many tries a status word says are left, or None when it speaks of something else."""
    return status & 0x0F if status & 0xFFF0 == TRIES_LEFT else None


def more_word(remaining: int) -> int:
    """The status word 61XX: so many bytes wait for GET RESPONSE, 00 meaning 256 or more."""
    return MORE_WAITS | (remaining if remaining < MOST_BYTES_TOLD else 0)


def more_told(status: int) -> int | None:
    """How many bytes a status word 61XX says are waiting, or None."""
    return ((status & 0xFF) or MOST_BYTES_TOLD) if status & 0xFF00 == MORE_WAITS else None


def length_told(status: int) -> int | None:
    """The right Le that a status word 6CXX asks for, or None."""
    return ((status & 0xFF) or MOST_BYTES_TOLD) if status & 0xFF00 == RIGHT_LENGTH else None


def describe(status: int) -> str:
    """A status word for a person: its digits and what they mean."""
    tries = tries_told(status)
    if tries is not None:
        return f"{status:04X} TRIES_LEFT_{tries}"
    if (more := more_told(status)) is not None:
        return f"{status:04X} {more}_BYTES_WAIT"
    if (length := length_told(status)) is not None:
        return f"{status:04X} RIGHT_LENGTH_IS_{length}"
    known = {word.value: word.name for word in StatusWord}
    return f"{status:04X} {known.get(status, 'OTHER')}"
