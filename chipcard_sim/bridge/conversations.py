"""What the window can ask of a card: an answer, another PIN, or a way out of a blocked PIN."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from chipcard_sim.bridge.asked import Asked
from chipcard_sim.bridge.drawer import CardMissing, Drawer
from chipcard_sim.bridge.refusals import Refused
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.errors import PinBlocked, TerminalError, WrongPin
from chipcard_sim.terminal.piv import PivClient

Conversation = Callable[[Drawer, BridgeSettings, Asked], Mapping[str, object]]


def answer(drawer: Drawer, settings: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Have the card answer a challenge: members card, pin, origin, nonce.

    Raises:
        Refused: the asker is not on the list, or the card refuses.
    """
    origin = asked.text("origin")
    if origin not in settings.origins:
        raise Refused("asker_unknown")
    nonce, pin = asked.nonce(), asked.pin("pin")
    with _talking(drawer, asked, "pin") as card:
        return CitizenAgent(card).answer(origin, nonce, pin)


def change_pin(drawer: Drawer, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Replace the PIN: members card, pin, newPin."""
    pin, new_pin = asked.pin("pin"), asked.pin("newPin")
    with _talking(drawer, asked, "pin") as card:
        client = PivClient(card)
        client.select()
        client.change_pin(pin, new_pin)
    return {}


def unblock(drawer: Drawer, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Give a blocked PIN new life: members card, puk, newPin."""
    puk, new_pin = asked.puk("puk"), asked.pin("newPin")
    with _talking(drawer, asked, "puk") as card:
        client = PivClient(card)
        client.select()
        client.unblock(puk, new_pin)
    return {}


CONVERSATIONS: Mapping[str, Conversation] = {
    "/answer": answer,
    "/pin": change_pin,
    "/unblock": unblock,
}
"""Path -> what is asked there."""


@contextmanager
def _talking(drawer: Drawer, asked: Asked, secret: str) -> Iterator[Transport]:
    """Talk to the asked card, and say in the bridge's own codes what went wrong."""
    try:
        with drawer.inserted(asked.text("card")) as card:
            yield card
    except CardMissing as error:
        raise Refused("card_unknown") from error
    except WrongPin as error:
        raise _wrong(secret, error.tries_left) from error
    except PinBlocked as error:
        raise _wrong(secret, 0) from error
    except (TerminalError, MemoryDamaged) as error:
        raise Refused("card_unfit") from error


def _wrong(secret: str, tries_left: int) -> Refused:
    """The try that was the last one is told as blocked: that is what the holder must act upon."""
    if tries_left == 0:
        return Refused(f"{secret}_blocked")
    return Refused(f"{secret}_wrong", tries_left)
