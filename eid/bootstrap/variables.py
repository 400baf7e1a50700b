"""Names of environment variables: a misspelt one would be a setting that nobody set."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from pydantic import BaseModel

from eid.config import Settings
from eid.errors import Misconfigured

PREFIX: Final = "EID_"
OF_OTHERS: Final = frozenset({"EID_DEMO_PORTS"})  # read by the script that makes the demo's world


def require_known(names: Iterable[str]) -> None:
    """Raise `Misconfigured` for each `EID_` name that no setting has, with the nearest that is."""
    known = {*_names(Settings, PREFIX), *OF_OTHERS}
    unknown = {name for name in names if name.upper().startswith(PREFIX)}
    reasons = [_told(name, known) for name in sorted(unknown) if name.upper() not in known]
    if reasons:
        raise Misconfigured("; ".join(reasons))


def _names(group: type[BaseModel], prefix: str) -> Iterator[str]:
    """Every name, of a group (as one JSON object) and of what is in it."""
    for name, field in group.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        yield variable
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _names(inner, f"{variable}__")


def _told(name: str, known: set[str]) -> str:
    nearest = get_close_matches(name.upper(), known, n=1)
    advice = f"did you mean {nearest[0]}?" if nearest else "eid/config.py names all there are"
    return f"{name} is no setting: {advice}"
