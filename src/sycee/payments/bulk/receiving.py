"""Taking a bulk order in: read, checked and kept item by item; nothing is paid yet.

It is one transaction: a file that is cut off, breaks its schema or is not what it was before leaves nothing
behind. The file itself is read from something that can be read twice, so that memory holds a few thousand
items at most, whatever its length.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from hashlib import sha256
from io import SEEK_END, SEEK_SET
from typing import BinaryIO
from uuid import UUID

from msgspec.structs import replace

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.payments.bulk.receipts import Found, Receipt, fault_columns
from sycee.payments.bulk.records import (
    BulkOrder,
    BulkState,
    begun,
    bulk_order,
    find_order,
    order_id,
)
from sycee.payments.bulk.spreadsheets import stream_spreadsheet
from sycee.payments.errors import MessageIdReused
from sycee.payments.iso20022 import (
    BatchBegins,
    Reason,
    StreamEnds,
    StreamHeader,
    stream_payment_file,
)
from sycee.payments.tables import SpreadsheetFormat

PIECE_BYTES = 1024 * 1024


async def receive_bulk_order(
    tx: Transaction,
    source: BinaryIO,
    *,
    by: str,
    customer: UUID | None = None,
    all_or_nothing: bool = False,
    pay: bool = True,
    table: SpreadsheetFormat | None = None,
    message_id: str | None = None,
) -> BulkOrder:
    """Take in a pain.001 file (versions .03 to .13) from source, which has to be seekable; or a filled table.

    It is to be paid at once, or with ``pay`` False when ``start_bulk_order`` says so.
    ``by`` is who sends it, ``customer`` whose accounts alone may pay, None for the bank's own people.
    The same file again is answered with the order as it stands (``duplicate``). Raises MessageIdReused when
    the message id was used before for another file or another choice of all or nothing, ledger's
    AccountNotFound when none of the accounts that are to pay is the customer's, and what
    ``stream_payment_file`` or ``stream_spreadsheet`` raises, which takes message_id. Nothing is kept then.
    """
    found: Iterator[Found]
    if table:  # in a thread: a workbook is unfolded and read at once, which would hold up everybody else
        found = iter(await asyncio.to_thread(_read_table, source, table, message_id))
    else:
        found = stream_payment_file(source)
    return await take_in(tx, found, source, by=by, customer=customer, all_or_nothing=all_or_nothing, pay=pay)


def _read_table(source: BinaryIO, table: SpreadsheetFormat, message_id: str | None) -> list[Found]:
    return list(stream_spreadsheet(source, table, message_id=message_id))


async def take_in(
    tx: Transaction,
    found: Iterator[Found],
    source: BinaryIO,
    *,
    by: str,
    customer: UUID | None,
    all_or_nothing: bool,
    pay: bool,
) -> BulkOrder:
    """Keep what a reader finds in source as an order of that customer."""
    digest, size = _digest(source)
    receipt = Receipt(tx, customer)
    early: list[Found] = []
    for item in found:  # the header, and the first account that pays: it names the cell
        early.append(item)
        if isinstance(item, BatchBegins):
            break
    head, first = early[0], early[-1]
    if not (isinstance(head, StreamHeader) and isinstance(first, BatchBegins)):
        raise TypeError("a reader begins with a header and a batch")
    initiator = head.initiating_party.key() or first.batch.debtor_account.text()
    order = BulkOrder(
        id=order_id(customer, initiator, head.message_id),
        cell=await receipt.cell_of(first.batch),
        customer=customer,
        submitted_by=by,
        format=head.message,
        message_id=head.message_id,
        initiating_party=head.initiating_party.name or initiator,
        created_at=head.created_at,
        received_at=clock.now(),
        digest=digest,
        bytes=size,
        announced=head.number_of_transactions,
        control_sum=head.control_sum,
        counted=0,
        summed=Decimal(0),
        all_or_nothing=all_or_nothing,
        confidential=False,
        state=BulkState.RECEIVING,
        checked=0,
        done=0,
        refused=0,
        finished_at=None,
        fault=None,
    )
    known = await find_order(tx, order.id)
    if known is None and not await _claim(tx, order):
        known = await bulk_order(tx, order.id)  # of a transaction that was at it just now
    if known is not None:
        return _first(known, order)
    receipt.order = order
    ended = await receipt.keep(first, found)
    if customer is not None and not receipt.payers:
        named = first.batch.debtor_account.text()
        raise ledger.AccountNotFound(f"none of the accounts that are to pay is known to this bank: {named}")
    await _keep_original(tx, order, source)
    return await _concluded(tx, order, ended, confidential=receipt.confidential, pay=pay)


def _first(known: BulkOrder, order: BulkOrder) -> BulkOrder:
    if known.digest != order.digest or known.all_or_nothing != order.all_or_nothing:
        what = "another file" if known.digest != order.digest else "another choice of all or nothing"
        raise MessageIdReused(
            f"{known.initiating_party} used the message id {known.message_id} before for {what}, "
            f"received {known.received_at:%Y-%m-%d %H:%M:%S} UTC",
            bulk_order=str(known.id),
            reason=str(Reason.DUPLICATION),
        )
    return replace(known, duplicate=True)


def _digest(source: BinaryIO) -> tuple[bytes, int]:
    """SHA-256 of source, and its length."""
    source.seek(0, SEEK_SET)
    digest = sha256()
    while piece := source.read(PIECE_BYTES):
        digest.update(piece)
    return digest.digest(), source.seek(0, SEEK_END)


async def _claim(tx: Transaction, order: BulkOrder) -> bool:
    """Write the order's row; False when a transaction that was at it, and is waited for, has committed it."""
    cursor = await tx.execute(
        "INSERT INTO bulk_orders (cell, id, customer, submitted_by, format, message_id, initiating_party,"
        " created_at, received_at, digest, bytes, announced, control_sum, all_or_nothing, state)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'receiving')"
        " ON CONFLICT DO NOTHING",
        (
            order.cell,
            order.id,
            order.customer,
            order.submitted_by,
            order.format,
            order.message_id,
            order.initiating_party,
            order.created_at,
            order.received_at,
            order.digest,
            order.bytes,
            order.announced,
            order.control_sum,
            order.all_or_nothing,
        ),
    )
    return cursor.rowcount == 1


