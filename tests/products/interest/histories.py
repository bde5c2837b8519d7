"""Random histories of accounts that bear interest: what hypothesis draws, so that it shrinks well.

A history is a beginning and a list of steps: what happens on a business day, and closes of the day, with
what happens between their steps. Accounts and terms are places in lists, days are told from the business
date of the moment, and what is acted on by how many of its kind were before.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from hypothesis import strategies as st

from sycee.components import InterestTerms, RateTier
from sycee.ledger import AccountStatus
from sycee.products import InterestAccounting
from sycee.products.interest.positions import Cycle

TAXED = InterestAccounting(tax_rate=Decimal(20))
LITTLE_TAXED = InterestAccounting(tax_rate=Decimal("7.5"), tax_subject="2222")
APART = InterestAccounting(expense="6412", payable="2232")
DEMAND, AGREEMENT, OVERDRAWN, LATE = "CNY.demand", "CNY.agreement", "CNY.overdraft", "CNY.late"
KEYS = (DEMAND, AGREEMENT, OVERDRAWN, LATE)


def _rate(text: str) -> Decimal:
    return Decimal(text)


# What an account may be on; the last but two is without a rate until one is released, the last is in dollars.
TERMS: tuple[tuple[InterestTerms, InterestAccounting], ...] = (
    (
        InterestTerms("CNY", "actual/360", "split", "parts", (RateTier(rate_key=DEMAND),)),
        InterestAccounting(),
    ),
    (
        InterestTerms(
            "CNY",
            "actual/365",
            "split",
            "parts",
            (RateTier(rate_key=DEMAND), RateTier(above=50_000, rate_key=AGREEMENT)),
            RateTier(rate_key=OVERDRAWN),
        ),
        TAXED,
    ),
    (
        InterestTerms(
            "CNY",
            "actual/actual",
            "split",
            "whole",
            (
                RateTier(rate_key=DEMAND),
                RateTier(above=10_000, rate_key=DEMAND, spread=_rate("0.15")),
                RateTier(above=900_000, rate_key=AGREEMENT, cap=_rate("1.1"), floor=_rate("0.1")),
            ),
            RateTier(spread=_rate("18.25")),
        ),
        InterestAccounting(),
    ),
    (
        InterestTerms(
            "CNY",
            "30E/360",
            "settlement_day",
            "parts",
            (
                RateTier(rate_key=DEMAND),
                RateTier(above=1_000, rate_key=AGREEMENT),
                RateTier(above=700_000, spread=_rate("1.333333")),
            ),
        ),
        LITTLE_TAXED,
    ),
    (
        InterestTerms(
            "CNY",
            "actual/360",
            "settlement_day",
            "whole",
            (RateTier(rate_key=AGREEMENT), RateTier(above=300_000, rate_key=AGREEMENT, spread=_rate("-0.4"))),
            RateTier(rate_key=OVERDRAWN, spread=_rate("0.5")),
        ),
        APART,
    ),
    (
        InterestTerms(
            "CNY",
            "30E/360",
            "split",
            "parts",
            (RateTier(rate_key=DEMAND, spread=_rate("-0.5")), RateTier(above=40_000)),
        ),
        APART,
    ),
    (
        InterestTerms(
            "CNY", "actual/365", "split", "parts", (RateTier(rate_key=LATE),), RateTier(rate_key=OVERDRAWN)
        ),
        TAXED,
    ),
    (
        InterestTerms("CNY", "actual/365", "split", "parts", (RateTier(rate_key=DEMAND),)),
        TAXED,
    ),
    (
        InterestTerms("USD", "actual/360", "split", "parts", (RateTier(spread=_rate("4.125")),)),
        InterestAccounting(),
    ),
)
CNY_TERMS = len(TERMS) - 1
FLOORS = (0, 0, -200_000, -2_000_000, None)
"""Of the CNY accounts of customers, in the order of opening; after them comes one in USD."""
USD_ACCOUNT = len(FLOORS)
CUSTOMERS = len(FLOORS) + 1
BEGINNINGS = (
    date(2023, 12, 14),
    date(2024, 2, 19),
    date(2024, 12, 29),
    date(2025, 6, 9),
    date(2026, 3, 17),
    date(2027, 12, 20),
)


class Start(NamedTuple):
    """Let an account bear interest from some days from now on."""

    account: int
    terms: int
    days: int
    cycle: Cycle
    cycle_day: int


class Move(NamedTuple):
    """A transfer between two accounts (CUSTOMERS is the bank's cash), or a hold of it."""

    debit: int
    credit: int
    amount: int
    value_days: int | None
    hold: bool


class Act(NamedTuple):
    """Post or void a hold, or reverse a transfer, some ``back``."""

    what: str
    back: int
    part: bool
    value_days: int | None


class Release(NamedTuple):
    """Put rates in force: place of the key, days from now, rate."""

    rates: tuple[tuple[int, int, Decimal], ...]


class Change(NamedTuple):
    """Other terms for an account from some days from now on."""

    account: int
    terms: int
    days: int


class Stop(NamedTuple):
    """No interest for an account after a day."""

    account: int
    days: int


class Settle(NamedTuple):
    """Settle an account now, through a day."""

    account: int
    days: int


class Pay(NamedTuple):
    """Pay interest by a product's rule through yesterday, or on a part of the balance since a day."""

    account: int
    to: int
    rate: Decimal
    part: int | None
    days: int


class Status(NamedTuple):
    """Change the status of an account; ``empty``: pay it out first."""

    account: int
    status: AccountStatus
    empty: bool


Event = Start | Move | Act | Release | Change | Stop | Settle | Pay | Status


class Close(NamedTuple):
    """Close the day, the next is ``days`` later; ``between`` happens before each of the four steps.

    ``again``: every step is run twice, and all of them once more in the end. ``broken``: a step is
    interrupted after so many blocks and run again. ``block``: accounts or transfers a block.
    """

    days: int
    between: tuple[tuple[Event, ...], ...]
    again: bool
    broken: tuple[int, ...]
    block: int


Step = Event | Close


class Beginning(NamedTuple):
    """The first business date, what customers pay in on it, and who bears interest from the beginning."""

    day: date
    paid_in: tuple[int, ...]
    starts: tuple[Start, ...]


customers = st.integers(0, CUSTOMERS - 1)
# Small numbers shrink to what is ordinary.
past_or_today = st.sampled_from((0, 0, 0, -1, -1, -2, -3, -5, -8, -20, -33, -64, -95, -190))
ahead_too = st.one_of(past_or_today, st.sampled_from((0, 1, 1, 2, 3, 7, 15, 40)))
value_days = st.one_of(st.none(), st.none(), ahead_too)
some_rates = st.sampled_from(
    [_rate(text) for text in ("0.2", "0.35", "0", "1.5", "-0.5", "2.75", "0.123457")]
)
amounts = st.one_of(
    st.sampled_from((100_000, 1, 7, 1_000, 10_000, 50_000, 900_000)),
    st.integers(1, 3_000_000),
    st.integers(1, 10**12),
)
cycles = st.sampled_from(
    cast("list[Cycle]", ["monthly"] * 5 + ["quarterly"] * 4 + ["semiannual", "annual", "none"])
)
cycle_days = st.one_of(st.just(20), st.sampled_from((31, 30, 29, 1, 28, 15)), st.integers(1, 31))


def starts(days: st.SearchStrategy[int]) -> st.SearchStrategy[Start]:
    """An account's beginning to bear interest."""
    return st.builds(Start, customers, st.integers(0, CNY_TERMS - 1), days, cycles, cycle_days)


# Mostly money comes from the bank's cash, or the accounts would stay empty.
moves = st.one_of(
    st.builds(Move, st.just(CUSTOMERS), customers, amounts, value_days, st.just(False)),
    st.builds(
        Move,
        st.integers(0, CUSTOMERS),
        st.integers(0, CUSTOMERS),
        amounts,
        value_days,
        st.sampled_from((False, False, False, True)),
    ),
)
acts = st.builds(
    Act,
    st.sampled_from(("reversal", "reversal", "post", "void")),
    st.integers(0, 4),
    st.booleans(),
    value_days,
)
releases = st.builds(
    Release,
    st.lists(
        st.tuples(st.integers(0, len(KEYS) - 1), ahead_too, some_rates),
        min_size=1,
        max_size=2,
        unique_by=lambda rate: rate[:2],
    ).map(tuple),
)
changes = st.builds(Change, customers, st.integers(0, CNY_TERMS - 1), ahead_too)
stops = st.builds(Stop, customers, ahead_too)
settles = st.builds(Settle, customers, st.sampled_from((-1, -1, 0, -2, -6)))
pays = st.builds(
    Pay,
    customers,
    st.integers(0, CUSTOMERS),
    st.sampled_from([_rate("1.1"), _rate("0.35"), _rate("0"), _rate("-0.2")]),
    st.one_of(st.none(), st.integers(1, 100_000)),
    st.sampled_from((0, -1, -3, -10, -40)),
)
_PASSING = (
    AccountStatus.FROZEN,
    AccountStatus.CREDIT_BLOCKED,
    AccountStatus.DEBIT_BLOCKED,
    AccountStatus.DORMANT,
)
statuses = st.one_of(
    st.builds(Status, customers, st.sampled_from(_PASSING), st.just(False)),
    st.builds(Status, customers, st.just(AccountStatus.OPEN), st.just(False)),
    st.builds(Status, customers, st.just(AccountStatus.OPEN), st.just(False)),
    st.builds(Status, customers, st.just(AccountStatus.CLOSED), st.just(True)),
)
events: st.SearchStrategy[Event] = st.one_of(
    moves, moves, moves, acts, releases, changes, starts(ahead_too), settles, pays, stops, statuses
)
between = st.one_of(
    st.just(((), (), (), ())),
    st.tuples(*[st.lists(events, max_size=2).map(tuple) for _ in range(4)]),
)
closes = st.builds(
    Close,
    st.one_of(st.sampled_from((1, 1, 2, 3, 4)), st.integers(5, 20), st.integers(21, 45)),
    between,
    st.booleans(),
    st.one_of(st.just((0, 0, 0, 0)), st.tuples(*[st.integers(0, 3)] * 4)),
    st.sampled_from((1_000, 1, 2, 3)),
)
beginnings = st.builds(
    Beginning,
    st.sampled_from(BEGINNINGS),
    st.tuples(*[st.one_of(st.sampled_from((100_000_000, 0)), amounts)] * CUSTOMERS),
    st.lists(
        starts(st.sampled_from((0, 0, 0, 0, -4, -40, 1, 6))),
        min_size=2,
        max_size=CUSTOMERS,
        unique_by=lambda one: one.account,
    ).map(tuple),
)


def histories(shortest: int, longest: int) -> st.SearchStrategy[list[Step]]:
    """So many days, each with what happens on it and its close."""
    day = st.tuples(st.lists(events, max_size=4), closes)
    return st.lists(day, min_size=shortest, max_size=longest).map(
        lambda days: [step for happened, close in days for step in (*happened, close)]
    )
