"""The SDK's calls about roles and branches, against a running bank."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sycee.client import Money, NewCustomer, NewPrincipal, NothingThere, Sycee
from sycee.kernel.ids import uuid7
from tests.parties.people import new_uscc


async def test_roles_are_defined_given_and_taken_away(bank: Sycee) -> None:
    id = f"role_{uuid7().hex}"
    made = await bank.define_role(id, "bank", "Clerk", "办事员", ["accounts:read"])
    assert made in await bank.roles()
    login = f"clerk.{uuid7().hex}"
    (person,) = await bank.create_principals([NewPrincipal(kind="staff", login=login, name="Li Wei")])
    until = datetime(2999, 12, 31, tzinfo=UTC)
    given = await bank.give_role(
        person.id,
        id,
        reason="new post",
        valid_until=until,
        amount=Money.parse("10.00 CNY"),
        cell=101,
        branch="SH-PUDONG",
        product="notice-7d",
    )
    assert (given.amount, given.valid_until, given.permissions) == (
        Money.parse("10.00 CNY"),
        until,
        ("accounts:read",),
    )
    gone = await bank.revoke_grant(given.id, reason="left")
    assert gone.revoke_reason == "left"
    assert await bank.grants(person.id) == [gone]
    with pytest.raises(NothingThere):
        await bank.grants(uuid7())


async def test_a_customer_is_put_with_a_branch(bank: Sycee) -> None:
    (customer,) = await bank.register_customers([NewCustomer(name="Silk", uscc=new_uscc(), cell=101)])
    assert (await bank.branch(customer.id)).branch is None
    changed = await bank.set_branch(customer.id, "SH-PUDONG", reason="opened there")
    assert changed == await bank.branch(customer.id)
    assert changed.branch == "SH-PUDONG"
