"""Proposals that a domain keeps, each released by an approval that has its id.

The domain keeps what is proposed; the approval keeps that it was asked for, and decides. What an older
version left undecided has no approval yet: it gets one, in the name of who proposed it, when it is decided.
"""

from __future__ import annotations

from uuid import UUID

from sycee.approvals.errors import MakerNotEntitled
from sycee.approvals.records import Approval, CastVote
from sycee.approvals.requests import request_approval
from sycee.approvals.rows import approvals_by_id, votes_on
from sycee.database import Transaction
from sycee.identity import Caller, find_principals


async def last_yes(tx: Transaction, id: UUID) -> CastVote:
    """The yes that was said last to a request: whose word released what it is about."""
    votes = (await votes_on(tx, [id]))[id]
    return [one for one in votes if one.vote == "yes"][-1]


def ended_by(by: UUID | None) -> str:
    """Who is written down for a proposal that was not released; the bank itself, where the time ran out."""
    return "sycee" if by is None else str(by)


async def need_request(
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
