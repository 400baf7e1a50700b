"""chipcard-sim: make chip cards, look at them, use them, and lend them to a browser."""

import os

from chipcard_sim.commands import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the program."""
    os.umask(0o077)  # a card's file holds its keys
    app()


if __name__ == "__main__":
    main()
