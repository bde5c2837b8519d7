"""Maturity: renewed with or without its interest, paid out, or left to wait at the demand rate.

The customer says which, until the day. A renewed deposit begins on the day the old term ended, at the rate
listed that day, also when the books come to it later.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from sycee.database import Transaction
from sycee.ledger import NewTransfer
from sycee.products.deposits import margins, permissions, product_terms, time_withdrawals
from sycee.products.deposits.errors import DepositMatured, PlacementRefused, RenewalRefused
from sycee.products.deposits.movements import (
    InterestDue,
    Step,
    business_date,
    carry_out,
    id_of,
    need_open,
)
from sycee.products.deposits.product_terms import ONE_DAY, need_form
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import (
    Change,
    Deposit,
    DepositEvent,
    DepositForm,
    DepositState,
    EventKind,
    RenewalInstruction,
)
from sycee.products.deposits.register import hold_deposit, said_before
from sycee.products.deposits.settlement_accounts import payee_of
from sycee.products.deposits.withdrawals import check_amount


async def instruct_renewal(tx: Transaction, request: RenewalInstruction, *, by: str) -> Change:
    """Say what is to happen at maturity.

    Raises DepositNotFound, DepositClosed, DepositMatured, WrongDepositForm, RenewalRefused, DepositIdReused,
    and what ``permissions.may_sign`` raises.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.RENEWAL_CHANGED, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_form(deposit, DepositForm.TIME, DepositForm.LARGE_CD)
    need_open(deposit)
    today = await business_date(tx, deposit.cell)
    if deposit.maturity is None or deposit.maturity <= today:
        raise DepositMatured(f"deposit {deposit.id} matured on {deposit.maturity}")
    try:
        product_terms.renewal_mode(deposit.product, request.renewal)
    except PlacementRefused as error:
        raise RenewalRefused(error.detail) from None
    await permissions.may_sign(
        tx, deposit.customer, permissions.RENEW, deposit.principal, deposit.currency, request.signers, today
    )
    event = DepositEvent(
        id=request.id,
        deposit=deposit.id,
        kind=EventKind.RENEWAL_CHANGED,
        effective=today,
        booked_on=today,
        facts={"before": deposit.renewal, "after": request.renewal},
        by=by,
    )
    after = msgspec.structs.replace(deposit, renewal=request.renewal)
    return await carry_out(tx, Step(before=deposit, after=after, event=event), request)


async def set_rate(sheet: RateSheet, deposit: Deposit, day: date, today: date, by: str) -> Step:
    """What setting a floating rate anew comes to. Raises RateNotFound."""
    assert deposit.maturity is not None, "only a deposit with a term has rates"
    set_anew = await time_withdrawals.with_resets(sheet, deposit, day)
    pays = day in product_terms.payment_days(deposit.product, deposit.start, deposit.maturity)
    following = product_terms.next_due(deposit.product, deposit.start, deposit.maturity, day)
    after = msgspec.structs.replace(set_anew, due_on=day if pays else following)
    rate = after.rates[-1].rate
    event = _event(deposit, EventKind.RATE_SET, day, today, by, {"rate": str(rate)})
    terms = product_terms.fixed_terms(deposit.product, deposit.currency, rate)
    return Step(before=deposit, after=after, event=event, terms=(terms, day))


async def pay_meanwhile(
    tx: Transaction, sheet: RateSheet, deposit: Deposit, day: date, today: date, by: str
) -> Step:
    """What paying interest during the term comes to. Raises WrongPayee, RateNotFound."""
    assert deposit.maturity is not None, "only a deposit with a term pays meanwhile"
    upto = product_terms.payment_days(deposit.product, deposit.start, deposit.maturity)[day]
    lines = await time_withdrawals.lines_meanwhile(sheet, deposit, upto)
    to = await payee_of(tx, deposit)
    after = msgspec.structs.replace(
        deposit,
        earned_from=upto,
        due_on=product_terms.next_due(deposit.product, deposit.start, deposit.maturity, day),
    )
    event = msgspec.structs.replace(_event(deposit, EventKind.INTEREST_PAID, day, today, by, {}), paid_to=to)
    due = InterestDue(to=to, through=upto - ONE_DAY, lines=lines)
    return Step(before=deposit, after=after, event=event, interest=due)


