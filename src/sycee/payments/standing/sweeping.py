"""Carrying standing orders out: what falls due is written down, then paid, tried again, or missed.

The sweep may run at any time, beside itself, and be killed at any moment: a page is one transaction, what
another holds is passed over, and the id of a payment follows from its order and date.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import (
    Database,
    DatabaseUnavailable,
    DateArray,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
)
from sycee.kernel import clock
from sycee.payments.orders.new_payments import Instructor, PaymentOutcome
from sycee.payments.orders.states import PaymentState
from sycee.payments.orders.submitting import submit_payments
from sycee.payments.orders.waiting import BANK
from sycee.payments.standing.falling_due import fall_due, orders_due, settle_dates
from sycee.payments.standing.history import Happened, note
from sycee.payments.standing.records import StandingTerms, decode_terms

logger = logging.getLogger("sycee.payments")

RETRY_EVERY = timedelta(minutes=10)
"""How long an account without funds is left alone before its payment is tried again."""

PAGE = 500
"""Most orders that fall due, and most payments that are tried, in one transaction."""


class StandingRun(msgspec.Struct, frozen=True):
    """What a page of the sweep did; ``more`` says that another may follow at once."""

    fallen_due: int = 0
    submitted: int = 0
    waiting: int = 0
    missed: int = 0
    more: bool = False

    @property
    def done(self) -> int:
        """How much was done that is not to be done again."""
        return self.fallen_due + self.submitted + self.missed


class _Try(NamedTuple):
    order: UUID
    scheduled_on: date
    last_try_on: date
    payment: UUID
    tries: int
    debit: int
    customer: UUID | None
    made_by: str
    code: str | None
    detail: str | None
    terms: StandingTerms

    def is_over(self, today: date) -> bool:
        """Whether it was tried before, and its last day is over."""
        return self.tries > 0 and today > self.last_try_on


class _Result(NamedTuple):
    state: str
    try_at: datetime | None
    outcome: PaymentOutcome


async def run_standing_orders(
    tx: Transaction, cell: int, *, limit: int = PAGE, retry_every: timedelta = RETRY_EVERY
) -> StandingRun:
    """Carry out a page of a cell's standing orders by its present business date. Raises CellNotFound.

    What fails for lack of funds is tried again after ``retry_every``, as long as its order says; then, and
    for any other reason at once, it is missed.
    """
    today = (await ledger.get_cell(tx, cell)).business_date
    settled = await settle_dates(tx, cell, today, limit)
    fallen_due = await fall_due(tx, await orders_due(tx, cell, today, limit))
    tries = await _to_try(tx, cell, limit)
    results = await _try_all(tx, tries, today, retry_every)
    await _write(tx, cell, tries, results)
    states = [result.state for result in results]
    return StandingRun(
        fallen_due=len(fallen_due),
        submitted=states.count("submitted"),
        waiting=states.count("due"),
        missed=states.count("missed"),
        more=bool(fallen_due) or settled == limit or len(tries) == limit,
    )


async def sweep_standing_orders(database: Database, *, cell: int | None = None) -> int:
    """Carry out what is due in every cell (or one), page by page; how much was done.

    A cell that fails is logged and does not keep the others waiting.
    """
    async with database.transaction() as tx:
        cells = [one.cell for one in await ledger.list_cells(tx)] if cell is None else [cell]
    done = 0
    for each in cells:
        try:
            more = True
            while more:
                ran = await database.run(partial(run_standing_orders, cell=each))
                done, more = done + ran.done, ran.more
        except DatabaseUnavailable:
            raise
        except Exception:
            if cell is not None:
                raise
            logger.exception("standing orders of cell %s could not be carried out", each)
    return done


async def _to_try(tx: Transaction, cell: int, limit: int) -> list[_Try]:
    """Occurrences that are to be tried now, held; those held elsewhere are passed over."""
    cursor = await tx.execute(
        """
        SELECT x.standing_order, x.scheduled_on, x.last_try_on, x.payment, x.tries, o.debit, o.customer,
               o.made_by, x.code, x.detail, t.terms::text
        FROM standing_order_occurrences x
        JOIN standing_orders o ON o.cell = x.cell AND o.id = x.standing_order
        JOIN standing_order_terms t
            ON t.cell = x.cell AND t.standing_order = x.standing_order AND t.version = x.version
        WHERE x.cell = %s AND x.state = 'due' AND x.try_at <= %s
        ORDER BY x.due_on, x.standing_order, x.scheduled_on LIMIT %s FOR NO KEY UPDATE OF x SKIP LOCKED
        """,
        (cell, clock.now(), limit),
    )
    return [_Try._make((*row[:-1], decode_terms(row[-1]))) for row in await cursor.fetchall()]


async def _try_all(
    tx: Transaction, tries: Sequence[_Try], today: date, retry_every: timedelta
) -> list[_Result]:
    """Submit the payments that are still in time, and say what became of each occurrence."""
    in_time = [one for one in tries if not one.is_over(today)]
    outcomes = iter(
        await submit_payments(
            tx,
            [one.terms.payment(one.payment, one.debit, one.order) for one in in_time],
            by=[Instructor(one.made_by, one.customer) for one in in_time],
        )
    )
    again = clock.now() + retry_every
    return [
        _missed(one) if one.is_over(today) else _result(one, next(outcomes), today, again) for one in tries
    ]


def _missed(tried: _Try) -> _Result:
    return _Result(
        "missed", None, PaymentOutcome(tried.payment, PaymentState.REJECTED, tried.code, tried.detail)
    )


def _result(tried: _Try, outcome: PaymentOutcome, today: date, again: datetime) -> _Result:
    if outcome.state is not PaymentState.REJECTED or outcome.duplicate:
        return _Result("submitted", None, outcome)
    if outcome.code == "insufficient_funds" and today <= tried.last_try_on:
        return _Result("due", again, outcome)
    return _Result("missed", None, outcome)


async def _write(tx: Transaction, cell: int, tries: Sequence[_Try], results: Sequence[_Result]) -> None:
    if not tries:
        return
    failed = [result.state != "submitted" for result in results]
    codes = [result.outcome.code if fails else None for result, fails in zip(results, failed, strict=True)]
    details = [
        result.outcome.detail if fails else None for result, fails in zip(results, failed, strict=True)
    ]
    await tx.execute(
        "UPDATE standing_order_occurrences x SET state = r.state, try_at = r.try_at, tries = x.tries + 1,"
        " code = r.code, detail = r.detail, changed_at = %s"
        " FROM unnest(%b, %b, %b, %b, %b, %b) AS r(id, scheduled_on, state, try_at, code, detail)"
        " WHERE x.cell = %s AND x.standing_order = r.id AND x.scheduled_on = r.scheduled_on",
        (
            clock.now(),
            UuidArray([one.order for one in tries]),
            DateArray([one.scheduled_on for one in tries]),
            TextArray([result.state for result in results]),
            TimestamptzArray([result.try_at for result in results]),
            TextArray(codes),
            TextArray(details),
            cell,
        ),
    )
    happened = [
        Happened(cell, one.order, result.state, BANK, scheduled_on=one.scheduled_on, code=code, reason=detail)
        for one, result, code, detail in zip(tries, results, codes, details, strict=True)
        if result.state != "due"
    ]
    await note(tx, happened)
