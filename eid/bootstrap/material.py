"""The ceremony's material on disk: certificates and the names of keys, no secret."""

from pathlib import Path

from eid.errors import Misconfigured
from keys.errors import CeremonyRefused
from keys.pki.ceremony import Material, read_material


def read_material_of(folder: Path) -> Material:
    """Read what the ceremony left; raises `Misconfigured` when there was none."""
    path = folder / "material.json"
    if not path.is_file():
        raise Misconfigured(f"no certificates in {folder}: hold the ceremony first (eid ceremony)")
    try:
        return read_material(path.read_bytes())
    except CeremonyRefused as problem:
        raise Misconfigured(f"{path}: {problem}") from problem
