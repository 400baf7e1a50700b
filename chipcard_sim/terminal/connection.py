"""A conversation with a card: commands and answers of any length, errors as the reader's own.

Once it is protected (ICAO 9303-11, 9.8) it stays protected or it is over: nothing falls back to
plain commands, for whoever cuts in would like that.
"""

from chipcard_sim.iso7816.apdu import SHORT_ANSWER, Command, MalformedApdu, Response
from chipcard_sim.iso7816.chaining import exchange
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.secure_messaging import MessagingBroken, SecureMessaging
from chipcard_sim.iso7816.status import StatusWord, tries_told
from chipcard_sim.iso7816.transport import Transport, TransportLost
from chipcard_sim.terminal.errors import (
    AnswerAltered,
    CardRefused,
    NotACard,
    PinBlocked,
    WrongPin,
)
from chipcard_sim.terminal.patience import Patience, TooSlow

SELECT_BY_NAME = 0x04
PATIENCE = 5.0  # seconds, for a command with all its pieces; plastic takes at most about one


class Connection:
    """A Transport that chains, fetches, protects and checks, and does not wait for ever."""

    def __init__(self, transport: Transport, patience: float = PATIENCE) -> None:
        self._transport = Patience(transport, patience)
        self._messaging: SecureMessaging | None = None
        self._is_over = False
        self._end = "the protected conversation is over"

    def protect(self, messaging: SecureMessaging) -> None:
        """Protect everything from the next command on."""
        self._messaging = messaging

    def exchange(self, command: Command) -> Response:
        """Send a command, return its whole answer, whatever its status word.

        Raises:
            NotACard: there is no card, it does not answer in time, or what answers does not keep
                to ISO/IEC 7816-4.
            AnswerAltered: the conversation is protected, and the answer is not the chip's.
            CardRefused: the card ended the protected conversation.
        """
        if self._is_over:
            raise NotACard(self._end)
        if self._messaging is None:
            return self._send(command)
        self._is_over = True  # until its answer has been checked
        response = self._send(self._messaging.wrap(command))
        if not response.data and not response.is_ok:
            raise CardRefused(response.status)
        try:
            answer = self._messaging.unwrap_answer(response)
        except MessagingBroken as error:
            raise AnswerAltered(str(error)) from error
        self._is_over = False
        return answer

    def _send(self, command: Command) -> Response:
        self._transport.begin()
        try:
            return exchange(self._transport, command)
        except TooSlow as error:
            # The late answer would be taken for that of the next command.
            self._is_over, self._end = True, str(error)
            raise NotACard(str(error)) from error
        except (MalformedApdu, TransportLost) as error:
            raise NotACard(str(error)) from error

    def ask(self, command: Command) -> bytes:
        """Send a command that should succeed; its data.

        Raises:
            WrongPin, PinBlocked, CardRefused: what the status word says.
            NotACard: as `exchange`.
        """
        response = self.exchange(command)
        tries_left = tries_told(response.status)
        if tries_left is not None:
            raise WrongPin(tries_left)
        if response.status == StatusWord.BLOCKED:
            raise PinBlocked
        if not response.is_ok:
            raise CardRefused(response.status)
        return response.data

    def select(self, aid: bytes) -> bytes:
        """Select an application; its answer.

        Raises:
            NotACard: the card has no such application.
        """
        command = Command(0, Instruction.SELECT, SELECT_BY_NAME, 0, aid, SHORT_ANSWER)
        response = self.exchange(command)
        if not response.is_ok:
            raise NotACard("the card has no such application")
        return response.data
