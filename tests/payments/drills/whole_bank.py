"""A whole bank of real processes, each of which may be killed at any time: database, API, worker, rail.

PostgreSQL lies in a directory of its own and recovers from its files after a SIGKILL; API and worker are what
``sycee up`` and ``sycee worker`` start, by the same names; other banks are ``sycee rail simulate``.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
import psutil
import psycopg

from sycee import payments
from sycee.client import Sycee
from sycee.database import Database, EmbeddedServer, migrations
from sycee.identity import KEY_FILE, KeyFile, Scope, issue_token
from sycee.payments.rails.connections import connect_rail
from sycee.payments.simulator.configuration import OUR_BANK
from tests.conftest import FAST
from tests.payments.rails.bank import RAIL, open_bank
from tests.payments.rails.processes import PATIENCE_S, Control, Program, ask, free_port, simulated_rail

HURRY = {
    "SYCEE_WORKER_POLL_MS": "20",
    "SYCEE_RAIL_LEASE_MS": "300",
    "SYCEE_RAIL_RETRY_MS": "50",
    "SYCEE_RAIL_ENQUIRE_MS": "500",
}
"""So that what waits for a time-out does not wait long."""

WORKER, API, DATABASE, BACKEND, RAIL_SYSTEM = "worker", "api", "database", "backend", "rail"
ALL = f"{WORKER}+{API}+{DATABASE}"
VICTIMS = (WORKER, API, DATABASE, BACKEND, ALL)
"""What is killed; ``backend`` is one connection's process, after which PostgreSQL restarts itself."""

_LOOK_EVERY_S = 0.05


class WholeBank:
    """All the processes of a bank; use it as an asynchronous context."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.server = EmbeddedServer(directory / "data", settings=FAST)
        self._rail = simulated_rail(directory)
        self._workers = 0

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in (getattr(self, WORKER, None), getattr(self, API, None)):
            if program is not None:
                program.kill()
        if hasattr(self, RAIL_SYSTEM):
            self._rail.__exit__(None, None, None)
        self.server.kill()

    async def _start(self) -> None:
        await asyncio.to_thread(self.server.start)
        self.database_url = self.server.url()
        await asyncio.to_thread(migrations.upgrade, self.database_url)
        KeyFile.at(self.server.data_dir / KEY_FILE)
        async with await Database.open(self.database_url) as database, database.transaction() as tx:
            self.token = (await issue_token(tx, "treasury", [Scope.ADMIN])).text
        self.rail, self.rail_url = self._rail.__enter__()
        self.control = Control(self.rail, self.rail_url)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environ = {
            **os.environ,
            **HURRY,
            "SYCEE_DATABASE_URL": self.database_url,
            "SYCEE_DATA_DIR": str(self.server.data_dir),
            "SYCEE_PORT": str(port),
            "SYCEE_LOG_LEVEL": "info",
        }
        self.api = Program(["-m", "sycee.main.serving"], environ, self.directory / "api.log")
        self.worker = Program(["-m", "sycee.main.worker"], environ, self.directory / "worker.log")
        self._workers = 1

    async def open(self, customers: int, funds: int, owner: UUID | None = None) -> list[int]:
        """Open customers' accounts with funds each, connect the rail, and wait until all is at work.

        The first account is the owner's, if there is one.
        """
        async with await Database.open(self.database_url) as database:
            accounts = await open_bank(database, customers, funds, owner)
            async with database.transaction() as tx:
                await connect_rail(tx, RAIL, url=self.rail_url, participant=OUR_BANK, by="test")
        await self.at_work()
        return accounts

    def client(self, token: str | None = None) -> Sycee:
        """The SDK, as a customer's program has it, with patience for a restart."""
        return Sycee(self.url, token or self.token, retry_for_s=PATIENCE_S)

    async def tell_rail(self, method: str, path: str, json: object = None) -> object:
        """Tell the simulated payment system something."""
        more = {} if json is None else {"json": json}
        return await asyncio.to_thread(self.control, method, path, **more)

    async def kill(self, victim: str) -> None:
        """Kill what is named, with SIGKILL; what has several names all at once."""
        for name in victim.split("+"):
            if name == DATABASE:
                await asyncio.to_thread(self.server.kill)
            elif name == BACKEND:
                self._kill_backend()
            else:
                program: Program = getattr(self, name)
                program.kill()

    def _kill_backend(self) -> None:
        (postmaster,) = psutil.Process(self.server.guard_pid).children()
        own = [process for process in postmaster.children() if "sycee sycee" in " ".join(process.cmdline())]
        # The one that has worked most is the likeliest to be at it.
        max(own or postmaster.children(), key=lambda process: sum(process.cpu_times()[:2])).kill()

    async def revive(self, victim: str) -> None:
        """Start again what was killed, the database first, and return when everything is at work."""
        names = victim.split("+")
        if DATABASE in names:
            await asyncio.to_thread(self.server.start)
        for name in names:
            if name in {API, WORKER, RAIL_SYSTEM}:
                program: Program = getattr(self, name)
                program.start()
        self._workers += WORKER in names
        await self.at_work()

    async def at_work(self) -> None:
        """Wait until database, API and worker do their work; whoever was not killed must not have ended."""
        await self._until(self._database_answers, "the database")
        await self._until(self._api_answers, "the API")
        await self._until(lambda: self.worker.said().count("working at") >= self._workers, "the worker")

    async def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not await asyncio.to_thread(done):
            self.nobody_else_ended()
            assert time.monotonic() < deadline, f"{what} is not at work\n{self.last_words()}"
            await asyncio.sleep(_LOOK_EVERY_S)

    def nobody_else_ended(self) -> None:
        """What was not killed lives on, whatever happened to the others."""
        for name in (API, WORKER):
            program: Program = getattr(self, name)
            assert program.process.poll() is None, f"{name} ended by itself\n{self.last_words()}"
        assert self.server.is_running

    def _database_answers(self) -> bool:
        try:
            with psycopg.connect(self.database_url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _api_answers(self) -> bool:
        try:
            return ask("GET", f"{self.url}/v1/health").status_code == 200
        except httpx.TransportError:
            return False

    def last_words(self) -> str:
        """The ends of the logs."""
        return "\n".join(
            f"---- {name}\n{getattr(self, name).said()[-3000:]}" for name in (API, WORKER, RAIL_SYSTEM)
        )

    async def nothing_under_way(self, within_s: float) -> None:
        """Wait until every bulk order is dealt with and every payment has come to its end."""
        deadline = time.monotonic() + within_s
        async with await Database.open(self.database_url) as database:
            while True:
                async with database.transaction() as tx:
                    cursor = await tx.execute(_UNDER_WAY)
                    row = await cursor.fetchone()
                    waiting = [*(row or ()), len(await payments.unfinished_bulk_orders(tx))]
                if not any(waiting):
                    return
                self.nobody_else_ended()
                assert time.monotonic() < deadline, f"still under way: {waiting}\n{self.last_words()}"
                await asyncio.sleep(0.1)


_UNDER_WAY = (
    b"SELECT (SELECT count(*) FROM rail_items WHERE state = 'sent'),"
    b" (SELECT count(*) FROM rail_messages WHERE state = 'waiting'),"
    b" (SELECT count(*) FROM payments WHERE state IN (5, 6, 7))"
)
