"""Runs of reconciliations: asked for by people, carried out by workers, taken up again wherever they stopped.

A run fetches the rail's report page by page, asks for what never reached us, and compares in the order of the
UETRs. How far it is stands in its row, which each step changes in the transaction of what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from sycee.payments.errors import ReconciliationNotFound

RunState = Literal["fetching", "asking", "comparing", "done", "failed"]

PAUSE_S = 5.0
"""How long a rail that does not answer is left alone."""


class ReconciliationRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it stands; balances are the rail's, in minor units, as far as pages were taken.

    page of pages: taken from the rail (pages is None until it was asked); done of entries: compared.
    after: the last UETR that was dealt with in this state. code and detail: why it failed or, while it is
    under way, what it waits for.
    """

    id: UUID
    rail: str
    day: date
    state: RunState
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    page: int
    pages: int | None
    entries: int
    done: int
    after: UUID | None
    message_id: str | None
    currency: str | None
    opening: int | None
    closing: int | None
    missing_here: int
    missing_there: int
    different: int
    settled_by_it: int
    code: str | None
    detail: str | None


_COLUMNS = ", ".join(ReconciliationRun.__struct_fields__)


async def ask_for_reconciliation(tx: Transaction, rail: str, day: date, *, by: str) -> ReconciliationRun:
    """Ask for a date of a rail to be reconciled; one that is under way already is the answer then.

    Raises nothing of its own: what the rail says is found out by the worker.
    """
    await tx.execute(
        "INSERT INTO rail_reconciliation_runs (id, rail, day, asked_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (rail, day) WHERE finished_at IS NULL DO NOTHING",
        (uuid7(), rail, day, by),
    )
    return await newest_run(tx, rail, day)


async def newest_run(tx: Transaction, rail: str, day: date) -> ReconciliationRun:
    """The newest run for a date of a rail. Raises ReconciliationNotFound."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_reconciliation_runs WHERE rail = %s AND day = %s"  # noqa: S608
        " ORDER BY asked_at DESC LIMIT 1".encode(),
        (rail, day),
    )
    row = await cursor.fetchone()
    if row is None:
        raise ReconciliationNotFound(f"nobody has asked for {day} of {rail} to be reconciled")
    return _run(row)


async def unfinished_runs(tx: Transaction) -> list[ReconciliationRun]:
    """Runs that can be gone on with now, the one asked for first before others."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_reconciliation_runs WHERE finished_at IS NULL"  # noqa: S608
        " AND next_at <= clock_timestamp() ORDER BY asked_at".encode()
    )
    return [_run(row) for row in await cursor.fetchall()]


async def run_as_it_stands(tx: Transaction, id: UUID, *, lock: bool = True) -> ReconciliationRun:
    """A run, this transaction's until it ends: of two workers one waits, and finds what the other did.

    Raises ReconciliationNotFound.
    """
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_reconciliation_runs"  # noqa: S608
        f" WHERE id = %s{' FOR UPDATE' if lock else ''}".encode(),
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise ReconciliationNotFound(f"there is no reconciliation {id}")
    return _run(row)


async def note(tx: Transaction, run: ReconciliationRun) -> None:
    """Write how far a run is; it waits for nothing now."""
    names = [
        name
        for name in ReconciliationRun.__struct_fields__
        if name not in {"id", "rail", "day", "asked_by", "asked_at", "finished_at", "code", "detail"}
    ]
    await tx.execute(
        "UPDATE rail_reconciliation_runs SET code = NULL, detail = NULL,"  # noqa: S608 - names of ours only
        f" finished_at = CASE WHEN %s THEN clock_timestamp() END, {', '.join(f'{n} = %s' for n in names)}"
        " WHERE id = %s".encode(),
        [run.state == "done", *(getattr(run, name) for name in names), run.id],
    )


async def note_failure(tx: Transaction, id: UUID, problem: SyceeError) -> None:
    """End a run that cannot be carried out: the report says what cannot be, or there is none."""
    await tx.execute(
        "UPDATE rail_reconciliation_runs SET state = 'failed', finished_at = clock_timestamp(),"
        " code = %s, detail = %s WHERE id = %s AND finished_at IS NULL",
        (problem.code, problem.detail, id),
    )
    await forget_entries(tx, id)


async def note_waiting(tx: Transaction, id: UUID, problem: SyceeError) -> None:
    """Let a run wait for a while, and say for what."""
    await tx.execute(
        "UPDATE rail_reconciliation_runs SET code = %s, detail = %s,"
        " next_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND finished_at IS NULL",
        (problem.code, problem.detail, PAUSE_S, id),
    )


async def forget_entries(tx: Transaction, id: UUID) -> None:
    """What a run had read of the report has been compared; its pages are kept as they came."""
    await tx.execute("DELETE FROM rail_report_entries WHERE run = %s", (id,))


def _run(row: Sequence[object]) -> ReconciliationRun:
    return ReconciliationRun(**dict(zip(ReconciliationRun.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]
