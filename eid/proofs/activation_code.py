"""Activation codes: made, hashed, compared (AC-02).

Issuance sends them and activation takes them, so the one rule stands below both.
"""

import hmac
import secrets
import string
from typing import Final

from keys.sealing import keyed_hash

LONGEST: Final = 64  # characters that a person may have typed, blanks and hyphens counted


def make(length: int) -> str:
    """A fresh code of so many decimal digits, each as likely as any other."""
    return "".join(secrets.choice(string.digits) for _ in range(length))


def normalise(typed: str) -> str:
    """What a person meant: without the blanks and hyphens that a letter prints between groups.

    Empty unless all that is left are ASCII digits: other alphabets' digits would be other texts to
    the hash, and a person could not see why (AC-09).
    """
    if len(typed) > LONGEST:
        return ""
    code = typed.replace(" ", "").replace("-", "")
    return code if code.isascii() and code.isdigit() else ""


def code_hash(key: bytes, link_hash: bytes, code: str) -> bytes:
    """What the store knows of a code: a hash that nobody can try codes against without the key.

    The link's hash, of fixed length, binds the code to its case: no other case takes it (AC-06).
    """
    return keyed_hash(key, link_hash + code.encode("ascii"))


def matches(key: bytes, link_hash: bytes, typed: str, kept: bytes) -> bool:
    """Whether the typed code is the one whose hash was kept, in constant time."""
    code = normalise(typed)
    return bool(code) and hmac.compare_digest(code_hash(key, link_hash, code), kept)
