"""A banking day, its run, its steps and what failed in them: the records, and how they are read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec

from sycee.database import Transaction
from sycee.ledger import get_cell
from sycee.operations.errors import DayNotFound
from sycee.operations.locks import is_held

RunState = Literal["running", "interrupted", "stopped", "finished"]
StepState = Literal["waiting", "running", "failed", "done"]


class Day(msgspec.Struct, frozen=True):
    """A day to be closed in a cell: its business date, and the next one.

    Interest days are calendar days: the end of a business date covers all days from it to ``last``.
    """

    cell: int
    business_date: date
    next_date: date

    @property
    def last(self) -> date:
        """The last calendar day before the next business date."""
        return self.next_date - timedelta(days=1)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What did not succeed: for which account (None: as a whole), why, and what to do about it."""

    account: int | None
    code: str
    reason: str
    advice: str = ""


class StepRun(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run. ``done`` and ``failed`` count accounts, or what else the step goes through.

    ``attempt`` is how many times it was started: a step that was interrupted goes on where it was.
    ``total`` is None as long as nobody knows it. ``code`` and ``reason`` say why it failed as a whole.
    """

    step: str
    state: StepState
    attempt: int
    done: int
    total: int | None
    failed: int
    code: str | None
    reason: str | None
    started_at: datetime | None
    finished_at: datetime | None


class DayRun(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a business date of a cell.

    ``running``: a process works on it; ``interrupted``: none does, it is to be resumed; ``stopped``: a step
    failed as a whole; ``finished``: every step is done, though accounts may have failed (``failed``).
    """

    cell: int
    business_date: date
    next_date: date
    state: RunState
    attempt: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    steps: tuple[StepRun, ...]

    @property
    def failed(self) -> int:
        """How much failed, over all steps."""
        return sum(step.failed for step in self.steps)

    @property
    def day(self) -> Day:
        """The day that it closes."""
        return Day(self.cell, self.business_date, self.next_date)


class DayFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as it was kept; ``round`` 1 is the run itself, then each time that it was tried again.

    ``position`` is its place among all that failed in the run.
    """

    step: str
    round: int
    position: int
    account: int | None
    code: str
    reason: str
    advice: str
    failed_at: datetime


_RUNS = """
    SELECT cell, business_date, next_date, state, attempt, started_by, started_at, finished_at
    FROM day_runs r WHERE {} ORDER BY business_date DESC LIMIT %s
"""


async def find_run(tx: Transaction, cell: int, on: date) -> DayRun | None:
    """The run of a business date, if there is one."""
    found = await _runs(tx, "cell = %s AND business_date = %s", (cell, on), 1)
    return found[0] if found else None


async def get_run(tx: Transaction, cell: int, on: date) -> DayRun:
    """The run of a business date. Raises CellNotFound, DayNotFound."""
    found = await find_run(tx, cell, on)
    if found is None:
        await get_cell(tx, cell)
        raise DayNotFound(f"no end of day was run for {on} in cell {cell}")
    return found


async def latest_run(tx: Transaction, cell: int) -> DayRun | None:
    """The newest run of a cell, if there is one."""
    found = await _runs(tx, "cell = %s", (cell,), 1)
    return found[0] if found else None


async def list_runs(
    tx: Transaction, cell: int, *, before: date | None = None, limit: int = 100
) -> list[DayRun]:
    """The runs of a cell, newest first, those before a business date. Raises CellNotFound."""
    await get_cell(tx, cell)
    return await _runs(
        tx, "cell = %s AND business_date < coalesce(%s::date, 'infinity')", (cell, before), limit
    )


async def unfinished_runs(tx: Transaction) -> list[DayRun]:
    """The unfinished run of each cell that has one, by cell."""
    found = await _runs(tx, "state <> 'finished'", (), 1000)
    return sorted(found, key=lambda run: run.cell)


async def _runs(tx: Transaction, condition: str, values: Sequence[Any], limit: int) -> list[DayRun]:
    cursor = await tx.execute(_RUNS.format(condition).encode(), (*values, limit))
    rows = await cursor.fetchall()
    if not rows:
        return []
    steps: dict[tuple[int, date], list[StepRun]] = {}
    cursor = await tx.execute(
        """
        SELECT cell, business_date, step, state, attempt, done, total, failed, code, reason,
               started_at, finished_at
        FROM day_steps JOIN unnest(%s::smallint[], %s::date[]) AS r(cell, business_date)
            USING (cell, business_date)
        ORDER BY cell, business_date, place
        """,
        ([row[0] for row in rows], [row[1] for row in rows]),
    )
    for cell, on, *rest in await cursor.fetchall():
        named = dict(zip(StepRun.__struct_fields__, rest, strict=True))
        steps.setdefault((cell, on), []).append(StepRun(**named))
    found = []
    for cell, on, following, kept, *rest in rows:
        state: RunState = kept
        if state == "running" and not await is_held(tx, cell):
            state = "interrupted"
        made = steps.get((cell, on), [])
        found.append(
            DayRun(
                cell=cell,
                business_date=on,
                next_date=following,
                state=state,
                attempt=rest[0],
                started_by=rest[1],
                started_at=rest[2],
                finished_at=rest[3],
                steps=tuple(made),
            )
        )
    return found


async def failures(
    tx: Transaction,
    cell: int,
    on: date,
    *,
    step: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[DayFailure]:
    """What failed in a run and stands: of each step, the failures of its last round.

    In the order of the steps; those after the position ``after``. Raises CellNotFound, DayNotFound.
    """
    await get_run(tx, cell, on)
    cursor = await tx.execute(
        """
        SELECT f.step, f.round, s.place * 1000000000000 + f.place AS position, f.account, f.code, f.reason,
               f.advice, f.failed_at
        FROM day_failures f JOIN day_steps s USING (cell, business_date, step, round)
        WHERE f.cell = %s AND f.business_date = %s AND f.step = coalesce(%s, f.step)
              AND (s.place, f.place) > (%s, %s)
        ORDER BY s.place, f.place LIMIT %s
        """,
        (cell, on, step, *divmod(after or 0, 1_000_000_000_000), limit),
    )
    names = DayFailure.__struct_fields__
    return [DayFailure(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]
