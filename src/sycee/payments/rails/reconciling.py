"""Day-end reconciliation: every item of the rail's report against every item of ours that settled that date.

Matched, missing here, missing there, different. The report is the rail's word: where only an answer was
lost, it settles the item. What then still does not agree is a case, and one that agrees now is closed. The
database compares, a block of UETRs at a time: what agrees never leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.payments.orders.sending import Settled, settle_payments
from sycee.payments.rails.cases import NewCase, open_cases
from sycee.payments.rails.items import Item, conclude, item_of
from sycee.payments.rails.reconciliation_runs import (
    ReconciliationRun,
    forget_entries,
    note,
    run_as_it_stands,
)
from sycee.payments.rails.suspense import home_cell
from sycee.payments.rails.taking import settle_return
from sycee.payments.rails.writing import ACTOR

BLOCK = 5_000
"""How many items are compared in one transaction, about."""

_FIRST, LAST_UETR = UUID(int=0), UUID(int=2**128 - 1)


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What the newest run for a date found. Balances are the rail's, in minor units.

    settled_by_it: items whose answer was lost and which the report settled (they count as matched too).
    under_way: items sent that no answer and no report has named yet.
    """

    rail: str
    day: date
    currency: str
    opening: int
    closing: int
    matched: int
    missing_here: int
    missing_there: int
    different: int
    settled_by_it: int
    under_way: int
    runs: int
    run_by: str
    run_at: datetime

    @property
    def clean(self) -> bool:
        """Whether both sides say the same."""
        return not (self.missing_here or self.missing_there or self.different)


_COLUMNS = ", ".join(Reconciliation.__struct_fields__)


class _Difference(NamedTuple):
    """An item on which the two sides do not say the same; None: one of them does not have it."""

    what: str
    uetr: UUID
    item_id: str
    theirs: int | None
    their_day: date | None
    ours: int
    our_day: date | None
    state: str | None
    cell: int | None
    payment: UUID | None


_ITEM = ", ".join(f"i.{name}" for name in Item.__struct_fields__)
_IN_BLOCK = "uetr BETWEEN %(since)s AND %(to)s"
_OURS_OF_DAY = "i.rail = %(rail)s AND i.state = 'settled' AND i.settled_on = %(day)s"
_OURS = (
    "i.uetr, i.what, i.item_id, i.settled_on, i.state, i.cell, i.payment,"
    " CASE WHEN i.state <> 'settled' THEN 0 WHEN i.what IN ('incoming', 'return_in') THEN i.amount"
    " ELSE -i.amount END AS signed"
)

_END_OF_BLOCK = f"""
SELECT uetr FROM (
    (SELECT uetr FROM rail_report_entries WHERE run = %(run)s
     AND uetr >= %(since)s ORDER BY uetr LIMIT %(block)s)
    UNION ALL
    (SELECT i.uetr FROM rail_items i WHERE {_OURS_OF_DAY}
     AND i.uetr >= %(since)s ORDER BY i.uetr LIMIT %(block)s)
) AS both_sides ORDER BY uetr OFFSET %(block)s - 1 LIMIT 1"""  # noqa: S608 - of our own pieces

_LACKING = f"""
SELECT DISTINCT uetr FROM rail_report_entries e WHERE run = %(run)s AND signed > 0 AND {_IN_BLOCK}
AND NOT EXISTS (SELECT FROM rail_items i WHERE i.rail = %(rail)s
    AND (i.uetr, i.what, i.item_id) = (e.uetr, e.what, e.item_id)
    AND i.uetr BETWEEN %(since)s AND %(to)s) ORDER BY uetr"""  # noqa: S608

_UNANSWERED = f"""
SELECT {_ITEM} FROM rail_report_entries e JOIN rail_items i ON i.rail = %(rail)s
    AND (i.uetr, i.what, i.item_id) = (e.uetr, e.what, e.item_id)
WHERE e.run = %(run)s AND e.uetr BETWEEN %(since)s AND %(to)s AND i.uetr BETWEEN %(since)s AND %(to)s
AND i.state = 'sent' AND i.amount = abs(e.signed) ORDER BY e.uetr FOR UPDATE OF i"""  # noqa: S608