async def mature(tx: Transaction, sheet: RateSheet, deposit: Deposit, today: date, by: str) -> Step:
    """What the maturity of a deposit comes to.

    Raises WrongPayee, DepositFrozen, RateNotFound, PlacementRefused (a tenor that cannot be repeated).
    """
    assert deposit.maturity is not None, "only a deposit with a term matures"
    rule = deposit.product.get("renewal")
    again = (
        deposit.renewal in {"principal", "principal_and_interest"}
        and rule is not None
        and (rule.times is None or deposit.renewed < rule.times)
    )
    if again:
        return await _renew(tx, sheet, deposit, deposit.maturity, today, by)
    if deposit.renewal == "pay_out":
        return await _pay_out(tx, sheet, deposit, deposit.maturity, today, by)
    after = msgspec.structs.replace(deposit, state=DepositState.MATURED, due_on=None)
    event = _event(deposit, EventKind.MATURED, deposit.maturity, today, by, {})
    terms = product_terms.overdue_terms(deposit.product, deposit.currency)
    begins = (terms, deposit.maturity) if terms is not None else None
    return Step(before=deposit, after=after, event=event, terms=begins)


async def _renew(
    tx: Transaction, sheet: RateSheet, deposit: Deposit, day: date, today: date, by: str
) -> Step:
    lines = await time_withdrawals.lines_to(sheet, deposit, deposit.principal, day)
    compound = deposit.renewal == "principal_and_interest"
    to = deposit.account if compound else await payee_of(tx, deposit)
    due = InterestDue(to=to, through=day - ONE_DAY, lines=lines)
    maturity = product_terms.maturity_of(deposit.product, day, None)
    rates = await product_terms.opening_rates(sheet, deposit.product, deposit.currency, day)
    after = msgspec.structs.replace(
        deposit,
        principal=deposit.principal + (due.amount if compound else 0),
        start=day,
        earned_from=day,
        maturity=maturity,
        rates=rates,
        renewed=deposit.renewed + 1,
        part_withdrawals=0,
        due_on=product_terms.next_due(deposit.product, day, maturity, day),
    )
    facts = {"mode": deposit.renewal, "rate": str(after.rate), "maturity": str(maturity)}
    event = msgspec.structs.replace(
        _event(deposit, EventKind.RENEWED, day, today, by, facts), amount=after.principal, paid_to=to
    )
    assert after.rate is not None, "a deposit with a term has a rate of its own"
    terms = product_terms.fixed_terms(deposit.product, deposit.currency, after.rate)
    return Step(before=deposit, after=after, event=event, interest=due, terms=(terms, day))


async def _pay_out(
    tx: Transaction, sheet: RateSheet, deposit: Deposit, day: date, today: date, by: str
) -> Step:
    to = await payee_of(tx, deposit)
    check_amount(deposit, deposit.principal)
    if deposit.form is DepositForm.MARGIN:
        margins.check_release(deposit, deposit.principal)
    plan = await time_withdrawals.plan(sheet, deposit, deposit.principal, to, day)
    event = msgspec.structs.replace(
        _event(deposit, EventKind.PAID_OUT, day, today, by, plan.facts), amount=plan.withdrawn, paid_to=to
    )
    transfer = NewTransfer(
        id=id_of(event.id, "principal"),
        debit=deposit.account,
        credit=to,
        amount=plan.withdrawn,
        currency=deposit.currency,
        value_date=day,
        description="Deposit matured",
    )
    after = msgspec.structs.replace(plan.after, closed_on=today)
    return Step(before=deposit, after=after, event=event, transfers=(transfer,), interest=plan.interest)


def _event(
    deposit: Deposit, kind: EventKind, day: date, today: date, by: str, facts: dict[str, Any]
) -> DepositEvent:
    """An event that the day brings; its id is made of it, so that it is made once."""
    return DepositEvent(
        id=id_of(deposit.id, f"{kind} {day}"),
        deposit=deposit.id,
        kind=kind,
        effective=day,
        booked_on=today,
        facts=facts,
        by=by,
    )
