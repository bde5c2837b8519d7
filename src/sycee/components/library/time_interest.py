"""Interest of time deposits and certificates: by whole months and odd days, or by all actual days.

Both forms are in use; which one holds is a product parameter: the bank
chooses. The rate is fixed at opening; days after maturity bear the demand rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.library.day_counts import DayCountConvention, period_line
from sycee.components.library.lines import (
    InterestLine,
    Reckoning,
    RoundingMode,
    last_day,
    reckon,
    simple_interest,
)
from sycee.components.library.money import Percent, check_rate
from sycee.components.library.months import add_months, whole_months
from sycee.components.library.rate_sources import (
    RateKey,
    RateOn,
    bounded,
    check_bounds,
    reset_days,
    table_key,
)

TimeForm = Annotated[
    Literal["units", "actual_days"],
    Meta(description="whole years and months plus odd days at the daily rate, or all actual days"),
]
MONTH_DAYS = 30
UNITS_BASIS = "months of 30 days"


def time_lines(
    principal: int,
    start: date,
    end: date,
    rate: Decimal,
    form: Literal["units", "actual_days"] = "units",
    day_count: DayCountConvention = "actual/360",
    why: str = "",
) -> tuple[InterestLine, ...]:
    """The lines of one principal at one rate from ``start`` to ``end`` (not included).

    ``units``: whole years and months × rate / 12 a month, the odd days by the day count.
    ``actual_days``: all days by the day count.
    """
    if end <= start:
        return ()
    months = whole_months(start, end) if form == "units" else 0
    if not months:
        return (period_line(start, end, principal, rate, day_count, why),)
    turn = add_months(start, months)
    whole = InterestLine(
        start=start,
        end=last_day(turn),
        days=months * MONTH_DAYS,
        balance=principal,
        rate=rate,
        interest=simple_interest(principal, rate, Fraction(months, 12)),
        basis=UNITS_BASIS,
        months=months,
        why=why,
    )
    odd = (period_line(turn, end, principal, rate, day_count, why),) if turn < end else ()
    return (whole, *odd)


def time_interest(
    principal: int,
    start: date,
    maturity: date,
    paid_on: date,
    rate: Decimal,
    demand_rate: Decimal,
    *,
    form: Literal["units", "actual_days"] = "units",
    day_count: DayCountConvention = "actual/360",
    mode: RoundingMode = "half_up",
) -> Reckoning:
    """What a time deposit has earned when it is paid out on a day.

    Before maturity: all its days at the demand rate. On it: the fixed rate. After it: the fixed rate to
    maturity and the demand rate (of the day of payment) for the days since.
    """
    if paid_on < maturity:
        early = period_line(start, paid_on, principal, demand_rate, day_count, "early_withdrawal")
        return reckon([early] if paid_on > start else [], mode)
    lines = list(time_lines(principal, start, maturity, rate, form, day_count, "fixed_rate"))
    if paid_on > maturity:
        why = "after_maturity"
        lines.append(period_line(maturity, paid_on, principal, demand_rate, day_count, why))
    return reckon(lines, mode)


@capability("interest.time", version=1, kind=Kind.INTEREST, owner="deposits", zh="定期存款计息")
class TimeInterest(Parameters, frozen=True, kw_only=True):
    """Interest of a time deposit at the rate of its opening day

    Whole years and months at the yearly or monthly rate plus odd days at the daily rate, or all actual
    days at the daily rate; a month is 30 days in the first form, the daily rate is the yearly one / 360.
    Days after maturity, and sums withdrawn early, bear the demand rate.
    """

    rate_key: Annotated[RateKey, Meta(description="key of the rate of the opening day")]
    spread: Annotated[Percent, Meta(description="added to the listed rate, in per cent a year")] = Decimal(0)
    form: TimeForm = "units"
    overdue_rate_key: Annotated[
        RateKey, Meta(description="key of the rate after maturity and of early withdrawals")
    ] = "demand"

    def __post_init__(self) -> None:
        check_rate("spread", self.spread)

    def opening_rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate that a deposit opened (or renewed) on a day keeps to its maturity."""
        return rate_on(table_key(currency, self.rate_key), day) + self.spread

    def overdue_rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate of days after maturity and of early withdrawals, as of the day of payment."""
        return rate_on(table_key(currency, self.overdue_rate_key), day)

    def terms(
        self, currency: str, day_count: DayCountConvention = "actual/360", rate: Decimal | None = None
    ) -> InterestTerms:
        """What accrues daily until the deposit is paid: the opening rate when given, else the listed one."""
        tier = RateTier(0, table_key(currency, self.rate_key), self.spread)
        if rate is not None:
            tier = RateTier(0, None, rate)
        return InterestTerms(currency, day_count, "split", "parts", (tier,))

    def lines(
        self,
        principal: int,
        start: date,
        end: date,
        rate: Decimal,
        day_count: DayCountConvention = "actual/360",
    ) -> tuple[InterestLine, ...]:
        """The lines of a principal (minor units) at its fixed rate, ``end`` not included."""
        return time_lines(principal, start, end, rate, self.form, day_count)

    def interest(
        self,
        principal: int,
        start: date,
        maturity: date,
        paid_on: date,
        rate: Decimal,
        demand_rate: Decimal,
        day_count: DayCountConvention = "actual/360",
        mode: RoundingMode = "half_up",
    ) -> Reckoning:
        """As ``time_interest`` in this product's form."""
        return time_interest(
            principal, start, maturity, paid_on, rate, demand_rate,
            form=self.form, day_count=day_count, mode=mode,
        )  # fmt: skip


