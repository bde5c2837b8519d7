"""A whole bank on this machine: database, migrations, keys, first token, API, worker; stopped again.

What is started here is stopped here, in the opposite order, whether the reason is Ctrl-C, a child that
died, or an error half-way up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from sycee.cli.api_process import ApiProcess, require_free_port
from sycee.cli.books import migrate, opened
from sycee.cli.child_process import ChildProcess
from sycee.cli.output import err
from sycee.cli.signals import undisturbed
from sycee.cli.worker_process import WorkerProcess
from sycee.client import Credentials, read_credentials, write_credentials
from sycee.database import EmbeddedServer
from sycee.identity import KEY_FILE, KeyFile, local_token
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings
from sycee.ledger import SEAL_KEYS_FILE, SealKeys, list_cells

_LOOK_EVERY_S = 0.25

Say = Callable[[str], None]


class DatabaseStopped(SyceeError):
    """The database server stopped by itself"""

    code = "database_stopped"


class RunningBank(msgspec.Struct, frozen=True):
    """A bank that serves: where it is, and the token of this machine.

    ``new_token`` is set when the token was made in this start: it may be shown, this once. ``empty`` says
    that the bank has no cell yet.
    """

    url: str
    database_url: str
    settings: Settings
    token: str | None
    new_token: bool
    empty: bool
    children: tuple[ChildProcess, ...]
    server: EmbeddedServer | None

    def wait(self) -> None:
        """Return never; raise ApiFailed, WorkerFailed or DatabaseStopped when a part stops by itself."""
        while True:
            time.sleep(_LOOK_EVERY_S)
            for child in self.children:
                if failure := child.failure():
                    raise child.failed(failure)
            if self.server is not None and not self.server.is_running:
                raise DatabaseStopped(f"the database server stopped by itself; its log is {self.server.log}")


@contextmanager
def serving(settings: Settings, say: Say, *, worker: bool = True) -> Iterator[RunningBank]:
    """Start a bank, give it to the block, and stop everything that was started.

    ``say`` is told each step; ``worker`` says whether a worker is started beside the API. Raises PortTaken
    before anything is started, and whatever stops a part from starting.
    """
    require_free_port(settings.host, settings.port)
    stops: list[Callable[[], None]] = []
    try:
        server = None
        database_url = settings.database_url
        if database_url is None:
            new = not (settings.data_dir / "postgres").exists()
            say(f"{'making' if new else 'starting'} the database in {settings.data_dir}")
            server = EmbeddedServer(settings.data_dir, port=settings.embedded_port)
            stops.append(server.stop)
            server.start()
            database_url = server.url()
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if applied := migrate(database_url):
            say(f"migrated: {', '.join(applied)}")
        SealKeys.at(settings.data_dir / SEAL_KEYS_FILE)
        KeyFile.at(settings.data_dir / KEY_FILE)
        token, new_token = asyncio.run(_local_token(database_url, settings))
        empty = asyncio.run(_is_empty(database_url))
        say("starting the API")
        api = ApiProcess(settings, database_url, settings.data_dir / "api.log")
        stops.append(api.stop)
        api.start()
        children: list[ChildProcess] = [api]
        if worker:
            say("starting a worker")
            children.append(WorkerProcess(settings, database_url, settings.data_dir / "worker.log"))
            stops.append(children[-1].stop)
            children[-1].start()
        write_credentials(settings.data_dir, Credentials(url=api.url, token=token))
        yield RunningBank(api.url, database_url, settings, token, new_token, empty, tuple(children), server)
    finally:
        with undisturbed():
            for stop in reversed(stops):
                _stop(stop)


def _stop(stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception as error:  # whatever it is, the rest must still be stopped
        err.print(f"[yellow]while stopping:[/yellow] {type(error).__name__}: {error}", markup=True)


async def _local_token(url: str, settings: Settings) -> tuple[str | None, bool]:
    stored = read_credentials(settings.data_dir)
    async with opened(url) as database:
        return await local_token(
            database, stored.token if stored else None, owned=settings.database_url is None
        )


async def _is_empty(url: str) -> bool:
    async with opened(url) as database, database.transaction() as tx:
        return not await list_cells(tx)
