"""What a command costs through PC/SC, beside the same command in process; needs pcscd and vpcd.

`python tests/load/apdu_through_pcsc.py`. The exit code is 1 where the way through PC/SC costs a
millisecond or more: the reader's two writes then wait for each other again.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from unit.chipcard_sim.cards import PIV, sign_command, verify
from unit.chipcard_sim.piv_cards import whole_card
from virtual_reader import reader_of, the_only_user, wait_for

from chipcard_sim.transport.pcsc import card_in, find_cards

ROUNDS = 300
DEAR = 1.0  # milliseconds on the way
COMMANDS = {
    "SELECT": PIV,
    "GET DATA, certificate": "00CB3FFF055C035FC10500",
    "VERIFY, how many tries": "00200080",
    "VERIFY": verify(),
    "GENERAL AUTHENTICATE, sign": sign_command(0x9A, bytes(32)),
}

Transmit = Callable[[bytes], bytes]


def main() -> int:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "BENCH.card"
        inside = measure(whole_card(path).transmit)
        with the_only_user(), inserted(path), card_in(reader_of(0)) as card:
            through = measure(card.transmit)
    say("median of each command", "in process", "PC/SC", "95 % under", "ratio", "on the way")
    say("", "ms", "ms", "ms", "", "ms")
    ways = [tell(name, inside[name], through[name]) for name in COMMANDS]
    return judge(median(ways))


def judge(way: float) -> int:
    """Say whether PC/SC is cheap. What the card itself does, such as writing, is in both ways."""
    verdict = "yes" if way < DEAR else "no"
    sys.stdout.write(f"within {DEAR:g} ms on the way: {verdict} ({way:.3f} ms, the median)\n")
    return int(way >= DEAR)


def measure(transmit: Transmit) -> dict[str, list[float]]:
    """Milliseconds of each command, sent again and again in a conversation as usual."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            started = perf_counter()
            answer = transmit(bytes.fromhex(command))
            times[name].append((perf_counter() - started) * 1000)
            if answer[-2] not in {0x90, 0x61, 0x63}:
                raise SystemExit(f"{name}: {answer[-2:].hex()}")
    return times


def tell(name: str, inside: list[float], through: list[float]) -> float:
    """One row; what the way costs."""
    here, there = median(inside), median(through)
    slow = quantiles(through, n=20)[-1]
    figures = (f"{here:.3f}", f"{there:.3f}", f"{slow:.3f}", f"{there / here:.1f}")
    say(name, *figures, f"{there - here:.3f}")
    return there - here


def say(name: str, *figures: str) -> None:
    sys.stdout.write(f"{name:<28}" + "".join(f"{figure:>12}" for figure in figures) + "\n")


@contextmanager
def inserted(path: Path) -> Iterator[None]:
    """The card in the reader, in a process of its own, as a person puts it there."""
    words = [sys.executable, "-m", "chipcard_sim", "insert", str(path), "--pcscd"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            if line.startswith("Ctrl-C"):
                break
            said.append(line)
        else:  # it ended: why is what it said
            raise SystemExit("".join(said))
        try:
            wait_for(lambda: reader_of(0) in find_cards(), "the card")
            yield
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
