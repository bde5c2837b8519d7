"""Notice deposits: what a withdrawal earns under every rule of the one- and seven-day notice.

The rate of the withdrawal day counts for all actual days. Whoever does not keep to the notice gets the
demand rate for the amount concerned, or nothing for the notice period when a notice is not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.interest_terms import InterestTerms, RateTier
from sycee.components.library.day_counts import DayCountConvention, period_line
from sycee.components.library.errors import NoticeWithdrawalRefused
from sycee.components.library.lines import ONE_DAY, InterestLine, RoundingMode, reckon
from sycee.components.library.money import Moneys, Percent, check_moneys, check_rate, minor_of
from sycee.components.library.notice_records import (
    Notice,
    NoticeDeposit,
    NoticeMark,
    NoticeOutcome,
    NoticeRates,
    NoticeReason,
    take_from_marks,
)
from sycee.components.library.rate_sources import RateKey, RateOn, table_key
from sycee.kernel.money import Amount

_Part = tuple[int, int, Decimal, NoticeReason]
"""A slice of the deposit's queue, from and to in minor units, with its rate and the rule that chose it."""


@capability("interest.notice", version=1, kind=Kind.INTEREST, owner="deposits", zh="通知存款计息")
class NoticeInterest(Parameters, frozen=True, kw_only=True):
    """Interest of a notice deposit

    The notice rate listed on the day of withdrawal × actual days; what breaks a rule of the notice bears
    the demand rate of that day (the rules are those of the slot ``notice``).
    """

    rate_key: Annotated[RateKey, Meta(description="key of the notice rate")]
    spread: Annotated[Percent, Meta(description="added to the notice rate, in per cent a year")] = Decimal(0)
    demand_rate_key: Annotated[RateKey, Meta(description="key of the rate where a rule is broken")] = "demand"

    def __post_init__(self) -> None:
        check_rate("spread", self.spread)

    def rates(self, currency: str, day: date, rate_on: RateOn) -> NoticeRates:
        """Both rates of a day of withdrawal."""
        notice = rate_on(table_key(currency, self.rate_key), day) + self.spread
        return NoticeRates(notice, rate_on(table_key(currency, self.demand_rate_key), day))

    def terms(self, currency: str, day_count: DayCountConvention = "actual/360") -> InterestTerms:
        """What accrues daily meanwhile: the listed notice rate; the withdrawal settles what is due."""
        tier = RateTier(0, table_key(currency, self.rate_key), self.spread)
        return InterestTerms(currency, day_count, "settlement_day", "parts", (tier,))


