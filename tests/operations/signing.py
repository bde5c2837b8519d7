"""A bank whose accounts run under signed products, for the tests of fees and statements in their cycles."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sycee import ledger, operations
from sycee.components import Registry
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.ledger import NewAccount, NewTransfer, NormalSide
from tests.operations.small_bank import SHANGHAI, vault
from tests.products.agreements.offering import COMPONENTS, Office, release_rates

HERE = Path(__file__).parent / "components.yaml"


class Bank:
    """A cell with a vault, and customers that sign packages."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.office = Office(database, Registry.load([COMPONENTS, HERE]))

    @classmethod
    async def founded(cls, database: Database, on: date) -> Bank:
        """The bank at its first date."""
        own = NewAccount(
            number=vault(SHANGHAI), currency="CNY", subject="1001", normal_side=NormalSide.DEBIT, floor=None
        )
        async with database.transaction() as tx:
            await ledger.create_cell(tx, SHANGHAI, "Shanghai", on)
            await ledger.open_accounts(tx, [own])
            await release_rates(tx)
        return cls(database)

    async def account(self, package: str, name: str = "Silk Road Trading Ltd") -> int:
        """The account that a new customer gets by signing a package."""
        buyer = await self.office.buyer(name)
        agreement = await self.office.signed(buyer, package)
        return next(one.account for one in agreement.arrangements if one.account is not None)

    async def pay_in(self, account: int, minor: int) -> None:
        """Money from the vault."""
        new = NewTransfer(id=uuid7(), debit=vault(SHANGHAI), credit=account, amount=minor, currency="CNY")
        async with self.database.transaction() as tx:
            (outcome,) = await ledger.post_transfers(tx, [new])
        assert outcome.status == "posted", outcome

    async def close(self, *, until: date | None = None) -> operations.DayRun:
        """Close the day that is due; with ``until`` every day before it."""
        run = await operations.close_day(self.database, SHANGHAI, by="test")
        while until is not None and run.next_date < until:
            run = await operations.close_day(self.database, SHANGHAI, by="test")
        return run

    async def failures(self, on: date) -> list[tuple[int | None, str]]:
        """What failed at the end of a day."""
        async with self.database.transaction() as tx:
            return [(one.account, one.code) for one in await operations.failures(tx, SHANGHAI, on)]

    async def fees(self, account: int) -> list[tuple[date, str, int]]:
        """The fees of an account, newest first: end of period, state, amount."""
        async with self.database.transaction() as tx:
            return [(one.end, one.state, one.amount) for one in await operations.fee_charges(tx, account)]

    async def balance(self, account: int) -> int:
        """What an account has."""
        async with self.database.transaction() as tx:
            return (await ledger.get_account(tx, account)).balance

    async def statements(self, account: int) -> list[tuple[date, date]]:
        """The periods of an account's statements, oldest first."""
        async with self.database.transaction() as tx:
            found = await operations.list_documents(
                tx, account, kind=operations.DocumentKind.STATEMENT, limit=1000
            )
        return [(one.start, one.end) for one in reversed(found)]
