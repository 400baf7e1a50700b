"""Commands and answers, short and extended (ISO/IEC 7816-4, 5.2): read strictly, built short."""

from dataclasses import dataclass, field

from chipcard_sim.iso7816.status import StatusWord

HEADER = 4
LARGEST_BYTE = 0xFF
SHORT_DATA = 255
SHORT_ANSWER = 256
EXTENDED_DATA = 65535
EXTENDED_ANSWER = 65536
CHAIN_BIT = 0x10  # ISO/IEC 7816-4, 5.3.3: this is not the last command of the chain
CLASS_INVALID = 0xFF  # ISO/IEC 7816-4, 5.4.1: FF is for the reader's own protocol


class MalformedApdu(ValueError):
    """Bytes that are no command, or no answer."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `answer_size` is Ne: the most bytes wanted back, 0 when none are."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)  # may be a PIN: never in a traceback
    answer_size: int = 0

    def __post_init__(self) -> None:
        """Refuse what no command can carry."""
        if not all(0 <= byte <= LARGEST_BYTE for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise MalformedApdu("a header byte is out of range")
        if len(self.data) > EXTENDED_DATA or not 0 <= self.answer_size <= EXTENDED_ANSWER:
            raise MalformedApdu("longer than a command can say")

    @property
    def is_chained(self) -> bool:
        """Whether more of this command follows in the next one."""
        return bool(self.cla & CHAIN_BIT)

    @property
    def header(self) -> tuple[int, int, int, int]:
        """Class without the chain bit, instruction, P1, P2: what a chain has in common."""
        return (self.cla & ~CHAIN_BIT, self.ins, self.p1, self.p2)

    @classmethod
    def read(cls, raw: bytes) -> "Command":
        """Read one command.

        Raises:
            MalformedApdu: the lengths do not add up.
        """
        if len(raw) < HEADER:
            raise MalformedApdu("shorter than a header")
        data, answer_size = _read_body(raw[HEADER:])
        return cls(raw[0], raw[1], raw[2], raw[3], data, answer_size)

    def build(self) -> bytes:
        """The command's bytes, in extended form only where the short form cannot say it."""
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        if len(self.data) <= SHORT_DATA and self.answer_size <= SHORT_ANSWER:
            length = bytes((len(self.data),)) if self.data else b""
            wanted = bytes((self.answer_size % SHORT_ANSWER,)) if self.answer_size else b""
            return head + length + self.data + wanted
        wanted = (
            (self.answer_size % EXTENDED_ANSWER).to_bytes(2, "big") if self.answer_size else b""
        )
        if not self.data:
            return head + b"\x00" + wanted
        return head + b"\x00" + len(self.data).to_bytes(2, "big") + self.data + wanted


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: data and a status word."""

    data: bytes
    status: int

    @classmethod
    def read(cls, raw: bytes) -> "Response":
        """Read one answer.

        Raises:
            MalformedApdu: no status word, more than an answer can carry, or data beside an error.
        """
        if not 2 <= len(raw) <= EXTENDED_ANSWER + 2:  # noqa: PLR2004 - a status word is two bytes
            raise MalformedApdu("no status word, or longer than an answer can be")
        status = int.from_bytes(raw[-2:], "big")
        # ISO/IEC 7816-4, 5.2: a response data field is absent when processing was aborted.
        # Under secure messaging (10.3) the status word itself is data: 99 02 SW1 SW2.
        is_error = status >> 8 not in {0x90, 0x61, 0x62, 0x63}
        if is_error and len(raw) > 2 and raw[:4] != b"\x99\x02" + raw[-2:]:  # noqa: PLR2004 - as above
            raise MalformedApdu("data beside an error")
        return cls(raw[:-2], status)

    def build(self) -> bytes:
        """The answer's bytes."""
        return self.data + self.status.to_bytes(2, "big")

    @property
    def is_ok(self) -> bool:
        """Whether the command was carried out to its end."""
        return self.status == StatusWord.OK


def _read_body(body: bytes) -> tuple[bytes, int]:
    """Data and Ne, for the seven cases of ISO/IEC 7816-4, 5.2."""
    if not body:
        return b"", 0
    if len(body) == 1:
        return b"", body[0] or SHORT_ANSWER
    if body[0]:
        data, wanted = body[1 : 1 + body[0]], body[1 + body[0] :]
        return _checked(data, body[0], wanted, 1)
    extended = body[1:]
    if len(extended) == 2:  # noqa: PLR2004 - Le alone: two bytes after the marker
        return b"", int.from_bytes(extended, "big") or EXTENDED_ANSWER
    length = int.from_bytes(extended[:2], "big")
    if not length:
        raise MalformedApdu("an extended command without data says so by leaving Lc out")
    return _checked(extended[2 : 2 + length], length, extended[2 + length :], 2)


def _checked(data: bytes, length: int, wanted: bytes, width: int) -> tuple[bytes, int]:
    if len(data) != length or len(wanted) not in {0, width}:
        raise MalformedApdu("the lengths do not add up")
    if not wanted:
        return data, 0
    return data, int.from_bytes(wanted, "big") or (SHORT_ANSWER if width == 1 else EXTENDED_ANSWER)
