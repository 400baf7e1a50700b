"""What tests of every kind may ask for."""

import os
from collections.abc import Iterator

import pytest
from postgres_server import Cluster, find_binaries, running_postgres


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A real PostgreSQL for this run; where a build must prove it, its absence is a failure."""
    binaries = find_binaries()
    if binaries is None:
        reason = "no PostgreSQL server is installed"
        if os.getenv("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with running_postgres(binaries) as cluster:
        yield cluster
