"""What every form of deposit answers with when something is to be withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from sycee.products.deposits.movements import InterestDue
from sycee.products.deposits.records import Deposit, DepositState
from sycee.products.interest.postings import PaidPart


class WithdrawalPlan(msgspec.Struct, frozen=True):
    """The deposit afterwards, how much principal leaves it, and the interest that goes with it.

    ``used`` is the notice that was used up, or of which ``left`` remains.
    """

    after: Deposit
    withdrawn: int
    interest: InterestDue | None
    facts: dict[str, Any]
    used: UUID | None = None
    left: int | None = None


def closed(deposit: Deposit, day: date) -> Deposit:
    """The deposit when nothing is left of it."""
    return msgspec.structs.replace(
        deposit,
        state=DepositState.CLOSED,
        principal=0,
        closed_on=day,
        due_on=None,
        notice=None,
        marks=(),
    )


def part_of(deposit: Deposit, amount: int) -> PaidPart:
    """The part of the principal that leaves with its interest, for the books."""
    return PaidPart(amount, deposit.earned_from)
