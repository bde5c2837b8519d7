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
        SELECT format('account %s: %s entries counted, %s found; newest %s, should be %s', a.number,
                      a.entries, coalesce(s.entries, 0), a.last_position, s.last)
        FROM accounts a LEFT JOIN (
            SELECT account, count(*) AS entries, max(position) AS last FROM (
                SELECT debit AS account, position FROM transfers
                UNION ALL SELECT credit, position FROM transfers) AS sides
            GROUP BY account) AS s ON s.account = a.number
        WHERE a.entries <> coalesce(s.entries, 0) OR a.last_position IS DISTINCT FROM s.last ORDER BY a.number
    """,
    "marks point at their accounts' entries": """
        SELECT format('account %s: mark at %s', m.account, m.position)
        FROM entry_marks m LEFT JOIN transfers t ON t.cell = m.cell AND t.position = m.position
        WHERE (m.account IN (t.debit, t.credit) AND m.booked_at = t.booked_at
               AND m.business_date = t.business_date) IS NOT TRUE
        UNION ALL
        SELECT format('account %s: %s marks for %s entries', a.number, count(m.position), a.entries)
        FROM accounts a LEFT JOIN entry_marks m ON m.cell = a.cell AND m.account = a.number
        GROUP BY a.number, a.entries HAVING count(m.position) <> a.entries / 64
    """,
    "what is pending equals the open holds": """
        SELECT format('account %s: pending %s and %s, holds %s and %s', a.number, a.pending_debits,
                      a.pending_credits, coalesce(h.debits, 0), coalesce(h.credits, 0))
        FROM accounts a LEFT JOIN (
            SELECT account, sum(debit) AS debits, sum(credit) AS credits FROM (
                SELECT t.debit AS account, t.amount AS debit, 0::bigint AS credit
                FROM holds h JOIN transfers t ON t.id = h.id WHERE h.state = 0
                UNION ALL
                SELECT t.credit, 0, t.amount
                FROM holds h JOIN transfers t ON t.id = h.id WHERE h.state = 0) AS sides
            GROUP BY account) AS h ON h.account = a.number
        WHERE a.pending_debits <> coalesce(h.debits, 0) OR a.pending_credits <> coalesce(h.credits, 0)
        ORDER BY a.number
    """,
    "the general ledger equals the entries of each day": """
        SELECT format('cell %s, %s, subject %s, %s: ledger %s and %s, entries %s and %s', cell,
                      business_date, subject, currency, g.debits, g.credits, e.debits, e.credits)
        FROM gl_totals AS g FULL JOIN (
            SELECT a.cell, s.business_date, a.subject, a.currency, sum(s.debits) AS debits,
                   sum(s.credits) AS credits
            FROM (SELECT account, business_date, sum(debit) AS debits, sum(credit) AS credits FROM (
                      SELECT debit AS account, business_date, amount AS debit, 0::bigint AS credit
                      FROM transfers WHERE kind IN (0, 2, 4)
                      UNION ALL
                      SELECT credit, business_date, 0, amount FROM transfers WHERE kind IN (0, 2, 4)) AS sides
                  GROUP BY account, business_date) AS s
            JOIN accounts a ON a.number = s.account GROUP BY 1, 2, 3, 4) AS e
            USING (cell, business_date, subject, currency)
        WHERE (g.debits, g.credits) IS DISTINCT FROM (e.debits, e.credits)
        ORDER BY cell, business_date, subject, currency
    """,
    "positions between cells net to zero": """
        SELECT format('cells %s and %s, %s: %s',
                      least(i.cell, i.other), greatest(i.cell, i.other), i.currency,
                      sum(a.posted))
        FROM intercell_accounts i JOIN accounts a ON a.cell = i.cell AND a.number = i.number
        GROUP BY least(i.cell, i.other), greatest(i.cell, i.other), i.currency HAVING sum(a.posted) <> 0
    """,
    "every transfer across cells has both its legs": """
        SELECT format('transfer %s has only leg %s', min(id::text), min(leg)) FROM transfers
        WHERE counterpart IS NOT NULL GROUP BY id HAVING count(*) <> 2
    """,
    "a hold is what its transfers say, resolved once at most": """
        SELECT format('pending transfer %s: state %s, %s resolutions', coalesce(h.id, t.id), h.state, r.count)
        FROM holds h
        FULL JOIN (SELECT * FROM transfers WHERE kind = 1 AND leg = 0) AS t ON t.cell = h.cell AND t.id = h.id
        LEFT JOIN (SELECT target, count(*), max(kind) AS kind, (array_agg(id))[1] AS id
                   FROM transfers WHERE kind IN (2, 3, 5) AND leg = 0 GROUP BY target) AS r
            ON r.target = coalesce(h.id, t.id)
        WHERE (h.debit, h.credit, h.amount, h.currency)
              IS DISTINCT FROM (t.debit, coalesce(t.counterpart, t.credit), t.amount, t.currency)
              OR h.state <> CASE r.kind WHEN 2 THEN 1 WHEN 3 THEN 2 WHEN 5 THEN 3 ELSE 0 END
              OR h.resolved_by IS DISTINCT FROM r.id OR r.count > 1
    """,
    "a transfer is reversed once at most, and noted as such": """
        SELECT format('transfer %s, reversed by %s', coalesce(r.target, t.target), coalesce(r.id, t.id))
        FROM reversals r FULL JOIN (
            SELECT coalesce(counterpart, credit) / 1000000000000000 AS cell, target, id FROM transfers
            WHERE kind = 4 AND leg = 0) AS t ON t.cell = r.cell AND t.target = r.target AND t.id = r.id
        WHERE r.id IS NULL OR t.id IS NULL
    """,
}
_SHOWN = 5


async def check_books(
    database: Database, progress: Callable[[int], None] = lambda _checks: None
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
