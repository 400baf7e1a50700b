"""The machine's PC/SC readers as a source of cards: plastic ones, and whatever else lies there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from chipcard_sim.bridge.drawer import CardMissing
from chipcard_sim.iso7816.transport import Transport, TransportLost
from chipcard_sim.transport import pcsc


class PlasticCards:
    """Cards by the name of the reader they are in. With `only`, no other reader is looked at."""

    def __init__(self, only: str | None = None) -> None:
        self._only = only

    def names(self) -> tuple[str, ...]:
        """Return the names of the readers that hold a card now; none where PC/SC has stopped."""
        try:
            found = pcsc.find_cards()
        except pcsc.ReaderUnfit:
            return ()
        return tuple(name for name in found if self._only in {None, name})

    @contextmanager
    def inserted(self, name: str) -> Iterator[Transport]:
        """Lend the card in a reader, freshly reset; other programs wait meanwhile.

        Raises:
            CardMissing: there is no card in a reader of this name.
        """
        if name not in self.names():
            raise CardMissing(name)
        with ExitStack() as stack:
            try:
                card = stack.enter_context(pcsc.card_in(name))
            except (TransportLost, pcsc.ReaderUnfit) as error:
                raise CardMissing(name) from error  # pulled in this moment
            yield card