async def _keep_original(tx: Transaction, order: BulkOrder, source: BinaryIO) -> None:
    source.seek(0, SEEK_SET)
    piece = 0
    while content := source.read(PIECE_BYTES):
        await tx.execute(
            "INSERT INTO bulk_originals (cell, bulk_order, piece, content) VALUES (%s, %s, %s, %s)",
            (order.cell, order.id, piece, zlib.compress(content, 1)),
        )
        piece += 1


async def bulk_original(tx: Transaction, order: BulkOrder) -> AsyncIterator[bytes]:
    """The file of an order, byte for byte as it was sent, in pieces."""
    cursor = tx.cursor(name="bulk_original")
    async with cursor:
        cursor.itersize = 1
        await cursor.execute(
            "SELECT content FROM bulk_originals WHERE cell = %s AND bulk_order = %s ORDER BY piece",
            (order.cell, order.id),
        )
        async for (content,) in cursor:
            yield zlib.decompress(content)


async def _concluded(
    tx: Transaction, order: BulkOrder, ended: StreamEnds, *, confidential: bool, pay: bool
) -> BulkOrder:
    """A file that contradicts itself is refused whole; any other is ready to be paid."""
    fault = ended.fault
    state = begun(order) if pay else BulkState.RECEIVED
    kept = replace(
        order,
        counted=ended.counted,
        summed=ended.summed,
        confidential=confidential,
        state=BulkState.DONE if fault else state,
        done=ended.counted if fault else 0,
        refused=ended.counted if fault else 0,
        finished_at=order.received_at if fault else None,
        fault=fault,
    )
    await tx.execute(
        "UPDATE bulk_orders SET counted = %s, summed = %s, confidential = %s, state = %s, done = %s,"
        " refused = %s, finished_at = %s, reason = %s, code = %s, detail = %s WHERE cell = %s AND id = %s",
        (
            kept.counted,
            kept.summed,
            kept.confidential,
            str(kept.state),
            kept.done,
            kept.refused,
            kept.finished_at,
            *fault_columns(fault),
            kept.cell,
            kept.id,
        ),
    )
    return kept
