"""The checks of interest: what was reckoned, booked and paid, against what it is made of.

They read one snapshot beside live traffic, cell by cell; what grows with the accounts is read in blocks of
them. Like the checks of the books they take as long as reading takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import msgspec

from sycee.database import Database, Transaction
from sycee.ledger import CheckResult
from sycee.products.interest.check_queries import (
    ACCRUALS,
    BALANCES,
    BOOKED,
    LAST_CLOSE,
    LINES,
    POSTINGS,
    SETTLED_SINCE,
)

_BLOCK = 20_000
_SHOWN = 5
_EVERYONE = 2**63 - 1

CHECKS = (
    "interest is what balances, terms and rates make",
    "balances by value date end in the balances of the books",
    "every posting of interest has its transfer and adds up",
    "interest payable is what was accrued less what was paid",
    "interest payable at the last close is what accounts had earned",
)
"""The names of the checks, in the order of their results."""


class _Findings(msgspec.Struct):
    """What violates a check: the first few in words, and what was left uncompared."""

    shown: list[str] = []
    more: bool = False
    remarks: list[str] = []

    def add(self, found: list[str]) -> None:
        self.more = self.more or len(self.shown) + len(found) > _SHOWN
        self.shown = (self.shown + found)[:_SHOWN]

    def result(self, name: str) -> CheckResult:
        detail = "; ".join(self.shown) + (" …" if self.more else "")
        return CheckResult(name, not self.shown, detail or "; ".join(["holds", *self.remarks]))


async def check_interest(
    database: Database, progress: Callable[[int], None] = lambda _blocks: None
) -> list[CheckResult]:
    """Run every check of interest on one snapshot; ``progress`` is called with 1 after a block of accounts.

    Accounts that wait to be reckoned again are compared when they have been. What accounts have earned is
    compared with the last close when no day is being closed and nothing since has changed what it saw.
    """
    found = {name: _Findings() for name in CHECKS}
    lines, balances, postings, booked, last_close = (found[name] for name in CHECKS)
    async with database.transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await tx.execute("SET LOCAL work_mem = '256MB'")
        for cell, through in await _all(tx, "SELECT cell, through FROM interest_feeds ORDER BY cell", {}):
            of_cell = {"cell": cell, "limit": _SHOWN + 1}
            earned: dict[tuple[str, str, str], Any] = {}
            async for after, upto in _blocks(tx, cell):
                block = {**of_cell, "after": after, "upto": upto}
                lines.add(await _words(tx, LINES, block))
                postings.add(await _words(tx, POSTINGS, block))
                await _add_up(tx, block, through, earned)
                progress(1)
            balances.add(await _words(tx, BALANCES, of_cell))
            booked.add(await _words(tx, BOOKED, of_cell))
            booked.add(await _words(tx, ACCRUALS, of_cell))
            await _check_last_close(tx, cell, earned, last_close)
    return [findings.result(name) for name, findings in found.items()]


async def _blocks(tx: Transaction, cell: int) -> AsyncIterator[tuple[int, int]]:
    """The blocks of a cell's accounts; the last one is open, so that no row behind is passed over."""
    after = 0
    while True:
        query = "SELECT interest_block_end(%(cell)s::smallint, %(after)s, %(limit)s)"
        ((upto,),) = await _all(tx, query, {"cell": cell, "after": after, "limit": _BLOCK})
        if upto is None:
            yield after, _EVERYONE
            return
        yield after, upto
        after = upto


async def _add_up(
    tx: Transaction, block: dict[str, Any], through: date, earned: dict[tuple[str, str, str], Any]
) -> None:
    query = (
        "SELECT currency, expense_subject, payable_subject, units"
        " FROM interest_unsettled(%(cell)s::smallint, %(through)s::date + 1, %(after)s, %(upto)s)"
    )
    for *key, units in await _all(tx, query, {**block, "through": through}):
        earned[tuple(key)] = earned.get(tuple(key), 0) + units


async def _check_last_close(
    tx: Transaction, cell: int, earned: dict[tuple[str, str, str], Any], findings: _Findings
) -> None:
    for of, account, *key, day, units, position, booked, traced, comparable in await _all(
        tx, LAST_CLOSE, {"cell": cell}
    ):
        if not traced:
            findings.add([f"{of}: the close of {day} found {booked} booked, which the account never had"])
        elif not comparable:
            findings.remarks.append(f"{of}: what accounts have earned has changed since {day}, not compared")
        else:
            values = {"cell": cell, "account": account, "position": position}
            ((settled, uncertain),) = await _all(tx, SETTLED_SINCE, values)
            missing = units - earned.get(tuple(key), 0) - settled
            if abs(missing) > uncertain:
                findings.add(
                    [f"{of}: the close of {day} saw {missing:f} units more than accounts had earned"]
                )


async def _words(tx: Transaction, query: str, values: dict[str, Any]) -> list[str]:
    return [row[0] for row in await _all(tx, query, values)]


async def _all(tx: Transaction, query: str, values: dict[str, Any]) -> list[Any]:
    cursor = await tx.execute(query.encode(), values)
    return await cursor.fetchall()
