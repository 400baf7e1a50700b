"""Notices on their way."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from eid.domain.identifiers import AccountId, NoticeId
from eid.domain.notice import Channel, Notice
from eid.store.doors.columns import micros, moment
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import work as sql

CLAIM_FOR = timedelta(minutes=1)


class OutboxDoor:
    """`eid.ports.OutboxDoor`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def claim(self, limit: int, now: datetime) -> Sequence[Notice]:
        """Take due notices for one minute. The attempt is counted now, whatever comes of it."""
        until = micros(now + CLAIM_FOR)
        values: Values = {"now": micros(now), "until": until, "limit": limit}
        taken = [_read_notice(row) for row in await self._driver.rows(sql.CLAIM_NOTICES, values)]
        # An UPDATE hands rows back in no order.
        return sorted(taken, key=lambda notice: (notice.created_at, notice.id))

    async def done(self, notice: NoticeId, now: datetime) -> None:
        """It was delivered: its sealed content is dropped."""
        await self._driver.rows(sql.NOTICE_DONE, {"id": notice, "now": micros(now)})

    async def retry(self, notice: NoticeId, at: datetime) -> None:
        """It was not; try again at that time."""
        await self._driver.rows(sql.RETRY_NOTICE, {"id": notice, "at": micros(at)})


def notice_values(notice: Notice) -> Values:
    """The columns of table `outbox`: due at once."""
    return {
        "id": notice.id,
        "account": notice.account,
        "channel": notice.channel.value,
        "template": notice.template,
        "sealed": notice.sealed,
        "created_at": micros(notice.created_at),
        "attempts": notice.attempts,
        "due_at": micros(notice.created_at),
    }


def _read_notice(row: Row) -> Notice:
    return Notice(
        id=NoticeId(row["id"]),
        account=AccountId(row["account"]),
        channel=Channel(row["channel"]),
        template=row["template"],
        sealed=row["sealed"],
        created_at=moment(row["created_at"]),
        attempts=row["attempts"],
    )
