"""Messages as rows: written with what they carry, delivered until the rail has them; kept before they count.

A claim holds a message for a while, so that several workers do not carry the same one; a worker that dies
lets it go by the lapse of time, and it is carried again, which both sides take as once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from sycee.database import Transaction

_LONGEST_PAUSE_S = 300.0


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often things are tried, in seconds.

    lease: how long a message that is being carried is left alone; retry: the first pause after a failure,
    which doubles; enquire: how long an answer is waited for before it is asked for.
    """

    lease_s: float = 30.0
    retry_s: float = 1.0
    enquire_s: float = 10.0


class Letter(msgspec.Struct, frozen=True):
    """A message as it travels."""

    message_id: str
    name: str
    body: bytes


def told_of(rail: str, letter: Letter) -> dict[str, str]:
    """What traces say of a message: its name and id, and nothing that is in it."""
    return {"sycee.rail": rail, "sycee.message": letter.name, "sycee.message_id": letter.message_id}


class RailQueue(msgspec.Struct, frozen=True):
    """What waits at a rail: messages to deliver and to process, items unanswered, messages refused."""

    rail: str
    to_deliver: int
    to_process: int
    unanswered: int
    refused: int


async def rail_queues(tx: Transaction) -> dict[str, RailQueue]:
    """What waits at each rail that is connected."""
    cursor = await tx.execute(
        "SELECT c.rail, m.out, m.into, (SELECT count(*) FROM rail_items i WHERE i.rail = c.rail"
        " AND i.state = 'sent'), m.refused FROM rail_connections c CROSS JOIN LATERAL ("
        "SELECT count(*) FILTER (WHERE outgoing AND state = 'waiting') AS out,"
        " count(*) FILTER (WHERE NOT outgoing AND state = 'waiting') AS into,"
        " count(*) FILTER (WHERE state = 'refused') AS refused"
        " FROM rail_messages m WHERE m.rail = c.rail AND m.state IN ('waiting', 'refused')) AS m"
    )
    return {row[0]: RailQueue(*row) for row in await cursor.fetchall()}


async def write_letter(tx: Transaction, rail: str, letter: Letter) -> None:
    """Write a message that is to be delivered."""
    await tx.execute(
        "INSERT INTO rail_messages (rail, outgoing, message_id, name, body) VALUES (%s, true, %s, %s, %s)",
        (rail, letter.message_id, letter.name, letter.body),
    )


async def keep_letters(tx: Transaction, rail: str, letters: Sequence[Letter]) -> int:
    """Keep messages that came from a rail, each once; how many are new."""
    cursor = await tx.execute(
        "INSERT INTO rail_messages (rail, outgoing, message_id, name, body)"
        " SELECT %s, false, * FROM unnest(%s::text[], %s::text[], %s::bytea[]) ON CONFLICT DO NOTHING",
        (
            rail,
            [letter.message_id for letter in letters],
            [letter.name for letter in letters],
            [letter.body for letter in letters],
        ),
    )
    return cursor.rowcount


async def claim_letters(tx: Transaction, rail: str, pace: Pace, limit: int) -> list[Letter]:
    """Outgoing messages that are due, which nobody else carries for the length of the lease."""
    cursor = await tx.execute(
        "UPDATE rail_messages m SET attempts = attempts + 1,"
        " next_at = clock_timestamp() + make_interval(secs => %s)"
        " FROM (SELECT message_id FROM rail_messages WHERE rail = %s AND outgoing AND state = 'waiting'"
        " AND next_at <= clock_timestamp() ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED) AS due"
        " WHERE m.rail = %s AND m.outgoing AND m.message_id = due.message_id"
        " RETURNING m.message_id, m.name, m.body",
        (pace.lease_s, rail, limit, rail),
    )
    return [Letter(*row) for row in await cursor.fetchall()]


async def delivered(tx: Transaction, rail: str, message_ids: Sequence[str]) -> None:
    """The rail has these messages."""
    await tx.execute(
        "UPDATE rail_messages SET state = 'done', done_at = clock_timestamp(), error = NULL"
        " WHERE rail = %s AND outgoing AND message_id = ANY(%s) AND state = 'waiting'",
        (rail, list(message_ids)),
    )


async def not_delivered(tx: Transaction, rail: str, message_id: str, error: str, pace: Pace) -> None:
    """It is not known whether the rail has this message: try again, after a pause that grows."""
    await tx.execute(
        "UPDATE rail_messages SET error = %s, next_at = clock_timestamp()"
        " + make_interval(secs => least(%s * 2 ^ least(attempts - 1, 20), %s))"
        " WHERE rail = %s AND outgoing AND message_id = %s AND state = 'waiting'",
        (error, pace.retry_s, _LONGEST_PAUSE_S, rail, message_id),
    )


async def not_taken(tx: Transaction, rail: str, message_id: str, error: str) -> None:
    """The rail cannot read a message of ours: a defect for people. What is in it stays held."""
    await tx.execute(
        "UPDATE rail_messages SET state = 'refused', error = %s, done_at = clock_timestamp()"
        " WHERE rail = %s AND outgoing AND message_id = %s AND state = 'waiting'",
        (error, rail, message_id),
    )


async def deliver_again(tx: Transaction, rail: str, message_ids: Sequence[str]) -> None:
    """The rail says that it has none of this: the same messages go out once more."""
    await tx.execute(
        "UPDATE rail_messages SET state = 'waiting', next_at = clock_timestamp(), done_at = NULL"
        " WHERE rail = %s AND outgoing AND message_id = ANY(%s) AND state = 'done'",
        (rail, list(message_ids)),
    )


async def next_to_process(tx: Transaction, rail: str, due: datetime) -> Letter | None:
    """The longest waiting incoming message that was due at an instant, this transaction's until it ends."""
    cursor = await tx.execute(
        "SELECT message_id, name, body FROM rail_messages WHERE rail = %s AND NOT outgoing"
        " AND state = 'waiting' AND next_at <= %s ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        (rail, due),
    )
    row = await cursor.fetchone()
    return None if row is None else Letter(*row)


async def processed(tx: Transaction, rail: str, message_id: str) -> None:
    """An incoming message has had its effect, in this transaction."""
    await tx.execute(
        "UPDATE rail_messages SET state = 'done', done_at = clock_timestamp(), error = NULL"
        " WHERE rail = %s AND NOT outgoing AND message_id = %s",
        (rail, message_id),
    )


async def not_processed(
    tx: Transaction, rail: str, message_id: str, error: str, pace: Pace, *, unreadable: bool = False
) -> None:
    """An incoming message could not have its effect yet: again after a pause, unless it cannot be read."""
    await tx.execute(
        "UPDATE rail_messages SET attempts = attempts + 1, error = %s,"
        " state = CASE WHEN %s THEN 'refused' ELSE state END,"
        " done_at = CASE WHEN %s THEN clock_timestamp() END, next_at = clock_timestamp()"
        " + make_interval(secs => least(%s * 2 ^ least(attempts, 20), %s))"
        " WHERE rail = %s AND NOT outgoing AND message_id = %s AND state = 'waiting'",
        (error, unreadable, unreadable, pace.retry_s, _LONGEST_PAUSE_S, rail, message_id),
    )
