"""Tenors: when a deposit matures, and contracts that run for a while and renew themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.calendars import BusinessCalendar
from sycee.components.library.lines import ONE_DAY
from sycee.components.library.months import add_months


@capability("tenor.fixed", version=1, kind=Kind.TENOR, owner="deposits", zh="固定存期")
class FixedTenor(Parameters, frozen=True, kw_only=True):
    """Fixed tenor

    A deposit for a number of months, or of days. It matures on the corresponding day, or on the last
    day of a month that has none (31 August plus six months: 28 or 29 February).
    """

    months: Annotated[int, Meta(description="months, 0 for a tenor in days", ge=0, le=120)] = 0
    days: Annotated[int, Meta(description="days, 0 for a tenor in months", ge=0, le=3660)] = 0
    month_ends: Annotated[
        bool, Meta(description="a deposit opened on a month's last day matures on a month's last day")
    ] = False

    def __post_init__(self) -> None:
        if bool(self.months) == bool(self.days):
            raise ValueError(f"months is {self.months}, days is {self.days}: exactly one of them is expected")

    def maturity(self, start: date, calendar: BusinessCalendar | None = None) -> date:
        """The day a deposit that starts on a day matures; moved to a business day as the calendar says."""
        if self.months:
            day = add_months(start, self.months, month_ends=self.month_ends)
        else:
            day = start + timedelta(days=self.days)
        return day if calendar is None else calendar.adjust(day)


@capability("tenor.range", version=1, kind=Kind.TENOR, owner="deposits", zh="协商存期")
class NegotiatedTenor(Parameters, frozen=True, kw_only=True):
    """Tenor agreed within a range

    The maturity is a day of the customer's choice, not earlier and not later than so many days after
    the start: margin that stands as long as its obligation, structured placements.
    """

    least_days: Annotated[int, Meta(description="shortest tenor in days", ge=1, le=3660)]
    most_days: Annotated[int, Meta(description="longest tenor in days", ge=1, le=3660)]

    def __post_init__(self) -> None:
        if self.least_days > self.most_days:
            raise ValueError(f"least_days is {self.least_days}, above most_days, {self.most_days}")

    def maturity_problem(self, start: date, maturity: date) -> str | None:
        """What is wrong with a chosen maturity; None when nothing is."""
        days = (maturity - start).days
        if self.least_days <= days <= self.most_days:
            return None
        return f"{days} days: between {self.least_days} and {self.most_days} are expected"


@capability("tenor.contract", version=1, kind=Kind.TENOR, owner="deposits", zh="合同期限")
class ContractTenor(Parameters, frozen=True, kw_only=True):
    """Term of a contract that renews itself

    An agreement deposit's contract runs for at most a year and goes on for as long again unless one
    side says otherwise in time.
    """

    months: Annotated[int, Meta(description="length of one term in months", ge=1, le=12)] = 12
    renews: Annotated[bool, Meta(description="whether it goes on by itself")] = True
    objection_days: Annotated[
        int, Meta(description="days before the end by which an objection must have been made", ge=0, le=90)
    ] = 0

    def maturity(self, start: date, calendar: BusinessCalendar | None = None) -> date:
        """The day on which the first term is over; a contract's end is not moved by a calendar."""
        del calendar
        return add_months(start, self.months)

    def term_end(self, start: date, day: date) -> date:
        """The day on which the term that a day lies in is over (that day is the next term's first)."""
        turn = 1
        while self.renews and add_months(start, turn * self.months) <= day:
            turn += 1
        return add_months(start, turn * self.months)

    def in_force(self, start: date, day: date) -> bool:
        """Whether the contract holds on a day."""
        return start <= day < self.term_end(start, day)

    def last_objection_day(self, start: date, day: date) -> date:
        """The last day on which an objection ends the contract with the term that a day lies in."""
        return self.term_end(start, day) - ONE_DAY - timedelta(days=self.objection_days)


@capability("tenor.open", version=1, kind=Kind.TENOR, owner="deposits", zh="不约定期限")
class OpenTenor(Parameters, frozen=True, kw_only=True):
    """No agreed term

    Demand and notice deposits, and accounts: they run until they are closed, at most for so many
    months where a rule says so (temporary accounts).
    """

    most_months: Annotated[int, Meta(description="longest life in months, 0 for none", ge=0, le=600)] = 0

    def last_day(self, start: date) -> date | None:
        """The last day the deposit or account may live; None when it may live on."""
        return add_months(start, self.most_months) - ONE_DAY if self.most_months else None
