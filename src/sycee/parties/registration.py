"""Registering customers: a list of legal entities at once, each placed in a cell."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import date
from typing import Any

from sycee.database import (
    DateArray,
    Int2Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
)
from sycee.kernel.clock import now
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from sycee.ledger import CellNotFound
from sycee.parties.changes import NewChange, business_dates, write_changes
from sycee.parties.customers import (
    COLUMNS,
    Customer,
    CustomerStatus,
    NewCustomer,
    RiskGrade,
    columns_of,
)
from sycee.parties.errors import CustomerExists, InvalidCustomer, InvalidEffectiveDate
from sycee.parties.particulars import CHECKS, checked


async def register_customers(tx: Transaction, customers: Sequence[NewCustomer], *, by: str) -> list[Customer]:
    """Register legal entities, all or none; returns them in order, each with its id and cell.

    Raises InvalidCustomer (InvalidCreditCode, InvalidLei), CustomerExists when a code names a customer
    already or comes twice, CellNotFound, InvalidEffectiveDate.
    """
    wanted = [_checked(customer, position) for position, customer in enumerate(customers)]
    dates = await business_dates(tx)
    cells = await _place(tx, [customer.cell for customer in customers], dates)
    made = []
    for new, values, cell in zip(customers, wanted, cells, strict=True):
        first = new.valid_from or dates[cell]
        if first > dates[cell]:
            raise InvalidEffectiveDate(f"{first} is after {dates[cell]}, the business date of cell {cell}")
        made.append(Customer(id=uuid7(), cell=cell, version=1, valid_from=first, **values))
    await _insert_heads(tx, made, by)
    await claim_identifiers(tx, made)
    stamp = now()
    rows = [
        (customer.cell, customer.id, 1, customer.valid_from, *columns_of(values), stamp, by, "registered")
        for customer, values in zip(made, wanted, strict=True)
    ]
    await write_versions(tx, rows)
    await write_changes(
        tx,
        [
            NewChange(
                cell=customer.cell,
                customer=customer.id,
                what="registered",
                effective=customer.valid_from,
                by=by,
                after={name: value for name, value in values.items() if value not in (None, "")},
            )
            for customer, values in zip(made, wanted, strict=True)
        ],
    )
    return made


def _checked(new: NewCustomer, position: int) -> dict[str, Any]:
    try:
        return _values(new)
    except SyceeError as error:
        error.facts["position"] = position  # in a long list, it says which
        raise


def _values(new: NewCustomer) -> dict[str, Any]:
    values = {field: checked(field, getattr(new, field)) for field in CHECKS}
    values |= {"status": CustomerStatus(new.status), "risk_grade": RiskGrade(new.risk_grade), "parent": None}
    if values["status"] not in (CustomerStatus.PROSPECT, CustomerStatus.ACTIVE):
        raise InvalidCustomer(f"a customer is registered as prospect or active, not as {new.status}")
    refuse_nameless(values)
    return values


def refuse_nameless(values: dict[str, Any]) -> None:
    """Raise InvalidCustomer when a customer, not a mere prospect, has neither USCC nor LEI."""
    if values["status"] is not CustomerStatus.PROSPECT and not (values["uscc"] or values["lei"]):
        raise InvalidCustomer(f"{values['name'][:80]} needs a unified social credit code or an LEI")


async def _place(tx: Transaction, cells: Sequence[int | None], dates: dict[int, date]) -> list[int]:
    """A cell for each: the one asked for, else the one that has the fewest at that point of the list."""
    missing = sorted({cell for cell in cells if cell is not None} - dates.keys())
    if missing:
        raise CellNotFound(f"there is no cell {missing[0]}")
    if not dates and cells:
        raise CellNotFound("there is no cell yet to place a customer in")
    await tx.execute(
        "INSERT INTO customer_counts (cell) SELECT unnest(%s::smallint[]) ON CONFLICT DO NOTHING",
        (Int2Array(sorted(dates)),),
    )
    # Who leaves the choice to the bank holds every count, so that two lists do not choose alike.
    held = sorted(dates) if None in cells else sorted({cell for cell in cells if cell is not None})
    cursor = await tx.execute(
        "SELECT customers, cell FROM customer_counts WHERE cell = ANY(%s::smallint[])"
        " ORDER BY cell FOR NO KEY UPDATE",
        (Int2Array(held),),
    )
    counts = {cell: count for count, cell in await cursor.fetchall()}
    for given in cells:
        if given is not None:
            counts[given] += 1
    heap = [(count, cell) for cell, count in counts.items()]
    heapq.heapify(heap)
    placed = []
    for given in cells:
        cell = heap[0][1] if given is None else given
        if given is None:
            counts[cell] += 1
            heapq.heapreplace(heap, (counts[cell], cell))
        placed.append(cell)
    await tx.execute(
        "UPDATE customer_counts SET customers = n.customers"
        " FROM unnest(%s::smallint[], %s::bigint[]) AS n(cell, customers)"
        " WHERE customer_counts.cell = n.cell",
        (Int2Array(list(counts)), Int8Array(list(counts.values()))),
    )
    return placed


async def _insert_heads(tx: Transaction, customers: Sequence[Customer], by: str) -> None:
    await tx.execute(
        "INSERT INTO customers (cell, id, registered_by)"
        " SELECT c, i, %s FROM unnest(%s::smallint[], %s::uuid[]) AS n(c, i)",
        (
            by,
            Int2Array([customer.cell for customer in customers]),
            UuidArray([customer.id for customer in customers]),
        ),
    )


async def claim_identifiers(tx: Transaction, customers: Sequence[Customer]) -> None:
    """Let the codes of customers name them, for good. Raises CustomerExists when one names another."""
    codes: dict[tuple[str, str], Customer] = {}
    for customer in customers:
        for scheme in ("uscc", "lei"):
            value = getattr(customer, scheme)
            if value is not None and codes.setdefault((scheme, value), customer) is not customer:
                raise CustomerExists(f"{scheme.upper()} {value} comes twice in the list", identifier=value)
    # Sorted: two lists that share codes meet at the first of them instead of in a deadlock.
    ordered = sorted(codes)
    schemes, values = [scheme for scheme, _ in ordered], [value for _, value in ordered]
    await tx.execute(
        "INSERT INTO customer_identifiers (scheme, value, cell, customer)"
        " SELECT s, v, c, i FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::uuid[])"
        " WITH ORDINALITY AS n(s, v, c, i, ord) ORDER BY ord ON CONFLICT DO NOTHING",
        (
            TextArray(schemes),
            TextArray(values),
            Int2Array([codes[code].cell for code in ordered]),
            UuidArray([codes[code].id for code in ordered]),
        ),
    )
    cursor = await tx.execute(
        "SELECT i.scheme, i.value, i.customer FROM customer_identifiers i"
        " JOIN unnest(%s::text[], %s::text[], %s::uuid[]) AS n(scheme, value, customer) USING (scheme, value)"
        " WHERE i.customer <> n.customer ORDER BY i.scheme, i.value LIMIT 1",
        (TextArray(schemes), TextArray(values), UuidArray([codes[code].id for code in ordered])),
    )
    taken = await cursor.fetchone()
    if taken is not None:
        raise CustomerExists(
            f"{taken[0].upper()} {taken[1]} names customer {taken[2]}",
            identifier=taken[1],
            customer=str(taken[2]),
        )


async def write_versions(tx: Transaction, rows: Sequence[Sequence[Any]]) -> None:
    """Insert versions: cell, customer, number, first day, the values' columns, when, by whom, why."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 22
    kinds: list[Any] = [
        Int2Array,
        UuidArray,
        list,
        DateArray,
        *[TextArray] * 4,
        Int8Array,
        TextArray,
        DateArray,
    ]
    kinds += [*[TextArray] * 6, UuidArray, list, TimestamptzArray, TextArray, TextArray]
    await tx.execute(
        f"INSERT INTO customer_versions (cell, customer, version, valid_from, {COLUMNS},"  # noqa: S608 - ours
        " recorded_at, recorded_by, reason) SELECT * FROM unnest(%s::smallint[], %s::uuid[], %s::int[],"
        " %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::date[],"
        " %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::numeric[],"
        " %s::timestamptz[], %s::text[], %s::text[])",
        [kind(column) for kind, column in zip(kinds, columns, strict=True)],
    )
