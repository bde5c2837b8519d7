"""Which server leads, asked on a connection beside the pool.

A server that is frozen, or behind a device that still acknowledges what it no longer forwards, keeps its
connections open and answers nothing: no keepalive finds that out. So where a URL names several hosts, one
connection asks every second how the database stands; when no answer comes, it looks for the leader anew, and
when another server leads, the connections to the old one are broken off. They are broken off for that reason
alone: a server that is only slow keeps them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
import psycopg
from psycopg import AsyncConnection

from sycee.database.connections import (
    DatabaseUnavailable,
    Place,
    Transaction,
    cut,
    first_line,
    leader_first,
    place_of,
)
from sycee.kernel.ending import end

logger = logging.getLogger("sycee.database")

LOOK_EVERY_S = 1.0
ANSWERS_WITHIN_S = 3.0
"""How long an answer is waited for before the leader is looked for anew."""

_ASK = """
SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
       to_regclass('alembic_version') IS NOT NULL
"""


class Standing(msgspec.Struct, frozen=True):
    """How a database stands: which server answered, whether it takes writes, and its last migration."""

    place: Place
    writable: bool
    migration: str | None


class Probe:
    """One connection beside the pool, for questions that have to be answered however busy the pool is."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self._connection: Transaction | None = None
        self._closed = False
        self._asking: asyncio.Task[Standing] | None = None

    async def ask(self, *, within_s: float = 30.0) -> Standing:
        """How the database stands now. Raises DatabaseUnavailable when no server says so in time.

        Those who ask at the same time share the answer. The question outlives who is tired of waiting.
        """
        if self._closed:
            raise DatabaseUnavailable("the database was closed")
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._find_out())
            self._asking.add_done_callback(_heard)
        asking = self._asking
        if not (await asyncio.wait({asking}, timeout=within_s))[0]:
            raise DatabaseUnavailable(f"no answer within {within_s:g} seconds")
        return await asking

    async def _find_out(self) -> Standing:
        for _ in range(2):
            fresh = self._connection is None or self._connection.closed
            if self._connection is None or fresh:
                self._connection = await self._connect()
            standing = await self._asked(self._connection)
            if standing is not None and (standing.writable or fresh):
                return standing
            self._hang_up()  # perhaps another server leads meanwhile
        raise DatabaseUnavailable(f"no answer within {ANSWERS_WITHIN_S:g} seconds")

    async def close(self) -> None:
        """Let the connection go."""
        self._closed = True
        if self._asking is not None and not self._asking.done():
            await end([self._asking])
        if self._connection is not None:
            await self._connection.close()

    def _hang_up(self) -> None:
        assert self._connection is not None
        cut(self._connection)
        self._connection.pgconn.finish()
        self._connection = None

    async def _connect(self) -> Transaction:
        try:
            return await AsyncConnection.connect(self.conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(first_line(error)) from error

    async def _asked(self, connection: Transaction) -> Standing | None:
        """The answer; None when the connection is lost, or none comes in time."""
        asking = asyncio.create_task(_ask(connection))
        asking.add_done_callback(_heard)
        try:
            await asyncio.wait({asking}, timeout=ANSWERS_WITHIN_S)
        finally:
            if not asking.done():
                cut(connection)
        try:
            return await asking
        except psycopg.Error:
            return None


async def _ask(connection: Transaction) -> Standing:
    row = await (await connection.execute(_ASK)).fetchone()
    assert row is not None
    migrated = await connection.execute("SELECT version_num FROM alembic_version") if row[1] else None
    found = await migrated.fetchone() if migrated is not None else None
    return Standing(place_of(connection), writable=not row[0], migration=found[0] if found else None)


def _heard(asking: asyncio.Task[Standing]) -> None:
    """See to it that nobody complains of an error that nobody waits for any more."""
    if not asking.cancelled():
        asking.exception()


async def follow_leader(probe: Probe, new_leader: Callable[[Place], Awaitable[None]]) -> None:
    """Ask again and again, and tell when another server leads; until cancelled."""
    leader: Place | None = None
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        with suppress(DatabaseUnavailable):  # nobody leads at the moment
            standing = await probe.ask()
            if not standing.writable or standing.place == leader:
                continue
            if leader is not None:
                logger.warning("%s:%s leads now, no longer %s:%s", *standing.place, *leader)
            leader = standing.place
            probe.conninfo = leader_first(probe.conninfo, leader)
            await new_leader(leader)
