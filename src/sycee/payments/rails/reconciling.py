"""Day-end reconciliation: every item of the rail's report against every item of ours that settled that date.

Matched, missing here, missing there, different. The report is the rail's word: where only an answer was
lost, it settles the item. What then still does not agree is a case, and one that agrees now is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.payments.errors import RailReportNotFound
from sycee.payments.iso20022 import InvalidMessage
from sycee.payments.iso20022.interbank.settlement_report import (
    CLOSING,
    CREDIT,
    OPENING,
    RETURN,
    ReportEntry,
    SettlementReport,
    read_settlement_report,
    signed,
)
from sycee.payments.orders.sending import Settled, settle_payments
from sycee.payments.rails.cases import NewCase, open_case, rail_cases, settled_otherwise
from sycee.payments.rails.connections import RailConnection
from sycee.payments.rails.items import SIGN, Item, What, conclude, item_of
from sycee.payments.rails.suspense import home_cell
from sycee.payments.rails.taking import settle_return
from sycee.payments.rails.writing import ACTOR

MAX_REPORT_BYTES = 64 * 1024 * 1024

Key = tuple[str, UUID, str]


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


class Missing(NamedTuple):
    """What the rail settled and we have not heard of."""

    what: What
    uetr: UUID
    item_id: str


_COLUMNS = ", ".join(Reconciliation.__struct_fields__)


def what_of(entry: ReportEntry) -> What:
    """Which kind of item an entry of the report is."""
    if entry.what == RETURN:
        return "return_in" if entry.direction == CREDIT else "return_out"
    return "incoming" if entry.direction == CREDIT else "payment"


def read_report(connection: RailConnection, pages: Sequence[bytes], day: date) -> list[SettlementReport]:
    """The pages of a report, checked: they are ours, of that date, and each goes on where the last ended.

    Raises what reading raises, InvalidMessage.
    """
    reports = [read_settlement_report(page, max_bytes=MAX_REPORT_BYTES) for page in pages]
    if not reports:
        raise RailReportNotFound(f"the report of {connection.rail} on {day} has no page")
    for before, after in pairwise(reports):
        if before.balance(CLOSING) != after.balance(OPENING):
            raise InvalidMessage(f"page {after.id} does not go on where {before.id} ends")
    for report in reports:
        if (report.account, report.day, report.currency) != (
            connection.participant, day, reports[0].currency,
        ):  # fmt: skip
            raise InvalidMessage(f"{report.id} reports on {report.account}, {report.day}, {report.currency}")
    return reports


async def missing_here(
    tx: Transaction, connection: RailConnection, reports: Sequence[SettlementReport]
) -> list[Missing]:
    """What came in by the report and not to us: its messages can be asked for once more."""
    entries = _by_key(reports)
    known = await _ours(tx, connection.rail, reports[0].day, list(entries))
    return [
        Missing(what_of(entry), uetr, item_id)
        for (what, uetr, item_id), entry in entries.items()
        if entry.direction == CREDIT and (what, uetr, item_id) not in known
    ]


async def reconcile(
    tx: Transaction, connection: RailConnection, pages: Sequence[bytes], day: date, *, by: str
) -> Reconciliation:
    """Compare the report of a date with our items, settle by it what only lacked an answer, and open cases.

    May be run again: it counts anew, and closes the cases that agree now. Raises what reading raises.
    """
    reports = read_report(connection, pages, day)
    await tx.execute("SELECT 1 FROM rail_connections WHERE rail = %s FOR UPDATE", (connection.rail,))
    await _keep(tx, connection.rail, day, pages)
    entries = _by_key(reports)
    ours = await _ours(tx, connection.rail, day, list(entries))
    settled = await _settle_by_report(tx, reports[0], entries, ours)
    if settled:
        ours = await _ours(tx, connection.rail, day, list(entries))
    differences = await _differences(tx, connection, reports[0], entries, ours)
    await _close_agreed(tx, connection.rail, day, {case.item_key for case in differences}, by)
    for found in differences:
        await open_case(tx, found.case)
    kinds = [found.case.kind for found in differences]
    return await _write(
        tx,
        Reconciliation(
            rail=connection.rail,
            day=day,
            currency=reports[0].currency,
            opening=reports[0].balance(OPENING),
            closing=reports[-1].balance(CLOSING),
            matched=len(entries) - kinds.count("missing_here") - kinds.count("different"),
            missing_here=kinds.count("missing_here"),
            missing_there=kinds.count("missing_there"),
            different=kinds.count("different"),
            settled_by_it=settled,
            under_way=await _under_way(tx, connection.rail),
            runs=1,
            run_by=by,
            run_at=datetime.now().astimezone(),
        ),
    )


def _by_key(reports: Sequence[SettlementReport]) -> dict[Key, ReportEntry]:
    found: dict[Key, ReportEntry] = {}
    for report in reports:
        for entry in report.entries:
            key = (what_of(entry), entry.uetr or UUID(int=0), entry.transaction_id)
            if key in found:
                raise InvalidMessage(f"the report {report.id} has {entry.transaction_id} twice")
            found[key] = entry
    return found


async def _keep(tx: Transaction, rail: str, day: date, pages: Sequence[bytes]) -> None:
    await tx.execute("DELETE FROM rail_reports WHERE rail = %s AND day = %s", (rail, day))
    await tx.execute(
        "INSERT INTO rail_reports (rail, day, page, body)"
        " SELECT %s, %s, page, body FROM unnest(%s::bytea[]) WITH ORDINALITY AS p(body, page)",
        (rail, day, list(pages)),
    )


async def _ours(tx: Transaction, rail: str, day: date, named: Sequence[Key]) -> dict[Key, Item]:
    """Our items that the report names, and those that we say were settled on its date."""
    columns = ", ".join(f"i.{name}" for name in Item.__struct_fields__)
    cursor = await tx.execute(
        f"SELECT {columns} FROM rail_items i WHERE i.rail = %s"  # noqa: S608
        " AND ((i.state = 'settled' AND i.settled_on = %s) OR (i.what, i.uetr, i.item_id) IN"
        " (SELECT * FROM unnest(%s::text[], %s::uuid[], %s::text[]))) FOR UPDATE".encode(),
        (rail, day, [key[0] for key in named], [key[1] for key in named], [key[2] for key in named]),
    )
    return {item.key: item for item in map(item_of, await cursor.fetchall())}


async def _settle_by_report(
    tx: Transaction, report: SettlementReport, entries: dict[Key, ReportEntry], ours: dict[Key, Item]
) -> int:
    """Settle what was sent and never answered, and which the report has with the same amount."""
    lacking = [
        item
        for key, entry in entries.items()
        if (item := ours.get(key)) is not None and item.state == "sent" and item.amount == entry.amount.minor
    ]
    payments = [item for item in lacking if item.what == "payment" and item.payment is not None]
    told = await settle_payments(
        tx,
        [Settled(payment=item.payment, message_id=report.message_id) for item in payments if item.payment],
        actor=ACTOR,
    )
    done = [item for item, outcome in zip(payments, told, strict=True) if outcome.code is None]
    for item in lacking:
        if item.what == "return_out":
            await settle_return(tx, item)
            done.append(item)
    await conclude(tx, done, "settled", on=[report.day] * len(done), reasons=[None] * len(done))
    return len(done)


class _Difference(NamedTuple):
    item_key: Key
    case: NewCase


async def _differences(
    tx: Transaction,
    connection: RailConnection,
    report: SettlementReport,
    entries: dict[Key, ReportEntry],
    ours: dict[Key, Item],
) -> list[_Difference]:
    home = await home_cell(tx)
    found = []
    for key in entries.keys() | ours.keys():
        entry, item = entries.get(key), ours.get(key)
        counts = item is not None and item.state == "settled"
        mine = SIGN[item.what] * item.amount if item is not None and counts else 0
        theirs = signed(entry) if entry is not None else 0
        same_day = item is None or item.settled_on == report.day
        if mine == theirs and same_day:
            continue
        kind, detail = _explained(entry, item, mine, theirs)
        found.append(
            _Difference(
                key,
                NewCase(
                    rail=connection.rail,
                    cell=home if item is None else item.cell,
                    kind=kind,
                    what=key[0],
                    uetr=key[1],
                    item_id=key[2],
                    payment=None if item is None else item.payment,
                    day=report.day,
                    ours=mine,
                    theirs=theirs,
                    currency=report.currency,
                    detail=detail,
                ),
            )
        )
    return found


def _explained(
    entry: ReportEntry | None, item: Item | None, mine: int, theirs: int
) -> tuple[Literal["missing_here", "missing_there", "different"], str]:
    if item is None or (not mine and theirs):
        state = "nothing of it is known here" if item is None else f"here it is {item.state}"
        return "missing_here", f"the rail settled it; {state}"
    if entry is None:
        return "missing_there", f"settled here on {item.settled_on}, and the rail does not report it"
    if mine == theirs:
        return "different", f"settled here on {item.settled_on}, there on {entry.settled_on}"
    return "different", f"{mine} minor units here, {theirs} there"


async def _close_agreed(tx: Transaction, rail: str, day: date, still: set[Key], by: str) -> None:
    for case in await rail_cases(tx, rail=rail, state="open", limit=100_000):
        reconciled = case.kind in {"missing_here", "missing_there", "different"}
        if reconciled and case.day == day and (case.what, case.uetr, case.item_id) not in still:
            await settled_otherwise(tx, case, by=by, resolution="agrees", reason="both sides agree now")


async def _under_way(tx: Transaction, rail: str) -> int:
    cursor = await tx.execute("SELECT count(*) FROM rail_items WHERE rail = %s AND state = 'sent'", (rail,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _write(tx: Transaction, found: Reconciliation) -> Reconciliation:
    names = [name for name in Reconciliation.__struct_fields__ if name not in {"runs", "run_at"}]
    updates = ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"rail", "day"})
    cursor = await tx.execute(
        f"INSERT INTO rail_reconciliations AS r ({', '.join(names)})"  # noqa: S608 - names of ours only
        f" VALUES ({', '.join(['%s'] * len(names))}) ON CONFLICT (rail, day) DO UPDATE SET {updates},"
        f" runs = r.runs + 1, run_at = clock_timestamp() RETURNING {_COLUMNS}".encode(),
        [getattr(found, name) for name in names],
    )
    row = await cursor.fetchone()
    assert row is not None
    return _reconciliation(row)


async def reconciliations(tx: Transaction, rail: str, *, limit: int = 100) -> list[Reconciliation]:
    """The reconciliations of a rail, the newest date first."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_reconciliations WHERE rail = %s"  # noqa: S608
        " ORDER BY day DESC LIMIT %s".encode(),
        (rail, limit),
    )
    return [_reconciliation(row) for row in await cursor.fetchall()]


def _reconciliation(row: Sequence[object]) -> Reconciliation:
    return Reconciliation(**dict(zip(Reconciliation.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]
