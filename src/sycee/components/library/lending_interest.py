"""Interest between members of a group, and of entrusted loans: internal prices, overdue and misuse.

Funds that a member lends to a pool and borrows from it carry internal rates. An entrusted loan bears the
rate of its contract; what is overdue, or used for another purpose, bears a penalty on top, and interest
that is not paid compounds at the penalty rate.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.library.day_counts import DayCountConvention, period_line
from sycee.components.library.lines import InterestLine, Reckoning, RoundingMode, reckon
from sycee.components.library.money import Percent, check_rate
from sycee.components.library.rate_sources import RateKey, table_key

Case = Literal["overdue", "misuse"]
RATE_STEP = Decimal("0.000001")


@capability("interest.internal", version=1, kind=Kind.INTEREST, owner="cash", zh="内部资金计价")
class InternalInterest(Parameters, frozen=True, kw_only=True):
    """Internal interest of a pool

    What a member has in the pool bears the internal deposit rate, what it draws from it (a negative
    balance) the internal loan rate; both are the group's own prices, kept in the rate table.
    """

    deposit_rate_key: Annotated[RateKey, Meta(description="key of the rate for funds lent to the pool")]
    loan_rate_key: Annotated[RateKey, Meta(description="key of the rate for funds drawn from the pool")]
    deposit_spread: Annotated[Percent, Meta(description="added to the deposit rate, in per cent a year")] = (
        Decimal(0)
    )
    loan_spread: Annotated[Percent, Meta(description="added to the loan rate, in per cent a year")] = Decimal(
        0
    )

    def __post_init__(self) -> None:
        check_rate("deposit_spread", self.deposit_spread)
        check_rate("loan_spread", self.loan_spread)

    def terms(self, currency: str, day_count: DayCountConvention = "actual/360") -> InterestTerms:
        """One tier for what is lent, and the overdraft for what is drawn."""
        lent = RateTier(0, table_key(currency, self.deposit_rate_key), self.deposit_spread)
        drawn = RateTier(0, table_key(currency, self.loan_rate_key), self.loan_spread)
        return InterestTerms(currency, day_count, "split", "parts", (lent,), drawn)


@capability("interest.loan", version=1, kind=Kind.INTEREST, owner="cash", zh="委托贷款计息")
class LoanInterest(Parameters, frozen=True, kw_only=True):
    """Interest of an entrusted or internal loan

    The rate of the contract; what is overdue bears 30 to 50 per cent of that rate on top, what is used
    for another purpose 50 to 100 per cent. Interest not paid compounds at the penalty rate. A loan both
    overdue and misused bears the higher penalty, never both.
    """

    overdue_percent: Annotated[
        int, Meta(description="on top of the rate when overdue, in per cent of it", ge=30, le=50)
    ] = 50
    misuse_percent: Annotated[
        int, Meta(description="on top of the rate when misused, in per cent of it", ge=50, le=100)
    ] = 100
    compounds: Annotated[bool, Meta(description="whether interest not paid bears the penalty rate")] = True

    def terms(
        self, currency: str, day_count: DayCountConvention = "actual/360", rate: Decimal | None = None
    ) -> InterestTerms:
        """What the outstanding sum (a negative balance) bears day by day: the rate of the contract."""
        drawn = RateTier(0, None, Decimal(0) if rate is None else rate)
        return InterestTerms(currency, day_count, "split", "parts", (RateTier(),), drawn)

    def penalty_rate(self, rate: Decimal, *cases: Case) -> Decimal:
        """The rate of a loan in these cases: its own without any, else with the highest penalty on top."""
        percents = {"overdue": self.overdue_percent, "misuse": self.misuse_percent}
        penalty = max((percents[case] for case in cases), default=0)
        return (rate * (100 + penalty) / 100).quantize(RATE_STEP)

    def interest(
        self,
        principal: int,
        start: date,
        due: date,
        paid_on: date,
        rate: Decimal,
        *,
        unpaid: int = 0,
        misused_from: date | None = None,
        day_count: DayCountConvention = "actual/360",
        mode: RoundingMode = "half_up",
    ) -> Reckoning:
        """What a principal (minor units) owes from ``start`` to ``paid_on`` (not included).

        From ``due`` on it is overdue, from ``misused_from`` on misused. ``unpaid`` interest of earlier
        periods bears the penalty rate of each day while the loan is overdue or misused.
        """
        turns = {start, paid_on} | {day for day in (due, misused_from) if day and start < day < paid_on}
        days = sorted(turns)
        lines: list[InterestLine] = []
        for first, last in pairwise(days):
            cases: list[Case] = ["overdue"] if first >= due else []
            if misused_from is not None and first >= misused_from:
                cases.append("misuse")
            why = "misuse_penalty" if "misuse" in cases else "overdue_penalty" if cases else "contract_rate"
            charged = self.penalty_rate(rate, *cases)
            lines.append(period_line(first, last, principal, charged, day_count, why))
            if unpaid and cases and self.compounds:
                lines.append(period_line(first, last, unpaid, charged, day_count, "compound_interest"))
        return reckon(lines, mode)
