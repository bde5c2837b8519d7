"""Asking: a command is kept with the digest of its payload, and waits for those whom the rules name.

Where they name nobody it is done at once. The same id with the same content is answered as it stands.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sycee.approvals.authority import may_take_part
from sycee.approvals.commands import command_named
from sycee.approvals.errors import (
    ActorNotActive,
    ApprovalIdReused,
    DutiesSegregated,
    ForeignCustomer,
    InvalidApproval,
)
from sycee.approvals.examining import View, look
from sycee.approvals.executing import execute_or_raise
from sycee.approvals.facts import Facts, legible
from sycee.approvals.progress import progress, voters_of
from sycee.approvals.records import Actor, Approval, ApprovalState, NewApproval
from sycee.approvals.rows import (
    NewEvent,
    approvals_by_id,
    end_approvals,
    hold_rules,
    insert_approvals,
    insert_events,
    moment,
)
from sycee.approvals.segregation import Part, clashes, duties_of_maker
from sycee.database import Transaction, as_bank
from sycee.identity import Standing, standings
from sycee.kernel.money import Amount

MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
CHANGES_RULES = frozenset({"approvals.rules", "approvals.substitute"})
"""Commands that change what everybody goes by, and so run while nobody else decides."""


async def request_approval(
    tx: Transaction,
    command: str,
    payload: bytes,
    *,
    by: Actor,
    id: UUID,
    expires_at: datetime | None = None,
    acting_for: UUID | None = None,
) -> Approval:
    """Ask for one command, as ``request_approvals`` does for a list."""
    new = NewApproval(id=id, command=command, payload=payload, expires_at=expires_at, acting_for=acting_for)
    return (await request_approvals(tx, [new], by=by))[0]


async def request_approvals(
    tx: Transaction, new: Sequence[NewApproval], *, by: Actor, at: datetime | None = None
) -> list[Approval]:
    """Ask for commands, all or none; returns them in order, waiting or executed.

    Where nobody beyond the maker has to agree it is done at once, and what the domain refuses is raised.
    Raises UnknownCommand, InvalidApproval, ForeignCustomer, ActorNotActive, ApprovalIdReused,
    MakerNotEntitled, NoRuleCovers, DutiesSegregated, and whatever describing or executing a command raises.
    """
    if len({one.id for one in new}) < len(new):
        raise InvalidApproval("the list names the same id twice")
    async with as_bank(tx):
        await hold_rules(tx, alone=any(one.command in CHANGES_RULES for one in new))
        now = at or await moment(tx)
        maker = (await standings(tx, [by.principal], lock=True, at=now)).get(by.principal)
    if maker is None or not maker.active:
        raise ActorNotActive("whoever is suspended or closed asks for nothing")
    # Described behind the wall, where the maker is a customer's: of what is another's nothing can be said.
    described = await _described(tx, new)
    wanted = [_drawn_up(one, facts, maker, now) for one, facts in zip(new, described, strict=True)]
    async with as_bank(tx):
        return await _keep(tx, wanted, by, now)


async def _keep(tx: Transaction, wanted: Sequence[Approval], by: Actor, now: datetime) -> list[Approval]:
    """Keep requests that are new, and do those that need nobody else."""
    made = await insert_approvals(tx, wanted)
    kept = await approvals_by_id(tx, [one.id for one in wanted if one.id not in made])
    for one in wanted:
        if one.id in kept and not _same(kept[one.id], one):
            raise ApprovalIdReused(f"approval {one.id} was asked for before, by somebody else or otherwise")
    fresh = [one for one in wanted if one.id in made]
    begun = [NewEvent(approval=one, what="requested", principal=by.principal, acting_for=one.maker_for)
             for one in fresh]  # fmt: skip
    await insert_events(tx, begun, now)
    found = {**kept, **await _settle(tx, fresh, by.principal, now)}
    return [found[one.id] for one in wanted]


async def _described(tx: Transaction, new: Sequence[NewApproval]) -> list[Facts]:
    """What each command says of its payload; those that can are asked once for all."""
    by_command: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(new):
        if len(one.payload) > MAX_PAYLOAD_BYTES:
            raise InvalidApproval(f"a payload has at most {MAX_PAYLOAD_BYTES} bytes")
        by_command[one.command].append(place)
    found: dict[int, Facts] = {}
    for name, places in by_command.items():
        command = command_named(name)
        if command.describe_many is not None:
            described = await command.describe_many(tx, [new[place].payload for place in places])
        else:
            described = [await command.describe(tx, new[place].payload) for place in places]
        found.update(zip(places, described, strict=True))
    return [found[place] for place in range(len(new))]


def _drawn_up(new: NewApproval, facts: Facts, maker: Standing, now: datetime) -> Approval:
    """The request as it is to be kept."""
    command = command_named(new.command)
    _check_facts(facts)
    if not may_take_part(maker, facts):
        raise ForeignCustomer("that belongs to somebody else")
    expires_at = new.expires_at or now + command.lifetime
    if expires_at.tzinfo is None or expires_at <= now:
        raise InvalidApproval(
            f"it would expire at {expires_at.isoformat()}: a moment to come, with its offset"
        )
    return Approval(
        cell=facts.cell,
        id=new.id,
        command=new.command,
        customer=facts.customer,
        payload=new.payload,
        digest=hashlib.sha256(new.payload).digest(),
        facts=legible(facts),
        maker=maker.id,
        maker_human=maker.human,
        maker_for=None if new.acting_for == maker.id else new.acting_for,
        state=ApprovalState.WAITING,
        requested_at=now,
        expires_at=expires_at,
        ended_at=None,
        code=None,
        reason="",
        result=None,
    )


def _check_facts(facts: Facts) -> None:
    if (facts.amount is None) is not (facts.currency is None):
        raise InvalidApproval("an amount has a currency, and a currency an amount")
    if facts.amount is not None and facts.amount < 0:
        raise InvalidApproval(f"{Amount(facts.amount, facts.currency or '')} is no amount to agree to")


def _same(kept: Approval, wanted: Approval) -> bool:
    def content(one: Approval) -> tuple[object, ...]:
        return one.command, one.digest, one.maker, one.maker_for

    return content(kept) == content(wanted)


async def _settle(
    tx: Transaction, fresh: Sequence[Approval], by: UUID, now: datetime
) -> dict[UUID, Approval]:
    """Look at new requests, and do those that need nobody else."""
    if not fresh:
        return {}
    view = await look(tx, fresh, now, lock=True)
    for matter in view.matters:
        if matter.refusal is not None:
            raise matter.refusal
    await refuse_clashes(tx, view, now)
    made = await progress(tx, view, [voters_of(view, matter) for matter in view.matters])
    endings = [
        await execute_or_raise(tx, one, by) for one, far in zip(fresh, made, strict=True) if far.complete
    ]
    return {**{one.id: one for one in fresh}, **await end_approvals(tx, endings, now)}


async def refuse_clashes(tx: Transaction, view: View, now: datetime) -> None:
    """Raise DutiesSegregated when a maker did something on the same thing that does not go with asking."""
    parts = [
        Part(
            approval=matter.approval.id,
            human=human,
            duties=duties_of_maker(matter.command.name),
            things=frozenset(matter.approval.facts.touched()),
        )
        for matter in view.matters
        for human in sorted(matter.makers(view.people))
    ]
    for part, pair in zip(parts, await clashes(tx, parts, now), strict=True):
        if pair is not None:
            raise DutiesSegregated(
                f"the maker of {part.approval} joins {pair.one!r} and {pair.other!r} on one thing"
            )
