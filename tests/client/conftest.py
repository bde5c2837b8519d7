"""A bank that runs: a real API process on a real database, and a client of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import msgspec
import psycopg
import pytest
import pytest_asyncio

from sycee.cli.api_process import ApiProcess, free_port
from sycee.cli.books import opened
from sycee.client import Account, Sycee
from sycee.database import EmbeddedServer
from sycee.identity import Scope, issue_token
from sycee.kernel.settings import Settings

BUSINESS_DATE = date(2026, 3, 31)


class Service(msgspec.Struct, frozen=True):
    """A running API, and a token that may do everything."""

    api: ApiProcess
    token: str
    # The API ends with the thread that started it, so whoever restarts it does so in one that stays.
    hands: ThreadPoolExecutor

    @property
    def url(self) -> str:
        """Its address."""
        return self.api.url


async def _first_token(url: str) -> str:
    async with opened(url) as database, database.transaction() as tx:
        return (await issue_token(tx, "tests", [Scope.ADMIN])).text


@pytest.fixture(scope="session")
def service(server: EmbeddedServer, template_database: str) -> Iterator[Service]:
    """The test process's own API, on a database of its own, with the cell 101."""
    name = "client_tests"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY".encode())
    with tempfile.TemporaryDirectory(prefix="sycee-test-") as directory:
        settings = Settings(data_dir=Path(directory), port=free_port("127.0.0.1"))
        api = ApiProcess(settings, server.url(name), Path(directory, "api.log"))
        try:
            api.start()
            token = asyncio.run(_first_token(server.url(name)))
            asyncio.run(_make_cell(api.url, token))
            with ThreadPoolExecutor(1) as hands:
                yield Service(api, token, hands)
        finally:
            api.stop()


async def _make_cell(url: str, token: str) -> None:
    async with Sycee(url, token) as bank:
        if 101 not in {cell.cell for cell in await bank.cells()}:
            await bank.create_cell(101, "Shanghai", BUSINESS_DATE)


@pytest_asyncio.fixture
async def bank(service: Service) -> AsyncIterator[Sycee]:
    """A client of the running API."""
    async with Sycee(service.url, service.token, retry_for_s=20.0) as client:
        yield client


@pytest_asyncio.fixture
async def treasury(bank: Sycee) -> Account:
    """An account without a floor, for money to come from."""
    return await bank.open_account("CNY", "1003", cell=101, normal_side="debit", floor=None, name="Treasury")


@pytest_asyncio.fixture
async def customer(bank: Sycee) -> Account:
    """An empty account of a customer."""
    return await bank.open_account("CNY", "2011", cell=101, name="Silk Road Ltd", local_name="丝路公司")
