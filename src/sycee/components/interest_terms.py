"""The terms on which an account bears interest: what products say and the engine of interest reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

DayCount = Literal["actual/360", "actual/365", "actual/actual", "30E/360"]
RateRule = Literal["split", "settlement_day"]
Tiering = Literal["parts", "whole"]


class RateTier(msgspec.Struct, frozen=True):
    """A step of the balance and its rate.

    ``above`` is the lower bound, inclusive, in minor units. The rate of a day is the rate table's value for
    ``rate_key`` (0 without one) plus ``spread``, in percent a year, never below ``floor`` nor above ``cap``.
    """

    above: int = 0
    rate_key: str | None = None
    spread: Decimal = Decimal(0)
    floor: Decimal | None = None
    cap: Decimal | None = None


class InterestTerms(msgspec.Struct, frozen=True):
    """All that the accrual of an account needs to know.

    ``rate_rule``: a change of rate splits the period (``split``), or the rate of the settlement day goes for
    all of it (``settlement_day``). ``tiering``: each part of the balance bears its own tier's rate
    (``parts``), or the whole bears that of the tier it reaches (``whole``). ``tiers`` ascend from 0.
    ``overdraft`` is the rate of a negative balance; without it, that bears nothing.
    Raises ValueError when the tiers do not ascend from 0.
    """

    currency: str
    day_count: DayCount
    rate_rule: RateRule
    tiering: Tiering
    tiers: tuple[RateTier, ...]
    overdraft: RateTier | None = None

    def __post_init__(self) -> None:
        bounds = [tier.above for tier in self.tiers]
        if not bounds or bounds[0] != 0 or bounds != sorted(set(bounds)):
            raise ValueError(f"tiers start at 0 and ascend, these are at {bounds}")
