"""The master key of this installation, and one key per use derived from it (KY-05)."""

import os
import secrets
from pathlib import Path

from eid.errors import Misconfigured
from keys.sealing import derive

KEY_BYTES = 32
OTHERS = 0o077
HANDOVERS = "card-handovers"  # one instance seals what another opens: both derive the same key


def make_master(path: Path) -> None:
    """Write a new master key, readable by its owner alone. Never replaces one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def read_master(path: Path) -> bytes:
    """Read the master key; raises `Misconfigured` if it is missing, weak or readable by others."""
    if not path.is_file():
        raise Misconfigured(f"no wrapping key at {path}: hold the ceremony first (eid ceremony)")
    if path.stat().st_mode & OTHERS:  # KY-02
        raise Misconfigured(f"{path} can be read by others: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise Misconfigured(f"{path} does not hold {KEY_BYTES} random bytes in hexadecimal")
    return key


def purpose_key(master: bytes, purpose: str) -> bytes:
    """The key of one use: pairwise subjects, form tokens, activation codes, notices, handovers."""
    return derive(master, purpose)
