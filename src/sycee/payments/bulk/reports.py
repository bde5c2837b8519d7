"""The status report (pain.002) on a bulk order as it stands, streamed out in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.payments.bulk.records import ITEM_COLUMNS, ITEMS, STATUS, BulkItem, BulkOrder, item_of
from sycee.payments.errors import NoStatusReport
from sycee.payments.iso20022 import (
    BatchReport,
    Fault,
    Reason,
    ReportStatus,
    StatusReport,
    StatusReportStream,
    TransactionReport,
    common_status,
    reason_of,
)

PAGE = 1_000
"""Items that are written at once."""


async def bulk_statuses(tx: Transaction, order: BulkOrder) -> dict[ReportStatus, int]:
    """How many items of an order there are of each status."""
    cursor = await tx.execute(
        f"SELECT {STATUS}, count(*) FROM {ITEMS}"  # noqa: S608 - names of ours only
        " WHERE i.cell = %s AND i.bulk_order = %s GROUP BY 1".encode(),
        (order.cell, order.id),
    )
    return {ReportStatus(status): count for status, count in await cursor.fetchall()}


async def bulk_status_report(
    tx: Transaction, order: BulkOrder, *, bank_bic: str | None = None
) -> AsyncIterator[bytes]:
    """The pain.002 report on an order in pieces, in the generation of its file, valid against its schema.

    The transaction should see one moment (repeatable read), so that counts and items agree. Raises
    NoStatusReport for a file that was no pain.001.
    """
    if not order.format.startswith("pain.001"):
        raise NoStatusReport(f"the order came as {order.format}: a pain.002 answers a pain.001")
    counts = await bulk_statuses(tx, order)
    stream = StatusReportStream(
        StatusReport(
            message_id=uuid7().hex,
            created_at=clock.now(),
            original_message=order.format,
            original_message_id=order.message_id,
            original_created_at=order.created_at,
            original_count=order.announced,
            original_control_sum=order.control_sum,
            status=common_status(counts),
            fault=order.fault,
            bank_bic=bank_bic,
            batches=(),
        )
    )
    yield stream.begin(counts)
    batches = _batches(tx, order)
    page: list[TransactionReport] = []
    current = -1
    async with tx.cursor(name="bulk_report_items") as items:
        items.itersize = PAGE
        await items.execute(
            f"SELECT {ITEM_COLUMNS} FROM {ITEMS}"  # noqa: S608 - names of ours only
            " WHERE i.cell = %s AND i.bulk_order = %s ORDER BY i.position".encode(),
            (order.cell, order.id),
        )
        async for row in items:
            item = item_of(row)
            if item.batch != current or len(page) == PAGE:
                if page:
                    yield stream.transactions(page)
                page = []
            if item.batch != current:
                current = item.batch
                yield stream.batch(*await anext(batches))
            page.append(_transaction(item))
    if page:
        yield stream.transactions(page)
    yield stream.end()


async def _batches(
    tx: Transaction, order: BulkOrder
) -> AsyncIterator[tuple[BatchReport, dict[ReportStatus, int]]]:
    """The batches of an order in its order, each with how many items there are of each status."""
    async with tx.cursor(name="bulk_report_batches") as cursor:
        cursor.itersize = PAGE
        await cursor.execute(
            "SELECT b.batch, min(b.name), min(b.counted), min(b.summed), min(b.reason), min(b.code),"  # noqa: S608 - ours
            " min(b.detail), array_agg(c.status), array_agg(c.count)"
            f" FROM (SELECT i.batch, {STATUS} AS status, count(*) AS count FROM {ITEMS}"
            "       WHERE i.cell = %s AND i.bulk_order = %s GROUP BY 1, 2) AS c"
            " JOIN bulk_batches b ON b.cell = %s AND b.bulk_order = %s AND b.batch = c.batch"
            " GROUP BY b.batch ORDER BY b.batch",
            (order.cell, order.id, order.cell, order.id),
        )
        async for _, *said in cursor:
            yield _batch(*said)


def _batch(
    name: str,
    counted: int,
    summed: Any,
    reason: str | None,
    code: str | None,
    detail: str | None,
    statuses: list[str],
    numbers: list[int],
) -> tuple[BatchReport, dict[ReportStatus, int]]:
    counts = {ReportStatus(status): number for status, number in zip(statuses, numbers, strict=True)}
    fault = Fault(Reason(reason), code or "", detail or "") if reason else None
    return BatchReport(name, common_status(counts), (), counted, summed, fault), counts


def _transaction(item: BulkItem) -> TransactionReport:
    fault = None
    if item.code is not None:
        fault = Fault(item.reason or reason_of(item.code), item.code, item.detail or item.code)
    return TransactionReport(
        end_to_end_id=item.end_to_end_id,
        instruction_id=item.instruction_id,
        uetr=str(item.uetr) if item.uetr else None,
        status=item.status,
        amount=None if item.minor is None else Amount(item.minor, item.currency),
        fault=fault,
        servicer_reference=item.payment.hex if item.payment else None,
    )
