"""A bank with a customer whose payments come again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee import ledger
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, standing
from sycee.payments.standing import NewStandingOrder, Rhythm, Schedule, StandingOrder, StandingTerms
from tests.payments.conftest import CELL, TODAY, Bank
from tests.payments.orders.conftest import Desk, desk

__all__ = ["desk"]


class House:
    """A customer with an account that pays, and one of somebody else that is paid."""

    def __init__(self, desk: Desk, payer: int, payee: int, customer: UUID) -> None:
        self.desk, self.payer, self.payee, self.customer = desk, payer, payee, customer
        self.by = Instructor("treasurer", customer)

    def terms(self, amount: int = 10_00, **said: Any) -> StandingTerms:
        """A rent, every week from today on unless said otherwise."""
        given = {"rhythm": Rhythm.WEEKLY, "first_on": TODAY, "calendar": "weekdays", **said}
        more = {name: given.pop(name) for name in ("creditor_account", "creditor_name") if name in given}
        payee = {"creditor_account": str(self.payee), "creditor_name": "Landlord Ltd", **more}
        return StandingTerms(amount=amount, currency="CNY", schedule=Schedule(**given), **payee)

    async def make(self, amount: int = 10_00, id: UUID | None = None, **said: Any) -> StandingOrder:
        """Make a standing order of the customer's."""
        new = NewStandingOrder(id=id or uuid7(), debit_account=self.payer, terms=self.terms(amount, **said))
        made: StandingOrder = await self.desk.call(standing.make_standing_order, new, by=self.by)
        return made

    async def day(self, day: date) -> None:
        """Let the cell's business date be that day."""
        await self.desk.call(ledger.advance_business_date, CELL, day)

    async def sweep(self) -> standing.StandingRun:
        """Carry out a page; what fails may be tried again at once."""
        ran: standing.StandingRun = await self.desk.call(
            standing.run_standing_orders, CELL, retry_every=timedelta(0)
        )
        return ran

    async def order(self, id: UUID) -> StandingOrder:
        """The order as it stands."""
        found: StandingOrder = await self.desk.call(standing.get_standing_order, id)
        return found

    async def occurrences(self, id: UUID) -> dict[date, str]:
        """What became of each date."""
        found = await self.desk.call(standing.standing_order_occurrences, await self.order(id))
        return {one.scheduled_on: str(one.state) for one in reversed(found)}

    async def happened(self, id: UUID) -> list[str]:
        """What happened to the order, in order."""
        return [
            one.what for one in await self.desk.call(standing.standing_order_events, await self.order(id))
        ]

    async def paid(self) -> int:
        """What the payee has got."""
        return await self.desk.bank.balance(self.payee)

    async def fund(self, amount: int) -> None:
        """Give the payer money."""
        other = await self.desk.bank.open("CNY", amount)
        async with self.desk.database.transaction() as tx:
            (done,) = await ledger.post_transfers(
                tx,
                [
                    ledger.NewTransfer(
                        id=uuid7(), debit=other, credit=self.payer, amount=amount, currency="CNY"
                    )
                ],
            )
        assert done.status == "posted"


@pytest_asyncio.fixture
async def house(bank: Bank, desk: Desk) -> House:
    """The customer, with 100.00 to pay from."""
    customer = uuid7()
    payer, payee = await bank.open("CNY", 100_00, customer=customer), await bank.open("CNY")
    return House(desk, payer, payee, customer)
