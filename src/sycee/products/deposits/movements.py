"""Carrying out what was decided: principal, interest, accrual, the register and its event, in that order.

An operation first works out a ``Step`` and changes nothing; a preview ends there. ``carry_out`` then does it
in the caller's transaction, and raises when any part is refused, so that all of it happens or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sycee.components import InterestTerms
from sycee.database import Transaction
from sycee.ledger import AccountStatus, NewTransfer, change_account, post_transfers
from sycee.parties import get_customer
from sycee.products.agreements import traits
from sycee.products.deposits.errors import DepositClosed, DepositMovementRefused
from sycee.products.deposits.records import Change, Deposit, DepositEvent, DepositState, InterestPart
from sycee.products.deposits.register import insert_event, update_deposit
from sycee.products.interest.lines import InterestLine, rounded
from sycee.products.interest.positions import TermsChange, change_terms
from sycee.products.interest.postings import PaidPart, pay_interest
from sycee.products.interest.terms import define_terms


class InterestDue(msgspec.Struct, frozen=True, kw_only=True):
    """Interest to be paid ``to`` an account, through a day, with the lines that explain it.

    With ``part`` it is that of a part of the principal, and what remains keeps its start.
    """

    to: int
    through: date
    lines: tuple[Any, ...]
    part: PaidPart | None = None

    @property
    def amount(self) -> int:
        """The sum of the lines, rounded once."""
        return rounded(sum((line.interest for line in self.lines), start=0))

    @property
    def parts(self) -> tuple[InterestPart, ...]:
        """The lines as they are shown."""
        return tuple(
            InterestPart(line.start, line.end, line.days, line.balance, line.rate, str(line.why))
            for line in self.lines
        )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation comes to. ``terms`` are those on which the books go on accruing, and from when."""

    before: Deposit
    after: Deposit
    event: DepositEvent
    transfers: tuple[NewTransfer, ...] = ()
    interest: InterestDue | None = None
    terms: tuple[InterestTerms, date] | None = None

    @property
    def change(self) -> Change:
        """The step as a preview."""
        interest = self.interest.amount if self.interest else 0
        lines = self.interest.parts if self.interest else ()
        return Change(self.after, msgspec.structs.replace(self.event, interest=interest), lines)


def id_of(event: UUID, what: str) -> UUID:
    """The id of something that an event makes: the same event makes the same again."""
    return uuid5(event, what)


async def carry_out(tx: Transaction, step: Step, request: msgspec.Struct | None) -> Change:
    """Do it. Raises DepositMovementRefused, InterestNotSettled."""
    event, after = step.event, step.after
    await move(tx, step.before, step.transfers)
    interest = 0
    posting: UUID | None = None
    if step.interest is not None:
        posting = id_of(event.id, "interest")
        paid = await pay_interest(
            tx,
            step.before.account,
            id=posting,
            to=step.interest.to,
            through=step.interest.through,
            lines=[_kept(line) for line in step.interest.lines],
            part=step.interest.part,
            reason=f"deposit {step.before.id}: {event.kind}",
        )
        interest = paid.amount
    if step.terms is not None:
        terms, start = step.terms
        holder = await get_customer(tx, after.customer)
        [number] = await define_terms(tx, [terms], traits.accounting_of(after.product, holder.country))
        await change_terms(tx, [TermsChange(step.before.account, number, start)])
    if after.state is DepositState.CLOSED:
        await change_account(
            tx, after.account, status=AccountStatus.CLOSED, reason=f"deposit {event.kind}", restricted=True
        )
    await update_deposit(tx, after)
    done = msgspec.structs.replace(
        event, interest=interest, posting=posting, transfers=tuple(one.id for one in step.transfers)
    )
    written = await insert_event(tx, after.cell, done, request)
    return Change(after, written, step.interest.parts if step.interest else ())


async def move(tx: Transaction, deposit: Deposit, transfers: Sequence[NewTransfer]) -> None:
    """Post transfers that belong together. Raises DepositMovementRefused with the code of the books."""
    outcomes = await post_transfers(tx, transfers, atomic=True, restricted=True)
    for outcome in sorted(outcomes, key=lambda one: one.code == "linked_failed"):
        if outcome.status != "posted":
            raise DepositMovementRefused(
                f"deposit {deposit.id}: {outcome.detail or 'the transfer was posted before'}",
                rejection=outcome.code or outcome.status,
            )


def _kept(line: Any) -> InterestLine:
    return InterestLine(line.start, line.end, line.days, line.balance, line.rate, line.interest)


def need_open(deposit: Deposit) -> None:
    """Raises DepositClosed."""
    if deposit.state is DepositState.CLOSED:
        raise DepositClosed(f"deposit {deposit.id} was closed on {deposit.closed_on}")


async def business_date(tx: Transaction, cell: int) -> date:
    """The present business date of a cell."""
    cursor = await tx.execute("SELECT business_date FROM cells WHERE cell = %s", (cell,))
    row = await cursor.fetchone()
    assert row is not None, "deposits lie in cells"
    found: date = row[0]
    return found
