"""What a withdrawal from a time deposit or a large CD comes to: early, on its maturity, or after it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from sycee.products.deposits import product_terms
from sycee.products.deposits.errors import SecondEarlyWithdrawal
from sycee.products.deposits.movements import InterestDue
from sycee.products.deposits.product_terms import ONE_DAY, day_count, shown
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import Deposit, RateSet
from sycee.products.deposits.withdrawal_plans import WithdrawalPlan, closed, part_of


async def plan(sheet: RateSheet, deposit: Deposit, amount: int, to: int, day: date) -> WithdrawalPlan:
    """Withdraw ``amount`` on ``day``. Raises SecondEarlyWithdrawal, EarlyWithdrawalRefused, RateNotFound."""
    assert deposit.maturity is not None, "these forms have a term"
    if day < deposit.maturity:
        return await _early(sheet, deposit, amount, to, day)
    lines = await lines_to(sheet, deposit, amount, day)
    facts = {"maturity": deposit.maturity.isoformat(), "overdue_days": (day - deposit.maturity).days}
    return _plan(deposit, amount, to, day, lines, facts)


async def lines_to(sheet: RateSheet, deposit: Deposit, amount: int, day: date) -> tuple[Any, ...]:
    """The lines of interest on ``amount`` of the principal from its start to a day not before maturity."""
    assert deposit.maturity is not None, "these forms have a term"
    method = deposit.product.one("interest")
    overdue = (
        await sheet.reckon(lambda rate_on: method.overdue_rate(deposit.currency, day, rate_on))
        if day > deposit.maturity
        else None
    )
    rates = await _rates(sheet, deposit, deposit.maturity)
    reckoning = method.interest(
        amount,
        deposit.earned_from,
        deposit.maturity,
        day,
        rates,
        overdue or Decimal(0),
        day_count(deposit.product),
    )
    lines: tuple[Any, ...] = reckoning.lines
    return lines


async def lines_meanwhile(sheet: RateSheet, deposit: Deposit, upto: date) -> tuple[Any, ...]:
    """The lines of interest that is paid during the term, for the days before ``upto``."""
    method = deposit.product.one("interest")
    rates = await _rates(sheet, deposit, upto)
    lines: tuple[Any, ...] = method.lines(
        deposit.principal, deposit.earned_from, upto, rates, day_count(deposit.product)
    )
    return lines


async def _rates(sheet: RateSheet, deposit: Deposit, upto: date) -> Any:
    """The rate of the term; of a floating one, the rates since the last payment with their days."""
    if not product_terms.is_floating(deposit.product):
        return deposit.rates[0].rate
    whole = await with_resets(sheet, deposit, upto - ONE_DAY)
    later = [(one.start, one.rate) for one in whole.rates if one.start > deposit.earned_from]
    at_first = [one.rate for one in whole.rates if one.start <= deposit.earned_from][-1]
    return [(deposit.earned_from, at_first), *later]


async def with_resets(sheet: RateSheet, deposit: Deposit, through: date) -> Deposit:
    """The deposit with every rate that was to be set by a day. Raises RateNotFound."""
    assert deposit.maturity is not None, "these forms have a term"
    method = deposit.product.one("interest")
    known = {one.start for one in deposit.rates}
    rates = list(deposit.rates)
    for day in method.resets(deposit.start, deposit.maturity):
        if day <= through and day not in known:
            set_on = partial(method.opening_rate, deposit.currency, day)
            rates.append(RateSet(day, await sheet.reckon(set_on)))
    return msgspec.structs.replace(deposit, rates=tuple(sorted(rates, key=lambda one: one.start)))


async def _early(sheet: RateSheet, deposit: Deposit, amount: int, to: int, day: date) -> WithdrawalPlan:
    rule = deposit.product.one("early_interest")
    part = amount < deposit.principal
    times = getattr(rule, "partial_times", None)
    if part and times and deposit.part_withdrawals >= times:
        raise SecondEarlyWithdrawal(
            f"deposit {deposit.id}: a part was withdrawn early {deposit.part_withdrawals} times, {times} is"
            f" allowed; all of {shown(deposit.principal, deposit.currency)} may be, or wait for"
            f" {deposit.maturity}"
        )
    demand = (
        await sheet.reckon(lambda rate_on: rule.rate(deposit.currency, day, rate_on))
        if hasattr(rule, "rate")
        else Decimal(0)
    )
    outcome = rule.withdraw(
        deposit.currency,
        deposit.principal,
        amount,
        deposit.earned_from,
        day,
        demand,
        deposit.part_withdrawals,
        day_count(deposit.product),
    )
    facts = {"reasons": ["early"], "rate": str(demand)}
    made = _plan(deposit, amount, to, day, outcome.interest.lines, facts)
    if not part:
        return made
    after = msgspec.structs.replace(made.after, part_withdrawals=deposit.part_withdrawals + 1)
    return msgspec.structs.replace(made, after=after)


def _plan(
    deposit: Deposit, amount: int, to: int, day: date, lines: tuple[Any, ...], facts: dict[str, Any]
) -> WithdrawalPlan:
    part = amount < deposit.principal
    due = InterestDue(
        to=to, through=day - ONE_DAY, lines=lines, part=part_of(deposit, amount) if part else None
    )
    if not part:
        return WithdrawalPlan(closed(deposit, day), amount, due, facts)
    after = msgspec.structs.replace(deposit, principal=deposit.principal - amount)
    return WithdrawalPlan(after, amount, due, facts)
