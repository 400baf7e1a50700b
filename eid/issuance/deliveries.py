"""Carrying notices out: claim, open, hand to the notifier; again later where that fails."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from eid.domain.notice import Notice
from eid.domain.visit import Visit
from eid.errors import Unavailable
from eid.issuance.sealed import unseal
from eid.ports import Notifier, Store
from keys.errors import SealBroken
from keys.sealing import Sealer

_LOG: Final = logging.getLogger(__name__)
_PAGE: Final = 100
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=6)
_MOST_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many notices went out, and how many wait for another try."""

    delivered: int
    postponed: int


class Deliveries:
    """Empties the outbox."""

    def __init__(self, store: Store, sealer: Sealer, notifier: Notifier) -> None:
        self._store = store
        self._sealer = sealer
        self._notifier = notifier

    async def run(self, visit: Visit) -> DeliveryReport:
        """Send all that is due now.

        A process that dies between sending and saying so sends again after the claim has run out:
        a notice may come twice, but it is not lost.
        """
        delivered = postponed = 0
        while claimed := await self._store.outbox.claim(_PAGE, visit.at):
            for notice in claimed:
                if await self._send(visit, notice):
                    delivered += 1
                else:
                    postponed += 1
        return DeliveryReport(delivered, postponed)

    async def _send(self, visit: Visit, notice: Notice) -> bool:
        try:
            content = unseal(self._sealer, notice.id, notice.sealed)
            await self._notifier.send(
                notice.channel, notice.template, content.values, content.to, visit.at
            )
        except (Unavailable, SealBroken) as error:
            _LOG.warning("notice %s waits: %s", notice.id.hex(), error.code)
            await self._store.outbox.retry(notice.id, visit.at + wait_after(notice.attempts))
            return False
        await self._store.outbox.done(notice.id, visit.at)
        return True


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: a minute, doubled each time, six hours at most."""
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
