"""Day counts: how many days, and what part of a year, an interest period has.

Periods are half-open: the day money arrives bears interest, the day it leaves does not. All four
conventions are additive: a period cut anywhere has the days and the year fraction of its parts.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import InterestLine, last_day, simple_interest

DayCountConvention = Literal["actual/360", "actual/365", "actual/actual", "30E/360"]


def days_between(start: date, end: date, convention: DayCountConvention) -> int:
    """Days from ``start`` to ``end`` (not included) as the convention counts them."""
    if convention == "30E/360":
        return (
            360 * (end.year - start.year)
            + 30 * (end.month - start.month)
            + min(end.day, 30)
            - min(start.day, 30)
        )
    return (end - start).days


def year_fraction(start: date, end: date, convention: DayCountConvention) -> Fraction:
    """The part of a year from ``start`` to ``end`` (not included), exactly.

    actual/actual is ISDA's: days in a leap year over 366, the others over 365.
    """
    if convention == "actual/actual":
        return _actual_actual(end) - _actual_actual(start)
    base = 365 if convention == "actual/365" else 360
    return Fraction(days_between(start, end, convention), base)


def _actual_actual(day: date) -> Fraction:
    first = date(day.year, 1, 1)
    length = (date(day.year, 12, 31) - first).days + 1
    return day.year + Fraction((day - first).days, length)


def period_line(
    start: date,
    end: date,
    balance: int,
    rate: Decimal,
    convention: DayCountConvention = "actual/360",
    why: str = "",
) -> InterestLine:
    """The line of one balance at one rate from ``start`` to ``end`` (not included)."""
    return InterestLine(
        start=start,
        end=last_day(end),
        days=days_between(start, end, convention),
        balance=balance,
        rate=rate,
        interest=simple_interest(balance, rate, year_fraction(start, end, convention)),
        basis=convention,
        why=why,
    )


@capability("day_count.standard", version=1, kind=Kind.DAY_COUNT, owner="deposits", zh="计息天数基准")
class DayCount(Parameters, frozen=True, kw_only=True):
    """Day count

    Which days of a period count, and over how many days to the year a yearly rate is spread.
    Corporate renminbi interest in China is the sum of daily balances × yearly rate / 360
    (积数法); sterling and Hong Kong dollars go by 365, bonds by the actual year.
    """

    convention: Annotated[
        DayCountConvention, Meta(description="actual/360, actual/365, actual/actual (ISDA) or 30E/360")
    ]

    def days(self, start: date, end: date) -> int:
        """Days from ``start`` to ``end`` (not included)."""
        return days_between(start, end, self.convention)

    def year_fraction(self, start: date, end: date) -> Fraction:
        """The exact part of a year from ``start`` to ``end`` (not included)."""
        return year_fraction(start, end, self.convention)

    def line(self, start: date, end: date, balance: int, rate: Decimal, why: str = "") -> InterestLine:
        """The interest line of one balance at one rate; ``end`` is not included."""
        return period_line(start, end, balance, rate, self.convention, why)
