"""Commands and answers longer than one message, at both ends (ISO/IEC 7816-4, 5.3.3 and 5.3.4)."""

from dataclasses import replace

from chipcard_sim.iso7816.apdu import (
    CHAIN_BIT,
    EXTENDED_ANSWER,
    EXTENDED_DATA,
    SHORT_ANSWER,
    SHORT_DATA,
    Command,
    MalformedApdu,
    Response,
)
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import CardError, StatusWord, length_told, more_told, more_word
from chipcard_sim.iso7816.transport import Transport

MOST_PIECES = 2 * EXTENDED_ANSWER // 256  # twice what the longest answer needs


class CommandChain:
    """The card's end: what has come of a command so far. Lost with the power, and no harm done."""

    def __init__(self) -> None:
        self._so_far: Command | None = None

    def forget(self) -> None:
        """Drop what has come."""
        self._so_far = None

    def join(self, command: Command) -> Command | None:
        """Take one piece; the whole command when it was the last, None while more is to come.

        A step of an authentication is a link with an answer of its own (ISO/IEC 7816-4, 11.5.5):
        it is whole as it comes, and keeps its chain bit.

        Raises:
            CardError: CHAIN_BROKEN for a piece of another command (the chain is forgotten),
                WRONG_LENGTH for more data than a command can carry.
        """
        before, self._so_far = self._so_far, None
        if before is None and command.ins == Instruction.AUTHENTICATE_STEP:
            return command
        if before is None:
            whole = replace(command, cla=command.cla & ~CHAIN_BIT)
        elif before.header != command.header:
            raise CardError(StatusWord.CHAIN_BROKEN)
        elif len(before.data) + len(command.data) > EXTENDED_DATA:
            raise CardError(StatusWord.WRONG_LENGTH)
        else:
            data = before.data + command.data
            whole = replace(before, data=data, answer_size=command.answer_size)
        if not command.is_chained:
            return whole
        self._so_far = whole
        return None


class PendingAnswer:
    """The card's end: what of an answer the reader has not fetched yet."""

    def __init__(self) -> None:
        self._rest = b""

    def forget(self) -> None:
        """Drop what waits."""
        self._rest = b""

    def begin(self, data: bytes, answer_size: int) -> Response:
        """Start to hand out an answer: as much as the reader asked for.

        ISO/IEC 7816-4, 5.1: who leaves Le out wants no data. Yubico's tools do, and wait for data;
        ykman does in GET RESPONSE too, for ever if none come. They get what a short Le could ask.
        """
        self._rest = data
        return self._take(answer_size)

    def more(self, answer_size: int) -> Response:
        """Go on: the answer to GET RESPONSE.

        Raises:
            CardError: CONDITIONS_NOT_SATISFIED when nothing waits.
        """
        if not self._rest:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._take(answer_size)

    def _take(self, size: int) -> Response:
        size = size or SHORT_ANSWER
        piece, self._rest = self._rest[:size], self._rest[size:]
        return Response(piece, more_word(len(self._rest)) if self._rest else StatusWord.OK)


def split(command: Command) -> list[Command]:
    """The reader's end: a command in pieces that every reader can carry."""
    pieces = [command.data[at : at + SHORT_DATA] for at in range(0, len(command.data), SHORT_DATA)]
    if len(pieces) <= 1:
        return [command]
    chained = replace(command, cla=command.cla | CHAIN_BIT, answer_size=0)
    return [
        *(replace(chained, data=piece) for piece in pieces[:-1]),
        replace(command, data=pieces[-1]),
    ]


def exchange(transport: Transport, command: Command) -> Response:
    """The reader's end: send a command however long, fetch its answer however long.

    Raises:
        MalformedApdu: the card answers without end, more than was asked, or unreadably.
        TransportLost: there is no card.
    """
    *pieces, last = split(command)
    for piece in pieces:
        response = _send(transport, piece)
        if not response.is_ok:
            return response
    response = _send(transport, last)
    length = length_told(response.status)
    if length is not None and last.answer_size:
        # ISO/IEC 7816-4, 5.6: 6CXX asks for the same command with another Le. Once is enough.
        response = _send(transport, replace(last, answer_size=length))
    return _gather(transport, last, response)


def _gather(transport: Transport, command: Command, response: Response) -> Response:
    """Follow 61XX to its end. Every step must bring data, and there is a ceiling to all of it."""
    data = response.data
    fetch = Command(command.cla, Instruction.GET_RESPONSE, 0, 0)
    for _ in range(MOST_PIECES):
        more = more_told(response.status)
        if more is None:
            break
        if not command.answer_size:
            raise MalformedApdu("an answer nobody asked for")
        response = _send(transport, replace(fetch, answer_size=more))
        data += response.data
        if len(data) > EXTENDED_ANSWER:
            raise MalformedApdu("a longer answer than any command can have")
    if more_told(response.status) is not None or length_told(response.status) is not None:
        raise MalformedApdu("an answer without end")
    return Response(data, response.status) if response.is_ok else response


def _send(transport: Transport, command: Command) -> Response:
    response = Response.read(transport.transmit(command.build()))
    if len(response.data) > command.answer_size:
        raise MalformedApdu("more than was asked for")
    return response
