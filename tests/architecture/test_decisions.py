"""Rule 8: a function named decide... awaits nothing, knows no port and reads no clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
# The person's own decision arrives at this door; what it comes to is decided in plain functions.
DOORS = {("eid/oidc/engine.py", "decide")}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def breaches(path: str, text: str) -> list[str]:
    tree = ast.parse(text)
    ports = set(port_names(tree))
    found = []
    for function in decisions(tree):
        if (path, function.name) in DOORS:
            continue
        at = f"{path}:{function.lineno} {function.name}"
        if isinstance(function, ast.AsyncFunctionDef):
            found.append(f"{at} is asynchronous")
        for node in ast.walk(function):
            if isinstance(node, WAITING):
                found.append(f"{at} awaits")
            if isinstance(node, ast.Name | ast.Attribute) and last_name(node) in ports:
                found.append(f"{at} knows {last_name(node)}")
            if isinstance(node, ast.Call) and last_name(node.func) in CLOCKS:
                found.append(f"{at} reads a clock")
    return found


def decisions(tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.name.lstrip("_").startswith("decide"):
            yield node


def port_names(tree: ast.Module) -> Iterator[str]:
    """What the module calls things of eid.ports, and the attribute in which rooms keep theirs."""
    yield from ("_store", "_clock", "ports")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "eid.ports":
            yield from (alias.asname or alias.name for alias in node.names)


def last_name(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def sources() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "eid").rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def test_decisions_await_nothing_know_no_port_and_read_no_clock() -> None:
    assert [breach for path, text in sources() for breach in breaches(path, text)] == []


def test_there_are_decisions_to_watch() -> None:
    rooms = {path.split("/")[1] for path, text in sources() if list(decisions(ast.parse(text)))}
    assert {"activation", "authentication"} <= rooms


def test_a_breach_would_be_seen() -> None:
    planted = """
from eid.ports import Store as Shop
async def decide_late(x): return x
def decide_here(shop: Shop): return shop
def decide_then(clock): return clock.now()
class Room:
    def _decide_inside(self): return self._store
    def decide_well(self, visit): return visit.at
async def gather(): await something()
"""
    seen = breaches("eid/room.py", planted)
    assert [row.split(" ", 1)[1] for row in seen] == [
        "decide_late is asynchronous",
        "decide_here knows Shop",
        "decide_then reads a clock",
        "_decide_inside knows _store",
    ]
