"""What the window says, in each language: one TOML file a language, read once at start."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("vi", "en")  # the first is spoken where nobody asks for another

Words = Mapping[str, Mapping[str, str]]
"""Sections `window` and `refusal`; the key of a refusal is its code."""


def read_words() -> Mapping[str, Words]:
    """Return the words of every language."""
    folder = Path(__file__).parent / "text"
    return {
        language: tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
        for language in LANGUAGES
    }


def choose_language(asked: str | None) -> str:
    """Return the asked language if there are words in it, otherwise the first."""
    return asked if asked in LANGUAGES else LANGUAGES[0]
