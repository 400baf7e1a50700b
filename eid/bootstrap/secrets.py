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
    _write(path, secrets.token_bytes(KEY_BYTES))


def read_master(path: Path) -> bytes:
    """Read the master key; raises `Misconfigured` if it is missing, weak or readable by others."""
    return _read(path, f"no wrapping key at {path}: hold the ceremony first (eid ceremony)")


def write_handover_key(path: Path, master: bytes) -> bool:
    """Write the key of handovers by itself, readable by its owner alone.

    So the process that reads strangers' certificates can do its work, and open nothing else. Hands
    back whether it was written: the same key may be there already. Raises `Misconfigured` if
    another is.
    """
    key = purpose_key(master, HANDOVERS)
    if not path.exists():
        _write(path, key)
        return True
    if read_handover_key(path) != key:
        raise Misconfigured(f"{path} holds another master key's: move it away")
    return False


def read_handover_key(path: Path) -> bytes:
    """Read what `write_handover_key` wrote; raises `Misconfigured` as `read_master` does."""
    return _read(path, f"no key of handovers at {path}: write it (eid handover-key {path})")


def purpose_key(master: bytes, purpose: str) -> bytes:
    """The key of one use: pairwise subjects, form tokens, activation codes, notices, handovers."""
    return derive(master, purpose)


def _write(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key.hex() + "\n")


def _read(path: Path, missing: str) -> bytes:
    if not path.is_file():
        raise Misconfigured(missing)
    if path.stat().st_mode & OTHERS:  # KY-02
        raise Misconfigured(f"{path} can be read by others: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise Misconfigured(f"{path} does not hold {KEY_BYTES} random bytes in hexadecimal")
    return key
