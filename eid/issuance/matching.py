"""Declared facts against the population registry, member by member."""

from collections.abc import Sequence

from eid.domain.holder import Holder
from eid.ports import Registry


async def match(registry: Registry, holder: Holder) -> Sequence[str]:
    """Names of what differs; empty when the registry agrees.

    Raises:
        RegistryAway: it does not answer.
    """
    return await registry.differences(holder)


def refusal_by_registry(differences: Sequence[str]) -> str | None:
    """A reason code that names what differs, never what the registry holds (AC-16)."""
    if "number" in differences:
        return "not_in_registry"
    return f"registry_differs:{','.join(sorted(differences))}" if differences else None