# An item counts once: as the report names it, or else because we say that it settled on the date. A full join
# is a merge or a hash, whatever the planner believes of how many there are.
_DIFFERENCES = f"""
WITH theirs AS MATERIALIZED (
    SELECT uetr, what, item_id, signed, settled_on FROM rail_report_entries
    WHERE run = %(run)s AND {_IN_BLOCK}
), ours AS MATERIALIZED (
    SELECT {_OURS} FROM theirs t JOIN rail_items i ON i.rail = %(rail)s
        AND (i.uetr, i.what, i.item_id) = (t.uetr, t.what, t.item_id)
    UNION
    SELECT {_OURS} FROM rail_items i WHERE {_OURS_OF_DAY} AND {_IN_BLOCK.replace("uetr", "i.uetr")}
), found AS (
    SELECT what, uetr, item_id, t.signed AS theirs, t.settled_on AS their_day, coalesce(i.signed, 0) AS ours,
        i.settled_on AS our_day, i.state, i.cell, i.payment
    FROM theirs t FULL JOIN ours i USING (uetr, what, item_id)
)
SELECT *, (SELECT count(*) FROM theirs) FROM found
WHERE coalesce(theirs, 0) <> ours OR our_day IS DISTINCT FROM %(day)s
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, (SELECT count(*) FROM theirs)
"""  # noqa: S608 - of our own pieces; the last row tells how many entries there are


async def lacking_here(tx: Transaction, run: ReconciliationRun) -> tuple[list[UUID], UUID]:
    """The UETRs of the next block that came in by the report and not to us, and where that block ends."""
    values, to = await _block(tx, run)
    cursor = await tx.execute(_LACKING.encode(), values)
    return [uetr for (uetr,) in await cursor.fetchall()], to


async def asked_as_far_as(tx: Transaction, id: UUID, after: UUID | None, to: UUID) -> None:
    """Note that what was lacking as far as a UETR has been asked for."""
    run = await run_as_it_stands(tx, id)
    if (run.state, run.after) == ("asking", after):
        await note(tx, msgspec.structs.replace(run, after=to))


async def begin_comparing(tx: Transaction, id: UUID) -> None:
    """Everything lacking was asked for and has had its effect."""
    run = await run_as_it_stands(tx, id)
    if run.state == "asking":
        await note(tx, msgspec.structs.replace(run, state="comparing", after=None))


async def compare_block(tx: Transaction, id: UUID) -> ReconciliationRun:
    """Settle by the report what only lacked an answer, and open cases, a block on; the run as it is then."""
    run = await run_as_it_stands(tx, id)
    if run.state != "comparing":
        return run
    values, to = await _block(tx, run)
    settled = await _settle_by_report(tx, run, values)
    cursor = await tx.execute(_DIFFERENCES.encode(), values)
    *rows, (*_, entries) = await cursor.fetchall()
    found = [_Difference(*row[:-1]) for row in rows]
    home = await home_cell(tx)
    cases = [_case(run, home, difference) for difference in found]
    await open_cases(tx, cases, found_in=run.id)
    kinds = [case.kind for case in cases]
    run = msgspec.structs.replace(
        run,
        after=to,
        done=run.done + entries,
        missing_here=run.missing_here + kinds.count("missing_here"),
        missing_there=run.missing_there + kinds.count("missing_there"),
        different=run.different + kinds.count("different"),
        settled_by_it=run.settled_by_it + settled,
    )
    if run.after == LAST_UETR:
        run = await _finish(tx, run)
    await note(tx, run)
    return run


async def _block(tx: Transaction, run: ReconciliationRun) -> tuple[dict[str, object], UUID]:
    """What statements about the next block are told, and the UETR with which it ends."""
    since = _FIRST if run.after is None else UUID(int=run.after.int + 1)
    values = {"run": run.id, "rail": run.rail, "day": run.day, "since": since, "block": BLOCK}
    # A plan made for any bounds is not made for a block of them.
    await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    row = await (await tx.execute(_END_OF_BLOCK.encode(), values)).fetchone()
    to = LAST_UETR if row is None else row[0]
    return values | {"to": to}, to


