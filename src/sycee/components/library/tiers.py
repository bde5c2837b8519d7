"""Tiers: what a customer's size adds to a rate or takes off a price, kept apart from the product."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import round_minor
from sycee.components.library.money import (
    CurrencyCode,
    Money,
    Percent,
    check_currency,
    check_money,
    check_rate,
    minor,
)

MOST_DISCOUNT = Decimal(100)


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From ``above`` (whole units, included) on: so much per cent."""

    above: Annotated[Money, Meta(description="lower bound, included, in whole units")]
    percent: Annotated[Percent, Meta(description="spread in per cent a year, or discount in per cent")]


class Tiers(Parameters, frozen=True, kw_only=True):
    """What every table of tiers has: a currency and ascending steps from 0."""

    steps: Annotated[tuple[Step, ...], Meta(description="ascending, the first from 0", min_length=1)]
    currency: Annotated[CurrencyCode, Meta(description="currency of the amounts")] = "CNY"

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        bounds = [step.above for step in self.steps]
        if bounds[0] != 0 or any(low >= high for low, high in pairwise(bounds)):
            shown = ", ".join(map(str, bounds))
            raise ValueError(f"steps are above {shown}: 0 first and then ascending is expected")
        for place, step in enumerate(self.steps):
            check_money(f"steps.{place}.above", step.above, self.currency)
            check_rate(f"steps.{place}.percent", step.percent)

    def _reached(self, amount: int) -> Step:
        return [step for step in self.steps if minor(step.above, self.currency) <= max(amount, 0)][-1]


@capability("tiers.spread", version=1, kind=Kind.TIERS, owner="treasury", zh="利率加点分档")
class SpreadTiers(Tiers, frozen=True, kw_only=True):
    """Spread by amount

    What is added to a product's rate for an amount placed, or for an average balance: larger sums are
    quoted finer.
    """

    def spread(self, amount: int) -> Decimal:
        """The spread (per cent a year) for an amount in minor units."""
        return self._reached(amount).percent


@capability("tiers.discount", version=1, kind=Kind.TIERS, owner="pricing", zh="收费折扣分档")
class DiscountTiers(Tiers, frozen=True, kw_only=True):
    """Discount on fees by balance

    What is taken off every fee of a period by the customer's average balance.
    """

    measure: Annotated[
        Literal["average_balance", "turnover", "fees_paid"], Meta(description="what the tier is reached by")
    ] = "average_balance"

    def __post_init__(self) -> None:
        super().__post_init__()
        for place, step in enumerate(self.steps):
            if not 0 <= step.percent <= MOST_DISCOUNT:
                raise ValueError(f"steps.{place}.percent is {step.percent}: between 0 and 100 is expected")

    def discounted(self, fee: int, measured: int) -> int:
        """A fee (minor units) after the discount for what was measured, cut to the minor unit."""
        rest = 100 - self._reached(measured).percent
        return round_minor(fee * Fraction(rest) / 100, "down")
