"""A bank that takes deposits in units; when a test is over, its books hold."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from sycee.database import Database
from tests.products.deposits.counter import Counter


@pytest_asyncio.fixture
async def counter(database: Database) -> AsyncIterator[Counter]:
    """The bank's counter."""
    opened = await Counter.open(database)
    yield opened
    await opened.check()
