"""Interest methods on balances: none, tiered, agreement quota, fixed.

Each answers ``terms(currency, day_count)`` with the terms that the accrual engine reads.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.library.day_counts import DayCountConvention
from sycee.components.library.money import Money, Percent, check_rate, minor
from sycee.components.library.rate_sources import RateKey, table_key

RateRule = Annotated[
    Literal["split", "settlement_day"],
    Meta(description="a change of rate splits the period, or the settlement day's rate goes for all of it"),
]
Tiering = Annotated[
    Literal["parts", "whole"],
    Meta(description="each part of the balance at its own tier's rate, or the whole at the tier it reaches"),
]


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of the balance: from ``above`` (whole currency units) on, the listed rate plus a spread."""

    above: Annotated[Money, Meta(description="lower bound of the tier, included, in whole units")]
    rate_key: (
        Annotated[RateKey, Meta(description="key of the listed rate, without the currency; none for 0")]
        | None
    ) = None
    spread: Annotated[Percent, Meta(description="added to the listed rate, in per cent a year")] = Decimal(0)

    def __post_init__(self) -> None:
        if self.above < 0:
            raise ValueError(f"above is {self.above}: 0 or more is expected")
        check_rate("spread", self.spread)

    def rate_tier(self, currency: str) -> RateTier:
        """The same in minor units, with the rate table's key."""
        key = None if self.rate_key is None else table_key(currency, self.rate_key)
        return RateTier(minor(self.above, currency), key, self.spread)


@capability("interest.none", version=1, kind=Kind.INTEREST, owner="deposits", zh="不计息")
class NoInterest(Parameters, frozen=True, kw_only=True):
    """No interest

    The balance bears nothing: capital-verification accounts, some supervised and margin accounts.
    """

    def terms(self, currency: str, day_count: DayCountConvention = "actual/360") -> InterestTerms:
        """One tier at rate 0."""
        return InterestTerms(currency, day_count, "split", "parts", (RateTier(),))


@capability("interest.tiered", version=1, kind=Kind.INTEREST, owner="deposits", zh="分档计息")
class TieredInterest(Parameters, frozen=True, kw_only=True):
    """Interest on the daily balance, by tiers

    Sum of end-of-day balances × yearly rate / 360 (积数计息法). One tier is the plain demand deposit.
    When the rate changes within a period, banks either split it or apply the rate of the settlement
    day: a parameter.
    """

    tiers: Annotated[tuple[Tier, ...], Meta(description="ascending, the first from 0", min_length=1)]
    rate_rule: RateRule = "split"
    tiering: Tiering = "parts"
    overdraft: Annotated[
        Tier | None, Meta(description="rate of a negative balance; none for no interest")
    ] = None

    def __post_init__(self) -> None:
        bounds = [tier.above for tier in self.tiers]
        if bounds[0] != 0 or any(low >= high for low, high in pairwise(bounds)):
            shown = ", ".join(map(str, bounds))
            raise ValueError(f"tiers are above {shown}: 0 first and then ascending is expected")

    def terms(self, currency: str, day_count: DayCountConvention = "actual/360") -> InterestTerms:
        """The terms for an account of a currency."""
        overdraft = None if self.overdraft is None else self.overdraft.rate_tier(currency)
        tiers = tuple(tier.rate_tier(currency) for tier in self.tiers)
        return InterestTerms(currency, day_count, self.rate_rule, self.tiering, tiers, overdraft)


@capability("interest.agreement", version=1, kind=Kind.INTEREST, owner="deposits", zh="协定存款计息")
class AgreementInterest(Parameters, frozen=True, kw_only=True):
    """Interest above an agreed quota

    Per day: what lies below the quota at the demand rate, what lies above it at the agreement rate.
    The quota's floor differs from bank to bank (10,000; 100,000): a parameter. The agreement rate is
    expected between the demand rate and the six-month time rate.
    """

    quota: Annotated[
        Money, Meta(description="balance from which on the agreement rate is borne, in whole units")
    ]
    quota_floor: Annotated[Money, Meta(description="least quota that the bank agrees to, in whole units")] = (
        Decimal(0)
    )
    below: Annotated[RateKey, Meta(description="key of the rate below the quota")] = "demand"
    above: Annotated[RateKey, Meta(description="key of the rate above the quota")] = "agreement"
    spread: Annotated[Decimal, Meta(description="added to the listed agreement rate, in per cent")] = Decimal(
        0
    )
    rate_rule: RateRule = "split"

    def __post_init__(self) -> None:
        check_rate("spread", self.spread)
        if self.quota <= 0 or self.quota < self.quota_floor:
            raise ValueError(
                f"quota is {self.quota}: more than 0 and at least {self.quota_floor} is expected"
            )

    def terms(self, currency: str, day_count: DayCountConvention = "actual/360") -> InterestTerms:
        """Two tiers that meet at the quota."""
        quota = minor(self.quota, currency)
        low = RateTier(0, table_key(currency, self.below))
        high = RateTier(quota, table_key(currency, self.above), self.spread)
        return InterestTerms(currency, day_count, self.rate_rule, "parts", (low, high))

    def rate_problem(self, agreement: Decimal, demand: Decimal, six_months: Decimal) -> str | None:
        """What is wrong with an agreement rate (with its spread) beside the other two; None when nothing."""
        if demand < agreement < six_months:
            return None
        return (
            f"the agreement rate {agreement} is expected above the demand rate {demand} "
            f"and below the six-month rate {six_months}"
        )


@capability("interest.fixed", version=1, kind=Kind.INTEREST, owner="deposits", zh="固定利率计息")
class FixedInterest(Parameters, frozen=True, kw_only=True):
    """Interest on the daily balance at a rate of the contract

    Margin and supervised accounts whose rate is agreed once; no table is asked. ``below`` which no
    interest is borne is a parameter.
    """

    percent: Annotated[Percent, Meta(description="rate of the contract, in per cent a year")]
    bears_from: Annotated[
        Decimal, Meta(description="balance (whole units) from which on the part above it bears interest")
    ] = Decimal(0)

    def __post_init__(self) -> None:
        check_rate("percent", self.percent, Decimal(0))
        if self.bears_from < 0:
            raise ValueError(f"bears_from is {self.bears_from}: 0 or more is expected")

    def terms(self, currency: str, day_count: DayCountConvention = "actual/360") -> InterestTerms:
        """The agreed rate as a spread over nothing."""
        first = minor(self.bears_from, currency)
        bearing = RateTier(first, None, self.percent)
        tiers = (RateTier(), bearing) if first else (bearing,)
        return InterestTerms(currency, day_count, "split", "parts", tiers)
