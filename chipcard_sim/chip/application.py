"""What the card asks of an application."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.memory import Memory
from chipcard_sim.chip.quirks import Quirk
from chipcard_sim.iso7816.apdu import Command

__all__ = ["Application", "ApplicationFactory", "DefaultApplication", "Quirk"]


class Application(Protocol):
    """One application on the card, known by its AID."""

    @property
    def aid(self) -> bytes:
        """The full application identifier (ISO/IEC 7816-5)."""
        ...

    def select(self, command: Command, status: SecurityStatus) -> bytes:
        """Answer SELECT.

        Raises:
            CardError: it is not to be selected; the card stays with the one it has.
        """
        ...

    def deselect(self) -> None:
        """Forget everything volatile."""
        ...

    def process(self, command: Command, status: SecurityStatus) -> bytes:
        """Carry out a command and return its data.

        Raises:
            CardError: refused, with a status word.
        """
        ...


@runtime_checkable
class DefaultApplication(Application, Protocol):
    """An application that also answers when none was selected (ISO/IEC 7816-4, 8.2.2.1)."""

    def is_present(self) -> bool:
        """Whether the card has been given what the application needs."""
        ...


ApplicationFactory = Callable[[Memory], Application]
