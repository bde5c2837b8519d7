"""A small bank behind the real application: real PostgreSQL, real tokens, nothing imitated.

Most tests have a bank of their own. Those that show that something changes nothing share a ``steady``
one per module, which saves a database each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from sycee.database import Database, EmbeddedServer
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from tests.api.listening import Listening
from tests.api.served import Served
from tests.api.small_bank import client_of, fingerprint, found_bank, issue_tokens
from tests.api.wire import Client

Books = Callable[[], Awaitable[dict[str, str]]]


@pytest_asyncio.fixture
async def bank(database: Database) -> Database:
    """The bank of this test."""
    return await found_bank(database)


@pytest_asyncio.fixture
async def tokens(bank: Database) -> dict[str, str]:
    """A token for every scope, by scope."""
    return await issue_tokens(bank)


@pytest_asyncio.fixture
async def anonymous(bank: Database) -> AsyncIterator[Client]:
    """A client without a token."""
    async with client_of(bank) as opened:
        yield opened


@pytest_asyncio.fixture
async def client(bank: Database) -> AsyncIterator[Client]:
    """A client that may do everything."""
    async with bank.transaction() as tx:
        token = (await issue_token(tx, "client", [Scope.ADMIN])).text
    async with client_of(bank, token) as opened:
        yield opened


@pytest.fixture
def books(bank: Database) -> Books:
    """The fingerprint of the bank's books, when called."""
    return lambda: fingerprint(bank)


@pytest.fixture
def served(bank: Database, database_url: str, tmp_path: Path) -> Iterator[Served]:
    """The bank behind a server process of its own, as in production."""
    with Served(database_url, tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def listening(bank: Database, database_url: str, tmp_path: Path) -> Iterator[Listening]:
    """The bank behind a real socket, in a thread of this process."""
    with Listening(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def steady_url(server: EmbeddedServer, template_database: str) -> Iterator[str]:
    """The URL of a migrated database for a whole module."""
    name = f"steady_{uuid7().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY".encode())
        yield server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady_bank(steady_url: str) -> AsyncIterator[Database]:
    """A bank that a module's tests leave as it is."""
    async with await Database.open(steady_url, min_size=1, max_size=8) as opened:
        yield await found_bank(opened)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady_tokens(steady_bank: Database) -> dict[str, str]:
    """A token for every scope, by scope."""
    return await issue_tokens(steady_bank)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady_anonymous(steady_bank: Database) -> AsyncIterator[Client]:
    """A client without a token."""
    async with client_of(steady_bank) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def steady_client(steady_bank: Database, steady_tokens: dict[str, str]) -> AsyncIterator[Client]:
    """A client that may do everything, and changes nothing."""
    async with client_of(steady_bank, steady_tokens["admin"]) as opened:
        yield opened


@pytest.fixture(scope="module")
def steady_books(steady_bank: Database) -> Books:
    """The fingerprint of the steady bank's books, when called."""
    return lambda: fingerprint(steady_bank)
