"""The server itself: its settings, connections, replication slots, standbys, archive, and migrations."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from sycee.database import migrations
from sycee.database.connections import Transaction
from sycee.database.doctor.activity import rows
from sycee.database.doctor.findings import Finding, Limits, Severity

OLDEST_VERSION = 160_000

_SETTINGS = "SELECT name, setting, source, pending_restart FROM pg_settings WHERE name = ANY (%s)"

_PENDING = "SELECT array_agg(name ORDER BY name) AS names FROM pg_settings WHERE pending_restart"

_CONNECTIONS = """\
SELECT count(*) AS used, current_setting('max_connections')::int AS most,
       count(*) FILTER (WHERE state = 'active') AS active,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction
FROM pg_stat_activity WHERE backend_type = 'client backend'"""

_SLOTS = """\
SELECT slot_name AS slot, active, wal_status AS status, temporary,
       coalesce(pg_wal_lsn_diff(h.lsn, restart_lsn), 0)::int8 AS retained
FROM pg_replication_slots, (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                          ELSE pg_current_wal_lsn() END AS lsn) AS h
ORDER BY 5 DESC"""

_STANDBYS = """\
SELECT coalesce(nullif(application_name, ''), 'process ' || pid) AS standby, state, sync_state,
       pg_wal_lsn_diff(sent_lsn, replay_lsn)::int8 AS behind_bytes,
       extract(epoch FROM replay_lag)::float8 AS lag_s
FROM pg_stat_replication ORDER BY 1"""

_SYNCHRONOUS = """\
SELECT current_setting('synchronous_standby_names') AS wanted,
       (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) AS present"""

_ARCHIVER = """\
SELECT last_failed_wal AS segment, last_failed_time AS failed_at, failed_count,
       last_archived_time AS archived_at
FROM pg_stat_archiver
WHERE last_failed_time IS NOT NULL AND last_failed_time > coalesce(last_archived_time, '-infinity')"""


class Wanted(NamedTuple):
    """A setting that matters to a bank, the values that will do, and why."""

    name: str
    values: frozenset[str]
    severity: Severity
    why: str


_ON = frozenset({"on"})
WANTED = (
    Wanted("fsync", _ON, Severity.CRITICAL, "acknowledged transfers are lost when the machine stops"),
    Wanted("full_page_writes", _ON, Severity.CRITICAL, "a page that was half written cannot be mended"),
    Wanted(
        "synchronous_commit",
        frozenset({"on", "remote_write", "remote_apply"}),
        Severity.CRITICAL,
        "acknowledged transfers are lost when the server, or its leader, stops",
    ),
    Wanted("autovacuum", _ON, Severity.CRITICAL, "hot accounts grow slow, and rows grow old without end"),
    Wanted("track_counts", _ON, Severity.WARNING, "autovacuum does not know where to begin"),
    Wanted("data_checksums", _ON, Severity.WARNING, "a disk that lies is not found out"),
    Wanted(
        "zero_damaged_pages", frozenset({"off"}), Severity.CRITICAL, "damaged pages are emptied, not told"
    ),
    Wanted("ignore_checksum_failure", frozenset({"off"}), Severity.CRITICAL, "damaged pages are believed"),
    Wanted(
        "password_encryption",
        frozenset({"scram-sha-256"}),
        Severity.WARNING,
        "passwords are stored in a form that is broken",
    ),
    Wanted("row_security", _ON, Severity.CRITICAL, "what acts for a customer fails, as the wall must stand"),
    Wanted("jit", frozenset({"off"}), Severity.NOTICE, "short statements wait for a compiler"),
)
"""What Sycee wants of a server; sizes of memory are the server's own affair."""


def _quoted(name: str) -> str:
    return f"'{name}'"


async def look_at_settings(tx: Transaction, limits: Limits) -> list[Finding]:  # noqa: ARG001 - all look alike
    """Settings that put books at risk or slow them down, and such as wait for a restart."""
    found = {one["name"]: one for one in await rows(tx, _SETTINGS, [wanted.name for wanted in WANTED])}
    findings = []
    if tx.info.server_version < OLDEST_VERSION:
        findings.append(
            Finding(
                "settings",
                Severity.CRITICAL,
                "server_version",
                f"the server is version {tx.info.server_version // 10_000}; Sycee needs 16 or later",
                "upgrade the server",
            )
        )
    for name, values, severity, why in WANTED:
        one = found.get(name)
        if one is None or one["setting"] in values:
            continue
        right = min(values, key=lambda value: (value not in ("on", "off"), value))
        advice = f"ALTER SYSTEM SET {name} = {_quoted(right)}; SELECT pg_reload_conf()"
        if name == "data_checksums":
            advice = "pg_checksums --enable, while the server is stopped"
        findings.append(
            Finding(
                "settings",
                severity,
                name,
                f"is {one['setting']}: {why}",
                advice,
                {"setting": one["setting"], "wanted": sorted(values), "source": one["source"]},
            )
        )
    (waiting,) = await rows(tx, _PENDING)
    if waiting["names"]:
        findings.append(
            Finding(
                "settings",
                Severity.NOTICE,
                ", ".join(waiting["names"]),
                "was changed and waits for a restart of the server",
                "restart it at a quiet hour",
                waiting,
            )
        )
    return findings


