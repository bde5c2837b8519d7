"""A desk that sends bulk orders, to a bank with customers who pay each other."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee import payments
from sycee.payments import BulkItem, BulkOrder
from tests.payments.conftest import Bank


class BulkDesk:
    """Where bulk orders are sent; every method is its own transaction, or several."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.database = bank.database

    async def receive(self, data: bytes, *, by: str = "maker", **more: Any) -> BulkOrder:
        """Send a file; nothing is paid yet."""
        async with self.database.transaction() as tx:
            return await payments.receive_bulk_order(tx, io.BytesIO(data), by=by, **more)

    async def send(self, data: bytes, **more: Any) -> BulkOrder:
        """Send a file and carry it out."""
        order = await self.receive(data, **more)
        return await payments.carry_out_bulk_order(self.database, order.id)

    async def items(self, order: BulkOrder) -> list[BulkItem]:
        """What became of each item."""
        async with self.database.transaction() as tx:
            return await payments.bulk_items(tx, order, limit=1_000_000)

    async def report(self, id: UUID) -> bytes:
        """The status report."""
        async with self.database.transaction() as tx:
            await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            order = await payments.bulk_order(tx, id)
            return b"".join([piece async for piece in payments.bulk_status_report(tx, order)])

    async def original(self, order: BulkOrder) -> bytes:
        """The file as it was sent."""
        async with self.database.transaction() as tx:
            return b"".join([piece async for piece in payments.bulk_original(tx, order)])


@pytest_asyncio.fixture
async def desk(bank: Bank) -> BulkDesk:
    """The desk of a bank that has loaded an empty list of names."""
    async with bank.database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
    return BulkDesk(bank)
