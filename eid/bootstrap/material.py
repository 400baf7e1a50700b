"""The ceremony's material on disk: certificates and the names of keys, no secret."""

from pathlib import Path

from eid.errors import Misconfigured
from keys.errors import CeremonyRefused
from keys.pki.ceremony import Material, read_material

MARK = "environment"


def read_material_of(folder: Path) -> Material:
    """Read what the ceremony left; raises `Misconfigured` when there was none."""
    path = folder / "material.json"
    if not path.is_file():
        raise Misconfigured(f"no certificates in {folder}: hold the ceremony first (eid ceremony)")
    try:
        return read_material(path.read_bytes())
    except CeremonyRefused as problem:
        raise Misconfigured(f"{path}: {problem}") from problem


def mark_material(folder: Path, environment: str) -> None:
    """Write down for which environment the authorities were made."""
    (folder / MARK).write_text(environment + "\n")


def require_own_material(folder: Path, environment: str) -> None:
    """Raise `Misconfigured` if the authorities were made elsewhere (PL-05, TJ-14).

    A production that trusts the demo's card CA would trust cards that anybody can make.
    """
    mark = folder / MARK
    made_for = mark.read_text().strip() if mark.is_file() else "an unknown environment"
    if made_for != environment:
        raise Misconfigured(
            f"the authorities in {folder} were made for {made_for}: point EID_PKI__FOLDER at an "
            "empty folder and hold a ceremony there"
        )
