"""A bank with two cells, and customers and persons to fill it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest_asyncio

from sycee.database import Database, Transaction
from sycee.ledger import create_cell

TODAY = date(2026, 3, 31)


@pytest_asyncio.fixture
async def bank(database: Database) -> Database:
    """A bank with the cells 101 and 102, both on TODAY."""
    async with database.transaction() as tx:
        await create_cell(tx, 101, "Shanghai", TODAY)
        await create_cell(tx, 102, "Beijing", TODAY)
    return database


@pytest_asyncio.fixture
async def tx(bank: Database) -> AsyncIterator[Transaction]:
    """An open transaction in the bank."""
    async with bank.transaction() as opened:
        yield opened
