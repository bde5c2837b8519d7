"""Customers as they are on a date: what is known of a legal entity, and finding it.

They are made in registration.py, and how they change is told in versions.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import DateArray, Int2Array, Transaction, UuidArray
from sycee.kernel.money import Amount
from sycee.parties.changes import business_dates
from sycee.parties.errors import CustomerNotFound


class CustomerStatus(StrEnum):
    """How the bank stands to a legal entity; only an active customer may sign anything.

    A prospect is known to the bank (it asks to become a customer, or owns one) and holds nothing there.
    """

    PROSPECT = "prospect"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class RiskGrade(StrEnum):
    """How much care the bank takes with a customer."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Parent(msgspec.Struct, frozen=True):
    """The company directly above in the group, and the share of the customer that it holds, in percent."""

    customer: UUID
    percent: Decimal


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A legal entity to be registered, in ``cell`` or in the cell with the fewest customers.

    ``local_name`` and ``local_address`` are in the entity's own language; ``country`` (ISO 3166) is where it
    is registered, ``industry`` a code of GB/T 4754 or NACE. What is said holds from ``valid_from`` on, by
    default the cell's business date. Anything but a prospect needs a USCC or an LEI.
    """

    name: str
    local_name: str = ""
    uscc: str | None = None
    lei: str | None = None
    registered_capital: Amount | None = None
    established_on: date | None = None
    industry: str = ""
    country: str = "CN"
    address: str = ""
    local_address: str = ""
    status: CustomerStatus = CustomerStatus.PROSPECT
    risk_grade: RiskGrade = RiskGrade.MEDIUM
    cell: int | None = None
    valid_from: date | None = None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A legal entity as it is on a date: the version that holds from ``valid_from`` on."""

    id: UUID
    cell: int
    name: str
    local_name: str
    uscc: str | None
    lei: str | None
    registered_capital: Amount | None
    established_on: date | None
    industry: str
    country: str
    address: str
    local_address: str
    status: CustomerStatus
    risk_grade: RiskGrade
    parent: Parent | None
    version: int
    valid_from: date


COLUMNS = (
    "name, local_name, uscc, lei, capital, capital_currency, established_on, industry, country, address,"
    " local_address, status, risk_grade, parent, parent_percent"
)
"""The columns of a version's values, in the order in which they are written and read."""


def values_of(row: Sequence[Any]) -> dict[str, Any]:
    """The values of a version from its columns, with amounts and parents as they are spoken of."""
    capital, currency, parent, percent = row[4], row[5], row[13], row[14]
    return {
        "name": row[0],
        "local_name": row[1],
        "uscc": row[2],
        "lei": row[3],
        "registered_capital": Amount(capital, currency) if capital is not None else None,
        "established_on": row[6],
        "industry": row[7],
        "country": row[8],
        "address": row[9],
        "local_address": row[10],
        "status": CustomerStatus(row[11]),
        "risk_grade": RiskGrade(row[12]),
        "parent": Parent(parent, percent) if parent is not None else None,
    }


def columns_of(values: dict[str, Any]) -> tuple[Any, ...]:
    """The columns of a version from its values."""
    capital: Amount | None = values["registered_capital"]
    parent: Parent | None = values["parent"]
    return (
        values["name"],
        values["local_name"],
        values["uscc"],
        values["lei"],
        capital.minor if capital else None,
        capital.currency if capital else None,
        values["established_on"],
        values["industry"],
        values["country"],
        values["address"],
        values["local_address"],
        str(values["status"]),
        str(values["risk_grade"]),
        parent.customer if parent else None,
        parent.percent if parent else None,
    )


def _select(where: str) -> str:
    """The version of each customer that holds on its day, days being given by cell."""
    return f"""
        SELECT c.id, c.cell, v.version, v.valid_from, {COLUMNS}
        FROM customers c
        JOIN unnest(%(cells)s::smallint[], %(days)s::date[]) AS d(cell, day) ON d.cell = c.cell
        CROSS JOIN LATERAL (
            SELECT * FROM customer_versions v
            WHERE v.cell = c.cell AND v.customer = c.id AND v.superseded_at IS NULL AND v.valid_from <= d.day
            ORDER BY v.valid_from DESC LIMIT 1
        ) v
        WHERE {where}
    """  # noqa: S608 - conditions of ours only


