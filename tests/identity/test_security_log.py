"""The security log: appended to, never changed, and every change to it found."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from sycee.database import Database, Transaction
from sycee.identity import record_security_event as record
from sycee.identity import security_events, verify_security_log
from sycee.kernel.ids import uuid7

ANN = uuid7()
COPY = """
    INSERT INTO security_events SELECT {position}, at, event, principal, actor, address, detail, seal
    FROM security_events WHERE position = 5
"""


async def fill(database: Database, count: int = 5) -> None:
    for at in range(count):
        async with database.transaction() as tx:
            await record(tx, "tried", principal=ANN, actor="tests", address="::1", detail=f"no. {at + 1}")


async def tamper(database: Database, *statements: str) -> None:
    """Change the log as somebody could who owns the database: its guard switched off."""
    async with database.transaction() as tx:
        for table in ("security_events", "security_log_head"):
            await tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        for statement in statements:
            await tx.execute(statement.encode())
        for table in ("security_events", "security_log_head"):
            await tx.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())


async def test_events_are_read_newest_first_and_verify(database: Database) -> None:
    await fill(database, 3)
    async with database.transaction() as tx:
        await record(tx, "other", principal=None, actor="x")
        found = await security_events(tx)
        assert [one.position for one in found] == [4, 3, 2, 1]
        assert [one.detail for one in await security_events(tx, principal=ANN)] == ["no. 3", "no. 2", "no. 1"]
        assert [one.position for one in await security_events(tx, event="other")] == [4]
        assert [one.position for one in await security_events(tx, before=3, limit=1)] == [2]
    verified = await verify_security_log(database)
    assert (verified.events, verified.seal, verified.breaks) == (4, found[0].seal, [])


async def test_an_empty_log_verifies(database: Database) -> None:
    verified = await verify_security_log(database)
    assert (verified.events, verified.breaks) == (0, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE security_events SET detail = 'nothing happened' WHERE position = 2",
        "DELETE FROM security_events WHERE position = 2",
        "TRUNCATE security_events",
        "DELETE FROM security_log_head",
        "TRUNCATE security_log_head",
    ],
)
async def test_the_database_refuses_to_change_the_log(database: Database, statement: str) -> None:
    await fill(database)
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with database.transaction() as tx:
            await tx.execute(statement.encode())
    assert (await verify_security_log(database)).breaks == []


@pytest.mark.parametrize(
    ("statements", "position"),
    [
        (["UPDATE security_events SET detail = 'nothing' WHERE position = 2"], 2),
        (["UPDATE security_events SET actor = 'somebody else' WHERE position = 1"], 1),
        (["UPDATE security_events SET at = at - interval '1 hour' WHERE position = 5"], 5),
        (["UPDATE security_events SET principal = NULL WHERE position = 3"], 3),
        (["UPDATE security_events SET event = 'tri', actor = 'edtests' WHERE position = 3"], 3),
        (["DELETE FROM security_events WHERE position = 3"], 3),
        (["DELETE FROM security_events WHERE position = 1"], 1),
        (["DELETE FROM security_events WHERE position = 5"], 5),
        (
            [COPY.format(position=6)],
            5,
        ),
        (["UPDATE security_log_head SET position = 4"], 4),
        (["DELETE FROM security_log_head"], 0),
    ],
)  # fmt: skip
async def test_whatever_was_changed_is_named(
    database: Database, statements: list[str], position: int
) -> None:
    await fill(database)
    await tamper(database, *statements)
    assert position in {one.position for one in (await verify_security_log(database)).breaks}


async def _rewrite(tx: Transaction) -> None:
    """Leave out event 3 and seal everything anew, as an attacker with all power and time would."""
    await tx.execute("DELETE FROM security_events WHERE position = 3")
    await tx.execute("UPDATE security_events SET position = position - 1 WHERE position > 3")
    await tx.execute(
        """
        DO $$
        DECLARE
            previous bytea := '';
            one record;
        BEGIN
            FOR one IN SELECT * FROM security_events ORDER BY position LOOP
                previous := security_seal(previous, one.position, one.at, one.event, one.principal, one.actor,
                                          one.address, one.detail);
                UPDATE security_events SET seal = previous WHERE position = one.position;
            END LOOP;
            UPDATE security_log_head SET seal = previous, position = position - 1;
        END $$
        """
    )


async def test_a_log_sealed_anew_after_a_change_is_given_away_by_what_was_noted(database: Database) -> None:
    await fill(database)
    before = await verify_security_log(database)
    async with database.transaction() as tx:
        noted = {one.position: one.seal for one in await security_events(tx)}
        await tx.execute("ALTER TABLE security_events DISABLE TRIGGER USER")
        await _rewrite(tx)
    assert (await verify_security_log(database)).breaks == []
    assert (await verify_security_log(database, [(2, noted[2])])).breaks == []
    found = await verify_security_log(database, [(4, noted[4])])
    assert [one.position for one in found.breaks] == [4]
    found = await verify_security_log(database, [(before.events, before.seal)])
    assert [one.position for one in found.breaks] == [before.events]


async def test_events_that_race_stand_in_one_line_without_gaps(database: Database) -> None:
    await asyncio.gather(*(fill(database, 5) for _ in range(6)))
    verified = await verify_security_log(database)
    assert (verified.events, verified.breaks) == (30, [])


async def test_an_event_of_a_transaction_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    await fill(database, 1)
    with pytest.raises(RuntimeError, match="undo"):
        async with database.transaction() as tx:
            await record(tx, "x", principal=None, actor="x")
            raise RuntimeError("undo")
    await fill(database, 1)
    verified = await verify_security_log(database)
    assert (verified.events, verified.breaks) == (2, [])
