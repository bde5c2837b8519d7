"""What a customer of the walled bank has of payments that come again, and under supervision."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sycee import identity, ledger, payments
from sycee.database import Transaction
from sycee.kernel.ids import cell_of, uuid7
from sycee.payments import Instructor, escrow, standing
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


async def a_supervised_account(tx: Transaction, holder: Holder, vault: int) -> UUID:
    """The agreement on a supervised account of a customer, from which a payment waits for release."""
    cell = cell_of(holder.general)
    (account,) = await ledger.open_accounts(
        tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=cell, customer=holder.id)]
    )
    funding = ledger.NewTransfer(
        id=uuid7(), debit=vault, credit=account.number, amount=yuan("9.00"), currency="CNY"
    )
    await ledger.post_transfers(tx, [funding])
    officer = identity.NewPrincipal(
        kind=identity.PrincipalKind.STAFF, login=f"r{holder.id.hex}", name="Releaser"
    )
    (releaser,) = await identity.create_principals(tx, [officer], by="test")
    made = await escrow.make_escrow(
        tx,
        escrow.NewEscrow(
            id=uuid7(),
            account=account.number,
            beneficiary_name="Buyers",
            supervisor_name="The bank",
            document=f"Supervision {holder.id}",
            releasers=(releaser.id,),
        ),
        by="test",
    )
    wanted = payments.NewPayment(
        id=uuid7(),
        debit_account=account.number,
        creditor_account=str(holder.basic),
        creditor_name="Itself",
        amount=yuan("4.00"),
        currency="CNY",
    )
    (waits,) = await payments.submit_payments(tx, [wanted], by="treasurer")
    assert waits.code == "awaiting_release", waits
    return made.id
