"""A plain model of a notice deposit: every fen and every day by itself, to hold against the formulas.

A fen earns, on a day: nothing while it is covered by a notice that was not used; the demand rate while it
is covered by a shortfall; else the rate that its part of the withdrawal gets.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sycee.components import library


def rate_of_fen(
    place: int, amount: int, deposit: library.NoticeDeposit, day: date, notice: library.Notice | None,
    rates: library.NoticeRates, days_of_notice: int, least: int,
) -> Decimal:  # fmt: skip
    """The rate for the whole time of the fen at a place in the queue, before marks."""
    if place >= amount:  # the deposit closes: the rest leaves at the demand rate
        return rates.demand
    if (day - deposit.start).days < days_of_notice or notice is None or notice.pay_on != day:
        return rates.demand
    if amount < min(least, deposit.balance) or place >= notice.amount:
        return rates.demand
    return rates.notice


def interest(
    leaving: int, amount: int, deposit: library.NoticeDeposit, day: date, notice: library.Notice | None,
    rates: library.NoticeRates, days_of_notice: int, least: int,
) -> Fraction:  # fmt: skip
    """The exact interest of the first ``leaving`` fen of a deposit, fen by fen and day by day."""
    total = Fraction(0)
    for place in range(leaving):
        rate = rate_of_fen(place, amount, deposit, day, notice, rates, days_of_notice, least)
        on = deposit.start
        while on < day:
            covering = {m.bears for m in deposit.marks if m.start <= on <= m.end and place < m.amount}
            if "none" not in covering:
                today = min(rate, rates.demand) if "demand" in covering else rate
                total += Fraction(today) / 36000
            on += timedelta(days=1)
    return total
