"""Statements: the opening balance, every entry of a period, and the closing balance they lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

from sycee.database import Transaction
from sycee.ledger.account_records import Account
from sycee.ledger.accounts import get_account
from sycee.ledger.entries import Entry, entries
from sycee.ledger.errors import InvalidMoment

_PAGE = 1_000


class Statement:
    """A statement of one account over business dates ``start`` to ``end``, both included.

    ``opening``, ``closing`` and the totals are minor units; the balances are positive on the normal side.
    ``entries`` is an asynchronous iterator, oldest first, that reads page by page within the transaction.
    """

    def __init__(
        self, tx: Transaction, account: Account, start: date, end: date, sums: tuple[Any, ...]
    ) -> None:
        self._tx = tx
        self.account = account
        self.start = start
        self.end = end
        opening, self.debit_total, self.credit_total, self.debit_count, self.credit_count = sums
        self.opening: int = account.normal_side.sign * opening
        self.closing: int = account.normal_side.sign * (opening + self.credit_total - self.debit_total)

    @property
    async def entries(self) -> AsyncIterator[Entry]:
        """Every entry of the period, oldest first."""
        cursor: str | None = None
        while True:
            page = await entries(
                self._tx,
                self.account.number,
                after=cursor,
                limit=_PAGE,
                newest_first=False,
                start=self.start,
                end=self.end,
            )
            for entry in page.entries:
                yield entry
            cursor = page.next_cursor
            if cursor is None:
                return


async def statement(tx: Transaction, number: int, start: date, end: date) -> Statement:
    """A statement for a period of business dates.

    Raises AccountNotFound, and InvalidMoment when the period ends before it starts.
    """
    if end < start:
        raise InvalidMoment(f"the period ends on {end}, before it starts on {start}")
    account = await get_account(tx, number)
    before = start - timedelta(days=1) if start > date.min else start
    cursor = await tx.execute(
        """
        WITH opening AS (
            SELECT CASE debit WHEN %(number)s THEN debit_balance ELSE credit_balance END AS posted
            FROM ledger_entry_at(%(cell)s, %(number)s, NULL, %(before)s)
        ), turnover AS (
            SELECT sum(e.amount) FILTER (WHERE e.debit = %(number)s) AS debits,
                   sum(e.amount) FILTER (WHERE e.credit = %(number)s) AS credits,
                   count(*) FILTER (WHERE e.debit = %(number)s) AS debit_count,
                   count(*) FILTER (WHERE e.credit = %(number)s) AS credit_count
            FROM ledger_entry_at(%(cell)s, %(number)s, NULL, %(end)s) AS newest,
                 LATERAL ledger_entries_backwards(
                     %(cell)s, %(number)s, newest.position, %(start)s, 2147483647) AS e
        )
        SELECT coalesce((SELECT posted FROM opening), 0)::bigint, coalesce(debits, 0)::bigint,
               coalesce(credits, 0)::bigint, debit_count, credit_count
        FROM turnover
        """,
        {"cell": account.cell, "number": number, "before": before, "start": start, "end": end},
    )
    sums = await cursor.fetchone()
    assert sums is not None
    return Statement(tx, account, start, end, sums)
