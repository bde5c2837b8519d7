"""A small bank to send payment files to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest_asyncio

from sycee import ledger, payments
from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7

TODAY = date(2026, 11, 20)
CELL, OTHER_CELL = 100, 101


class Bank:
    """Accounts of the test, opened and funded on demand; every method is its own transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._serial = 0

    async def open(self, currency: str, funds: int = 0, *, cell: int = CELL, **more: Any) -> int:
        """Open an account with funds in minor units; returns its number."""
        (number,) = await self.open_many([(currency, funds)], cell=cell, **more)
        return number

    async def open_many(
        self, wanted: Sequence[tuple[str, int]], *, cell: int = CELL, **more: Any
    ) -> list[int]:
        """Open an account for each (currency, funds)."""
        async with self.database.transaction() as tx:
            numbers = []
            for currency, funds in wanted:
                vault, number = self._number(cell), self._number(cell)
                accounts = [
                    ledger.NewAccount(currency=currency, subject="2011", number=number, cell=cell, **more)
                ]
                if funds:
                    accounts.append(
                        ledger.NewAccount(
                            currency=currency, subject="1001", number=vault, cell=cell, floor=None
                        )
                    )
                await ledger.open_accounts(tx, accounts)
                if funds:
                    await self._post(tx, vault, number, funds, currency)
                numbers.append(number)
        return numbers

    async def balance(self, number: int) -> int:
        """The posted balance in minor units."""
        async with self.database.transaction() as tx:
            return (await ledger.get_account(tx, number)).balance

    async def change(self, number: int, status: ledger.AccountStatus) -> None:
        """Set an account's status."""
        async with self.database.transaction() as tx:
            await ledger.change_account(tx, number, status=status, reason="test")

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        async with self.database.transaction() as tx:
            cursor = await tx.execute(f"SELECT count(*) FROM {table}".encode())
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    def _number(self, cell: int) -> int:
        self._serial += 1
        return account_number(cell, self._serial)

    @staticmethod
    async def _post(tx: Any, debit: int, credit: int, amount: int, currency: str) -> None:
        transfer = ledger.NewTransfer(
            id=uuid7(), debit=debit, credit=credit, amount=amount, currency=currency
        )
        (outcome,) = await ledger.post_transfers(tx, [transfer])
        assert outcome.status == "posted", outcome


@pytest_asyncio.fixture
async def bank(database: Database) -> Bank:
    """A bank of two cells on one business date."""
    async with database.transaction() as tx:
        await ledger.create_cell(tx, CELL, "Shanghai", TODAY)
        await ledger.create_cell(tx, OTHER_CELL, "Shenzhen", TODAY)
    return Bank(database)


@pytest_asyncio.fixture
async def screened(bank: Bank) -> None:
    """Payments are screened against a list that names nobody."""
    async with bank.database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
