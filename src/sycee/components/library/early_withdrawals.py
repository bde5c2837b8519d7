"""Early withdrawal: what a time deposit or certificate pays that is asked for before its maturity."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.day_counts import DayCountConvention, period_line
from sycee.components.library.errors import EarlyWithdrawalRefused
from sycee.components.library.lines import Reckoning, RoundingMode, reckon
from sycee.components.library.money import Moneys, check_moneys, minor_of
from sycee.components.library.rate_sources import RateKey, RateOn, table_key
from sycee.kernel.money import Amount


class EarlyWithdrawn(msgspec.Struct, frozen=True):
    """The outcome: what was withdrawn, its interest, and what goes on (0: the deposit closes)."""

    amount: int
    interest: Reckoning
    remaining: int


@capability(
    "early_withdrawal.demand_rate",
    version=1,
    kind=Kind.EARLY_WITHDRAWAL,
    owner="deposits",
    zh="提前支取按活期计息",
)
class EarlyAtDemandRate(Parameters, frozen=True, kw_only=True):
    """Early withdrawal at the demand rate

    What is withdrawn early bears the demand rate listed on the day of withdrawal for its actual days.
    A part may be withdrawn so many times (once, for time deposits of units); what remains keeps its
    start, rate and maturity and may not fall below the minimum.
    """

    partial_times: Annotated[int, Meta(description="how many part-withdrawals at most", ge=0, le=100)] = 1
    whole: Annotated[bool, Meta(description="whether all of it may be withdrawn early")] = True
    minimum_remaining: Annotated[
        Moneys, Meta(description="what a part-withdrawal must leave, in whole units by currency")
    ] = msgspec.field(default_factory=dict)
    minimum_withdrawal: Annotated[
        Moneys, Meta(description="least part that is withdrawn, in whole units by currency")
    ] = msgspec.field(default_factory=dict)
    rate_key: Annotated[RateKey, Meta(description="rate of what is withdrawn early")] = "demand"

    def __post_init__(self) -> None:
        check_moneys("minimum_remaining", self.minimum_remaining)
        check_moneys("minimum_withdrawal", self.minimum_withdrawal)

    def rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate of what is withdrawn early on a day."""
        return rate_on(table_key(currency, self.rate_key), day)

    def problem(self, currency: str, balance: int, amount: int, parts_before: int) -> str | None:
        """Why a withdrawal (minor units) is refused, and what would be right; None when it is allowed."""
        if not 0 < amount <= balance:
            shown = f"{_text(amount, currency)} of {_text(balance, currency)}"
            return f"{shown}: more than 0, at most all is expected"
        if amount == balance:
            return None if self.whole else "it may not be withdrawn as a whole before its maturity"
        if parts_before >= self.partial_times:
            return f"a part may be withdrawn early {self.partial_times} times, it was {parts_before} times"
        least = minor_of(self.minimum_withdrawal, currency)
        if amount < least:
            return f"{_text(amount, currency)}: at least {_text(least, currency)} may be withdrawn"
        kept = minor_of(self.minimum_remaining, currency)
        if balance - amount < kept:
            return f"{_text(balance - amount, currency)} would remain: at least {_text(kept, currency)} must"
        return None

    def withdraw(
        self,
        currency: str,
        balance: int,
        amount: int,
        start: date,
        day: date,
        demand_rate: Decimal,
        parts_before: int = 0,
        day_count: DayCountConvention = "actual/360",
        mode: RoundingMode = "half_up",
    ) -> EarlyWithdrawn:
        """Withdraw an amount (minor units) early. Raises EarlyWithdrawalRefused."""
        problem = self.problem(currency, balance, amount, parts_before)
        if problem is not None:
            raise EarlyWithdrawalRefused(problem)
        why = "early_withdrawal"
        lines = [period_line(start, day, amount, demand_rate, day_count, why)] if start < day else []
        return EarlyWithdrawn(amount, reckon(lines, mode), balance - amount)


@capability(
    "early_withdrawal.refused", version=1, kind=Kind.EARLY_WITHDRAWAL, owner="deposits", zh="不可提前支取"
)
class NoEarlyWithdrawal(Parameters, frozen=True, kw_only=True):
    """No early withdrawal

    The deposit is held to maturity; a certificate may still be transferred where its form allows it.
    """

    def problem(self, currency: str, balance: int, amount: int, parts_before: int) -> str | None:  # noqa: ARG002
        """Always why not: the interface of every rule of early withdrawal."""
        return "the deposit is held to its maturity"

    def withdraw(
        self,
        currency: str,
        balance: int,
        amount: int,
        start: date,
        day: date,
        demand_rate: Decimal,
        parts_before: int = 0,
        day_count: DayCountConvention = "actual/360",
        mode: RoundingMode = "half_up",
    ) -> EarlyWithdrawn:
        """Raises EarlyWithdrawalRefused, always."""
        del start, day, demand_rate, day_count, mode
        raise EarlyWithdrawalRefused(self.problem(currency, balance, amount, parts_before) or "")


def _text(amount: int, currency: str) -> str:
    return str(Amount(amount, currency))
