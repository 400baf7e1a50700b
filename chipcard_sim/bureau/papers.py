"""A text on the disk, written whole or not at all, for this user alone: it names a person."""

import os
from pathlib import Path


def write_whole(place: Path, text: str) -> None:
    """Write a text where nothing, or another text, was before."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(place)
