"""A card in the virtual PC/SC reader, for any program of the machine that reads cards."""

import math
import signal
import time
from contextlib import nullcontext
from typing import Annotated

import typer

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.quirks import Quirk
from chipcard_sim.commands.console import (
    CardArgument,
    CardsOption,
    FaultOption,
    fail,
    fault_of,
    place_of,
    told,
)
from chipcard_sim.commands.daemon import DaemonUnfit, daemon, is_running
from chipcard_sim.faults.fault import Fault, Wrap
from chipcard_sim.iso7816.transport import Transport, TransportLost
from chipcard_sim.transport import vpcd
from chipcard_sim.transport.trace import Trace

_WAKES_WITHIN = 3.0  # seconds, for a daemon that systemd kept asleep
_PAUSE = 0.25
_NEXT_STEPS = """\
The card is in slot {slot}: “Virtual PCD 00 {slot:02X}”. Look at it from another terminal:
  opensc-tool --list-readers
  pkcs11-tool --list-objects
  pkcs11-tool --login --test
Ctrl-C pulls the card."""
_ABSENT = """\
No virtual reader listens at {host}:{port}. Start pcscd with vsmartcard's reader in it, or let \
`chipcard-sim insert --pcscd` do it."""


def add_to(app: typer.Typer) -> None:
    """Add `insert`."""
    app.command()(insert)


def insert(
    *,
    card: CardArgument,
    cards: CardsOption = None,
    slot: Annotated[int, typer.Option(help="Which slot of the reader.", min=0, max=15)] = 0,
    host: Annotated[str, typer.Option(help="The machine of the virtual reader.")] = "127.0.0.1",
    quirks: Annotated[
        list[Quirk] | None, typer.Option(help="Answer as cards in the field do; repeatable.")
    ] = None,
    is_traced: Annotated[
        bool, typer.Option("--trace", help="Show what passes, by name; PINs are blanked.")
    ] = False,
    starts_pcscd: Annotated[
        bool, typer.Option("--pcscd", help="Start the PC/SC daemon where none runs.")
    ] = False,
    fault: FaultOption = None,
) -> None:
    """Put a card into the virtual PC/SC reader, until Ctrl-C: other people's programs see it.

    The reader is vsmartcard's (Debian: pcscd, vsmartcard-vpcd). It listens on every address of
    this machine, and whoever reaches its ports can put a card in: close them to other machines.
    With --fault the chip misbehaves in one way (`chipcard-sim fault list`).
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` pulls the card too
    place, wrap = place_of(card, cards), _wrap_of(fault_of(fault))
    try:
        with told():
            held = Card.open(place, applications=APPLICATIONS, quirks=frozenset(quirks or ()))
            chip = held if wrap is None else _Misbehaving(held, wrap(held))
            with daemon(_tell) if starts_pcscd else nullcontext():
                _stay(_Watched(chip) if is_traced else chip, host, slot)
    except DaemonUnfit as error:
        fail(str(error))
    except vpcd.SlotTaken:
        fail(f"There is another card in slot {slot}. Pull it, or take another --slot.")
    except KeyboardInterrupt:
        _tell("The card is pulled.")


def _wrap_of(fault: Fault | None) -> Wrap | None:
    """How the chip misbehaves; fails where a fault is not the chip's own."""
    if fault is not None and fault.wrap is None:
        fail(
            f"{fault.name} is a fault of the answer and not of the chip: what reads the card "
            f"would not see it. `chipcard-sim answer --fault {fault.name}` plays it."
        )
    return None if fault is None else fault.wrap


class _Misbehaving:
    """A card whose commands are answered by a faulty chip. Its power is its own."""

    def __init__(self, card: vpcd.InsertedCard, chip: Transport) -> None:
        self._card = card
        self._chip = chip

    def transmit(self, command: bytes) -> bytes:
        return self._chip.transmit(command)

    def reset(self) -> bytes:
        return self._card.reset()

    def power_off(self) -> None:
        self._card.power_off()


class _Watched:
    """A card that tells what a reader does to it."""

    def __init__(self, card: vpcd.InsertedCard) -> None:
        self._card = card
        self._trace = Trace(card, typer.echo)

    def transmit(self, command: bytes) -> bytes:
        return self._trace.transmit(command)

    def reset(self) -> bytes:
        typer.echo("* RESET")
        return self._card.reset()

    def power_off(self) -> None:
        typer.echo("* POWER OFF")
        self._card.power_off()


def _stay(card: vpcd.InsertedCard, host: str, slot: int) -> None:
    """Keep a card in a slot: the reader may go and come back, and finds the card again."""
    port = vpcd.FIRST_PORT + slot
    sentence = _NEXT_STEPS.format(slot=slot)
    gives_up = time.monotonic() + (_WAKES_WITHIN if is_running() else 0)
    while True:
        try:
            with vpcd.inserted(card, host, port) as place:
                place.await_reader()
                _tell(sentence)
                place.serve()
        except TransportLost:
            _tell("The card went away by itself.")
            return
        except vpcd.ReaderAbsent:
            if time.monotonic() > gives_up:
                fail(_ABSENT.format(host=host, port=port))
            time.sleep(_PAUSE)
        else:
            _tell("The reader went away. The card waits for it.")
            sentence, gives_up = "The reader is back, with the card in it.", math.inf


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)
