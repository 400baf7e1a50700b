"""A real PostgreSQL for the tests: a cluster of its own in a temporary folder.

Nothing of it survives. It listens on a Unix socket alone and does not wait for the disk.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")
NEEDED = ("initdb", "postgres", "pg_isready", "createdb", "dropdb")
PORT = 5432  # names the socket file, which lies in a folder of our own
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")
START_WITHIN = 30.0


def find_binaries() -> Path | None:
    """The folder of the newest installed server, or None."""
    folders = sorted(INSTALLED.glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("postgres")
    if on_path:
        folders.insert(0, Path(on_path).resolve().parent)
    whole = [folder for folder in folders if all((folder / name).exists() for name in NEEDED)]
    return whole[-1] if whole else None


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    binaries: Path
    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql://eid@/{database}?host={self.folder}&port={PORT}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database, empty or as a copy of another; hands out its URL."""
        self._run("createdb", f"--template={template}", database)
        return self.url(database)

    def drop(self, database: str) -> None:
        self._run("dropdb", "--force", database)

    def _run(self, program: str, *arguments: str) -> None:
        where = (f"--host={self.folder}", f"--port={PORT}", "--username=eid")
        subprocess.run([self.binaries / program, *where, *arguments], check=True)


@contextmanager
def running_postgres(binaries: Path) -> Iterator[Cluster]:
    """Start a cluster; when the block ends nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="pg-for-tests-"))
    owner = _owner()
    if owner is not None:
        os.chown(folder, owner, -1)
    try:
        _make_cluster(binaries, folder, owner)
        server = _start(binaries, folder, owner)
        try:
            _wait_until_ready(binaries, folder, server)
            yield Cluster(binaries, folder)
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: open connections are cut
            server.wait(timeout=START_WITHIN)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> int | None:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _make_cluster(binaries: Path, folder: Path, owner: int | None) -> None:
    command = [
        str(binaries / "initdb"),
        "--pgdata",
        str(folder / "data"),
        "--username=eid",
        "--auth=trust",
    ]
    command += ["--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(command, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)


def _start(binaries: Path, folder: Path, owner: int | None) -> subprocess.Popen[bytes]:
    # Nobody analyses behind a test's back: a plan depends on what the planner thinks it knows.
    settings = (
        *FAST,
        "autovacuum=off",
        "listen_addresses=",
        f"unix_socket_directories={folder}",
        f"port={PORT}",
    )
    command = [str(binaries / "postgres"), "-D", str(folder / "data")]
    for setting in settings:
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, user=owner, cwd=folder, stdout=log, stderr=log)


def _wait_until_ready(binaries: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    ask = [str(binaries / "pg_isready"), "--quiet", f"--host={folder}", f"--port={PORT}"]
    deadline = time.monotonic() + START_WITHIN
    while subprocess.run(ask, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "log").read_text(errors="replace"))
        time.sleep(0.05)
