"""The file of invented people: one JSON object a line, read once.

The same lines go to issuance as applications; what only the stand-ins need is under `demo`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eid.errors import BadDocument


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person or organisation.

    Attributes:
        key: a short name to ask for it by; its number where the file gives none.
        situation: what the demo shows with it.
        hints: what a tester may try, by language.
        declared: the whole line, as it was written.
    """

    key: str
    number: str
    name: str
    situation: str
    hints: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_people(path: Path) -> tuple[Person, ...]:
    """Read the file.

    Raises:
        BadDocument: a line is not an object with a number.
    """
    lines = path.read_text("utf-8").splitlines()
    return tuple(_read(line, n) for n, line in enumerate(lines, 1) if line.strip())


def _read(line: str, n: int) -> Person:
    try:
        declared = json.loads(line)
        number = declared["number"]
        name = declared.get("name") or declared["names"]["vi"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadDocument(f"people: line {n}") from error
    demo = declared.get("demo", {})
    return Person(
        key=demo.get("key", number),
        number=number,
        name=name,
        situation=demo.get("situation", "notified"),
        hints=demo.get("try", {}),
        declared=declared,
    )
