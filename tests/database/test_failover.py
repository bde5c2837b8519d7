"""The leader is lost with commands under way: each is answered, late, and done once on the new leader."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.database.connections import connection_string, leader_first
from tests.database.leading_pair import LeadingPair, Line

SENDERS = 12
NOTICED_WITHIN_S = 12.0
"""A look each second, three seconds for its answer, as long to pass over a silent host; a slow machine."""


@pytest.fixture
def pair(data_dir: Path) -> Iterator[LeadingPair]:
    with LeadingPair(data_dir, migrated=False) as running:
        yield running


class Traffic:
    """Commands one after another from several senders, each idempotent by its number."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.sent: list[int] = []
        self.done: list[int] = []
        self._stop = asyncio.Event()
        self._wanted = 0
        self._reached = asyncio.Event()

    async def _send(self, number: int) -> None:
        async def command(tx: Transaction) -> None:
            await tx.execute("INSERT INTO posted VALUES (%s) ON CONFLICT DO NOTHING", (number,))

        self.sent.append(number)
        await self.database.run(command)
        self.done.append(number)
        if len(self.done) >= self._wanted:
            self._reached.set()

    async def _sender(self, place: int) -> None:
        turn = 0
        while not self._stop.is_set():
            await self._send(turn * SENDERS + place)
            turn += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Within, all senders send; afterwards everything that was sent is answered."""
        senders = [asyncio.create_task(self._sender(place)) for place in range(SENDERS)]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*senders)

    async def some_more(self) -> float:
        """Wait until more was answered than was under way; how long that took."""
        started = time.monotonic()
        self._wanted = len(self.done) + 3 * SENDERS
        self._reached.clear()
        async with asyncio.timeout(60):
            await self._reached.wait()
        return time.monotonic() - started

    async def check_once(self) -> None:
        """Every command was answered, and is there once."""
        async with self.database.transaction() as tx:
            rows = await (await tx.execute("SELECT number FROM posted")).fetchall()
        assert sorted(self.done) == sorted(self.sent) == sorted(row[0] for row in rows)


@asynccontextmanager
async def traffic(url: str) -> AsyncIterator[Traffic]:
    async with await Database.open(url, min_size=4, max_size=8) as database:
        async with database.transaction() as tx:
            await tx.execute("CREATE TABLE posted (number bigint PRIMARY KEY)")
        yield Traffic(database)


async def test_a_leader_that_falls_silent_is_left_for_the_one_that_leads(pair: LeadingPair) -> None:
    """What lies between still acknowledges every byte, so no keepalive could tell."""
    first, second = pair.sockets
    async with Line(first) as old, Line(second) as new:
        url = LeadingPair.url_of("127.0.0.1", "127.0.0.1", ports=f"{old.port},{new.port}")
        async with traffic(url) as sent:
            async with sent.running():
                await sent.some_more()
                old.fall_silent()
                await asyncio.to_thread(pair.promote)
                assert await sent.some_more() < NOTICED_WITHIN_S
            await sent.check_once()


async def test_a_leader_that_is_demoted_is_left_for_the_one_that_leads(pair: LeadingPair) -> None:
    async with traffic(pair.url) as sent:
        async with sent.running():
            await sent.some_more()
            await asyncio.to_thread(pair.demote)
            await asyncio.to_thread(pair.promote)
            assert await sent.some_more() < NOTICED_WITHIN_S
        await sent.check_once()


async def test_how_a_database_stands_is_told_while_every_connection_is_taken(database_url: str) -> None:
    async with await Database.open(database_url, max_size=1) as database:
        async with database.transaction():
            standing = await database.standing(within_s=30)
        assert standing.writable
        assert standing.migration is not None
    with pytest.raises(DatabaseUnavailable):
        await database.standing(within_s=30)


async def test_a_database_that_takes_no_writes_is_told_to_be_so(database_url: str) -> None:
    reading = f"{database_url}&options=-c%20default_transaction_read_only%3Don"
    async with await Database.open(reading, max_size=1) as database:
        assert not (await database.standing(within_s=30)).writable


def test_the_host_that_leads_is_tried_first() -> None:
    url = connection_string("postgresql://sycee:word@a:1,b:2,c:3/bank")
    moved = psycopg.conninfo.conninfo_to_dict(leader_first(url, ("c", 3)))
    assert (moved["host"], moved["port"], moved["password"]) == ("c,a,b", "3,1,2", "word")
    assert moved["target_session_attrs"] == "read-write"
    one_port = connection_string("host=a,b port=6432 dbname=bank")
    moved = psycopg.conninfo.conninfo_to_dict(leader_first(one_port, ("b", 6432)))
    assert (moved["host"], moved["port"]) == ("b,a", "6432,6432")
    assert leader_first(url, ("elsewhere", 1)) == url
