"""What lies in the database: dead rows, indexes that are broken or idle or missing, cache, wraparound."""

from __future__ import annotations

from sycee.database.connections import Transaction
from sycee.database.doctor.activity import rows
from sycee.database.doctor.findings import Finding, Limits, Severity

# Sizes come from pg_class: pg_relation_size would wait where somebody has locked the table exclusively.
_DEAD = """\
SELECT s.relname AS table, n_dead_tup AS dead, n_live_tup AS live, last_autovacuum, last_vacuum,
       current_setting('autovacuum_vacuum_threshold')::float8
           + current_setting('autovacuum_vacuum_scale_factor')::float8 * greatest(c.reltuples, 0) AS due_at,
       coalesce('autovacuum_enabled=false' = ANY (c.reloptions), false)
           OR coalesce('autovacuum_enabled=off' = ANY (c.reloptions), false) AS switched_off
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE n_dead_tup > %s OR c.reloptions && ARRAY['autovacuum_enabled=false', 'autovacuum_enabled=off']
ORDER BY n_dead_tup DESC"""

_BROKEN_INDEXES = """\
SELECT c.relname AS index, i.indrelid::regclass::text AS table, i.indisready AS ready
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND c.relkind = 'i'
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
ORDER BY 1"""

# Indexes that keep a rule (unique, primary, exclusion) work without ever being scanned.
_IDLE_INDEXES = """\
SELECT s.indexrelname AS index, s.relname AS table,
       c.relpages::int8 * current_setting('block_size')::int8 AS bytes,
       extract(epoch FROM clock_timestamp() - coalesce(d.stats_reset, pg_postmaster_start_time()))::float8
           AS counted_s
FROM pg_stat_user_indexes s
JOIN pg_index i ON i.indexrelid = s.indexrelid JOIN pg_class c ON c.oid = s.indexrelid
JOIN pg_stat_database d ON d.datname = current_database()
WHERE s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AND i.indisvalid
  AND c.relpages::int8 * current_setting('block_size')::int8 > %s
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = s.indexrelid)
ORDER BY 3 DESC"""

_TWINS = """\
SELECT i.indrelid::regclass::text AS table, array_agg(c.relname::text ORDER BY c.relname) AS indexes
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
GROUP BY i.indrelid, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text, c.relam,
         pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
HAVING count(*) > 1 ORDER BY 1"""

_SCANNED = """\
SELECT relname AS table, seq_scan AS scans, seq_tup_read / seq_scan AS rows_each,
       coalesce(idx_scan, 0) AS by_index
FROM pg_stat_user_tables
WHERE seq_scan >= 20 AND seq_tup_read / seq_scan > %s AND seq_scan > coalesce(idx_scan, 0) / 100
ORDER BY seq_tup_read DESC LIMIT 10"""

_CACHE = """\
SELECT blks_hit AS hits, blks_read AS reads, blks_hit::float8 / nullif(blks_hit + blks_read, 0) AS ratio,
       current_setting('shared_buffers') AS shared_buffers
FROM pg_stat_database WHERE datname = current_database()"""

_AGES = """\
SELECT datname AS database, age(datfrozenxid) AS transactions, mxid_age(datminmxid) AS multixacts,
       current_setting('autovacuum_freeze_max_age')::int8 AS freeze_at,
       current_setting('autovacuum_multixact_freeze_max_age')::int8 AS multixact_freeze_at
FROM pg_database ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC"""


async def look_at_dead_rows(tx: Transaction, limits: Limits) -> list[Finding]:
    """Tables in which autovacuum is switched off or does not keep up."""
    findings = []
    for one in await rows(tx, _DEAD, limits.dead_rows):
        evidence = {name: one[name] for name in ("dead", "live", "due_at", "last_autovacuum", "last_vacuum")}
        if one["switched_off"]:
            said = "autovacuum is switched off for it"
            advice = f"ALTER TABLE {one['table']} RESET (autovacuum_enabled)"
        elif one["dead"] > 2 * one["due_at"]:
            said = f"{one['dead']} rows are dead beside {one['live']} live ones: autovacuum does not keep up"
            advice = (
                f"VACUUM (VERBOSE, ANALYZE) {one['table']} says whether something keeps them: an old "
                "transaction, a replication slot, a standby with feedback"
            )
        else:
            continue
        findings.append(Finding("dead_rows", Severity.WARNING, one["table"], said, advice, evidence))
    return findings


