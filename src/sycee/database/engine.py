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
from typing import Any, Self, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from sycee.database import arrays
from sycee.database.connections import (
    DatabaseUnavailable,
    Place,
    Transaction,
    connection_string,
    cut,
    first_line,
    is_unavailable,
    leader_first,
    names_several_hosts,
    place_of,
)
from sycee.database.leader import Probe, Standing, follow_leader
from sycee.database.walls import acting
from sycee.kernel import tracing
from sycee.kernel.ending import end

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long a command is run again while the database does not answer, unless somebody says otherwise."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.005, 0.5
_CONNECT_PAUSE_S = 0.2
_GIVE_UP_S = 2.0
_ROLLED_BACK = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Database:
    """A pool of connections to one PostgreSQL database. Make one with ``await Database.open(url)``."""

    def __init__(
        self, conninfo: str, *, min_size: int, max_size: int, timeout_s: float, patience_s: float
    ) -> None:
        self._conninfo = conninfo
        self.retries = dict.fromkeys(("unavailable", "serialization", "deadlock"), 0)
        """How many times ``run`` has run a command again, by why."""
        self._patience_s = patience_s
        self._probe = Probe(conninfo)
        self._following: asyncio.Task[None] | None = None
        # When each connection was made, and when last all that were there were given up.
        self._made: WeakKeyDictionary[Transaction, float] = WeakKeyDictionary()
        self._given_up_at = 0.0
        self._pool = AsyncConnectionPool[Transaction](
            self._where,
            connection_class=AsyncConnection[tuple[Any, ...]],
            min_size=min_size,
            max_size=max_size,
            timeout=timeout_s,
            configure=self._note,
            # The pool doubles its pauses up to this limit; then it is told at once to begin anew, so that a
            # database that comes back is found within a second or two, however long it was away.
            reconnect_timeout=_GIVE_UP_S,
            reconnect_failed=_begin_anew,
            open=False,
        )

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        min_size: int = 1,
        max_size: int = 16,
        timeout_s: float = 30.0,
        patience_s: float = PATIENCE_S,
    ) -> Self:
        """Open a pool of ``min_size`` to ``max_size`` connections and wait until the database answers.

        ``timeout_s`` is how long to wait for a free connection, and here for the first; ``patience_s`` is how
        long ``run`` goes on trying, and where several hosts are named, how long to wait here for one that
        leads. Raises DatabaseUnavailable.
        """
        arrays.register(psycopg.adapters)
        conninfo = connection_string(url)
        several = names_several_hosts(conninfo)
        await _wait_until_it_answers(conninfo, max(timeout_s, patience_s) if several else timeout_s)
        made = cls(conninfo, min_size=min_size, max_size=max_size, timeout_s=timeout_s, patience_s=patience_s)
        await made._open(timeout_s, min_size)
        return made

    async def _open(self, timeout_s: float, min_size: int) -> None:
        try:
            await self._pool.open(wait=True, timeout=timeout_s)
        except PoolTimeout as error:
            await self._pool.close()
            raise DatabaseUnavailable(
                f"no {min_size} connections within {timeout_s:g} seconds: {error}"
            ) from error
        if names_several_hosts(self._conninfo):
            self._following = asyncio.create_task(follow_leader(self._probe, self._follow))

    async def close(self) -> None:
        """Close every connection. Transactions that are open lose theirs when they are done."""
        if self._following is not None:
            await end([self._following])
        await self._probe.close()
        await self._pool.close()

    def pool_figures(self) -> dict[str, int]:
        """What the pool counts, by psycopg_pool's names; what has not happened yet is not in it."""
        return self._pool.get_stats()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: then nothing is worth trying again."""
        return self._pool.closed

    async def standing(self, *, within_s: float) -> Standing:
        """How the database stands: asked beside the pool, so answered however busy the pool is.

        Raises DatabaseUnavailable when no server says so within ``within_s``.
        """
        return await self._probe.ask(within_s=within_s)

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
        tx: Transaction | None = None
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
            if is_unavailable(error):
                await self._give_up(tx)
                raise DatabaseUnavailable(first_line(error)) from error
            raise

    async def run(
        self,
        command: Callable[[Transaction], Awaitable[T]],
        *,
        timeout_s: float | None = None,
        acting_for: UUID | None = None,
    ) -> T:
        """Run a whole command in a transaction of its own, again if need be, and return its result.

        It is run again when the database rolled it back in favour of another (serialization failure,
        deadlock) or the connection was lost, even during the commit: the command must be idempotent.
        After ``timeout_s`` (unset: the database's patience) the last error is raised: DatabaseUnavailable, or
        psycopg's for a roll-back.
        """
        deadline = monotonic() + (self._patience_s if timeout_s is None else timeout_s)
        pause = _FIRST_PAUSE_S
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self.transaction(acting_for=acting_for, attempt=attempt) as tx:
                    return await command(tx)
            except (DatabaseUnavailable, *_ROLLED_BACK) as error:
                if self._pool.closed or monotonic() + pause > deadline:
                    raise
                self.retries[_why(error)] += 1
            # Jitter keeps those that failed together from meeting again.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[Transaction]:
        """A connection of its own, outside of the pool, that hears what is notified on a channel.

        It commits each statement by itself; ``channel`` is a name of ours, not a stranger's. Raises
        DatabaseUnavailable, also when the connection is lost later.
        """
        try:
            async with await AsyncConnection.connect(self._where(), autocommit=True) as connection:
                await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
                yield connection
        except psycopg.Error as error:
            if is_unavailable(error):
                raise DatabaseUnavailable(first_line(error)) from error
            raise

    def _where(self) -> str:
        return self._conninfo

    async def _note(self, connection: Transaction) -> None:
        self._made[connection] = monotonic()

    async def _give_up(self, connection: Transaction | None) -> None:
        """After a failover or a restart no connection made before is of use: do not meet them one by one."""
        if connection is not None and self._made.get(connection, 0.0) > self._given_up_at:
            await self._replace_all()

    async def _follow(self, leader: Place) -> None:
        """Another server leads: nothing that leads elsewhere is of use, though it may seem to be alive."""
        self._conninfo = leader_first(self._conninfo, leader)
        astray = [made for made in list(self._made) if not made.closed and place_of(made) != leader]
        for connection in astray:
            cut(connection)
        if astray:
            await self._replace_all()

    async def _replace_all(self) -> None:
        self._given_up_at = monotonic()
        with suppress(PoolClosed):
            await self._pool.drain()


def _why(error: Exception) -> str:
    if isinstance(error, DatabaseUnavailable):
        return "unavailable"
    return "deadlock" if isinstance(error, psycopg.errors.DeadlockDetected) else "serialization"


async def _begin_anew(pool: AsyncConnectionPool[Transaction]) -> None:
    with suppress(PoolClosed, psycopg.OperationalError):
        await pool.check()


async def _wait_until_it_answers(conninfo: str, timeout_s: float) -> None:
    """Connect once, so that a failure has the server's own words, which a pool keeps to itself."""
    deadline = monotonic() + timeout_s
    while True:
        try:
            connection = await AsyncConnection.connect(conninfo)
        except psycopg.OperationalError as error:
            if monotonic() + _CONNECT_PAUSE_S > deadline:
                raise DatabaseUnavailable(first_line(error)) from error
        else:
            await connection.close()
            return
        await asyncio.sleep(_CONNECT_PAUSE_S)
