"""Opaque secrets that travel: made here, kept only as their hash (TJ-12, SS-03)."""

import hashlib
import secrets

HANDLE_BYTES = 32


def make() -> str:
    """A fresh secret of 256 bits as 43 URL-safe characters, without a structured prefix (CF-20)."""
    return secrets.token_urlsafe(HANDLE_BYTES)


def digest(handle: str) -> bytes:
    """What the store knows of a handle: its SHA-256. Any text may be asked for."""
    return hashlib.sha256(handle.encode("utf-8", "surrogatepass")).digest()
