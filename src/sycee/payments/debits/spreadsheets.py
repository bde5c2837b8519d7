"""Direct debits in a table, for payees whose software writes no ISO 20022; and the report on one, as a table.

A filled template is read like a pain.008 file: its rows are debits, with a batch for each account that is
credited and day. What is wrong is told by row and column before anything is collected.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import BinaryIO

from sycee.payments.iso20022 import Agent, Party, TransactionReport
from sycee.payments.iso20022.pain008 import CollectionBatch, CollectionFile, CollectionItem
from sycee.payments.orders.new_payments import LONGEST
from sycee.payments.tables import (
    AMOUNT,
    CURRENCY,
    REFERENCE,
    REMITTANCE,
    UTF8_MARK,
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
    Column("credit", "收款账号 Your account", True, LONGEST["creditor_account"]),
    Column("debtor", "付款账号 Payer account", True, LONGEST["creditor_account"]),
    Column("mandate", "协议号 Mandate reference", True, 35),
    CURRENCY,
    AMOUNT,
    Column("due_on", "扣款日期 Collection date (YYYY-MM-DD)", False, 10),
    REMITTANCE,
    REFERENCE,
)
_REPORTED = ("参考号 Reference", "付款账号 Payer account", "协议号 Mandate", "金额 Amount", "状态 Status",
             "原因 ISO reason", "代码 Code", "说明 Detail")  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def collection_template(table: SpreadsheetFormat) -> bytes:
    """An empty template."""
    return write_template(table, COLUMNS, "Collections")


def read_collection_table(
    source: BinaryIO, table: SpreadsheetFormat, *, message_id: str | None = None
) -> CollectionFile:
    """What a filled template says, in the terms of a pain.008 file.

    message_id (at most 35 characters) is the sender's id of it; None takes one from the content, so that the
    same table is the same collection. A row without a date is collected on the present business date. Raises
    PayloadTooLarge, and InvalidSpreadsheet whose facts hold ``errors``.
    """
    problems = Problems(COLUMNS)
    digest, rows = read_table(source, table, COLUMNS, problems)
    items: list[tuple[tuple[str, date | None], CollectionItem]] = []
    for row in rows:
        day = read_day(row, "due_on", problems)
        item = _item(row, len(items), problems)
        if item is not None:
            items.append(((row.said["credit"], day), item))
    problems.raise_any()
    batches: list[CollectionBatch] = []
    for (credit, day), group in groupby(items, key=lambda one: one[0]):
        found = tuple(item for _, item in group)
        batches.append(
            CollectionBatch(
                id=f"{len(batches) + 1}",
                creditor_account=account_of(credit),
                creditor_agent=Agent(),
                due_on=day,
                summed=sum((Decimal(item.amount_text) for item in found), Decimal(0)),
                items=found,
                fault=None,
            )
        )
    return CollectionFile(
        message=str(table),
        message_id=message_id or digest[:35],
        created_at="",
        initiating_party=Party(),
        announced=len(items),
        control_sum=None,
        batches=tuple(batches),
        fault=None,
    )


def _item(row: Row, position: int, problems: Problems) -> CollectionItem | None:
    amount, said = read_row_amount(row, problems), row.said
    if amount is None:
        return None
    return CollectionItem(
        position=position,
        end_to_end_id=said["reference"],
        instruction_id=None,
        mandate=said["mandate"],
        debtor_account=account_of(said["debtor"]),
        debtor_agent=Agent(),
        amount=amount,
        amount_text=amount.text(),
        remittance=said["remittance"],
        fault=None,
    )


def write_collection_report(file: CollectionFile, told: list[TransactionReport]) -> bytes:
    """What became of each debit of a table, in its order, as comma-separated values in UTF-8."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(_REPORTED)
    items = [item for batch in file.batches for item in batch.items]
    for item, report in zip(items, told, strict=True):
        fault = report.fault
        why = (str(fault.reason), fault.code, fault.detail) if fault else ("", "", "")
        amount = "" if item.amount is None else f"{item.amount.text()} {item.amount.currency}"
        lines.writerow(
            _harmless(cell)
            for cell in (
                item.end_to_end_id,
                item.debtor_account.text(),
                item.mandate,
                amount,
                str(report.status),
                *why,
            )
        )
    return UTF8_MARK + text.getvalue().encode()


def _harmless(cell: str) -> str:
    """A cell that no program takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
