"""What every test may ask for: a PostgreSQL server, and a migrated database of its own.

Each test process (each worker of pytest-xdist too) has one embedded server. The migrated database is
made once as a template and copied for every test that asks, which takes some tens of milliseconds.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from sycee.database import Database, EmbeddedServer, migrations
from tests.distribution import ByFile, place_of
from tests.fast_files import keep_bytecode, use_memory
from tests.long_runs import LONG_RUNS

use_memory()
# Helpers of several folders, whose assertions pytest is to explain.
pytest.register_assert_rewrite("tests.ledger.playing", "tests.ledger.reading_back")
keep_bytecode()

# A test server may lose its data with the machine; what a crash of the server does is not changed by this.
FAST = {
    "fsync": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "wal_buffers": "16MB",
    "huge_pages": "off",
    "max_connections": "120",
}
_serials = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long``: search at random for hours rather than minutes."""
    parser.addoption(
        "--long", action="store_true", help="many more random histories and crashes (as SYCEE_LONG=1)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hand ``--long`` on through the environment, before the tests are read."""
    if config.getoption("--long"):
        os.environ[LONG_RUNS] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=place_of)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """Distribute by file, with a few files together."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def server_settings() -> dict[str, str]:
    """Settings that make a server quick to start and to write."""
    return dict(FAST)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A directory for a server of the test's own."""
    # Not pytest's directory: its path is long, and pytest closes it to other users again and again.
    path = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def server(server_settings: dict[str, str]) -> Iterator[EmbeddedServer]:
    """The test process's own server."""
    path = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    with EmbeddedServer(path, settings=server_settings) as running:
        yield running
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def template_database(server: EmbeddedServer) -> str:
    """The name of a migrated database that nobody is connected to."""
    name = "sycee_template"
    _administer(server, f"CREATE DATABASE {name}")
    migrations.upgrade(server.url(name))
    return name


@pytest.fixture
def database_url(server: EmbeddedServer, template_database: str) -> Iterator[str]:
    """The URL of a migrated database that is this test's alone."""
    name = f"test_{next(_serials)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    yield server.url(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(server: EmbeddedServer) -> Iterator[str]:
    """The URL of a database that no migration has seen."""
    name = f"test_{next(_serials)}"
    _administer(server, f"CREATE DATABASE {name}")
    yield server.url(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open Database on a migrated database that is this test's alone."""
    async with await Database.open(database_url, min_size=1, max_size=8) as opened:
        yield opened


def _administer(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())
