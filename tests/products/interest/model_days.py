"""What a day earns: the days of a year and of a month, tiers, rates, settlement days. Pure functions."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from sycee.components import InterestTerms, RateTier
from sycee.products import InterestAccounting
from tests.products.interest.model_records import ModelAccount, Pair

ONE_DAY = timedelta(days=1)
Shares = tuple[tuple[int, Fraction], ...]
"""Parts of a balance, each with its rate in percent a year."""
MONTHS = {
    "monthly": range(1, 13),
    "quarterly": (3, 6, 9, 12),
    "semiannual": (6, 12),
    "annual": (12,),
    "none": (),
}


class Terms(NamedTuple):
    """Terms and how they are booked; ``overdraft`` is that of the terms, or no rate at all."""

    day_count: str
    rate_rule: str
    tiering: str
    tiers: tuple[RateTier, ...]
    overdraft: RateTier
    accounting: InterestAccounting
    pair: Pair

    @classmethod
    def of(cls, terms: InterestTerms, accounting: InterestAccounting) -> Terms:
        """The terms as the bank wrote them."""
        pair = (terms.currency, accounting.expense, accounting.payable)
        return cls(
            terms.day_count, terms.rate_rule, terms.tiering, terms.tiers, terms.overdraft or RateTier(),
            accounting, pair,
        )  # fmt: skip

    def tax(self, gross: int) -> int:
        """What is withheld of interest: of what the customer receives only."""
        return max(rounded(gross * Fraction(self.accounting.tax_rate) / 100), 0)


class Day(NamedTuple):
    """A day: how many days of interest it is, of a year of how many; ``shares`` None: a rate is unknown."""

    day: date
    weight: int
    year: int
    balance: int
    shares: Shares | None


class Exact(NamedTuple):
    """What days earned together, as far as rates are known; are all of them?"""

    amount: Fraction
    known: bool


def rounded(exact: Fraction) -> int:
    """To whole minor units; a half goes up, of what is owed by the customer too."""
    whole, rest = divmod(abs(exact), 1)
    return (whole + (rest >= Fraction(1, 2))) * (1 if exact >= 0 else -1)


def weight(day_count: str, day: date) -> int:
    """How many days of interest a day is: in 30E/360 every month has 30, up to its last one."""
    if day_count != "30E/360":
        return 1
    following = day + ONE_DAY
    if following.day == 1:  # of February what is missing; the 31st and the 30th before it are one day
        return 31 - min(day.day, 30)
    return 0 if following.day == 31 else 1


def days_of_year(day_count: str, day: date) -> int:
    """The days of the year that a day's interest is a part of."""
    if day_count == "actual/actual":
        return 366 if isleap(day.year) else 365
    return 365 if day_count == "actual/365" else 360


def next_settlement_day(cycle: str, cycle_day: int, after: date) -> date | None:
    """The first settlement day after a day; months that are too short have it on their last day."""
    if cycle == "none":
        return None
    day = after + ONE_DAY
    while day.month not in MONTHS[cycle] or day.day != min(cycle_day, monthrange(day.year, day.month)[1]):
        day += ONE_DAY
    return day


def rates_on(terms: Terms, rates: Mapping[str, Mapping[date, Fraction]], day: date) -> Shares | None:
    """The tiers' lower bounds and rates on a day, the overdraft's last; None when one is not known."""
    found = []
    for tier in (*terms.tiers, terms.overdraft):
        rate = Fraction(tier.spread)
        if tier.rate_key is not None:
            starts = [start for start in rates.get(tier.rate_key, ()) if start <= day]
            if not starts:
                return None
            rate += rates[tier.rate_key][max(starts)]
        if tier.cap is not None:
            rate = min(rate, Fraction(tier.cap))
        if tier.floor is not None:
            rate = max(rate, Fraction(tier.floor))
        found.append((tier.above, rate))
    return tuple(found)


@lru_cache(maxsize=100_000)
def split(tiering: str, tiers: Shares, balance: int) -> Shares:
    """A balance in the parts that have a rate of their own; ``tiers`` as of rates_on."""
    *steps, (_, overdraft) = tiers
    if balance < 0:
        return ((balance, overdraft),)
    if tiering == "whole":
        return ((balance, [rate for above, rate in steps if above <= balance][-1]),)
    tops = [above for above, _ in steps[1:]] + [balance]
    return tuple(
        (min(balance, top) - above, rate)
        for (above, rate), top in zip(steps, tops, strict=True)
        if balance > above
    )


@lru_cache(maxsize=100_000)
def a_year_of(shares: Shares) -> Fraction:
    """What a balance would earn in a year."""
    return sum((part * rate / 100 for part, rate in shares), Fraction(0))


def earned(days: Sequence[Day]) -> Exact:
    """What some days earned together."""
    totals: dict[int, Fraction] = {}
    for day in days:
        if day.shares is not None:
            totals[day.year] = totals.get(day.year, Fraction(0)) + day.weight * a_year_of(day.shares)
    known = all(day.shares is not None for day in days)
    return Exact(sum((total / year for year, total in totals.items()), Fraction(0)), known)


def reckon(
    account: ModelAccount, rates: Mapping[str, Mapping[date, Fraction]], fed: int, first: date, last: date
) -> list[Day]:
    """What every day from ``first`` through ``last`` earned, on the entries that count by now."""
    dates = [first + timedelta(n) for n in range((last - first).days + 1)]
    terms = {day: account.terms_on(day) for day in dates}
    ruling: dict[date, date] = {}  # the day whose rate goes for a day
    for day in reversed(dates):
        same = day != last and terms[day + ONE_DAY] == terms[day]
        settlement_day = terms[day].rate_rule == "settlement_day"
        ruling[day] = ruling[day + ONE_DAY] if settlement_day and same else day
    known: dict[tuple[Terms, date], Shares | None] = {}
    made = []
    balances = balances_by_value_date(account, fed, first, last)
    for day in dates:
        key = (terms[day], ruling[day])
        if key not in known:
            known[key] = rates_on(terms[day], rates, ruling[day])
        tiers = known[key]
        made.append(
            Day(
                day,
                weight(terms[day].day_count, day),
                days_of_year(terms[day].day_count, day),
                balances[day],
                None if tiers is None else split(terms[day].tiering, tiers, balances[day]),
            )
        )
    return made


def balances_by_value_date(account: ModelAccount, fed: int, first: date, last: date) -> dict[date, int]:
    """What counts on each day: all that is valued by then, but for what was paid out with its interest."""
    upto = max(fed, account.fed)
    changes: dict[date, int] = {}
    for entry in account.entries:
        if entry.number <= upto:
            changes[entry.value_date] = changes.get(entry.value_date, 0) + entry.amount
    for released in account.released:
        changes[released.since] = changes.get(released.since, 0) - released.amount
        changes[released.until] = changes.get(released.until, 0) + released.amount
    balance = sum(amount for day, amount in changes.items() if day < first)
    found = {}
    day = first
    while day <= last:
        balance += changes.get(day, 0)
        found[day] = balance
        day += ONE_DAY
    return found
