"""Races over real connections: what meets is done once or not at all, by those who may at the time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from sycee.approvals import (
    Approval,
    Decision,
    DecisionOutcome,
    NewSubstitution,
    RuleChange,
    Stage,
    decide,
    end_substitution,
    expire_approvals,
    get_approval,
    substitute,
    withdraw_approvals,
)
from sycee.database import Database, Transaction
from sycee.identity import Caller, Scope, suspend_principal
from sycee.kernel.clock import now
from sycee.kernel.errors import SyceeError
from tests.approvals.house import CHECKER, DECIDE, MAKER, Keepers, a_principal, ask, done

T = TypeVar("T")
ROUNDS = 12


@pytest_asyncio.fixture
async def people(bank: Database) -> dict[str, Caller]:
    """A maker and four checkers."""
    async with bank.transaction() as tx:
        made = {"maker": await a_principal(tx, *MAKER), "reader": await a_principal(tx, Scope.APPROVALS_READ)}
        for name in "abcd":
            made[name] = await a_principal(tx, *CHECKER)
    return made


async def asked(bank: Database, maker: Caller, **fields: Any) -> Approval:
    async with bank.transaction() as tx:
        return await ask(tx, maker, **fields)


async def together(bank: Database, *acts: Callable[[Transaction], Awaitable[Any]]) -> list[Any]:
    """Each act in a transaction of its own, all at once; refusals among the answers."""

    async def one(act: Callable[[Transaction], Awaitable[Any]]) -> Any:
        try:
            return await bank.run(act)
        except SyceeError as error:
            return error

    return await asyncio.gather(*(one(act) for act in acts))


def doing(
    act: Callable[..., Awaitable[T]], *given: Any, **fields: Any
) -> Callable[[Transaction], Awaitable[T]]:
    """An act with all but its transaction."""
    return lambda tx: act(tx, *given, **fields)


def yes(by: Caller, *approvals: Approval) -> Callable[[Transaction], Awaitable[list[DecisionOutcome]]]:
    votes = [Decision(approval=one.id, vote="yes", digest=one.digest) for one in approvals]
    return lambda tx: decide(tx, votes, by=by)


async def times_done(bank: Database, *approvals: Approval) -> list[int]:
    """How often each was done. The table of the test has a primary key: twice would be an error."""
    async with bank.transaction() as tx:
        found = await done(tx)
        states = [(await get_approval(tx, one.id, by=_nobody)).state for one in approvals]
    counts = [found.count(one.id) for one in approvals]
    assert counts == [int(state == "executed") for state in states]
    return counts


class _Nobody:
    """Reads in the bank's name."""

    principal, customer, person = None, None, None
    scopes: frozenset[str] = frozenset()


_nobody: Any = _Nobody()


async def test_of_two_last_yeses_one_does_it(bank: Database, people: dict[str, Caller]) -> None:
    for _ in range(ROUNDS):
        one = await asked(bank, people["maker"])
        answers = await together(bank, *(yes(people[name], one) for name in "abcd"))
        accepted = [answer[0].accepted for answer in answers if isinstance(answer, list)]
        assert sorted(accepted) == [False, False, False, True]
        assert await times_done(bank, one) == [1]


async def test_two_yeses_that_need_each_other_both_count(
    bank: Database, people: dict[str, Caller], keepers: Keepers
) -> None:
    async with bank.transaction() as tx:
        await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    for _ in range(ROUNDS):
        one = await asked(bank, people["maker"])
        answers = await together(bank, yes(people["a"], one), yes(people["b"], one))
        states = [answer[0].state for answer in answers if isinstance(answer, list)]
        assert sorted(str(state) for state in states) == ["executed", "waiting"]
        assert await times_done(bank, one) == [1]


async def test_the_same_yes_sent_twice_at_once_counts_once(
    bank: Database, people: dict[str, Caller], keepers: Keepers
) -> None:
    async with bank.transaction() as tx:
        await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    for _ in range(ROUNDS):
        one = await asked(bank, people["maker"])
        answers = await together(bank, *[yes(people["a"], one)] * 3)
        assert all(isinstance(answer, list) and answer[0].accepted for answer in answers)
        assert await times_done(bank, one) == [0]


async def test_the_same_request_sent_twice_at_once_is_one(bank: Database, people: dict[str, Caller]) -> None:
    for command in ("tests.order", "tests.free"):
        first = await asked(bank, people["maker"], command="tests.other")
        for _ in range(ROUNDS):
            id = (await asked(bank, people["maker"], command="tests.other")).id
            new = type(id)(int=id.int ^ 1)
            answers = await together(bank, *[doing(ask, people["maker"], command, id=new)] * 3)
            assert len({answer.id for answer in answers if isinstance(answer, Approval)}) == 1
            assert all(isinstance(answer, Approval) for answer in answers)
        assert first.state == "waiting"


async def test_a_yes_meets_a_withdrawal_and_one_of_them_wins(
    bank: Database, people: dict[str, Caller]
) -> None:
    for _ in range(ROUNDS):
        one = await asked(bank, people["maker"])
        voted, withdrawn = await together(
            bank,
            yes(people["a"], one),
            doing(withdraw_approvals, [one.id], by=people["maker"]),
        )
        assert isinstance(voted, list)
        assert voted[0].accepted is isinstance(withdrawn, SyceeError)
        assert await times_done(bank, one) == [int(voted[0].accepted)]


