"""A Transport that writes down what passes: by name, timed, and never a PIN or a key.

Nor what the card shows after the PIN alone: who reads along did not show it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from time import perf_counter

from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response
from chipcard_sim.iso7816.instruction import SECRET_BEARING, Instruction
from chipcard_sim.iso7816.status import describe
from chipcard_sim.iso7816.transport import Transport, TransportLost
from chipcard_sim.transport.holder_data import HolderData
from chipcard_sim.transport.names import INSTRUCTIONS, MANAGEMENT_KEY, name_command

BLANKED = "[blanked]"  # not even how long it was
LOST = "no answer: the card is gone"
_AUTHENTICATE = {0x86, 0x87}
_KEY_AGREEMENT = 0x9D
_PROPRIETARY = 0x80  # ISO/IEC 7816-4, 5.4.1: the factory sets PINs, keys and passwords in it


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and its answer, as they may be shown.

    Attributes:
        name: what the command is called.
        command: header and data in hexadecimal; secrets are blanked.
        status: the status word, digits and meaning; or why there is none.
        answer: the answer's data in hexadecimal, blanked where they are a secret.
        microseconds: how long the card took.
    """

    name: str
    command: str
    status: str
    answer: str
    microseconds: int

    @classmethod
    def read(cls, members: Mapping[str, object]) -> "Exchange":
        """Return the exchange that `as_json` described.

        Raises:
            ValueError: other members, or of another kind.
        """
        held = [members.get(each.name) for each in fields(cls)]
        match held:
            case [str(name), str(command), str(status), str(answer), int(microseconds)]:
                return cls(name, command, status, answer, microseconds)
            case _:
                raise ValueError("no exchange")

    def as_json(self) -> dict[str, object]:
        """Return the members, for a stream."""
        return asdict(self)

    def lines(self) -> tuple[str, str]:
        """Return the line of the command and the line of its answer."""
        return f"> {self.name}  {self.command}", f"< {self.told_answer}"

    @property
    def told_answer(self) -> str:
        """The answer and how long it took."""
        data = f"  {self.answer}" if self.answer else ""
        return f"{self.status}{data}  ({self.microseconds / 1000:.1f} ms)"


class Recording:
    """Between reader and card: hands every exchange on to `keep`, when its answer has come."""

    def __init__(
        self,
        transport: Transport,
        keep: Callable[[Exchange], None],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._transport = transport
        self._keep = keep
        self._clock = clock
        self._holder_data = HolderData()
        self._was_secret = False

    def transmit(self, command: bytes) -> bytes:
        """Hand the command on, keep both.

        Raises:
            TransportLost: there is no card; the command is kept all the same.
        """
        name, told, is_secret = self._tell_command(command)
        started = self._clock()
        try:
            answer = self._transport.transmit(command)
        except TransportLost:
            self._keep(Exchange(name, told, LOST, "", self._since(started)))
            raise
        status, data = _tell_answer(answer, is_secret=is_secret)
        self._keep(Exchange(name, told, status, data, self._since(started)))
        return answer

    def _since(self, started: float) -> int:
        return round((self._clock() - started) * 1_000_000)

    def _tell_command(self, raw: bytes) -> tuple[str, str, bool]:
        """Name and text of a command, and whether its answer is a secret."""
        try:
            command = Command.read(raw)
        except MalformedApdu:
            return f"unreadable, {len(raw)} bytes", "", True  # it may be a PIN gone astray
        is_holders = self._holder_data.is_in(command)
        # What GET RESPONSE fetches is the rest of what was answered before.
        if command.ins != Instruction.GET_RESPONSE:
            self._was_secret = is_holders or _answers_a_secret(command)
        carries = _asks_with_a_secret(command) or (
            is_holders and command.ins == Instruction.PUT_DATA
        )
        header = raw[:4].hex(" ").upper()
        told = _tell_data(command, is_secret=carries)
        return name_command(command), f"{header}{told}", self._was_secret


class Trace(Recording):
    """Writes two lines for every exchange."""

    def __init__(
        self,
        transport: Transport,
        write: Callable[[str], None],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        def keep(exchange: Exchange) -> None:
            for line in exchange.lines():
                write(line)

        super().__init__(transport, keep, clock)


def _tell_data(command: Command, *, is_secret: bool) -> str:
    if not command.data:
        return ""
    if is_secret:
        return f" {BLANKED}"
    return f" [{command.data.hex().upper()}]"


def _asks_with_a_secret(command: Command) -> bool:
    """Whether the data may be a PIN, or help to find a key: so are all data of unknown meaning."""
    return (
        command.ins in SECRET_BEARING
        or command.ins not in INSTRUCTIONS
        or bool(command.cla & _PROPRIETARY)
        or _is_of_management_key(command)
    )


def _answers_a_secret(command: Command) -> bool:
    """Whether the answer is one: of the management key, or the outcome of a key agreement."""
    agrees = command.ins in _AUTHENTICATE and command.p2 == _KEY_AGREEMENT
    return agrees or _is_of_management_key(command)


def _is_of_management_key(command: Command) -> bool:
    return command.ins in _AUTHENTICATE and command.p2 == MANAGEMENT_KEY


def _tell_answer(raw: bytes, *, is_secret: bool) -> tuple[str, str]:
    try:
        response = Response.read(raw)
    except MalformedApdu:
        return f"unreadable, {len(raw)} bytes", ""
    if not response.data:
        return describe(response.status), ""
    shown = BLANKED if is_secret else f"[{response.data.hex().upper()}]"
    return describe(response.status), shown
