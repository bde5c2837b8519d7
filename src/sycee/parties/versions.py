"""How customers change: from a date on, with a reason, and with everything that was said before kept.

A change names fields and a first day. It holds until the field was going to change anyway (timelines.py).
Versions that it makes untrue are marked as superseded, never taken away, so the bank can also tell what it
believed at any instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.clock import now
from sycee.ledger import AccountStatus, list_accounts
from sycee.parties.changes import NewChange, business_dates, cell_of_customer, write_changes
from sycee.parties.customers import (
    COLUMNS,
    Customer,
    CustomerStatus,
    RiskGrade,
    columns_of,
    customer_of,
    get_customer,
    values_of,
)
from sycee.parties.errors import (
    CustomerHasAccounts,
    InvalidCustomer,
    InvalidEffectiveDate,
    StatusChangeRefused,
)
from sycee.parties.identifiers import kept_text
from sycee.parties.particulars import CHECKS, checked
from sycee.parties.registration import claim_identifiers, refuse_nameless, write_versions
from sycee.parties.timelines import Version, changed

LAST_DAY = date(2999, 12, 31)
LONGEST_REASON = 500

_NEXT = {
    CustomerStatus.PROSPECT: {CustomerStatus.ACTIVE, CustomerStatus.CLOSED},
    CustomerStatus.ACTIVE: {CustomerStatus.SUSPENDED, CustomerStatus.CLOSED},
    CustomerStatus.SUSPENDED: {CustomerStatus.ACTIVE, CustomerStatus.CLOSED},
    CustomerStatus.CLOSED: set(),
}


class CustomerVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as it was said to be from ``customer.valid_from`` until before ``valid_to`` (None: open).

    ``superseded_at`` tells when something else was said instead; until then, since ``recorded_at``, the bank
    held this to be true.
    """

    customer: Customer
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str
    reason: str
    superseded_at: datetime | None
    superseded_by: str | None


async def change_customer(
    tx: Transaction,
    id: UUID,
    *,
    by: str,
    reason: str,
    effective_from: date | None = None,
    **changes: Any,
) -> Customer:
    """Change what is given, from a date on (default: the cell's business date), and leave the rest.

    ``changes`` are fields of NewCustomer but ``cell`` and ``valid_from``. Returns the customer as it is
    on its business date, which for a change of a later date is as it was.

    Raises CustomerNotFound, InvalidCustomer, CustomerExists, InvalidEffectiveDate, StatusChangeRefused,
    CustomerHasAccounts.
    """
    values = _values(changes)
    cell = await cell_of_customer(tx, id, lock=True)
    start = effective_from or (await business_dates(tx))[cell]
    await write_change(tx, cell, id, start, values, by=by, reason=reason, what="changed")
    return await get_customer(tx, id)


