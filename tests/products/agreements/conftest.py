"""A bank with two cells, released rates, and the packages of components.yaml."""

from __future__ import annotations

import pytest
import pytest_asyncio

from sycee.components import Registry
from sycee.database import Database
from sycee.ledger import create_cell
from tests.products.agreements.offering import TODAY, Office, components, release_rates


@pytest.fixture(scope="session", name="components")
def _components() -> Registry:
    """What the bank sells."""
    return components()


@pytest_asyncio.fixture
async def office(database: Database, components: Registry) -> Office:
    """The bank's counter."""
    async with database.transaction() as tx:
        await create_cell(tx, 101, "Shanghai", TODAY)
        await create_cell(tx, 102, "Beijing", TODAY)
        await release_rates(tx)
    return Office(database, components)
