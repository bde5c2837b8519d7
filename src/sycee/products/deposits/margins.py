"""Margin: money that secures an obligation. It may be frozen; while the obligation stands nobody deducts it.

A freeze holds an amount under the number of an authority's document. What the obligation needs is not
released either; when it is discharged, what is not frozen goes back to the customer.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from sycee.database import Transaction
from sycee.ledger import NewTransfer, get_account
from sycee.products.deposits import product_terms, time_withdrawals
from sycee.products.deposits.errors import (
    DepositFrozen,
    FreezeLifted,
    FreezeNotFound,
    InvalidDeposit,
    MoreThanDeposited,
    ObligationStands,
)
from sycee.products.deposits.movements import Step, business_date, carry_out, id_of, need_open
from sycee.products.deposits.product_terms import ONE_DAY, need_form, shown
from sycee.products.deposits.rate_sheets import RateSheet
from sycee.products.deposits.records import (
    Change,
    Deduction,
    Deposit,
    DepositEvent,
    DepositForm,
    EventKind,
    Freeze,
    FreezeLift,
    FreezeOrder,
    ObligationChange,
)
from sycee.products.deposits.register import deposit_freezes, hold_deposit, said_before
from sycee.products.deposits.withdrawal_plans import WithdrawalPlan, closed
from sycee.products.interest.postings import settle_interest


def check_release(deposit: Deposit, amount: int) -> None:
    """Raises ObligationStands when what remains would not secure the obligation any more."""
    form = deposit.product.one("form")
    needed = form.needed(deposit.obliged) if form.least_percent else min(deposit.obliged, deposit.principal)
    if deposit.obliged and deposit.principal - amount < needed:
        raise ObligationStands(
            f"margin {deposit.id} secures {shown(deposit.obliged, deposit.currency)} of {deposit.obligation}:"
            f" {shown(needed, deposit.currency)} have to remain until it is discharged"
        )


def plan(deposit: Deposit, amount: int, day: date) -> WithdrawalPlan:
    """Release an amount; the interest on the balance was settled before. Raises ObligationStands."""
    check_release(deposit, amount)
    facts = {"obligation": deposit.obligation, "obliged": deposit.obliged}
    if amount == deposit.principal:
        return WithdrawalPlan(closed(deposit, day), amount, None, facts)
    after = msgspec.structs.replace(deposit, principal=deposit.principal - amount)
    return WithdrawalPlan(after, amount, None, facts)


async def settle(tx: Transaction, deposit: Deposit, day: date) -> Deposit:
    """Credit what the balance has earned until a day, for a margin that bears interest on its balance."""
    if deposit.rates or product_terms.accrual_terms(deposit.product, deposit.currency, None) is None:
        return deposit
    await settle_interest(tx, deposit.account, day - ONE_DAY)
    return msgspec.structs.replace(deposit, principal=(await get_account(tx, deposit.account)).balance)


async def freeze(tx: Transaction, request: FreezeOrder, *, by: str) -> Change:
    """Freeze an amount of a deposit, more than it holds included: later interest is caught too.

    Raises DepositNotFound, DepositClosed, InvalidDeposit, DepositIdReused.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.FROZEN, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_open(deposit)
    if request.amount <= 0 or not request.authority.strip() or not request.document.strip():
        raise InvalidDeposit("a freeze has an amount, an authority and the number of its document")
    today = await business_date(tx, deposit.cell)
    await tx.execute(
        "INSERT INTO deposit_freezes (cell, deposit, id, authority, document, amount, frozen_on)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (deposit.cell, deposit.id, request.id, request.authority, request.document, request.amount, today),
    )
    after = msgspec.structs.replace(deposit, frozen=deposit.frozen + request.amount)
    facts = {"frozen": request.amount, "authority": request.authority, "document": request.document}
    event = _event(request, EventKind.FROZEN, today, by, facts)
    return await carry_out(tx, Step(before=deposit, after=after, event=event), request)


async def lift_freeze(tx: Transaction, request: FreezeLift, *, by: str) -> Change:
    """Lift a freeze. Raises DepositNotFound, FreezeNotFound, FreezeLifted, DepositIdReused."""
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.UNFROZEN, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    found = await _freeze(tx, request)
    today = await business_date(tx, deposit.cell)
    await tx.execute(
        "UPDATE deposit_freezes SET lifted_on = %s WHERE cell = %s AND deposit = %s AND id = %s",
        (today, deposit.cell, deposit.id, found.id),
    )
    after = msgspec.structs.replace(deposit, frozen=deposit.frozen - (found.amount - found.deducted))
    event = _event(request, EventKind.UNFROZEN, today, by, {"freeze": str(found.id)})
    return await carry_out(tx, Step(before=deposit, after=after, event=event), request)


