"""The way to the database: a pool of connections, transactions, and retries of whole commands.

Transactions are opened here, at the edge, and handed down; domain functions take one and never
commit. Any PostgreSQL from 16 on will do, by URL. A URL may name several hosts: connections
are then made to the one that takes writes, and follow it after a failover.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from sycee.database import arrays
from sycee.database.walls import acting
from sycee.kernel import tracing
from sycee.kernel.errors import Unavailable

Transaction: TypeAlias = AsyncConnection[tuple[Any, ...]]
"""An open transaction: a psycopg connection that somebody above will commit or roll back."""

T = TypeVar("T")

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.005, 1.0
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_CONNECT_TIMEOUT_S, _CONNECT_PAUSE_S = 5, 0.2
# SQLSTATEs (or classes of them) that say: not this connection. Connection lost, out of resources,
# server shutting down or starting; 25006 is a write sent to a leader of old, after a failover.
_UNAVAILABLE = ("08", "53", "57P", "25006", "25P03")
_ROLLED_BACK = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class DatabaseUnavailable(Unavailable):
    """The database does not answer"""

    code = "database_unavailable"


class Database:
    """A pool of connections to one PostgreSQL database. Make one with ``await Database.open(url)``."""

    def __init__(self, pool: AsyncConnectionPool[Transaction], conninfo: str) -> None:
        self._pool = pool
        self._conninfo = conninfo
        self.retries = dict.fromkeys(("unavailable", "serialization", "deadlock"), 0)
        """How many times ``run`` has run a command again, by why."""

    @classmethod
    async def open(cls, url: str, *, min_size: int = 1, max_size: int = 16, timeout_s: float = 30.0) -> Self:
        """Open a pool of ``min_size`` to ``max_size`` connections and wait until the database answers.

        ``timeout_s`` is how long to wait here, and later for a free connection. Raises DatabaseUnavailable.
        """
        arrays.register(psycopg.adapters)
        conninfo = connection_string(url)
        await _wait_until_it_answers(conninfo, timeout_s)
        pool = AsyncConnectionPool(
            conninfo,
            connection_class=AsyncConnection[tuple[Any, ...]],
            min_size=min_size,
            max_size=max_size,
            timeout=timeout_s,
            reconnect_timeout=timeout_s,
            open=False,
        )
        try:
            await pool.open(wait=True, timeout=timeout_s)
        except PoolTimeout as error:
            await pool.close()
            raise DatabaseUnavailable(
                f"no {min_size} connections within {timeout_s:g} seconds: {error}"
            ) from error
        return cls(pool, conninfo)

    def pool_figures(self) -> dict[str, int]:
        """What the pool counts, by psycopg_pool's names; what has not happened yet is not in it."""
        return self._pool.get_stats()

    async def close(self) -> None:
        """Close every connection. Transactions that are open lose theirs when they are done."""
        await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def transaction(
        self, *, acting_for: UUID | None = None, attempt: int = 1
    ) -> AbstractAsyncContextManager[Transaction]:
        """One transaction: committed when the block ends, rolled back when it raises.

        ``acting_for`` is the customer whose things alone can be seen and written in it (walls.py); None is
        the bank. Raises DatabaseUnavailable when there is no connection or it is lost on the way; whether a
        commit that was under way then took place is not known. ``attempt`` is for traces: which one of a
        command's it is.
        """
        if tracing.here() is None:
            return self._transaction(acting_for)
        return self._traced(acting_for, attempt)

    @asynccontextmanager
    async def _traced(self, acting_for: UUID | None, attempt: int) -> AsyncIterator[Transaction]:
        attributes: dict[str, tracing.Value] = {"db.system.name": "postgresql", "sycee.attempt": attempt}
        with tracing.span("database transaction", kind="client", attributes=attributes):
            async with self._transaction(acting_for) as tx:
                yield tx

    @asynccontextmanager
    async def _transaction(self, acting_for: UUID | None) -> AsyncIterator[Transaction]:
        try:
            async with self._pool.connection() as tx:
                try:
                    if acting_for is None:
                        yield tx
                    else:
                        async with acting(tx, acting_for):
                            yield tx
                except psycopg.errors.ReadOnlySqlTransaction:
                    await tx.close()  # so that the pool makes another, to the new leader
                    raise
        except (PoolTimeout, PoolClosed, TooManyRequests) as error:
            raise DatabaseUnavailable(str(error)) from error
        except psycopg.Error as error:
            if _is_unavailable(error):
                raise DatabaseUnavailable(_first_line(error)) from error
            raise

    async def run(
        self,
        command: Callable[[Transaction], Awaitable[T]],
        *,
        timeout_s: float = 30.0,
        acting_for: UUID | None = None,
    ) -> T:
        """Run a whole command in a transaction of its own, again if need be, and return its result.

        It is run again when the database rolled it back in favour of another (serialization failure,
        deadlock) or the connection was lost, even during the commit: the command must be idempotent.
        After ``timeout_s`` the last error is raised: DatabaseUnavailable, or psycopg's for a roll-back.
        """
        deadline = monotonic() + timeout_s
        pause = _FIRST_PAUSE_S
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self.transaction(acting_for=acting_for, attempt=attempt) as tx:
                    return await command(tx)
            except (DatabaseUnavailable, *_ROLLED_BACK) as error:
                lost = isinstance(error, DatabaseUnavailable)
                if self._pool.closed or monotonic() + pause > deadline:
                    raise
                self.retries[_why(error)] += 1
            # Jitter keeps those that failed together from meeting again.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, _LONGEST_PAUSE_S)
            if lost:
                await self._drop_broken_connections()

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[Transaction]:
        """A connection of its own, outside of the pool, that hears what is notified on a channel.

        It commits each statement by itself; ``channel`` is a name of ours, not a stranger's. Raises
        DatabaseUnavailable, also when the connection is lost later.
        """
        try:
            async with await AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
                yield connection
        except psycopg.Error as error:
            if _is_unavailable(error):
                raise DatabaseUnavailable(_first_line(error)) from error
            raise

    async def _drop_broken_connections(self) -> None:
        """After a restart of the server every pooled connection is dead: do not meet them one by one."""
        with suppress(PoolClosed, psycopg.OperationalError):
            await self._pool.check()


