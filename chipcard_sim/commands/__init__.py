"""The `chipcard-sim` command, put together from one file per group of commands.

Exit codes: 0 done; 1 refused or partly refused, with what to do next; 2 wrong usage.
"""

import typer

from chipcard_sim.commands import (
    apdu,
    bridge,
    cards,
    factory,
    fault,
    insert,
    pin,
    read,
    show,
    trace,
)

app = typer.Typer(
    help="A chip card, its factory and its reader, for people without one. Not VNeID.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a PIN
)
for group in (factory, cards, show, pin, apdu, read, insert, bridge, trace, fault):
    group.add_to(app)
