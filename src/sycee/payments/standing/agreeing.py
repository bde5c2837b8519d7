"""Making a standing order, changing it, halting it and ending it.

What is agreed holds from the next occurrence on: one that has fallen due is paid as it was agreed then.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee import ledger, products
from sycee.database import Transaction, as_bank
from sycee.kernel import clock
from sycee.ledger import AccountNotFound
from sycee.payments.errors import (
    InvalidStandingOrder,
    StandingOrderIdReused,
    StandingOrderNotFound,
    StandingOrderState,
)
from sycee.payments.orders.new_payments import Instructor, refusal_of
from sycee.payments.orders.parties import Payer, look_up, look_up_payers, payee_of
from sycee.payments.orders.permitting import CLASS_REFUSED
from sycee.payments.orders.supervised import ESCROW_REFUSED, supervisions
from sycee.payments.standing.falling_due import fall_due
from sycee.payments.standing.history import Happened, note, skip_due
from sycee.payments.standing.records import (
    StandingOrder,
    StandingOrderStatus,
    StandingTerms,
    find_orders,
    get_standing_order,
)
from sycee.payments.standing.schedules import Turn


class NewStandingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A standing order as it is asked for; ``id`` is made by whoever asks, once."""

    id: UUID
    debit_account: int
    terms: StandingTerms


async def check_terms(tx: Transaction, id: UUID, debit: int, terms: StandingTerms) -> Payer:
    """Who pays, if such payments can be made at all.

    Raises AccountNotFound, InvalidStandingOrder, CalendarNotFound.
    """
    terms.schedule.check()
    payment = terms.payment(id, debit, id)
    refusal = refusal_of(payment)
    if refusal is not None:
        raise InvalidStandingOrder(refusal.detail, reason=refusal.code)
    payers = await look_up_payers(tx, [payment])
    if debit not in payers:
        raise AccountNotFound(f"there is no account {debit}")
    payer = payers[debit]
    if payer.currency != terms.currency:
        raise InvalidStandingOrder(f"account {debit} is kept in {payer.currency}, not in {terms.currency}")
    async with as_bank(tx):
        register = await look_up(tx, [payment], payers)
        own = payment.creditor_agent is None or payment.creditor_agent in register.own_agents
        credit = payee_of(payment, register) if own else None
        if credit is not None and not isinstance(credit, int):
            raise InvalidStandingOrder(credit.detail, reason=credit.code)
        found = (await supervisions(tx, [debit])).get(debit)
        (problem,) = await products.movement_problems(
            tx,
            [products.Movement(debit, credit, terms.amount)],
            supervised=frozenset([debit] if found else []),
        )
    if problem is not None:
        raise InvalidStandingOrder(problem, reason=CLASS_REFUSED)
    payee = (terms.creditor_account, "" if own else terms.creditor_agent or "")
    refused = found.problem(payee, terms.purpose, terms.amount) if found else None
    if refused is not None:
        raise InvalidStandingOrder(refused, reason=ESCROW_REFUSED)
    return payer


def first_turn(payer: Payer, terms: StandingTerms) -> Turn:
    """The first occurrence of new terms. Raises InvalidStandingOrder when there is none to come."""
    if terms.schedule.first_on < payer.today:
        raise InvalidStandingOrder(
            f"the first date {terms.schedule.first_on} is past: the present business date is {payer.today}"
        )
    return _some(terms.schedule.next(None))


def _some(turn: Turn | None) -> Turn:
    if turn is None:
        raise InvalidStandingOrder("nothing would be paid any more: no date lies within first and last")
    return turn


async def make_standing_order(tx: Transaction, new: NewStandingOrder, *, by: Instructor) -> StandingOrder:
    """Make a standing order; the same again is answered with how the first stands.

    Raises AccountNotFound, InvalidStandingOrder, CalendarNotFound, StandingOrderIdReused.
    """
    payer = await check_terms(tx, new.id, new.debit_account, new.terms)
    if by.customer not in {None, payer.customer}:
        raise AccountNotFound(f"there is no account {new.debit_account}")
    async with as_bank(tx):
        known = await find_orders(tx, "o.id = %s", (new.id,))
        if known:
            return await _same(tx, known[0], new, payer)
        turn = first_turn(payer, new.terms)
        await tx.execute(
            "INSERT INTO standing_orders (cell, id, customer, debit, state, version, place, next_on, due_on,"
            " made_by, made_at, changed_at)"
            " VALUES (%(cell)s, %(id)s, %(customer)s, %(debit)s, 'active', 1, %(place)s, %(on)s, %(due_on)s,"
            " %(by)s, %(now)s, %(now)s)",
            {
                "cell": payer.cell,
                "id": new.id,
                "customer": payer.customer,
                "debit": new.debit_account,
                "place": turn.place,
                "on": turn.on,
                "due_on": turn.due_on,
                "by": by.by,
                "now": clock.now(),
            },
        )
        await _write_terms(tx, payer.cell, new.id, 1, new.terms, by.by)
        await note(tx, [Happened(payer.cell, new.id, "made", by.by, version=1)])
        return await get_standing_order(tx, new.id)


async def preview_standing_order(tx: Transaction, new: NewStandingOrder, *, by: Instructor) -> StandingOrder:
    """The order as it would be made, with its dates; nothing is kept. Raises what making it raises."""
    async with tx.transaction(force_rollback=True):
        return await make_standing_order(tx, new, by=by)


async def _same(tx: Transaction, known: StandingOrder, new: NewStandingOrder, payer: Payer) -> StandingOrder:
    cursor = await tx.execute(
        "SELECT terms = %s::jsonb FROM standing_order_terms"
        " WHERE cell = %s AND standing_order = %s AND version = 1",
        (msgspec.json.encode(new.terms).decode(), known.cell, known.id),
    )
    row = await cursor.fetchone()
    same = row is not None and bool(row[0])
    if not same or known.debit_account != new.debit_account or known.customer != payer.customer:
        raise StandingOrderIdReused(f"{new.id} was used before for another standing order")
    return known


