"""Due diligence: what the bank found out about a customer, and until when it may rely on that.

Order 11/2025 on customer due diligence, in force since January 2026: no service without it, and the records
are kept for ten years at least; nothing here is ever deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.kernel.ids import uuid7
from sycee.parties.changes import NewChange, business_dates, cell_of_customer, write_changes
from sycee.parties.customers import Customer, CustomerStatus, RiskGrade, customers_on
from sycee.parties.errors import (
    CustomerNotActive,
    CustomerNotFound,
    DueDiligenceExpired,
    DueDiligenceFailed,
    DueDiligenceMissing,
    InvalidDueDiligence,
)
from sycee.parties.identifiers import kept_text
from sycee.parties.versions import LAST_DAY, write_change

LONGEST_NOTE = 2000


class DueDiligenceOutcome(StrEnum):
    """What due diligence came to."""

    PASSED = "passed"
    FAILED = "failed"


class DueDiligenceStatus(StrEnum):
    """Whether the bank may rely on what it knows of a customer, on a date."""

    VALID = "valid"
    EXPIRED = "expired"
    FAILED = "failed"
    MISSING = "missing"


class DueDiligence(msgspec.Struct, frozen=True, kw_only=True):
    """One round of due diligence; it counts from ``done_on`` to ``valid_until``, both included."""

    id: UUID
    customer: UUID
    outcome: DueDiligenceOutcome
    done_on: date
    valid_until: date
    risk_grade: RiskGrade
    note: str
    recorded_at: datetime
    recorded_by: str


_COLUMNS = "id, customer, outcome, done_on, valid_until, risk_grade, note, recorded_at, recorded_by"


async def record_due_diligence(
    tx: Transaction,
    id: UUID,
    outcome: DueDiligenceOutcome,
    valid_until: date,
    risk_grade: RiskGrade,
    *,
    by: str,
    done_on: date | None = None,
    note: str = "",
) -> DueDiligence:
    """Record a round of due diligence, done on a day (default: the cell's business date, never later).

    The customer has the risk grade from that day on. The round that was done last is the one that counts.
    Raises CustomerNotFound, InvalidDueDiligence, InvalidEffectiveDate (before the customer was known).
    """
    note = kept_text(note, "the note", LONGEST_NOTE, InvalidDueDiligence)
    cell = await cell_of_customer(tx, id, lock=True)
    today = (await business_dates(tx))[cell]
    day = done_on or today
    if day > today:
        raise InvalidDueDiligence(f"{day} is after {today}, the business date of cell {cell}")
    if not day <= valid_until <= LAST_DAY:
        raise InvalidDueDiligence(
            f"valid until {valid_until} is before {day}, when it was done, or past all dates"
        )
    await write_change(
        tx,
        cell,
        id,
        day,
        {"risk_grade": RiskGrade(risk_grade)},
        by=by,
        reason="due diligence",
        what="risk grade",
    )
    cursor = await tx.execute(
        "INSERT INTO due_diligence"  # noqa: S608 - names of ours only
        " (cell, customer, id, outcome, done_on, valid_until, risk_grade, note, recorded_by)"
        f" VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
        (cell, id, uuid7(), str(outcome), day, valid_until, str(risk_grade), note, by),
    )
    made = _read(await cursor.fetchall())[0]
    said = {"outcome": made.outcome, "valid_until": made.valid_until, "risk_grade": made.risk_grade}
    await write_changes(
        tx,
        [
            NewChange(
                cell=cell,
                customer=id,
                what="due diligence",
                effective=day,
                by=by,
                reason=note,
                after=said,
            )
        ],
    )
    return made


def _read(rows: Iterable[Sequence[object]]) -> list[DueDiligence]:
    names = DueDiligence.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), DueDiligence) for row in rows]


async def due_diligence(tx: Transaction, id: UUID) -> list[DueDiligence]:
    """Every round of due diligence on a customer, the last one first. Raises CustomerNotFound."""
    cell = await cell_of_customer(tx, id)
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM due_diligence"  # noqa: S608 - names of ours only
        " WHERE cell = %s AND customer = %s ORDER BY done_on DESC, id DESC",
        (cell, id),
    )
    return _read(await cursor.fetchall())


def status_on(rounds: Iterable[DueDiligence], on: date) -> DueDiligenceStatus:
    """What due diligence amounts to on a date, from rounds of which the last comes first."""
    latest = next((one for one in rounds if one.done_on <= on), None)
    if latest is None:
        return DueDiligenceStatus.MISSING
    if latest.outcome is DueDiligenceOutcome.FAILED:
        return DueDiligenceStatus.FAILED
    return DueDiligenceStatus.EXPIRED if latest.valid_until < on else DueDiligenceStatus.VALID


async def require_fit(tx: Transaction, customer_id: UUID, on: date) -> Customer:
    """The customer as it is on a date, if it may use the bank then: active, with due diligence valid.

    Its row is held until the transaction ends, so nobody suspends it meanwhile.

    Raises CustomerNotFound, CustomerNotActive, DueDiligenceMissing, DueDiligenceFailed, DueDiligenceExpired.
    """
    return (await require_all_fit(tx, [customer_id], on))[customer_id]


async def require_all_fit(tx: Transaction, ids: Sequence[UUID], on: date) -> dict[UUID, Customer]:
    """As ``require_fit`` for a list, in two statements whatever its length; the first one unfit is named."""
    found = await customers_on(tx, ids, on, share=True)
    cursor = await tx.execute(
        f"SELECT DISTINCT ON (customer) {_COLUMNS} FROM due_diligence d"  # noqa: S608 - names of ours only
        " JOIN unnest(%s::smallint[], %s::uuid[]) AS n(cell, customer) USING (cell, customer)"
        " WHERE done_on <= %s ORDER BY customer, done_on DESC, id DESC",
        ([customer.cell for customer in found.values()], UuidArray(list(found)), on),
    )
    latest = {one.customer: one for one in _read(await cursor.fetchall())}
    for id in ids:
        if id not in found:
            raise CustomerNotFound(f"there is no customer {id} on {on}")
        _refuse_unfit(found[id], latest.get(id), on)
    return found


def _refuse_unfit(customer: Customer, latest: DueDiligence | None, on: date) -> None:
    who = f"customer {customer.id} ({customer.name})"
    if customer.status is not CustomerStatus.ACTIVE:
        raise CustomerNotActive(
            f"{who} is {customer.status} on {on}", status_of_customer=str(customer.status)
        )
    if latest is None:
        raise DueDiligenceMissing(f"no due diligence on {who} had been done by {on}")
    if latest.outcome is DueDiligenceOutcome.FAILED:
        raise DueDiligenceFailed(f"{who} failed due diligence on {latest.done_on}")
    if latest.valid_until < on:
        raise DueDiligenceExpired(
            f"due diligence on {who} was valid until {latest.valid_until}; it is needed on {on}",
            valid_until=latest.valid_until.isoformat(),
        )


async def due_diligence_until(tx: Transaction, ids: Sequence[UUID], on: date) -> dict[UUID, date]:
    """Until when due diligence done by a date is valid, for those of a list on which it was passed."""
    cursor = await tx.execute(
        "SELECT DISTINCT ON (customer) customer, outcome, valid_until FROM due_diligence"
        " WHERE customer = ANY(%s::uuid[]) AND cell = ANY(SELECT cell FROM cells) AND done_on <= %s"
        " ORDER BY customer, done_on DESC, id DESC",
        (UuidArray(sorted(set(ids))), on),
    )
    return {row[0]: row[2] for row in await cursor.fetchall() if row[1] == DueDiligenceOutcome.PASSED}
