"""What can go wrong between a reader and a card. No message ever holds a PIN."""

from chipcard_sim.iso7816.status import describe


class TerminalError(Exception):
    """The reader could not do what it was asked."""


class NotACard(TerminalError):
    """No card, a card of another kind, or answers that are not a card's."""


class WrongPin(TerminalError):
    """The PIN (or the PUK, when unblocking) was wrong; told to the holder alone."""

    def __init__(self, tries_left: int) -> None:
        """So many tries are left."""
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class PinBlocked(TerminalError):
    """No tries are left; nothing was compared."""


class UnusablePin(TerminalError):
    """It has not the form of a PIN or PUK. Nothing was sent, no try was spent."""


class UnusableAccessKey(TerminalError):
    """It has not the form of a machine readable zone or a card access number. Nothing was sent."""


class WrongAccessKey(TerminalError):
    """The machine readable zone or card access number is not this card's."""

    def __init__(self) -> None:
        """It was tried, and the card did not open."""
        super().__init__("the number or the zone is not this card's")


class ChipNotGenuine(TerminalError):
    """What answers could not prove that it is the chip it says it is."""


class AnswerAltered(TerminalError):
    """A protected answer is not what the chip sent. The conversation is over."""


class ChallengeRefused(TerminalError):
    """The challenge is too short to be safely signed."""


class CardRefused(TerminalError):
    """The card refused with a status word."""

    def __init__(self, status: int) -> None:
        """Refused with this status word."""
        super().__init__(describe(status))
        self.status = status
