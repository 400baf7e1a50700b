"""A population registry of invented people: says what differs, never what it holds."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eid.domain.holder import Citizen, Foreigner, Holder, Organisation
from eid.errors import RegistryAway
from eid.standins.people import read_people

_PERSON: dict[str, Callable[[Any], object]] = {
    "name": lambda holder: holder.name.full,
    "latin_name": lambda holder: holder.name.latin,
    "born": lambda holder: holder.born.isoformat(),
    "sex": lambda holder: holder.sex.value,
    "nationality": lambda holder: holder.nationality,
}
_MEMBERS: Mapping[type[Holder], Mapping[str, Callable[[Any], object]]] = {
    Citizen: _PERSON,
    Foreigner: _PERSON
    | {
        "passport": lambda holder: holder.passport,
        "residence_until": lambda holder: holder.residence_until.isoformat(),
    },
    Organisation: {
        "names": lambda holder: dict(holder.names),
        "founded": lambda holder: holder.founded.isoformat(),
        "representative": lambda holder: holder.representative,
    },
}


class PeopleRegistry:
    """The registry port over the file of invented people.

    What the registry knows is what the line declares, unless its `demo.registry` says otherwise:
    that is how the file invents somebody whose papers do not agree.
    """

    def __init__(self, people: Path) -> None:
        self._people = people
        self._known: Mapping[str, Mapping[str, Any]] | None = None

    async def differences(self, holder: Holder) -> Sequence[str]:
        """Names of declared members that differ; `("number",)` for somebody unknown.

        Raises:
            RegistryAway: the file cannot be read.
        """
        known = self._read().get(holder.number)
        if known is None:
            return ("number",)
        members = _MEMBERS[type(holder)]
        return tuple(
            name
            for name, declared in members.items()
            if _folded(known.get(name)) != _folded(declared(holder))
        )

    def _read(self) -> Mapping[str, Mapping[str, Any]]:
        if self._known is None:
            try:
                people = read_people(self._people)
            except OSError as error:
                raise RegistryAway("no file of people") from error
            self._known = {
                person.number: {
                    **person.declared,
                    **person.declared.get("demo", {}).get("registry", {}),
                }
                for person in people
            }
        return self._known


def _folded(value: object) -> object:
    """Names are compared in form C and without regard to case (AC-11)."""
    if isinstance(value, dict):
        return {key: _folded(held) for key, held in value.items()}
    return unicodedata.normalize("NFC", value).casefold() if isinstance(value, str) else value
