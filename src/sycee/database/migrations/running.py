"""Running Alembic's scripts; what the front door of the migrations offers is written here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from sycee.database.connections import DatabaseUnavailable, connection_string

_LOCK = 0x5359434545  # "SYCEE": held while migrating, so that two starters do not migrate twice


def upgrade(url: str, revision: str = "head") -> list[str]:
    """Bring the database at ``url`` to ``revision`` and return the revisions that were applied, in order.

    Another process that migrates the same database is waited for. Raises DatabaseUnavailable.
    """
    with _connect(url) as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        connection.commit()
        before = _current(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        after = _current(connection)
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
        connection.commit()
    line = revisions()
    return line[_position(line, before) : _position(line, after)]


def current(url: str) -> str | None:
    """The revision that the database is at; None for an empty one. Raises DatabaseUnavailable."""
    with _connect(url) as connection:
        return _current(connection)


def pending(url: str) -> list[str]:
    """The revisions that the database still lacks, in order. Raises DatabaseUnavailable."""
    line = revisions()
    return line[_position(line, current(url)) :]


def revisions() -> list[str]:
    """Every revision there is, first to last."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def install_sql(domain: str, *names: str) -> None:
    """From inside a migration: run ``sycee/<domain>/sql/<name>`` for each name, several statements a file.

    The files hold ``CREATE OR REPLACE FUNCTION`` and the like, so a later migration installs the
    new text by calling this again.
    """
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    for name in names:
        text = files(f"sycee.{domain}").joinpath("sql", name).read_text(encoding="utf-8")
        # Without parameters psycopg sends the text as it is: any number of statements, and "%" is just "%".
        connection.execute(text.encode(), prepare=False)


def _config() -> Config:
    config = Config(output_buffer=io.StringIO(), stdout=io.StringIO())
    config.set_main_option("script_location", "sycee.database:migrations")
    return config


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    conninfo = connection_string(url)
    # SQLAlchemy cannot read a URL with several hosts; psycopg can.
    try:
        driver_connection = psycopg.connect(conninfo)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(str(error).strip()) from error
    engine = create_engine("postgresql+psycopg://", creator=lambda: driver_connection, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _current(connection: Connection) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return found


def _position(line: list[str], revision: str | None) -> int:
    return 0 if revision is None else line.index(revision) + 1
