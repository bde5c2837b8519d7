"""Who works in the database at the moment: slow statements, who waits for whom, transactions left open."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from sycee.database.connections import Transaction
from sycee.database.doctor.findings import Finding, Limits, Severity, Statement, Waiting, without_values

MOST_STATEMENTS = 10
"""How many kinds of statements the report names."""

_HAS_STATEMENTS = """\
SELECT e.extname IS NOT NULL AND s.setting LIKE '%pg_stat_statements%'
FROM pg_settings s LEFT JOIN pg_extension e ON e.extname = 'pg_stat_statements'
WHERE s.name = 'shared_preload_libraries'"""

_STATEMENTS = """\
SELECT query AS statement, calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms,
       max_exec_time AS longest_ms, rows,
       coalesce(total_exec_time / nullif(sum(total_exec_time) OVER (), 0), 0) AS share
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY total_exec_time DESC LIMIT %s"""

# Walsenders and autovacuum live long by design; who waits for a lock is told about by the tree below.
_RUNNING = """\
SELECT pid, application_name AS application, coalesce(query, '') AS statement,
       extract(epoch FROM clock_timestamp() - query_start)::float8 AS running_s
FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND datname = current_database()
  AND wait_event_type IS DISTINCT FROM 'Lock' AND pid <> pg_backend_pid()
  AND clock_timestamp() - query_start > make_interval(secs => %s)
ORDER BY query_start"""

# pg_blocking_pids is asked only of those who wait for a lock: it stops the lock manager for a moment.
_WAITING = """\
WITH RECURSIVE seen AS MATERIALIZED (
    SELECT pid, application_name, state, wait_event_type, wait_event, query, xact_start, query_start,
           CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blocked_by
    FROM pg_stat_activity WHERE pid <> pg_backend_pid()
), tree AS (
    SELECT pid, 0 AS depth, ARRAY[pid] AS path
    FROM seen
    WHERE blocked_by = '{}' AND pid IN (SELECT unnest(blocked_by) FROM seen)
    UNION ALL
    SELECT s.pid, t.depth + 1, t.path || s.pid
    FROM tree t JOIN seen s ON t.pid = s.blocked_by[1]
    WHERE s.pid <> ALL (t.path) AND t.depth < 50
)
SELECT t.depth, s.pid AS process, s.blocked_by, coalesce(s.application_name, '') AS application,
       coalesce(s.state, '') AS state, s.wait_event AS lock, coalesce(s.query, '') AS statement, t.path,
       CASE WHEN t.depth > 0 THEN
           extract(epoch FROM clock_timestamp() - coalesce(l.since, s.query_start))::float8 END AS waiting_s,
       extract(epoch FROM clock_timestamp() - s.xact_start)::float8 AS transaction_s
FROM tree t JOIN seen s USING (pid)
LEFT JOIN LATERAL (
    SELECT min(waitstart) AS since FROM pg_locks WHERE pg_locks.pid = s.pid AND NOT granted
) l ON true
ORDER BY t.path"""

_OPEN = """\
SELECT pid, coalesce(application_name, '') AS application, state, coalesce(query, '') AS statement,
       backend_xmin IS NOT NULL OR backend_xid IS NOT NULL AS holds_rows,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_s,
       extract(epoch FROM clock_timestamp() - state_change)::float8 AS in_state_s
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY xact_start"""

_PREPARED = """\
SELECT gid, owner, extract(epoch FROM clock_timestamp() - prepared)::float8 AS prepared_s
FROM pg_prepared_xacts
WHERE clock_timestamp() - prepared > make_interval(secs => %s) ORDER BY prepared"""


async def rows(tx: Transaction, query: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    async with tx.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), values or None)
        return await cursor.fetchall()


async def heaviest_statements(tx: Transaction) -> list[Statement] | None:
    """The kinds of statements that took most of the server's time; None where nobody counts them."""
    cursor = await tx.execute(_HAS_STATEMENTS)
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return None
    found = await rows(tx, _STATEMENTS, MOST_STATEMENTS)
    return [Statement(**{**one, "statement": without_values(one["statement"])}) for one in found]