def customer_of(row: Sequence[Any]) -> Customer:
    """A customer from a row of id, cell, version, first day and the values' columns."""
    return Customer(id=row[0], cell=row[1], version=row[2], valid_from=row[3], **values_of(row[4:]))


async def customers_on(
    tx: Transaction, ids: Sequence[UUID], on: date | None = None, *, share: bool = False
) -> dict[UUID, Customer]:
    """Customers as they are on a date (None: their cells' business dates), without those that are not there.

    With ``share`` their rows are held so that nobody changes them before this transaction ends.
    """
    dates = await business_dates(tx)
    if share:
        await tx.execute(
            "SELECT FROM customers WHERE id = ANY(%s::uuid[]) ORDER BY id FOR SHARE",
            (UuidArray(sorted(ids)),),
        )
    cursor = await tx.execute(
        _select("c.id = ANY(%(ids)s::uuid[])").encode(),
        {
            "cells": Int2Array(list(dates)),
            "days": DateArray([on or day for day in dates.values()]),
            "ids": UuidArray(list(set(ids))),
        },
    )
    return {row[0]: customer_of(row) for row in await cursor.fetchall()}


async def get_customer(tx: Transaction, id: UUID) -> Customer:
    """The customer as it is on its cell's business date. Raises CustomerNotFound."""
    found = await customers_on(tx, [id])
    if id not in found:
        raise CustomerNotFound(f"there is no customer {id}")
    return found[id]


async def customer_at(tx: Transaction, id: UUID, on: date) -> Customer:
    """The customer as it was, is or will be on a date, by what is known now. Raises CustomerNotFound."""
    found = await customers_on(tx, [id], on)
    if id not in found:
        known = await get_customer(tx, id)
        raise CustomerNotFound(f"customer {id} ({known.name}) was not known on {on}")
    return found[id]


async def customer_since(tx: Transaction, id: UUID) -> date | None:
    """The day on which a legal entity became a customer; None for a prospect, or one that is not known."""
    cursor = await tx.execute(
        "SELECT min(valid_from) FROM customer_versions"
        " WHERE customer = %s AND superseded_at IS NULL AND status = 'active'",
        (id,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def find_customers(
    tx: Transaction,
    *,
    name: str | None = None,
    uscc: str | None = None,
    lei: str | None = None,
    status: CustomerStatus | None = None,
    risk_grade: RiskGrade | None = None,
    cell: int | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[Customer]:
    """Customers as they are today, in the order of their registration; those after ``after``.

    ``name`` is a part of either name, in any case; a code is that of the customer now or ever before.
    """
    dates = await business_dates(tx)
    pattern = None if name is None else "%" + _escaped(name) + "%"
    conditions = {
        "(v.name ILIKE %(name)s OR v.local_name ILIKE %(name)s)": ("name", pattern),
        _identified("uscc"): ("uscc", uscc and uscc.upper()),
        _identified("lei"): ("lei", lei and lei.upper()),
        "v.status = %(status)s": ("status", status and str(status)),
        "v.risk_grade = %(grade)s": ("grade", risk_grade and str(risk_grade)),
        "c.cell = %(cell)s": ("cell", cell),
        "c.id > %(after)s": ("after", after),
    }
    given = {condition: pair for condition, pair in conditions.items() if pair[1] is not None}
    cursor = await tx.execute(
        (_select(" AND ".join(["true", *given])) + " ORDER BY c.id LIMIT %(limit)s").encode(),
        {
            "cells": Int2Array(list(dates)),
            "days": DateArray(list(dates.values())),
            "limit": limit,
            **dict(given.values()),
        },
    )
    return [customer_of(row) for row in await cursor.fetchall()]


def _identified(scheme: str) -> str:
    return (
        "c.id IN (SELECT customer FROM customer_identifiers"  # noqa: S608 - schemes of ours only
        f" WHERE scheme = '{scheme}' AND value = %({scheme})s)"
    )


def _escaped(text: str) -> str:
    """A text as a pattern of LIKE that means nothing but itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
