"""The house stays small and swept: sizes, empty furniture, words that do not belong, dead links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest
import typer
from typer.main import get_command

from eid.cli import app

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("eid", "keys", "api", "chipcard_sim")
LONGEST_FILE = 350  # non-blank lines
LONGEST_FUNCTION = 60  # lines, without its docstring

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> Iterator[Path]:
    """Every file but the migrations: those are history, not to be made shorter."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "versions" not in path.parts:
                yield path


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def non_blank_lines(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())


def length(function: Function) -> int:
    """Lines of the body without its docstring, and of the signature."""
    end = function.end_lineno or function.lineno
    told = function.body[0]
    docstring = 0
    if ast.get_docstring(function) is not None:
        docstring = (told.end_lineno or told.lineno) - told.lineno + 1
    return end - function.lineno + 1 - docstring


# Sizes: a smoke alarm. The figures are printed (`pytest -s`), only excess fails.


def test_no_file_is_longer_than_one_thought() -> None:
    sizes = {place(path): non_blank_lines(path) for path in sources()}
    told = sorted(sizes.values())
    print(  # noqa: T201 - figures for a person
        f"\nfiles: {len(told)}, median {median(told):.0f}, 90% {quantiles(told, n=10)[-1]:.0f}"
    )
    assert {where: size for where, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_page() -> None:
    sizes = {
        f"{place(path)}:{function.lineno} {function.name}": length(function)
        for path in sources()
        for function in functions(path)
    }
    told = sorted(sizes.values())
    print(  # noqa: T201 - figures for a person
        f"\nfunctions: {len(told)}, median {median(told):.0f}, 90% {quantiles(told, n=10)[-1]:.0f}"
    )
    assert {where: size for where, size in sizes.items() if size > LONGEST_FUNCTION} == {}


# Empty furniture


def unfinished(text: str) -> list[str]:
    """What in a file only keeps a place for something."""
    tree = ast.parse(text)
    promised = {id(one) for shape in protocols(tree) for one in ast.walk(shape)}
    words = [
        f"{number} {word}"
        for number, line in enumerate(text.splitlines(), 1)
        for word in re.findall(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b", line)
    ]
    return words + [
        f"{node.lineno} {node.name} keeps a place"
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef)
        and id(node) not in promised
        and keeps_a_place(node)
    ]


def protocols(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Where `...` is how a method is promised."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
            if any(getattr(base, "id", "") == "Protocol" for base in bases):
                yield node


def keeps_a_place(node: Function | ast.ClassDef) -> bool:
    """Whether the body is `pass` or `...`. One that says in words why it does nothing is done."""
    if any(getattr(decorator, "id", "") == "overload" for decorator in node.decorator_list):
        return False
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return bool(body) and all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and getattr(line.value, "value", 0) is ...)
        for line in body
    )


def test_nothing_is_left_for_later() -> None:
    found = {place(path): unfinished(path.read_text(encoding="utf-8")) for path in sources()}
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    pass\n",
        'def f():\n    """Say."""\n    pass\n',
        "class A:\n    def f(self): ...\n",
        "class A:\n    def f(self): pass\n",
        "class A: pass\n",
        "x = 1  # TODO: more\n",
        "def f():\n    raise NotImplementedError\n",
    ],
)
def test_empty_furniture_would_be_seen(text: str) -> None:
    assert unfinished(text)


def test_protocols_and_errors_are_no_empty_furniture() -> None:
    text = 'class Door(Protocol):\n    def f(self) -> None:\n        """Say."""\n        ...\n'
    assert unfinished(text) == []
    assert unfinished('class Gone(Exception):\n    """It is gone."""\n') == []
    assert unfinished('def close(self) -> None:\n    """Nothing is open."""\n') == []


# Words


DOCS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
SHIPPED_TEXT = {".py", ".md", ".html", ".js", ".css", ".toml", ".json", ".yaml", ".ndjson", ""}
# Paths of one machine, and words of the tools with which text is made rather than what it is about.
NOT_OURS = re.compile(
    r"(?<![\w.])/(?:work|root|home|Users|tmp)/|\bas an AI\b|\bLLM\b|\bchatbots?\b|\bprompted\b"
    r"|\b(?:coding|AI|language) (?:agents?|sessions?|assistants?|models?)\b|\b[Ii]ssue #\d",
)