async def look_at_connections(tx: Transaction, limits: Limits) -> list[Finding]:
    """How many of the connections that the server allows are taken."""
    (one,) = await rows(tx, _CONNECTIONS)
    part = one["used"] / one["most"]
    if part <= limits.connections:
        return []
    return [
        Finding(
            "connections",
            Severity.CRITICAL if part > (1 + limits.connections) / 2 else Severity.WARNING,
            "max_connections",
            f"{one['used']} of {one['most']} connections are taken",
            "lower SYCEE_DATABASE_MAX_CONNECTIONS (it counts for each process), or raise max_connections",
            one,
        )
    ]


async def look_at_slots(tx: Transaction, limits: Limits) -> list[Finding]:
    """Replication slots that nobody reads: they keep write-ahead log until the disk is full."""
    findings = []
    for one in await rows(tx, _SLOTS):
        lost = one["status"] in ("lost", "unreserved")
        much = one["retained"] > limits.retained_bytes
        if (one["active"] and not much) or one["temporary"]:
            continue
        if lost:
            said = f"the log it needs is gone or going ({one['status']})"
        else:
            reader = "is read" if one["active"] else "is read by nobody"
            said = f"{reader} and holds back {one['retained'] / 2**20:.0f} MiB of write-ahead log"
        findings.append(
            Finding(
                "slots",
                Severity.CRITICAL if lost or much else Severity.WARNING,
                f"slot {one['slot']}",
                said,
                "start its standby or receiver again; if it is gone for good: "
                f"SELECT pg_drop_replication_slot({_quoted(one['slot'])})",
                {name: one[name] for name in ("active", "status", "retained")},
            )
        )
    return findings


async def look_at_standbys(tx: Transaction, limits: Limits) -> list[Finding]:
    """Standbys that fall behind, and commits that wait for one that is not there."""
    findings = []
    for one in await rows(tx, _STANDBYS):
        late = (one["lag_s"] or 0.0) > limits.lag_s or (one["behind_bytes"] or 0) > limits.retained_bytes
        if not late:
            continue
        findings.append(
            Finding(
                "standbys",
                Severity.WARNING,
                f"standby {one['standby']}",
                f"is {one['behind_bytes'] / 2**20:.0f} MiB behind, {one['lag_s'] or 0:.0f} s",
                "look at its disk and its network, and for a query on it that replay waits for",
                one,
            )
        )
    (one,) = await rows(tx, _SYNCHRONOUS)
    if one["wanted"] and not one["present"]:
        findings.append(
            Finding(
                "standbys",
                Severity.CRITICAL,
                "synchronous_standby_names",
                "no synchronous standby is connected: every commit waits",
                "bring one back. Taking the names away lets commits go on with a single copy of the books",
                one,
            )
        )
    return findings


async def look_at_archive(tx: Transaction, limits: Limits) -> list[Finding]:  # noqa: ARG001 - all look alike
    """Whether the archive of write-ahead log takes what it is given."""
    return [
        Finding(
            "archive",
            Severity.CRITICAL,
            "archive_command",
            f"fails since {one['failed_at']:%Y-%m-%d %H:%M:%S %Z}: the log stays until the disk is full, "
            "nothing after that can be restored",
            "the server's log has the command's own words; look at room and access where the archive lies",
            one,
        )
        for one in await rows(tx, _ARCHIVER)
    ]


async def look_at_migrations(tx: Transaction, limits: Limits) -> list[Finding]:  # noqa: ARG001 - all look alike
    """Whether the database has the shape that this version of Sycee expects."""
    (there,) = await rows(tx, "SELECT to_regclass('alembic_version') IS NOT NULL AS found")
    stands = await rows(tx, "SELECT version_num FROM alembic_version") if there["found"] else []
    current = stands[0]["version_num"] if stands else None
    line = await asyncio.to_thread(migrations.revisions)
    if current is not None and current not in line:
        said, advice = (
            f"stands at {current}, which this version does not know",
            "use the newer version of Sycee",
        )
        return [Finding("migrations", Severity.CRITICAL, "database", said, advice, {"current": current})]
    pending = line[line.index(current) + 1 :] if current is not None else line
    if not pending:
        return []
    return [
        Finding(
            "migrations",
            Severity.CRITICAL,
            "database",
            f"stands at {current or 'nothing'}; still to come: {', '.join(pending)}",
            "`sycee database migrate`",
            {"current": current, "pending": pending},
        )
    ]
