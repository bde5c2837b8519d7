"""Looking at requests as everything stands right now: rules, people, substitutions, and what was said so far.

Nothing of this is ever remembered. Whoever was suspended, lost a scope, a mandate or a substitution, counts
no longer; a rule that was released since holds. It is looked at before every decision and every execution.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.approvals.authority import (
    Ask,
    Authority,
    Place,
    authorities,
    holds,
    is_joint,
    may_take_part,
    places_of,
)
from sycee.approvals.commands import Command, command_named
from sycee.approvals.errors import MakerNotEntitled, NoRuleCovers
from sycee.approvals.records import Approval, CastVote
from sycee.approvals.rows import votes_on
from sycee.approvals.rules import Rule, governing, rules_in_force, stages_of
from sycee.approvals.stages import Stage
from sycee.approvals.substitutions import Substitution, substitutes_in_force
from sycee.database import Transaction
from sycee.identity import Standing, standings
from sycee.kernel.errors import SyceeError


class Matter(msgspec.Struct, kw_only=True):
    """A request, and what the rules that govern it ask for: ``stages`` has a list for each of them.

    ``refusal``: why nobody may say yes as things stand. ``carriers``: who carries each stage.
    """

    approval: Approval
    command: Command
    stages: list[tuple[Stage, ...]]
    yeses: list[CastVote]
    votes: list[CastVote]
    place: Place = Place()
    refusal: SyceeError | None = None
    carriers: list[list[frozenset[UUID]]] = msgspec.field(default_factory=list)

    def makers(self, people: Mapping[UUID, Standing]) -> set[UUID]:
        """The persons who asked: the maker, and whom the maker stood in for."""
        found = {self.approval.maker_human}
        absent = people.get(self.approval.maker_for) if self.approval.maker_for else None
        return found | ({absent.human} if absent else set())


class View(msgspec.Struct, kw_only=True):
    """Requests, and the people around them, as they stand at a moment."""

    at: datetime
    matters: list[Matter]
    people: dict[UUID, Standing]
    substitutions: dict[UUID, list[Substitution]]

    def may_stand_in(self, substitute: UUID, absent: UUID, matter: Matter) -> bool:
        """Whether somebody may use another's authority in a matter right now."""
        approval = matter.approval
        other = self.people.get(absent)
        return (
            other is not None
            and may_take_part(other, approval.facts)
            and any(
                one.absent == absent and one.covers(approval.command, approval.facts)
                for one in self.substitutions.get(substitute, ())
            )
        )


async def look(
    tx: Transaction,
    approvals: Sequence[Approval],
    at: datetime,
    *,
    actors: Collection[Standing] = (),
    lock: bool = False,
) -> View:
    """Everything that bears on these requests, in a few statements whatever their number.

    ``actors`` are looked at as they are given: their credentials may allow less than they hold. ``lock``
    keeps everybody concerned from being suspended before the transaction ends.
    """
    votes = await votes_on(tx, [one.id for one in approvals])
    customers = {one.customer for one in approvals if one.customer is not None}
    rules = await rules_in_force(tx, at, customers)
    speaking = {vote.principal for said in votes.values() for vote in said} | {one.id for one in actors}
    makers = {one.maker for one in approvals}
    found = await substitutes_in_force(tx, speaking | makers, at)
    concerned = speaking | makers | {one.absent for one in found}
    concerned |= {vote.acting_for for said in votes.values() for vote in said if vote.acting_for}
    concerned |= {one.maker_for for one in approvals if one.maker_for}
    people = await standings(tx, concerned, lock=lock, at=at)
    places = await places_of(tx, customers, [*people.values(), *actors])
    substitutions: dict[UUID, list[Substitution]] = {}
    for one in found:
        substitutions.setdefault(one.substitute, []).append(one)
    matters = [_matter(approval, votes.get(approval.id, []), rules) for approval in approvals]
    view = View(at=at, matters=matters, people=people, substitutions=substitutions)
    for matter in matters:
        if matter.approval.customer is not None:
            matter.place = places.get(matter.approval.customer, Place())
        matter.refusal = matter.refusal or _maker_refused(view, matter)
    await _ask_who_carries(tx, view, actors)
    return view


def _matter(approval: Approval, votes: list[CastVote], rules: Sequence[Rule]) -> Matter:
    command = command_named(approval.command)
    refusal: SyceeError | None = None
    found: list[Rule | None]
    try:
        found = governing(rules, command, approval.facts)
    except NoRuleCovers as error:
        found, refusal = [None], error
    return Matter(
        approval=approval,
        command=command,
        stages=[stages_of(rule, command) for rule in found],
        yeses=[vote for vote in votes if vote.vote == "yes" and vote.digest == approval.digest],
        votes=votes,
        refusal=refusal,
    )


def _maker_refused(view: View, matter: Matter) -> SyceeError | None:
    """Why the maker may no longer ask for this, if that is so."""
    approval, scope = matter.approval, str(matter.command.maker)
    maker = view.people.get(approval.maker)
    if maker is None or not may_take_part(maker, approval.facts):
        return MakerNotEntitled("whoever asked for this is suspended, closed, or works elsewhere")
    if approval.maker_for is None:
        entitled = holds(maker, scope, approval.facts, matter.place)
    else:
        absent = view.people.get(approval.maker_for)
        entitled = (
            absent is not None
            and view.may_stand_in(maker.id, absent.id, matter)
            and holds(absent, scope, approval.facts, matter.place)
        )
    return None if entitled else MakerNotEntitled(f"{maker.login} may not ask for this (any more): {scope}")


def _stages(matters: Sequence[Matter]) -> Iterator[tuple[Matter, Stage]]:
    for matter in matters:
        for stages in matter.stages:
            for stage in stages:
                yield matter, stage


async def _ask_who_carries(tx: Transaction, view: View, actors: Collection[Standing]) -> None:
    """Fill in who carries each stage: of those who spoke, their absent ones, the makers and the actors."""
    acting = {one.id: one for one in actors}
    stand_ins = {one.absent for id in acting for one in view.substitutions.get(id, ())}
    asks = []
    for matter, stage in _stages(view.matters):
        approval = matter.approval
        ids = (
            {vote.principal for vote in matter.yeses} | {vote.acting_for for vote in matter.yeses} | stand_ins
        )
        if stage.with_maker:
            ids.add(approval.maker)
        known = [view.people[id] for id in ids if id in view.people and id not in acting]
        asks.append(
            (
                stage.authority,
                Ask(
                    detail=stage.detail,
                    command=approval.command,
                    facts=approval.facts,
                    principals=(*known, *acting.values()),
                    place=matter.place,
                ),
            )
        )
    answers = iter(await authorities(tx, asks, view.at))
    for matter in view.matters:
        matter.carriers = [[next(answers).carried_by for _ in stages] for stages in matter.stages]


async def suffice(
    tx: Transaction,
    view: View,
    questions: Sequence[tuple[Matter, Stage, Collection[UUID]]],
    actors: Collection[Standing] = (),
) -> list[Authority]:
    """Whether principals together suffice, for stages that are judged together."""
    acting = {one.id: one for one in actors}
    asks = []
    for matter, stage, ids in questions:
        assert is_joint(stage)
        signers = [acting.get(id) or view.people.get(id) for id in sorted(set(ids))]
        asks.append(
            (
                stage.authority,
                Ask(
                    detail=stage.detail,
                    command=matter.approval.command,
                    facts=matter.approval.facts,
                    principals=tuple(one for one in signers if one is not None),
                ),
            )
        )
    return await authorities(tx, asks, view.at)
