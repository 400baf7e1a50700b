"""Which commands are about data that a card shows to its holder's PIN alone.

NIST SP 800-73-4 part 1, table 2: printed information, fingerprints, facial and iris images.
"""

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import CHAIN_BIT, Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.transport.names import read_object_tag

_BEHIND_THE_PIN = frozenset({0x5FC103, 0x5FC108, 0x5FC109, 0x5FC121})
_GET_DATA = frozenset({0xCA, Instruction.GET_DATA})


class HolderData:
    """Follows a conversation, for only the first piece of a chain tells what the rest is about."""

    def __init__(self) -> None:
        self._begun: bool | None = None  # what the first pieces of an unfinished PUT DATA held

    def is_in(self, command: Command) -> bool:
        """Return whether the command carries or fetches such data; True also where it is unclear.

        It must be asked about every command of the conversation, in order.
        """
        begun, self._begun = self._begun, None
        if command.ins in _GET_DATA:
            return _fetches(command)
        if command.ins != Instruction.PUT_DATA:
            return False
        found = _carries(command, begun=begun)
        self._begun = found if command.cla & CHAIN_BIT else None
        return found


def _fetches(command: Command) -> bool:
    if not command.data:
        return False  # the name stands in P1 and P2: no object of PIV
    try:
        is_whole = tlv.told_size(command.data) == len(command.data)
        tag = read_object_tag(command)
    except tlv.MalformedTlv:
        return True
    # Nobody asks for an object in pieces, or by two names: which one the card takes is unclear.
    return tag in _BEHIND_THE_PIN or not is_whole or bool(command.cla & CHAIN_BIT)


def _carries(command: Command, *, begun: bool | None) -> bool:
    try:
        tag = read_object_tag(command)
    except tlv.MalformedTlv:
        return begun is not False
    # A reader that was refused begins anew, with another object perhaps: its name counts too.
    return tag in _BEHIND_THE_PIN or begun is True
