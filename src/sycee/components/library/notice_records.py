"""What a notice deposit consists of: its principal, notices given, marks left by notices not used, outcomes.

A deposit's money is thought of as a queue. A mark covers the first so many fen of it for some days; what
is withdrawn leaves from the front. So a deposit earns the same withdrawn at once or in parts.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from sycee.components.library.lines import Reckoning


class NoticeReason(StrEnum):
    """Which rule chose the rate of a part of a withdrawal from a notice deposit."""

    ON_NOTIFIED_DAY = "on_notified_day"
    HELD_LESS_THAN_TERM = "held_less_than_term"
    WITHOUT_NOTICE = "without_notice"
    BEFORE_NOTIFIED_DAY = "before_notified_day"
    AFTER_NOTIFIED_DAY = "after_notified_day"
    ABOVE_NOTIFIED_AMOUNT = "above_notified_amount"
    BELOW_NOTIFIED_AMOUNT = "below_notified_amount"
    BELOW_MINIMUM_WITHDRAWAL = "below_minimum_withdrawal"
    BELOW_MINIMUM_BALANCE = "below_minimum_balance"
    NOTICE_NOT_USED = "notice_not_used"


class Notice(msgspec.Struct, frozen=True):
    """A notice: an amount (minor units) that is to be withdrawn on ``pay_on``."""

    given_on: date
    pay_on: date
    amount: int


class NoticeMark(msgspec.Struct, frozen=True):
    """Days (both included) on which the first ``amount`` of a deposit bears less than the notice rate.

    ``none``: nothing, for the period of a notice not used or cancelled. ``demand``: the demand rate, for
    what fell short of the notified amount.
    """

    amount: int
    start: date
    end: date
    bears: Literal["none", "demand"]


class NoticeDeposit(msgspec.Struct, frozen=True):
    """A notice deposit as it stands: principal in minor units, since when, and the marks on it."""

    start: date
    balance: int
    marks: tuple[NoticeMark, ...] = ()


class NoticeRates(msgspec.Struct, frozen=True):
    """The rates listed on the day of withdrawal, in per cent a year."""

    notice: Decimal
    demand: Decimal


class NoticeOutcome(msgspec.Struct, frozen=True):
    """What a withdrawal comes to.

    ``withdrawn`` is all principal that leaves: more than was asked for when the deposit ``closes`` because
    too little would remain. ``remaining`` keeps its start date. ``interest`` is rounded once; ``reasons``
    name the rules that were applied, in order.
    """

    withdrawn: int
    interest: Reckoning
    remaining: NoticeDeposit | None
    reasons: tuple[NoticeReason, ...]

    @property
    def closes(self) -> bool:
        """Whether nothing remains."""
        return self.remaining is None


def take_from_marks(marks: tuple[NoticeMark, ...], amount: int) -> tuple[NoticeMark, ...]:
    """The marks on what remains when the first ``amount`` of a deposit has left."""
    return tuple(
        msgspec.structs.replace(mark, amount=mark.amount - amount) for mark in marks if mark.amount > amount
    )