async def look_at_indexes(tx: Transaction, limits: Limits) -> list[Finding]:
    """Indexes that are invalid, that nobody reads, that are there twice; tables that want one."""
    findings = [
        Finding(
            "indexes",
            Severity.WARNING,
            one["index"],
            f"the index of {one['table']} is invalid: it is kept up and never used",
            f"REINDEX INDEX CONCURRENTLY {one['index']}, or drop it",
            {"table": one["table"], "ready": one["ready"]},
        )
        for one in await rows(tx, _BROKEN_INDEXES)
    ]
    findings += [
        Finding(
            "indexes",
            Severity.NOTICE,
            one["index"],
            f"nobody read this index of {one['table']} since uses are counted; every write keeps it up",
            "look on the standbys too; an index of Sycee's own is wanted by work that comes seldom: leave it",
            {"table": one["table"], "bytes": one["bytes"], "counted_s": one["counted_s"]},
        )
        for one in await rows(tx, _IDLE_INDEXES, limits.index_bytes)
    ]
    findings += [
        Finding(
            "indexes",
            Severity.NOTICE,
            one["table"],
            f"these indexes are the same: {', '.join(one['indexes'])}",
            "drop the one that no constraint needs, CONCURRENTLY",
            {"indexes": one["indexes"]},
        )
        for one in await rows(tx, _TWINS)
    ]
    findings += [
        Finding(
            "indexes",
            Severity.NOTICE,
            one["table"],
            f"was read from end to end {one['scans']} times, {one['rows_each']} rows each time",
            "find the statement among the heaviest ones, and whether an index would serve it",
            {"scans": one["scans"], "rows_each": one["rows_each"], "by_index": one["by_index"]},
        )
        for one in await rows(tx, _SCANNED, limits.scanned_rows)
    ]
    return findings


async def look_at_cache(tx: Transaction, limits: Limits) -> list[Finding]:
    """Whether what is read is mostly in memory."""
    (one,) = await rows(tx, _CACHE)
    if one["reads"] < limits.cache_reads or one["ratio"] >= limits.cache_hits:
        return []
    return [
        Finding(
            "cache",
            Severity.NOTICE,
            "shared_buffers",
            f"{one['ratio']:.1%} of the blocks read were in memory, less than {limits.cache_hits:.0%}",
            "give the server more shared_buffers (a quarter of the memory), or find who reads whole tables",
            one,
        )
    ]


async def look_at_wraparound(tx: Transaction, limits: Limits) -> list[Finding]:
    """How far rows are from the age at which PostgreSQL stops writing (2,100 million transactions)."""
    findings = []
    for one in await rows(tx, _AGES):
        worst = max(one["transactions"], one["multixacts"])
        # At its limit autovacuum begins to freeze; a tenth beyond it, it ought to be done.
        late = (
            one["transactions"] > 1.1 * one["freeze_at"]
            or one["multixacts"] > 1.1 * one["multixact_freeze_at"]
        )
        if not late and worst <= limits.wraparound:
            continue
        findings.append(
            Finding(
                "wraparound",
                Severity.CRITICAL if worst > limits.wraparound else Severity.WARNING,
                f"database {one['database']}",
                f"its oldest rows are {worst} transactions old, and autovacuum did not freeze them",
                "end what holds them back (old transactions, prepared ones, slots), then VACUUM (FREEZE) in "
                "that database; at 2,100 million nothing can be written any more",
                one,
            )
        )
    return findings
