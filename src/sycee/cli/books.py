"""Where the bank's database is, for commands that look into it directly.

A URL when one is given; otherwise the embedded server of the data directory: the one that runs there
already (``sycee up`` in another window), or one that is started for as long as the command takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from types import ModuleType

from psycopg import errors

from sycee.database import Database, EmbeddedServer, running_url
from sycee.kernel.errors import Conflict, NotFound
from sycee.kernel.settings import Settings

CONNECTED_WITHIN_S = 5.0


class NoBankYet(NotFound):
    """There is no bank in this data directory"""

    code = "no_bank_yet"


class NotMigrated(Conflict):
    """The database is not at this version's migrations"""

    code = "not_migrated"


@contextmanager
def books(settings: Settings, *, create: bool = False) -> Iterator[str]:
    """The URL of the bank's database; with ``create`` an empty one is made when there is none.

    Raises NoBankYet, and what EmbeddedServer.start raises.
    """
    if settings.database_url is not None:
        yield settings.database_url
    elif (url := running_url(settings.data_dir)) is not None:
        yield url
    elif not create and not (settings.data_dir / "postgres").exists():
        raise NoBankYet(
            f"there is no bank in {settings.data_dir}",
            hint="`sycee up` makes one; --data-dir or --database-url names another place",
        )
    else:
        with EmbeddedServer(settings.data_dir, port=settings.embedded_port) as server:
            yield server.url()


def migrate(url: str) -> list[str]:
    """Bring a database to this version's migrations; returns those that were applied."""
    applied: list[str] = _migrations().upgrade(url)
    return applied


def migration_state(url: str) -> tuple[str | None, list[str]]:
    """Which migration a database stands at (None: at none yet), and which are still to come."""
    return _migrations().current(url), _migrations().pending(url)


def _migrations() -> ModuleType:
    # Imported when needed: Alembic and SQLAlchemy would double the time that every command takes to start.
    return import_module("sycee.database.migrations")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database for the length of a command. Raises DatabaseUnavailable, NotMigrated."""
    async with await Database.open(url, min_size=1, max_size=4, timeout_s=CONNECTED_WITHIN_S) as database:
        try:
            yield database
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction) as error:
            raise NotMigrated(
                f"the database lacks something of this version: {error.diag.message_primary}",
                hint="`sycee database status` shows what, `sycee database migrate` brings it up to date",
            ) from error