async def _write_terms(
    tx: Transaction, cell: int, id: UUID, version: int, terms: StandingTerms, by: str
) -> None:
    await tx.execute(
        "INSERT INTO standing_order_terms (cell, standing_order, version, terms, agreed_by, agreed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (cell, id, version, msgspec.json.encode(terms).decode(), by, clock.now()),
    )


async def change_standing_order(
    tx: Transaction, id: UUID, terms: StandingTerms, *, by: Instructor
) -> StandingOrder:
    """Agree on other terms, from the next occurrence on.

    Where rhythm, first date and day stay, the dates go on as they were; others begin with their first date,
    which lies after every occurrence there was. Raises StandingOrderNotFound, StandingOrderState,
    InvalidStandingOrder, CalendarNotFound.
    """
    seen = await get_standing_order(tx, id)
    payer = await check_terms(tx, id, seen.debit_account, terms)
    async with as_bank(tx):
        order = await _going(tx, id, by)
        if order.terms == terms:
            return order
        turn = await _next_under(tx, order, terms, payer)
        await _write_terms(tx, order.cell, id, order.version + 1, terms, by.by)
        await tx.execute(
            "UPDATE standing_orders SET version = version + 1, place = %s, next_on = %s, due_on = %s,"
            " changed_at = %s WHERE cell = %s AND id = %s",
            (turn.place, turn.on, turn.due_on, clock.now(), order.cell, id),
        )
        await note(tx, [Happened(order.cell, id, "changed", by.by, version=order.version + 1)])
        return await get_standing_order(tx, id)


async def _next_under(tx: Transaction, order: StandingOrder, terms: StandingTerms, payer: Payer) -> Turn:
    """The next occurrence of an order under other terms."""
    old, new = order.terms.schedule, terms.schedule
    assert order.next is not None
    if (old.rhythm, old.first_on, old.day) == (new.rhythm, new.first_on, new.day):
        return _some(new.settled(order.next))
    cursor = await tx.execute(
        "SELECT max(scheduled_on) FROM standing_order_occurrences WHERE cell = %s AND standing_order = %s",
        (order.cell, order.id),
    )
    row = await cursor.fetchone()
    if row is not None and row[0] is not None and new.first_on <= row[0]:
        raise InvalidStandingOrder(
            f"the occurrence of {row[0]} has fallen due: other dates begin after it, not on {new.first_on}"
        )
    return first_turn(payer, terms)


async def _held(tx: Transaction, id: UUID, by: Instructor) -> StandingOrder:
    """The order, held until the commit, if it is the maker's customer's."""
    order = await get_standing_order(tx, id, lock=True)
    if by.customer not in {None, order.customer}:
        raise StandingOrderNotFound(f"there is no standing order {id}")
    return order


async def _going(tx: Transaction, id: UUID, by: Instructor) -> StandingOrder:
    """The same, if it has not ended."""
    order = await _held(tx, id, by)
    if order.state is StandingOrderStatus.ENDED:
        raise StandingOrderState(f"standing order {id} has ended")
    return order


async def suspend_standing_order(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> StandingOrder:
    """Let an order rest: what falls due is skipped until it is resumed, and what waited for funds is too.

    Raises StandingOrderNotFound, StandingOrderState.
    """
    await get_standing_order(tx, id)
    async with as_bank(tx):
        order = await _going(tx, id, by)
        if order.state is StandingOrderStatus.ACTIVE:
            await skip_due(tx, order, by.by, "suspended")
            await _set_state(tx, order, "suspended", by.by, reason)
        return await get_standing_order(tx, id)


async def resume_standing_order(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> StandingOrder:
    """Let a suspended order go on with what falls due from the present business date on.

    Raises StandingOrderNotFound, StandingOrderState.
    """
    await get_standing_order(tx, id)
    async with as_bank(tx):
        order = await _going(tx, id, by)
        if order.state is not StandingOrderStatus.SUSPENDED:
            return order
        today = (await ledger.get_cell(tx, order.cell)).business_date
        while order.next and order.next.due_on and order.next.due_on < today:
            (order,) = await fall_due(tx, [order])
        if order.state is StandingOrderStatus.SUSPENDED:
            await _set_state(tx, order, "active", by.by, reason)
        return await get_standing_order(tx, id)


async def end_standing_order(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> StandingOrder:
    """End an order for good; what waited for funds is skipped. Ending it again changes nothing.

    Raises StandingOrderNotFound.
    """
    await get_standing_order(tx, id)
    async with as_bank(tx):
        order = await _held(tx, id, by)
        if order.state is not StandingOrderStatus.ENDED:
            await skip_due(tx, order, by.by, "ended")
            await _set_state(tx, order, "ended", by.by, reason)
        return await get_standing_order(tx, id)


_WHAT = {"active": "resumed", "suspended": "suspended", "ended": "ended"}


async def _set_state(tx: Transaction, order: StandingOrder, state: str, by: str, reason: str) -> None:
    await tx.execute(
        "UPDATE standing_orders SET state = %(state)s, changed_at = %(now)s,"
        " next_on = CASE WHEN %(state)s <> 'ended' THEN next_on END,"
        " due_on = CASE WHEN %(state)s <> 'ended' THEN due_on END"
        " WHERE cell = %(cell)s AND id = %(id)s",
        {"state": state, "now": clock.now(), "cell": order.cell, "id": order.id},
    )
    await note(tx, [Happened(order.cell, order.id, _WHAT[state], by, reason=reason or None)])
