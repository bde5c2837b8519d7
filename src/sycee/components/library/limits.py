"""Limits: how much and how often, by period, channel and kind of counterparty.

A limit is asked with what was used before, holds included; it answers what is left. Limits of several
conditions all hold: the tightest wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.money import CurrencyCode, Money, check_currency, check_money, minor
from sycee.kernel.money import Amount

Period = Literal["transaction", "day", "month", "year"]
Counterparty = Literal["any", "own", "group", "company", "individual", "listed", "abroad"]
Direction = Literal["out", "in"]


class LimitUse(msgspec.Struct, frozen=True):
    """A movement to be checked (minor units), and what the period had used before it."""

    amount: int
    used: int = 0
    used_count: int = 0
    channel: str = "counter"
    counterparty: Counterparty = "company"
    direction: Direction = "out"
    currency: str = "CNY"


class LimitDecision(msgspec.Struct, frozen=True):
    """Whether a movement passes; ``left`` is what the limit leaves before it, None without an amount."""

    allowed: bool
    left: int | None = None
    reason: str = ""


class Limit(Parameters, frozen=True, kw_only=True):
    """What every limit has: the period it runs over, and which movements it is about."""

    period: Annotated[Period, Meta(description="transaction, day, month or year")]
    channels: Annotated[tuple[str, ...], Meta(description="channels it is about; empty for all")] = ()
    counterparty: Annotated[Counterparty, Meta(description="kind of counterparty it is about")] = "any"
    direction: Annotated[Direction, Meta(description="money going out, or coming in")] = "out"

    def concerns(self, use: LimitUse) -> bool:
        """Whether the limit is about such a movement."""
        return (
            (not self.channels or use.channel in self.channels)
            and self.counterparty in {"any", use.counterparty}
            and self.direction == use.direction
        )

    def check(self, use: LimitUse) -> LimitDecision:
        """Whether a movement passes."""
        raise NotImplementedError


@capability("limit.amount", version=1, kind=Kind.LIMIT, owner="risk", zh="金额限额")
class AmountLimit(Limit, frozen=True, kw_only=True):
    """Limit of amount

    The most that may move in one transaction, or in a day, month or year, on some channels and to some
    kind of counterparty.
    """

    most: Annotated[Money, Meta(description="most that may move, in whole units")]
    currency: Annotated[CurrencyCode, Meta(description="currency of the movements it is about")] = "CNY"

    def concerns(self, use: LimitUse) -> bool:
        """Whether the limit is about such a movement; one in another currency has limits of its own."""
        return use.currency == self.currency and super().concerns(use)

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        check_money("most", self.most, self.currency)

    def check(self, use: LimitUse) -> LimitDecision:
        """Whether a movement passes; a single transaction's limit does not look at what went before."""
        if not self.concerns(use):
            return LimitDecision(True)
        most = minor(self.most, self.currency)
        left = max(most - (0 if self.period == "transaction" else use.used), 0)
        if use.amount <= left:
            return LimitDecision(True, left)
        what = Amount(most, self.currency)
        return LimitDecision(False, left, f"{Amount(left, self.currency)} is left of {what} a {self.period}")


@capability("limit.count", version=1, kind=Kind.LIMIT, owner="risk", zh="笔数限额")
class CountLimit(Limit, frozen=True, kw_only=True):
    """Limit of number

    The most movements in a day, month or year.
    """

    most: Annotated[int, Meta(description="movements in the period", ge=0, le=10_000_000)]

    def __post_init__(self) -> None:
        if self.period == "transaction":
            raise ValueError("period is transaction: day, month or year is expected of a number")

    def check(self, use: LimitUse) -> LimitDecision:
        """Whether one more movement passes."""
        if not self.concerns(use) or use.used_count < self.most:
            return LimitDecision(True)
        return LimitDecision(False, 0, f"{use.used_count} of {self.most} a {self.period} are used")


