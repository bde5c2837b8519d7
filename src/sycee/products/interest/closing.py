"""The interest of a business date that is over: fed, reckoned again, accrued, settled.

Each function works on one cell, block by block, every block in a transaction of its own that also
remembers that it is done. So all of them can be killed anywhere and run again, and posting goes on beside
them. A block that fails is taken apart, until only what is bad about it is left out and reported.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg

from sycee.database import Database, Transaction
from sycee.products.interest.pace import Pace

logger = logging.getLogger("sycee.products")

Step = Callable[[int], None]
"""Called with how many more accounts (or transfers, while feeding) are done."""

_TRANSFERS, _ACCOUNTS, _STALE, _SETTLED = 20_000, 20_000, 1_000, 4_000
_ONE_DAY = timedelta(days=1)


class Failure(msgspec.Struct, frozen=True):
    """An account that was left out, and why: a stable code and the words for it."""

    account: int
    code: str
    detail: str


class Done(msgspec.Struct, frozen=True):
    """What a step did: accounts done, and those that failed."""

    accounts: int
    failures: tuple[Failure, ...] = ()


FAILURES = {
    "rate_unknown": "no rate is known for some of the days: release one, and the next close catches up",
    "interest_differs": "the accrual is not what balances, terms and rates make: a person has to look at it",
}


def _failure(account: int, code: str) -> Failure:
    return Failure(account, code, FAILURES.get(code, f"the books refused the posting: {code}"))


def _nothing(_: int) -> None:
    return


async def feed_balances(
    database: Database, cell: int, day: date, next_day: date, progress: Step = _nothing
) -> Done:
    """Turn what was posted up to the end of ``day`` into balances by value date; counts transfers.

    An account to which something cannot be fed is left out; the next close takes it in again, if it can.
    """
    await _take_in_left_out(database, cell)
    through, upto = await _how_far(database, cell, day)
    done = 0
    if through is not None and through < next_day - _ONE_DAY:
        done = await _feed(database, cell, day, through, upto, progress)
    failures = [
        Failure(account, "interest_left_out", f"what was posted to it cannot be reckoned: {why}")
        for account, why in await _left_out(database, cell)
    ]
    return Done(done, tuple(failures))


async def _feed(database: Database, cell: int, day: date, through: date, upto: int, progress: Step) -> int:
    coming = through + _ONE_DAY
    while coming <= day:
        await _roll(database, cell, coming)
        coming += _ONE_DAY
    done = 0
    reached = -1
    pace = Pace(database, cell)
    while True:
        await pace.give_way()
        now = await _one(database, "SELECT interest_feed(%s, %s, %s, %s)", (cell, upto, _TRANSFERS, day))
        if now is None or now >= upto or now == reached:
            break
        progress(_TRANSFERS)
        done += _TRANSFERS
        reached = now
    return done


async def _left_out(database: Database, cell: int) -> list[tuple[int, str]]:
    async with database.transaction() as tx:
        cursor = await tx.execute(
            "SELECT account, left_out FROM interest_positions WHERE cell = %s AND left_out IS NOT NULL"
            " ORDER BY account",
            (cell,),
        )
        return [(account, why) for account, why in await cursor.fetchall()]


async def _take_in_left_out(database: Database, cell: int) -> None:
    for account, _ in await _left_out(database, cell):
        try:
            await _row(database, "SELECT interest_feed_account(%s, %s)", (cell, account))
        except psycopg.OperationalError:
            raise
        except psycopg.Error:  # it stays left out, for the reason that is kept
            logger.warning("cell %s: the interest of account %s stays left out", cell, account, exc_info=True)


async def _how_far(database: Database, cell: int, day: date) -> tuple[date | None, int]:
    """Through which day the cell is reckoned, and the last position that was posted on a day or before."""
    async with database.transaction() as tx:
        cursor = await tx.execute("SELECT through FROM interest_feeds WHERE cell = %s", (cell,))
        row = await cursor.fetchone()
        cursor = await tx.execute(
            "SELECT first_position + transfers - 1 FROM batches WHERE cell = %s AND business_date <= %s"
            " ORDER BY business_date DESC, batch DESC LIMIT 1",
            (cell, day),
        )
        last = await cursor.fetchone()
    return (row[0] if row else None), (int(last[0]) if last else 0)


async def _roll(database: Database, cell: int, day: date) -> None:
    """Take every straight line over a day on which rates, terms or value dates come, if any do."""
    needed = await _one(
        database,
        "SELECT EXISTS (SELECT FROM interest_pieces WHERE start = %(day)s)"
        " OR EXISTS (SELECT FROM interest_assignments WHERE cell = %(cell)s AND start = %(day)s)"
        " OR EXISTS (SELECT FROM interest_forward WHERE cell = %(cell)s AND day = %(day)s)",
        {"cell": cell, "day": day},
    )
    after = 0
    pace = Pace(database, cell)
    while needed and after is not None:
        await pace.give_way()
        after = await _one(database, "SELECT interest_roll(%s, %s, %s, %s)", (cell, day, after, _ACCOUNTS))


async def reaccrue(
    database: Database,
    cell: int,
    day: date,
    next_day: date,  # noqa: ARG001 -- every step is called alike
    progress: Step = _nothing,
) -> Done:
    """Reckon again the accounts whose past has changed; correct what was settled on what was known then."""
    query = "SELECT last, done, failed, codes, corrected FROM interest_reaccrue(%s, %s, %s, %s, %s)"

    async def block(after: int, only: Sequence[int] | None) -> Any:
        only_list = None if only is None else list(only)
        return await _row(database, query, (cell, day, after, _STALE, only_list))

    async def accounts(after: int) -> list[int]:
        return await _accounts(database, "interest_stale", "true", cell, after, _STALE)

    return await _by_blocks(block, accounts, progress, Pace(database, cell))


async def settle_due(
    database: Database,
    cell: int,
    day: date,  # noqa: ARG001 -- every step is called alike
    next_day: date,
    progress: Step = _nothing,
) -> Done:
    """Settle and pay the interest of the accounts that are due on a day before ``next_day``."""
    through = next_day - _ONE_DAY
    query = "SELECT last, settled, failed, codes, 1 FROM interest_settle(%s, %s, %s, %s, %s)"

    async def block(after: int, only: Sequence[int] | None) -> Any:
        only_list = None if only is None else list(only)
        return await _row(database, query, (cell, through, after, _SETTLED, only_list))

    async def accounts(after: int) -> list[int]:
        due = f"due <= date '{through.isoformat()}'"
        return await _accounts(database, "interest_positions", due, cell, after, _SETTLED)

    return await _by_blocks(block, accounts, progress, Pace(database, cell))


async def accrue(database: Database, cell: int, day: date, next_day: date, progress: Step = _nothing) -> Done:
    """Add up what every account has earned by the beginning of ``next_day`` and book the day's accrual.

    One reading of the whole cell in one snapshot, so what is paid out meanwhile is neither missed nor
    counted twice; it waits for nobody and nobody waits for it.
    """
    through, _ = await _how_far(database, cell, day)
    if through is None or through >= next_day - _ONE_DAY:
        return Done(0)
    coming = day + _ONE_DAY
    while coming < next_day:
        await _roll(database, cell, coming)
        coming += _ONE_DAY
    bad = await _redraw_stale(database, cell, next_day)
    totals, unknown = await _unsettled(database, cell, next_day, progress)

    async def book(tx: Transaction) -> None:
        for (currency, expense, payable), (accounts, units, booked) in sorted(totals.items()):
            await tx.execute(
                "SELECT interest_book_accrual(%s, %s, %s, %s, %s, %s, %s, %s)",
                (cell, next_day - _ONE_DAY, currency, expense, payable, accounts, units, booked),
            )
        await tx.execute(
            "UPDATE interest_feeds SET through = %s WHERE cell = %s AND through < %s",
            (next_day - _ONE_DAY, cell, next_day - _ONE_DAY),
        )

    await database.run(book)
    failures = tuple(_failure(account, "rate_unknown") for account in unknown)
    accounts = sum(total[0] for total in totals.values()) - len(unknown)
    return Done(accounts, (*bad, *failures))


async def _redraw_stale(database: Database, cell: int, next_day: date) -> tuple[Failure, ...]:
    """Draw the stale accounts anew up to a day; those of which that fails."""

    async def block(after: int, only: Sequence[int] | None) -> Any:
        if only is None:
            query, values = "SELECT interest_redraw_stale(%s, %s, %s, %s)", (cell, next_day, after, _STALE)
            return await _one(database, query, values), 0, None, None, 0
        await _one(database, "SELECT interest_redraw(%s, %s, %s)", (cell, list(only), next_day - _ONE_DAY))
        return None, 0, None, None, 0

    async def accounts(after: int) -> list[int]:
        return await _accounts(database, "interest_stale", "true", cell, after, _STALE)

    return (await _by_blocks(block, accounts, _nothing, Pace(database, cell))).failures


_Totals = dict[tuple[str, str, str], tuple[int, Any, int]]


async def _unsettled(database: Database, cell: int, day: date, progress: Step) -> tuple[_Totals, list[int]]:
    totals: _Totals = {}
    unknown: list[int] = []
    async with database.transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        after = 0
        while (
            upto := await _first(tx, "SELECT interest_block_end(%s, %s, %s)", (cell, after, _ACCOUNTS))
        ) is not None:
            cursor = await tx.execute(
                "SELECT * FROM interest_unsettled(%s, %s, %s, %s)", (cell, day, after, upto)
            )
            for currency, expense, payable, accounts, units, missing in await cursor.fetchall():
                old_accounts, old_units, booked = totals.get((currency, expense, payable), (0, 0, 0))
                totals[currency, expense, payable] = (old_accounts + accounts, old_units + units, booked)
                progress(accounts)
                if missing:
                    unknown += await _without_rate(tx, cell, day, after, upto, unknown)
            after = upto
        # What is booked as owed, also where nobody's terms say any more to book it.
        cursor = await tx.execute(
            "SELECT i.currency, i.beside, i.subject, a.posted FROM interest_accounts AS i"
            " JOIN accounts AS a USING (cell, number) WHERE cell = %s AND i.beside <> '' AND a.sign = 1",
            (cell,),
        )
        for currency, expense, payable, booked in await cursor.fetchall():
            accounts, units, _ = totals.get((currency, expense, payable), (0, Decimal(0), 0))
            totals[currency, expense, payable] = (accounts, units, booked)
    return totals, unknown


async def _without_rate(
    tx: Transaction, cell: int, day: date, after: int, upto: int, known: Sequence[int]
) -> list[int]:
    cursor = await tx.execute(
        "SELECT account FROM interest_positions WHERE cell = %s AND account > %s AND account <= %s"
        " AND daily IS NULL AND since < %s AND account <> ALL (%s)",
        (cell, after, upto, day, list(known)),
    )
    return [row[0] for row in await cursor.fetchall()]


async def _by_blocks(
    block: Callable[[int, Sequence[int] | None], Awaitable[Any]],
    accounts: Callable[[int], Awaitable[list[int]]],
    progress: Step,
    pace: Pace,
) -> Done:
    """Run block after block; one that cannot be run as a whole is taken apart."""
    after, done = 0, 0
    failures: list[Failure] = []
    while True:
        try:
            rows = [await block(after, None)]
            last = rows[0][0]
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError):
                raise
            members = await accounts(after)
            rows = await _halves(block, members, failures)
            last = members[-1] if members else None
        own = 0
        for _, count, failed, codes, batches in rows:
            own += batches or 0
            done += count or 0
            progress((count or 0) + len(failed or ()))
            failures += [
                _failure(account, code) for account, code in zip(failed or (), codes or (), strict=True)
            ]
        if last is None:
            return Done(done, tuple(failures))
        after = last
        await pace.give_way(own=own)


async def _halves(
    block: Callable[[int, Sequence[int] | None], Awaitable[Any]], members: list[int], failures: list[Failure]
) -> list[Any]:
    """Run some accounts; if that fails, each half of them; what fails alone is a failure."""
    if not members:
        return []
    try:
        return [await block(0, members)]
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        if len(members) == 1:
            failures.append(Failure(members[0], "interest_failed", str(error).partition("\n")[0]))
            return []
    middle = len(members) // 2
    return [
        *await _halves(block, members[:middle], failures),
        *await _halves(block, members[middle:], failures),
    ]


async def _accounts(
    database: Database, table: str, condition: str, cell: int, after: int, limit: int
) -> list[int]:
    query = (
        f"SELECT account FROM {table} WHERE cell = %s AND account > %s AND {condition}"  # noqa: S608
        " ORDER BY account LIMIT %s"
    )
    async with database.transaction() as tx:
        cursor = await tx.execute(query.encode(), (cell, after, limit))
        return [row[0] for row in await cursor.fetchall()]


async def _row(database: Database, query: str, values: Any) -> Any:
    async def work(tx: Transaction) -> Any:
        cursor = await tx.execute(query.encode(), values)
        return await cursor.fetchone()

    return await database.run(work)


async def _one(database: Database, query: str, values: Any) -> Any:
    row = await _row(database, query, values)
    return row[0] if row else None


async def _first(tx: Transaction, query: str, values: Any) -> Any:
    cursor = await tx.execute(query.encode(), values)
    row = await cursor.fetchone()
    return row[0] if row else None
