"""Carrying reconciliations out: what the worker does about those that people have asked for.

The line to the rail is spoken on between transactions, never in one. Whoever is killed leaves a run that the
next worker goes on with: a page is taken once, a block is compared once.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from time import monotonic
from uuid import UUID

from sycee.database import Database, DatabaseUnavailable
from sycee.payments.errors import RailNotConnected, RailReportNotFound, RailUnavailable
from sycee.payments.iso20022 import InvalidMessage, UnsupportedMessage
from sycee.payments.rails.connections import RailConnection, rail_connection
from sycee.payments.rails.link import RailLink
from sycee.payments.rails.outbox import keep_letters
from sycee.payments.rails.reconciliation_runs import (
    ReconciliationRun,
    note_failure,
    note_waiting,
    run_as_it_stands,
    unfinished_runs,
)
from sycee.payments.rails.reconciling import (
    LAST_UETR,
    asked_as_far_as,
    begin_comparing,
    compare_block,
    lacking_here,
)
from sycee.payments.rails.reports import MAX_PAGE_BYTES, begin_report, read_page, take_page
from sycee.payments.rails.working import RailWorker

logger = logging.getLogger("sycee.rails")


async def carry_out_reconciliation(
    database: Database, link: RailLink, id: UUID, *, for_s: float = 3600.0
) -> ReconciliationRun:
    """Go on with a run for about as long as is said; the run as it stands then.

    What the rail says of it is raised after it is written down: RailReportNotFound, InvalidMessage and what
    else reading raises end the run, RailUnavailable lets it wait.
    """
    until = monotonic() + for_s
    try:
        while True:
            async with database.transaction() as tx:
                run = await run_as_it_stands(tx, id, lock=False)
                connection = await rail_connection(tx, run.rail)
            if run.finished_at is not None or monotonic() >= until:
                return run
            await _STEPS[run.state](database, connection, link, run)
    except (RailReportNotFound, RailNotConnected, InvalidMessage, UnsupportedMessage) as problem:
        await database.run(partial(note_failure, id=id, problem=problem))
        raise
    except RailUnavailable as problem:
        await database.run(partial(note_waiting, id=id, problem=problem))
        raise


async def _fetch(
    database: Database, connection: RailConnection, link: RailLink, run: ReconciliationRun
) -> None:
    """Ask how many pages there are, or take the next one."""
    if run.pages is None:
        pages = await link.report_pages(run.day)
        if not pages:
            raise RailReportNotFound(f"the report of {run.rail} on {run.day} has no page")
        await database.run(partial(begin_report, id=run.id, pages=pages))
        return
    number = run.page + 1
    body = await link.report_page(run.day, number, max_bytes=MAX_PAGE_BYTES)
    # Beside the loop: reading thousands of entries takes its time, and others have their work.
    report = await asyncio.to_thread(read_page, connection, body, run.day)
    await database.run(partial(take_page, id=run.id, number=number, body=body, report=report))


async def _ask(
    database: Database, connection: RailConnection, link: RailLink, run: ReconciliationRun
) -> None:
    """Ask for what the report has and never reached us; it has its usual effect before it is compared."""
    if run.after == LAST_UETR:
        await RailWorker(database, connection, link).process()
        await database.run(partial(begin_comparing, id=run.id))
        return
    async with database.transaction() as tx:
        lacking, to = await lacking_here(tx, run)
    for uetr in lacking:
        if letters := await link.once_more(uetr):
            await database.run(partial(keep_letters, rail=connection.rail, letters=letters))
    await database.run(partial(asked_as_far_as, id=run.id, after=run.after, to=to))


async def _compare(database: Database, _: RailConnection, __: RailLink, run: ReconciliationRun) -> None:
    await database.run(partial(compare_block, id=run.id))


_STEPS = {"fetching": _fetch, "asking": _ask, "comparing": _compare}


async def sweep_reconciliations(database: Database, *, for_s: float = 5.0) -> int:
    """Go on with every run that is asked for, for a while each; how many got on, so that more may be done."""
    async with database.transaction() as tx:
        wanted = await unfinished_runs(tx)
    worked = 0
    for run in wanted:
        try:
            async with database.transaction() as tx:
                connection = await rail_connection(tx, run.rail)
            async with RailLink(connection) as link:
                await carry_out_reconciliation(database, link, run.id, for_s=for_s)
            worked += 1
        except DatabaseUnavailable:
            raise
        except (RailReportNotFound, RailNotConnected, RailUnavailable, InvalidMessage) as problem:
            logger.warning("%s of %s is not reconciled: %s", run.day, run.rail, problem.detail)
        except Exception:  # other runs go on
            logger.exception("%s of %s could not be gone on with", run.day, run.rail)
    return worked
