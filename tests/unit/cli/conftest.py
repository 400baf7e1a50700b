import shutil
import sys
from pathlib import Path

import pytest
from unit.cli.installation import CEREMONY, Run, Told, environment

from eid import cli


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run one command in an installation that lies in `tmp_path`."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)

    def command(*words: str, **settings: str) -> Told:
        with monkeypatch.context() as now:
            now.setattr(sys, "argv", ["eid", *words])
            for name, value in settings.items():
                now.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        heard = capsys.readouterr()
        return Told(int(ended.value.code or 0), " ".join(heard.out.split()), heard.err)

    return command


@pytest.fixture(scope="module")
def after_ceremony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose ceremony was held, to be copied."""
    state = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as now:
        for name, value in environment(state).items():
            now.setenv(name, value)
        now.setattr(sys, "argv", ["eid", *CEREMONY])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code
    return state


@pytest.fixture
def installed(after_ceremony: Path, tmp_path: Path, run: Run) -> Run:
    shutil.copytree(after_ceremony, tmp_path, dirs_exist_ok=True)
    return run
