"""The checks of the books: named invariants, each proved by a query over all rows.

They read one snapshot, beside live traffic, and take as long as reading the books takes.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sycee.database import Database


class CheckResult(msgspec.Struct, frozen=True):
    """A check, whether it holds, and what it counted or found."""

    name: str
    passed: bool
    detail: str


# Each query returns what violates the invariant, one line of text a row.
CHECKS: dict[str, str] = {
    "debits equal credits, per cell and currency": """
        SELECT format('cell %s, %s: %s', cell, currency, sum(posted)) FROM accounts
        GROUP BY cell, currency HAVING sum(posted) <> 0 ORDER BY cell, currency
    """,
    "balances equal the sum of entries": """
        SELECT format('account %s: balance %s, entries %s', a.number, a.posted, coalesce(s.posted, 0))
        FROM accounts a LEFT JOIN (
            SELECT account, sum(amount) AS posted FROM (
                SELECT debit AS account, -amount AS amount FROM transfers WHERE kind IN (0, 2, 4)
                UNION ALL SELECT credit, amount FROM transfers WHERE kind IN (0, 2, 4)) AS sides
            GROUP BY account) AS s ON s.account = a.number
        WHERE a.posted <> coalesce(s.posted, 0) ORDER BY a.number
    """,
    "entries are all in their accounts' chains": """
        SELECT format('account %s: %s entries counted, %s found', a.number, a.entries, coalesce(s.entries, 0))
        FROM accounts a LEFT JOIN (
            SELECT account, count(*) AS entries FROM (
                SELECT debit AS account FROM transfers UNION ALL SELECT credit FROM transfers) AS sides
            GROUP BY account) AS s ON s.account = a.number
        WHERE a.entries <> coalesce(s.entries, 0) ORDER BY a.number
    """,
    "what is pending equals the open holds": """
        SELECT format('account %s: pending %s and %s, holds %s and %s', a.number, a.pending_debits,
                      a.pending_credits, coalesce(h.debits, 0), coalesce(h.credits, 0))
        FROM accounts a LEFT JOIN (
            SELECT account, sum(debit) AS debits, sum(credit) AS credits FROM (
                SELECT t.debit AS account, t.amount AS debit, 0::bigint AS credit
                FROM holds h JOIN transfers t ON t.id = h.id WHERE h.state = 0
                UNION ALL
                SELECT t.credit, 0, t.amount FROM holds h JOIN transfers t ON t.id = h.id WHERE h.state = 0) AS sides
            GROUP BY account) AS h ON h.account = a.number
        WHERE a.pending_debits <> coalesce(h.debits, 0) OR a.pending_credits <> coalesce(h.credits, 0)
        ORDER BY a.number
    """,
    "the general ledger equals the accounts": """
        SELECT format('cell %s, subject %s, %s: ledger %s, accounts %s', cell, subject, currency,
                      coalesce(g.posted, 0), coalesce(a.posted, 0))
        FROM (SELECT cell, subject, currency, sum(credits - debits) AS posted FROM gl_totals GROUP BY 1, 2, 3) AS g
        FULL JOIN (SELECT cell, subject, currency, sum(posted) AS posted FROM accounts GROUP BY 1, 2, 3) AS a
            USING (cell, subject, currency)
        WHERE coalesce(g.posted, 0) <> coalesce(a.posted, 0) ORDER BY cell, subject, currency
    """,
    "positions between cells net to zero": """
        SELECT format('cells %s and %s, %s: %s', least(i.cell, i.other), greatest(i.cell, i.other), i.currency,
                      sum(a.posted))
        FROM intercell_accounts i JOIN accounts a ON a.cell = i.cell AND a.number = i.number
        GROUP BY least(i.cell, i.other), greatest(i.cell, i.other), i.currency HAVING sum(a.posted) <> 0
    """,
    "every transfer across cells has both its legs": """
        SELECT format('transfer %s has only leg %s', min(id::text), min(leg)) FROM transfers
        WHERE counterpart IS NOT NULL GROUP BY id HAVING count(*) <> 2
    """,
    "a hold is posted, voided or expired once at most": """
        SELECT format('pending transfer %s: %s resolutions, state %s', h.id, count(t.id), h.state)
        FROM holds h LEFT JOIN transfers t ON t.target = h.id AND t.leg = 0 AND t.kind IN (2, 3, 5)
        GROUP BY h.id, h.state HAVING count(t.id) <> CASE h.state WHEN 0 THEN 0 ELSE 1 END
    """,
}
_SHOWN = 5


async def check_books(
    database: Database, progress: Callable[[int], None] = lambda checks: None
) -> list[CheckResult]:
    """Run every check on one snapshot; ``progress`` is called with 1 after each."""
    results = []
    async with database.transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await tx.execute("SET LOCAL work_mem = '256MB'")
        for name, query in CHECKS.items():
            cursor = await tx.execute(query.encode())
            found = [row[0] for row in await cursor.fetchmany(_SHOWN + 1)]
            more = " …" if len(found) > _SHOWN else ""
            results.append(CheckResult(name, not found, "; ".join(found[:_SHOWN]) + more or "holds"))
            progress(1)
    return results
