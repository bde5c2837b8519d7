"""The doctor finds what ails a database, each ill made for real, and finds a healthy one healthy."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from sycee.cli import execute
from sycee.database import Database, EmbeddedServer, migrations
from sycee.database.doctor import CHECKS, Limits, Severity, without_values
from sycee.operations import read_standing
from tests.database.examining import look, told, until, value

SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "16MB",
    "huge_pages": "off",
    "max_connections": "40",
    "max_prepared_transactions": "2",
    "archive_mode": "on",
    "archive_command": "true",
    "autovacuum_freeze_max_age": "100000",
    "autovacuum_naptime": "1h",  # the tests want to see what it would clear away
}


@pytest.fixture(scope="module")
def ward() -> Iterator[EmbeddedServer]:
    """A server as a bank would run it, with durable commits: every test puts right what it made wrong."""
    path = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    with EmbeddedServer(path, settings=SETTINGS) as running:
        migrations.upgrade(running.url())
        with psycopg.connect(running.url(), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("ANALYZE")
        yield running
    shutil.rmtree(path)


@pytest.fixture
def patient(ward: EmbeddedServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the ward's database that commits each statement by itself."""
    with psycopg.connect(ward.url(), autocommit=True) as connection:
        yield connection


async def test_a_healthy_database_is_found_healthy(ward: EmbeddedServer) -> None:
    report = await look(ward)
    assert report.findings == []
    assert [check.name for check in report.checks] == [check.name for check in CHECKS]
    assert all(check.not_made is None for check in report.checks)
    assert report.worst is None
    assert report.statements
    assert 0 < sum(one.share for one in report.statements) <= 1.000001


def test_a_healthy_database_ends_the_command_with_0(
    ward: EmbeddedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["database", "doctor", "--database-url", ward.url()]) == 0
    said = capsys.readouterr().out
    assert "nothing to tell about: Who blocks whom" in said
    assert "Where the server's time goes" in said


@asynccontextmanager
async def queue(url: str) -> AsyncIterator[list[int]]:
    """Three processes: the first sits idle on a lock, the second waits for it, the third for the second."""
    with (
        psycopg.connect(url) as first,
        psycopg.connect(url) as second,
        psycopg.connect(url) as third,
        psycopg.connect(url, autocommit=True) as observer,
        ThreadPoolExecutor(2) as pool,
    ):
        processes = [connection.info.backend_pid for connection in (first, second, third)]
        first.execute("SELECT pg_advisory_xact_lock(1), 'a name nobody may read'")
        second.execute("SELECT pg_advisory_xact_lock(2)")
        waits = [
            pool.submit(second.execute, "SELECT pg_advisory_xact_lock(1)"),
            pool.submit(third.execute, "SELECT pg_advisory_xact_lock(2)"),
        ]
        counted = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        await asyncio.to_thread(until, lambda: value(observer, counted) == 2)
        try:
            yield processes
        finally:
            first.rollback()
            waits[0].result()
            second.rollback()
            waits[1].result()


async def test_who_holds_up_whom_is_a_tree_from_its_root(ward: EmbeddedServer) -> None:
    async with queue(ward.url()) as (first, second, third):
        report = await look(ward, Limits(blocked_s=0.0))
        assert [(one.depth, one.process, one.blocked_by) for one in report.waiting] == [
            (0, first, []),
            (1, second, [first]),
            (2, third, [second]),
        ]
        (finding,) = [one for one in report.findings if one.check == "blocking"]
        assert finding.subject == f"process {first}"
        assert finding.severity is Severity.WARNING
        assert finding.evidence["held_up"] == [second, third]
        assert "idle in transaction" in finding.detail
        assert f"pg_terminate_backend({first})" in finding.advice
        grave = await told(ward, "blocking", Limits(blocked_s=0.0, blocked_critical_s=0.0))
        assert [one.severity for one in grave] == [Severity.CRITICAL]
        assert await told(ward, "blocking") == []  # a moment's wait is how a ledger works
    assert (await look(ward)).waiting == []


async def test_statements_are_shown_without_the_values_in_them(ward: EmbeddedServer) -> None:
    async with queue(ward.url()):
        report = await look(ward, Limits(blocked_s=0.0, idle_s=0.0, transaction_s=0.0))
    assert "pg_advisory_xact_lock(?), ?" in report.waiting[0].statement
    assert b"nobody may read" not in msgspec.json.encode(report)


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT 1.5e3,  'it''s', $1", "SELECT ?, ?, $1"),
        (r"SELECT E'a\'b' || name2 FROM t7", "SELECT ? || name2 FROM t7"),
        ("SELECT $$a 'b'$$, $x$ c $x$ -- 62280042\n, 3", "SELECT ?, ? , ?"),
        ('SELECT "col 1" /* li wei */ FROM t', 'SELECT "col 1" FROM t'),
        ("INSERT INTO t VALUES ('cut off in the midd", "INSERT INTO t VALUES (?"),
        ("SELECT $tag$ cut off", "SELECT ?"),
    ],
)
def test_no_kind_of_literal_is_shown(statement: str, shown: str) -> None:
    assert without_values(statement) == shown


