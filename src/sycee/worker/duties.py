"""The sweeps that every worker does: the work of the domains that comes by the clock.

A domain adds a line here and a function that opens its own transactions, does a bounded amount of work and
returns how much it did; 0 says that there is nothing to do before the next time.
"""

from __future__ import annotations

import logging
from functools import partial

from sycee import approvals, ledger, operations, payments
from sycee.database import Database, DatabaseUnavailable
from sycee.worker.sweeps import Sweep

logger = logging.getLogger("sycee.worker")

_BULK_S = 5.0
"""How long a bulk order is worked at before others get their turn."""


async def expire_approvals(database: Database) -> int:
    """End what waited for approval past its time."""
    return await database.run(approvals.expire_approvals)


async def pay_due(database: Database) -> int:
    """Carry out what is due in every cell, page by page, what could not be screened before included.

    Returns 0: what still waits afterwards cannot be done now.
    """
    async with database.transaction() as tx:
        cells = [cell.cell for cell in await ledger.list_cells(tx)]
    for cell in cells:
        after = None
        try:
            while True:
                swept = await database.run(partial(payments.execute_due_payments, cell=cell, after=after))
                if (after := swept.next) is None:
                    break
        except DatabaseUnavailable:
            raise
        except Exception:  # other cells go on
            logger.exception("what is due in cell %s could not be carried out", cell)
    return 0


async def pay_bulk_orders(database: Database) -> int:
    """Go on with bulk orders that are to be paid, for a while each, all or nothing too; how many are done."""
    async with database.transaction() as tx:
        wanted = await payments.unfinished_bulk_orders(tx)
    done = 0
    for id in wanted:
        try:
            order = await payments.carry_out_bulk_order(database, id, for_s=_BULK_S)
        except DatabaseUnavailable:
            raise
        except Exception:  # other orders go on
            logger.exception("bulk order %s could not be gone on with", id)
        else:
            done += order.state is payments.BulkState.DONE
    return done


async def forget_webhook_deliveries(database: Database) -> int:
    """Forget what was told to webhooks long ago."""
    return await database.run(operations.forget_old_deliveries)


SWEEPS: tuple[Sweep, ...] = (
    Sweep("approvals.expire", 30.0, expire_approvals),
    Sweep("payments.due", 5.0, pay_due, at_most_s=600.0),
    Sweep("payments.standing", 5.0, payments.sweep_standing_orders, at_most_s=600.0),
    Sweep("payments.bulk", 5.0, pay_bulk_orders, at_most_s=600.0),
    Sweep("webhooks.forget", 3600.0, forget_webhook_deliveries),
    Sweep("payments.reconcile", 2.0, payments.rails.sweep_reconciliations, at_most_s=600.0),
    Sweep("payments.debits", 5.0, payments.debits.sweep, at_most_s=600.0),
)
"""What is done, and how often."""
