"""Playing one history to the database and to the model, and comparing after every step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from sycee.approvals import (
    Approval,
    Decision,
    NewSubstitution,
    RuleChange,
    Stage,
    Substitution,
    decide,
    end_substitution,
    expire_approvals,
    inbox,
    list_approvals,
    request_approvals,
    substitute,
    withdraw_approvals,
)
from sycee.approvals import NewApproval as New
from sycee.database import Database, Transaction
from sycee.identity import Caller, Scope, resume_principal, suspend_principal
from sycee.kernel.clock import now
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from tests.approvals.house import KEEPER, Keepers, a_principal, done, order
from tests.approvals.model import ORDER, OTHER, PEOPLE, Asked, Lent, Model, Refusal, Stages

LASTS_H = 6
Step = tuple[Any, ...]


class Player:
    """The house twice: in the database and in the model."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.model = Model()
        self.approvals: list[Approval] = []
        self.lent: list[Substitution] = []
        self.rules: dict[int | None, UUID] = {}
        self.pair: UUID | None = None

    @property
    def at(self) -> datetime:
        """The hour of the history, well after the moments at which rules are released."""
        return self.start + timedelta(hours=self.model.hour)

    async def begin(self) -> None:
        """A new house in a bank without rules."""
        self.start = now() + timedelta(days=1)
        customer, persons = uuid7(), [uuid7() for _ in PEOPLE]
        async with self.database.transaction() as tx:
            await tx.execute(
                "TRUNCATE approvals, approval_votes, approval_events, approval_rules, approval_segregations,"
                " approval_substitutions, done"
            )
            self.people: list[Caller] = [
                await a_principal(tx, *scopes, Scope.APPROVALS_READ, customer=customer, person=persons[human])
                for scopes, human in PEOPLE
            ]
            self.keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
        self.customer = customer

    async def play(self, steps: list[Step]) -> None:
        """Every step to both, comparing what they answer and how everything stands."""
        for number, step in enumerate(steps):
            kind, *given = step
            act = getattr(self, kind)
            await act(*given)
            await self.compare([number % len(PEOPLE)])
        await self.compare(range(len(PEOPLE)))

    async def request(
        self, command: str, maker: int, acting_for: int | None, amount: int | None, thing: int, refuses: bool
    ) -> None:
        until = self.model.hour + LASTS_H
        new = Asked(command, maker, acting_for, amount, thing, refuses, until)
        payload = order(
            len(self.approvals),
            customer=self.customer,
            amount=amount,
            currency=None if amount is None else "CNY",
            things=(f"thing:{thing}",),
            end="refuse" if refuses else "",
        )
        wanted = New(
            id=uuid7(),
            command=command,
            payload=payload,
            expires_at=self.at + timedelta(hours=LASTS_H),
            acting_for=None if acting_for is None else self.people[acting_for].principal,
        )

        async def act(tx: Transaction) -> str:
            (made,) = await request_approvals(tx, [wanted], by=self.people[maker], at=self.at)
            self.approvals.append(made)
            return str(made.state)

        await self.both(lambda: self.model.request(new), act)

    async def vote(self, by: int, votes: list[tuple[int, str, bool, int | None]]) -> None:
        if not self.approvals:
            return
        chosen = {which % len(self.approvals): (vote, right, lent) for which, vote, right, lent in votes}
        wanted: list[tuple[int, str, bool, int | None]] = [
            (which, vote, right, lent) for which, (vote, right, lent) in sorted(chosen.items())
        ]
        decisions = [
            Decision(
                approval=self.approvals[which].id,
                vote="yes" if vote == "yes" else "no",
                digest=self.approvals[which].digest if right else b"\0" * 32,
                reason="because" if vote == "no" else "",
                acting_for=None if acting_for is None else self.people[acting_for].principal,
            )
            for which, vote, right, acting_for in wanted
        ]

        async def act(tx: Transaction) -> list[tuple[bool, str, str | None]]:
            found = await decide(tx, decisions, by=self.people[by], at=self.at)
            return [(one.accepted, str(one.state), one.code) for one in found]

        await self.both(lambda: self.model.decide(by, wanted), act)

    async def withdraw(self, by: int, which: int) -> None:
        if not self.approvals:
            return
        which %= len(self.approvals)

        async def act(tx: Transaction) -> str:
            id = self.approvals[which].id
            return str((await withdraw_approvals(tx, [id], by=self.people[by], at=self.at))[0].state)

        await self.both(lambda: self.model.withdraw(by, which), act)

    async def suspend(self, who: int) -> None:
        self.model.active[who] = not self.model.active[who]
        change = resume_principal if self.model.active[who] else suspend_principal
        async with self.database.transaction() as tx:
            await change(tx, self.people[who].principal, by="tests", reason="test")

    async def rule(self, limit: int | None, makers: int, stages: Stages) -> None:
        wanted = [Stage(who=f"scope:{scope}", count=count) for count, scope in stages]
        async with self.database.transaction() as tx:
            self.rules[limit] = await self.keepers.rule(
                tx, ORDER, *wanted, makers=makers, currency=None if limit is None else "CNY", up_to=limit
            )
        self.model.rules[limit] = (makers, stages)

    async def end_rules(self) -> None:
        if self.rules:
            async with self.database.transaction() as tx:
                await self.keepers.change(tx, RuleChange(end_rules=tuple(self.rules.values())))
        self.rules, self.model.rules = {}, {}

    async def segregate(self) -> None:
        async with self.database.transaction() as tx:
            if self.pair is None:
                self.pair = await self.keepers.segregate(tx, f"make {OTHER}", f"approve {ORDER}")
            else:
                await self.keepers.change(tx, RuleChange(end_segregations=(self.pair,)))
                self.pair = None
        self.model.apart = self.pair is not None

    async def lend(
        self, lending: tuple[int, int], hours: int, up_to: int | None, command: str | None
    ) -> None:
        absent, to = lending
        if PEOPLE[absent][1] == PEOPLE[to][1] or not (self.model.active[absent] and self.model.active[to]):
            return
        new = NewSubstitution(
            absent=self.people[absent].principal,
            substitute=self.people[to].principal,
            valid_to=self.at + timedelta(hours=hours),
            currency=None if up_to is None else "CNY",
            up_to=up_to,
            command=command or "*",
        )
        async with self.database.transaction() as tx:
            self.lent.append(await substitute(tx, new, by=new.absent, at=self.at))
        self.model.lent.append(Lent(absent, to, self.model.hour + hours, up_to, command))

    async def take_back(self, which: int) -> None:
        if not self.lent:
            return
        which %= len(self.lent)
        lent = self.lent[which]
        by = next(one for one in self.people if one.principal == lent.absent)
        async with self.database.transaction() as tx:
            await end_substitution(tx, lent.id, by=by, at=self.at)
        self.model.lent[which].until = min(self.model.lent[which].until, self.model.hour)

    async def wait(self, hours: int) -> None:
        self.model.hour += hours

    async def sweep(self) -> None:
        async def act(tx: Transaction) -> int:
            return await expire_approvals(tx, at=self.at)

        await self.both(self.model.sweep, act)

    async def both(self, of_model: Any, act: Any) -> None:
        """The same answer, or the same refusal, from both."""
        expected: Any
        answer: Any
        try:
            expected = of_model()
        except Refusal as refusal:
            expected = str(refusal)
        try:
            async with self.database.transaction() as tx:
                answer = await act(tx)
        except SyceeError as error:
            answer = error.code
        assert answer == expected

    async def compare(self, inboxes: Iterable[int]) -> None:
        """How everything stands, what was done, and what waits for some of the people."""
        async with self.database.transaction() as tx:
            kept = {one.id: one.state for one in await list_approvals(tx, customer=self.customer)}
            states = [str(kept[one.id]) for one in self.approvals]
            assert states == [asked.state for asked in self.model.asked]
            executed = [
                one.id
                for one, asked in zip(self.approvals, self.model.asked, strict=True)
                if asked.state == "executed"
            ]
            assert await done(tx) == sorted(executed)
            for index in inboxes:
                await self._compare_inbox(tx, index, self.people[index])

    async def _compare_inbox(self, tx: Transaction, index: int, person: Caller) -> None:
        found = await inbox(tx, by=person, at=self.at)
        expected = [self.approvals[which].id for which in self.model.inbox(index)]
        assert [item.approval.id for item in found] == expected, msgspec.json.encode(self.model.asked)