@capability("interest.floating", version=1, kind=Kind.INTEREST, owner="treasury", zh="浮动利率计息")
class FloatingInterest(Parameters, frozen=True, kw_only=True):
    """Interest at a floating rate, set anew at intervals

    A reference (SHIBOR and the like) of the reset day plus a spread, between floor and cap, kept until
    the next reset; actual days by the day count. Large certificates of deposit may float on SHIBOR.
    """

    reference_key: Annotated[RateKey, Meta(description="key of the reference in the rate table")]
    reset_months: Annotated[int, Meta(description="months from one reset to the next", ge=1, le=12)]
    spread: Annotated[Percent, Meta(description="added to the reference, in per cent a year")] = Decimal(0)
    cap: Annotated[Percent, Meta(description="highest rate, in per cent a year; none for without")] | None = (
        None
    )
    floor: (
        Annotated[Percent, Meta(description="lowest rate, in per cent a year; none for without")] | None
    ) = Decimal(0)
    overdue_rate_key: Annotated[
        RateKey, Meta(description="key of the rate after maturity and of early withdrawals")
    ] = "demand"

    def __post_init__(self) -> None:
        check_rate("spread", self.spread)
        check_bounds(self.cap, self.floor)

    def rate_of(self, reference: Decimal) -> Decimal:
        """The rate that follows from a reference."""
        return bounded(reference + self.spread, self.cap, self.floor)

    def opening_rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate that is set on a day, kept to the next reset."""
        return self.rate_of(rate_on(table_key(currency, self.reference_key), day))

    def overdue_rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate of days after maturity and of early withdrawals, as of the day of payment."""
        return rate_on(table_key(currency, self.overdue_rate_key), day)

    def resets(self, start: date, maturity: date) -> tuple[date, ...]:
        """The days on which the rate is set, the first being ``start``."""
        return reset_days(start, maturity, self.reset_months)

    def terms(
        self, currency: str, day_count: DayCountConvention = "actual/360", rate: Decimal | None = None
    ) -> InterestTerms:
        """What accrues daily until the next reset: the rate set, else the reference and its spread."""
        tier = RateTier(0, table_key(currency, self.reference_key), self.spread)
        if rate is not None:
            tier = RateTier(0, None, rate)
        return InterestTerms(currency, day_count, "split", "parts", (tier,))

    def lines(
        self,
        principal: int,
        start: date,
        end: date,
        rates: Sequence[tuple[date, Decimal]],
        day_count: DayCountConvention = "actual/360",
    ) -> tuple[InterestLine, ...]:
        """The lines of a principal under the rates that were set (from day, rate), ``end`` not included.

        Raises ValueError when the first rate was not set on ``start``.
        """
        if not rates or rates[0][0] != start:
            raise ValueError(f"a rate set on {start} is expected first")
        turns = [*(day for day, _ in rates[1:]), end]
        return tuple(
            period_line(day, min(turn, end), principal, rate, day_count, "floating_reset")
            for (day, rate), turn in zip(rates, turns, strict=True)
            if day < min(turn, end)
        )

    def interest(
        self,
        principal: int,
        start: date,
        maturity: date,
        paid_on: date,
        rates: Sequence[tuple[date, Decimal]],
        demand_rate: Decimal,
        day_count: DayCountConvention = "actual/360",
        mode: RoundingMode = "half_up",
    ) -> Reckoning:
        """What the deposit has earned when paid on a day; early and overdue days at the demand rate."""
        if paid_on < maturity:
            return time_interest(
                principal, start, maturity, paid_on, Decimal(0), demand_rate, day_count=day_count, mode=mode
            )
        lines = list(self.lines(principal, start, maturity, rates, day_count))
        if paid_on > maturity:
            why = "after_maturity"
            lines.append(period_line(maturity, paid_on, principal, demand_rate, day_count, why))
        return reckon(lines, mode)
