"""The PC/SC daemon: used where one runs, started as a child where none does, and stopped again."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = "pcscd"
_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin"  # a plain user's path often lacks the first
_DOOR = Path("/run/pcscd/pcscd.comm")  # where its clients knock
_NUMBER = Path("/run/pcscd/pcscd.pid")
_CONFIGURATION = Path("/etc/reader.conf.d")
_DRIVER = re.compile(r"^\s*LIBPATH\s+(\S*libifdvpcd\S*)", re.MULTILINE)
_READY_WITHIN = 5.0  # seconds
_ENDS_WITHIN = 5.0
_PAUSE = 0.02

Tell = Callable[[str], None]


class DaemonUnfit(Exception):
    """There is no PC/SC daemon to be had; the text says what to do."""


def is_running() -> bool:
    """Whether a daemon answers its clients. The knock wakes one that systemd keeps asleep."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(_DOOR)) == 0


@contextmanager
def daemon(tell: Tell) -> Iterator[None]:
    """Have a PC/SC daemon: the one that runs, or else a child that ends with the block.

    Raises:
        DaemonUnfit: none runs, and none can be started.
    """
    if is_running():
        tell("pcscd runs already and is used as it is.")
        yield
        return
    program = _find_program()
    _check_driver()
    _sweep(tell)
    # A group of its own: Ctrl-C in the terminal pulls the card first, and then ends the daemon.
    child = subprocess.Popen([program, "--foreground"], stdout=subprocess.DEVNULL, process_group=0)  # noqa: S603 - a path we found
    try:
        _await(child)
        tell(f"Started {program} --foreground (process {child.pid}).")
        yield
    finally:
        _end(child)
        tell("Stopped pcscd.")


def _find_program() -> str:
    program = shutil.which(_PROGRAM) or shutil.which(_PROGRAM, path=_FOLDERS)
    if program is None:
        raise DaemonUnfit(f"pcscd is not installed. {_packages()}")
    if not os.access(_DOOR.parent if _DOOR.parent.exists() else _DOOR.parent.parent, os.W_OK):
        raise DaemonUnfit(
            f"pcscd keeps its files in {_DOOR.parent}, where you may not write. Run it as root, or "
            "start the system's own: sudo systemctl start pcscd"
        )
    return program


def _check_driver() -> None:
    entries = [path.read_text("utf-8") for path in _CONFIGURATION.glob("*") if path.is_file()]
    named = [found for entry in entries for found in _DRIVER.findall(entry)]
    if not any(Path(driver).exists() for driver in named):
        raise DaemonUnfit(f"pcscd has no virtual reader in {_CONFIGURATION}. {_packages()}")


def _packages() -> str:
    return "On Debian: apt-get install --no-install-recommends pcscd vsmartcard-vpcd"


def _sweep(tell: Tell) -> None:
    """Remove what a killed daemon left: a new one takes it for a running one and ends."""
    for left in (_DOOR, _NUMBER):
        if left.exists():
            left.unlink()
            tell(f"Removed {left}, left behind by a daemon that runs no more.")


def _await(child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _READY_WITHIN
    while not is_running():
        if child.poll() is not None:
            raise DaemonUnfit(f"pcscd ended at once (exit code {child.returncode}); see above.")
        if time.monotonic() > until:
            raise DaemonUnfit(f"pcscd does not answer after {_READY_WITHIN:.0f} seconds.")
        time.sleep(_PAUSE)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
