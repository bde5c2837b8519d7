"""Segregation of duties: what one person may not join on one thing, from one request to another.

A duty is ``make accounts.change``, ``approve rates.*`` or ``as bank:approvals:decide``: to have asked, to
have agreed, to have agreed by an authority. A pair of them that is in force keeps whoever did the one on a
thing (an account, a rate) from the other on the same thing, whatever the order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.approvals.errors import InvalidRule
from sycee.approvals.rules import is_pattern, matches
from sycee.database import TextArray, Transaction, UuidArray


class NewSegregation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two duties to be kept apart."""

    one: str
    other: str
    note: str = ""


class Segregation(NewSegregation, frozen=True, kw_only=True):
    """Two duties that are kept apart, by the approval ``released_by``."""

    id: UUID
    valid_from: datetime
    valid_to: datetime | None
    released_by: UUID


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did or is about to do: ``duties`` as they are written, about ``things``."""

    approval: UUID
    human: UUID
    duties: tuple[str, ...]
    things: frozenset[str]


def duties_of_maker(command: str) -> tuple[str, ...]:
    """The duties of whoever asks."""
    return (f"make {command}",)


def duties_of_voter(command: str, authority: str) -> tuple[str, ...]:
    """The duties of whoever agrees."""
    return (f"approve {command}", f"as {authority}")


def check_segregation(new: NewSegregation) -> None:
    """Refuse a pair that makes no sense. Raises InvalidRule."""
    for duty in (new.one, new.other):
        kind, _, what = duty.partition(" ")
        known = is_pattern(what) if kind in ("make", "approve") else kind == "as" and 0 < len(what) <= 100
        if not known:
            raise InvalidRule(
                f"{duty[:60]!r} is no duty: make or approve and a command, or as and an authority"
            )
    if len(new.note) > 500:
        raise InvalidRule("the note has at most 500 characters")


def _is(written: str, duty: str) -> bool:
    kind, _, what = written.partition(" ")
    done, _, of = duty.partition(" ")
    if kind != done:
        return False
    return what == of if kind == "as" else matches(what, of)


def clash(pairs: Collection[Segregation], new: Part, done: Part) -> Segregation | None:
    """The pair that keeps somebody who did one thing from doing another, if there is one."""
    if new.human != done.human or new.approval == done.approval or not new.things & done.things:
        return None
    for pair in pairs:
        for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
            if any(_is(one, duty) for duty in new.duties) and any(_is(other, duty) for duty in done.duties):
                return pair
    return None


async def segregations_in_force(tx: Transaction, at: datetime) -> list[Segregation]:
    """The pairs that hold at a moment."""
    cursor = await tx.execute(
        "SELECT one, other, note, id, valid_from, valid_to, released_by FROM approval_segregations"
        " WHERE valid_from <= %s AND (valid_to IS NULL OR valid_to > %s) ORDER BY id",
        (at, at),
    )
    return [
        Segregation(**dict(zip(Segregation.__struct_fields__, row, strict=True)))
        for row in await cursor.fetchall()
    ]


async def clashes(tx: Transaction, parts: Sequence[Part], at: datetime) -> list[Segregation | None]:
    """For each part, the pair that forbids it because of what the same person did before, if one does."""
    pairs = await segregations_in_force(tx, at)
    touched = [
        part for part in parts
        if any(_is(duty, own) for pair in pairs for duty in (pair.one, pair.other) for own in part.duties)
    ]  # fmt: skip
    done = await _done(tx, touched) if touched else []
    return [
        next((pair for one in done if (pair := clash(pairs, part, one)) is not None), None) for part in parts
    ]


async def _done(tx: Transaction, parts: Sequence[Part]) -> list[Part]:
    """What these persons did on these things, in requests that wait or were executed."""
    things = sorted({thing for part in parts for thing in part.things})
    humans = sorted({part.human for part in parts})
    # Two acts of one person on one thing, in different requests, lock no row in common: they meet here.
    for human in humans:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"duties {human}",))
    cursor = await tx.execute(
        """
        SELECT a.id, a.maker_human, a.command, NULL, a.things FROM approvals a
        WHERE a.maker_human = ANY(%(humans)s) AND a.things && %(things)s
              AND a.state IN ('waiting', 'executed')
        UNION ALL
        SELECT a.id, v.human, a.command, v.authority, a.things
        FROM approval_votes v JOIN approvals a ON a.cell = v.cell AND a.id = v.approval
        WHERE v.human = ANY(%(humans)s) AND v.vote = 'yes' AND a.things && %(things)s
              AND a.state IN ('waiting', 'executed')
        """,
        {"humans": UuidArray(humans), "things": TextArray(things)},
    )
    return [
        Part(
            approval=row[0],
            human=row[1],
            duties=duties_of_maker(row[2]) if row[3] is None else duties_of_voter(row[2], row[3]),
            things=frozenset(row[4]),
        )
        for row in await cursor.fetchall()
    ]
