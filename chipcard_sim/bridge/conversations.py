"""What window and page can ask of a card: an answer, another PIN, a way out of a blocked one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from chipcard_sim.bridge.asked import Asked
from chipcard_sim.bridge.chip_state import OBJECTS, get_object
from chipcard_sim.bridge.desk import Desk
from chipcard_sim.bridge.drawer import CardMissing
from chipcard_sim.bridge.passport import read_passport
from chipcard_sim.bridge.refusals import Refused
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.faults.fault import Method
from chipcard_sim.faults.genuine import Ask
from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.chip_reading import read_chip
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import PinBlocked, TerminalError, WrongAccessKey, WrongPin
from chipcard_sim.terminal.piv import PivClient

LOCKED, NOT_THERE = StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.NOT_FOUND

Told = Mapping[str, object] | str
"""Members of a JSON object, or a text that a faulty card wants to be handed on as it is."""

Conversation = Callable[[Desk, BridgeSettings, Asked], Told]


def answer(desk: Desk, settings: BridgeSettings, asked: Asked) -> Told:
    """Have the card answer a challenge: members card, pin, origin, nonce.

    Raises:
        Refused: the asker is not on the list, or the card refuses.
    """
    origin = _asker(settings, asked)
    nonce, pin = asked.nonce(), asked.pin("pin")
    fault = settings.fault
    with _talking(desk, asked, "answer", origin) as card:
        if fault is not None and fault.method is Method.CARD_SIGNATURE:
            return fault.play(card, Ask(origin, nonce, pin=pin))
        return CitizenAgent(card).answer(origin, nonce, pin)


def read(desk: Desk, settings: BridgeSettings, asked: Asked) -> Told:
    """Have the chip itself answer a challenge: members card, can, origin, nonce.

    Raises:
        Refused: the asker is not on the list, or the card refuses.
    """
    origin = _asker(settings, asked)
    nonce, can = asked.nonce(), asked.can()
    fault = settings.fault
    with _talking(desk, asked, "read", origin) as card:
        if fault is not None and fault.method is Method.CARD_CHIP:
            return fault.play(card, Ask(origin, nonce, can=can))
        return read_chip(card, origin, nonce, can)


def change_pin(desk: Desk, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Replace the PIN: members card, pin, newPin."""
    pin, new_pin = asked.pin("pin"), asked.pin("newPin")
    with _talking(desk, asked, "change") as card:
        client = PivClient(card)
        client.select()
        client.change_pin(pin, new_pin)
    return {}


def unblock(desk: Desk, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Give a blocked PIN new life: members card, puk, newPin."""
    puk, new_pin = asked.puk("puk"), asked.pin("newPin")
    with _talking(desk, asked, "unblock", shown="puk") as card:
        client = PivClient(card)
        client.select()
        client.unblock(puk, new_pin)
    return {}


def verify(desk: Desk, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Show the PIN, and see what opens: members card, pin.

    The tags of the objects that did, and of those that turned out to be empty: without the PIN a
    card does not tell an empty object from a locked one.
    """
    pin = asked.pin("pin")
    with _talking(desk, asked, "verify") as card:
        connection, client = Connection(card), PivClient(card)
        client.select()
        shut = [tag for tag in OBJECTS if get_object(connection, tag).status == LOCKED]
        client.verify_pin(pin)
        now = {f"{tag:X}": get_object(connection, tag) for tag in shut}
        opened = [tag for tag, response in now.items() if response.is_ok]
        return {"opened": opened, "empty": [tag for tag in now if now[tag].status == NOT_THERE]}


def passport(desk: Desk, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Read the passport application for the one who looks: members card, can."""
    can = asked.can()
    with _talking(desk, asked, "passport") as card:
        return read_passport(card, can)


def insert(desk: Desk, _: BridgeSettings, asked: Asked) -> Mapping[str, object]:
    """Put a card into the reader: member card."""
    try:
        desk.insert(asked.text("card"))
    except CardMissing as error:
        raise Refused("card_unknown") from error
    return {}


def remove(desk: Desk, _: BridgeSettings, __: Asked) -> Mapping[str, object]:
    """Take the card out: no members."""
    desk.remove()
    return {}


CONVERSATIONS: Mapping[str, Conversation] = {
    "/answer": answer,
    "/read": read,
    "/pin": change_pin,
    "/unblock": unblock,
    "/verify": verify,
    "/passport": passport,
    "/insert": insert,
    "/remove": remove,
}
"""Path -> what is asked there."""


def _asker(settings: BridgeSettings, asked: Asked) -> str:
    """Return the site that asks, if it is on the list."""
    origin = asked.text("origin")
    if origin not in settings.origins:
        raise Refused("asker_unknown")
    return origin


@contextmanager
def _talking(
    desk: Desk, asked: Asked, what: str, asker: str = "", shown: str = "pin"
) -> Iterator[Transport]:
    """Talk to the asked card, and say in the bridge's own codes what went wrong."""
    try:
        with desk.talk(asked.text("card"), what, asker) as card:
            yield card
    except CardMissing as error:
        raise Refused("card_unknown") from error
    except WrongPin as error:
        raise _wrong(shown, error.tries_left) from error
    except PinBlocked as error:
        raise _wrong(shown, 0) from error
    except WrongAccessKey as error:
        raise Refused("can_wrong") from error
    except (TerminalError, MemoryDamaged) as error:
        raise Refused("card_unfit") from error


def _wrong(shown: str, tries_left: int) -> Refused:
    """The try that was the last one is told as blocked: that is what the holder must act upon."""
    if tries_left == 0:
        return Refused(f"{shown}_blocked")
    return Refused(f"{shown}_wrong", tries_left)
