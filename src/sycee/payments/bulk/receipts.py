"""Writing down what a reader finds in the file of a bulk order: its batches and its items, block by block."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, TypeAlias
from uuid import UUID

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel.ids import FIRST_CELL, cell_of
from sycee.payments.account_aliases import AccountBook
from sycee.payments.bulk.records import BulkOrder, item_id
from sycee.payments.iso20022 import (
    Agent,
    BatchBegins,
    BatchEnds,
    Fault,
    PaymentBatch,
    PaymentInstruction,
    Reason,
    StreamEnds,
    StreamHeader,
)
from sycee.payments.orders.parties import own_agents
from sycee.payments.orders.reading import SALARY

BLOCK = 4_096
"""Items that are written at once."""

_BREATH = 256
"""Items after which others in the process get their turn."""

_CNAPS_DIGITS = 12

Found: TypeAlias = StreamHeader | BatchBegins | PaymentInstruction | BatchEnds | StreamEnds


def fault_columns(fault: Fault | None) -> tuple[str | None, str | None, str | None]:
    """ISO reason, code and detail of a fault, or nothing."""
    return (str(fault.reason), fault.code, fault.detail) if fault else (None, None, None)


class Receipt:
    """Writes batches and items as they come."""

    order: BulkOrder

    def __init__(self, tx: Transaction, customer: UUID | None) -> None:
        self._tx = tx
        self._customer = customer
        self._items: list[PaymentInstruction] = []
        self._begun: list[tuple[int, PaymentBatch]] = []
        self._ended: list[BatchEnds] = []
        self._own: frozenset[str] | None = None
        self.confidential = False
        self.payers = 0

    async def cell_of(self, batch: PaymentBatch) -> int:
        """The cell of the account that a batch is paid from."""
        book = await AccountBook.open(self._tx, [(batch.debtor_account, batch.debtor_agent)])
        debit = book.number(batch.debtor_account, batch.debtor_agent, "debtor")
        return cell_of(debit) if isinstance(debit, int) else FIRST_CELL

    async def keep(self, first: BatchBegins, found: Iterator[Found]) -> StreamEnds:
        """Write everything from the first batch to the end."""
        self._begins(first)
        for met in found:
            if isinstance(met, PaymentInstruction):
                self._items.append(met)
                if len(self._items) == BLOCK:
                    await self._flush()
                elif len(self._items) % _BREATH == 0:
                    await asyncio.sleep(0)
            elif isinstance(met, BatchBegins):
                self._begins(met)
            elif isinstance(met, BatchEnds):
                self._ended.append(met)
            elif isinstance(met, StreamEnds):
                await self._flush()
                return met
        raise TypeError("a reader ends with an end")

    def _begins(self, met: BatchBegins) -> None:
        self._begun.append((met.index, met.batch))
        self.confidential = self.confidential or met.batch.category_purpose == SALARY

    async def _flush(self) -> None:
        references = [(batch.debtor_account, batch.debtor_agent) for _, batch in self._begun]
        references += [(item.creditor_account, item.creditor_agent) for item in self._items]
        book = await AccountBook.open(self._tx, references)
        if self._own is None:
            self._own = await own_agents(self._tx)
        await self._write_batches(book)
        await self._write_items(book, self._own)
        await self._end_batches()
        self._items, self._begun, self._ended = [], [], []

    async def _write_batches(self, book: AccountBook) -> None:
        rows = []
        debits = [book.number(batch.debtor_account, batch.debtor_agent, "debtor") for _, batch in self._begun]
        owners = await ledger.customers_of_accounts(
            self._tx, [debit for debit in debits if isinstance(debit, int)]
        )
        for (index, batch), found in zip(self._begun, debits, strict=True):
            debit = found
            if isinstance(debit, int) and self._customer not in {None, owners.get(debit)}:
                detail = f"the debtor's account {batch.debtor_account.text()} is not known to this bank"
                debit = Fault(Reason.INCORRECT_ACCOUNT, "account_not_found", detail)
            self.payers += isinstance(debit, int)
            fault = debit if isinstance(debit, Fault) else None
            rows.append(
                (
                    self.order.cell,
                    self.order.id,
                    index,
                    batch.id,
                    batch.debtor_account.text(),
                    batch.debtor.name or "",
                    None if isinstance(debit, Fault) else debit,
                    batch.execution_date,
                    batch.service_level in _URGENT,
                    batch.category_purpose or "",
                    *fault_columns(fault),
                )
            )
        if rows:
            async with self._tx.cursor().copy(_BATCHES) as copy:
                for row in rows:
                    await copy.write_row(row)

    async def _write_items(self, book: AccountBook, own: frozenset[str]) -> None:
        if not self._items:
            return
        order = self.order
        async with self._tx.cursor().copy(_ITEMS) as copy:
            copy.set_types(_ITEM_TYPES)
            for item in self._items:
                self.confidential = self.confidential or item.purpose == SALARY
                await copy.write_row(_row(order, item, book, own))

    async def _end_batches(self) -> None:
        """What a batch contains is known; its own contradiction, when it has no earlier fault, refuses it."""
        for ended in self._ended:
            await self._tx.execute(
                "UPDATE bulk_batches SET counted = %s, summed = %s, reason = coalesce(reason, %s),"
                " detail = CASE WHEN code IS NULL THEN %s ELSE detail END, code = coalesce(code, %s)"
                " WHERE cell = %s AND bulk_order = %s AND batch = %s",
                (
                    ended.counted,
                    ended.summed,
                    str(ended.fault.reason) if ended.fault else None,
                    ended.fault.detail if ended.fault else None,
                    ended.fault.code if ended.fault else None,
                    self.order.cell,
                    self.order.id,
                    ended.index,
                ),
            )


_URGENT = frozenset({"URGP", "SDVA"})
"""Service levels that ask for the quickest way: urgent payment, same day value."""

_BATCHES = (
    "COPY bulk_batches (cell, bulk_order, batch, name, debtor, debtor_name, debit, execution_date, urgent,"
    " purpose, reason, code, detail) FROM STDIN"
)
_ITEMS = (
    "COPY bulk_items (cell, bulk_order, position, batch, payment, instruction_id, end_to_end_id, uetr,"
    " creditor, creditor_name, creditor_agent, credit, currency, amount, minor, purpose, remittance, reason,"
    " code, detail) FROM STDIN (FORMAT binary)"
)
_ITEM_TYPES = [
    *("int2", "uuid", "int4", "int4", "uuid", "text", "text", "uuid", "text", "text", "text", "int8"),
    *("text", "text", "int8", "text", "text", "text", "text", "text"),
]


def _row(
    order: BulkOrder, item: PaymentInstruction, book: AccountBook, own: frozenset[str]
) -> tuple[Any, ...]:
    credit = book.number(item.creditor_account, item.creditor_agent, "creditor")
    agent = _other_bank(item.creditor_agent, own) if isinstance(credit, Fault) else None
    fault = item.fault
    if fault is None and agent is None and isinstance(credit, Fault):
        fault = credit
    return (
        order.cell,
        order.id,
        item.position,
        item.batch,
        item_id(order.id, item.position),
        item.instruction_id,
        item.end_to_end_id,
        UUID(item.uetr) if item.uetr else None,
        item.creditor_account.text(),
        " ".join((item.creditor.name or "").split()),
        agent,
        None if isinstance(credit, Fault) else credit,
        item.currency,
        item.amount.text() if item.amount else item.amount_text,
        item.amount.minor if item.amount else None,
        item.purpose or "",
        item.remittance_text(),
        *fault_columns(fault),
    )


def _other_bank(agent: Agent, own: frozenset[str]) -> str | None:
    """The code by which rails know the payee's bank; None when it is this one or is not said."""
    codes = [code for code in (agent.member, agent.bic) if code]
    if not codes or any(code in own for code in codes):
        return None
    member = agent.member or ""
    cnaps = len(member) == _CNAPS_DIGITS and member.isascii() and member.isdigit()
    return member if cnaps else agent.bic
