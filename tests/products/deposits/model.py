"""Notice and time deposits once more, in plain Python: day by day, fen by fen, no database, no component.

Written from the rules of the bank. A notice deposit is a queue of slices: what is withdrawn leaves from the
front, and what a notice costs is noted on the slices it was given for, day by day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

Rates = Callable[[str, date], Decimal]
DAY = timedelta(days=1)
LEAST_BALANCE = 500_000_00
LEAST_WITHDRAWAL = 100_000_00
NOTICE_DAYS = 7


def half_up(amount: Fraction) -> int:
    """The fen nearest to an amount."""
    return int((amount + Fraction(1, 2)) // 1)


class Refused(Exception):
    """The bank says no, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Slice:
    """A part of a notice deposit, with the days for which it earns nothing, or the demand rate."""

    def __init__(self, amount: int, nothing: set[date], demand: set[date]) -> None:
        self.amount = amount
        self.nothing = nothing
        self.demand = demand

    def cut(self, amount: int) -> Slice:
        """The first part of it, taken off."""
        self.amount -= amount
        return Slice(amount, set(self.nothing), set(self.demand))

    def interest(self, start: date, end: date, rate: Decimal, demand: Decimal) -> Fraction:
        """Day by day to the day it leaves."""
        total = Fraction(0)
        day = start
        while day < end:
            if day not in self.nothing:
                total += Fraction(min(rate, demand) if day in self.demand else rate)
            day += DAY
        return total * self.amount / 36000


class NoticeModel:
    """A deposit on seven days' notice."""

    def __init__(self, amount: int, start: date, rates: Rates) -> None:
        self.queue = [Slice(amount, set(), set())]
        self.start = start
        self.rates = rates
        self.notice: tuple[date, date, int] | None = None  # given, for which day, how much

    @property
    def balance(self) -> int:
        """What it holds."""
        return sum(one.amount for one in self.queue)

    def give(self, today: date, amount: int, pay_on: date) -> None:
        """Give notice."""
        if self.notice is not None and self.notice[1] >= today:
            raise Refused("notice_standing")
        if amount <= 0 or amount > self.balance or (pay_on - today).days < NOTICE_DAYS:
            raise Refused("notice_refused")
        if self.notice is not None:
            self._not_used(*self.notice)
        self.notice = (today, pay_on, amount)

    def cancel(self) -> None:
        """Take the standing notice back."""
        assert self.notice is not None
        self._not_used(*self.notice)
        self.notice = None

    def withdraw(self, today: date, amount: int) -> tuple[int, int]:
        """Principal and interest that are paid."""
        if amount > self.balance:
            raise Refused("more_than_deposited")
        notice, listed, demand = self.notice, self.rates("notice.7d", today), self.rates("demand", today)
        on_day = notice is not None and notice[1] == today
        kept = (today - self.start).days >= NOTICE_DAYS and on_day
        kept = kept and amount >= min(LEAST_WITHDRAWAL, self.balance)
        good = min(amount, notice[2]) if kept and notice is not None else 0
        notified = min(notice[2], self.balance) if notice is not None else 0
        interest = self._leave(good, today, listed, demand) + self._leave(
            amount - good, today, demand, demand
        )
        if self.balance < LEAST_BALANCE:
            rest = self.balance
            interest += self._leave(rest, today, demand, demand)
            self.notice = None
            return amount + rest, half_up(interest)
        if notice is not None:
            self._use(notice, notified, amount, today)
        return amount, half_up(interest)

    def _use(self, notice: tuple[date, date, int], notified: int, amount: int, today: date) -> None:
        given, pay_on, asked = notice
        self.notice = None
        if today < pay_on and asked > amount:
            self.notice = (given, pay_on, min(asked - amount, self.balance))
        elif today == pay_on and notified > amount:
            self._note(notified - amount, self.start, today - DAY, "demand")
        elif today > pay_on and asked > amount:
            self._not_used(given, pay_on, asked - amount)

    def _leave(self, amount: int, today: date, rate: Decimal, demand: Decimal) -> Fraction:
        interest = Fraction(0)
        while amount:
            part = self.queue[0].cut(min(amount, self.queue[0].amount))
            interest += part.interest(self.start, today, rate, demand)
            amount -= part.amount
            self.queue = [one for one in self.queue if one.amount]
        return interest

    def _not_used(self, given: date, pay_on: date, amount: int) -> None:
        self._note(amount, given, pay_on - DAY, "nothing")

    def _note(self, amount: int, first: date, last: date, bears: str) -> None:
        days = {first + timedelta(n) for n in range((last - first).days + 1)}
        front: list[Slice] = []
        left = min(amount, self.balance)
        while left:
            part = self.queue[0].cut(min(left, self.queue[0].amount))
            getattr(part, bears).update(days)
            front.append(part)
            left -= part.amount
            self.queue = [one for one in self.queue if one.amount]
        self.queue = front + self.queue


def months_later(day: date, months: int) -> date:
    """The corresponding day, or the last of a shorter month."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month, last)
            except ValueError:
                continue
    raise AssertionError("every month has 28 days")


class TimeModel:
    """A time deposit of three months."""

    MONTHS = 3

    def __init__(self, amount: int, start: date, rates: Rates, mode: str) -> None:
        self.balance = amount
        self.rates = rates
        self.mode = mode
        self.paid = 0  # interest that went to the basic account at a maturity
        self._begin(start)

    def _begin(self, start: date) -> None:
        self.start = start
        self.maturity = months_later(start, self.MONTHS)
        self.rate = self.rates("time.3m", start)
        self.parts = 0
        self.waiting = False

    def _term(self) -> Fraction:
        return Fraction(self.rate) * self.MONTHS / 12 / 100

    def end_day(self, today: date) -> None:
        """What a day brings by itself."""
        while self.balance and not self.waiting and self.maturity <= today:
            interest = half_up(self.balance * self._term())
            if self.mode == "none":
                self.waiting = True
            elif self.mode == "pay_out":
                self.paid += self.balance + interest
                self.balance = 0
            else:
                if self.mode == "principal":
                    self.paid += interest
                else:
                    self.balance += interest
                self._begin(self.maturity)

    def instruct(self, today: date, mode: str) -> None:
        """What is to happen at maturity."""
        if not self.balance:
            raise Refused("deposit_closed")
        if today >= self.maturity:
            raise Refused("deposit_matured")
        self.mode = mode

    def withdraw(self, today: date, amount: int) -> int:
        """The interest that is paid with a part, or all."""
        if not self.balance:
            raise Refused("deposit_closed")
        if amount > self.balance:
            raise Refused("more_than_deposited")
        demand = Fraction(self.rates("demand", today)) / 36000
        if today < self.maturity:
            if amount < self.balance:
                if self.parts:
                    raise Refused("second_early_withdrawal")
                if self.balance - amount < 10_000_00:
                    raise Refused("early_withdrawal_refused")
                self.parts += 1
            interest = amount * demand * (today - self.start).days
        else:
            interest = amount * (self._term() + demand * (today - self.maturity).days)
        self.balance -= amount
        return half_up(interest)
