"""Interest lines: the table that explains an amount of interest, and the one rounding at its end.

Every formula of the library answers with lines: from, to (both days included), days, balance, rate,
interest. Interest is an exact fraction of a minor unit; only a settled sum is rounded, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

RoundingMode = Literal["half_up", "half_even", "down", "up"]
"""``down`` cuts towards zero, ``up`` goes away from it; halves go away from zero or to the even one."""

ONE_DAY = timedelta(days=1)


class InterestLine(msgspec.Struct, frozen=True):
    """One row of an explanation.

    ``start`` and ``end`` are both included. ``days`` is as the day count counts them; a line of whole
    years and months has 30 to the month and says so in ``months``. ``balance`` is in minor units,
    ``rate`` in per cent a year, ``interest`` an exact fraction of a minor unit. ``basis`` names the day
    count, ``why`` the rule that chose the rate.
    """

    start: date
    end: date
    days: int
    balance: int
    rate: Decimal
    interest: Fraction
    basis: str
    months: int = 0
    why: str = ""


class Reckoning(msgspec.Struct, frozen=True):
    """Interest with its lines. ``exact`` is their sum; ``total`` is rounded once, in minor units."""

    lines: tuple[InterestLine, ...]
    exact: Fraction
    total: int


def round_minor(exact: Fraction, mode: RoundingMode = "half_up", unit: int = 1) -> int:
    """Minor units nearest to an exact amount, as a multiple of ``unit``."""
    scaled = abs(exact) / unit
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    half = Fraction(1, 2)
    more = {
        "half_up": rest >= half,
        "half_even": rest > half or (rest == half and whole % 2 == 1),
        "down": False,
        "up": rest > 0,
    }[mode]
    magnitude = (whole + more) * unit
    return -magnitude if exact < 0 else magnitude


def reckon(lines: Iterable[InterestLine], mode: RoundingMode = "half_up", unit: int = 1) -> Reckoning:
    """Add up lines and round their sum once."""
    kept = tuple(lines)
    exact = sum((line.interest for line in kept), Fraction(0))
    return Reckoning(kept, exact, round_minor(exact, mode, unit))


def simple_interest(balance: int, rate: Decimal, years: Fraction) -> Fraction:
    """Balance × rate × part of a year, exactly; the rate is in per cent a year."""
    return balance * Fraction(rate) * years / 100


def last_day(end: date) -> date:
    """The last day that bears interest in a period that ends when money leaves on ``end``."""
    return end - ONE_DAY
