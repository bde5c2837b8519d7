"""Cases: what people have to look at, and the accounting entries by which they settle it.

A difference is what the rail's books say an item did to our balance there, less what ours say. Putting it
into suspense books it, so that the clearing account is what the rail says; from there it is applied to
whoever it belongs to. Every entry is the case's own and made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.payments.errors import RailCaseNotFound, RailCaseSettled
from sycee.payments.rails.suspense import NotBooked, book_suspense, entry_id, post, suspense_account

Kind = Literal[
    "missing_here", "missing_there", "different", "unapplied", "contradiction", "recall", "screening"
]
Action = Literal["suspense", "apply", "explain", "return", "refuse", "credit"]


class RailCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case. ours and theirs: what the item did to our balance with the rail, in minor units.

    kind: missing_here (the rail has it, we do not), missing_there, different (amount), unapplied (it came in
    and the books refuse to credit it), contradiction (the rail says one thing after another), recall (another
    bank asks for a payment back), screening (it came in, and screening does not let it be credited).
    state: open, in_suspense (the difference is booked, and waits for its owner), settled.
    """

    id: UUID
    rail: str
    cell: int
    kind: Kind
    what: str
    uetr: UUID
    item_id: str
    payment: UUID | None
    day: date
    ours: int
    theirs: int
    currency: str
    detail: str
    recall: str | None
    state: str
    opened_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    resolution: str | None
    reason: str

    @property
    def difference(self) -> int:
        """What the rail's books have beyond ours."""
        return self.theirs - self.ours


class NewCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case to be opened. See RailCase."""

    rail: str
    cell: int
    kind: Kind
    what: str
    uetr: UUID
    item_id: str
    payment: UUID | None
    day: date
    ours: int
    theirs: int
    currency: str
    detail: str
    recall: str | None = None
    state: str = "open"


_COLUMNS = ", ".join(RailCase.__struct_fields__)


_TYPES = {
    "cell": "smallint", "uetr": "uuid", "payment": "uuid", "day": "date", "ours": "bigint",
    "theirs": "bigint",
}  # fmt: skip


async def open_case(tx: Transaction, case: NewCase) -> None:
    """Open a case, unless one of the same item is open."""
    await open_cases(tx, [case])


async def open_cases(tx: Transaction, cases: Sequence[NewCase], *, found_in: UUID | None = None) -> None:
    """Open cases of different items, except where one of the same item is open.

    ``found_in`` is the reconciliation that finds them, noted on those that are open already too.
    """
    names = NewCase.__struct_fields__
    arrays = ", ".join(f"%s::{_TYPES.get(name, 'text')}[]" for name in names)
    await tx.execute(
        f"INSERT INTO rail_cases AS c (found_in, id, {', '.join(names)})"  # noqa: S608 - names of ours only
        f" SELECT %s, * FROM unnest(%s::uuid[], {arrays})"
        " ON CONFLICT (rail, what, uetr, item_id) WHERE state <> 'settled'"
        " DO UPDATE SET found_in = coalesce(excluded.found_in, c.found_in)".encode(),
        [found_in, [uuid7() for _ in cases], *([getattr(case, name) for case in cases] for name in names)],
    )


async def rail_cases(
    tx: Transaction,
    *,
    rail: str | None = None,
    state: str | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[RailCase]:
    """Cases in the order in which they were opened, those after one when it is named."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_cases WHERE rail = coalesce(%s, rail) AND state = coalesce(%s, state)"  # noqa: S608
        " AND id > coalesce(%s, '00000000-0000-0000-0000-000000000000'::uuid) ORDER BY id LIMIT %s".encode(),
        (rail, state, after, limit),
    )
    return [_case(row) for row in await cursor.fetchall()]