@capability("notice.call_deposit", version=1, kind=Kind.NOTICE, owner="deposits", zh="通知存款支取规则")
class NoticeRule(Parameters, frozen=True, kw_only=True):
    """Withdrawal rules of a notice deposit

    Notice is given one or seven days ahead for a day and an amount. The demand rate applies to an amount
    held for less than the notice term, withdrawn without notice, before or after the notified day, above
    or below the notified amount, or below the minimum withdrawal. A notice not used or cancelled bears no
    interest for its period. What remains keeps its start date; below the minimum balance the deposit
    closes at the demand rate.
    """

    notice_days: Annotated[int, Meta(description="days between notice and withdrawal", ge=1, le=90)]
    minimum_withdrawal: Annotated[
        Moneys, Meta(description="least withdrawal, in whole units by currency")
    ] = msgspec.field(default_factory=dict)
    minimum_balance: Annotated[
        Moneys, Meta(description="balance below which the deposit closes, in whole units by currency")
    ] = msgspec.field(default_factory=dict)
    below_minimum: Annotated[
        Literal["demand_rate", "refuse"],
        Meta(description="a withdrawal below the minimum bears the demand rate, or is refused"),
    ] = "demand_rate"
    below_notified: Annotated[
        Literal["demand_rate", "no_interest"],
        Meta(
            description="what fell short of the notified amount: demand rate so far, or as a notice not used"
        ),
    ] = "demand_rate"

    def __post_init__(self) -> None:
        check_moneys("minimum_withdrawal", self.minimum_withdrawal)
        check_moneys("minimum_balance", self.minimum_balance)

    def notified_day(self, given_on: date) -> date:
        """The first day for which notice can be given on a day."""
        return given_on + timedelta(days=self.notice_days)

    def notice_problem(self, currency: str, deposit: NoticeDeposit, notice: Notice) -> str | None:
        """Why a notice cannot be taken, and what would be right; None when it can."""
        if notice.given_on < deposit.start:
            return f"notice on {notice.given_on}, before the deposit's start, {deposit.start}"
        first = self.notified_day(notice.given_on)
        if notice.pay_on < first:
            return (
                f"{notice.pay_on} is too early: with {self.notice_days} days' notice {first} is the first day"
            )
        if not 0 < notice.amount <= deposit.balance:
            most = _text(deposit.balance, currency)
            return f"{_text(notice.amount, currency)}: at most {most} can be notified"
        least = minor_of(self.minimum_withdrawal, currency)
        if self.below_minimum == "refuse" and notice.amount < min(least, deposit.balance):
            return (
                f"{_text(notice.amount, currency)}: at least {_text(least, currency)} is withdrawn at a time"
            )
        return None

    def not_used(self, deposit: NoticeDeposit, notice: Notice) -> NoticeDeposit:
        """The deposit after a notice was cancelled, or its day passed without a withdrawal."""
        mark = NoticeMark(
            min(notice.amount, deposit.balance), notice.given_on, notice.pay_on - ONE_DAY, "none"
        )
        return msgspec.structs.replace(deposit, marks=(*deposit.marks, mark))

    def withdraw(
        self,
        currency: str,
        deposit: NoticeDeposit,
        day: date,
        amount: int,
        notice: Notice | None,
        rates: NoticeRates,
        day_count: DayCountConvention = "actual/360",
        mode: RoundingMode = "half_up",
    ) -> NoticeOutcome:
        """Withdraw an amount (minor units) on a day, under a notice or without one.

        ``rates`` are those of that day. A notice is used up by the withdrawal made under it. Raises
        NoticeWithdrawalRefused for an amount that is not there, or below the minimum where that refuses.
        """
        if not 0 < amount <= deposit.balance or day < deposit.start:
            raise NoticeWithdrawalRefused(
                f"{_text(amount, currency)} on {day}: at most {_text(deposit.balance, currency)} "
                f"from {deposit.start} on can be withdrawn"
            )
        least = minor_of(self.minimum_withdrawal, currency)
        if self.below_minimum == "refuse" and amount < min(least, deposit.balance):
            raise NoticeWithdrawalRefused(
                f"{_text(amount, currency)}: at least {_text(least, currency)} is withdrawn at a time"
            )
        parts = list(self._parts(deposit, day, amount, notice, rates, least))
        left = deposit.balance - amount
        closes = left < max(minor_of(self.minimum_balance, currency), 1)
        if closes and left:
            reason = NoticeReason.BELOW_MINIMUM_BALANCE
            parts.append((amount, deposit.balance, rates.demand, reason))
        lines: list[InterestLine] = []
        for part in parts:
            lines += _part_lines(deposit, day, part, rates.demand, day_count)
        remaining = None
        if not closes:
            marks = take_from_marks(deposit.marks, amount)
            marks += self._short_mark(deposit, day, amount, notice)
            remaining = NoticeDeposit(deposit.start, left, marks)
        reasons = [reason for *_, reason in parts]
        if remaining is not None and notice is not None and notice.pay_on == day and amount < notice.amount:
            reasons.append(NoticeReason.BELOW_NOTIFIED_AMOUNT)
        withdrawn = deposit.balance if closes else amount
        return NoticeOutcome(withdrawn, reckon(lines, mode), remaining, tuple(dict.fromkeys(reasons)))

    def _parts(
        self,
        deposit: NoticeDeposit,
        day: date,
        amount: int,
        notice: Notice | None,
        rates: NoticeRates,
        least: int,
    ) -> Iterator[_Part]:
        """The parts of what was asked for, each with its rate."""
        reason = self._broken(deposit, day, amount, notice, least)
        if reason is not None:
            yield 0, amount, rates.demand, reason
            return
        assert notice is not None, "what is withdrawn without notice breaks a rule"
        kept = min(amount, notice.amount)
        yield 0, kept, rates.notice, NoticeReason.ON_NOTIFIED_DAY
        if amount > kept:
            yield kept, amount, rates.demand, NoticeReason.ABOVE_NOTIFIED_AMOUNT

    def _broken(
        self, deposit: NoticeDeposit, day: date, amount: int, notice: Notice | None, least: int
    ) -> NoticeReason | None:
        """The rule that puts a whole withdrawal at the demand rate; the first that applies."""
        if (day - deposit.start).days < self.notice_days:
            return NoticeReason.HELD_LESS_THAN_TERM
        if notice is None or notice.pay_on < self.notified_day(notice.given_on):
            return NoticeReason.WITHOUT_NOTICE
        if day < notice.pay_on:
            return NoticeReason.BEFORE_NOTIFIED_DAY
        if day > notice.pay_on:
            return NoticeReason.AFTER_NOTIFIED_DAY
        if amount < min(least, deposit.balance):
            return NoticeReason.BELOW_MINIMUM_WITHDRAWAL
        return None

    def _short_mark(
        self, deposit: NoticeDeposit, day: date, amount: int, notice: Notice | None
    ) -> tuple[NoticeMark, ...]:
        """The mark that falling short of a notified amount leaves on what remains."""
        if notice is None or amount >= notice.amount or day != notice.pay_on or day == deposit.start:
            return ()
        short = min(notice.amount, deposit.balance) - amount
        if self.below_notified == "no_interest":
            return (NoticeMark(short, notice.given_on, day - ONE_DAY, "none"),)
        return (NoticeMark(short, deposit.start, day - ONE_DAY, "demand"),)


def _part_lines(
    deposit: NoticeDeposit, day: date, part: _Part, demand: Decimal, day_count: DayCountConvention
) -> Iterator[InterestLine]:
    """The lines of one slice of the queue from the deposit's start to a day, marks taken into account."""
    low, high, rate, reason = part
    marks = [mark for mark in deposit.marks if mark.amount > low and mark.start < day]
    cuts = {deposit.start, day}
    for mark in marks:
        cuts |= {max(mark.start, deposit.start), min(mark.end + ONE_DAY, day)}
    days = sorted(cuts)
    for start, end in pairwise(days):
        active = [mark for mark in marks if mark.start <= start <= mark.end]
        none = _covered(active, "none", low, high)
        at_demand = max(_covered(active, "demand", low, high), none)
        if none > low:
            why = NoticeReason.NOTICE_NOT_USED
            yield period_line(start, end, none - low, Decimal(0), day_count, why)
        if at_demand > none:
            why = NoticeReason.BELOW_NOTIFIED_AMOUNT
            yield period_line(start, end, at_demand - none, min(rate, demand), day_count, why)
        if high > at_demand:
            yield period_line(start, end, high - at_demand, rate, day_count, reason)


def _covered(marks: list[NoticeMark], bears: str, low: int, high: int) -> int:
    """How far into a slice (as a place in the queue) marks of one sort reach."""
    return max([low, *(min(mark.amount, high) for mark in marks if mark.bears == bears)])


def _text(amount: int, currency: str) -> str:
    return str(Amount(amount, currency))
