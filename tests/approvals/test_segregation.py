"""Duties that one person may not join on one thing, from one request to another."""

from __future__ import annotations

import pytest

from sycee.approvals import DutiesSegregated, RuleChange, withdraw_approvals
from sycee.database import Transaction
from sycee.identity import Caller
from tests.approvals.house import CHECKER, DECIDE, MAKER, Keepers, a_principal, ask, done, say

ACCOUNT, OTHER = 101000000000000013, 101000000000000021


@pytest.fixture
async def both(tx: Transaction) -> Caller:
    return await a_principal(tx, *MAKER, *CHECKER)


async def test_who_asked_for_one_does_not_agree_to_the_other_on_the_same_thing(
    tx: Transaction, keepers: Keepers, both: Caller, maker: Caller
) -> None:
    await keepers.segregate(tx, "make tests.other", "approve tests.order")
    await ask(tx, both, "tests.other", accounts=(ACCOUNT,))
    asked = await ask(tx, maker, accounts=(ACCOUNT, OTHER))
    outcome = await say(tx, both, asked)
    assert (outcome.accepted, outcome.code, await done(tx)) == (False, "duties_segregated", [])
    elsewhere = await ask(tx, maker, accounts=(OTHER,))
    assert (await say(tx, both, elsewhere)).state == "executed"
    assert (await say(tx, await a_principal(tx, *CHECKER), asked)).state == "executed"


async def test_it_holds_the_other_way_round(
    tx: Transaction, keepers: Keepers, both: Caller, maker: Caller
) -> None:
    await keepers.segregate(tx, "make tests.other", "approve tests.order")
    await say(tx, both, await ask(tx, maker, things=("limit:7",)))
    with pytest.raises(DutiesSegregated):
        async with tx.transaction():
            await ask(tx, both, "tests.other", things=("limit:7",))
    assert (await ask(tx, both, "tests.other", things=("limit:8",))).state == "waiting"


async def test_nobody_agrees_to_both_of_two(
    tx: Transaction, keepers: Keepers, both: Caller, maker: Caller
) -> None:
    await keepers.segregate(tx, "approve tests.*", f"as {DECIDE}")
    first, second = [await ask(tx, maker, number=n, accounts=(ACCOUNT,)) for n in (1, 2)]
    assert (await say(tx, both, first)).state == "executed"
    assert (await say(tx, both, second)).code == "duties_segregated"


async def test_what_came_to_nothing_keeps_nobody_from_anything(
    tx: Transaction, keepers: Keepers, both: Caller, maker: Caller
) -> None:
    await keepers.segregate(tx, "make tests.other", "approve tests.order")
    first = await ask(tx, both, "tests.other", accounts=(ACCOUNT,))
    await withdraw_approvals(tx, [first.id], by=both)
    assert (await say(tx, both, await ask(tx, maker, accounts=(ACCOUNT,)))).state == "executed"


async def test_a_pair_that_is_put_in_force_holds_for_what_waits_and_ends_when_it_is_ended(
    tx: Transaction, keepers: Keepers, both: Caller, maker: Caller
) -> None:
    await ask(tx, both, "tests.other", accounts=(ACCOUNT,))
    asked = await ask(tx, maker, accounts=(ACCOUNT,))
    pair = await keepers.segregate(tx, "make tests.other", "approve tests.order")
    assert (await say(tx, both, asked)).code == "duties_segregated"
    await keepers.change(tx, RuleChange(end_segregations=(pair,)))
    assert (await say(tx, both, asked)).state == "executed"


async def test_earlier_yeses_are_looked_at_again_at_the_last_one(
    tx: Transaction, keepers: Keepers, both: Caller, maker: Caller
) -> None:
    await keepers.rule(tx, "tests.order", DECIDE, "bank:approvals:decide")
    asked = await ask(tx, maker, accounts=(ACCOUNT,))
    await ask(tx, both, "tests.other", accounts=(ACCOUNT,))
    assert (await say(tx, both, asked)).state == "waiting"
    await keepers.segregate(tx, "make tests.other", "approve tests.order")
    last = await say(tx, await a_principal(tx, *CHECKER), asked)
    assert (last.accepted, last.code, await done(tx)) == (False, "duties_segregated", [])
