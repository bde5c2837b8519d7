"""How far requests are: which stages are met by what was said, and what one more yes would change."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sycee.approvals.authority import is_joint, is_personal
from sycee.approvals.examining import Matter, View, suffice
from sycee.approvals.stages import Stage, counted
from sycee.database import Transaction
from sycee.identity import Standing


class Voter(msgspec.Struct, frozen=True):
    """Somebody whose yes is looked at: in person, and for whom."""

    principal: UUID
    acting_for: UUID | None


class StageProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a stage is. ``by``: the principals whose yes is counted at it."""

    stage: Stage
    met: bool
    by: tuple[UUID, ...]
    lacking: str


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a request is; a list of stages for each rule that governs it."""

    rules: tuple[tuple[StageProgress, ...], ...]

    @property
    def complete(self) -> bool:
        """Whether nobody is lacking."""
        return all(stage.met for stages in self.rules for stage in stages)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Who is lacking, stage by stage, each text once."""
        found = [stage.lacking for stages in self.rules for stage in stages if not stage.met]
        return tuple(dict.fromkeys(found))


class _Open(msgspec.Struct):
    """A stage that is judged together and waits for its answer."""

    matter: int
    rule: int
    stage: int
    signers: list[UUID]


def voters_of(view: View, matter: Matter) -> list[Voter]:
    """Those whose yes still counts for something, and for whom they still may stand in."""
    makers = matter.makers(view.people)
    found = []
    for vote in matter.yeses:
        speaker = view.people.get(vote.principal)
        if speaker is None or not speaker.active or speaker.human in makers:
            continue
        absent = vote.acting_for
        if absent is not None and (
            not view.may_stand_in(vote.principal, absent, matter) or view.people[absent].human in makers
        ):
            absent = None
        found.append(Voter(vote.principal, absent))
    return found


def voices(view: View, actor: Standing, matter: Matter) -> list[Voter]:
    """For whom somebody may speak in a matter: in person first, then for each whom one stands in for.

    Never for who asked, nor for who has spoken, in person or through another.
    """
    makers = matter.makers(view.people)
    taken = {vote.human for vote in matter.votes} | {vote.acting_for for vote in matter.votes}
    found = [Voter(actor.id, None)]
    for one in view.substitutions.get(actor.id, ()):
        if view.may_stand_in(actor.id, one.absent, matter):
            absent = view.people[one.absent]
            if absent.human not in makers and not {absent.id, absent.human} & taken:
                found.append(Voter(actor.id, absent.id))
    return found


def carries(voter: Voter, stage: Stage, carriers: frozenset[UUID]) -> bool:
    """Whether somebody's authority, own or lent, reaches a stage."""
    if voter.principal in carriers:
        return True
    return voter.acting_for in carriers and not is_personal(stage)


async def progress(
    tx: Transaction,
    view: View,
    voters: Sequence[Sequence[Voter]],
    *,
    actors: Sequence[Standing] = (),
) -> list[Progress]:
    """How far each matter is if these said yes to it."""
    found: list[list[list[StageProgress]]] = []
    waiting: list[_Open] = []
    for index, matter in enumerate(view.matters):
        found.append([])
        for rule, stages in enumerate(matter.stages):
            made, together = _rule(matter, stages, matter.carriers[rule], voters[index])
            found[index].append(made)
            waiting += [_Open(index, rule, place, signers) for place, signers in together]
    asked = [
        (view.matters[one.matter], view.matters[one.matter].stages[one.rule][one.stage], one.signers)
        for one in waiting
    ]
    answers = await suffice(tx, view, asked, actors) if asked else []
    for one, answer in zip(waiting, answers, strict=True):
        stage = view.matters[one.matter].stages[one.rule][one.stage]
        found[one.matter][one.rule][one.stage] = StageProgress(
            stage=stage,
            met=bool(answer.enough),
            by=tuple(id for id in one.signers if id in answer.carried_by),
            lacking=answer.lacking or str(stage),
        )
    return [Progress(rules=tuple(tuple(stages) for stages in rules)) for rules in found]


def _rule(
    matter: Matter, stages: Sequence[Stage], carriers: Sequence[frozenset[UUID]], voters: Sequence[Voter]
) -> tuple[list[StageProgress], list[tuple[int, list[UUID]]]]:
    """The stages of one rule; those that are judged together are left open, with who signs."""
    joint = [place for place, stage in enumerate(stages) if is_joint(stage)]
    needs = [
        0 if place in joint else stage.count - (stage.with_maker and matter.approval.maker in carriers[place])
        for place, stage in enumerate(stages)
    ]
    # Whoever may sign together with others is kept for that as long as somebody else will do.
    ordered = sorted(voters, key=lambda voter: any(voter.principal in carriers[place] for place in joint))
    reach = [
        [carries(voter, stage, carriers[place]) for place, stage in enumerate(stages)] for voter in ordered
    ]
    taken = counted(needs, reach)
    used = {voter for own in taken for voter in own}
    free = [voter.principal for index, voter in enumerate(ordered) if index not in used]
    made = []
    for place, stage in enumerate(stages):
        by = tuple(ordered[index].principal for index in taken[place])
        short = needs[place] - len(by)
        text = f"{short} × {stage.who}" if short else ""
        made.append(StageProgress(stage=stage, met=not short, by=by, lacking=text))
    signed = [
        (place, free + ([matter.approval.maker] if stages[place].with_maker else [])) for place in joint
    ]
    return made, signed


def open_stage(made: Progress, matter: Matter, voter: Voter) -> Stage | None:
    """The stage at which somebody's yes is asked for now: the first of a rule that is not met.

    Where the signatories of a mandate are judged together, more of them may sign until they suffice.
    """
    for rule, stages in enumerate(made.rules):
        for place, stage in enumerate(stages):
            if stage.met:
                continue
            if carries(voter, stage.stage, matter.carriers[rule][place]):
                return stage.stage
            break
    return None


def any_stage(matter: Matter, voter: Voter) -> Stage | None:
    """A stage of any rule that somebody's authority reaches, met or not."""
    for rule, stages in enumerate(matter.stages):
        for place, stage in enumerate(stages):
            if carries(voter, stage, matter.carriers[rule][place]):
                return stage
    return None
