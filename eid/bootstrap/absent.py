"""Neighbours that are not connected yet: they say so, and what waits for them waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eid.domain.holder import Holder
from eid.domain.notice import Channel
from eid.errors import RegistryAway, Unavailable


class AbsentRegistry:
    """No population registry: applications stay where they are until there is one."""

    async def differences(self, holder: Holder) -> Sequence[str]:
        """Raise `RegistryAway`."""
        raise RegistryAway(f"no population registry is connected, {type(holder).__name__} waits")


class AbsentPortraits:
    """No keeper of portraits: cards with a passport application wait until there is one."""

    async def of(self, number: str) -> bytes:  # noqa: ARG002 - the port's signature
        """Raise `RegistryAway`."""
        raise RegistryAway("nobody who keeps portraits is connected: the card waits")


class AbsentNotifier:
    """Nobody to carry notices: they stay in the outbox."""

    async def send(
        self,
        channel: Channel,
        template: str,
        values: Mapping[str, str],  # noqa: ARG002 - the port's signature
        to: str,  # noqa: ARG002 - the port's signature
        at: datetime,
    ) -> None:
        """Raise `Unavailable`."""
        raise Unavailable(f"no notifier is connected for {channel}: {template} of {at:%F} waits")
