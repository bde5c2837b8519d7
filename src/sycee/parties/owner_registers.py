"""Registers of owners: who holds what of a customer, from which date on.

A register is recorded whole, as the company's own register of shareholders is: it holds until the next one
begins. Recording one for a day that has one already puts the new one in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from sycee.database import TextArray, Transaction, UuidArray
from sycee.kernel.ids import uuid7
from sycee.parties.beneficial_owners import HoldingKind
from sycee.parties.changes import NewChange, business_dates, cell_of_customer, lock_graph, write_changes
from sycee.parties.cycles import Link, circle
from sycee.parties.errors import (
    CircularOwnership,
    CustomerNotFound,
    InvalidEffectiveDate,
    InvalidOwnership,
    MoreThanTheWhole,
)
from sycee.parties.groups import WHOLE, checked_percent, way_in_words
from sycee.parties.identifiers import kept_text
from sycee.parties.persons import get_persons
from sycee.parties.versions import LAST_DAY, LONGEST_REASON

MOST_HOLDINGS = 1000


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What one owner holds: a ``person`` or a ``customer`` (a prospect will do), and how much, in percent.

    Control has no percentage. Benefits and votes need to be said only where they differ from the equity:
    if any holding of such a kind is in a register, then all of them are.
    """

    kind: HoldingKind = HoldingKind.EQUITY
    person: UUID | None = None
    customer: UUID | None = None
    percent: Decimal | None = None


class OwnershipRegister(msgspec.Struct, frozen=True, kw_only=True):
    """The owners of a customer from ``valid_from`` until before ``valid_to`` (None: open)."""

    id: UUID
    customer: UUID
    holdings: tuple[Holding, ...]
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str
    reason: str


async def record_ownership(
    tx: Transaction,
    customer: UUID,
    holdings: Sequence[Holding],
    *,
    by: str,
    reason: str,
    from_day: date | None = None,
) -> OwnershipRegister:
    """Record who owns a customer from a day on (default: its cell's business date), the whole register.

    Raises CustomerNotFound, PersonNotFound, InvalidOwnership, InvalidEffectiveDate, MoreThanTheWhole,
    CircularOwnership naming the way around.
    """
    reason = kept_text(reason, "the reason", LONGEST_REASON, InvalidOwnership, needed=True)
    _check(customer, holdings)
    await lock_graph(tx)
    cell = await cell_of_customer(tx, customer, lock=True)
    await get_persons(tx, {holding.person for holding in holdings if holding.person})
    await _need_customers(tx, {holding.customer for holding in holdings if holding.customer})
    start = from_day or (await business_dates(tx))[cell]
    if start > LAST_DAY or start.year < 1000:
        raise InvalidEffectiveDate(f"{start} is not a day from which a register can hold")
    await tx.execute(
        "UPDATE ownership_registers SET superseded_at = clock_timestamp(), superseded_by = %s"
        " WHERE cell = %s AND customer = %s AND valid_from = %s AND superseded_at IS NULL",
        (by, cell, customer, start),
    )
    made = await _insert(tx, cell, customer, holdings, start, by, reason)
    await _refuse_circle(tx, made)
    change = NewChange(
        cell=cell,
        customer=customer,
        what="owners",
        effective=start,
        by=by,
        reason=reason,
        after={"register": made.id, "holdings": made.holdings},
    )
    await write_changes(tx, [change])
    return made


def _check(customer: UUID, holdings: Sequence[Holding]) -> None:
    if len(holdings) > MOST_HOLDINGS:
        raise InvalidOwnership(f"a register has {len(holdings)} holdings; at most {MOST_HOLDINGS} are kept")
    sums: dict[HoldingKind, Decimal] = defaultdict(Decimal)
    seen = set()
    for holding in holdings:
        if (holding.person is None) is (holding.customer is None):
            raise InvalidOwnership("an owner is either a person or a customer")
        if holding.customer == customer:
            raise CircularOwnership(f"customer {customer} would own itself")
        owner = (holding.kind, holding.person or holding.customer)
        if owner in seen:
            raise InvalidOwnership(f"owner {owner[1]} comes twice with {holding.kind}")
        seen.add(owner)
        if (holding.kind is HoldingKind.CONTROL) is not (holding.percent is None):
            raise InvalidOwnership("every holding has a percentage, but control has none")
        if holding.percent is not None:
            sums[holding.kind] += checked_percent(holding.percent, InvalidOwnership)
    for kind, total in sums.items():
        if total > WHOLE:
            raise MoreThanTheWhole(f"the {kind} of the register adds up to {total.normalize():f} percent")


