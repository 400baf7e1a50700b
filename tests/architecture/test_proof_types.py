"""Rule 4: a Verified, Trusted or Authentic type is built only in the file that defines it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROOF = re.compile(r"(Verified|Trusted|Authentic)([A-Z]|$)")  # AuthenticationEvent is none


def sources() -> Iterator[tuple[Path, str]]:
    for package in ("api", "eid", "keys", "chipcard_sim"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, path.read_text("utf-8")


def name_of(node: ast.expr) -> str:
    """The last name of `a.b.Name`, of `Name`, or of `Name[T]`."""
    if isinstance(node, ast.Subscript):
        return name_of(node.value)
    return getattr(node, "id", getattr(node, "attr", ""))


def is_proof(name: str) -> bool:
    return PROOF.match(name) is not None


def strangers(files: list[tuple[Path, str]]) -> list[tuple[str, str, int]]:
    """Proof types that are built away from their home."""
    homes: dict[str, Path] = {}
    built: list[tuple[str, Path, int]] = []
    for path, text in files:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and is_proof(node.name):
                homes[node.name] = path
            if isinstance(node, ast.Call) and is_proof(name_of(node.func)):
                built.append((name_of(node.func), path, node.lineno))
    return [(name, str(path), line) for name, path, line in built if homes.get(name) != path]


def borrowed_names(files: list[tuple[Path, str]]) -> list[tuple[str, str]]:
    """Proof types that are imported under another name, or subclassed: both would hide them."""
    found = []
    for path, text in files:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                found += [(str(path), a.name) for a in node.names if is_proof(a.name) and a.asname]
            if isinstance(node, ast.ClassDef):
                found += [(str(path), name_of(b)) for b in node.bases if is_proof(name_of(b))]
    return found


def test_proof_types_are_built_only_at_home() -> None:
    assert strangers(list(sources())) == []


def test_proof_types_go_by_their_own_names() -> None:
    assert borrowed_names(list(sources())) == []


def test_there_are_proof_types_to_watch() -> None:
    defined = {
        node.name
        for _, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and is_proof(node.name)
    }
    assert {"TrustedCertificate", "VerifiedCardSignature"} <= defined


def test_a_forged_proof_would_be_seen() -> None:
    home = (Path("home.py"), "class VerifiedThing: ...\nVerifiedThing()\n")
    thief = (Path("thief.py"), "from home import VerifiedThing\nx = VerifiedThing()\n")
    module = (Path("other.py"), "import home\nx = home.VerifiedThing()\n")
    disguise = (Path("disguise.py"), "from home import VerifiedThing as V\nclass T(V): ...\n")
    assert strangers([home]) == []
    assert [row[1] for row in strangers([home, thief, module])] == ["thief.py", "other.py"]
    assert borrowed_names([home, disguise]) == [("disguise.py", "VerifiedThing")]
