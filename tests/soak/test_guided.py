"""Two minutes, at most, of a fuzzer that is led by coverage (atheris 3, where it is installed)."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak

PROGRAM = Path(__file__).with_name("guided.py")
PROCESSES = min(2, os.cpu_count() or 1)
SECONDS = 60
PATIENCE = 240  # seconds, with the start and a busy machine
OPTIONS = (
    f"-max_total_time={SECONDS}",
    "-max_len=4096",
    "-timeout=5",  # seconds for one input: a hang
    "-rss_limit_mb=1024",
    "-print_final_stats=1",
)


@pytest.mark.skipif(
    find_spec("atheris") is None,
    reason="atheris is not installed: `pip install atheris`, which has wheels for Linux",
)
def test_a_fuzzer_led_by_coverage_finds_no_crash_and_no_hang__CV_40__CV_44(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = [start(tmp_path, seed) for seed in range(1, PROCESSES + 1)]
    told = [process.communicate(timeout=PATIENCE)[0] for process in running]
    for process, said in zip(running, told, strict=True):
        assert process.returncode == 0, said[-4000:]
        inputs = re.search(r"number_of_executed_units: (\d+)", said)
        lines = re.findall(r"cov: (\d+)", said)
        assert inputs is not None
        assert int(inputs[1]) > SECONDS
        with capsys.disabled():
            print(f"\nled by coverage: {inputs[1]} inputs, {lines[-1]} edges", end="")  # noqa: T201 - figures


def start(folder: Path, seed: int) -> subprocess.Popen[str]:
    crashes = folder / f"crashes-{seed}"
    crashes.mkdir()
    command = [sys.executable, PROGRAM, folder / f"corpus-{seed}", *OPTIONS]
    return subprocess.Popen(
        [*map(str, command), f"-seed={seed}", f"-artifact_prefix={crashes}/"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
