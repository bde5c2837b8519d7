"""The rows of approvals, votes and events: read and written in lists, a statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.approvals.facts import Facts
from sycee.approvals.records import Approval, ApprovalState, CastVote, Event
from sycee.database import TextArray, TimestamptzArray, Transaction, UuidArray

BANK_CELL = 0
"""Stands in the first column of what belongs to no customer."""

RULES_LOCK = 0x5359_4341_5052  # "SYCAPR"
"""The advisory lock of rules and substitutions: shared by who goes by them, alone for who changes them."""

COLUMNS = (
    "cell, id, command, customer, payload, digest, facts::text, maker, maker_human, maker_for, state,"
    " requested_at, expires_at, ended_at, code, reason, result"
)
_facts = msgspec.json.Decoder(Facts)


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request, as it is to be written."""

    approval: Approval
    state: ApprovalState
    what: str
    principal: UUID | None
    acting_for: UUID | None = None
    code: str | None = None
    reason: str = ""
    result: bytes | None = None


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line to be added to a request's trail."""

    approval: Approval
    what: str
    principal: UUID | None
    acting_for: UUID | None = None
    authority: str = ""
    code: str = ""
    reason: str = ""


def approval_of(row: Sequence[Any]) -> Approval:
    """An approval from a row of COLUMNS."""
    return Approval(
        cell=row[0] or None,
        id=row[1],
        command=row[2],
        customer=row[3],
        payload=bytes(row[4]),
        digest=bytes(row[5]),
        facts=_facts.decode(row[6]),
        maker=row[7],
        maker_human=row[8],
        maker_for=row[9],
        state=ApprovalState(row[10]),
        requested_at=row[11],
        expires_at=row[12],
        ended_at=row[13],
        code=row[14],
        reason=row[15],
        result=None if row[16] is None else bytes(row[16]),
    )


async def moment(tx: Transaction) -> datetime:
    """The present instant by the database's clock, which all processes share; not that of the transaction."""
    row = await (await tx.execute("SELECT clock_timestamp()")).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