async def _need_customers(tx: Transaction, ids: Iterable[UUID]) -> None:
    wanted = sorted(set(ids))
    cursor = await tx.execute("SELECT id FROM customers WHERE id = ANY(%s::uuid[])", (UuidArray(wanted),))
    known = {row[0] for row in await cursor.fetchall()}
    for id in wanted:
        if id not in known:
            raise CustomerNotFound(f"there is no customer {id}, who is said to own a part")


async def _insert(
    tx: Transaction,
    cell: int,
    customer: UUID,
    holdings: Sequence[Holding],
    start: date,
    by: str,
    reason: str,
) -> OwnershipRegister:
    id = uuid7()
    await tx.execute(
        "INSERT INTO ownership_registers (cell, customer, id, valid_from, recorded_by, reason)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (cell, customer, id, start, by, reason),
    )
    await tx.execute(
        "INSERT INTO holdings (cell, customer, register, position, kind, person, owner_customer, percent)"
        " SELECT %s, %s, %s, ord, k, p, o, s FROM unnest(%s::text[], %s::uuid[], %s::uuid[], %s::numeric[])"
        " WITH ORDINALITY AS n(k, p, o, s, ord)",
        (
            cell,
            customer,
            id,
            TextArray([str(holding.kind) for holding in holdings]),
            UuidArray([holding.person for holding in holdings]),
            UuidArray([holding.customer for holding in holdings]),
            [holding.percent for holding in holdings],
        ),
    )
    return next(one for one in await ownership_registers(tx, customer) if one.id == id)


async def ownership_registers(tx: Transaction, customer: UUID) -> list[OwnershipRegister]:
    """The standing registers of owners of a customer, in the order of their days. Raises CustomerNotFound."""
    cell = await cell_of_customer(tx, customer)
    cursor = await tx.execute(
        """
        SELECT r.id, r.customer, r.valid_from, lead(r.valid_from) OVER (ORDER BY r.valid_from), r.recorded_at,
            r.recorded_by, r.reason,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', h.kind, 'person', h.person,
                'customer', h.owner_customer, 'percent', h.percent::text) ORDER BY h.position), '[]')
             FROM holdings h WHERE h.cell = r.cell AND h.customer = r.customer AND h.register = r.id)
        FROM ownership_registers r
        WHERE r.cell = %s AND r.customer = %s AND r.superseded_at IS NULL ORDER BY r.valid_from
        """,
        (cell, customer),
    )
    return [
        OwnershipRegister(
            id=row[0],
            customer=row[1],
            valid_from=row[2],
            valid_to=row[3],
            recorded_at=row[4],
            recorded_by=row[5],
            reason=row[6],
            holdings=msgspec.convert(row[7], tuple[Holding, ...]),
        )
        for row in await cursor.fetchall()
    ]


async def _refuse_circle(tx: Transaction, register: OwnershipRegister) -> None:
    """Look up from the customer through every register that stands, whatever its days."""
    cursor = await tx.execute(
        """
        WITH RECURSIVE above(customer) AS (
            SELECT %s::uuid
            UNION
            SELECT h.owner_customer FROM above
                JOIN ownership_registers r ON r.customer = above.customer AND r.superseded_at IS NULL
                JOIN holdings h ON h.register = r.id
            WHERE h.owner_customer IS NOT NULL
        ), standing AS (
            SELECT r.id, r.customer, r.valid_from,
                   lead(r.valid_from) OVER (PARTITION BY r.customer ORDER BY r.valid_from) AS valid_to
            FROM above JOIN ownership_registers r ON r.customer = above.customer AND r.superseded_at IS NULL
        )
        SELECT DISTINCT s.customer, h.owner_customer, s.valid_from, s.valid_to
        FROM standing s JOIN holdings h ON h.register = s.id WHERE h.owner_customer IS NOT NULL
        """,
        (register.customer,),
    )
    links = [Link(*row) for row in await cursor.fetchall()]
    found = circle(links, register.customer, register.valid_from, register.valid_to)
    if found is not None:
        day, way = found
        raise CircularOwnership(
            f"{await way_in_words(tx, way)} would own each other in a circle on {day}",
            path=[str(one) for one in way],
        )
