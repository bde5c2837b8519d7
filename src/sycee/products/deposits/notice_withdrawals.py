"""What a withdrawal from a notice deposit comes to by its product, and what becomes of the notice."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from sycee.components import library
from sycee.products.deposits.movements import InterestDue
from sycee.products.deposits.notices import as_terms, not_used, notice_terms
from sycee.products.deposits.product_terms import ONE_DAY, day_count
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import Deposit, StandingNotice
from sycee.products.deposits.withdrawal_plans import WithdrawalPlan, closed, part_of


async def plan(sheet: RateSheet, deposit: Deposit, amount: int, to: int, day: date) -> WithdrawalPlan:
    """Withdraw ``amount`` on ``day``. Raises NoticeWithdrawalRefused, RateNotFound."""
    product = deposit.product
    method, rule = product.one("interest"), product.one("notice")
    rates = await sheet.reckon(lambda rate_on: method.rates(deposit.currency, day, rate_on))
    notice = deposit.notice
    outcome = rule.withdraw(
        deposit.currency,
        as_terms(deposit),
        day,
        amount,
        notice_terms(notice) if notice else None,
        rates,
        day_count(product),
    )
    remaining: library.NoticeDeposit | None = outcome.remaining
    facts: dict[str, Any] = {
        "reasons": [str(reason) for reason in outcome.reasons],
        "rate": str(rates.notice),
    }
    due = InterestDue(
        to=to,
        through=day - ONE_DAY,
        lines=outcome.interest.lines,
        part=part_of(deposit, outcome.withdrawn) if remaining is not None else None,
    )
    if remaining is None:
        return WithdrawalPlan(
            closed(deposit, day), outcome.withdrawn, due, facts, used=notice.id if notice else None
        )
    after = msgspec.structs.replace(deposit, principal=remaining.balance, marks=remaining.marks)
    if notice is None:
        return WithdrawalPlan(after, outcome.withdrawn, due, facts)
    return _after_notice(after, notice, outcome.withdrawn, day, due, facts)


def _after_notice(
    after: Deposit,
    notice: StandingNotice,
    withdrawn: int,
    day: date,
    due: InterestDue,
    facts: dict[str, Any],
) -> WithdrawalPlan:
    """Before its day a notice stands on for the rest; after it the rest was not used."""
    left = notice.amount - withdrawn
    if day < notice.pay_on and left > 0:
        stands = msgspec.structs.replace(notice, amount=min(left, after.principal))
        after = msgspec.structs.replace(after, notice=stands)
        return WithdrawalPlan(after, withdrawn, due, facts, used=notice.id, left=stands.amount)
    if day > notice.pay_on and left > 0:
        after = not_used(after, msgspec.structs.replace(notice, amount=left))
    after = msgspec.structs.replace(after, notice=None)
    return WithdrawalPlan(after, withdrawn, due, facts, used=notice.id)