async def look_at_statements(tx: Transaction, limits: Limits) -> list[Finding]:
    """Statements that take long: on average where PostgreSQL counts them, and those that run now."""
    try:
        counted = await heaviest_statements(tx)
    except psycopg.errors.InsufficientPrivilege:
        counted = None
    findings = [
        Finding(
            check="statements",
            severity=Severity.NOTICE,
            subject=one.statement,
            detail=f"takes {one.mean_ms:.0f} ms on average, {one.share:.0%} of the time of all statements",
            advice="look at its plan with EXPLAIN (ANALYZE, BUFFERS); perhaps it wants an index",
            evidence={"calls": one.calls, "mean_ms": one.mean_ms, "longest_ms": one.longest_ms},
        )
        for one in counted or []
        if one.mean_ms > limits.slow_s * 1000
    ]
    findings += [
        Finding(
            check="statements",
            severity=Severity.WARNING,
            subject=f"process {one['pid']}",
            detail=f"its statement has been running for {one['running_s']:.0f} s: "
            f"{without_values(one['statement'])}",
            advice=f"if nobody waits for its result: SELECT pg_cancel_backend({one['pid']})",
            evidence={"application": one["application"], "running_s": one["running_s"]},
        )
        for one in await rows(tx, _RUNNING, limits.transaction_s)
    ]
    return findings


async def waiting_tree(tx: Transaction) -> list[Waiting]:
    """Everybody who waits for a lock, each below the one that holds it up."""
    return [
        Waiting(
            **{name: one[name] for name in Waiting.__struct_fields__ if name != "statement"},
            statement=without_values(one["statement"]),
        )
        for one in await rows(tx, _WAITING)
    ]


async def look_at_blocking(tx: Transaction, limits: Limits) -> list[Finding]:
    """Processes that hold up others for longer than moments."""
    findings = []
    tree = await waiting_tree(tx)
    for place, root in enumerate(tree):
        if root.depth:
            continue
        below = []
        for one in tree[place + 1 :]:
            if not one.depth:
                break
            below.append(one)
        longest = max((one.waiting_s or 0.0 for one in below), default=0.0)
        if longest <= limits.blocked_s:
            continue
        findings.append(
            Finding(
                check="blocking",
                severity=Severity.CRITICAL if longest > limits.blocked_critical_s else Severity.WARNING,
                subject=f"process {root.process}",
                detail=f"holds up {len(below)}, the longest for {longest:.0f} s; "
                f"it is {root.state or 'at work'}: {root.statement}",
                advice="let its owner end the transaction, or roll it back: "
                f"SELECT pg_terminate_backend({root.process})",
                evidence={
                    "application": root.application,
                    "state": root.state,
                    "transaction_s": root.transaction_s,
                    "held_up": [one.process for one in below],
                    "longest_wait_s": longest,
                },
            )
        )
    return findings


async def look_at_transactions(tx: Transaction, limits: Limits) -> list[Finding]:
    """Transactions that were begun long ago, idle ones above all, and prepared ones that nobody ends."""
    findings = []
    for one in await rows(tx, _OPEN):
        idle = one["state"].startswith("idle in transaction")
        seconds, limit = one["transaction_s"], limits.transaction_s
        if idle and one["in_state_s"] > limits.idle_s:
            said = f"idle in a transaction for {one['in_state_s']:.0f} s"
        elif seconds > limit:
            said = f"its transaction was begun {seconds:.0f} s ago"
        else:
            continue
        findings.append(
            Finding(
                check="transactions",
                severity=Severity.CRITICAL if seconds > limits.transaction_critical_s else Severity.WARNING,
                subject=f"process {one['pid']}",
                detail=f"{said}; its last statement: {without_values(one['statement'])}",
                advice="dead rows and its locks stay until it ends: let its owner end it, or "
                f"SELECT pg_terminate_backend({one['pid']})",
                evidence={
                    name: one[name] for name in ("application", "state", "transaction_s", "in_state_s")
                },
            )
        )
    findings += [
        Finding(
            check="transactions",
            severity=Severity.CRITICAL,
            subject=f"prepared transaction {one['gid']}",
            detail=f"was prepared {one['prepared_s']:.0f} s ago and nobody has ended it; Sycee prepares none",
            advice="ask its owner; then COMMIT PREPARED or ROLLBACK PREPARED with its name",
            evidence={"owner": one["owner"], "prepared_s": one["prepared_s"]},
        )
        for one in await rows(tx, _PREPARED, limits.transaction_s)
    ]
    return findings
