"""People decide within what they were given: a limit lowered or a role taken away holds for what waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sycee.approvals import Stage, inbox
from sycee.database import Transaction
from sycee.identity import (
    Caller,
    Grant,
    NewGrant,
    NewPrincipal,
    PrincipalKind,
    create_principals,
    grant_role,
    revoke_grant,
)
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from tests.approvals.house import Keepers, ask, done, say

BANK = "bank:payments:approve"


async def a_supervisor(tx: Transaction) -> Caller:
    new = NewPrincipal(kind=PrincipalKind.STAFF, login=f"s{uuid7().hex}", name="Wang Fang")
    (made,) = await create_principals(tx, [new], by="tests")
    return Caller(
        id=str(made.id),
        principal=made.id,
        kind=made.kind,
        name=made.name,
        customer=None,
        person=None,
        scopes=frozenset(),
    )


async def give(tx: Transaction, who: Caller, **limits: Any) -> Grant:
    new = NewGrant(principal=who.principal, role="supervisor", **limits)
    return await grant_role(tx, new, by="tests", reason="tests")


def yuan(minor: int) -> Amount:
    return Amount(minor, "CNY")


async def test_people_may_what_they_were_given_and_nothing_without(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", BANK)
    asked, who = await ask(tx, maker, amount=100, currency="CNY"), await a_supervisor(tx)
    assert (await say(tx, who, asked)).code == "not_an_approver"
    await give(tx, who, amount=yuan(100))
    assert [item.approval.id for item in await inbox(tx, by=who)] == [asked.id]
    assert (await say(tx, who, asked)).state == "executed"


@pytest.mark.parametrize(
    "limits",
    [{"amount": yuan(99)}, {"amount": Amount(100, "USD")}, {"product": "gold"}, {"cell": 102},
     {"customer": UUID(int=1)}, {"branch": "SH-PUDONG"}],
)  # fmt: skip
async def test_what_lies_beyond_the_limits_of_a_role_is_not_theirs(
    tx: Transaction, maker: Caller, keepers: Keepers, limits: dict[str, Any]
) -> None:
    await keepers.rule(tx, "tests.order", BANK)
    who = await a_supervisor(tx)
    await give(tx, who, **limits)
    asked = await ask(tx, maker, amount=100, currency="CNY", products=("silver",), customer=uuid7())
    assert (await say(tx, who, asked)).code == "not_an_approver"
    assert await inbox(tx, by=who) == []


async def test_a_limit_that_is_lowered_takes_the_yes_away_from_what_waits(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", Stage(who=BANK, count=2))
    one, two, three = [await a_supervisor(tx) for _ in range(3)]
    given = [await give(tx, who, amount=yuan(1_000)) for who in (one, two, three)]
    asked = await ask(tx, maker, amount=1_000, currency="CNY")
    assert (await say(tx, one, asked)).lacking == (f"1 × {BANK}",)
    await revoke_grant(tx, given[0].id, by="tests", reason="lower limit")
    await give(tx, one, amount=yuan(999))
    assert (await say(tx, two, asked)).lacking == (f"1 × {BANK}",)
    assert await done(tx) == []
    assert (await say(tx, three, asked)).state == "executed"