async def deduct(tx: Transaction, request: Deduction, *, by: str) -> Change:
    """Take, for an authority, some of what it has frozen; of a margin only when its obligation is discharged.

    Raises DepositNotFound, DepositClosed, WrongDepositForm, FreezeNotFound, FreezeLifted, ObligationStands,
    MoreThanDeposited, DepositFrozen, AccountNotFound, DepositMovementRefused, DepositIdReused.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.DEDUCTED, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_form(deposit, DepositForm.MARGIN)
    need_open(deposit)
    found = await _freeze(tx, request)
    if deposit.obliged:
        raise ObligationStands(
            f"margin {deposit.id} secures {shown(deposit.obliged, deposit.currency)} of {deposit.obligation}:"
            " it may be frozen, not deducted, while that stands"
        )
    today = await business_date(tx, deposit.cell)
    deposit = await settle(tx, deposit, today)
    if request.amount <= 0:
        raise InvalidDeposit("the amount of a deduction is positive")
    if request.amount > found.amount - found.deducted:
        raise DepositFrozen(
            f"{shown(found.amount - found.deducted, deposit.currency)} are frozen under {found.document}:"
            " a deduction takes no more than that"
        )
    if request.amount > deposit.principal:
        raise MoreThanDeposited(f"deposit {deposit.id} holds {shown(deposit.principal, deposit.currency)}")
    await get_account(tx, request.to)
    await tx.execute(
        "UPDATE deposit_freezes SET deducted = deducted + %s WHERE cell = %s AND deposit = %s AND id = %s",
        (request.amount, deposit.cell, deposit.id, found.id),
    )
    made = (
        await time_withdrawals.plan(RateSheet(tx), deposit, request.amount, deposit.source, today)
        if deposit.rates
        else plan(deposit, request.amount, today)
    )
    transfer = NewTransfer(
        id=id_of(request.id, "principal"),
        debit=deposit.account,
        credit=request.to,
        amount=request.amount,
        currency=deposit.currency,
        value_date=today,
        reference=found.document,
        description=f"Deducted by {found.authority}",
    )
    facts = {"freeze": str(found.id), "authority": found.authority, "document": found.document}
    event = msgspec.structs.replace(
        _event(request, EventKind.DEDUCTED, today, by, facts), amount=request.amount, paid_to=request.to
    )
    after = msgspec.structs.replace(made.after, frozen=deposit.frozen - request.amount)
    step = Step(before=deposit, after=after, event=event, transfers=(transfer,), interest=made.interest)
    return await carry_out(tx, step, request)


async def change_obligation(tx: Transaction, request: ObligationChange, *, by: str) -> Change:
    """Note what stands now of the obligation that a margin secures; 0 discharges it.

    Raises DepositNotFound, DepositClosed, WrongDepositForm, InvalidDeposit, DepositIdReused.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.OBLIGATION_CHANGED, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_form(deposit, DepositForm.MARGIN)
    need_open(deposit)
    if not 0 <= request.obliged <= deposit.obliged:
        raise InvalidDeposit(
            f"an obligation becomes less until it is discharged: {shown(deposit.obliged, deposit.currency)}"
            f" stands, {shown(request.obliged, deposit.currency)} is said"
        )
    today = await business_date(tx, deposit.cell)
    after = msgspec.structs.replace(deposit, obliged=request.obliged)
    facts = {"before": deposit.obliged, "after": request.obliged}
    event = _event(request, EventKind.OBLIGATION_CHANGED, today, by, facts)
    return await carry_out(tx, Step(before=deposit, after=after, event=event), request)


async def _freeze(tx: Transaction, request: FreezeLift | Deduction) -> Freeze:
    for found in await deposit_freezes(tx, request.deposit):
        if found.id == request.freeze:
            if found.lifted_on is not None:
                raise FreezeLifted(f"freeze {found.id} was lifted on {found.lifted_on}")
            return found
    raise FreezeNotFound(f"deposit {request.deposit} has no freeze {request.freeze}")


def _event(
    request: FreezeOrder | FreezeLift | Deduction | ObligationChange,
    kind: EventKind,
    today: date,
    by: str,
    facts: dict[str, Any],
) -> DepositEvent:
    return DepositEvent(
        id=request.id,
        deposit=request.deposit,
        kind=kind,
        effective=today,
        booked_on=today,
        facts=facts,
        by=by,
    )
