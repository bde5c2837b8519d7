"""Proposals that a domain keeps, each released by an approval that has its id.

The domain keeps what is proposed; the approval keeps that it was asked for, and decides. What an older
version left undecided has no approval yet: it gets one, in the name of who proposed it, when it is decided.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from sycee.approvals.decisions import decide_one
from sycee.approvals.ending import withdraw_approvals
from sycee.approvals.errors import MakerNotEntitled
from sycee.approvals.records import Actor, Approval, CastVote
from sycee.approvals.requests import request_approval
from sycee.approvals.rows import approvals_by_id, votes_on
from sycee.database import Transaction
from sycee.identity import Caller, find_principals


class Proposed(Protocol):
    """What a domain keeps of a proposal, as far as approvals care."""

    @property
    def proposed_by(self) -> str:
        """Who proposed it: the id of a principal or, in the oldest proposals, that of a token."""


Kept = TypeVar("Kept", bound=Proposed)


@dataclass(frozen=True)
class Proposals(Generic[Kept]):
    """Proposals of one kind, decided one at a time through the approvals that have their ids.

    ``get`` and ``refuse_decided`` are the domain's and raise its errors; ``payload`` is what an approval
    holds; ``check`` raises where a yes could release nothing, so that none is said.
    """

    command: str
    get: Callable[[Transaction, UUID], Awaitable[Kept]]
    refuse_decided: Callable[[Kept], None]
    payload: Callable[[Transaction, Kept], Awaitable[bytes]]
    check: Callable[[Transaction, Kept], Awaitable[None]] | None = None

    async def approve(self, tx: Transaction, id: UUID, *, by: Actor, remark: str = "") -> Kept:
        """Say yes; the last yes releases it. Raises what the domain does, and as ``decide_one`` does."""
        found = await self.requested(tx, id)
        if self.check is not None:
            await self.check(tx, found)
        await decide_one(tx, id, "yes", by=by, reason=remark)
        return await self.get(tx, id)

    async def reject(self, tx: Transaction, id: UUID, *, by: Actor, remark: str) -> Kept:
        """Say no, and why. Raises what the domain does, and as ``decide_one`` does."""
        await self.requested(tx, id)
        await decide_one(tx, id, "no", by=by, reason=remark)
        return await self.get(tx, id)

    async def withdraw(self, tx: Transaction, id: UUID, *, by: Actor, remark: str = "") -> Kept:
        """Take one's own back. Raises what the domain does, and as ``withdraw_approvals`` does."""
        await self.requested(tx, id)
        await withdraw_approvals(tx, [id], by=by, reason=remark)
        return await self.get(tx, id)

    async def requested(self, tx: Transaction, id: UUID) -> Kept:
        """A proposal that waits, and whose approval was asked for.

        Raises what the domain does, MakerNotEntitled, and as ``request_approval`` does.
        """
        found = await self.get(tx, id)
        self.refuse_decided(found)
        await _need_request(
            tx, self.command, await self.payload(tx, found), proposal=id, proposed_by=found.proposed_by
        )
        return found


async def last_yes(tx: Transaction, id: UUID) -> CastVote:
    """The yes that was said last to a request: whose word released what it is about."""
    votes = (await votes_on(tx, [id]))[id]
    return [one for one in votes if one.vote == "yes"][-1]


def ended_by(by: UUID | None) -> str:
    """Who is written down for a proposal that was not released; the bank itself, where the time ran out."""
    return "sycee" if by is None else str(by)


async def _need_request(
    tx: Transaction, command: str, payload: bytes, *, proposal: UUID, proposed_by: str
) -> Approval:
    """The request of a proposal; of one that an older version left undecided it is made now.

    Raises MakerNotEntitled where who proposed it is nobody any more, and as ``request_approval`` does.
    """
    found = (await approvals_by_id(tx, [proposal])).get(proposal)
    if found is not None:
        return found
    maker = await _proposer(tx, proposed_by)
    if maker is None:
        raise MakerNotEntitled(f"{proposed_by} proposed this and is gone: somebody else proposes it again")
    return await request_approval(tx, command, payload, by=maker, id=proposal)


async def _proposer(tx: Transaction, proposed_by: str) -> Caller | None:
    """Who proposed something, by the id of a principal or, in the oldest proposals, that of a token."""
    try:
        found = await find_principals(tx, ids=[UUID(proposed_by)])
    except ValueError:
        found = await find_principals(tx, login=f"token.{proposed_by}")
    if not found:
        return None
    (one,) = found
    return Caller(
        id=str(one.id),
        principal=one.id,
        kind=one.kind,
        name=one.name,
        customer=one.customer,
        person=one.person,
        scopes=frozenset(one.scopes),
    )
