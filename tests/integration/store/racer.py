"""One of two processes that race for the same codes: prints how often it won each.

Started by the tests: `racer.py URL right|wrong HASH...`. Says `ready`, waits for a line, then runs.
"""

import asyncio
import sys
from datetime import timedelta

from builders import NOW

from eid.domain.identifiers import ClientId
from eid.store import StoreDoors, open_store
from eid.store.drivers import Statement

CLIENT = ClientId("tax-portal")
AT_ONCE = 4
LOOK = Statement(
    "look", "SELECT hash FROM authorization_code WHERE hash = :hash AND spent_at IS NULL"
)
MARK = Statement("mark", "UPDATE authorization_code SET spent_at = :now WHERE hash = :hash")


async def right(store: StoreDoors, code_hash: bytes) -> bool:
    """One statement that decides by itself."""
    return await store.grants.spend_code(code_hash, CLIENT, NOW + timedelta(seconds=1)) is not None


async def wrong(store: StoreDoors, code_hash: bytes) -> bool:
    """Look, then mark: what must never be done. It shows that the race can be lost."""
    found = await store.driver.rows(LOOK, {"hash": code_hash})
    await asyncio.sleep(0.001)
    if found:
        await store.driver.rows(MARK, {"hash": code_hash, "now": 1})
    return bool(found)


WAYS = {"right": right, "wrong": wrong}


async def race(url: str, way: str, hashes: list[bytes]) -> list[int]:
    """How often each code was won here."""
    spend = WAYS[way]
    async with open_store(url, patience=10) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        return [
            sum(await asyncio.gather(*(spend(store, code_hash) for _ in range(AT_ONCE))))
            for code_hash in hashes
        ]


if __name__ == "__main__":
    won = asyncio.run(race(sys.argv[1], sys.argv[2], [bytes.fromhex(h) for h in sys.argv[3:]]))
    sys.stdout.write(" ".join(map(str, won)) + "\n")
