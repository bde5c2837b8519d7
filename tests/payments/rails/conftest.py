"""A bank connected to a simulated payment system, for each test anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from sycee.database import Database
from tests.payments.rails.bank import ConnectedBank


@pytest_asyncio.fixture
async def bank(database: Database, tmp_path: Path) -> AsyncIterator[ConnectedBank]:
    """A bank of three customers with a million yuan each, on a rail that behaves."""
    opened = await ConnectedBank.open(database, tmp_path / "central-bank.sqlite")
    yield opened
    await opened.close()
