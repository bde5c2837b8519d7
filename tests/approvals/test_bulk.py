"""A list costs statements of its kind, not of its length."""

from __future__ import annotations

from typing import Any

import pytest

from sycee.approvals import Decision, NewApproval, Stage, decide, request_approvals
from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from tests.approvals.house import (
    CHECKER,
    DECIDE,
    MAKER,
    Keepers,
    Refused,
    a_principal,
    done,
    order,
    statements,
)


async def test_a_thousand_yeses_take_as_many_statements_as_ten(
    tx: Transaction, keepers: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keepers.rule(tx, "tests.bulk", Stage(who=DECIDE, count=2))
    maker, one, two = [await a_principal(tx, *scopes) for scopes in (MAKER, CHECKER, CHECKER)]
    taken = {}
    for size in (10, 1_000):
        new = [
            NewApproval(id=uuid7(), command="tests.bulk", payload=order(number, accounts=(number,)))
            for number in range(size)
        ]
        asked: list[Any] = []

        async def request(new: list[NewApproval] = new, asked: list[Any] = asked) -> None:
            asked += await request_approvals(tx, new, by=maker)

        counts = [await statements(tx, monkeypatch, request)]
        votes = [Decision(approval=one.id, vote="yes", digest=one.digest) for one in asked]
        for checker in (one, two):

            async def say(votes: list[Decision] = votes, by: Any = checker) -> None:
                outcomes = await decide(tx, votes, by=by)
                assert all(outcome.accepted for outcome in outcomes)

            counts.append(await statements(tx, monkeypatch, say))
        taken[size] = counts
    assert taken[10] == taken[1_000]
    assert max(taken[10]) < 30
    assert len(await done(tx)) == 1_010


async def test_a_command_that_describes_many_is_asked_once_and_refuses_all_or_none(
    tx: Transaction, keepers: Keepers
) -> None:
    maker = await a_principal(tx, *MAKER)
    new = [
        NewApproval(id=uuid7(), command=command, payload=order(number, accounts=(number,)))
        for number, command in enumerate(("tests.pairs", "tests.bulk", "tests.pairs"))
    ]
    asked = await request_approvals(tx, new, by=maker)
    assert [(one.command, one.facts.accounts) for one in asked] == [
        ("tests.pairs", (0,)),
        ("tests.bulk", (1,)),
        ("tests.pairs", (2,)),
    ]
    odd = [NewApproval(id=uuid7(), command="tests.pairs", payload=order(3))]
    with pytest.raises(Refused):
        await request_approvals(tx, odd, by=maker)
