"""The lock of a cell's end of day: held by a session, so that it is free as soon as its process is gone.

Nothing that lives longer than a process says "being closed": after a kill the run can be taken up at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.kernel.ending import within
from sycee.operations.errors import DayBeingClosed

_CLASS = 0x00444159
_ANSWERS_WITHIN_S = 10.0
_LETS_GO_WITHIN_S, _LOOKS_EVERY_S = 2.0, 0.02
"""How long a holder of the lock may take to let it go once its run is over, and how often we look."""


class CellLock:
    """The lock, as long as its session lives."""

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Whether the session still lives. Raises DatabaseUnavailable: somebody else may have the lock."""
        try:
            async with within(_ANSWERS_WITHIN_S):
                await self._connection.execute("SELECT 1")
                await self._connection.commit()
        except (psycopg.Error, TimeoutError) as error:
            first = str(error).strip().partition("\n")[0]
            raise DatabaseUnavailable(f"the lock of the end of day is lost: {first}") from error


@asynccontextmanager
async def cell_lock(database: Database, cell: int) -> AsyncIterator[CellLock]:
    """Hold the lock of a cell's end of day while the block runs. Raises DayBeingClosed when it is held.

    A holder whose run is over already is about to let it go, and is waited for.
    """
    async with database.transaction() as connection:
        deadline = time.monotonic() + _LETS_GO_WITHIN_S
        while not await _taken(connection, cell):
            if await _is_running(connection, cell) or time.monotonic() > deadline:
                raise DayBeingClosed(f"another process is closing a day of cell {cell}", cell=cell)
            await asyncio.sleep(_LOOKS_EVERY_S)
        try:
            yield CellLock(connection)
        finally:
            await _release(connection, cell)


async def _taken(connection: Transaction, cell: int) -> bool:
    # A lock of the session, on a connection that is in no transaction meanwhile: it keeps nothing back.
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_CLASS, cell))
    row = await cursor.fetchone()
    await connection.commit()
    return row is not None and bool(row[0])


async def _is_running(connection: Transaction, cell: int) -> bool:
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT FROM day_runs WHERE cell = %s AND state = 'running')", (cell,)
    )
    row = await cursor.fetchone()
    await connection.commit()
    return row is not None and bool(row[0])


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
