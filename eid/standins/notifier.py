"""Notices that end in a folder instead of a letter-box or a telephone."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eid.domain.notice import Channel
from eid.errors import Unavailable

_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A notice as it lies in the folder. `at` is ISO 8601 in UTC."""

    channel: str
    template: str
    values: Mapping[str, str]
    to: str
    at: str


class FolderNotifier:
    """The notifier port: each notice becomes one JSON file, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(
        self, channel: Channel, template: str, values: Mapping[str, str], to: str, at: datetime
    ) -> None:
        """Put the notice into the folder.

        Raises:
            Unavailable: the folder cannot be written.
        """
        notice = {
            "channel": channel.value,
            "template": template,
            "values": dict(values),
            "to": to,
            "at": at.astimezone(UTC).isoformat(),
        }
        # The name begins with the time, so that names sort as notices do.
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self._folder / f"{name}.new"
            unfinished.write_text(json.dumps(notice, ensure_ascii=False, indent=1), "utf-8")
            unfinished.replace(self._folder / f"{name}{_SUFFIX}")
        except OSError as error:
            raise Unavailable("the outbox folder cannot be written") from error


class Outbox:
    """The reading side of the folder, for the demo's mail-box page and for tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def notices(self, limit: int) -> Sequence[Delivered]:
        """The newest notices first, at most so many."""
        files = sorted(self._folder.glob(f"*{_SUFFIX}"), reverse=True)[:limit]
        return [Delivered(**json.loads(file.read_text("utf-8"))) for file in files]
