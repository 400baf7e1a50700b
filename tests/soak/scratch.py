"""Where cards lie that are made for one run; gone when it ends."""

import atexit
import os
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp


@cache
def scratch() -> Path:
    """One for a run and for the processes that it forks."""
    made = Path(mkdtemp(prefix="eid-shaken-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def own_scratch() -> Path:
    """One for this process alone."""
    own = scratch() / str(os.getpid())
    own.mkdir(exist_ok=True)
    return own