async def _settle_by_report(tx: Transaction, run: ReconciliationRun, values: dict[str, object]) -> int:
    """Settle what was sent and never answered, and which the report has with the same amount."""
    cursor = await tx.execute(_UNANSWERED.encode(), values)
    lacking = [item_of(row) for row in await cursor.fetchall()]
    payments = [item for item in lacking if item.what == "payment" and item.payment is not None]
    told = await settle_payments(
        tx,
        [
            Settled(payment=item.payment, message_id=run.message_id or "")
            for item in payments
            if item.payment is not None
        ],
        actor=ACTOR,
    )
    done = [item for item, outcome in zip(payments, told, strict=True) if outcome.code is None]
    for item in lacking:
        if item.what == "return_out":
            await settle_return(tx, item)
            done.append(item)
    await conclude(tx, done, "settled", on=[run.day] * len(done), reasons=[None] * len(done))
    return len(done)


def _case(run: ReconciliationRun, home: int, found: _Difference) -> NewCase:
    assert run.currency is not None, "a page has been taken"
    kind, detail = _explained(found)
    return NewCase(
        rail=run.rail, cell=home if found.cell is None else found.cell, kind=kind, what=found.what,
        uetr=found.uetr, item_id=found.item_id, payment=found.payment, day=run.day, ours=found.ours,
        theirs=found.theirs or 0, currency=run.currency, detail=detail,
    )  # fmt: skip


def _explained(found: _Difference) -> tuple[Literal["missing_here", "missing_there", "different"], str]:
    if not found.ours:
        state = "nothing of it is known here" if found.state is None else f"here it is {found.state}"
        return "missing_here", f"the rail settled it; {state}"
    if found.theirs is None:
        return "missing_there", f"settled here on {found.our_day}, and the rail does not report it"
    if found.ours == found.theirs:
        return "different", f"settled here on {found.our_day}, there on {found.their_day}"
    return "different", f"{found.ours} minor units here, {found.theirs} there"


async def _finish(tx: Transaction, run: ReconciliationRun) -> ReconciliationRun:
    """Close the cases that agree now, and write what was found."""
    await tx.execute(
        "UPDATE rail_cases SET state = 'settled', settled_at = clock_timestamp(), settled_by = %s,"
        " resolution = 'agrees', reason = 'both sides agree now' WHERE rail = %s AND day = %s"
        " AND state = 'open' AND kind IN ('missing_here', 'missing_there', 'different')"
        " AND found_in IS DISTINCT FROM %s",
        (run.asked_by, run.rail, run.day, run.id),
    )
    cursor = await tx.execute(
        "SELECT count(*) FROM rail_items WHERE rail = %s AND state = 'sent'", (run.rail,)
    )
    under_way = await cursor.fetchone()
    assert under_way is not None
    names = ("rail", "day", "currency", "opening", "closing", "missing_here", "missing_there", "different",
             "settled_by_it")  # fmt: skip
    found = {name: getattr(run, name) for name in names} | {
        "matched": run.entries - run.missing_here - run.different,
        "under_way": under_way[0],
        "run_by": run.asked_by,
    }
    updates = ", ".join(f"{name} = excluded.{name}" for name in found if name not in {"rail", "day"})
    await tx.execute(
        f"INSERT INTO rail_reconciliations AS r ({', '.join(found)})"  # noqa: S608 - names of ours only
        f" VALUES ({', '.join(['%s'] * len(found))}) ON CONFLICT (rail, day) DO UPDATE SET {updates},"
        " runs = r.runs + 1, run_at = clock_timestamp()".encode(),
        list(found.values()),
    )
    await forget_entries(tx, run.id)
    return msgspec.structs.replace(run, state="done")


async def reconciliations(
    tx: Transaction, rail: str, *, day: date | None = None, limit: int = 100
) -> list[Reconciliation]:
    """What reconciliations of a rail found, the newest date first, or that of one date alone."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_reconciliations WHERE rail = %s AND day = coalesce(%s, day)"  # noqa: S608
        " ORDER BY day DESC LIMIT %s".encode(),
        (rail, day, limit),
    )
    return [_reconciliation(row) for row in await cursor.fetchall()]


def _reconciliation(row: Sequence[object]) -> Reconciliation:
    return Reconciliation(**dict(zip(Reconciliation.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]
