"""The terms of a rail: what it takes, when, and for how much. Plain values; no database.

Caps and windows are changed by a message of the central bank, prices by the bank: so they are data with a
date. Hours are those of China, where the rails are.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from sycee.components import CalendarNotPublished, calendar
from sycee.payments.errors import InvalidRailTerms
from sycee.payments.orders.new_payments import Urgency

ZONE = ZoneInfo("Asia/Shanghai")
_LOOKED_AHEAD_DAYS = 40
_MILLION = 1_000_000


def local_day(at: datetime) -> date:
    """The day of the calendar that an instant is on, where the rails are."""
    return at.astimezone(ZONE).date()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When a rail takes payments on a business day, in local time. ``opens_day`` -1 is the day before it."""

    opens: time
    closes: time
    opens_day: int = 0

    def on(self, day: date) -> tuple[datetime, datetime]:
        """The instants from which and before which payments are taken for a business day."""
        opens = datetime.combine(day + timedelta(days=self.opens_day), self.opens, ZONE)
        return opens, datetime.combine(day, self.closes, ZONE)


class FeeTier(msgspec.Struct, frozen=True, kw_only=True):
    """The fee of amounts up to ``up_to`` (None: of any): a price, or a share of the amount between bounds.

    ``price``, ``least`` and ``most`` are minor units. A share is rounded half up to the minor unit.
    """

    up_to: int | None = None
    price: int = 0
    parts_per_million: int = 0
    least: int = 0
    most: int | None = None

    def fee(self, amount: int) -> int:
        """The fee of an amount."""
        share = (amount * self.parts_per_million + _MILLION // 2) // _MILLION
        bounded = max(self.price + share, self.least)
        return bounded if self.most is None else min(bounded, self.most)


class RailTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail takes in a currency. Without windows it takes payments at any time of its days.

    ``cap`` is the largest amount in minor units, None for no cap. ``urgent`` says whether it takes urgent
    payments too. A rail that is ``closed`` takes nothing.
    """

    cap: int | None = None
    urgent: bool = False
    closed: bool = False
    calendar: str = "every_day"
    windows: tuple[Window, ...] = ()
    fees: tuple[FeeTier, ...] = ()

    def check(self) -> RailTerms:
        """These terms, if they can hold. Raises InvalidRailTerms, CalendarNotFound."""
        calendar(self.calendar)
        if self.cap is not None and self.cap <= 0:
            raise InvalidRailTerms(f"a cap is a positive number of minor units, not {self.cap}")
        for window in self.windows:
            if window.opens_day not in {0, -1} or (window.opens_day == 0 and window.opens >= window.closes):
                raise InvalidRailTerms("a window opens before it closes, on its day or the day before (-1)")
        bounds = [tier.up_to for tier in self.fees]
        ends = [bound for bound in bounds if bound is not None]
        if ends != sorted(set(ends)) or None in bounds[:-1]:
            raise InvalidRailTerms("fee tiers rise, and only the last may be without an upper bound")
        if any(min(tier.price, tier.parts_per_million, tier.least, tier.most or 0) < 0 for tier in self.fees):
            raise InvalidRailTerms("no part of a fee is negative")
        covered = not self.fees or bounds[-1] is None or (self.cap is not None and ends[-1] >= self.cap)
        if not covered:
            raise InvalidRailTerms("the last fee tier has to reach the cap, or be without an upper bound")
        return self

    def refuses(self, amount: int, urgency: Urgency) -> str | None:
        """Why an amount cannot go by this rail; None when it can."""
        if self.closed:
            return "is closed"
        if self.cap is not None and amount > self.cap:
            return "takes less"
        if urgency is Urgency.URGENT and not self.urgent:
            return "takes nothing urgent"
        return None

    def fee(self, amount: int) -> int:
        """What an amount costs, in minor units."""
        for tier in self.fees:
            if tier.up_to is None or amount <= tier.up_to:
                return tier.fee(amount)
        return 0

    def takes_at(self, at: datetime) -> datetime | None:
        """The first instant from ``at`` on at which a payment is taken; None when none is known.

        A day whose holidays are not decreed yet is not one on which anything can be promised.
        """
        days = calendar(self.calendar)
        local = at.astimezone(ZONE)
        whole = (Window(opens=time.min, closes=time.max),)
        for ahead in range(_LOOKED_AHEAD_DAYS):
            day = local.date() + timedelta(days=ahead)
            try:
                open_then = days.is_business_day(day)
            except CalendarNotPublished:
                return None
            if not open_then:
                continue
            for window in self.windows or whole:
                opens, closes = window.on(day)
                if local < closes:
                    return max(at, opens.astimezone(at.tzinfo))
        return None
