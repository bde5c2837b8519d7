"""Taking a rail's report: page by page into a table, so that none is in memory once the next one is."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from sycee.database import DateArray, Int8Array, TextArray, Transaction, UuidArray
from sycee.payments.iso20022 import InvalidMessage
from sycee.payments.iso20022.interbank.settlement_report import (
    CLOSING,
    CREDIT,
    OPENING,
    RETURN,
    ReportEntry,
    SettlementReport,
    read_settlement_report,
    signed,
)
from sycee.payments.rails.connections import RailConnection
from sycee.payments.rails.items import What
from sycee.payments.rails.reconciliation_runs import note, run_as_it_stands

MAX_PAGE_BYTES = 32 * 1024 * 1024
"""The longest page that is taken: some 30,000 entries. A rail that has more says it on more pages."""

_UNKNOWN = UUID(int=0)


def read_page(connection: RailConnection, body: bytes, day: date) -> SettlementReport:
    """A page of a report, which is ours and of that date. Raises what reading raises, InvalidMessage."""
    report = read_settlement_report(body, max_bytes=MAX_PAGE_BYTES)
    if (report.account, report.day) != (connection.participant, day):
        raise InvalidMessage(
            f"{report.id} reports on {report.account}, {report.day};"
            f" asked for was {connection.participant}, {day}"
        )
    return report


def what_of(entry: ReportEntry) -> What:
    """Which kind of item an entry of the report is."""
    if entry.what == RETURN:
        return "return_in" if entry.direction == CREDIT else "return_out"
    return "incoming" if entry.direction == CREDIT else "payment"


async def begin_report(tx: Transaction, id: UUID, pages: int) -> None:
    """Note how many pages there are; what was kept of an older report of the date goes."""
    run = await run_as_it_stands(tx, id)
    if run.state == "fetching" and run.pages is None:
        await tx.execute("DELETE FROM rail_reports WHERE rail = %s AND day = %s", (run.rail, run.day))
        await note(tx, msgspec.structs.replace(run, pages=pages))


async def take_page(tx: Transaction, id: UUID, number: int, body: bytes, report: SettlementReport) -> None:
    """Take the next page; one that was taken changes nothing.

    Raises InvalidMessage when it does not go on where the page before ended, or has an entry twice.
    """
    run = await run_as_it_stands(tx, id)
    if run.state != "fetching" or run.page != number - 1:
        return
    opening = report.balance(OPENING)
    if number > 1 and (run.currency, run.closing) != (report.currency, opening):
        raise InvalidMessage(
            f"page {number}, {report.id}, begins with {opening} {report.currency}"
            f" and the page before ends with {run.closing} {run.currency}"
        )
    await tx.execute(
        "INSERT INTO rail_reports (rail, day, page, body) VALUES (%s, %s, %s, %s)",
        (run.rail, run.day, number, body),
    )
    await _keep(tx, id, report)
    await note(
        tx,
        msgspec.structs.replace(
            run,
            page=number,
            entries=run.entries + len(report.entries),
            message_id=run.message_id or report.message_id,
            currency=report.currency,
            opening=opening if number == 1 else run.opening,
            closing=report.balance(CLOSING),
            state="asking" if number == run.pages else "fetching",
        ),
    )


async def _keep(tx: Transaction, id: UUID, report: SettlementReport) -> None:
    entries = report.entries
    cursor = await tx.execute(
        "INSERT INTO rail_report_entries (run, uetr, what, item_id, signed, settled_on)"
        " SELECT %s, * FROM unnest(%b, %b, %b, %b, %b) ON CONFLICT DO NOTHING",
        (
            id,
            UuidArray([entry.uetr or _UNKNOWN for entry in entries]),
            TextArray([what_of(entry) for entry in entries]),
            TextArray([entry.transaction_id for entry in entries]),
            Int8Array([signed(entry) for entry in entries]),
            DateArray([entry.settled_on for entry in entries]),
        ),
    )
    if cursor.rowcount < len(entries):
        raise InvalidMessage(f"the report has {len(entries) - cursor.rowcount} entries of {report.id} twice")
