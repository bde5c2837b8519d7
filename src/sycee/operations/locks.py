"""The lock of a cell's end of day: held by a session, so that it is free as soon as its process is gone.

Nothing that lives longer than a process says "being closed": after a kill the run can be taken up at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.operations.errors import DayBeingClosed

_CLASS = 0x00444159
_ANSWERS_WITHIN_S = 10.0


class CellLock:
    """The lock, as long as its session lives."""

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Whether the session still lives. Raises DatabaseUnavailable: somebody else may have the lock."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                await self._connection.execute("SELECT 1")
                await self._connection.commit()
        except (psycopg.Error, TimeoutError) as error:
            first = str(error).strip().partition("\n")[0]
            raise DatabaseUnavailable(f"the lock of the end of day is lost: {first}") from error


@asynccontextmanager
async def cell_lock(database: Database, cell: int) -> AsyncIterator[CellLock]:
    """Hold the lock of a cell's end of day while the block runs. Raises DayBeingClosed when it is held."""
    async with database.transaction() as connection:
        # A lock of the session, on a connection that is in no transaction meanwhile: it keeps nothing back.
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_CLASS, cell))
        row = await cursor.fetchone()
        await connection.commit()
        if row is None or not row[0]:
            raise DayBeingClosed(f"another process is closing a day of cell {cell}", cell=cell)
        try:
            yield CellLock(connection)
        finally:
            await _release(connection, cell)


async def _release(connection: Transaction, cell: int) -> None:
    try:
        await connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_CLASS, cell))
        await connection.commit()
    except psycopg.Error:
        await connection.close()
    except BaseException:  # the pool must not hand out a session that may hold the lock
        await connection.close()
        raise


async def is_held(tx: Transaction, cell: int) -> bool:
    """Whether a process holds the lock of this cell's end of day."""
    cursor = await tx.execute(
        """
        SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s
                       AND objsubid = 2 AND granted
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """,
        (_CLASS, cell),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