async def _wait_until_it_answers(conninfo: str, timeout_s: float) -> None:
    """Connect once, so that a failure has the server's own words, which a pool keeps to itself."""
    deadline = monotonic() + timeout_s
    while True:
        try:
            connection = await AsyncConnection.connect(conninfo)
        except psycopg.OperationalError as error:
            if monotonic() + _CONNECT_PAUSE_S > deadline:
                raise DatabaseUnavailable(_first_line(error)) from error
        else:
            await connection.close()
            return
        await asyncio.sleep(_CONNECT_PAUSE_S)


def connection_string(url: str) -> str:
    """A database URL with what a bank's connection needs besides: time limits, and the writable host.

    What the URL says itself is left alone. Raises DatabaseUnavailable for one that is not understood.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DatabaseUnavailable(f"the database URL is not understood: {_first_line(error)}") from None
    wanted: dict[str, Any] = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "application_name": "sycee",
        **_KEEPALIVE,
    }
    if "," in str(given.get("host", "")):
        wanted["target_session_attrs"] = "read-write"
    return make_conninfo(**{**wanted, **given})


def _why(error: Exception) -> str:
    if isinstance(error, DatabaseUnavailable):
        return "unavailable"
    return "deadlock" if isinstance(error, psycopg.errors.DeadlockDetected) else "serialization"


def _is_unavailable(error: psycopg.Error) -> bool:
    if error.sqlstate is None:  # found out by the client: the connection is gone
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(_UNAVAILABLE)


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
