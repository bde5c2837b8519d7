"""The simulator's end-of-day report, page by page, and the proof that its own money adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sycee.kernel.errors import NotFound
from sycee.kernel.money import Amount
from sycee.payments.iso20022.interbank.settlement_report import (
    CLOSING,
    CREDIT,
    DEBIT,
    OPENING,
    Balance,
    ReportEntry,
    SettlementReport,
    write_settlement_report,
)
from sycee.payments.simulator.store import Store

PAGE = 5_000
"""Entries on one page; the next page opens with the balance that this one closes with."""


class ReportNotFound(NotFound):
    """There is no such report, or not yet"""

    code = "report_not_found"


def pages(store: Store, bank: str, rail: str, day: date) -> int:
    """How many pages the report of a date has. Raises ReportNotFound while the date is open."""
    if day >= store.day:
        raise ReportNotFound(f"{day} is not closed yet: it is {store.day} here")
    if store.row("SELECT 1 FROM positions WHERE rail = ? AND bank = ?", rail, bank) is None:
        raise ReportNotFound(f"{bank} takes no part in {rail}")
    found = store.row(
        "SELECT count(*) FROM entries WHERE rail = ? AND day = ? AND bank = ?", rail, day.isoformat(), bank
    )
    return max(1, -(-(found[0] if found else 0) // PAGE))


def report(store: Store, bank: str, rail: str, day: date, page: int) -> bytes:
    """One page of a report, from 1, as camt.053. Raises ReportNotFound."""
    if not 1 <= page <= pages(store, bank, rail, day):
        raise ReportNotFound(f"the report of {rail} on {day} has no page {page}")
    currency = store.fact("currency") or ""
    rows = store.rows(
        "SELECT id, amount, what, uetr, message_id, transaction_id, end_to_end_id FROM entries"
        " WHERE rail = ? AND day = ? AND bank = ? ORDER BY id LIMIT ? OFFSET ?",
        rail, day.isoformat(), bank, PAGE, PAGE * (page - 1),
    )  # fmt: skip
    opening = _balance_before(store, bank, rail, day, PAGE * (page - 1))
    moments = datetime.now(UTC)
    name = f"{rail}-{day:%Y%m%d}-{page}"
    return write_settlement_report(
        SettlementReport(
            message_id=name,
            created_at=moments,
            id=name,
            reported_at=moments,
            account=bank,
            currency=currency,
            balances=(
                _shown(OPENING, opening, currency, day),
                _shown(CLOSING, opening + sum(row[1] for row in rows), currency, day),
            ),
            entries=tuple(_entry(row, currency, day) for row in rows),
        )
    )


def _balance_before(store: Store, bank: str, rail: str, day: date, skip: int) -> int:
    """The balance with which a page opens: all before the date, and what stands on the pages before."""
    began = store.row("SELECT opened_with FROM positions WHERE rail = ? AND bank = ?", rail, bank)
    before = store.row(
        "SELECT coalesce(sum(amount), 0) FROM entries WHERE rail = ? AND bank = ? AND day < ?",
        rail, bank, day.isoformat(),
    )  # fmt: skip
    skipped = store.row(
        "SELECT coalesce(sum(amount), 0) FROM (SELECT amount FROM entries"
        " WHERE rail = ? AND bank = ? AND day = ? ORDER BY id LIMIT ?)",
        rail, bank, day.isoformat(), skip,
    )  # fmt: skip
    return sum(int(row[0]) for row in (began, before, skipped) if row is not None)


def _shown(kind: str, minor: int, currency: str, day: date) -> Balance:
    return Balance(kind, Amount(abs(minor), currency), CREDIT if minor >= 0 else DEBIT, day)


def _entry(row: tuple[Any, ...], currency: str, day: date) -> ReportEntry:
    number, minor, what, uetr, message_id, transaction_id, end_to_end_id = row
    return ReportEntry(
        reference=f"CB{number:014d}",
        amount=Amount(abs(minor), currency),
        direction=CREDIT if minor > 0 else DEBIT,
        settled_on=day,
        value_date=day,
        family="RCDT" if minor > 0 else "ICDT",
        what=what,
        message_id=message_id,
        end_to_end_id=end_to_end_id,
        transaction_id=transaction_id,
        uetr=UUID(uetr),
    )


def contradictions(store: Store) -> list[str]:
    """Everything that cannot be if money is neither made nor lost here; empty when all is well."""
    checks = {
        "a rail's balances no longer add up to what they began with": (
            "SELECT rail FROM positions GROUP BY rail HAVING sum(balance) <> sum(opened_with)"
        ),
        "a balance is not what its entries make of it": (
            "SELECT p.rail, p.bank FROM positions p"
            " LEFT JOIN entries e ON e.rail = p.rail AND e.bank = p.bank"
            " GROUP BY p.rail, p.bank HAVING p.balance <> p.opened_with + coalesce(sum(e.amount), 0)"
        ),
        "an item's entries do not add up to nothing": (
            "SELECT uetr FROM entries GROUP BY uetr, what, transaction_id HAVING sum(amount) <> 0"
        ),
        "a payment was settled twice": (
            "SELECT uetr FROM entries WHERE what = 'DMCT' GROUP BY uetr, bank HAVING count(*) > 1"
        ),
        "a payment is settled and moved nothing, or the other way about": (
            "SELECT i.uetr FROM items i LEFT JOIN entries e ON e.uetr = i.uetr AND e.what = 'DMCT'"
            " AND e.bank = i.sender WHERE (i.status = 'ACSC') <> (coalesce(e.amount, 0) = -i.amount)"
        ),
        "more came back than was paid": (
            "SELECT i.uetr FROM items i JOIN entries e ON e.uetr = i.uetr AND e.what = 'RRTN'"
            " AND e.bank = i.sender GROUP BY i.uetr HAVING sum(e.amount) <> i.returned"
        ),
    }
    return [f"{what}: {row}" for what, statement in checks.items() for row in store.rows(statement)]