def _values(changes: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field, value in changes.items():
        if field in CHECKS:
            values[field] = checked(field, value)
        elif field == "status":
            values[field] = CustomerStatus(value)
        elif field == "risk_grade":
            values[field] = RiskGrade(value)
        else:
            raise InvalidCustomer(f"a customer has no {field[:40]!r} that could be changed")
    if not values:
        raise InvalidCustomer("name at least one field to change")
    return values


async def write_change(
    tx: Transaction,
    cell: int,
    id: UUID,
    start: date,
    values: Mapping[str, Any],
    *,
    by: str,
    reason: str,
    what: str,
) -> list[Version]:
    """Put checked values into effect for a customer whose row is held; returns the new timeline.

    Raises as change_customer does.
    """
    reason = kept_text(reason, "the reason", LONGEST_REASON, InvalidCustomer, needed=True)
    before, last = await timeline(tx, cell, id)
    if start < before[0].valid_from:
        raise InvalidEffectiveDate(
            f"{start} is before {before[0].valid_from}, from when on the customer is known"
        )
    if start > LAST_DAY:
        raise InvalidEffectiveDate(f"{start} is after {LAST_DAY}")
    after = changed(before, start, values)
    if after == before:
        return before
    _check_status(before, after, start)
    for version in after:
        refuse_nameless(dict(version.values))
    if values.get("status") is CustomerStatus.CLOSED:
        await _refuse_open_accounts(tx, cell, id)
    stamp = now()
    kept = {version.number for version in after}
    await tx.execute(
        "UPDATE customer_versions SET superseded_at = greatest(%s, recorded_at), superseded_by = %s"
        " WHERE cell = %s AND customer = %s AND version = ANY(%s::int[])",
        (stamp, by, cell, id, [version.number for version in before if version.number not in kept]),
    )
    written = []
    for version in after:
        if version.number is None:
            last += 1
            columns = columns_of(dict(version.values))
            written.append((cell, id, last, version.valid_from, *columns, stamp, by, reason))
    await write_versions(tx, written)
    if "uscc" in values or "lei" in values:
        await claim_identifiers(tx, [await _as_changed(tx, cell, id, start)])
    was = next(version for version in reversed(before) if version.valid_from <= start)
    await write_changes(
        tx,
        [
            NewChange(
                cell=cell,
                customer=id,
                what=what,
                effective=start,
                by=by,
                reason=reason,
                before={field: was.values[field] for field in values},
                after=dict(values),
            )
        ],
    )
    return after


async def timeline(tx: Transaction, cell: int, id: UUID) -> tuple[list[Version], int]:
    """The standing versions of a customer in order, and the number of the last one ever written."""
    cursor = await tx.execute(
        f"SELECT version, valid_from, superseded_at, {COLUMNS} FROM customer_versions"  # noqa: S608 - ours
        " WHERE cell = %s AND customer = %s ORDER BY valid_from, version",
        (cell, id),
    )
    rows = await cursor.fetchall()
    standing = [Version(row[1], values_of(row[3:]), row[0]) for row in rows if row[2] is None]
    return standing, max(row[0] for row in rows)


async def _as_changed(tx: Transaction, cell: int, id: UUID, on: date) -> Customer:
    standing, _ = await timeline(tx, cell, id)
    version = next(version for version in reversed(standing) if version.valid_from <= on)
    number = version.number or 0
    return Customer(id=id, cell=cell, version=number, valid_from=version.valid_from, **version.values)


def _check_status(before: Sequence[Version], after: Sequence[Version], start: date) -> None:
    """Refuse a status that may not follow the one before it, or take the place of the one that was said."""
    steps = [(one.values["status"], two.values["status"], two.valid_from) for one, two in pairwise(after)]
    replaced, replacing = (
        next(one for one in reversed(versions) if one.valid_from <= start).values["status"]
        for versions in (before, after)
    )
    for was, becomes, day in [*steps, (replaced, replacing, start)]:
        if was is not becomes and becomes not in _NEXT[was]:
            raise StatusChangeRefused(
                f"the customer is {was} until {day} and would then be {becomes};"
                f" after {was} comes {' or '.join(sorted(_NEXT[was])) or 'nothing'}"
            )


async def _refuse_open_accounts(tx: Transaction, cell: int, id: UUID) -> None:
    after: int | None = None
    while accounts := await list_accounts(tx, customer=id, cell=cell, after=after, limit=1000):
        for account in accounts:
            if account.status is not AccountStatus.CLOSED:
                raise CustomerHasAccounts(
                    f"account {account.number} is {account.status}", account=str(account.number)
                )
        after = accounts[-1].number


async def customer_history(tx: Transaction, id: UUID, *, superseded: bool = False) -> list[CustomerVersion]:
    """What is known of a customer over time, in order; with ``superseded`` also what was held before.

    Raises CustomerNotFound.
    """
    cell = await cell_of_customer(tx, id)
    cursor = await tx.execute(
        "SELECT customer, cell, version, valid_from,"  # noqa: S608 - names of ours only
        f" {COLUMNS}, recorded_at, recorded_by, reason, superseded_at, superseded_by FROM customer_versions"
        " WHERE cell = %s AND customer = %s AND (%s OR superseded_at IS NULL) ORDER BY valid_from, version",
        (cell, id, superseded),
    )
    rows = await cursor.fetchall()
    starts = sorted(row[3] for row in rows if row[-2] is None)
    return [
        CustomerVersion(
            customer=customer_of(row[:-5]),
            valid_to=next((start for start in starts if start > row[3]), None) if row[-2] is None else None,
            recorded_at=row[-5],
            recorded_by=row[-4],
            reason=row[-3],
            superseded_at=row[-2],
            superseded_by=row[-1],
        )
        for row in rows
    ]
