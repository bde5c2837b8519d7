"""What a customer of the walled bank has of payments that come again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel.ids import cell_of, uuid7
from sycee.payments import Instructor, standing
from tests.products.deposits.counter import Holder, yuan


async def a_standing_order(tx: Transaction, holder: Holder) -> UUID:
    """A standing order between two accounts of a customer, which was paid once."""
    cell = cell_of(holder.general)
    today = (await ledger.get_cell(tx, cell)).business_date
    terms = standing.StandingTerms(
        amount=yuan("2.00"),
        currency="CNY",
        creditor_account=str(holder.basic),
        creditor_name="Itself",
        schedule=standing.Schedule(rhythm=standing.Rhythm.WEEKLY, first_on=today, calendar="every_day"),
    )
    new = standing.NewStandingOrder(id=uuid7(), debit_account=holder.general, terms=terms)
    made = await standing.make_standing_order(tx, new, by=Instructor("treasurer", holder.id))
    ran = await standing.run_standing_orders(tx, cell)
    assert ran.submitted == 1
    assert made.next is not None
    assert made.next.on + timedelta(weeks=1) > today
    return made.id
