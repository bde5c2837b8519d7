"""The beginning of an end of day: which day is closed, what date follows it, and the marker.

The run, its steps and the marker are written in one transaction: a day has all of them or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from sycee.database import Transaction
from sycee.kernel.calendars import Calendar
from sycee.ledger import Cell, advance_business_date, get_cell
from sycee.operations.days import DayRun, find_run, get_run, latest_run
from sycee.operations.errors import (
    DayClosedOtherwise,
    DayCovered,
    DaySkipped,
    DayUnfinished,
    InvalidNextDate,
    NothingToRetry,
)

CUT_OFF = "cut_off"
"""The step that is the marker itself: what is posted from then on belongs to the next date."""

LONGEST_DAYS = 31
"""The most calendar days that one end of day covers: no bank stays closed for longer."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: see ``close_day``."""

    cell: int
    by: str
    on: date | None
    to: date | None
    calendar: Calendar | None
    retry: bool


async def begin(tx: Transaction, asked: Asked, steps: Sequence[str]) -> DayRun:
    """The run that is asked for: begun, taken up again, or as it is when the day is closed already.

    The caller holds the lock of the cell's end of day. Raises what ``close_day`` says.
    """
    cell = await get_cell(tx, asked.cell)
    latest = await latest_run(tx, asked.cell)
    if asked.on is not None and (known := await find_run(tx, asked.cell, asked.on)) is not None:
        return await _known(tx, asked, known, latest, steps)
    if latest is not None and (asked.retry or latest.state != "finished"):
        if asked.on not in (None, latest.business_date):
            raise DayUnfinished(
                f"the end of {latest.business_date} in cell {cell.cell} is not finished:"
                " `sycee day resume` goes on with it"
            )
        return await _known(tx, asked, latest, latest, steps)
    if asked.retry:
        raise NothingToRetry(f"no day was closed in cell {cell.cell} yet")
    due = latest.next_date if latest is not None else cell.business_date
    _check_due(asked, due)
    following = _next_date(asked, cell, due)
    await tx.execute(
        "INSERT INTO day_runs (cell, business_date, next_date, started_by) VALUES (%s, %s, %s, %s)",
        (cell.cell, due, following, asked.by),
    )
    await _add_steps(tx, cell.cell, due, steps)
    if following > cell.business_date:
        await advance_business_date(tx, cell.cell, following)
    return await get_run(tx, cell.cell, due)


def _check_due(asked: Asked, due: date) -> None:
    if asked.on is None or asked.on == due:
        return
    if asked.on < due:
        raise DayCovered(f"the next day to close in cell {asked.cell} is {due}; {asked.on} is over")
    raise DaySkipped(f"{due} is to be closed in cell {asked.cell} before {asked.on}", due=due.isoformat())


def _next_date(asked: Asked, cell: Cell, due: date) -> date:
    """The date that follows. A cell whose date was advanced by hand stands there already."""
    if asked.to is None:
        calendar = asked.calendar
        following = calendar.next_business_day(due) if calendar is not None else due + timedelta(days=1)
        return max(following, cell.business_date)
    if asked.to <= due:
        raise InvalidNextDate(f"{asked.to} does not come after {due}, the day to be closed")
    if asked.to < cell.business_date:
        raise InvalidNextDate(f"cell {cell.cell} stands at {cell.business_date}, {asked.to} is before that")
    if asked.to > cell.business_date and (asked.to - due).days > LONGEST_DAYS:
        raise InvalidNextDate(
            f"{asked.to} comes {(asked.to - due).days} days after {due}; at most {LONGEST_DAYS} are"
            " covered by one end of day"
        )
    return asked.to


async def _known(
    tx: Transaction, asked: Asked, run: DayRun, latest: DayRun | None, steps: Sequence[str]
) -> DayRun:
    """A run that is there already: as it is, taken up again, or with its failures to be tried again."""
    if asked.to is not None and asked.to != run.next_date:
        raise DayClosedOtherwise(
            f"{run.business_date} was closed with the next date {run.next_date}, not {asked.to}"
        )
    if run.state == "finished":
        if not asked.retry or not run.failed:
            return run
        if latest is None or latest.business_date != run.business_date:
            raise NothingToRetry(
                f"{run.business_date} is not the last day that was closed in cell {run.cell}: what failed is"
                " tried again at the end of each later day"
            )
        await tx.execute(
            """
            UPDATE day_steps SET state = 'waiting', round = round + 1, done = 0, total = NULL, failed = 0,
                                 resume_after = 0
            WHERE cell = %s AND business_date = %s AND failed > 0
            """,
            (run.cell, run.business_date),
        )
    await tx.execute(
        """
        UPDATE day_runs SET state = 'running', attempt = attempt + 1, finished_at = NULL
        WHERE cell = %s AND business_date = %s
        """,
        (run.cell, run.business_date),
    )
    await _add_steps(tx, run.cell, run.business_date, steps)
    return await get_run(tx, run.cell, run.business_date)


async def _add_steps(tx: Transaction, cell: int, on: date, steps: Sequence[str]) -> None:
    """The steps of the run; those of a newer version of this program are added to an unfinished one."""
    await tx.execute(
        """
        INSERT INTO day_steps (cell, business_date, step, place, state, attempt, done, total,
                               started_at, finished_at)
        VALUES (%s, %s, %s, 0, 'done', 1, 1, 1, clock_timestamp(), clock_timestamp())
        ON CONFLICT DO NOTHING
        """,
        (cell, on, CUT_OFF),
    )
    await tx.execute(
        """
        INSERT INTO day_steps (cell, business_date, step, place)
        SELECT %s, %s, s.step, s.place FROM unnest(%s::text[]) WITH ORDINALITY AS s(step, place)
        ON CONFLICT DO NOTHING
        """,
        (cell, on, list(steps)),
    )
