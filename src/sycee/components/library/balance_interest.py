"""Interest on daily balances: the plain model of what the accrual engine does set-wise.

One day's end balance is cut by tiers, each part bears its rate of the day; equal neighbours become one
line. Used to explain, to simulate a product before it is released, and to check the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.library.day_counts import period_line
from sycee.components.library.lines import ONE_DAY, InterestLine, Reckoning, RoundingMode, reckon
from sycee.components.library.rate_sources import RateOn


class BalanceSpan(msgspec.Struct, frozen=True):
    """An end-of-day balance (minor units) that stood from ``start`` to ``end``, both included."""

    start: date
    end: date
    balance: int


class _Run(msgspec.Struct):
    """A line in the making: same balance, same rate, day after day."""

    start: date
    end: date
    balance: int
    rate: Decimal


def tier_parts(balance: int, terms: InterestTerms) -> Iterator[tuple[RateTier, int]]:
    """The parts of a balance with the tier whose rate each bears; a part of nothing is left out.

    ``parts``: each tier's own slice. ``whole``: all of it at the highest tier reached. A negative
    balance bears the overdraft's rate, or nothing.
    """
    if balance < 0:
        if terms.overdraft is not None:
            yield terms.overdraft, balance
        return
    if terms.tiering == "whole":
        if balance:
            yield [tier for tier in terms.tiers if tier.above <= balance][-1], balance
        return
    ends = [tier.above for tier in terms.tiers[1:]]
    for tier, end in zip(terms.tiers, [*ends, balance], strict=True):
        part = min(balance, end) - tier.above
        if part > 0:
            yield tier, part


def tier_rate(tier: RateTier, day: date, rate_on: RateOn) -> Decimal:
    """The rate of a tier on a day: the table's rate of its key, or 0, plus its spread."""
    listed = rate_on(tier.rate_key, day) if tier.rate_key is not None else Decimal(0)
    return listed + tier.spread


def balance_lines(
    spans: Iterable[BalanceSpan], terms: InterestTerms, rate_on: RateOn, settled_on: date | None = None
) -> tuple[InterestLine, ...]:
    """The interest lines of balances under some terms, in the order of their first day.

    ``rate_on`` takes the rate table's key with the currency. With the rule ``settlement_day`` every day
    bears the rate of ``settled_on``, the last day of the last span when not given.
    """
    kept = sorted(spans, key=lambda span: span.start)
    if terms.rate_rule == "split":
        settled_on = None
    elif settled_on is None and kept:
        settled_on = kept[-1].end
    done: list[_Run] = []
    for span in kept:
        parts = list(tier_parts(span.balance, terms))
        open_runs: list[_Run | None] = [None] * len(parts)
        day = span.start
        while day <= span.end:
            for place, (tier, part) in enumerate(parts):
                rate = tier_rate(tier, settled_on or day, rate_on)
                run = open_runs[place]
                if run is not None and run.rate == rate:
                    run.end = day
                else:
                    open_runs[place] = run = _Run(day, day, part, rate)
                    done.append(run)
            day += ONE_DAY
    return tuple(
        period_line(run.start, run.end + ONE_DAY, run.balance, run.rate, terms.day_count)
        for run in sorted(done, key=lambda run: run.start)
    )


def balance_interest(
    spans: Iterable[BalanceSpan],
    terms: InterestTerms,
    rate_on: RateOn,
    settled_on: date | None = None,
    mode: RoundingMode = "half_up",
) -> Reckoning:
    """As ``balance_lines``, added up and rounded once."""
    return reckon(balance_lines(spans, terms, rate_on, settled_on), mode)
