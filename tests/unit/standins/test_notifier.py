import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eid.domain.notice import Channel
from eid.errors import Unavailable
from eid.standins.notifier import Delivered, FolderNotifier, Outbox

AT = datetime(2026, 3, 2, 9, 0, 0, 500, tzinfo=UTC)


def send(folder: Path, code: str, at: datetime = AT) -> None:
    notifier = FolderNotifier(folder)
    asyncio.run(notifier.send(Channel.MESSAGE, "activation_code", {"code": code}, "+8490", at))


def test_a_notice_is_one_file_and_is_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    send(folder, "123")
    (file,) = folder.iterdir()
    assert file.suffix == ".json"
    assert json.loads(file.read_text("utf-8"))["channel"] == "message"
    assert Outbox(folder).notices(10) == [
        Delivered(
            "message",
            "activation_code",
            {"code": "123"},
            "+8490",
            "2026-03-02T09:00:00.000500+00:00",
        )
    ]


def test_the_newest_come_first_and_not_too_many(tmp_path: Path) -> None:
    for n in (3, 1, 12, 2):
        send(tmp_path, str(n), AT + timedelta(minutes=n))
    codes = [notice.values["code"] for notice in Outbox(tmp_path).notices(3)]
    assert codes == ["12", "3", "2"]


def test_half_written_files_are_not_read(tmp_path: Path) -> None:
    send(tmp_path, "1")
    (tmp_path / "20990101T000000000000-ffffffff.new").write_text("{")
    assert len(Outbox(tmp_path).notices(10)) == 1


def test_an_outbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Outbox(tmp_path / "none").notices(10) == []


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        send(tmp_path / "file", "1")
