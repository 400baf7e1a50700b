"""Any card in a PC/SC reader of this machine, plastic ones too, as a Transport.

PC/SC is spoken through pyscard, which the extra `reader` brings; nothing else here needs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

from chipcard_sim.iso7816.apdu import Command, MalformedApdu
from chipcard_sim.iso7816.transport import TransportLost


class ReaderUnfit(Exception):
    """PC/SC is not to be had; the text says what to do."""


class PcscCard:
    """A card in a reader, connected, and ours alone until it is given back.

    `is_lost` says that a command found no card.
    """

    def __init__(self, scard: ModuleType, handle: int, protocol: int) -> None:
        self._scard = scard
        self._handle = handle
        self.is_lost = False
        self._is_t0 = protocol == scard.SCARD_PROTOCOL_T0
        self._header = scard.SCARD_PCI_T0 if self._is_t0 else scard.SCARD_PCI_T1

    def transmit(self, command: bytes) -> bytes:
        """Send one command, return its answer.

        Raises:
            TransportLost: the card was pulled, or the reader cannot go on with it.
        """
        sent = list(for_t0(command) if self._is_t0 else command)
        outcome = self._scard.SCardTransmit(self._handle, self._header, sent)
        self.is_lost = outcome[0] != self._scard.SCARD_S_SUCCESS
        return bytes(_held(self._scard, outcome))


def find_readers() -> tuple[str, ...]:
    """Return the names of all readers, with a card or without.

    Raises:
        ReaderUnfit: there is no PC/SC on this machine.
    """
    scard = _pyscard()
    with _context(scard) as context:
        return _names(scard, context)


def find_cards() -> tuple[str, ...]:
    """Return the names of the readers that hold a card now.

    Raises:
        ReaderUnfit: there is no PC/SC on this machine.
    """
    scard = _pyscard()
    with _context(scard) as context:
        asked = [(name, scard.SCARD_STATE_UNAWARE) for name in _names(scard, context)]
        if not asked:
            return ()
        status, states = scard.SCardGetStatusChange(context, 0, asked)
        if status != scard.SCARD_S_SUCCESS:
            return ()  # a reader went away meanwhile
        return tuple(name for name, state, _ in states if state & scard.SCARD_STATE_PRESENT)


@contextmanager
def card_in(reader: str) -> Iterator[PcscCard]:
    """Lend the card in a reader, freshly reset; other programs wait, and find it reset afterwards.

    Raises:
        ReaderUnfit: there is no PC/SC on this machine.
        TransportLost: there is no such reader, or no card in it.
    """
    scard = _pyscard()
    with _context(scard) as context, _connected(scard, context, reader) as handle:
        _held(scard, scard.SCardBeginTransaction(handle))
        card = None
        try:
            card = PcscCard(scard, handle, _reset(scard, handle))
            yield card
        finally:
            # pcscd that is to reset a card that was pulled loses count: it overlooks the next one
            # where that comes at once.
            is_gone = card is None or card.is_lost
            ending = scard.SCARD_LEAVE_CARD if is_gone else scard.SCARD_RESET_CARD
            scard.SCardEndTransaction(handle, ending)


def for_t0(command: bytes) -> bytes:
    """A command as a T=0 card takes it.

    ISO/IEC 7816-3, 12.2.1: a command with data goes without Le; the card says 61XX and keeps its
    answer for GET RESPONSE.
    """
    try:
        read = Command.read(command)
    except MalformedApdu:
        return command  # it is the card that shall refuse it
    return replace(read, answer_size=0).build() if read.data else command


def _pyscard() -> ModuleType:
    try:
        from smartcard import scard  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ReaderUnfit("This needs pyscard: pip install 'eid-reference[reader]'") from error
    return scard  # type: ignore[no-any-return]


@contextmanager
def _context(scard: ModuleType) -> Iterator[int]:
    status, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if status != scard.SCARD_S_SUCCESS:
        raise ReaderUnfit(
            f"PC/SC does not answer ({scard.SCardGetErrorMessage(status)}). Start it: "
            "sudo systemctl start pcscd"
        )
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


@contextmanager
def _connected(scard: ModuleType, context: int, reader: str) -> Iterator[int]:
    status, handle, _ = scard.SCardConnect(
        context, reader, scard.SCARD_SHARE_SHARED, _either(scard)
    )
    _held(scard, (status, handle))
    try:
        yield handle
    finally:
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)


def _reset(scard: ModuleType, handle: int) -> int:
    """Reset the card; the protocol that it speaks."""
    either, shared = _either(scard), scard.SCARD_SHARE_SHARED
    outcome = scard.SCardReconnect(handle, shared, either, scard.SCARD_RESET_CARD)
    return int(_held(scard, outcome))


def _names(scard: ModuleType, context: int) -> tuple[str, ...]:
    status, names = scard.SCardListReaders(context, [])
    return tuple(sorted(names)) if status == scard.SCARD_S_SUCCESS else ()


def _either(scard: ModuleType) -> int:
    return int(scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)


def _held(scard: ModuleType, outcome: Any) -> Any:
    """What a call gave, beside its status: nothing, or one thing.

    Raises:
        TransportLost: the status is another than success.
    """
    status, *held = outcome if isinstance(outcome, tuple | list) else (outcome,)
    if status != scard.SCARD_S_SUCCESS:
        raise TransportLost(scard.SCardGetErrorMessage(status))
    return held[0] if held else None