@capability("limit.minimum", version=1, kind=Kind.LIMIT, owner="risk", zh="最低金额")
class MinimumLimit(Limit, frozen=True, kw_only=True):
    """Least amount

    A movement below this is not taken: on a rail or channel that is made for large sums.
    """

    least: Annotated[Money, Meta(description="least that may move, in whole units")]
    currency: Annotated[CurrencyCode, Meta(description="currency of the movements it is about")] = "CNY"

    def concerns(self, use: LimitUse) -> bool:
        """Whether the bound is about such a movement; one in another currency has bounds of its own."""
        return use.currency == self.currency and super().concerns(use)

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        check_money("least", self.least, self.currency)
        if self.period != "transaction":
            raise ValueError(f"period is {self.period}: transaction is expected of a least amount")

    def check(self, use: LimitUse) -> LimitDecision:
        """Whether the movement is large enough."""
        least = minor(self.least, self.currency)
        if not self.concerns(use) or use.amount >= least:
            return LimitDecision(True)
        return LimitDecision(False, None, f"at least {Amount(least, self.currency)} is expected")


@capability("limit.non_counter_agreed", version=1, kind=Kind.LIMIT, owner="compliance", zh="非柜面约定限额")
class NonCounterAgreedLimit(Limit, frozen=True, kw_only=True):
    """Agreed limit of transfers that are not made at a counter

    Bank and customer agree how much and how many a day, and how much a year, may be transferred outside
    of a counter; beyond that the customer comes to the counter. Rule against telecom fraud.
    """

    day_amount: Annotated[Money, Meta(description="agreed amount a day, in whole units")]
    day_count: Annotated[int, Meta(description="transfers a day", ge=1, le=1_000_000)]
    year_amount: Annotated[Money, Meta(description="agreed amount a year, in whole units")]
    currency: Annotated[CurrencyCode, Meta(description="currency of the movements it is about")] = "CNY"
    counter_channels: Annotated[
        tuple[str, ...], Meta(description="channels that are a counter, which the limit is not about")
    ] = ("counter",)

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        check_money("day_amount", self.day_amount, self.currency)
        check_money("year_amount", self.year_amount, self.currency)
        if self.period != "day":
            raise ValueError(f"period is {self.period}: day is expected of an agreed limit")
        if self.year_amount < self.day_amount:
            raise ValueError(f"year_amount is {self.year_amount}, below day_amount, {self.day_amount}")

    def concerns(self, use: LimitUse) -> bool:
        """Whether a movement is one outside of a counter."""
        return use.channel not in self.counter_channels and super().concerns(use)

    def check(self, use: LimitUse) -> LimitDecision:
        """Whether a transfer passes the day's amount and number."""
        if not self.concerns(use):
            return LimitDecision(True)
        most = minor(self.day_amount, self.currency)
        left = max(most - use.used, 0)
        if use.used_count >= self.day_count:
            return LimitDecision(False, left, f"{self.day_count} transfers a day are agreed")
        if use.amount > left:
            return LimitDecision(False, left, f"{Amount(most, self.currency)} a day is agreed")
        return LimitDecision(True, left)

    def check_year(self, use: LimitUse) -> LimitDecision:
        """As ``check``, with ``used`` of the year so far."""
        left = max(minor(self.year_amount, self.currency) - use.used, 0)
        if not self.concerns(use) or use.amount <= left:
            return LimitDecision(True, left)
        return LimitDecision(
            False, left, f"{Amount(left, self.currency)} is left of the year's agreed amount"
        )


def check_limits(limits: Iterable[Limit], use: LimitUse) -> LimitDecision:
    """The first refusal of several limits, else what the tightest leaves."""
    left: int | None = None
    for limit in limits:
        found = limit.check(use)
        if not found.allowed:
            return found
        if found.left is not None:
            left = found.left if left is None else min(left, found.left)
    return LimitDecision(True, left)
