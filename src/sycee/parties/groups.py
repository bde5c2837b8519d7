"""Groups of companies: who stands directly above whom, from which date on, and the tree that this makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.errors import InvalidInput
from sycee.parties.changes import business_dates, cell_of_customer, lock_graph
from sycee.parties.customers import Customer, Parent, customer_at, customers_on, get_customer
from sycee.parties.cycles import Link, circle
from sycee.parties.errors import CircularGroup, InvalidCustomer
from sycee.parties.versions import write_change

WHOLE = Decimal(100)
MOST_DECIMALS = 6


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    """A company in its group: ``depth`` is 0 at the top, ``percent`` what the parent holds of it."""

    customer: UUID
    name: str
    local_name: str
    parent: UUID | None
    percent: Decimal | None
    depth: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group on a date: every company under the one at the top, parents before their subsidiaries."""

    top: UUID
    on: date
    members: tuple[GroupMember, ...]


def checked_percent(percent: Decimal, error: type[InvalidInput]) -> Decimal:
    """A share in percent, above 0 and up to 100, with at most six decimals. Raises ``error``."""
    exponent = percent.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 < percent <= WHOLE:
        raise error(f"{percent} is not a share: above 0 and up to 100 percent")
    if -exponent > MOST_DECIMALS:
        raise error(f"{percent} has {-exponent} decimals; a share has at most {MOST_DECIMALS}")
    return percent


async def set_parent(
    tx: Transaction,
    child: UUID,
    parent: UUID | None,
    share_percent: Decimal | None = None,
    from_day: date | None = None,
    *,
    by: str,
    reason: str,
) -> Customer:
    """Put a company under another from a date on (default: its cell's business date); None takes it out.

    ``share_percent`` is what the parent holds of it. Returns the child as it is on its business date.

    Raises CustomerNotFound, InvalidCustomer, InvalidEffectiveDate, CircularGroup naming the way around.
    """
    above = None
    if parent is not None:
        if share_percent is None:
            raise InvalidCustomer("the share that the parent holds is needed")
        above = Parent(parent, checked_percent(share_percent, InvalidCustomer))
    elif share_percent is not None:
        raise InvalidCustomer("a share is held by a parent; none is named")
    await lock_graph(tx)
    cell = await cell_of_customer(tx, child, lock=True)
    if parent is not None:
        if parent == child:
            raise CircularGroup(f"{(await get_customer(tx, child)).name} would be its own parent")
        await cell_of_customer(tx, parent)
    start = from_day or (await business_dates(tx))[cell]
    await write_change(tx, cell, child, start, {"parent": above}, by=by, reason=reason, what="parent")
    if parent is not None:
        await _refuse_circle(tx, child, start)
    return await get_customer(tx, child)


async def _refuse_circle(tx: Transaction, child: UUID, start: date) -> None:
    cursor = await tx.execute(
        """
        WITH RECURSIVE above(customer) AS (
            SELECT %s::uuid
            UNION
            SELECT v.parent FROM above JOIN customers c ON c.id = above.customer
                JOIN customer_versions v ON v.cell = c.cell AND v.customer = c.id
            WHERE v.superseded_at IS NULL AND v.parent IS NOT NULL
        )
        SELECT v.customer, v.parent, v.valid_from,
               lead(v.valid_from) OVER (PARTITION BY v.customer ORDER BY v.valid_from)
        FROM above JOIN customers c ON c.id = above.customer
            JOIN customer_versions v ON v.cell = c.cell AND v.customer = c.id
        WHERE v.superseded_at IS NULL
        """,
        (child,),
    )
    links = [Link(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall() if row[1] is not None]
    found = circle(links, child, start, None)
    if found is not None:
        day, way = found
        raise CircularGroup(
            f"{await way_in_words(tx, way)} would stand in a circle on {day}", path=[str(one) for one in way]
        )


async def way_in_words(tx: Transaction, way: Iterable[UUID]) -> str:
    """The names of companies along a way up: ``A < B < A``."""
    ids = list(way)
    names = {id: found.name for id, found in (await customers_on(tx, ids)).items()}
    return " < ".join(names.get(id, str(id)) for id in ids)


async def group_of(tx: Transaction, id: UUID, on: date | None = None) -> Group:
    """The whole group that a company belongs to on a date (default: its cell's business date).

    A company without parent and subsidiaries is a group of one. Raises CustomerNotFound.
    """
    cell = await cell_of_customer(tx, id)
    day = on or (await business_dates(tx))[cell]
    cursor = await tx.execute(
        """
        WITH RECURSIVE up(customer, depth) AS (
            SELECT %(id)s::uuid, 0
            UNION ALL
            SELECT v.parent, up.depth + 1
            FROM up JOIN customers c ON c.id = up.customer CROSS JOIN LATERAL (
                SELECT parent FROM customer_versions v
                WHERE v.cell = c.cell AND v.customer = c.id AND v.superseded_at IS NULL
                    AND v.valid_from <= %(day)s
                ORDER BY valid_from DESC LIMIT 1) v
            WHERE v.parent IS NOT NULL
        ), down(customer) AS (
            (SELECT customer FROM up ORDER BY depth DESC LIMIT 1)
            UNION ALL
            SELECT v.customer
            FROM down JOIN customer_versions v ON v.parent = down.customer
            WHERE v.superseded_at IS NULL AND v.valid_from <= %(day)s AND NOT EXISTS (
                SELECT FROM customer_versions later
                WHERE later.cell = v.cell AND later.customer = v.customer AND later.superseded_at IS NULL
                    AND later.valid_from > v.valid_from AND later.valid_from <= %(day)s)
        )
        SELECT customer FROM down
        """,
        {"id": id, "day": day},
    )
    ids = [row[0] for row in await cursor.fetchall()]
    await customer_at(tx, id, day)
    return _tree(ids[0], day, await customers_on(tx, ids, day))


def _tree(top: UUID, day: date, members: dict[UUID, Customer]) -> Group:
    below: dict[UUID, list[Customer]] = defaultdict(list)
    for member in members.values():
        if member.parent is not None and member.id != top:
            below[member.parent.customer].append(member)
    shown: list[GroupMember] = []
    waiting = [(members[top], 0)]
    while waiting:
        company, depth = waiting.pop()
        shown.append(
            GroupMember(
                customer=company.id,
                name=company.name,
                local_name=company.local_name,
                parent=company.parent.customer if company.parent else None,
                percent=company.parent.percent if company.parent else None,
                depth=depth,
            )
        )
        waiting += [
            (one, depth + 1) for one in sorted(below[company.id], key=lambda one: one.id, reverse=True)
        ]
    return Group(top=top, on=day, members=tuple(shown))
