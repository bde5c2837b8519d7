"""Standing in for another: for a time, for some commands, up to an amount; never for who asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sycee.approvals import (
    Decision,
    InvalidSubstitution,
    MakerNotEntitled,
    NewSubstitution,
    NotASubstitute,
    Stage,
    Substitution,
    SubstitutionNotFound,
    approval_trail,
    decide,
    end_substitution,
    inbox,
    list_substitutions,
    substitute,
    substitution_payload,
)
from sycee.database import Transaction
from sycee.identity import Caller, Scope, close_principal, resume_principal, suspend_principal
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from sycee.kernel.money import UnknownCurrency
from tests.approvals.house import CHECKER, DECIDE, MAKER, Keepers, a_principal, ask, done, order, say

WEEK = timedelta(days=7)


@pytest.fixture
async def absent(tx: Transaction) -> Caller:
    return await a_principal(tx, *CHECKER, name="absent")


@pytest.fixture
async def stand_in(tx: Transaction) -> Caller:
    return await a_principal(tx, Scope.APPROVALS_READ, name="standin")


async def lend(tx: Transaction, absent: Caller, to: Caller, **fields: Any) -> Substitution:
    given = {"valid_to": now() + WEEK, **fields}
    new = NewSubstitution(absent=absent.principal, substitute=to.principal, **given)
    return await substitute(tx, new, by=absent.principal)


async def test_a_substitute_uses_the_others_authority_while_it_is_lent(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller
) -> None:
    asked = await ask(tx, maker)
    assert (await say(tx, stand_in, asked)).code == "not_an_approver"
    await lend(tx, absent, stand_in)
    (item,) = await inbox(tx, by=stand_in)
    assert (item.approval.id, item.acting_for) == (asked.id, absent.principal)
    assert (await say(tx, stand_in, asked)).state == "executed"
    said = (await approval_trail(tx, asked.id, by=maker))[1]
    assert (said.what, said.principal, said.acting_for) == ("yes", stand_in.principal, absent.principal)


async def test_it_begins_and_ends_on_time(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller
) -> None:
    start = now() + timedelta(days=1)
    await lend(tx, absent, stand_in, valid_from=start, valid_to=start + WEEK)
    for at, accepted in (
        (start - timedelta(seconds=1), False),
        (start + WEEK, False),
        (start, True),
    ):
        asked = await ask(tx, maker)
        vote = Decision(approval=asked.id, vote="yes", digest=asked.digest)
        (outcome,) = await decide(tx, [vote], by=stand_in, at=at)
        assert outcome.accepted is accepted


@pytest.mark.parametrize(
    ("narrow", "accepted"),
    [
        ({"command": "tests.order"}, True),
        ({"command": "tests.*"}, True),
        ({"command": "tests.other"}, False),
        ({"command": "payments.*"}, False),
        ({"currency": "CNY", "up_to": 100}, True),
        ({"currency": "CNY", "up_to": 99}, False),
        ({"currency": "USD", "up_to": 100}, False),
    ],
)
async def test_it_is_narrowed_by_command_and_amount(
    tx: Transaction,
    maker: Caller,
    absent: Caller,
    stand_in: Caller,
    narrow: dict[str, Any],
    accepted: bool,
) -> None:
    await lend(tx, absent, stand_in, **narrow)
    asked = await ask(tx, maker, amount=100, currency="CNY")
    assert (await say(tx, stand_in, asked)).accepted is accepted


async def test_a_limit_does_not_reach_what_has_no_amount(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller
) -> None:
    await lend(tx, absent, stand_in, currency="CNY", up_to=100)
    assert (await say(tx, stand_in, await ask(tx, maker))).code == "not_an_approver"


async def test_a_makers_authority_is_nobodys_to_use_on_the_makers_own(
    tx: Transaction, stand_in: Caller
) -> None:
    both = await a_principal(tx, *MAKER, *CHECKER)
    await lend(tx, both, stand_in)
    asked = await ask(tx, both)
    for fields in ({}, {"acting_for": both.principal}):
        outcome = await say(tx, stand_in, asked, **fields)
        assert outcome.code in ("not_an_approver", "not_a_substitute")
    assert (await inbox(tx, by=stand_in), await done(tx)) == ([], [])
    own = await a_principal(tx, *CHECKER)
    await lend(tx, both, own)
    assert (await say(tx, own, asked)).state == "executed"  # by an authority of his own


async def test_the_maker_does_not_agree_by_standing_in_for_somebody(
    tx: Transaction, maker: Caller, absent: Caller
) -> None:
    await lend(tx, absent, maker)
    asked = await ask(tx, maker)
    for fields in ({}, {"acting_for": absent.principal}):
        assert (await say(tx, maker, asked, **fields)).code == "own_approval"
    assert await inbox(tx, by=maker) == []


async def test_who_made_by_standing_in_makes_the_other_a_maker_too(tx: Transaction, stand_in: Caller) -> None:
    both = await a_principal(tx, *MAKER, *CHECKER)
    with pytest.raises(MakerNotEntitled):
        async with tx.transaction():
            await ask(tx, stand_in, acting_for=both.principal)
    lent = await lend(tx, both, stand_in)
    asked = await ask(tx, stand_in, acting_for=both.principal)
    assert (await say(tx, both, asked)).code == "own_approval"
    await end_substitution(tx, lent.id, by=both)
    assert (await say(tx, await a_principal(tx, *CHECKER), asked)).code == "maker_not_entitled"


async def test_one_authority_counts_once_in_person_or_through_another(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    other = await a_principal(tx, Scope.APPROVALS_READ)
    await lend(tx, absent, stand_in)
    await lend(tx, absent, other)
    asked = await ask(tx, maker)
    assert (await say(tx, stand_in, asked)).accepted
    assert (await say(tx, absent, asked)).code == "already_decided"
    assert (await say(tx, other, asked)).code == "not_an_approver"
    second = await ask(tx, maker, number=2)
    assert (await say(tx, absent, second)).accepted
    assert (await say(tx, stand_in, second)).code == "not_an_approver"
    assert await done(tx) == []


async def test_one_person_counts_once_by_whatever_authority(
    tx: Transaction, maker: Caller, absent: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    own = await a_principal(tx, *CHECKER)
    await lend(tx, absent, own)
    asked = await ask(tx, maker)
    assert (await say(tx, own, asked)).lacking
    again = await say(tx, own, asked, acting_for=absent.principal)
    assert (again.state, await done(tx)) == ("waiting", [])


async def test_what_is_lent_is_not_lent_on(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller
) -> None:
    third = await a_principal(tx, Scope.APPROVALS_READ)
    await lend(tx, absent, stand_in)
    await lend(tx, stand_in, third)
    asked = await ask(tx, maker)
    assert (await say(tx, third, asked)).code == "not_an_approver"
    assert (await say(tx, third, asked, acting_for=absent.principal)).code == "not_a_substitute"


@pytest.mark.parametrize("how", ["ended", "absent suspended", "substitute suspended"])
async def test_a_yes_counts_no_longer_when_what_it_stood_on_is_gone(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller, keepers: Keepers, how: str
) -> None:
    await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    lent = await lend(tx, absent, stand_in)
    asked = await ask(tx, maker)
    assert (await say(tx, stand_in, asked)).lacking == ("1 × scope:approvals:decide",)
    if how == "ended":
        await end_substitution(tx, lent.id, by=stand_in)
    else:
        gone = absent if how.startswith("absent") else stand_in
        await suspend_principal(tx, gone.principal, by="tests", reason="leave")
    one, two = await a_principal(tx, *CHECKER), await a_principal(tx, *CHECKER)
    assert (await say(tx, one, asked)).lacking == ("1 × scope:approvals:decide",)
    assert (await say(tx, two, asked)).state == "executed"


async def test_a_yes_counts_again_when_its_giver_is_back(
    tx: Transaction, maker: Caller, absent: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=2))
    asked = await ask(tx, maker)
    await say(tx, absent, asked)
    await suspend_principal(tx, absent.principal, by="tests", reason="mandatory leave")
    one = await a_principal(tx, *CHECKER)
    assert (await say(tx, one, asked)).state == "waiting"
    await resume_principal(tx, absent.principal, by="tests", reason="back")
    assert (await say(tx, one, asked)).state == "executed"


async def test_either_ends_it_and_strangers_do_not(tx: Transaction, absent: Caller, stand_in: Caller) -> None:
    lent = await lend(tx, absent, stand_in)
    with pytest.raises(NotASubstitute):
        await end_substitution(tx, lent.id, by=await a_principal(tx, *CHECKER))
    with pytest.raises(SubstitutionNotFound):
        await end_substitution(tx, lent.id, by=await a_principal(tx, *CHECKER, customer=uuid7()))
    with pytest.raises(SubstitutionNotFound):
        await end_substitution(tx, uuid7(), by=absent)
    for _ in range(2):
        ended = await end_substitution(tx, lent.id, by=absent)
        assert ended.valid_to <= now()
    assert await list_substitutions(tx, at=now()) == []
    assert [one.id for one in await list_substitutions(tx, of=stand_in.principal)] == [lent.id]
    second = await lend(tx, absent, stand_in)
    keeper = await a_principal(tx, *CHECKER)
    assert (await end_substitution(tx, second.id, by=keeper, any_of_the_house=True)).ended_by


async def test_a_keeper_and_another_let_somebody_stand_in_for_who_is_away(
    tx: Transaction, maker: Caller, absent: Caller, stand_in: Caller, keepers: Keepers
) -> None:
    new = NewSubstitution(
        absent=absent.principal, substitute=stand_in.principal, valid_to=now() + WEEK, reason="ill"
    )
    asked = await ask(tx, keepers.one, "approvals.substitute", payload=substitution_payload(new))
    assert (await say(tx, absent, asked)).code == "not_an_approver"
    assert (await say(tx, keepers.other, asked)).state == "executed"
    assert (await say(tx, stand_in, await ask(tx, maker))).state == "executed"


async def test_substitutions_that_make_no_sense_are_refused(
    tx: Transaction, absent: Caller, stand_in: Caller
) -> None:
    bad: list[dict[str, Any]] = [
        {"valid_to": now()},
        {"valid_to": now() + timedelta(days=400)},
        {"valid_to": now().replace(tzinfo=None) + WEEK},
        {"command": "tests.*.x"},
        {"up_to": 1},
        {"currency": "CNY"},
        {"currency": "CNY", "up_to": 0},
        {"reason": "x" * 501},
    ]
    for fields in bad:
        with pytest.raises(InvalidSubstitution):
            await lend(tx, absent, stand_in, **fields)
    with pytest.raises(UnknownCurrency):
        await lend(tx, absent, stand_in, currency="XXY", up_to=1)
    for other in (absent, await a_principal(tx, *CHECKER, customer=uuid7())):
        with pytest.raises(InvalidSubstitution):
            await lend(tx, absent, other)
    await close_principal(tx, stand_in.principal, by="tests", reason="left")
    with pytest.raises(InvalidSubstitution):
        await lend(tx, absent, stand_in)
    assert order() == order(1)


async def test_who_has_an_authority_of_his_own_and_a_lent_one_may_choose(
    tx: Transaction, maker: Caller, absent: Caller
) -> None:
    own = await a_principal(tx, *CHECKER)
    await lend(tx, absent, own)
    asked = await ask(tx, maker)
    await say(tx, own, asked, acting_for=absent.principal)
    said = (await approval_trail(tx, asked.id, by=maker))[1]
    assert said.acting_for == absent.principal