async def rail_case(tx: Transaction, id: UUID, *, lock: bool = False) -> RailCase:
    """One case. Raises RailCaseNotFound."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_cases WHERE id = %s{' FOR UPDATE' if lock else ''}".encode(),  # noqa: S608
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise RailCaseNotFound(f"there is no case {id}")
    return _case(row)


def _case(row: Sequence[object]) -> RailCase:
    return RailCase(**dict(zip(RailCase.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]


async def put_in_suspense(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Book the difference of an open case between the rail's clearing and suspense accounts.

    The clearing account is then what the rail says; the case waits for whoever the money belongs to.
    Raises RailCaseNotFound, RailCaseSettled.
    """
    case = await rail_case(tx, id, lock=True)
    if case.state != "open" or not case.difference:
        raise RailCaseSettled(f"case {id} is {case.state} and differs by {case.difference}: nothing to book")
    made = entry_id("case", str(id), "suspense")
    try:
        await book_suspense(
            tx,
            made,
            cell=case.cell,
            rail=case.rail,
            currency=case.currency,
            signed=case.difference,
            description=f"{case.rail} {case.day} {case.kind} {case.item_id}",
        )
    except NotBooked as refusal:
        raise RailCaseSettled(f"the books refuse the entry: {refusal}") from None
    await _entry(tx, case, made, by)
    return await _move(tx, case, "in_suspense", by=by, resolution="suspense", reason=reason)


async def apply_suspense(tx: Transaction, id: UUID, *, account: int, by: str, reason: str) -> RailCase:
    """Give what a case holds in suspense to an account, or take what it lacks from one; settles the case.

    Raises RailCaseNotFound, RailCaseSettled.
    """
    case = await rail_case(tx, id, lock=True)
    if case.state != "in_suspense" or case.kind == "screening":
        raise RailCaseSettled(
            f"case {id} ({case.kind}) is {case.state}: only what stands in suspense is applied, and what"
            " screening keeps is credited to its payee or returned"
        )
    signed = case.difference or case.theirs
    suspense = await suspense_account(tx, case.cell, case.rail, case.currency)
    debit, credit = (suspense, account) if signed > 0 else (account, suspense)
    made = entry_id("case", str(id), "apply")
    try:
        await post(
            tx, made, debit, credit, abs(signed), case.currency, f"{case.rail} {case.day} {reason}"[:140]
        )
    except NotBooked as refusal:
        raise RailCaseSettled(f"the books refuse the entry: {refusal}") from None
    await _entry(tx, case, made, by)
    return await _move(tx, case, "settled", by=by, resolution="apply", reason=reason)


async def explain(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Settle an open case that needs no entry, with the reason why.

    Raises RailCaseNotFound; RailCaseSettled also for a case that differs: that has to be booked.
    """
    case = await rail_case(tx, id, lock=True)
    if case.state != "open" or case.difference or case.kind == "recall":
        raise RailCaseSettled(
            f"case {id} is {case.state} and differs by {case.difference}: it needs an entry"
        )
    return await _move(tx, case, "settled", by=by, resolution="explain", reason=reason)


async def settled_otherwise(
    tx: Transaction, case: RailCase, *, by: str, resolution: str, reason: str, entry: UUID | None = None
) -> RailCase:
    """Settle a case that something else has settled: a later report, the answer to a recall."""
    if entry is not None:
        await _entry(tx, case, entry, by)
    return await _move(tx, case, "settled", by=by, resolution=resolution, reason=reason)


async def case_entries(tx: Transaction, id: UUID) -> list[UUID]:
    """The transfers by which a case was worked, in order."""
    cursor = await tx.execute(
        "SELECT transfer FROM rail_case_entries WHERE rail_case = %s ORDER BY made_at", (id,)
    )
    return [transfer for (transfer,) in await cursor.fetchall()]


async def _entry(tx: Transaction, case: RailCase, transfer: UUID, by: str) -> None:
    await tx.execute(
        "INSERT INTO rail_case_entries (rail_case, transfer, cell, made_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (case.id, transfer, case.cell, by),
    )


async def _move(
    tx: Transaction, case: RailCase, state: str, *, by: str, resolution: str, reason: str
) -> RailCase:
    await tx.execute(
        "UPDATE rail_cases SET state = %s, settled_by = %s, resolution = %s, reason = %s,"
        " settled_at = CASE WHEN %s = 'settled' THEN clock_timestamp() END WHERE id = %s",
        (state, by, resolution, reason, state, case.id),
    )
    return await rail_case(tx, case.id)
