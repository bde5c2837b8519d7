"""Transactions commit whole or not at all; whole commands are run again when the database asks for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sycee.database import Database, DatabaseUnavailable, EmbeddedServer, Transaction
from sycee.database.connections import connection_string


@pytest.fixture
async def counter(database: Database) -> str:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL)")
        await tx.execute("INSERT INTO counter VALUES ('a', 0), ('b', 0)")
    return "counter"


async def _value(database: Database, name: str = "a") -> int:
    async with database.transaction() as tx:
        row = await (await tx.execute("SELECT value FROM counter WHERE name = %s", (name,))).fetchone()
    assert row is not None
    return int(row[0])


async def _add(tx: Transaction, name: str = "a") -> None:
    await tx.execute("UPDATE counter SET value = value + 1 WHERE name = %s", (name,))


async def test_a_block_that_ends_is_committed(database: Database, counter: str) -> None:
    async with database.transaction() as tx:
        await _add(tx)
    assert await _value(database) == 1


async def test_a_block_that_raises_is_rolled_back(database: Database, counter: str) -> None:
    with pytest.raises(ValueError, match="no"):
        async with database.transaction() as tx:
            await _add(tx)
            raise ValueError("no")
    assert await _value(database) == 0


async def test_a_deadlock_is_resolved_by_running_the_command_again(database: Database, counter: str) -> None:
    meeting = asyncio.Barrier(2)
    tries = 0

    async def both(tx: Transaction, first: str, second: str) -> None:
        nonlocal tries
        tries += 1
        await _add(tx, first)
        if tries <= 2:
            await meeting.wait()
        await _add(tx, second)

    await asyncio.gather(
        database.run(lambda tx: both(tx, "a", "b")), database.run(lambda tx: both(tx, "b", "a"))
    )
    assert tries == 3
    assert (await _value(database, "a"), await _value(database, "b")) == (2, 2)


async def test_a_serialization_failure_is_resolved_by_running_the_command_again(
    database: Database, counter: str
) -> None:
    async def increment(tx: Transaction) -> None:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await tx.execute("SELECT value FROM counter")
        await asyncio.sleep(0.01)
        await _add(tx)

    await asyncio.gather(*(database.run(increment) for _ in range(6)))
    assert await _value(database) == 6


async def test_a_connection_lost_on_the_way_is_replaced(database: Database, counter: str) -> None:
    tries = 0

    async def lose_once(tx: Transaction) -> int:
        nonlocal tries
        tries += 1
        await _add(tx)
        if tries == 1:
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return tries

    assert await database.run(lose_once) == 2
    assert await _value(database) == 1


async def test_a_command_outlives_a_crash_of_the_server(
    data_dir: Path, server_settings: dict[str, str]
) -> None:
    server = EmbeddedServer(data_dir, settings=server_settings)
    server.start()
    try:
        async with await Database.open(server.url(), min_size=4, max_size=4) as database:
            async with database.transaction() as tx:
                await tx.execute("CREATE TABLE posted (id int PRIMARY KEY)")

            async def post(number: int) -> None:
                # Idempotent, as every command must be that is run again.
                async def command(tx: Transaction) -> None:
                    await tx.execute("INSERT INTO posted VALUES (%s) ON CONFLICT DO NOTHING", (number,))
                    await tx.execute("SELECT pg_sleep(0.005)")

                await database.run(command)

            posting = [asyncio.create_task(post(number)) for number in range(200)]
            await asyncio.sleep(0.1)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            await asyncio.gather(*posting)
            async with database.transaction() as tx:
                assert await (await tx.execute("SELECT count(*) FROM posted")).fetchone() == (200,)
    finally:
        server.stop()


async def test_retries_end_at_the_time_limit(database: Database, counter: str) -> None:
    async def always_lose(tx: Transaction) -> None:
        await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseUnavailable):
        await database.run(always_lose, timeout_s=0.1)


async def test_other_errors_are_not_retried(database: Database, counter: str) -> None:
    tries = 0

    async def wrong(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        await tx.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        await database.run(wrong)
    assert tries == 1


async def test_a_statement_timeout_is_not_taken_for_a_lost_connection(database: Database) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        async with database.transaction() as tx:
            await tx.execute("SET LOCAL statement_timeout = 10")
            await tx.execute("SELECT pg_sleep(10)")


async def test_no_free_connection_in_time_is_said_to_be_unavailable(database_url: str) -> None:
    async with await Database.open(database_url, max_size=1, timeout_s=0.1) as one, one.transaction():
        with pytest.raises(DatabaseUnavailable):
            async with one.transaction():
                pass


@pytest.mark.parametrize("url", ["postgresql://sycee@/nothing?host=/nonexistent", "this is no URL"])
async def test_a_database_that_does_not_answer_cannot_be_opened(url: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        await Database.open(url, timeout_s=0.2)


async def test_a_closed_database_is_unavailable(database_url: str) -> None:
    database = await Database.open(database_url)
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        async with database.transaction():
            pass


async def test_with_several_hosts_the_one_that_answers_is_used(database_url: str) -> None:
    one = conninfo_to_dict(database_url)
    several = f"host=/nonexistent,{one['host']} port=5432,5432 user=sycee dbname={one['dbname']}"
    async with await Database.open(several) as database, database.transaction() as tx:
        assert await (await tx.execute("SHOW transaction_read_only")).fetchone() == ("off",)


def test_several_hosts_mean_the_one_that_takes_writes() -> None:
    assert "target_session_attrs=read-write" in connection_string("postgresql://a:1,b:2/bank")
    assert "target_session_attrs" not in connection_string("postgresql://a/bank")
    assert "target_session_attrs=any" in connection_string("postgresql://a,b/bank?target_session_attrs=any")
