"""What an end of day leaves behind, by content: what two runs are compared by.

Left out is what may differ between two runs that do the same: instants, positions, how often a process
began, and (with the instants) the digests of documents.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sycee.database import Database
from sycee.operations import StatementContent, get_document

_BOOKS = {
    "accounts": "SELECT number, status, posted, pending_debits, pending_credits, entries FROM accounts "
    "ORDER BY number",
    "transfers": "SELECT id, leg, kind, debit, credit, amount, currency, business_date, value_date, target, "
    "reference, description FROM transfers ORDER BY id, leg",
    "totals": "SELECT cell, business_date, subject, currency, debits, credits FROM gl_totals "
    "ORDER BY 1, 2, 3, 4",
    "interest positions": "SELECT account, settled, due, since, balance, accrued, daily "
    "FROM interest_positions ORDER BY account",
    "interest postings": "SELECT account, id, kind, start, through, units, amount, value_date, lines "
    "FROM interest_postings ORDER BY account, through, kind",
    "interest accruals": "SELECT day, currency, payable_subject, accounts, units, amount "
    "FROM interest_accruals ORDER BY 1, 2, 3",
    "deposits": "SELECT id, state, principal, start, maturity, due_on, closed_on FROM deposits ORDER BY id",
    "deposit events": "SELECT deposit, kind, effective, booked_on, amount, interest, transfers "
    "FROM deposit_events ORDER BY deposit, effective, kind, booked_on",
    "fees": "SELECT * FROM day_fees ORDER BY account, condition, period_end",
    "runs": "SELECT cell, business_date, next_date, state FROM day_runs ORDER BY 1, 2",
    "steps": "SELECT cell, business_date, step, place, state, failed FROM day_steps ORDER BY 1, 2, 4",
    "failures": "SELECT cell, business_date, step, account, code FROM day_failures ORDER BY 1, 2, 3, 4",
}


async def content(database: Database) -> dict[str, Any]:
    """The books, the runs and the documents of a bank."""
    found: dict[str, Any] = {}
    async with database.transaction() as tx:
        for name, query in _BOOKS.items():
            found[name] = await (await tx.execute(query.encode())).fetchall()
        cursor = await tx.execute("SELECT account, id FROM day_documents ORDER BY account, kind, period_end")
        documents = []
        for account, id in await cursor.fetchall():
            document = await get_document(tx, account, id)
            data: dict[str, Any] = msgspec.to_builtins(document.content)
            if isinstance(document.content, StatementContent):
                # Transfers of one list may be in another order: what counts is which, and the balances' ends.
                data["lines"] = sorted(
                    [line["transfer"], line["amount"], line["side"], line["business_date"]]
                    for line in data["lines"]
                )
            documents.append(data)
        found["documents"] = documents
    return found
