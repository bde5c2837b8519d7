"""The security log: who logged in, who was refused, who changed what anybody may do.

Append-only, and chained: each event's seal is the hash of the one before with everything the event says.
Verifying recomputes every seal, so an event that was changed, taken out or put in is named. Whoever keeps
a position with its seal elsewhere can prove later that the log up to there is still the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.database import Database, Transaction

_CHUNK = 2_000  # events recomputed by one statement
_LONGEST_DETAIL = 1_000


class SecurityEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. ``principal`` is whom it is about, ``actor`` who did it, ``seal`` hexadecimal."""

    position: int
    at: datetime
    event: str
    principal: UUID | None
    actor: str
    address: str
    detail: str
    seal: str


class LogBreak(msgspec.Struct, frozen=True):
    """An event (0: the log as a whole) that does not agree with its seal."""

    position: int
    detail: str


class LogVerification(msgspec.Struct, frozen=True):
    """How many events there are, the last one's seal, and where the chain does not hold."""

    events: int
    seal: str
    breaks: list[LogBreak]


async def record(
    tx: Transaction, event: str, *, principal: UUID | None, actor: str, address: str = "", detail: str = ""
) -> None:
    """Append an event. Until the transaction ends no other can be appended: do it last.

    ``detail`` never holds a secret.
    """
    await tx.execute(
        "SELECT security_append(%s, %s, %s, %s, %s)",
        (event, principal, actor[:200], address[:100], detail[:_LONGEST_DETAIL]),
    )


async def security_events(
    tx: Transaction,
    *,
    principal: UUID | None = None,
    event: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[SecurityEvent]:
    """Events, newest first, that lie before the position ``before``."""
    cursor = await tx.execute(
        """
        SELECT position, at, event, principal, actor, address, detail, encode(seal, 'hex')
        FROM security_events
        WHERE (%(principal)s::uuid IS NULL OR principal = %(principal)s)
          AND (%(event)s::text IS NULL OR event = %(event)s)
          AND (%(before)s::bigint IS NULL OR position < %(before)s)
        ORDER BY position DESC LIMIT %(limit)s
        """,
        {"principal": principal, "event": event, "before": before, "limit": limit},
    )
    fields = SecurityEvent.__struct_fields__
    return [SecurityEvent(**dict(zip(fields, row, strict=True))) for row in await cursor.fetchall()]


_RECOMPUTE = """
    SELECT position, seal,
           security_seal(coalesce(lag(seal) OVER (ORDER BY position), %(seal)s),
                         position, at, event, principal, actor, address, detail) = seal
    FROM security_events WHERE position > %(after)s AND position <= %(upto)s ORDER BY position
"""


async def verify_security_log(
    database: Database, expected: Sequence[tuple[int, str]] = ()
) -> LogVerification:
    """Recompute the chain, beside live traffic.

    ``expected`` are positions with seals (hexadecimal) that were noted elsewhere: the log is checked to
    still have them, which an attacker who rewrote everything after a change could not achieve.
    """
    breaks: list[LogBreak] = []
    async with database.transaction() as tx:
        row = await (await tx.execute("SELECT position, seal FROM security_log_head")).fetchone()
        first = await (await tx.execute("SELECT min(position) FROM security_events")).fetchone()
    if row is None:
        return LogVerification(0, "", [LogBreak(0, "the head of the log is missing")])
    last, head = int(row[0]), bytes(row[1])
    if first is not None and first[0] is not None and first[0] < 1:
        breaks.append(LogBreak(first[0], "the event lies before the first"))
    wanted = dict(expected)
    after, seal = 0, b""
    while after < last:
        upto = min(after + _CHUNK, last)
        async with database.transaction() as tx:
            values = {"seal": seal, "after": after, "upto": upto}
            rows = await (await tx.execute(_RECOMPUTE, values)).fetchall()
        found = {position: (bytes(stored), intact) for position, stored, intact in rows}
        for position in range(after + 1, upto + 1):
            if position not in found:
                breaks.append(LogBreak(position, "the event is missing"))
                continue
            seal, intact = found[position]
            if not intact and (position == 1 or position - 1 in found or position == after + 1):
                breaks.append(LogBreak(position, "the event or its seal was changed"))
            if wanted.pop(position, seal.hex()) != seal.hex():
                breaks.append(LogBreak(position, "its seal is not the one that was noted"))
        after = upto
    if seal != head:
        breaks.append(LogBreak(last, "the last seal is not the one the log stands at"))
    breaks += [LogBreak(position, "it was noted, and is not there") for position in wanted]
    async with database.transaction() as tx:
        cursor = await tx.execute(
            "SELECT count(*) FROM security_events WHERE position > (SELECT position FROM security_log_head)"
        )
        loose = await cursor.fetchone()
    if loose and loose[0]:
        breaks.append(LogBreak(last, f"{loose[0]} events lie after the end of the log"))
    return LogVerification(last, head.hex(), sorted(breaks, key=lambda one: one.position))
