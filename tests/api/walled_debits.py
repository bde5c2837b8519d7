"""What a customer of the walled bank has of direct debits: a mandate between its own accounts, and more."""

from __future__ import annotations

from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, debits
from tests.products.deposits.counter import Holder, yuan


async def debits_of(tx: Transaction, holder: Holder) -> dict[str, str]:
    """A signed mandate, a debit that was taken under it, and a block on the customer itself, since lifted."""
    by = Instructor("treasurer", holder.id)
    wanted = debits.NewDebitMandate(
        id=uuid7(),
        credit_account=holder.basic,
        debit_account=holder.general,
        reference=f"OWN-{holder.id.hex[:8]}",
        currency="CNY",
    )
    (mandate,) = await debits.propose_debit_mandates(tx, [wanted], by=by)
    await debits.confirm_debit_mandate(tx, mandate.id, by=by)
    debit = debits.NewDirectDebit(
        id=uuid7(),
        credit_account=holder.basic,
        debit_account=holder.general,
        mandate_reference=mandate.reference,
        amount=yuan("4.00"),
        currency="CNY",
    )
    (taken,) = await debits.collect(tx, [debit], by=by)
    assert taken.state is debits.DebitState.SETTLED, taken
    block = await debits.block_creditor(
        tx, uuid7(), debtor=holder.id, creditor=holder.id, by=by, reason="to be seen"
    )
    return {
        "debit_mandate_id": str(mandate.id),
        "direct_debit_id": str(debit.id),
        "debit_block_id": str(block.id),
    }
