"""What happens to deposits by itself: maturities, renewals, rates set anew, as lists for the end of a day.

A deposit that fails stays due and is reported; the others of its block are done. Running the same again does
nothing twice: whatever was done is not due any more, and its transfers have ids made of what they are for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec
import psycopg

from sycee.database import Database, Transaction
from sycee.kernel.errors import SyceeError
from sycee.products.deposits import product_terms, renewals
from sycee.products.deposits.movements import Step, business_date, carry_out
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import Deposit
from sycee.products.deposits.register import hold_deposits
from sycee.products.interest.closing import Done, Failure

END_OF_DAY = "end of day"
_BLOCK = 500


class DueEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit on which something is due on a day: its maturity, or a rate or payment during its term."""

    deposit: UUID
    account: int
    kind: Literal["maturity", "during_term"]
    on: date


class DueOutcome(msgspec.Struct, frozen=True):
    """What a block came to: how many events were done, and the deposits that failed."""

    done: int
    failed: tuple[Failure, ...] = ()


async def due_events(
    tx: Transaction,
    cell: int,
    first: date | None,
    last: date,
    *,
    after: DueEvent | None = None,
    limit: int = _BLOCK,
) -> list[DueEvent]:
    """What is due in a cell from ``first`` (None: ever) to ``last``, after ``after``, by day."""
    cursor = await tx.execute(
        """
        SELECT id, account, CASE WHEN due_on < maturity THEN 'during_term' ELSE 'maturity' END, due_on
        FROM deposits
        WHERE cell = %(cell)s AND due_on >= coalesce(%(first)s::date, '-infinity') AND due_on <= %(last)s
              AND (%(day)s::date IS NULL OR (due_on, id) > (%(day)s::date, %(id)s::uuid))
        ORDER BY due_on, id LIMIT %(limit)s
        """,
        {
            "cell": cell,
            "first": first,
            "last": last,
            "day": after.on if after else None,
            "id": after.deposit if after else None,
            "limit": limit,
        },
    )
    return [
        DueEvent(deposit=row[0], account=row[1], kind=row[2], on=row[3]) for row in await cursor.fetchall()
    ]


async def run_due_events(
    tx: Transaction, cell: int, events: Sequence[DueEvent], *, through: date, by: str = END_OF_DAY
) -> DueOutcome:
    """Do what is due on these deposits, up to a day that the cell's business date has reached.

    Each stands for itself: one that is refused is rolled back to where it was and reported.
    """
    today = await business_date(tx, cell)
    until = min(through, today)
    sheet = RateSheet(tx)
    done = 0
    failed: list[Failure] = []
    for held in await hold_deposits(tx, [event.deposit for event in events]):
        deposit = held
        try:
            while deposit.due_on is not None and deposit.due_on <= until:
                async with tx.transaction():
                    deposit = await _run(tx, sheet, deposit, today, by)
                done += 1
        except SyceeError as error:
            failed.append(Failure(deposit.account, error.code, f"deposit {deposit.id}: {error.detail}"))
        except psycopg.errors.OperationalError:
            raise  # the whole block is run again
        except Exception as error:
            failed.append(
                Failure(deposit.account, "deposit_failed", f"deposit {deposit.id}: {str(error)[:300]}")
            )
    return DueOutcome(done, tuple(failed))


async def _run(tx: Transaction, sheet: RateSheet, deposit: Deposit, today: date, by: str) -> Deposit:
    assert deposit.due_on is not None, "the caller has seen to it"
    step = await _step(tx, sheet, deposit, deposit.due_on, today, by)
    return (await carry_out(tx, step, None)).deposit


async def _step(tx: Transaction, sheet: RateSheet, deposit: Deposit, day: date, today: date, by: str) -> Step:
    assert deposit.maturity is not None, "only a deposit with a term has a day on which it is due"
    if day >= deposit.maturity:
        return await renewals.mature(tx, sheet, deposit, today, by)
    resets = product_terms.reset_days(deposit.product, deposit.start, deposit.maturity)
    if day in resets and all(one.start != day for one in deposit.rates):
        return await renewals.set_rate(sheet, deposit, day, today, by)
    return await renewals.pay_meanwhile(tx, sheet, deposit, day, today, by)


def _nothing(_: int) -> None:
    return


async def run_due_deposits(
    database: Database,
    cell: int,
    day: date,  # noqa: ARG001 - every step of an end of day is called alike
    next_day: date,
    progress: Callable[[int], None] = _nothing,
    *,
    block_size: int = _BLOCK,
) -> Done:
    """Do all that is due in a cell by ``next_day``, block by block, each in a transaction of its own.

    ``progress`` is called after each block with how many events it did.
    """
    done = 0
    failures: list[Failure] = []
    after: DueEvent | None = None
    while True:

        async def block(
            tx: Transaction, after: DueEvent | None = after
        ) -> tuple[DueEvent | None, DueOutcome]:
            events = await due_events(tx, cell, None, next_day, after=after, limit=block_size)
            if not events:
                return None, DueOutcome(0)
            return events[-1], await run_due_events(tx, cell, events, through=next_day)

        after, outcome = await database.run(block)
        if after is None:
            return Done(done, tuple(failures))
        done += outcome.done
        failures += outcome.failed
        progress(outcome.done)
