"""A bank with keepers of its rules, and a place where what was done is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from sycee.database import Database, Transaction
from sycee.identity import Caller
from tests.approvals.house import CHECKER, KEEPER, MAKER, Keepers, a_principal


@pytest_asyncio.fixture
async def bank(database: Database) -> Database:
    """A bank whose commands note what they do."""
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE done (approval uuid PRIMARY KEY, payload bytea NOT NULL)")
    return database


@pytest_asyncio.fixture
async def keepers(bank: Database) -> Keepers:
    """Two who keep the rules."""
    async with bank.transaction() as tx:
        return Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))


@pytest_asyncio.fixture
async def tx(bank: Database, keepers: Keepers) -> AsyncIterator[Transaction]:
    """An open transaction in the bank, begun when its keepers are there: one security log serves all."""
    async with bank.transaction() as opened:
        yield opened


@pytest_asyncio.fixture
async def maker(tx: Transaction) -> Caller:
    """One who may ask."""
    return await a_principal(tx, *MAKER)


@pytest_asyncio.fixture
async def checker(tx: Transaction) -> Caller:
    """One who may agree."""
    return await a_principal(tx, *CHECKER)