async def test_transactions_left_open_are_found(ward: EmbeddedServer) -> None:
    with psycopg.connect(ward.url()) as idle:
        idle.execute("SELECT 1")
        process = f"process {idle.info.backend_pid}"
        found = await told(ward, "transactions", Limits(idle_s=0.0))
        assert [(one.subject, one.severity) for one in found] == [(process, Severity.WARNING)]
        assert found[0].evidence["state"] == "idle in transaction"
        old = await told(ward, "transactions", Limits(transaction_s=0.0, transaction_critical_s=0.0))
        assert [(one.subject, one.severity) for one in old] == [(process, Severity.CRITICAL)]
        assert await told(ward, "transactions") == []


async def test_a_statement_that_runs_on_is_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(ward.url()) as busy, ThreadPoolExecutor(1) as pool:
        running = pool.submit(busy.execute, "SELECT pg_sleep(600)")
        process = busy.info.backend_pid
        state = (
            f"SELECT state = 'active' AND wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = {process}"
        )
        until(lambda: value(patient, state))
        found = await told(ward, "statements", Limits(transaction_s=0.0))
        assert [one.subject for one in found] == [f"process {process}"]
        patient.execute("SELECT pg_cancel_backend(%s)", (process,))
        with pytest.raises(psycopg.errors.QueryCanceled):
            running.result()


async def test_statements_that_take_long_on_average_are_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    patient.execute("SELECT pg_sleep(0.11)")
    found = await told(ward, "statements", Limits(slow_s=0.1))
    assert "SELECT pg_sleep($1)" in [one.subject for one in found]
    patient.execute("SELECT pg_stat_statements_reset()")


async def test_a_prepared_transaction_that_nobody_ends_is_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    patient.execute("BEGIN; SELECT txid_current(); PREPARE TRANSACTION 'lost'")
    found = await told(ward, "transactions", Limits(transaction_s=0.0))
    assert [(one.subject, one.severity) for one in found] == [
        ("prepared transaction lost", Severity.CRITICAL)
    ]
    patient.execute("ROLLBACK PREPARED 'lost'")


async def test_dead_rows_that_autovacuum_leaves_are_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    patient.execute("CREATE TABLE hot AS SELECT n FROM generate_series(1, 20000) n")
    patient.execute("ANALYZE hot")
    patient.execute("UPDATE hot SET n = n")
    patient.execute("SELECT pg_stat_force_next_flush()")
    until(lambda: value(patient, "SELECT n_dead_tup = 20000 FROM pg_stat_user_tables WHERE relname = 'hot'"))
    (found,) = await told(ward, "dead_rows")
    assert (found.subject, found.evidence["dead"]) == ("hot", 20_000)
    patient.execute("VACUUM hot")
    until(lambda: value(patient, "SELECT n_dead_tup = 0 FROM pg_stat_user_tables WHERE relname = 'hot'"))
    assert await told(ward, "dead_rows") == []
    patient.execute("ALTER TABLE hot SET (autovacuum_enabled = off)")
    (found,) = await told(ward, "dead_rows")
    assert found.detail == "autovacuum is switched off for it"
    patient.execute("DROP TABLE hot")


async def test_indexes_that_are_invalid_idle_double_or_missing_are_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    patient.execute("CREATE TABLE big AS SELECT n, n % 2 AS half FROM generate_series(1, 2000) n")
    with pytest.raises(psycopg.errors.UniqueViolation):
        patient.execute("CREATE UNIQUE INDEX CONCURRENTLY big_broken ON big (half)")
    patient.execute("CREATE INDEX big_one ON big (n)")
    patient.execute("CREATE INDEX big_two ON big (n)")
    patient.execute("VACUUM ANALYZE big")
    for _ in range(20):
        patient.execute("SELECT count(*) FROM big WHERE half = 1")
    patient.execute("SELECT pg_stat_force_next_flush()")
    until(lambda: value(patient, "SELECT seq_scan >= 20 FROM pg_stat_user_tables WHERE relname = 'big'"))
    found = await told(ward, "indexes", Limits(index_bytes=1, scanned_rows=500))
    about = sorted((one.subject, str(one.severity), one.detail) for one in found if "big" in one.subject)
    idle = "nobody read this index of big since uses are counted; every write keeps it up"
    assert about == [
        ("big", "notice", "these indexes are the same: big_one, big_two"),
        (
            "big",
            "notice",
            f"was read from end to end {found[-1].evidence['scans']} times, 2000 rows each time",
        ),
        ("big_broken", "warning", "the index of big is invalid: it is kept up and never used"),
        ("big_one", "notice", idle),
        ("big_two", "notice", idle),
    ]
    patient.execute("DROP TABLE big")


