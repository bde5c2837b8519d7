"""Orders of which all is paid or nothing: the total is held, every item is tried, then all are paid at once.

While the items are tried, block by block, the hold keeps the money there. Paying is one transaction, in which
the hold is let go and every item paid; whoever else pays from the same cell waits for it. When one item is
refused, then or before, none is paid and the hold is let go.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import psycopg
from msgspec.structs import replace

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.ids import cell_of
from sycee.payments.bulk.blocks import instructor, read_block, refusals, write_refusals
from sycee.payments.bulk.records import BulkOrder, BulkState, bulk_totals
from sycee.payments.iso20022 import Fault, Reason, reason_of
from sycee.payments.orders.new_payments import PaymentOutcome
from sycee.payments.orders.submitting import submit_payments
from sycee.payments.orders.transfer_ids import follow_up

HOLD_SUBJECT = "3002"
"""General-ledger subject of the accounts for which orders of all or nothing are held."""

_ANOTHER = Fault(Reason.NARRATIVE, "order_refused", "another payment of the same order was refused")


async def work_all_or_nothing(tx: Transaction, order: BulkOrder) -> BulkOrder:
    """Do the next thing to an order that the caller has locked: hold, try a block, or pay all."""
    if order.state is BulkState.HOLDING:
        return await _hold(tx, order)
    if order.state is BulkState.CHECKING and order.checked < order.counted:
        return await _check(tx, order)
    if order.state is BulkState.CHECKING:
        return await (_refuse(tx, order, _ANOTHER) if order.refused else _pay(tx, order))
    return order


async def _hold(tx: Transaction, order: BulkOrder) -> BulkOrder:
    faults = await _faults(tx, order)
    if faults:
        return await _refuse(tx, replace(order, refused=faults), _ANOTHER, held=False)
    holds = await _holds(tx, order)
    told = await ledger.post_transfers(tx, holds)
    refused = next((one for one in told if one.status == "rejected" and one.code != "linked_failed"), None)
    if refused is not None:
        code = refused.code or "rejected"
        return await _refuse(tx, order, Fault(reason_of(code), code, refused.detail or code), held=False)
    return await _write(tx, replace(order, state=BulkState.CHECKING))


async def _faults(tx: Transaction, order: BulkOrder) -> int:
    """How many items cannot be paid whatever the books say."""
    cursor = await tx.execute(
        "SELECT count(*) FROM bulk_items i JOIN bulk_batches b USING (cell, bulk_order, batch)"
        " WHERE i.cell = %s AND i.bulk_order = %s AND coalesce(b.code, i.code) IS NOT NULL",
        (order.cell, order.id),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _holds(tx: Transaction, order: BulkOrder) -> list[ledger.NewTransfer]:
    """A hold of the total that each account pays in a currency; all of the holds or none."""
    totals = await bulk_totals(tx, order)
    accounts = {
        key: await _hold_account(tx, *key)
        for key in sorted({(cell_of(debit), currency) for debit, currency, _ in totals})
    }
    return [
        ledger.NewTransfer(
            id=_hold_id(order, debit, currency),
            kind=ledger.TransferKind.PENDING,
            debit=debit,
            credit=accounts[cell_of(debit), currency],
            amount=total,
            currency=currency,
            linked=number < len(totals),
            reference=order.message_id,
        )
        for number, (debit, currency, total) in enumerate(totals, 1)
    ]


def _hold_id(order: BulkOrder, debit: int, currency: str) -> UUID:
    return follow_up(order.id, f"hold:{debit}:{currency}")


async def _hold_account(tx: Transaction, cell: int, currency: str) -> int:
    """The bank's account for holds of a cell and currency; opened when it is first asked for."""
    wanted = "SELECT account FROM bulk_hold_accounts WHERE cell = %s AND currency = %s"
    row = await (await tx.execute(wanted, (cell, currency))).fetchone()
    if row is None:
        # Opening holds the cell's lock, so whoever comes second finds what the first has opened.
        await tx.execute("SELECT cell FROM cells WHERE cell = %s FOR NO KEY UPDATE", (cell,))
        row = await (await tx.execute(wanted, (cell, currency))).fetchone()
    if row is not None:
        return int(row[0])
    (opened,) = await ledger.open_accounts(
        tx,
        [
            ledger.NewAccount(
                currency=currency,
                subject=HOLD_SUBJECT,
                cell=cell,
                floor=None,
                name="Holds for bulk orders",
                local_name="批量付款冻结",
            )
        ],
    )
    await tx.execute(
        "INSERT INTO bulk_hold_accounts (cell, currency, account) VALUES (%s, %s, %s)",
        (cell, currency, opened.number),
    )
    return opened.number


