"""A Transport that writes down what passes: by name, and never a PIN."""

from collections.abc import Callable

from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response
from chipcard_sim.iso7816.instruction import SECRET_BEARING, Instruction
from chipcard_sim.iso7816.status import describe
from chipcard_sim.iso7816.transport import Transport


class Trace:
    """Between reader and card. `write` receives one line for a command and one for its answer."""

    def __init__(self, transport: Transport, write: Callable[[str], None]) -> None:
        self._transport = transport
        self._write = write

    def transmit(self, command: bytes) -> bytes:
        """Hand the command on, write down both."""
        self._write(f"> {_told_command(command)}")
        answer = self._transport.transmit(command)
        self._write(f"< {_told_answer(answer)}")
        return answer


def _told_command(raw: bytes) -> str:
    try:
        command = Command.read(raw)
    except MalformedApdu:
        return f"unreadable, {len(raw)} bytes"  # it may be a PIN gone astray
    name = Instruction(command.ins).name if command.ins in set(Instruction) else "OTHER"
    header = raw[:4].hex(" ").upper()
    return f"{name} {header}{_told_data(command)}"


def _told_data(command: Command) -> str:
    if not command.data:
        return ""
    if command.ins in SECRET_BEARING:
        return " [blanked]"  # not even how long the PIN is
    return f" [{command.data.hex().upper()}]"


def _told_answer(raw: bytes) -> str:
    try:
        response = Response.read(raw)
    except MalformedApdu:
        return f"unreadable, {len(raw)} bytes"
    data = f" [{response.data.hex().upper()}]" if response.data else ""
    return f"{describe(response.status)}{data}"
