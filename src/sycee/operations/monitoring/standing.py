"""How the bank stands at this moment: queues and their age, rails, days, seals, the database server."""

from __future__ import annotations

from typing import Any

import msgspec
from psycopg.rows import class_row

from sycee.database import Transaction

# Age is that of what has waited longest past the moment at which it could have been done.
_QUEUES = """\
SELECT queue, items, coalesce(extract(epoch FROM clock_timestamp() - oldest), 0)::float8 AS oldest_s FROM (
    SELECT 'approvals' AS queue, count(*) AS items, min(requested_at) AS oldest
    FROM approvals WHERE state = 'waiting'
    UNION ALL
    SELECT 'payments_due', count(p.id), min(p.changed_at)
    FROM cells c LEFT JOIN payments p ON p.cell = c.cell AND p.state = 2 AND p.due_on <= c.business_date
    UNION ALL
    SELECT 'payments_to_send', count(*), min(send_at)
    FROM payments WHERE state IN (5, 6) AND send_at <= clock_timestamp()
    UNION ALL
    SELECT 'payments_stopped', count(*), min(changed_at) FROM payments WHERE state = 3
    UNION ALL
    SELECT 'incoming_payments', count(*), min(received_at) FROM incoming_payments WHERE state = 'waiting'
    UNION ALL
    SELECT 'bulk_orders', count(*), min(received_at)
    FROM bulk_orders WHERE state IN ('holding', 'checking', 'paying')
    UNION ALL
    SELECT 'standing_orders', count(*), min(try_at)
    FROM standing_order_occurrences WHERE state = 'due' AND try_at <= clock_timestamp()
    UNION ALL
    SELECT 'direct_debits', count(d.id), min(d.taken_on)::timestamptz
    FROM cells c LEFT JOIN direct_debits d
        ON d.cell = c.cell AND d.state = 'waiting' AND d.taken_on <= c.business_date
    UNION ALL
    SELECT 'webhook_deliveries', count(*), min(occurred_at)
    FROM webhook_deliveries WHERE state = 'waiting' AND due_at <= clock_timestamp()
    UNION ALL
    SELECT 'rail_cases', count(*), min(opened_at) FROM rail_cases WHERE state <> 'settled'
) AS queues"""

_RAILS = """\
SELECT c.rail, m.to_deliver, m.to_process, m.refused, i.unanswered,
       coalesce(extract(epoch FROM clock_timestamp() - m.oldest), 0)::float8 AS oldest_message_s,
       coalesce(extract(epoch FROM clock_timestamp() - i.oldest), 0)::float8 AS oldest_unanswered_s
FROM rail_connections c
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE outgoing AND state = 'waiting') AS to_deliver,
           count(*) FILTER (WHERE NOT outgoing AND state = 'waiting') AS to_process,
           count(*) FILTER (WHERE state = 'refused') AS refused,
           min(created_at) FILTER (WHERE state = 'waiting') AS oldest
    FROM rail_messages WHERE rail = c.rail AND state IN ('waiting', 'refused')
) AS m
CROSS JOIN LATERAL (
    SELECT count(*) AS unanswered, min(changed_at) AS oldest
    FROM rail_items WHERE rail = c.rail AND state = 'sent'
) AS i ORDER BY c.rail"""

