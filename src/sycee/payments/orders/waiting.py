"""Payments that wait: for their day, for a screening that could not be done, for a person's decision.

The sweep carries out what has fallen due in a cell, page by page; it may run at any time and beside itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from sycee.database import (
    Int2Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
    acts_for_customer,
    as_bank,
)
from sycee.kernel import clock
from sycee.ledger import TransferKind
from sycee.payments.orders.drafts import Draft
from sycee.payments.orders.executing import execute
from sycee.payments.orders.moving import Move, Moved, impossible, lock_payments, missing, once, write_moves
from sycee.payments.orders.new_payments import Instructor, PaymentOutcome
from sycee.payments.orders.parties import own_agents
from sycee.payments.orders.records import COLUMNS, Payment, payment_of, read_payments
from sycee.payments.orders.sending import Judged, report
from sycee.payments.orders.states import PaymentState, passed
from sycee.payments.orders.supervised import close_releases, released

BANK = "bank"
"""The actor of what the bank does by itself."""

_CANCELLABLE = frozenset(
    {PaymentState.RECEIVED, PaymentState.APPROVED, PaymentState.HELD, PaymentState.QUEUED}
)


class Swept(msgspec.Struct, frozen=True):
    """A page of payments that had fallen due, and where the next page begins; None when this was the last."""

    outcomes: list[PaymentOutcome]
    next: tuple[date, UUID] | None


class _About(msgspec.Struct, frozen=True):
    """A payment that something is said about."""

    payment: UUID


async def execute_due_payments(
    tx: Transaction, cell: int, *, after: tuple[date, UUID] | None = None, limit: int = 1000
) -> Swept:
    """Carry out payments of a cell whose day has come, one page of them, those after ``after``.

    What is at work elsewhere is passed over. What screening cannot judge keeps waiting, with the reason.
    """
    day, id = after or (date.min, UUID(int=0))
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM payments"  # noqa: S608 - names of ours only
        " WHERE cell = %s AND state = 2 AND (due_on, id) > (%s, %s)"
        " AND due_on <= (SELECT business_date FROM cells WHERE cell = %s)"
        " ORDER BY due_on, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED".encode(),
        (cell, day, id, cell, limit),
    )
    found = [payment_of(row) for row in await cursor.fetchall()]
    outcomes = await carry_out(tx, found, [BANK] * len(found))
    last = (found[-1].due_on, found[-1].id) if len(found) == limit else None
    return Swept(outcomes, last)


async def release_stopped(tx: Transaction, ids: Sequence[UUID], *, by: str, reason: str) -> list[Moved]:
    """Let payments that screening stopped go on: somebody has looked at them. They are not screened again."""
    held = await lock_payments(tx, ids)
    stopped = [held[id] for id in once(ids) if id in held and held[id].state is PaymentState.STOPPED]
    told = {
        outcome.id: Moved(outcome.id, outcome.state, outcome.code, outcome.detail)
        for outcome in await carry_out(
            tx, stopped, [by] * len(stopped), screened=True, reason=("released", reason)
        )
    }
    return [told.get(id) or (_not_stopped(held[id]) if id in held else missing(id)) for id in ids]


def _not_stopped(payment: Payment) -> Moved:
    return impossible(payment, "screening has not stopped it")


async def refuse_stopped(tx: Transaction, ids: Sequence[UUID], *, by: str, reason: str) -> list[Moved]:
    """Reject payments that screening stopped, for good."""

    def judge(payment: Payment, _: _About) -> Judged:
        if payment.state is not PaymentState.STOPPED:
            return _not_stopped(payment)
        return Move(
            payment=payment.id, to=PaymentState.REJECTED, actor=by, reason_code="screening", text=reason
        )

    return await report(tx, [_About(id) for id in ids], judge)


async def cancel_payments(
    tx: Transaction, ids: Sequence[UUID], *, by: str | Instructor, reason: str = ""
) -> list[Moved]:
    """Take payments back that have not gone out; what is held for them is given back.

    To a customer's user or machine other customers' payments are not there.

    What has gone to a rail can only be asked back (``recall_payment``): ``not_possible``.
    """
    maker = Instructor(by) if isinstance(by, str) else by

    def judge(payment: Payment, _: _About) -> Judged:
        if maker.customer not in {None, payment.customer} or (seen is not None and payment.id not in seen):
            return missing(payment.id)
        if payment.state is PaymentState.CANCELLED:
            return Moved(payment.id, payment.state, again=True)
        if payment.state not in _CANCELLABLE:
            return impossible(payment, "only what has not gone out can be cancelled")
        return Move(
            payment=payment.id,
            to=PaymentState.CANCELLED,
            actor=maker.by,
            reason_code="cancelled",
            text=reason or None,
        )

    seen = await read_payments(tx, ids) if acts_for_customer(tx) else None
    async with as_bank(tx):
        told = await report(tx, [_About(id) for id in ids], judge, TransferKind.VOID)
        await close_releases(tx, [one.payment for one in told if one.state is PaymentState.CANCELLED])
        return told


async def carry_out(
    tx: Transaction,
    payments: Sequence[Payment],
    actors: Sequence[str],
    *,
    screened: bool = False,
    reason: tuple[str, str] | None = None,
    through: Sequence[PaymentState] = (),
) -> list[PaymentOutcome]:
    """Carry known payments out, which the caller holds, and write down how far they came.

    ``through`` are the states that they go through first.
    """
    if not payments:
        return []
    own = await own_agents(tx)
    drafts = [
        Draft(
            payment=payment,
            place=place,
            actor=actor,
            due_on=payment.due_on,
            own=payment.creditor_agent is None or payment.creditor_agent in own,
            customer=payment.customer,
            credit=payment.credit,
        )
        for place, (payment, actor) in enumerate(zip(payments, actors, strict=True))
    ]
    if through:
        for draft in drafts:
            draft.goes(*through)
    await execute(tx, await released(tx, drafts), screened=screened)
    await _write_routes(tx, [draft for draft in drafts if draft.rail is not None])
    held = {payment.id: payment for payment in payments}
    await write_moves(tx, [_move(draft, reason) for draft in drafts if draft.passed], held)
    await _write_reasons(tx, [draft for draft in drafts if not draft.passed])
    return [draft.outcome() for draft in drafts]


def _move(draft: Draft, reason: tuple[str, str] | None) -> Move:
    code, text = (draft.refusal.code, draft.refusal.detail) if draft.refusal else reason or (None, None)
    through = tuple(passed(draft.passed))
    return Move(
        payment=draft.payment.id,
        through=through,
        to=through[-1],
        actor=draft.actor,
        reason_code=code,
        text=text,
    )


async def _write_routes(tx: Transaction, drafts: Sequence[Draft]) -> None:
    if drafts:
        await tx.execute(
            "UPDATE payments p SET credit = r.credit, rail = r.rail, send_at = r.send_at, fee = r.fee"
            " FROM unnest(%b, %b, %b, %b, %b, %b) AS r(cell, id, credit, rail, send_at, fee)"
            " WHERE p.cell = r.cell AND p.id = r.id",
            (
                Int2Array([draft.cell for draft in drafts]),
                UuidArray([draft.payment.id for draft in drafts]),
                Int8Array([draft.credit for draft in drafts]),
                TextArray([draft.rail for draft in drafts]),
                TimestamptzArray([draft.send_at for draft in drafts]),
                Int8Array([draft.fee for draft in drafts]),
            ),
        )


async def _write_reasons(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Why payments still wait; no step of theirs, so it is only kept on the payment."""
    refusals = [draft.refusal for draft in drafts]
    if drafts:
        await tx.execute(
            "UPDATE payments p SET reason_code = r.code, reason = r.detail, changed_at = %s"
            " FROM unnest(%b, %b, %b, %b) AS r(cell, id, code, detail)"
            " WHERE p.cell = r.cell AND p.id = r.id AND p.reason_code IS DISTINCT FROM r.code",
            (
                clock.now(),
                Int2Array([draft.cell for draft in drafts]),
                UuidArray([draft.payment.id for draft in drafts]),
                TextArray([refusal.code if refusal else None for refusal in refusals]),
                TextArray([refusal.detail if refusal else None for refusal in refusals]),
            ),
        )