async def _let_go(tx: Transaction, order: BulkOrder) -> None:
    """Give back what is held for the order."""
    cursor = await tx.execute(
        "SELECT DISTINCT b.debit, i.currency FROM bulk_items i"
        " JOIN bulk_batches b USING (cell, bulk_order, batch)"
        " WHERE i.cell = %s AND i.bulk_order = %s ORDER BY 1, 2",
        (order.cell, order.id),
    )
    targets = [_hold_id(order, debit, currency) for debit, currency in await cursor.fetchall()]
    told = await ledger.post_transfers(
        tx,
        [
            ledger.NewTransfer(id=follow_up(target, "void"), kind=ledger.TransferKind.VOID, target=target)
            for target in targets
        ],
    )
    kept = [one for one in told if one.status == "rejected"]
    if kept:
        raise RuntimeError(f"the books do not let go of hold {kept[0].id}: {kept[0].code}, {kept[0].detail}")


async def _check(tx: Transaction, order: BulkOrder) -> BulkOrder:
    """Try the next block as if nothing were held, and leave no trace but why items were refused."""
    block = await read_block(tx, order, order.checked)
    async with tx.transaction(force_rollback=True):
        await _let_go(tx, order)
        told = await submit_payments(tx, block.payments, by=instructor(order))
    refused = refusals(block, told)
    await write_refusals(tx, order, refused)
    return await _write(
        tx,
        replace(order, checked=order.checked + block.length, refused=order.refused + len(refused)),
    )


async def _pay(tx: Transaction, order: BulkOrder) -> BulkOrder:
    """Let the hold go and pay every item, or none."""
    refused: list[tuple[int, PaymentOutcome]] = []
    async with tx.transaction() as savepoint:
        await _let_go(tx, order)
        start = 0
        while start < order.counted and not refused:
            block = await read_block(tx, order, start)
            refused = refusals(block, await submit_payments(tx, block.payments, by=instructor(order)))
            start += block.length
        if refused:
            raise psycopg.Rollback(savepoint)
    if refused:
        await write_refusals(tx, order, refused)
        return await _refuse(tx, order, _ANOTHER)
    return await _write(tx, _finished(order))


async def _refuse(tx: Transaction, order: BulkOrder, fault: Fault, *, held: bool = True) -> BulkOrder:
    """Pay nothing, for that reason where an item has none of its own."""
    if held:
        await _let_go(tx, order)
    return await _write(tx, replace(_finished(order), refused=order.counted, fault=fault))


def _finished(order: BulkOrder) -> BulkOrder:
    return replace(order, state=BulkState.DONE, done=order.counted, finished_at=clock.now())


def _columns(fault: Fault | None) -> Iterable[str | None]:
    return (str(fault.reason), fault.code, fault.detail) if fault else (None, None, None)


async def _write(tx: Transaction, order: BulkOrder) -> BulkOrder:
    """Write down how far the order has come."""
    await tx.execute(
        "UPDATE bulk_orders SET state = %s, checked = %s, done = %s, refused = %s, finished_at = %s,"
        " reason = %s, code = %s, detail = %s WHERE cell = %s AND id = %s",
        (
            str(order.state),
            order.checked,
            order.done,
            order.refused,
            order.finished_at,
            *_columns(order.fault),
            order.cell,
            order.id,
        ),
    )
    return order
