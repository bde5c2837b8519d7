"""The listed rates that a contract shows: those of the day of signing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from sycee.database import DateArray, TextArray, Transaction

Rates = Mapping[tuple[str, date], Decimal]
"""Percent a year, by the rate table's key and the day; without those that have no rate yet."""


async def rates_of_day(tx: Transaction, wanted: Collection[tuple[str | None, date]]) -> Rates:
    """The rates in force for these keys and days, in one statement."""
    pairs = sorted((key, day) for key, day in wanted if key is not None)
    if not pairs:
        return {}
    cursor = await tx.execute(
        """
        SELECT n.key, n.day, r.rate
        FROM unnest(%s::text[], %s::date[]) AS n(key, day)
        CROSS JOIN LATERAL (
            SELECT rate FROM rates WHERE rates.key = n.key AND start <= n.day ORDER BY start DESC LIMIT 1
        ) r
        """,
        (TextArray([key for key, _ in pairs]), DateArray([day for _, day in pairs])),
    )
    return {(row[0], row[1]): row[2].normalize() + 0 for row in await cursor.fetchall()}
