"""Ending: what becomes of a request is written and told; the maker withdraws, time runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sycee.approvals.commands import told_of_endings
from sycee.approvals.errors import (
    ActorNotActive,
    ApprovalEnded,
    ApprovalNotFound,
    InvalidDecision,
    NotTheMaker,
)
from sycee.approvals.records import Actor, Approval, ApprovalState
from sycee.approvals.rows import COLUMNS, Ending, approval_of, approvals_by_id, end_approvals, moment
from sycee.database import Transaction, as_bank
from sycee.identity import standings

_LONGEST_REASON = 500


async def end(tx: Transaction, endings: Sequence[Ending], at: datetime) -> dict[UUID, Approval]:
    """Write what became of requests whose rows are held, and tell the commands of what was not done."""
    ended = await end_approvals(tx, endings, at)
    for ending in endings:
        tell = told_of_endings(ending.approval.command)
        if tell is not None and ending.state is not ApprovalState.EXECUTED:
            await tell(tx, ended[ending.approval.id], ending.principal)
    return ended


async def withdraw_approvals(
    tx: Transaction, ids: Sequence[UUID], *, by: Actor, reason: str = "", at: datetime | None = None
) -> list[Approval]:
    """Take back what one asked for, all or none; again is harmless. Whom the maker stood in for may, too.

    Raises ApprovalNotFound, NotTheMaker, ApprovalEnded, ActorNotActive, InvalidDecision.
    """
    if len(reason) > _LONGEST_REASON or len(set(ids)) < len(ids):
        raise InvalidDecision(f"ids come once, and a reason has at most {_LONGEST_REASON} characters")
    seen = list(await approvals_by_id(tx, ids))  # behind the wall, where the actor is a customer's
    async with as_bank(tx):
        return await _withdraw(tx, ids, seen, by, reason, at)


async def _withdraw(
    tx: Transaction,
    ids: Sequence[UUID],
    seen: Sequence[UUID],
    by: Actor,
    reason: str,
    at: datetime | None,
) -> list[Approval]:
    held = await approvals_by_id(tx, seen, lock=True)
    now = at or await moment(tx)
    actor = (await standings(tx, [by.principal], lock=True)).get(by.principal)
    if actor is None or not actor.active:
        raise ActorNotActive("whoever is suspended or closed withdraws nothing")
    endings = []
    for id in ids:
        found = held.get(id)
        if found is None or by.customer not in (None, found.customer):
            raise ApprovalNotFound(f"there is no approval {id}")
        if actor.human != found.maker_human and actor.id != found.maker_for:
            raise NotTheMaker("only who asked may withdraw; others say no, with a reason")
        if found.state is ApprovalState.WITHDRAWN:
            continue
        if found.state is not ApprovalState.WAITING:
            raise ApprovalEnded(f"approval {id} was {found.state} at {found.ended_at}")
        endings.append(
            Ending(
                approval=found,
                state=ApprovalState.WITHDRAWN,
                what="withdrawn",
                principal=actor.id,
                reason=reason.strip(),
            )
        )
    return [{**held, **await end(tx, endings, now)}[id] for id in ids]


async def expire_approvals(tx: Transaction, *, limit: int = 1_000, at: datetime | None = None) -> int:
    """End what waited past its time, the oldest first, at most ``limit``; returns how many.

    Those that somebody holds are passed over: a decision expires them itself.
    """
    now = at or await moment(tx)
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM approvals WHERE state = 'waiting' AND expires_at <= %s"  # noqa: S608 - ours
        " ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED",
        (now, limit),
    )
    over = [approval_of(row) for row in await cursor.fetchall()]
    endings = [
        Ending(approval=one, state=ApprovalState.EXPIRED, what="expired", principal=None) for one in over
    ]
    return len(await end(tx, endings, now))