async def hold_rules(tx: Transaction, *, alone: bool = False) -> None:
    """Keep rules and substitutions as they are until the transaction ends; ``alone``: to change them."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    await tx.execute(f"SELECT {function}(%s)", (RULES_LOCK,))


async def approvals_by_id(
    tx: Transaction, ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, Approval]:
    """Approvals by id; ``lock`` holds them, in the order of their ids."""
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM approvals WHERE id = ANY(%s::uuid[]) ORDER BY id"  # noqa: S608 - ours
        + (" FOR UPDATE" if lock else ""),
        (UuidArray(sorted(set(ids))),),
    )
    return {row[1]: approval_of(row) for row in await cursor.fetchall()}


async def insert_approvals(tx: Transaction, approvals: Sequence[Approval]) -> set[UUID]:
    """Keep new requests; returns the ids of those that were not there before."""
    if not approvals:
        return set()
    # No index is named below: of two that come at once, the second may meet the first in either unique one.
    cursor = await tx.execute(
        "INSERT INTO approvals (cell, id, command, customer, payload, digest, facts, things, maker,"
        " maker_human, maker_for, requested_at, expires_at)"
        " SELECT c, i, n, u, p, d, f::jsonb, ARRAY(SELECT jsonb_array_elements_text(t::jsonb)), m, h, o, r, e"
        " FROM unnest(%s::smallint[], %s::uuid[], %s::text[], %s::uuid[], %s::bytea[], %s::bytea[],"
        " %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[])"
        " AS l(c, i, n, u, p, d, f, t, m, h, o, r, e) ORDER BY i ON CONFLICT DO NOTHING RETURNING id",
        (
            [one.cell or BANK_CELL for one in approvals],
            UuidArray([one.id for one in approvals]),
            TextArray([one.command for one in approvals]),
            UuidArray([one.customer for one in approvals]),
            [one.payload for one in approvals],
            [one.digest for one in approvals],
            TextArray([msgspec.json.encode(one.facts).decode() for one in approvals]),
            TextArray([msgspec.json.encode(one.facts.touched()).decode() for one in approvals]),
            UuidArray([one.maker for one in approvals]),
            UuidArray([one.maker_human for one in approvals]),
            UuidArray([one.maker_for for one in approvals]),
            TimestamptzArray([one.requested_at for one in approvals]),
            TimestamptzArray([one.expires_at for one in approvals]),
        ),
    )
    return {row[0] for row in await cursor.fetchall()}


async def votes_on(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[CastVote]]:
    """What was said on each request, in order."""
    cursor = await tx.execute(
        "SELECT approval, human, principal, acting_for, vote, authority, digest, reason, voted_at"
        " FROM approval_votes JOIN (SELECT cell, id FROM approvals WHERE id = ANY(%s::uuid[])) a"
        " ON approval_votes.cell = a.cell AND approval = a.id ORDER BY approval, place",
        (UuidArray(list(ids)),),
    )
    found: dict[UUID, list[CastVote]] = defaultdict(list)
    for row in await cursor.fetchall():
        found[row[0]].append(
            CastVote(
                approval=row[0],
                human=row[1],
                principal=row[2],
                acting_for=row[3],
                vote=row[4],
                authority=row[5],
                digest=bytes(row[6]),
                reason=row[7],
                voted_at=row[8],
            )
        )
    return found


async def insert_votes(tx: Transaction, votes: Sequence[tuple[Approval, CastVote]]) -> None:
    """Keep what was said, in one statement."""
    if not votes:
        return
    await tx.execute(
        "INSERT INTO approval_votes (cell, approval, human, principal, acting_for, vote, authority, digest,"
        " reason, voted_at, place)"
        " SELECT c, a, h, p, f, v, w, d, r, t,"
        " (SELECT count(*) FROM approval_votes old WHERE old.cell = c AND old.approval = a)"
        " FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[],"
        " %s::bytea[], %s::text[], %s::timestamptz[]) AS n(c, a, h, p, f, v, w, d, r, t)",
        (
            [approval.cell or BANK_CELL for approval, _ in votes],
            UuidArray([vote.approval for _, vote in votes]),
            UuidArray([vote.human for _, vote in votes]),
            UuidArray([vote.principal for _, vote in votes]),
            UuidArray([vote.acting_for for _, vote in votes]),
            TextArray([vote.vote for _, vote in votes]),
            TextArray([vote.authority for _, vote in votes]),
            [vote.digest for _, vote in votes],
            TextArray([vote.reason for _, vote in votes]),
            TimestamptzArray([vote.voted_at for _, vote in votes]),
        ),
    )


async def insert_events(tx: Transaction, events: Sequence[NewEvent], at: datetime) -> None:
    """Add to the trails of requests whose rows are held, at most one line to each, in one statement."""
    if not events:
        return
    await tx.execute(
        "INSERT INTO approval_events (cell, approval, place, what, principal, acting_for, at, authority,"
        " code, reason)"
        " SELECT c, a, (SELECT count(*) FROM approval_events old WHERE old.cell = c AND old.approval = a),"
        " w, p, f, %s, u, k, r"
        " FROM unnest(%s::smallint[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::text[],"
        " %s::text[]) AS n(c, a, w, p, f, u, k, r)",
        (
            at,
            [event.approval.cell or BANK_CELL for event in events],
            UuidArray([event.approval.id for event in events]),
            TextArray([event.what for event in events]),
            UuidArray([event.principal for event in events]),
            UuidArray([event.acting_for for event in events]),
            TextArray([event.authority for event in events]),
            TextArray([event.code for event in events]),
            TextArray([event.reason for event in events]),
        ),
    )


async def end_approvals(tx: Transaction, endings: Sequence[Ending], at: datetime) -> dict[UUID, Approval]:
    """Write what became of requests whose rows are held, each with a line of its trail; returns them."""
    if not endings:
        return {}
    await tx.execute(
        "UPDATE approvals SET state = s, ended_at = %s, code = k, reason = r, result = b"
        " FROM unnest(%s::smallint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[])"
        " AS n(c, a, s, k, r, b) WHERE cell = c AND id = a",
        (
            at,
            [ending.approval.cell or BANK_CELL for ending in endings],
            UuidArray([ending.approval.id for ending in endings]),
            TextArray([str(ending.state) for ending in endings]),
            TextArray([ending.code for ending in endings]),
            TextArray([ending.reason for ending in endings]),
            [ending.result for ending in endings],
        ),
    )
    lines = [
        NewEvent(
            approval=ending.approval,
            what=ending.what,
            principal=ending.principal,
            acting_for=ending.acting_for,
            code=ending.code or "",
            reason=ending.reason,
        )
        for ending in endings
    ]
    await insert_events(tx, lines, at)
    return {
        ending.approval.id: msgspec.structs.replace(
            ending.approval,
            state=ending.state,
            ended_at=at,
            code=ending.code,
            reason=ending.reason,
            result=ending.result,
        )
        for ending in endings
    }


async def events_of(tx: Transaction, approval: Approval) -> list[Event]:
    """The trail of a request, in order."""
    cursor = await tx.execute(
        "SELECT what, principal, acting_for, at, authority, code, reason FROM approval_events"
        " WHERE cell = %s AND approval = %s ORDER BY place",
        (approval.cell or BANK_CELL, approval.id),
    )
    return [Event(**dict(zip(Event.__struct_fields__, row, strict=True))) for row in await cursor.fetchall()]
