"""Deciding: a yes or a no to one request or to a thousand, and on the last yes the command itself.

One transaction, one look at everybody concerned, a few statements. The rows of the requests are held in the
order of their ids, so two last yeses cannot both be the last, and neither meets a withdrawal half-way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.approvals.ending import end
from sycee.approvals.errors import (
    ActorNotActive,
    AlreadyDecided,
    ApprovalEnded,
    ApprovalExpired,
    ApprovalNotFound,
    DigestMismatch,
    DutiesSegregated,
    InvalidDecision,
    NotAnApprover,
    NotASubstitute,
    OwnApproval,
)
from sycee.approvals.examining import Matter, View, look
from sycee.approvals.executing import execute
from sycee.approvals.progress import Progress, Voter, any_stage, open_stage, progress, voices, voters_of
from sycee.approvals.records import (
    Actor,
    Approval,
    ApprovalState,
    CastVote,
    Decision,
    DecisionOutcome,
    Vote,
)
from sycee.approvals.requests import CHANGES_RULES
from sycee.approvals.rows import (
    Ending,
    NewEvent,
    approvals_by_id,
    hold_rules,
    insert_events,
    insert_votes,
    moment,
    votes_on,
)
from sycee.approvals.segregation import Part, clashes, duties_of_maker, duties_of_voter
from sycee.database import Transaction, UuidArray, as_bank
from sycee.identity import Scope, Standing, standings
from sycee.kernel.errors import SyceeError

MAX_DECISIONS = 10_000
LONGEST_REASON = 500


class Claim(msgspec.Struct, kw_only=True):
    """What somebody may say to a request. ``repeated``: it was said before, and is looked at again."""

    voter: Voter
    authority: str
    repeated: bool = False


async def decide(
    tx: Transaction, decisions: Sequence[Decision], *, by: Actor, at: datetime | None = None
) -> list[DecisionOutcome]:
    """Say yes or no to requests; returns an outcome for each, in order. What is refused changes nothing.

    A yes to what one said yes to before is looked at again, and so is harmless after a lost answer.
    Raises InvalidDecision and ActorNotActive for the list as a whole.
    """
    _check(decisions)
    # What is seen here, behind the wall where the actor is a customer's, is all that is decided on.
    ids = list(await approvals_by_id(tx, [one.approval for one in decisions]))
    async with as_bank(tx):
        return (await _decide(tx, decisions, ids, by, at))[0]


async def decide_one(
    tx: Transaction, id: UUID, vote: Vote, *, by: Actor, reason: str = "", at: datetime | None = None
) -> Approval:
    """Say yes or no to one request whose content was shown elsewhere than in the inbox, and cannot change.

    Returns it as it is then. A refusal is raised: as ``decide`` does, and ApprovalNotFound, ApprovalEnded,
    ApprovalExpired, OwnApproval, AlreadyDecided, NotAnApprover, MakerNotEntitled, NoRuleCovers,
    DutiesSegregated. A command that refused when it was to be done is none: the request has ``failed``.
    """
    found = (await approvals_by_id(tx, [id])).get(id)
    if found is None:
        raise ApprovalNotFound(f"there is no approval {id}")
    decision = Decision(approval=id, vote=vote, digest=found.digest, reason=reason)
    _check([decision])
    async with as_bank(tx):
        _, refused = await _decide(tx, [decision], [id], by, at)
        if id in refused:
            raise refused[id]
        return (await approvals_by_id(tx, [id]))[id]


async def _decide(
    tx: Transaction, decisions: Sequence[Decision], ids: Sequence[UUID], by: Actor, at: datetime | None
) -> tuple[list[DecisionOutcome], dict[UUID, SyceeError]]:
    await hold_rules(tx, alone=await _any_changes_rules(tx, ids))
    held = await approvals_by_id(tx, ids, lock=True)
    now = at or await moment(tx)
    actor = (await standings(tx, [by.principal], lock=True, at=now)).get(by.principal)
    if actor is None or not actor.active:
        raise ActorNotActive("whoever is suspended or closed decides nothing")
    acting = msgspec.structs.replace(actor, scopes=_shown(actor, by))
    seen = {id: one for id, one in held.items() if by.customer in (None, one.customer)}
    ended = await end(tx, _expired(seen.values(), now), now)
    waiting = [one for one in seen.values() if one.state is ApprovalState.WAITING and one.id not in ended]
    over = await votes_on(tx, seen.keys() - {one.id for one in waiting})
    sitting = _Sitting(tx=tx, actor=acting, now=now, state={**seen, **ended}, over=over)
    return await sitting.decide(decisions, waiting), sitting.refused


def _shown(actor: Standing, by: Actor) -> frozenset[str]:
    """What a machine holds and its credential allows; people have what they were given."""
    if Scope.ADMIN in by.scopes:
        return actor.scopes
    return by.scopes if Scope.ADMIN in actor.scopes else actor.scopes & by.scopes


def _check(decisions: Sequence[Decision]) -> None:
    if not 0 < len(decisions) <= MAX_DECISIONS:
        raise InvalidDecision(f"a list has 1 to {MAX_DECISIONS} decisions, not {len(decisions)}")
    if len({one.approval for one in decisions}) < len(decisions):
        raise InvalidDecision("the list decides on the same request twice")
    for one in decisions:
        if len(one.reason) > LONGEST_REASON:
            raise InvalidDecision(f"a reason has at most {LONGEST_REASON} characters")
        if one.vote == "no" and not one.reason.strip():
            raise InvalidDecision(f"say why approval {one.approval} is turned down")


async def _any_changes_rules(tx: Transaction, ids: Sequence[UUID]) -> bool:
    """A look ahead at what never changes: the lock is taken before the rows, and once."""
    cursor = await tx.execute(
        "SELECT EXISTS (SELECT FROM approvals WHERE id = ANY(%s::uuid[]) AND command = ANY(%s))",
        (UuidArray(list(ids)), sorted(CHANGES_RULES)),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


def _expired(approvals: Iterable[Approval], now: datetime) -> list[Ending]:
    return [
        Ending(approval=one, state=ApprovalState.EXPIRED, what="expired", principal=None)
        for one in approvals
        if one.state is ApprovalState.WAITING and one.expires_at <= now
    ]


class _Sitting(msgspec.Struct, kw_only=True):
    """One person deciding on a list, at one moment."""

    tx: Transaction
    actor: Standing
    now: datetime
    state: dict[UUID, Approval]
    over: dict[UUID, list[CastVote]]
    refused: dict[UUID, SyceeError] = msgspec.field(default_factory=dict)

    async def decide(self, decisions: Sequence[Decision], waiting: list[Approval]) -> list[DecisionOutcome]:
        """Judge each decision, write what was said, do what is complete."""
        view = await look(self.tx, waiting, self.now, actors=[self.actor], lock=True)
        matters = {matter.approval.id: matter for matter in view.matters}
        voters = {id: voters_of(view, matter) for id, matter in matters.items()}
        before = await self._progress(view, voters)
        claims: dict[UUID, Claim] = {}
        for one in decisions:
            if self._said_before(one):
                continue
            try:
                self._refuse_what_is_over(one)
                claims[one.approval] = self._claim(view, matters[one.approval], before[one.approval], one)
            except SyceeError as error:
                self.refused[one.approval] = error
        await self._refuse_clashes(view, decisions, claims)
        await self._write(decisions, claims)
        for one in decisions:
            claim = claims.get(one.approval)
            if claim is not None and one.vote == "yes" and not claim.repeated:
                voters[one.approval].append(claim.voter)
        after = await self._progress(view, voters)
        await self._end(decisions, claims, after)
        return [self._outcome(one, after.get(one.approval)) for one in decisions]

    async def _progress(self, view: View, voters: dict[UUID, list[Voter]]) -> dict[UUID, Progress]:
        lists = [voters[matter.approval.id] for matter in view.matters]
        made = await progress(self.tx, view, lists, actors=[self.actor])
        return {matter.approval.id: one for matter, one in zip(view.matters, made, strict=True)}

    def _said_before(self, decision: Decision) -> bool:
        """Whether it is over, and the actor said just this: an answer was lost, and is given again."""
        said = (decision.vote, decision.digest)
        return any(
            vote.human == self.actor.human and (vote.vote, vote.digest) == said
            for vote in self.over.get(decision.approval, ())
        )

    def _refuse_what_is_over(self, decision: Decision) -> None:
        approval = self.state.get(decision.approval)
        if approval is None:
            raise ApprovalNotFound(f"there is no approval {decision.approval}")
        if approval.state is ApprovalState.EXPIRED:
            raise ApprovalExpired(f"it expired at {approval.expires_at.isoformat()}")
        if approval.state is not ApprovalState.WAITING:
            raise ApprovalEnded(f"it was {approval.state} at {approval.ended_at}")
        if approval.digest != decision.digest:
            raise DigestMismatch(
                f"the request has digest {approval.digest.hex()}, not {decision.digest.hex()[:64]}"
            )

    def _claim(self, view: View, matter: Matter, before: Progress, decision: Decision) -> Claim:
        """As what the actor may say this. Raises why not."""
        makers = matter.makers(view.people)
        if self.actor.human in makers:
            raise OwnApproval("somebody else decides on this: you asked for it")
        said = next((vote for vote in matter.votes if vote.human == self.actor.human), None)
        if said is not None:
            if said.vote != decision.vote or decision.vote == "no":
                raise AlreadyDecided(f"you said {said.vote} at {said.voted_at.isoformat()}")
            self._refuse_matter(matter)
            return Claim(voter=Voter(said.principal, said.acting_for), authority="", repeated=True)
        if any(vote.acting_for in (self.actor.id, self.actor.human) for vote in matter.votes):
            raise AlreadyDecided("somebody who stands in for you has decided on this")
        if decision.vote == "yes":
            self._refuse_matter(matter)
        for voter in self._voices(view, matter, decision):
            stage = open_stage(before, matter, voter) if decision.vote == "yes" else any_stage(matter, voter)
            if stage is not None:
                return Claim(voter=voter, authority=stage.who)
        asked = "; ".join(before.lacking) or "nobody"
        raise NotAnApprover(f"your {decision.vote} is not asked for now: it waits for {asked}")

    @staticmethod
    def _refuse_matter(matter: Matter) -> None:
        if matter.refusal is not None:
            raise matter.refusal

    def _voices(self, view: View, matter: Matter, decision: Decision) -> list[Voter]:
        """For whom the actor may speak, or for whom he says he does."""
        found = voices(view, self.actor, matter)
        if decision.acting_for is None:
            return found
        lent = [voter for voter in found if voter.acting_for == decision.acting_for]
        if not lent:
            raise NotASubstitute(f"you do not stand in for {decision.acting_for} in this")
        return lent

    async def _refuse_clashes(
        self,
        view: View,
        decisions: Sequence[Decision],
        claims: dict[UUID, Claim],
    ) -> None:
        """Take back what somebody may not join with what the same person did elsewhere, makers included."""
        matters = {matter.approval.id: matter for matter in view.matters}
        parts = []
        for one in decisions:
            claim = claims.get(one.approval)
            if claim is None or one.vote != "yes":
                continue
            matter = matters[one.approval]
            things = frozenset(matter.approval.facts.touched())
            own = duties_of_voter(matter.command.name, claim.authority)
            people = [(self.actor.human, own)]
            people += [(human, duties_of_maker(matter.command.name)) for human in matter.makers(view.people)]
            people += [
                (vote.human, duties_of_voter(matter.command.name, vote.authority)) for vote in matter.yeses
            ]
            parts += [
                Part(approval=one.approval, human=human, duties=duties, things=things)
                for human, duties in people
            ]
        for part, pair in zip(parts, await clashes(self.tx, parts, self.now), strict=True):
            if pair is not None and claims.pop(part.approval, None) is not None:
                self.refused[part.approval] = DutiesSegregated(
                    f"one person would join {pair.one!r} and {pair.other!r} on one thing"
                )

    async def _write(self, decisions: Sequence[Decision], claims: dict[UUID, Claim]) -> None:
        votes = []
        for one in decisions:
            claim = claims.get(one.approval)
            if claim is None or claim.repeated:
                continue
            cast = CastVote(
                approval=one.approval,
                human=self.actor.human,
                principal=self.actor.id,
                acting_for=claim.voter.acting_for,
                vote=one.vote,
                authority=claim.authority,
                digest=one.digest,
                reason=one.reason.strip(),
                voted_at=self.now,
            )
            votes.append((self.state[one.approval], cast))
        await insert_votes(self.tx, votes)
        lines = [
            NewEvent(
                approval=approval,
                what=vote.vote,
                principal=vote.principal,
                acting_for=vote.acting_for,
                authority=vote.authority,
                reason=vote.reason,
            )
            for approval, vote in votes
        ]
        await insert_events(self.tx, lines, self.now)

    async def _end(
        self, decisions: Sequence[Decision], claims: dict[UUID, Claim], after: dict[UUID, Progress]
    ) -> None:
        """End what was turned down, and do what nobody is lacking for."""
        endings, complete = [], []
        for one in decisions:
            if one.approval not in claims:
                continue
            approval = self.state[one.approval]
            if one.vote == "no":
                endings.append(
                    Ending(
                        approval=approval,
                        state=ApprovalState.REJECTED,
                        what="rejected",
                        principal=self.actor.id,
                        acting_for=claims[one.approval].voter.acting_for,
                        reason=one.reason.strip(),
                    )
                )
            elif after[one.approval].complete:
                complete.append(approval)
        endings += await execute(self.tx, complete, self.actor.id)
        self.state.update(await end(self.tx, endings, self.now))

    def _outcome(self, decision: Decision, after: Progress | None) -> DecisionOutcome:
        approval, refused = self.state.get(decision.approval), self.refused.get(decision.approval)
        if refused is not None:
            return DecisionOutcome(
                approval=decision.approval,
                accepted=False,
                state=approval.state if approval else None,
                code=refused.code,
                detail=refused.detail,
            )
        assert approval is not None
        waiting = approval.state is ApprovalState.WAITING
        return DecisionOutcome(
            approval=approval.id,
            accepted=True,
            state=approval.state,
            code=approval.code,
            detail=approval.reason if approval.code else "",
            lacking=after.lacking if waiting and after else (),
        )
