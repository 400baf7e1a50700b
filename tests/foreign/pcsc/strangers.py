"""Running other people's programs, unmodified, and what they say."""

import subprocess
from dataclasses import dataclass
from os import environ as ENVIRONMENT  # noqa: N812, TID251 - handed on to the programs
from threading import Timer

from virtual_reader import need

PATIENCE = 30  # seconds


@dataclass(frozen=True)
class Said:
    """How a program ended and all that it said."""

    code: int
    text: str

    def __contains__(self, words: str) -> bool:
        return words in self.text


def run(*words: object, typed: str | None = None, **environment: str) -> Said:
    """Run a program that must be there; its two outputs as one text."""
    program, *arguments = map(str, words)
    need(program)
    done = subprocess.run(
        [program, *arguments],
        input=typed,
        stdin=None if typed is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT | environment,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Said(done.returncode, done.stdout)


def succeed(*words: object, typed: str | None = None, **environment: str) -> Said:
    said = run(*words, typed=typed, **environment)
    assert said.code == 0, said.text
    return said


def hear(*words: object, typed: str, until: str) -> str:
    """What a program says, up to some words; then it is ended, for it would not end by itself."""
    program, *arguments = map(str, words)
    need(program)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [program, *arguments], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as running:
        overdue = Timer(PATIENCE, running.kill)
        overdue.start()
        try:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(typed)
            running.stdin.flush()
            heard = ""
            while until not in heard and (said := running.stdout.read(1)):
                heard += said
        finally:
            overdue.cancel()
            running.kill()
    return heard
