"""Statements and balance confirmations: when they fall due, in which form, by which way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import ONE_DAY
from sycee.components.library.months import add_months, month_end

StatementCycleName = Literal["daily", "weekly", "monthly", "quarterly", "semiannual", "annual", "on_request"]
_MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
DAYS_A_WEEK = 7


def cycle_days(cycle: str, start: date, end: date, weekday: int = 0) -> Iterator[date]:
    """The last days of the cycle's periods from ``start`` to ``end``, both included.

    Weeks end on ``weekday`` (Monday is 0); the others on the last day of their last month.
    """
    day = start
    if cycle == "on_request":
        return
    if cycle == "weekly":
        day += timedelta(days=(weekday - day.weekday()) % DAYS_A_WEEK)
    if cycle in {"daily", "weekly"}:
        while day <= end:
            yield day
            day += ONE_DAY if cycle == "daily" else timedelta(days=DAYS_A_WEEK)
        return
    step = _MONTHS[cycle]
    first = start.replace(day=1)
    first = add_months(first, -first.month % step)
    while (day := month_end(first)) <= end:
        if day >= start:
            yield day
        first = add_months(first, step)


@capability("statement.cycle", version=1, kind=Kind.STATEMENT, owner="operations", zh="对账单周期")
class StatementCycle(Parameters, frozen=True, kw_only=True):
    """Statement cycle, and confirmation of balances

    How often a statement is made, whether also for a period without movements, in which forms and by
    which way; how often the customer is asked to confirm the balance, and within how many days.
    """

    cycle: Annotated[StatementCycleName, Meta(description="how often a statement is made")]
    weekday: Annotated[int, Meta(description="last day of a week, Monday is 0", ge=0, le=6)] = 4
    empty: Annotated[bool, Meta(description="also for a period without movements")] = True
    formats: Annotated[
        tuple[Literal["pdf", "csv", "json", "camt.053", "camt.052", "mt940", "paper"], ...],
        Meta(description="forms in which it is made", min_length=1),
    ] = ("pdf",)
    delivery: Annotated[
        Literal["download", "mail", "counter", "host_to_host", "swift"],
        Meta(description="how it is delivered"),
    ] = "download"
    confirmation: Annotated[
        StatementCycleName,
        Meta(description="how often the balance is to be confirmed; on_request for never by itself"),
    ] = "quarterly"
    answer_days: Annotated[int, Meta(description="days in which the customer answers", ge=1, le=90)] = 30

    def due_days(self, start: date, end: date) -> tuple[date, ...]:
        """The days at whose end a statement is made, from ``start`` to ``end``, both included."""
        return tuple(cycle_days(self.cycle, start, end, self.weekday))

    def confirmation_days(self, start: date, end: date) -> tuple[date, ...]:
        """The days whose end-of-day balance the customer is asked to confirm."""
        return tuple(cycle_days(self.confirmation, start, end, self.weekday))

    def answer_by(self, confirmed: date) -> date:
        """The last day for the answer about a balance."""
        return confirmed + timedelta(days=self.answer_days)

    def makes(self, movements: int) -> bool:
        """Whether a period with so many movements gets a statement."""
        return self.empty or movements > 0
