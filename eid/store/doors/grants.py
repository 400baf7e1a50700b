"""Pending authorizations, sessions, codes and tokens, as they are asked for."""

from datetime import datetime

from eid.domain.facts import CodeFacts, SignOnFacts, TokenFacts
from eid.domain.grant import PendingAuthorization
from eid.domain.identifiers import ClientId, GrantId
from eid.store.doors.accounts import read_owner
from eid.store.doors.authorizations import (
    read_code,
    read_consent,
    read_grant,
    read_pending,
    read_session,
)
from eid.store.doors.columns import micros, moment
from eid.store.drivers import Driver, Values
from eid.store.statements import grants as sql


class GrantsDoor:
    """`eid.ports.Grants`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def find_pending(
        self, id_hash: bytes, browser_hash: bytes, now: datetime
    ) -> PendingAuthorization | None:
        """A request that waits, in the browser that began it; None once answered."""
        values: Values = {"id_hash": id_hash, "browser_hash": browser_hash, "now": micros(now)}
        rows = await self._driver.rows(sql.FIND_PENDING, values)
        return read_pending(rows[0]) if rows else None

    async def sign_on(
        self, handle_hash: bytes, client: ClientId | None, now: datetime
    ) -> SignOnFacts | None:
        """The live session with this cookie, its account, and the consent given to the client."""
        values: Values = {"handle_hash": handle_hash, "client": client, "now": micros(now)}
        rows = await self._driver.rows(sql.SIGN_ON, values)
        if not rows:
            return None
        return SignOnFacts(read_session(rows[0]), read_owner(rows[0]), read_consent(rows[0]))

    async def spend_code(
        self, code_hash: bytes, client: ClientId, now: datetime
    ) -> CodeFacts | None:
        """Use a code up and commit; another client cannot burn it."""
        values: Values = {"hash": code_hash, "client": client, "now": micros(now)}
        rows = await self._driver.spend(sql.SPEND_CODE, sql.CODE_FACTS, values)
        if not rows:
            return None
        row = rows[0]
        return CodeFacts(
            code=read_code(row),
            grant=read_grant(row),
            grant_revoked=row["grant_revoked_at"] is not None,
            session_ended=row["session_ended_at"] is not None,
            owner=read_owner(row),
        )

    async def find_spent_code(self, code_hash: bytes, client: ClientId) -> GrantId | None:
        """The grant of a code that was spent before: somebody is replaying it."""
        values: Values = {"hash": code_hash, "client": client}
        rows = await self._driver.rows(sql.FIND_SPENT_CODE, values)
        return GrantId(rows[0]["grant_id"]) if rows else None

    async def find_token(self, token_hash: bytes, now: datetime) -> TokenFacts | None:
        """A live access token and whom it speaks of."""
        values: Values = {"hash": token_hash, "now": micros(now)}
        rows = await self._driver.rows(sql.FIND_TOKEN, values)
        if not rows:
            return None
        row = rows[0]
        return TokenFacts(read_grant(row), moment(row["token_expires_at"]), read_owner(row))
