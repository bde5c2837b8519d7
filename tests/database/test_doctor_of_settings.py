"""The doctor on a server that risks its books, and where it is not let see everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from sycee.cli import execute
from sycee.database import EmbeddedServer
from sycee.database.doctor import Limits, Severity
from sycee.database.doctor.server import WANTED
from sycee.database.migrations import revisions
from tests.database.examining import look, told, until, value


@pytest.fixture
def administrator(server: EmbeddedServer) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        yield connection


async def test_settings_that_risk_the_books_are_found(database_url: str) -> None:
    found = {finding.subject: finding for finding in await told(database_url, "settings")}
    assert found["fsync"].severity is Severity.CRITICAL  # a test's server may lose its data
    assert found["fsync"].evidence["setting"] == "off"
    assert "ALTER SYSTEM SET fsync = 'on'" in found["fsync"].advice
    assert set(found) == {"fsync"}


def test_every_setting_that_is_wanted_is_one_of_postgresql(administrator: psycopg.Connection[Any]) -> None:
    known = {name for (name,) in administrator.execute("SELECT name FROM pg_settings")}
    assert {wanted.name for wanted in WANTED} <= known


async def test_what_waits_for_a_restart_is_found(
    database_url: str, administrator: psycopg.Connection[Any]
) -> None:
    administrator.execute("ALTER SYSTEM SET max_connections = 121")
    administrator.execute("SELECT pg_reload_conf()")
    pending = "SELECT count(*) FROM pg_settings WHERE pending_restart"
    until(lambda: value(administrator, pending) == 1)
    found = [one.subject for one in await told(database_url, "settings")]
    assert found == ["fsync", "max_connections"]
    administrator.execute("ALTER SYSTEM RESET max_connections")
    administrator.execute("SELECT pg_reload_conf()")
    until(lambda: value(administrator, pending) == 0)


async def test_connections_that_run_out_are_found(database_url: str) -> None:
    with psycopg.connect(database_url):
        (found,) = await told(database_url, "connections", Limits(connections=1 / 120))
        assert found.severity is Severity.WARNING
        assert 1 < found.evidence["used"] < found.evidence["most"] == 120
    assert await told(database_url, "connections") == []


async def test_reads_that_miss_the_cache_are_found(database_url: str) -> None:
    limits = Limits(cache_reads=1, cache_hits=1.0)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT count(*) FROM pg_class, pg_attribute")
        until(
            lambda: value(
                connection, "SELECT blks_read > 0 FROM pg_stat_database WHERE datname = current_database()"
            )
        )
    (found,) = await told(database_url, "cache", limits)
    assert 0 < found.evidence["ratio"] < 1


async def test_migrations_behind_and_unknown_are_found(database_url: str, empty_database_url: str) -> None:
    assert await told(database_url, "migrations") == []
    (found,) = await told(empty_database_url, "migrations")
    assert found.severity is Severity.CRITICAL
    assert found.evidence["pending"] == revisions()
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revisions()[-2],))
        connection.commit()
        (found,) = await told(database_url, "migrations")
        assert found.evidence["pending"] == revisions()[-1:]
        connection.execute("UPDATE alembic_version SET version_num = '9999_later'")
        connection.commit()
        (found,) = await told(database_url, "migrations")
        assert "does not know" in found.detail


async def test_a_role_that_may_not_see_is_told_so(
    database_url: str, administrator: psycopg.Connection[Any]
) -> None:
    administrator.execute("CREATE ROLE onlooker LOGIN")
    report = await look(database_url.replace("//sycee@", "//onlooker@"))
    hidden = [one for one in report.findings if one.subject == "role onlooker"]
    assert [one.advice for one in hidden] == ["GRANT pg_monitor TO onlooker"]
    not_made = {check.name: check.not_made for check in report.checks if check.not_made}
    assert not_made == {"migrations": "permission denied for table alembic_version"}
    administrator.execute("GRANT pg_monitor TO onlooker")
    report = await look(database_url.replace("//sycee@", "//onlooker@"))
    assert not [one for one in report.findings if one.subject == "role onlooker"]
    administrator.execute("DROP ROLE onlooker")


async def test_the_doctor_is_not_held_up_by_a_table_that_is_locked(database_url: str) -> None:
    with psycopg.connect(database_url) as locker:
        locker.execute("LOCK TABLE accounts, transfers IN ACCESS EXCLUSIVE MODE")
        report = await look(database_url)
    assert [check.not_made for check in report.checks] == [None] * len(report.checks)


def test_the_worst_finding_decides_how_the_command_ends(
    database_url: str, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["database", "doctor", "--json", "--database-url", database_url]) == 3
    said = msgspec.json.decode(capsys.readouterr().out)
    assert said["worst"] == "critical"
    severities = [finding["severity"] for finding in said["report"]["findings"]]
    assert severities[0] == "critical"
    assert severities == sorted(severities, key=["critical", "warning", "notice"].index)
    assert execute(["database", "doctor", "--database-url", empty_database_url]) == 3
    assert "`sycee database migrate`" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--blocked-s=-1", "--idle-s=soon", "--transaction-s"])
def test_limits_that_make_no_sense_are_refused(option: str) -> None:
    assert execute(["database", "doctor", option]) == 2