def test_the_words_of_a_workshop_stay_in_the_workshop() -> None:
    folders = [ROOT / name for name in (*PACKAGES, "docker", ".ci", "docs")]
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    files = [ROOT / name for name in ("Makefile", "pyproject.toml", "README.md", "CHANGELOG.md")]
    found = {
        place(path): NOT_OURS.findall(path.read_text(encoding="utf-8"))
        for path in [*files, *tests, *(path for folder in folders for path in folder.rglob("*"))]
        if path.is_file() and path.suffix in SHIPPED_TEXT and "node_modules" not in path.parts
    }
    assert {".ci/run", "pyproject.toml", "Makefile", "docker/demo.py", "eid/config.py"} <= set(
        found
    )
    assert {where: words for where, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "text", [f"see {Path('/', 'root', 'notes')}", "the coding agent", "as issue #7 says"]
)
def test_such_words_would_be_seen(text: str) -> None:
    assert NOT_OURS.search(text)


@pytest.mark.parametrize(
    "text", ["the session ends", "user agent", "framework/", f"./{Path('work', 'x')}"]
)
def test_words_of_the_trade_are_fine(text: str) -> None:
    assert NOT_OURS.search(text) is None


# Short names of requirements


REQUIREMENTS = ROOT / "docs" / "requirements.md"
LETTERS = "AZ|TK|CA|RS|TJ|AS|SS|LO|XD|AC|RC|TH|CV|AU|PI|AD|HD|KY|PL|CF|L"
SHORT_NAME = re.compile(rf"(?<![A-Za-z0-9])({LETTERS})[-_](\d\d)(?![A-Za-z0-9])")


def short_names(text: str) -> set[str]:
    """As the page writes them; names of tests have an underscore where prose has a hyphen."""
    return {"-".join(found) for found in SHORT_NAME.findall(text)}


def test_every_short_name_is_explained_and_no_other() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    named: set[str] = set()
    for path in [*sources(), *tests, *(page for page in DOCS if page != REQUIREMENTS)]:
        named |= short_names(path.read_text(encoding="utf-8"))
    rows = re.findall(r"^\| ([A-Z]+-\d\d) \|", REQUIREMENTS.read_text("utf-8"), flags=re.MULTILINE)
    assert len(rows) == len(set(rows)), "none twice"
    assert set(rows) == named


def test_short_names_are_seen_in_names_and_prose() -> None:
    assert short_names("def test_it__CV_11__CF_02") == {"CV-11", "CF-02"}
    assert short_names("(AZ-01, L-47)") == {"AZ-01", "L-47"}
    assert short_names("UTF-16, ISO_27001, XAZ-01") == set()


def messages(path: Path) -> Iterator[str]:
    """Every text of a module that is no docstring: what it may say to somebody."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_operators_read_sentences_and_no_short_names() -> None:
    found = {
        place(path): names
        for path in sources()
        if (names := {name for text in messages(path) for name in short_names(text)})
    }
    assert found == {}


# Links and commands


def links(text: str) -> Iterator[str]:
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as renderers make them."""
    heads = re.findall(r"^#+\s+(.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", DOCS, ids=place)
def test_every_link_of_the_docs_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page.read_text(encoding="utf-8")):
        if link.startswith(("https:", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            dead.append(link)
    assert dead == []


def commands() -> Iterator[str]:
    """Every command of `eid`, groups spelled out."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from (f"{name} {one}" for one in inner) if inner else (name,)


def test_the_guide_lists_every_command_of_eid_and_no_other() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `eid ")]
    named = {
        " ".join(re.match(r"eid ((?:client |trust )?[a-z-]+)", one).group(1).split())  # type: ignore[union-attr]
        for row in rows
        for one in re.findall(r"`([^`]+)`", row)
    }
    assert named == set(commands())


def test_the_readme_s_commands_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)", text))
    assert {"demo", "test"} <= named <= targets


def test_the_settings_that_the_guide_names_are_settings() -> None:
    """Names in the guide's table of settings exist, spelled as the process reads them."""
    from eid.config import Settings  # noqa: PLC0415 - read here alone

    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"`EID_([A-Z_]+)`", text)) - {"DEMO_PORTS"}:
        group: object = Settings
        for part in name.lower().split("__"):
            fields = group.model_fields  # type: ignore[attr-defined]
            assert part in fields, name
            group = fields[part].annotation


def test_typer_still_makes_the_commands_that_are_read_here() -> None:
    assert isinstance(app, typer.Typer)
    assert "client add" in set(commands())
