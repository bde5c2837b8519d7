"""What made an amount of interest: stretches of days, parts of the balance, rates."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from sycee.database import Transaction

UNIT = 160_308_000_000_000
"""Units of interest in one minor unit of the currency: 100 * 10^6 * 1603080 (see interest_tables.sql)."""


class InterestLine(msgspec.Struct, frozen=True):
    """Days on which a part of the balance stood at one rate.

    ``start`` to ``end``, both included, are ``days`` days of interest (in 30E/360 not always as many as the
    calendar has); ``balance`` is the part of the balance, minor units; ``rate`` is percent a year;
    ``interest`` is exact, in minor units.
    """

    start: date
    end: date
    days: int
    balance: int
    rate: Decimal
    interest: Fraction

    @property
    def days_of_year(self) -> int | None:
        """By what the rate is divided: interest is balance * days * rate / (100 * days of the year).

        None where the interest is none, or is not made of days alone.
        """
        if not self.interest:
            return None
        year = self.balance * self.days * Fraction(self.rate) / (100 * self.interest)
        return year.numerator if year.denominator == 1 and 360 <= year.numerator <= 366 else None


class Tiers(msgspec.Struct, frozen=True):
    """The tiers of some terms: lower bounds (the first is below zero); has each part its own rate?"""

    lowers: tuple[int, ...]
    parts: bool
    day_count: int

    def shares(self, balance: int) -> list[tuple[int, int]]:
        """The balance as (tier, part of it): one, or by parts as many as it reaches."""
        place = max(i for i, lower in enumerate(self.lowers) if lower <= balance)
        if place == 0 or not self.parts:
            return [(place, balance)]
        uppers = (*self.lowers[1:], balance)
        return [
            (i, min(balance, uppers[i]) - self.lowers[i])
            for i in range(1, place + 1)
            if balance > self.lowers[i] or i == 1
        ]


async def tiers_of(tx: Transaction, terms: Iterable[int]) -> dict[int, Tiers]:
    """The tiers of these terms, by id."""
    cursor = await tx.execute(
        "SELECT id, lowers, tiering, day_count FROM interest_terms WHERE id = ANY(%s)", (sorted(set(terms)),)
    )
    return {
        row[0]: Tiers(lowers=tuple(row[1]), parts=row[2] == 0, day_count=row[3])
        for row in await cursor.fetchall()
    }


def expand(
    stretches: Sequence[Sequence[Any]], tiers: dict[int, Tiers], through: date
) -> tuple[InterestLine, ...]:
    """Lines by tier of what the database keeps: [start, days, balance, terms, rates by tier, units]."""
    lines: list[InterestLine] = []
    for i, (start, days, balance, terms, rates, _) in enumerate(stretches):
        first = _day(start)
        following = _day(stretches[i + 1][0]) if i + 1 < len(stretches) else through + timedelta(days=1)
        year = _days_of_year(tiers[terms].day_count, first)
        lines += [
            InterestLine(
                start=first,
                end=following - timedelta(days=1),
                days=days,
                balance=part,
                rate=Decimal(rates[place]).normalize() + 0,
                interest=Fraction(part * days) * Fraction(Decimal(rates[place])) / (100 * year),
            )
            for place, part in tiers[terms].shares(balance)
        ]
    return tuple(lines)


def _days_of_year(day_count: int, day: date) -> int:
    return (360, 365, 366 if isleap(day.year) else 365, 360)[day_count]


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def rounded(exact: Fraction) -> int:
    """Half up, away from zero: the one rounding that interest ever gets."""
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return whole if exact >= 0 else -whole
