"""A bank with customers whose payments and bulk orders wait for a worker."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from sycee import ledger, payments
from sycee.database import Database
from tests.payments.conftest import CELL, OTHER_CELL, TODAY, Bank
from tests.payments.orders.conftest import Desk


@pytest_asyncio.fixture
async def desk(database: Database) -> Desk:
    """The desk of a bank of two cells that has loaded an empty list of names."""
    async with database.transaction() as tx:
        for cell in (CELL, OTHER_CELL):
            await ledger.create_cell(tx, cell, "Shanghai", TODAY)
        await payments.load_screening_names(tx, [], name="own", by="test")
    return Desk(Bank(database))


def sample(metrics: Any, name: str, **labels: str) -> float:
    """What a metric has counted."""
    return metrics.registry.get_sample_value(name, labels) or 0.0
