"""Notice: saying one or seven days ahead how much will be withdrawn on which day.

One notice stands at a time. It is used by the withdrawal on its day. A withdrawal before that day, or after
it, uses it up to its amount, at the demand rate. A notice that is cancelled, or whose day has passed when
the next is given, was not used: its amount bears no interest for the notice period.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee.components import library
from sycee.database import Transaction
from sycee.products.deposits import permissions
from sycee.products.deposits.errors import NoticeNotFound, NoticeRefused, NoticeResolved, NoticeStanding
from sycee.products.deposits.movements import Step, business_date, carry_out, need_open
from sycee.products.deposits.product_terms import need_form
from sycee.products.deposits.records import (
    Change,
    Deposit,
    DepositEvent,
    DepositForm,
    EventKind,
    NoticeCancellation,
    NoticeRequest,
    StandingNotice,
)
from sycee.products.deposits.register import hold_deposit, said_before


def as_terms(deposit: Deposit) -> library.NoticeDeposit:
    """A notice deposit as the rules of its product see it."""
    return library.NoticeDeposit(deposit.start, deposit.principal, deposit.marks)


def notice_terms(notice: StandingNotice) -> library.Notice:
    """A standing notice as the rules of the product see it."""
    return library.Notice(notice.given_on, notice.pay_on, notice.amount)


def not_used(deposit: Deposit, notice: StandingNotice) -> Deposit:
    """The deposit after a notice that was not used."""
    rule = deposit.product.one("notice")
    marked: library.NoticeDeposit = rule.not_used(as_terms(deposit), notice_terms(notice))
    return msgspec.structs.replace(deposit, marks=marked.marks, notice=None)


async def give_notice(tx: Transaction, request: NoticeRequest, *, by: str) -> Change:
    """Give notice; its id is the request's.

    Raises DepositNotFound, DepositClosed, WrongDepositForm, NoticeStanding, NoticeRefused, DepositIdReused,
    and what ``permissions.may_sign`` raises.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.NOTICE_GIVEN, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_form(deposit, DepositForm.NOTICE)
    need_open(deposit)
    today = await business_date(tx, deposit.cell)
    after = deposit
    facts: dict[str, object] = {}
    if deposit.notice is not None:
        if deposit.notice.pay_on >= today:
            raise NoticeStanding(
                f"notice of {deposit.notice.amount} stands for {deposit.notice.pay_on}:"
                " withdraw under it or cancel it first"
            )
        after = not_used(deposit, deposit.notice)
        facts["lapsed"] = str(deposit.notice.id)
    rule = deposit.product.one("notice")
    amount = deposit.principal if request.amount is None else request.amount
    pay_on = request.pay_on or rule.notified_day(today)
    problem = rule.notice_problem(deposit.currency, as_terms(after), library.Notice(today, pay_on, amount))
    if problem is not None:
        raise NoticeRefused(problem, first_day=rule.notified_day(today).isoformat())
    await permissions.may_sign(
        tx, deposit.customer, permissions.GIVE_NOTICE, amount, deposit.currency, request.signers, today
    )
    if deposit.notice is not None:
        await resolve(tx, deposit, deposit.notice.id, "lapsed")
    await tx.execute(
        "INSERT INTO deposit_notices (cell, deposit, id, given_on, pay_on, amount, state, given_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'standing', %s)",
        (deposit.cell, deposit.id, request.id, today, pay_on, amount, by),
    )
    after = msgspec.structs.replace(after, notice=StandingNotice(request.id, today, pay_on, amount))
    event = DepositEvent(
        id=request.id,
        deposit=deposit.id,
        kind=EventKind.NOTICE_GIVEN,
        effective=today,
        booked_on=today,
        amount=0,
        facts={"notified": amount, "pay_on": pay_on.isoformat(), **facts},
        by=by,
    )
    return await carry_out(tx, Step(before=deposit, after=after, event=event), request)


async def cancel_notice(tx: Transaction, request: NoticeCancellation, *, by: str) -> Change:
    """Take a notice back: what it was given for bears no interest for the notice period.

    Raises DepositNotFound, DepositClosed, WrongDepositForm, NoticeNotFound, NoticeResolved, DepositIdReused,
    and what ``permissions.may_sign`` raises.
    """
    deposit = await hold_deposit(tx, request.deposit)
    before = await said_before(tx, EventKind.NOTICE_CANCELLED, request)
    if before is not None:
        return Change(deposit, before, repeated=True)
    need_form(deposit, DepositForm.NOTICE)
    need_open(deposit)
    notice = deposit.notice
    if notice is None or notice.id != request.notice:
        raise await _why_not(tx, deposit, request.notice)
    today = await business_date(tx, deposit.cell)
    await permissions.may_sign(
        tx, deposit.customer, permissions.GIVE_NOTICE, notice.amount, deposit.currency, request.signers, today
    )
    await resolve(tx, deposit, notice.id, "cancelled")
    event = DepositEvent(
        id=request.id,
        deposit=deposit.id,
        kind=EventKind.NOTICE_CANCELLED,
        effective=today,
        booked_on=today,
        facts={"notice": str(notice.id), "notified": notice.amount, "pay_on": notice.pay_on.isoformat()},
        by=by,
    )
    step = Step(before=deposit, after=not_used(deposit, notice), event=event)
    return await carry_out(tx, step, request)


async def _why_not(tx: Transaction, deposit: Deposit, notice: UUID) -> Exception:
    cursor = await tx.execute(
        "SELECT state, resolved_on FROM deposit_notices WHERE cell = %s AND deposit = %s AND id = %s",
        (deposit.cell, deposit.id, notice),
    )
    row = await cursor.fetchone()
    if row is None:
        return NoticeNotFound(f"deposit {deposit.id} has no notice {notice}")
    return NoticeResolved(f"notice {notice} was {row[0]} on {row[1]}")


async def resolve(
    tx: Transaction, deposit: Deposit, notice: UUID, state: str, *, left: int | None = None
) -> None:
    """A notice ends as ``state``; with ``left`` it stands on for that amount."""
    if left:
        await tx.execute(
            "UPDATE deposit_notices SET amount = %s WHERE cell = %s AND deposit = %s AND id = %s",
            (left, deposit.cell, deposit.id, notice),
        )
        return
    await tx.execute(
        "UPDATE deposit_notices n SET state = %s, resolved_on = c.business_date FROM cells c"
        " WHERE c.cell = n.cell AND n.cell = %s AND n.deposit = %s AND n.id = %s",
        (state, deposit.cell, deposit.id, notice),
    )
