"""A standing order, its terms, its occurrences and what happened to it: as records, and read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.payments.errors import StandingOrderNotFound
from sycee.payments.orders.new_payments import NewPayment, Urgency
from sycee.payments.orders.transfer_ids import follow_up
from sycee.payments.standing.schedules import Schedule, Turn


class StandingOrderStatus(StrEnum):
    """Where a standing order stands; a suspended one skips what falls due meanwhile."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class OccurrenceState(StrEnum):
    """What became of an occurrence. ``submitted``: its payment was taken in, and says how it stands."""

    DUE = "due"
    SUBMITTED = "submitted"
    MISSED = "missed"
    SKIPPED = "skipped"


class StandingTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid, to whom and when. ``amount`` is in minor units; the rest is as in NewPayment."""

    amount: int
    currency: str
    creditor_account: str
    creditor_name: str
    schedule: Schedule
    creditor_agent: str | None = None
    purpose: str = ""
    remittance: str = ""
    end_to_end_id: str = ""
    urgency: Urgency = Urgency.NORMAL

    def payment(self, id: UUID, debit: int, order: UUID) -> NewPayment:
        """The payment of an occurrence."""
        return NewPayment(
            id=id,
            debit_account=debit,
            creditor_account=self.creditor_account,
            creditor_name=self.creditor_name,
            amount=self.amount,
            currency=self.currency,
            creditor_agent=self.creditor_agent,
            purpose=self.purpose,
            remittance=self.remittance,
            end_to_end_id=self.end_to_end_id,
            urgency=self.urgency,
            order=order,
        )


class StandingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A standing order as it stands. ``next`` is its next occurrence, None when there is none any more.

    ``terms`` are those of ``version``, which hold from the next occurrence on.
    """

    id: UUID
    cell: int
    customer: UUID | None
    debit_account: int
    state: StandingOrderStatus
    version: int
    terms: StandingTerms
    next: Turn | None
    made_by: str
    made_at: datetime
    changed_at: datetime

    def upcoming(self) -> Iterator[Turn]:
        """Its dates to come, in order."""
        if self.next is not None:
            yield self.next
            yield from self.terms.schedule.turns(self.next)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """An occurrence that fell due. ``scheduled_on`` is the date as agreed, ``due_on`` the business date.

    It is tried through ``last_try_on``; ``code`` and ``detail`` say why it was not paid, or not yet.
    """

    scheduled_on: date
    version: int
    due_on: date
    last_try_on: date
    state: OccurrenceState
    payment: UUID
    tries: int
    code: str | None
    detail: str | None
    changed_at: datetime


class StandingOrderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a standing order: what, when, by whom, and about which date or version."""

    what: str
    at: datetime
    actor: str
    version: int | None
    scheduled_on: date | None
    code: str | None
    reason: str | None


_ORDERS = """
    SELECT o.id, o.cell, o.customer, o.debit, o.state, o.version, t.terms::text, o.place, o.next_on, o.due_on,
           o.made_by, o.made_at, o.changed_at
    FROM standing_orders o
    JOIN standing_order_terms t ON t.cell = o.cell AND t.standing_order = o.id AND t.version = o.version
"""
decode_terms = msgspec.json.Decoder(StandingTerms).decode
"""Terms as they are kept."""


def payment_of(order: UUID, scheduled_on: date) -> UUID:
    """The id of the payment of an occurrence: the same however often it is asked for."""
    return follow_up(order, f"standing:{scheduled_on.isoformat()}")


def order_of(row: Sequence[Any]) -> StandingOrder:
    """A standing order from its row."""
    id, cell, customer, debit, state, version, terms, place, next_on, due_on, *made = row
    return StandingOrder(
        id=id,
        cell=cell,
        customer=customer,
        debit_account=debit,
        state=StandingOrderStatus(state),
        version=version,
        terms=decode_terms(terms),
        next=None if next_on is None else Turn(place, next_on, due_on),
        made_by=made[0],
        made_at=made[1],
        changed_at=made[2],
    )


async def find_orders(
    tx: Transaction, condition: str, values: Sequence[Any], *, lock: str = ""
) -> list[StandingOrder]:
    """The standing orders for which a condition of ours holds, and what stands after it; locked as said."""
    cursor = await tx.execute(f"{_ORDERS} WHERE {condition} {lock}".encode(), values)
    return [order_of(row) for row in await cursor.fetchall()]


async def get_standing_order(tx: Transaction, id: UUID, *, lock: bool = False) -> StandingOrder:
    """The standing order with this id. Raises StandingOrderNotFound."""
    held = "FOR NO KEY UPDATE OF o" if lock else ""
    found = await find_orders(tx, "o.id = %s", (id,), lock=held)
    if not found:
        raise StandingOrderNotFound(f"there is no standing order {id}")
    return found[0]


async def list_standing_orders(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    account: int | None = None,
    state: StandingOrderStatus | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[StandingOrder]:
    """Standing orders, the greatest id (of UUIDs of version 7: the newest) first, those before ``before``.

    Of one customer or account, in one state, if given.
    """
    given = {"o.customer = %s": customer, "o.debit = %s": account, "o.state = %s": state, "o.id < %s": before}
    wanted = {condition: value for condition, value in given.items() if value is not None}
    where = " AND ".join(wanted) or "true"
    return await find_orders(tx, f"{where} ORDER BY o.id DESC LIMIT %s", (*wanted.values(), limit))


async def standing_order_occurrences(
    tx: Transaction, order: StandingOrder, *, before: date | None = None, limit: int = 100
) -> list[Occurrence]:
    """What became of an order's occurrences, the latest date first, those before ``before``."""
    cursor = await tx.execute(
        "SELECT scheduled_on, version, due_on, last_try_on, state, payment, tries, code, detail, changed_at"
        " FROM standing_order_occurrences WHERE cell = %s AND standing_order = %s"
        " AND scheduled_on < coalesce(%s::date, 'infinity') ORDER BY scheduled_on DESC LIMIT %s",
        (order.cell, order.id, before, limit),
    )
    names = Occurrence.__struct_fields__
    found = [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
    return [Occurrence(**{**one, "state": OccurrenceState(one["state"])}) for one in found]


async def standing_order_events(tx: Transaction, order: StandingOrder) -> list[StandingOrderEvent]:
    """What happened to an order, the first thing first."""
    cursor = await tx.execute(
        "SELECT what, at, actor, version, scheduled_on, code, reason FROM standing_order_events"
        " WHERE cell = %s AND standing_order = %s ORDER BY position",
        (order.cell, order.id),
    )
    names = StandingOrderEvent.__struct_fields__
    return [StandingOrderEvent(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]


async def standing_orders_by_id(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, StandingOrder]:
    """The standing orders of these ids that there are."""
    found = await find_orders(tx, "o.id = ANY(%b)", (UuidArray(list(ids)),))
    return {order.id: order for order in found}
