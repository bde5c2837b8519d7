"""Withdrawing: principal goes to an account of the customer's, with the interest that it has earned."""

from __future__ import annotations

from datetime import date

from sycee.database import Transaction
from sycee.ledger import NewTransfer
from sycee.products.deposits import margins, notice_withdrawals, permissions, time_withdrawals
from sycee.products.deposits.errors import DepositFrozen, InvalidDeposit, MoreThanDeposited
from sycee.products.deposits.movements import Step, business_date, carry_out, id_of, need_open
from sycee.products.deposits.notices import resolve
from sycee.products.deposits.product_terms import shown
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import (
    Change,
    Deposit,
    DepositEvent,
    DepositForm,
    EventKind,
    Withdrawal,
)
from sycee.products.deposits.register import get_deposit, hold_deposit, said_before
from sycee.products.deposits.settlement_accounts import check_payee
from sycee.products.deposits.withdrawal_plans import WithdrawalPlan


async def withdraw(tx: Transaction, request: Withdrawal, *, by: str, dry_run: bool = False) -> Change:
    """Withdraw a part, or all and close. A preview tells what it would come to, and changes nothing.

    Raises DepositNotFound, DepositClosed, InvalidDeposit, MoreThanDeposited, NotOwnAccount, WrongPayee,
    DepositFrozen, ObligationStands, SecondEarlyWithdrawal, EarlyWithdrawalRefused, NoticeWithdrawalRefused,
    RateNotFound, DepositMovementRefused, DepositIdReused, and what ``permissions.may_sign`` raises.
    """
    deposit = await (get_deposit if dry_run else hold_deposit)(tx, request.deposit)
    before = await said_before(tx, EventKind.WITHDRAWN, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_open(deposit)
    today = await business_date(tx, deposit.cell)
    if deposit.form is DepositForm.MARGIN and not dry_run:
        deposit = await margins.settle(tx, deposit, today)
    amount = deposit.principal if request.amount is None else request.amount
    check_amount(deposit, amount)
    await check_payee(tx, deposit, request.to)
    await permissions.may_sign(
        tx, deposit.customer, permissions.WITHDRAW, amount, deposit.currency, request.signers, today
    )
    plan = await plan_withdrawal(RateSheet(tx), deposit, amount, request.to, today)
    if plan.withdrawn > amount:  # too little would remain, so all of it goes
        check_amount(deposit, plan.withdrawn)
    step = step_of(deposit, plan, request, today, by)
    if dry_run:
        return step.change
    if plan.used is not None:
        await resolve(tx, deposit, plan.used, "used", left=plan.left)
    return await carry_out(tx, step, request)


def check_amount(deposit: Deposit, amount: int) -> None:
    """Raises InvalidDeposit, MoreThanDeposited, DepositFrozen."""
    if amount <= 0:
        raise InvalidDeposit("the amount of a withdrawal is positive")
    if amount > deposit.principal:
        raise MoreThanDeposited(
            f"{shown(amount, deposit.currency)} is more than the {shown(deposit.principal, deposit.currency)}"
            f" that deposit {deposit.id} holds"
        )
    if amount > deposit.principal - deposit.frozen:
        raise DepositFrozen(
            f"{shown(deposit.frozen, deposit.currency)} of deposit {deposit.id} are frozen:"
            f" {shown(max(deposit.principal - deposit.frozen, 0), deposit.currency)} are free"
        )


async def plan_withdrawal(
    sheet: RateSheet, deposit: Deposit, amount: int, to: int, day: date
) -> WithdrawalPlan:
    """What the withdrawal comes to by the rules of the deposit's form."""
    match deposit.form:
        case DepositForm.NOTICE:
            return await notice_withdrawals.plan(sheet, deposit, amount, to, day)
        case DepositForm.MARGIN if deposit.maturity is None or not deposit.rates:
            return margins.plan(deposit, amount, day)
        case DepositForm.MARGIN:
            margins.check_release(deposit, amount)
            return await time_withdrawals.plan(sheet, deposit, amount, to, day)
        case DepositForm.TIME | DepositForm.LARGE_CD:
            return await time_withdrawals.plan(sheet, deposit, amount, to, day)


def step_of(deposit: Deposit, plan: WithdrawalPlan, request: Withdrawal, day: date, by: str) -> Step:
    """The plan as what is to be done."""
    event = DepositEvent(
        id=request.id,
        deposit=deposit.id,
        kind=EventKind.WITHDRAWN,
        effective=day,
        booked_on=day,
        amount=plan.withdrawn,
        paid_to=request.to,
        facts=plan.facts,
        by=by,
    )
    transfer = NewTransfer(
        id=id_of(request.id, "principal"),
        debit=deposit.account,
        credit=request.to,
        amount=plan.withdrawn,
        currency=deposit.currency,
        value_date=day,
        description="Deposit withdrawn",
    )
    return Step(before=deposit, after=plan.after, event=event, transfers=(transfer,), interest=plan.interest)
