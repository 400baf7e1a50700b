"""Sentences by key. Falls back to the default language, never to a key."""

import tomllib
from functools import cache
from importlib.resources import files

LOCALES = ("vi", "en")
DEFAULT = "vi"


@cache
def sentences(locale: str) -> dict[str, str]:
    """All sentences of a language, keyed `section.key`."""
    text = (files("api.pages") / "text" / f"{locale}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, str(value)))
    return pairs


def translate(locale: str, key: str, **values: object) -> str:
    """The sentence of a key with its placeholders filled. An unknown key is a fault of ours."""
    found = sentences(locale).get(key)
    return (found if found is not None else sentences(DEFAULT)[key]).format(**values)


def has(key: str) -> bool:
    """Whether the key has a sentence."""
    return key in sentences(DEFAULT)
