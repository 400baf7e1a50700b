"""The import contracts, run from here too, so that pytest alone tells the truth."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("eid", "keys", "api", "chipcard_sim")
PLANTED = {
    "eid/proofs/planted.py": "import eid.ports\n",
    "eid/activation/planted.py": "import eid.authentication\n",
    "keys/planted_breach.py": "import eid.errors\n",
    "chipcard_sim/chip/planted.py": "import keys.errors\n",
    "eid/oidc/planted.py": "import sqlite3\n",
    "eid/standing/planted.py": "import authlib\n",
    "eid/issuance/planted.py": "import fastapi\n",
    "api/portal/planted.py": "import eid.errors\n",
    "api/routes/planted.py": "import eid.proofs\n",
    "chipcard_sim/terminal/planted.py": "import chipcard_sim.chip\n",
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    command = [sys.executable, "-P", "-c", script]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_walls_stand() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_planted_breach_is_caught(tmp_path: Path) -> None:
    """No wall is painted on: every planted file is named by a broken contract."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, text in PLANTED.items():
        (tmp_path / path).write_text(text)
    done = lint(tmp_path)
    assert done.returncode != 0
    missed = [path for path in PLANTED if path[:-3].replace("/", ".") not in done.stdout]
    assert missed == []