async def test_a_yes_meets_a_no_and_one_of_them_wins(bank: Database, people: dict[str, Caller]) -> None:
    for _ in range(ROUNDS):
        one = await asked(bank, people["maker"])
        no = [Decision(approval=one.id, vote="no", digest=one.digest, reason="wrong")]
        answers = await together(bank, yes(people["a"], one), doing(decide, no, by=people["b"]))
        outcomes = [answer[0] for answer in answers if isinstance(answer, list)]
        assert sorted(outcome.accepted for outcome in outcomes) == [False, True]
        assert await times_done(bank, one) == [int(outcomes[0].accepted)]


async def test_a_yes_meets_its_expiry_and_one_of_them_wins(bank: Database, people: dict[str, Caller]) -> None:
    for _ in range(ROUNDS):
        one = await asked(bank, people["maker"], expires_at=now() + timedelta(hours=1))
        later = now() + timedelta(hours=2)
        voted, expired = await together(bank, yes(people["a"], one), doing(expire_approvals, at=later))
        assert isinstance(voted, list)
        assert expired in ((0,) if voted[0].accepted else (0, 1))
        assert await times_done(bank, one) == [int(voted[0].accepted)]


@pytest.mark.parametrize("who", ["maker", "a"])
async def test_nothing_is_done_after_a_suspension_has_been_answered(
    bank: Database, people: dict[str, Caller], who: str
) -> None:
    """The suspension waits for a decision that is under way; once it is answered, nothing more is done."""
    for _ in range(ROUNDS):
        async with bank.transaction() as tx:
            fresh = {"maker": await a_principal(tx, *MAKER), "a": await a_principal(tx, *CHECKER)}
        waiting = [await asked(bank, fresh["maker"], number=number) for number in range(4)]

        async def suspend(tx: Transaction, target: Caller = fresh[who]) -> None:
            await suspend_principal(tx, target.principal, by="tests", reason="investigation")

        async def suspended(waiting: list[Approval] = waiting) -> list[int]:
            await bank.run(suspend)
            return await times_done(bank, *waiting)

        *_, at_suspension = await asyncio.gather(
            *(together(bank, yes(fresh["a"], one)) for one in waiting), suspended()
        )
        assert await times_done(bank, *waiting) == at_suspension


async def test_nothing_is_done_by_the_old_rule_after_a_new_one_was_released(
    bank: Database, people: dict[str, Caller], keepers: Keepers
) -> None:
    for _ in range(ROUNDS):
        waiting = [await asked(bank, people["maker"], number=number) for number in range(4)]

        async def tightened(waiting: list[Approval] = waiting) -> tuple[Any, list[int]]:
            rule = await bank.run(doing(keepers.rule, "tests.order", Stage(who=DECIDE, count=3)))
            return rule, await times_done(bank, *waiting)

        *_, (rule, at_release) = await asyncio.gather(
            *(together(bank, yes(people["a"], one)) for one in waiting), tightened()
        )
        assert await times_done(bank, *waiting) == at_release
        await bank.run(doing(keepers.change, RuleChange(end_rules=(rule,))))


async def test_nothing_is_done_by_a_substitute_after_the_substitution_was_ended(
    bank: Database, people: dict[str, Caller]
) -> None:
    for _ in range(ROUNDS):
        new = NewSubstitution(
            absent=people["a"].principal,
            substitute=people["reader"].principal,
            valid_to=now() + timedelta(days=1),
        )
        lent = await bank.run(doing(substitute, new, by=people["a"].principal))
        waiting = [await asked(bank, people["maker"], number=number) for number in range(4)]

        async def ended(waiting: list[Approval] = waiting, lent: Any = lent) -> list[int]:
            await bank.run(doing(end_substitution, lent.id, by=people["a"]))
            return await times_done(bank, *waiting)

        *_, at_end = await asyncio.gather(
            *(together(bank, yes(people["reader"], one)) for one in waiting), ended()
        )
        assert await times_done(bank, *waiting) == at_end


async def test_two_who_decide_on_the_same_list_in_other_orders_do_not_block_each_other(
    bank: Database, people: dict[str, Caller], keepers: Keepers
) -> None:
    async with bank.transaction() as tx:
        await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    waiting = [await asked(bank, people["maker"], number=number) for number in range(20)]
    answers = await together(bank, yes(people["a"], *waiting), yes(people["b"], *waiting[::-1]))
    assert all(isinstance(answer, list) for answer in answers)
    assert await times_done(bank, *waiting) == [1] * 20


async def test_two_changes_of_rules_are_released_one_after_the_other(
    bank: Database, keepers: Keepers
) -> None:
    acts = [doing(keepers.rule, "tests.order", Stage(who=DECIDE, count=n)) for n in (1, 2, 3, 4)]
    assert all(not isinstance(answer, SyceeError) for answer in await together(bank, *acts))
    async with bank.transaction() as tx:
        cursor = await tx.execute("SELECT count(*) FROM approval_rules WHERE valid_to IS NULL")
        assert await cursor.fetchone() == (1,)
