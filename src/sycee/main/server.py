"""The HTTP server's application: ``sycee.main.server:application`` is what ``sycee.main.serving`` serves.

A worker process reads its settings from the environment, opens the database when it starts and closes
it when it stops. It never starts or stops a database server and never migrates: ``sycee up`` does.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

from litestar import Litestar

from sycee import components, identity, ledger, operations
from sycee.api import PROBLEM, SyceeApp, create_app, forget_old_keys, problem_json
from sycee.database import Database, DatabaseUnavailable, ShuttingDown, Transaction
from sycee.kernel import logs
from sycee.kernel.calendars import Calendar
from sycee.kernel.clock import now
from sycee.kernel.ending import end, within
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings
from sycee.main.databases import open_database
from sycee.main.metrics_ports import tell_metrics
from sycee.main.traces import told

logger = logging.getLogger("sycee.server")

EXPIRY_INTERVAL_S = 1.0
"""How often holds whose time has come are given back."""

SWEEP_INTERVAL_S = 3600.0
"""How often old idempotency keys, failed sign-ins and assertions are forgotten."""

CLOSING_INTERVAL_S = 5.0
"""How often it is looked whether a day is to be closed, or the end of one to be gone on with."""

SIGNING_INTERVAL_S = 10.0
"""How often it is looked whether a business date is over and its last seal is to be signed."""

FINISH_WITHIN_S = 30.0
"""How long requests that are under way may take to finish when the process is told to stop."""

_COLLECT_AFTER = 20_000  # objects made and not yet freed
_LEAVE_WITHIN_S = 5.0  # a busy machine takes its time to answer what is under way
_LULL_S = 0.3
_QUIET_S = 1.5  # on a busy machine a request may take as long from the socket to us, and the last bytes back
_LAST_ANSWER = (b"connection", b"close")
_HOLDS_AT_ONCE = 10_000
# One worker at a time does each round.
_EXPIRY_LOCK, _SWEEP_LOCK, _SIGNING_LOCK = 0x5359434501, 0x5359434502, 0x5359434503


class Application:
    """An ASGI application that becomes whole when its server starts it, and ends promptly when told to.

    Told to stop, granian takes no new connections, and lets every open one go on until its client hangs up,
    up to half a minute. So a worker sees to its own end: it answers what still comes on open connections,
    asks each client to go on by another, and when all is quiet closes the database and exits. Nobody is
    refused: new connections go to the workers that stay, or wait for the one that comes.
    """

    def __init__(self) -> None:
        self.when_it_cannot_start: Callable[[], None] = lambda: None
        self._app: SyceeApp | None = None
        self._under_way = 0
        self._taken = 0
        self._stopping = asyncio.Event()
        self._closing = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI entry point."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        assert self._app is not None, "a server that serves ASGI starts the application first"
        if self._closing:
            await _refuse(send)
            return
        self._taken += 1
        self._under_way += 1

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start" and self._stopping.is_set():
                message["headers"] = [*message.get("headers", ()), _LAST_ANSWER]
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            self._under_way -= 1

    async def _live(self, scope: Any, receive: Any, send: Any) -> None:
        held: list[Any] = []

        async def until_closed(message: Any) -> None:
            """Granian ends the process when it hears that all is shut down: only then may it hear."""
            if message["type"].startswith("lifespan.shutdown"):
                held.append(message)
            else:
                await send(message)

        with ExitStack() as telling:
            try:
                settings = Settings.load(os.environ)
                if settings.close_day_at is not None:
                    read_schedule(settings)
                logs.set_up(settings.log_level, settings.log_format)
                telling.enter_context(told("sycee-api", os.environ))
                database = await open_database(settings)
            except SyceeError as error:
                await receive()
                message = f"{error.title()}: {error.detail}"
                await send({"type": "lifespan.startup.failed", "message": message})
                self.when_it_cannot_start()
                return
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, self._stop)
            _spare_the_collector()
            async with database:
                self._app = create_app(database, settings, lifespan=[_upkeep(database, settings)])
                await self._app(scope, self._until_told(receive), until_closed)
        for message in held:
            await send(message)
        if self._stopping.is_set():
            logging.shutdown()
            os._exit(0)

    def _stop(self) -> None:
        """Begin to end, and let go those who only listen."""
        self._stopping.set()
        if self._app is not None:
            self._app.edge.end_streams()

    def _until_told(self, receive: Any) -> Callable[[], Awaitable[Any]]:
        """The lifespan's events: startup comes from the server, shutdown when the last request is done."""
        started = False

        async def next_event() -> Any:
            nonlocal started
            if not started:
                started = True
                return await receive()
            await self._stopping.wait()
            # Busy connections end with their next answer. Granian would close those that are idle in the very
            # moment in which it stops to accept, and a client may just be sending.
            with suppress(TimeoutError):
                async with within(_LEAVE_WITHIN_S):
                    await self._fall_quiet(_LULL_S)
            signal.raise_signal(signal.SIGINT)  # which is granian's: it no longer accepts from here on
            # It says when every connection is closed, which those that stay idle may put off for long.
            waits = [asyncio.ensure_future(receive()), asyncio.ensure_future(self._fall_quiet(_QUIET_S))]
            await asyncio.wait(waits, timeout=FINISH_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            self._closing = True
            return {"type": "lifespan.shutdown"}

        return next_event

    async def _fall_quiet(self, quiet_s: float) -> None:
        """Wait until nothing is under way, and nothing has come for so long on connections that are open."""
        taken = -1
        while self._under_way or taken != self._taken:
            taken = self._taken
            await asyncio.sleep(quiet_s)


def _spare_the_collector() -> None:
    """Let Python's cycle collector leave alone what lives for ever, and come by less often.

    Requests leave few cycles behind, and with its usual threshold the collector walks over the whole
    application hundreds of times a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


async def _refuse(send: Any) -> None:
    headers = [_LAST_ANSWER, (b"retry-after", b"1"), (b"content-type", PROBLEM.encode())]
    body = problem_json(ShuttingDown("send the request again: another process will take it"))
    await send({"type": "http.response.start", "status": ShuttingDown.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _upkeep(database: Database, settings: Settings) -> Callable[[Litestar], Any]:
    """What goes on beside the requests for as long as the application serves."""

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        keys = ledger.SealKeys.at(settings.data_dir / ledger.SEAL_KEYS_FILE)
        tasks = [
            asyncio.create_task(
                _again_and_again(database, partial(sign_days_once, keys), SIGNING_INTERVAL_S)
            ),
            asyncio.create_task(_again_and_again(database, expire_holds_once, EXPIRY_INTERVAL_S)),
            asyncio.create_task(_again_and_again(database, forget_keys_once, SWEEP_INTERVAL_S)),
        ]
        if settings.close_day_at is not None:
            assert isinstance(app, SyceeApp)
            schedule = operations.Schedule(database, app.edge.day_closer, *read_schedule(settings))
            close_due = partial(close_due_days_once, schedule)
            tasks.append(asyncio.create_task(_again_and_again(database, close_due, CLOSING_INTERVAL_S)))
        if settings.api_metrics_port is not None:
            assert isinstance(app, SyceeApp)
            tasks.append(asyncio.create_task(tell_metrics(app.edge.metrics, settings)))
        try:
            yield
        finally:
            await end(tasks)

    return running


async def _again_and_again(
    database: Database, work: Callable[[Database], Awaitable[int]], interval_s: float
) -> None:
    """Do the work, at once again when there was some, else after the interval; whatever happens, go on."""
    while True:
        done = 0
        try:
            done = await work(database)
        except DatabaseUnavailable as error:
            logger.warning("upkeep waits: %s", error)
        except Exception:
            logger.exception("upkeep failed; it is tried again in %s s", interval_s)
        if not done:
            await asyncio.sleep(interval_s)


async def expire_holds_once(database: Database) -> int:
    """Give back the holds whose time has come, in one transaction; how many."""

    async def work(tx: Transaction) -> int:
        return await ledger.expire_holds(tx, limit=_HOLDS_AT_ONCE) if await _mine(tx, _EXPIRY_LOCK) else 0

    return await database.run(work)


async def sign_days_once(keys: ledger.SealKeys, database: Database) -> int:
    """Sign the last seal of each business date that is over; how many days."""

    async def work(tx: Transaction) -> int:
        return len(await ledger.sign_days(tx, keys)) if await _mine(tx, _SIGNING_LOCK) else 0

    return await database.run(work)


def read_schedule(settings: Settings) -> tuple[operations.ClosingTime, Calendar]:
    """When days close by themselves, and by which calendar. Raises InvalidSchedule, CalendarNotFound."""
    when = operations.ClosingTime.read(settings.close_day_at or "", settings.time_zone)
    return when, components.calendar(settings.close_day_calendar)


async def close_due_days_once(schedule: operations.Schedule, _: Database) -> int:
    """Begin to close the days that are due; 0, for what is begun goes on by itself."""
    await schedule.close_due(now())
    return 0


async def forget_keys_once(database: Database) -> int:
    """Forget old idempotency keys, failed sign-ins, assertions; 0, for there is never more to do at once."""

    async def work(tx: Transaction) -> int:
        if await _mine(tx, _SWEEP_LOCK):
            await forget_old_keys(tx)
            await identity.forget_old_failures(tx)
            await identity.forget_old_assertions(tx)
        return 0

    return await database.run(work)


async def _mine(tx: Transaction, lock: int) -> bool:
    cursor = await tx.execute("SELECT pg_try_advisory_xact_lock(%s)", (lock,))
    row = await cursor.fetchone()
    return bool(row and row[0])


application = Application()
