"""The same store tests run on the store in memory, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
from fakes import MemoryStore
from integration.store.furniture import Furniture

from eid.ports import Store
from eid.store import StoreDoors, open_store

MEMORY = "memory"


@pytest.fixture(params=[MEMORY, "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Where the contract is kept: in memory, on SQLite, on PostgreSQL."""
    if request.param == MEMORY:
        return MEMORY
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture
async def store(anyio_backend: str, store_url: str) -> AsyncIterator[Store]:  # noqa: ARG001 - it runs there
    """The contract of `eid.ports.Store`, kept three times."""
    if store_url == MEMORY:
        yield MemoryStore()
        return
    async with open_store(store_url) as opened:
        yield opened


@pytest.fixture
async def doors(anyio_backend: str, database: str) -> AsyncIterator[StoreDoors]:  # noqa: ARG001 - it runs there
    """A store on a real database, in whose drawers a test may look."""
    async with open_store(database) as opened:
        yield opened


@pytest.fixture
def furniture(request: pytest.FixtureRequest) -> Furniture:
    """For the store of this test."""
    name = "store" if "store" in request.fixturenames else "doors"
    return Furniture(request.getfixturevalue(name))
