"""The doctor: looks a database over, and says what ails it, by what evidence, and what helps.

It reads PostgreSQL's own views and changes nothing. Each check has a transaction of its own that neither
waits for locks nor runs for long, so that a server in trouble is not troubled more, and one check that
cannot be made leaves the others their say.
"""

from __future__ import annotations

import psycopg

from sycee.database.connections import Transaction
from sycee.database.doctor.activity import (
    heaviest_statements,
    look_at_blocking,
    look_at_statements,
    look_at_transactions,
    waiting_tree,
)
from sycee.database.doctor.findings import (
    Check,
    Examined,
    Finding,
    Limits,
    Report,
    Severity,
    Statement,
    Waiting,
    without_values,
)
from sycee.database.doctor.server import (
    look_at_archive,
    look_at_connections,
    look_at_migrations,
    look_at_settings,
    look_at_slots,
    look_at_standbys,
)
from sycee.database.doctor.storage import (
    look_at_cache,
    look_at_dead_rows,
    look_at_indexes,
    look_at_wraparound,
)
from sycee.database.engine import Database

CHECKS = (
    Check("blocking", "Who blocks whom", look_at_blocking),
    Check("transactions", "Transactions left open", look_at_transactions),
    Check("statements", "Slow statements", look_at_statements),
    Check("connections", "Connections", look_at_connections),
    Check("settings", "Settings", look_at_settings),
    Check("migrations", "Migrations", look_at_migrations),
    Check("slots", "Replication slots", look_at_slots),
    Check("standbys", "Standbys", look_at_standbys),
    Check("archive", "Archive of the write-ahead log", look_at_archive),
    Check("wraparound", "Distance to wraparound", look_at_wraparound),
    Check("dead_rows", "Dead rows and autovacuum", look_at_dead_rows),
    Check("indexes", "Indexes", look_at_indexes),
    Check("cache", "Cache", look_at_cache),
)
"""What is looked at, the most urgent first."""

_CAREFULLY = "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '1s'"
_SEES_ALL = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')"
_WHERE = "SELECT version(), current_database()"


async def examine(database: Database, limits: Limits | None = None) -> Report:
    """Look at everything. Raises DatabaseUnavailable when there is no connection to look through."""
    limits = limits or Limits()
    checks, findings = [], []
    for check in CHECKS:
        try:
            async with database.transaction() as tx:
                await tx.execute(_CAREFULLY)
                found = await check.look(tx, limits)
        except psycopg.Error as error:
            reason = str(error).partition("\n")[0]
            checks.append(Examined(check.name, check.title, 0, reason))
        else:
            checks.append(Examined(check.name, check.title, len(found)))
            findings += found
    async with database.transaction() as tx:
        await tx.execute(_CAREFULLY)
        server, name = await _one(tx, _WHERE)
        findings += await _what_is_hidden(tx)
        waiting = await waiting_tree(tx)
        statements = await heaviest_statements(tx) if (await _one(tx, _SEES_ALL))[0] else None
    if statements is None:
        findings.append(_not_counted())
    findings.sort(key=lambda finding: list(Severity).index(finding.severity), reverse=True)
    return Report(server, name, checks, findings, statements or [], waiting)


async def _one(tx: Transaction, query: str) -> tuple[str, ...]:
    row = await (await tx.execute(query.encode())).fetchone()
    assert row is not None
    return row


async def _what_is_hidden(tx: Transaction) -> list[Finding]:
    if (await _one(tx, _SEES_ALL))[0]:
        return []
    role = tx.info.user
    said = (
        "may not see what others do: statements, states and slots of other users are hidden from this report"
    )
    return [Finding("connections", Severity.WARNING, f"role {role}", said, f"GRANT pg_monitor TO {role}")]


def _not_counted() -> Finding:
    return Finding(
        "statements",
        Severity.NOTICE,
        "pg_stat_statements",
        "is not at work here: only statements that run at this moment can be seen",
        "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements', restart the server, then "
        "CREATE EXTENSION pg_stat_statements",
    )


__all__ = [
    "CHECKS",
    "Check",
    "Examined",
    "Finding",
    "Limits",
    "Report",
    "Severity",
    "Statement",
    "Waiting",
    "examine",
    "without_values",
]
