import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eid.errors import Malformed
from eid.standins.clock import OffsetClock, SystemClock


def test_the_machine_s_time_is_aware_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_without_a_file_the_demo_clock_is_the_machine_s(tmp_path: Path) -> None:
    clock = OffsetClock(tmp_path / "none" / "clock")
    assert clock.ahead() == 0
    assert abs(clock.now() - SystemClock().now()) < timedelta(seconds=5)


def test_advancing_moves_every_process_s_clock(tmp_path: Path) -> None:
    path = tmp_path / "new" / "clock"
    mine, other = OffsetClock(path), OffsetClock(path)
    mine.advance(3600)
    other.advance(86400)
    assert mine.ahead() == other.ahead() == 90000
    ahead: timedelta = mine.now() - SystemClock().now()
    assert timedelta(seconds=89990) < ahead < timedelta(seconds=90010)
    assert path.read_text() == "90000\n"


@pytest.mark.parametrize("seconds", [0, -1])
def test_time_goes_forward_only(tmp_path: Path, seconds: int) -> None:
    clock = OffsetClock(tmp_path / "clock")
    clock.advance(10)
    with pytest.raises(Malformed):
        clock.advance(seconds)
    assert clock.ahead() == 10


def test_nobody_s_step_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    steps = [threading.Thread(target=OffsetClock(path).advance, args=(1,)) for _ in range(20)]
    for step in steps:
        step.start()
    for step in steps:
        step.join()
    assert OffsetClock(path).ahead() == 20
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clock", "clock.lock"]


def test_now_is_after_the_time_before(tmp_path: Path) -> None:
    clock = OffsetClock(tmp_path / "clock")
    before: datetime = clock.now()
    clock.advance(1)
    assert clock.now() > before
