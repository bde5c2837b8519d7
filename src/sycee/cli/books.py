"""Where the bank's database is, for commands that look into it directly.

A URL when one is given; otherwise the embedded server of the data directory: the one that runs there
already (``sycee up`` in another window), or one that is started for as long as the command takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sycee.database import Database, EmbeddedServer, running_url
from sycee.kernel.errors import NotFound
from sycee.kernel.settings import Settings


class NoBankYet(NotFound):
    """There is no bank in this data directory"""

    code = "no_bank_yet"


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


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database for the length of a command."""
    database = await Database.open(url, min_size=1, max_size=4)
    try:
        yield database
    finally:
        await database.close()