async def test_a_slot_that_nobody_reads_is_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    patient.execute("SELECT pg_create_physical_replication_slot('gone', true)")
    patient.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 2000000))")
    (found,) = await told(ward, "slots")
    assert (found.subject, found.severity) == ("slot gone", Severity.WARNING)
    assert found.evidence["retained"] > 2_000_000
    (found,) = await told(ward, "slots", Limits(retained_bytes=2_000_000))
    assert found.severity is Severity.CRITICAL
    patient.execute("SELECT pg_drop_replication_slot('gone')")


async def test_an_archive_that_takes_nothing_is_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    patient.execute("ALTER SYSTEM SET archive_command = 'false'")
    patient.execute("SELECT pg_reload_conf()")
    patient.execute("SELECT pg_logical_emit_message(false, 'test', 'x'), pg_switch_wal()")
    until(lambda: value(patient, "SELECT failed_count > 0 FROM pg_stat_archiver"))
    (found,) = await told(ward, "archive")
    assert found.severity is Severity.CRITICAL
    patient.execute("ALTER SYSTEM RESET archive_command")
    patient.execute("SELECT pg_reload_conf()")
    patient.execute("SELECT pg_stat_reset_shared('archiver')")


async def test_rows_that_grow_too_old_are_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    assert await told(ward, "wraparound") == []
    with psycopg.connect(ward.url()) as holder:
        holder.execute("SELECT txid_current()")  # keeps autovacuum from freezing anything
        patient.execute(
            "CREATE TEMP TABLE burnt (n int); DO $$ BEGIN FOR i IN 1..111000 LOOP "
            "BEGIN INSERT INTO burnt VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END; "
            "END LOOP; END $$"
        )
        found = await told(ward, "wraparound")
        assert f"database {patient.info.dbname}" in [one.subject for one in found]
        assert {one.severity for one in found} == {Severity.WARNING}
        grave = await told(ward, "wraparound", Limits(wraparound=110_000))
        assert {one.severity for one in grave} == {Severity.CRITICAL}


@pytest.fixture
def standby(ward: EmbeddedServer, data_dir: Path) -> Iterator[EmbeddedServer]:
    """A second server that follows the ward, made as one is made: from a base backup."""
    copied = data_dir / "postgres"
    ward.run_tool(
        "pg_basebackup",
        "--checkpoint=fast",
        "--wal-method=stream",
        "--write-recovery-conf",
        f"--pgdata={copied}",
    )
    with EmbeddedServer(data_dir, settings=SETTINGS) as following:
        yield following


async def test_a_standby_that_falls_behind_is_found_and_can_be_examined_itself(
    ward: EmbeddedServer, standby: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    until(lambda: value(patient, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"))
    assert await told(ward, "standbys") == []
    assert [check.not_made for check in (await look(standby)).checks] == [None] * len(CHECKS)
    with psycopg.connect(standby.url(), autocommit=True) as following:
        following.execute("SELECT pg_wal_replay_pause()")
        until(lambda: value(following, "SELECT pg_get_wal_replay_pause_state() = 'paused'"))
        patient.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 2000000))")
        behind = "SELECT sent_lsn - replay_lsn > 1000000 FROM pg_stat_replication"
        until(lambda: value(patient, behind))
        (found,) = await told(ward, "standbys", Limits(retained_bytes=1_000_000))
        assert (found.severity, found.evidence["state"]) == (Severity.WARNING, "streaming")
        async with await Database.open(ward.url()) as database, database.transaction() as tx:
            (replica,) = (await read_standing(tx)).replicas
        assert replica.behind_bytes > 1_000_000
        following.execute("SELECT pg_wal_replay_resume()")


async def test_commits_that_wait_for_a_standby_that_is_not_there_are_found(
    ward: EmbeddedServer, patient: psycopg.Connection[Any]
) -> None:
    until(lambda: value(patient, "SELECT count(*) = 0 FROM pg_stat_replication"))
    patient.execute("ALTER SYSTEM SET synchronous_standby_names = 'elsewhere'")
    patient.execute("SELECT pg_reload_conf()")
    until(lambda: value(patient, "SELECT current_setting('synchronous_standby_names') = 'elsewhere'"))
    (found,) = await told(ward, "standbys")
    assert (found.subject, found.severity) == ("synchronous_standby_names", Severity.CRITICAL)
    patient.execute("ALTER SYSTEM RESET synchronous_standby_names")
    patient.execute("SELECT pg_reload_conf()")
