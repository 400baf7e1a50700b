"""An open store over the fresh database."""

from collections.abc import AsyncIterator

import pytest

from eid.store import StoreDoors, open_store


@pytest.fixture
async def store(anyio_backend: str, database: str) -> AsyncIterator[StoreDoors]:  # noqa: ARG001 - it runs there
    async with open_store(database, pool=8, patience=2.0) as doors:
        yield doors
