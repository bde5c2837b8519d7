"""Reading: one request with how far it is, what waits for somebody, the trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.approvals.errors import ApprovalNotFound
from sycee.approvals.examining import look
from sycee.approvals.progress import Progress, open_stage, progress, voices, voters_of
from sycee.approvals.records import Actor, Approval, ApprovalState, CastVote, Event
from sycee.approvals.rows import COLUMNS, approval_of, approvals_by_id, events_of, moment
from sycee.database import Transaction, as_bank
from sycee.identity import standings

_LOOKED_AT = 500
"""How many requests an inbox looks at in one go."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A request with what was said on it and, while it waits, how far it is. ``hindered``: why nobody may."""

    approval: Approval
    votes: tuple[CastVote, ...]
    progress: Progress | None
    hindered: str = ""


class InboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for somebody: as what, and for whom he stands in."""

    approval: Approval
    authority: str
    acting_for: UUID | None


async def get_approvals(tx: Transaction, ids: Sequence[UUID]) -> list[Approval]:
    """Those of some requests that there are, as far as the transaction sees them, by id."""
    return list((await approvals_by_id(tx, ids)).values())


async def get_approval(tx: Transaction, id: UUID, *, by: Actor) -> Approval:
    """The request with this id, if it is any business of the actor's. Raises ApprovalNotFound."""
    found = (await approvals_by_id(tx, [id])).get(id)
    if found is None or by.customer not in (None, found.customer):
        raise ApprovalNotFound(f"there is no approval {id}")
    return found


async def approval_detail(tx: Transaction, id: UUID, *, by: Actor, at: datetime | None = None) -> Detail:
    """The request, what was said, and how far it is as everything stands now. Raises ApprovalNotFound."""
    found = await get_approval(tx, id, by=by)
    async with as_bank(tx):
        view = await look(tx, [found], at or await moment(tx))
        matter = view.matters[0]
        if found.state is not ApprovalState.WAITING:
            return Detail(approval=found, votes=tuple(matter.votes), progress=None)
        (made,) = await progress(tx, view, [voters_of(view, matter)])
    hindered = matter.refusal.detail if matter.refusal else ""
    return Detail(approval=found, votes=tuple(matter.votes), progress=made, hindered=hindered)


async def approval_trail(tx: Transaction, id: UUID, *, by: Actor) -> list[Event]:
    """Everything that happened to a request, in order. Raises ApprovalNotFound."""
    return await events_of(tx, await get_approval(tx, id, by=by))


async def list_approvals(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    state: ApprovalState | None = None,
    command: str | None = None,
    maker: UUID | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Approval]:
    """Requests, newest first: of a customer, in a state, of a command, of a maker, before another one."""
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM approvals"  # noqa: S608 - names of ours only
        " WHERE (%(customer)s::uuid IS NULL OR customer = %(customer)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(command)s::text IS NULL OR command = %(command)s)"
        " AND (%(maker)s::uuid IS NULL OR maker = %(maker)s)"
        " AND (%(before)s::uuid IS NULL OR (requested_at, id)"
        " < (SELECT requested_at, id FROM approvals WHERE id = %(before)s))"
        " ORDER BY requested_at DESC, id DESC LIMIT %(limit)s",
        {
            "customer": customer,
            "state": state,
            "command": command,
            "maker": maker,
            "before": before,
            "limit": limit,
        },
    )
    return [approval_of(row) for row in await cursor.fetchall()]


async def inbox(
    tx: Transaction, *, by: Actor, after: UUID | None = None, limit: int = 100, at: datetime | None = None
) -> list[InboxItem]:
    """What waits for the actor's yes right now, by id: in one's own right, or for whom one stands in."""
    now = at or await moment(tx)
    found: list[InboxItem] = []
    while len(found) < limit:
        waiting = await _waiting(tx, by, after, now)
        async with as_bank(tx):
            found += await _asked_of(tx, waiting, by, now)
        if len(waiting) < _LOOKED_AT:
            break
        after = waiting[-1].id
    return found[:limit]


async def _waiting(tx: Transaction, by: Actor, after: UUID | None, now: datetime) -> list[Approval]:
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM approvals"  # noqa: S608 - names of ours only
        " WHERE state = 'waiting' AND expires_at > %(now)s"
        " AND (%(customer)s::uuid IS NULL OR customer = %(customer)s)"
        " AND (%(after)s::uuid IS NULL OR id > %(after)s) ORDER BY id LIMIT %(limit)s",
        {"now": now, "customer": by.customer, "after": after, "limit": _LOOKED_AT},
    )
    return [approval_of(row) for row in await cursor.fetchall()]


async def _asked_of(
    tx: Transaction, waiting: Sequence[Approval], by: Actor, now: datetime
) -> list[InboxItem]:
    """Those of the list at which the actor's yes is asked for."""
    actor = (await standings(tx, [by.principal], at=now)).get(by.principal)
    if actor is None or not actor.active:
        return []
    view = await look(tx, waiting, now, actors=[actor])
    made = await progress(tx, view, [voters_of(view, matter) for matter in view.matters])
    found = []
    for matter, far in zip(view.matters, made, strict=True):
        makers = matter.makers(view.people)
        taken = {vote.human for vote in matter.votes} | {vote.acting_for for vote in matter.votes}
        if matter.refusal is not None or actor.human in makers or {actor.id, actor.human} & taken:
            continue
        for voter in voices(view, actor, matter):
            stage = open_stage(far, matter, voter)
            if stage is not None:
                found.append(
                    InboxItem(approval=matter.approval, authority=stage.who, acting_for=voter.acting_for)
                )
                break
    return found