_CELLS = """\
SELECT c.cell,
       coalesce(u.state, 'finished') AS day,
       extract(epoch FROM clock_timestamp() - u.started_at)::float8 AS running_s,
       extract(epoch FROM f.finished_at - f.started_at)::float8 AS last_duration_s,
       coalesce(u.failed, f.failed, 0)::int8 AS failed,
       (clock_timestamp()::date - c.business_date) AS behind_days,
       extract(epoch FROM clock_timestamp() - c.booked_at)::float8 AS seal_age_s,
       coalesce(e.business_date > coalesce(s.business_date, '-infinity'), false) AS unsigned
FROM cells c
LEFT JOIN LATERAL (
    SELECT r.state, r.started_at, (SELECT sum(d.failed) FROM day_steps d
        WHERE (d.cell, d.business_date) = (r.cell, r.business_date)) AS failed
    FROM day_runs r WHERE r.cell = c.cell AND r.state <> 'finished'
) AS u ON true
LEFT JOIN LATERAL (
    SELECT r.started_at, r.finished_at, (SELECT sum(d.failed) FROM day_steps d
        WHERE (d.cell, d.business_date) = (r.cell, r.business_date)) AS failed
    FROM day_runs r WHERE r.cell = c.cell AND r.state = 'finished' ORDER BY r.business_date DESC LIMIT 1
) AS f ON true
LEFT JOIN LATERAL (
    SELECT business_date FROM day_seals WHERE cell = c.cell ORDER BY business_date DESC LIMIT 1
) AS s ON true
LEFT JOIN LATERAL (
    SELECT business_date FROM batches
    WHERE cell = c.cell AND business_date < c.business_date ORDER BY business_date DESC LIMIT 1
) AS e ON true
ORDER BY c.cell"""

_SERVER = """\
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::int8 AS connections_limit,
       coalesce((SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float8
           FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()), 0)
           AS oldest_transaction_s,
       pg_database_size(current_database()) AS size_bytes,
       (SELECT count(*) FROM pg_locks WHERE NOT granted) AS waiting_for_locks,
       (SELECT max(age(datfrozenxid)) FROM pg_database)::int8 AS oldest_rows_transactions"""

_REPLICAS = """\
SELECT coalesce(nullif(application_name, ''), host(client_addr), 'local') AS standby,
       coalesce(sync_state, '') AS sync_state,
       coalesce(pg_wal_lsn_diff(sent_lsn, replay_lsn), 0)::int8 AS behind_bytes,
       coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag_s
FROM pg_stat_replication WHERE state IS NOT NULL ORDER BY 1"""


class Queue(msgspec.Struct, frozen=True):
    """Work of one kind that could be done now, and how long the oldest of it has waited, in seconds."""

    queue: str
    items: int
    oldest_s: float


class RailStanding(msgspec.Struct, frozen=True):
    """What waits at a rail: messages by what is to be done, items without an answer, and their age."""

    rail: str
    to_deliver: int
    to_process: int
    refused: int
    unanswered: int
    oldest_message_s: float
    oldest_unanswered_s: float


class CellStanding(msgspec.Struct, frozen=True):
    """A cell: its end of day (``running``, ``stopped`` or ``finished``), its dates, the head of its seals.

    ``behind_days`` is how far its business date is behind today, UTC; ``unsigned`` says that the last date
    which is over has no signature yet.
    """

    cell: int
    day: str
    running_s: float | None
    last_duration_s: float | None
    failed: int
    behind_days: int
    seal_age_s: float
    unsigned: bool


class ServerStanding(msgspec.Struct, frozen=True):
    """The database server as a whole."""

    connections: int
    connections_limit: int
    oldest_transaction_s: float
    size_bytes: int
    waiting_for_locks: int
    oldest_rows_transactions: int


class Replica(msgspec.Struct, frozen=True):
    """A standby that follows this server."""

    standby: str
    sync_state: str
    behind_bytes: int
    lag_s: float


class Standing(msgspec.Struct, frozen=True):
    """How the bank stands."""

    queues: list[Queue]
    rails: list[RailStanding]
    cells: list[CellStanding]
    server: ServerStanding
    replicas: list[Replica]


async def read_standing(tx: Transaction) -> Standing:
    """How the bank stands now. Other users' transactions and standbys are seen with ``pg_monitor`` only."""
    (server,) = await _read(tx, ServerStanding, _SERVER)
    return Standing(
        queues=await _read(tx, Queue, _QUEUES),
        rails=await _read(tx, RailStanding, _RAILS),
        cells=await _read(tx, CellStanding, _CELLS),
        server=server,
        replicas=await _read(tx, Replica, _REPLICAS),
    )


async def _read(tx: Transaction, cls: type[Any], query: str) -> list[Any]:
    async with tx.cursor(row_factory=class_row(cls)) as cursor:
        await cursor.execute(query.encode())
        return await cursor.fetchall()
