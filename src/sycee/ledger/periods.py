"""Several accounts at once over a period, and at the end of a business date: for the end of a day.

One statement a list of accounts; what it costs is what their entries of the period cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from sycee.database import Int8Array, Transaction
from sycee.ledger.account_records import Account, NormalSide
from sycee.ledger.entries import ENTRY_COLUMNS, Entry, read_entry
from sycee.ledger.errors import InvalidMoment


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on an account over business dates ``start`` to ``end``, both included.

    ``opening`` is in minor units, positive on the normal side. ``entries`` are oldest first, and ``None``
    when there are more than were asked for: ``statement`` reads them page by page then.
    """

    account: Account
    start: date
    end: date
    opening: int
    entries: list[Entry] | None

    @property
    def debits(self) -> list[int]:
        """The amounts of the debit entries."""
        return [entry.amount for entry in self.entries or () if entry.side is NormalSide.DEBIT]

    @property
    def credits(self) -> list[int]:
        """The amounts of the credit entries."""
        return [entry.amount for entry in self.entries or () if entry.side is NormalSide.CREDIT]

    @property
    def closing(self) -> int:
        """The balance at the end: the opening one and all entries."""
        turnover = sum(self.credits) - sum(self.debits)
        return self.opening + self.account.normal_side.sign * turnover


class DayBalance(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of an account at the end of a business date, and what was held of it; minor units."""

    account: Account
    day: date
    balance: int
    held: int


_PERIODS = f"""
    SELECT w.number, coalesce(o.posted, 0), e.position IS NULL, {", ".join(f"e.{c}" for c in ENTRY_COLUMNS)}
    FROM (SELECT number, (number / 1000000000000000)::smallint AS cell
          FROM unnest(%(numbers)s::bigint[]) AS n(number)) AS w
    LEFT JOIN LATERAL (
        SELECT position, CASE debit WHEN w.number THEN debit_balance ELSE credit_balance END AS posted
        FROM ledger_entry_at(w.cell, w.number, NULL, %(before)s)) AS o ON true
    LEFT JOIN LATERAL ledger_entries_forwards(
        w.cell, w.number, coalesce(o.position, -1), %(end)s,
        %(most)s::integer) AS e ON true
"""  # noqa: S608 - names of ours only


async def periods(
    tx: Transaction, accounts: Sequence[Account], start: date, end: date, *, most: int = 1_000
) -> list[Period]:
    """What happened on each account, in the order of the list; at most ``most`` entries of each.

    Raises InvalidMoment when the period ends before it starts.
    """
    if end < start:
        raise InvalidMoment(f"the period ends on {end}, before it starts on {start}")
    by_number = {account.number: account for account in accounts}
    opening: dict[int, int] = {}
    found: dict[int, list[Entry]] = {account.number: [] for account in accounts}
    values = {
        "numbers": Int8Array(list(by_number)),
        "before": start - timedelta(days=1) if start > date.min else start,
        "end": end,
        "most": most + 1,
    }
    async with tx.cursor() as cursor:
        await cursor.execute(_PERIODS.encode(), values)
        async for number, posted, empty, *row in cursor:
            account = by_number[number]
            opening[number] = account.normal_side.sign * posted
            if not empty:
                found[number].append(read_entry(account, row))
    return [
        Period(
            account=account,
            start=start,
            end=end,
            opening=opening[account.number],
            entries=found[account.number] if len(found[account.number]) <= most else None,
        )
        for account in accounts
    ]


async def balances_at(tx: Transaction, accounts: Sequence[Account], day: date) -> list[DayBalance]:
    """The balance of each account at the end of a business date that is over, in the order of the list."""
    cursor = await tx.execute(
        """
        SELECT w.number, coalesce(e.posted, 0), coalesce(e.held, 0)
        FROM (SELECT number, (number / 1000000000000000)::smallint AS cell
          FROM unnest(%(numbers)s::bigint[]) AS n(number)) AS w
        LEFT JOIN LATERAL (
            SELECT CASE debit WHEN w.number THEN debit_balance ELSE credit_balance END AS posted,
                   CASE debit WHEN w.number THEN debit_held ELSE credit_held END AS held
            FROM ledger_entry_at(w.cell, w.number, NULL, %(day)s)) AS e ON true
        """,
        {"numbers": Int8Array([account.number for account in accounts]), "day": day},
    )
    found = {number: (posted, held) for number, posted, held in await cursor.fetchall()}
    return [
        DayBalance(
            account=account,
            day=day,
            balance=account.normal_side.sign * found[account.number][0],
            held=found[account.number][1],
        )
        for account in accounts
    ]


async def average_balances(
    tx: Transaction, accounts: Sequence[Account], start: date, end: date
) -> dict[int, int]:
    """The average end-of-day balance of each account over calendar days, by number; minor units, cut off.

    By business dates; a day without business has the balance of the one before.
    """
    cursor = await tx.execute(
        """
        SELECT w.number, coalesce(o.posted, 0) * d.days + coalesce(sum(
                   e.amount * CASE e.debit WHEN w.number THEN -1 ELSE 1 END * (%(end)s - e.business_date + 1)
               ), 0), d.days
        FROM (SELECT number, (number / 1000000000000000)::smallint AS cell
              FROM unnest(%(numbers)s::bigint[]) AS n(number)) AS w
        CROSS JOIN (SELECT (%(end)s::date - %(start)s::date + 1)::bigint AS days) AS d
        LEFT JOIN LATERAL (
            SELECT position, CASE debit WHEN w.number THEN debit_balance ELSE credit_balance END AS posted
            FROM ledger_entry_at(w.cell, w.number, NULL, %(start)s::date - 1)) AS o ON true
        LEFT JOIN LATERAL ledger_entries_forwards(
            w.cell, w.number, coalesce(o.position, -1), %(end)s::date, 2147483647) AS e ON true
        GROUP BY w.number, o.posted, d.days
        """,
        {"numbers": Int8Array([account.number for account in accounts]), "start": start, "end": end},
    )
    found = {number: (int(total), days) for number, total, days in await cursor.fetchall()}
    averages = {}
    for account in accounts:
        total, days = found[account.number]
        signed = account.normal_side.sign * total
        averages[account.number] = abs(signed) // days * (1 if signed >= 0 else -1)
    return averages


async def count_accounts(tx: Transaction, cell: int) -> int:
    """How many accounts a cell has."""
    cursor = await tx.execute("SELECT count(*) FROM accounts WHERE cell = %s", (cell,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
