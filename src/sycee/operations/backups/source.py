"""The database that is backed up: who it is, whether it can be, and how PostgreSQL's programs reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sycee.database import DatabaseUnavailable
from sycee.database.connections import connection_string
from sycee.database.postgres_programs import server_version
from sycee.operations.backups.errors import BackupFailed

APPLICATION = "sycee_backup"
"""The name under which PostgreSQL knows the receiver of write-ahead log."""


class Identity(msgspec.Struct, frozen=True):
    """A running database: its cluster's identifier, its version, and what backups of it need."""

    system_identifier: int
    version: str
    timeline: int
    segment_bytes: int
    summarizes_wal: bool
    user: str
    dbname: str
    at: datetime


class Source:
    """A database by its URL."""

    def __init__(self, url: str) -> None:
        given: dict[str, Any] = conninfo_to_dict(connection_string(url), application_name=APPLICATION)
        password = given.pop("password", None)
        self.secrets: dict[str, str] = {"PGPASSWORD": str(password)} if password else {}
        self.conninfo = make_conninfo(**given)
        self._full = make_conninfo(self.conninfo, **({"password": password} if password else {}))

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that commits every statement. Raises DatabaseUnavailable."""
        try:
            with psycopg.connect(self._full, autocommit=True) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(str(error).strip().partition("\n")[0]) from error

    def identify(self) -> Identity:
        """Who the database is. Raises DatabaseUnavailable, and BackupFailed where it cannot be backed up."""
        with self.connection() as connection:
            row = connection.execute(
                """
                SELECT (pg_control_system()).system_identifier, current_setting('server_version'),
                       pg_is_in_recovery(), pg_size_bytes(current_setting('wal_segment_size')),
                       coalesce(current_setting('summarize_wal', true), 'off') = 'on',
                       current_user::text, current_database()::text, clock_timestamp(),
                       (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user),
                       (SELECT count(*) FROM pg_tablespace WHERE spcname !~ '^pg_'),
                       current_setting('server_version_num')::int / 10000
                """
            ).fetchone()
            assert row is not None
            if row[2]:
                raise BackupFailed("this server is a standby; name the one that takes writes")
            name = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
        assert name is not None
        _require_fitness(user=row[5], may=row[8], tablespaces=row[9], major=row[10])
        return Identity(
            system_identifier=row[0],
            version=row[1].split()[0],
            timeline=int(name[0][:8], 16),
            segment_bytes=row[3],
            summarizes_wal=row[4],
            user=row[5],
            dbname=row[6],
            at=row[7],
        )

    def now(self) -> datetime:
        """The database's clock."""
        with self.connection() as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        found: datetime = row[0]
        return found


def _require_fitness(*, user: str, may: bool, tablespaces: int, major: int) -> None:
    if not may:
        raise BackupFailed(
            f"the role {user} may not read backups and write-ahead log; a superuser can say:"
            f' ALTER ROLE "{user}" REPLICATION'
        )
    if tablespaces:
        raise BackupFailed("this database has tablespaces of its own, which these backups do not carry")
    if major != server_version():
        raise BackupFailed(
            f"this server is PostgreSQL {major}, and the programs here are of {server_version()}: a backup of"
            " it could not be proved by restoring it. Use pgBackRest or its own programs"
        )
