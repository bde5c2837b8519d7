"""Payments in a table, for customers whose software writes no ISO 20022.

A filled template is read like a payment file: its rows are instructions, with a batch for each account that
pays and day. What is wrong is told by row and column before anything is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import BinaryIO

import msgspec

from sycee.payments.iso20022 import (
    Agent,
    BatchBegins,
    BatchEnds,
    Party,
    PaymentBatch,
    PaymentInstruction,
    StreamEnds,
    StreamHeader,
)
from sycee.payments.orders.new_payments import LONGEST
from sycee.payments.tables import (
    AMOUNT,
    CURRENCY,
    REFERENCE,
    REMITTANCE,
    Column,
    Problems,
    Row,
    SpreadsheetFormat,
    account_of,
    read_day,
    read_row_amount,
    read_table,
    write_template,
)

COLUMNS = (
    Column("debit", "付款账号 Debit account", True, LONGEST["creditor_account"]),
    Column("creditor", "收款账号 Payee account", True, LONGEST["creditor_account"]),
    Column("creditor_name", "收款户名 Payee name", True, LONGEST["creditor_name"]),
    Column("creditor_agent", "收款行号 Payee bank (CNAPS or BIC)", False, 12),
    CURRENCY,
    AMOUNT,
    Column("execute_on", "执行日期 Execution date (YYYY-MM-DD)", False, 10),
    Column("purpose", "用途 Purpose (SALA for salaries)", False, LONGEST["purpose"]),
    REMITTANCE,
    REFERENCE,
)
_CNAPS_DIGITS = 12


def spreadsheet_template(table: SpreadsheetFormat) -> bytes:
    """An empty template."""
    return write_template(table, COLUMNS, "Payments")


def stream_spreadsheet(
    source: BinaryIO, table: SpreadsheetFormat, *, message_id: str | None = None
) -> Iterator[StreamHeader | BatchBegins | PaymentInstruction | BatchEnds | StreamEnds]:
    """What a filled template says, in the terms of a payment file.

    message_id (at most 35 characters) is the sender's id of it; None takes one from the content, so that the
    same table is the same order. Raises PayloadTooLarge, and InvalidSpreadsheet whose facts hold ``errors``:
    row and column (as Excel counts them, the headings in row 1), heading, and what is wrong.
    """
    problems = Problems(COLUMNS)
    digest, rows = read_table(source, table, COLUMNS, problems)
    items: list[tuple[str, date | None, PaymentInstruction]] = []
    for row in rows:
        day = read_day(row, "execute_on", problems)
        item = _instruction(row, len(items), problems)
        if item is not None:
            items.append((row.said["debit"], day, item))
    problems.raise_any()
    found = [item for _, _, item in items]
    yield StreamHeader(
        message=str(table),
        message_id=message_id or digest[:35],
        created_at="",
        initiating_party=Party(),
        number_of_transactions=len(found),
        control_sum=None,
    )
    yield from _batches(items)
    yield StreamEnds(len(found), sum((_value(item) for item in found), Decimal(0)), None)


def _value(item: PaymentInstruction) -> Decimal:
    return Decimal(item.amount_text)


def _batches(
    items: Sequence[tuple[str, date | None, PaymentInstruction]],
) -> Iterator[BatchBegins | PaymentInstruction | BatchEnds]:
    """Rows in their order; where the account that pays or the day changes, another batch begins."""
    index, key, counted, summed = -1, None, 0, Decimal(0)
    for debit, day, item in items:
        if key != (debit, day):
            if key is not None:
                yield BatchEnds(index, counted, summed, None)
            index, key, counted, summed = index + 1, (debit, day), 0, Decimal(0)
            yield BatchBegins(index, _batch(index, debit, day))
        yield msgspec.structs.replace(item, batch=index)
        counted, summed = counted + 1, summed + _value(item)
    yield BatchEnds(index, counted, summed, None)


def _batch(index: int, debit: str, day: date | None) -> PaymentBatch:
    return PaymentBatch(
        id=f"{index + 1}",
        method="TRF",
        debtor=Party(),
        debtor_account=account_of(debit),
        debtor_agent=Agent(),
        counted=0,
        summed=Decimal(0),
        execution_date=day,
    )


def _instruction(row: Row, position: int, problems: Problems) -> PaymentInstruction | None:
    amount, said = read_row_amount(row, problems), row.said
    if amount is None:
        return None
    return PaymentInstruction(
        batch=0,
        position=position,
        end_to_end_id=said["reference"] or "NOTPROVIDED",
        amount=amount,
        amount_text=amount.text(),
        currency=amount.currency,
        creditor=Party(name=said["creditor_name"]),
        creditor_account=account_of(said["creditor"]),
        creditor_agent=_agent(said["creditor_agent"]),
        purpose=said["purpose"] or None,
        remittance=(said["remittance"],) if said["remittance"] else (),
    )


def _agent(text: str) -> Agent:
    if not text:
        return Agent()
    cnaps = len(text) == _CNAPS_DIGITS and text.isascii() and text.isdigit()
    return Agent(member=text) if cnaps else Agent(bic=text)
