"""Settlement of interest: on which days it is paid, and how its one rounding goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import ONE_DAY, InterestLine, Reckoning, RoundingMode, reckon, round_minor
from sycee.components.library.months import add_months, month_end

Cycle = Literal["monthly", "quarterly", "semiannual", "annual", "at_maturity", "none"]
_MONTHS: dict[str, int] = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}


@capability("settlement.cycle", version=1, kind=Kind.SETTLEMENT, owner="deposits", zh="结息周期")
class SettlementCycle(Parameters, frozen=True, kw_only=True):
    """Settlement cycle of interest

    Settled in the last month of the cycle (quarterly: March, June, September, December) and credited the
    day after; quarterly on the 20th, credited on the 21st, is the custom of corporate deposits in China.
    The settlement day's own balance belongs to the period that it closes.
    """

    cycle: Annotated[Cycle, Meta(description="how often interest is settled")]
    day: Annotated[
        int, Meta(description="day of the month; the month's last where there is none", ge=1, le=31)
    ] = 20
    credited_after_days: Annotated[int, Meta(description="days from settlement to credit", ge=0, le=10)] = 1

    @property
    def periodic(self) -> bool:
        """Whether there are settlement days at all between opening and closing."""
        return self.cycle in _MONTHS

    def settlement_days(self, start: date, end: date) -> tuple[date, ...]:
        """The settlement days from ``start`` to ``end``, both included."""
        if not self.periodic:
            return ()
        found: list[date] = []
        for day in self._from(start):
            if day > end:
                break
            found.append(day)
        return tuple(found)

    def is_settlement_day(self, day: date) -> bool:
        """Whether interest is settled on that day."""
        return self.settlement_days(day, day) == (day,)

    def next_settlement(self, after: date) -> date | None:
        """The first settlement day later than a day; None when the cycle has none."""
        return next(self._from(after + ONE_DAY)) if self.periodic else None

    def credit_day(self, settlement: date) -> date:
        """The day on which what was settled is credited, and begins to bear interest itself."""
        return settlement + timedelta(days=self.credited_after_days)

    def periods(self, start: date, end: date) -> tuple[tuple[date, date], ...]:
        """The interest periods (both ends included) that ``start`` to ``end`` falls into."""
        cuts = [day for day in self.settlement_days(start, end) if day < end]
        firsts = [start, *(day + ONE_DAY for day in cuts)]
        return tuple(zip(firsts, [*cuts, end], strict=True))

    def _from(self, start: date) -> Iterator[date]:
        step = _MONTHS[self.cycle]
        first = start.replace(day=1)
        first = add_months(first, -(first.month % step))
        while True:
            day = month_end(first)
            if self.day < day.day:
                day = day.replace(day=self.day)
            if day >= start:
                yield day
            first = add_months(first, step)


@capability("rounding.minor", version=1, kind=Kind.ROUNDING, owner="accounting", zh="计息舍入规则")
class Rounding(Parameters, frozen=True, kw_only=True):
    """Rounding of settled interest

    Once, at settlement: accruals keep full precision. To the fen (the currency's minor unit) by
    default, or to a multiple of it.
    """

    mode: Annotated[RoundingMode, Meta(description="half_up, half_even, down (cut) or up")] = "half_up"
    unit: Annotated[int, Meta(description="multiple of the minor unit that is paid", ge=1, le=100_000)] = 1

    def round(self, exact: Fraction) -> int:
        """Minor units for an exact amount."""
        return round_minor(exact, self.mode, self.unit)

    def reckon(self, lines: tuple[InterestLine, ...]) -> Reckoning:
        """Lines added up and rounded once."""
        return reckon(lines, self.mode, self.unit)
