"""How customers change: from a date on, with what was said before kept."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.ledger import AccountStatus, NewAccount, advance_business_date, change_account, open_accounts
from sycee.parties import (
    CustomerExists,
    CustomerHasAccounts,
    CustomerNotFound,
    CustomerStatus,
    InvalidCustomer,
    InvalidEffectiveDate,
    StatusChangeRefused,
    change_customer,
    customer_at,
    customer_changes,
    customer_history,
    find_customers,
    get_customer,
)
from tests.long_runs import rounds
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, new_uscc

FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)


async def test_a_change_holds_from_its_day_on(tx: Transaction) -> None:
    made = await a_customer(tx, "Old Name", valid_from=FIRST)
    now = await change_customer(tx, made.id, by="mia", reason="renamed", name="New Name")
    assert (now.name, now.uscc, now.version) == ("New Name", made.uscc, 2)
    assert (await customer_at(tx, made.id, TODAY - DAY)).name == "Old Name"
    assert (await customer_at(tx, made.id, TODAY)).name == "New Name"
    with pytest.raises(CustomerNotFound, match="was not known on 2025-12-31"):
        await customer_at(tx, made.id, FIRST - DAY)


async def test_a_change_of_a_later_day_takes_effect_when_the_day_comes(tx: Transaction) -> None:
    made = await a_customer(tx, "Old Name", cell=101)
    later = TODAY + 3 * DAY
    now = await change_customer(tx, made.id, by=BY, reason="planned", effective_from=later, name="New Name")
    assert now.name == "Old Name"
    assert await find_customers(tx, name="New Name") == []
    await advance_business_date(tx, 101, later)
    assert (await get_customer(tx, made.id)).name == "New Name"
    assert [one.id for one in await find_customers(tx, name="New Name")] == [made.id]


async def test_history_tells_what_holds_and_what_was_believed(tx: Transaction) -> None:
    made = await a_customer(tx, "First", valid_from=FIRST)
    await change_customer(
        tx, made.id, by="ann", reason="moved", effective_from=date(2026, 3, 1), address="2 Bund"
    )
    await change_customer(
        tx, made.id, by="bob", reason="found out late", effective_from=date(2026, 2, 1), name="Second"
    )
    standing = await customer_history(tx, made.id)
    assert [
        (
            one.customer.valid_from.month,
            one.valid_to and one.valid_to.month,
            one.customer.name,
            one.recorded_by,
        )
        for one in standing
    ] == [(1, 2, "First", BY), (2, 3, "Second", "bob"), (3, None, "Second", "bob")]
    everything = await customer_history(tx, made.id, superseded=True)
    (old,) = [one for one in everything if one.superseded_at is not None]
    assert (old.customer.name, old.customer.address, old.recorded_by, old.superseded_by, old.reason) == (
        "First",
        "2 Bund",
        "ann",
        "bob",
        "moved",
    )
    assert old.superseded_at is not None
    assert old.superseded_at >= old.recorded_at
    change = (await customer_changes(tx, made.id))[0]
    assert (change.changed_by, change.reason, change.before, change.after) == (
        "bob",
        "found out late",
        {"name": "First"},
        {"name": "Second"},
    )


async def test_a_change_to_what_holds_anyway_leaves_no_trace(tx: Transaction) -> None:
    made = await a_customer(tx)
    assert await change_customer(tx, made.id, by=BY, reason="again", name=made.name) == made
    assert len(await customer_changes(tx, made.id)) == 1


async def test_changes_are_listed_newest_first_and_page_by_page(tx: Transaction) -> None:
    made = await a_customer(tx)
    for number in range(4):
        await change_customer(tx, made.id, by=BY, reason=f"change {number}", address=f"{number} Bund")
    first = await customer_changes(tx, made.id, limit=3)
    assert [change.reason for change in first] == ["change 3", "change 2", "change 1"]
    rest = await customer_changes(tx, made.id, before=first[-1].id)
    assert [change.reason for change in rest] == ["change 0", ""]


async def test_a_new_code_names_the_customer_beside_the_old_one(tx: Transaction) -> None:
    made, other = await a_customer(tx), await a_customer(tx)
    fresh = new_uscc()
    changed = await change_customer(tx, made.id, by=BY, reason="re-registered", uscc=fresh)
    assert changed.uscc == fresh
    for code in (made.uscc, fresh):
        assert [one.id for one in await find_customers(tx, uscc=code)] == [made.id]
    with pytest.raises(CustomerExists):
        await change_customer(tx, other.id, by=BY, reason="mine now", uscc=made.uscc)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, InvalidCustomer),
        ({"cell": 102}, InvalidCustomer),
        ({"parent": None}, InvalidCustomer),
        ({"name": ""}, InvalidCustomer),
        ({"uscc": None}, InvalidCustomer),
        ({"uscc": "x"}, InvalidCustomer),
        ({"registered_capital": Amount(-1, "CNY")}, InvalidCustomer),
        ({"reason": "", "name": "x"}, InvalidCustomer),
        ({"reason": "x" * 501, "name": "x"}, InvalidCustomer),
        ({"effective_from": TODAY - DAY, "name": "x"}, InvalidEffectiveDate),
        ({"effective_from": date(3000, 1, 1), "name": "x"}, InvalidEffectiveDate),
        ({"status": CustomerStatus.PROSPECT}, StatusChangeRefused),
    ],
)
async def test_a_bad_change_is_refused_and_changes_nothing(
    bank: Database, changes: dict[str, Any], error: type[Exception]
) -> None:
    async with bank.transaction() as tx:
        made = await a_customer(tx)
    with pytest.raises(error):
        async with bank.transaction() as tx:
            await change_customer(tx, made.id, **{"by": BY, "reason": "test", **changes})
    async with bank.transaction() as tx:
        assert await get_customer(tx, made.id) == made
        assert len(await customer_changes(tx, made.id)) == 1


async def test_a_closed_customer_stays_closed(tx: Transaction) -> None:
    made = await a_customer(tx)
    suspended = await change_customer(tx, made.id, by=BY, reason="x", status=CustomerStatus.SUSPENDED)
    assert suspended.status is CustomerStatus.SUSPENDED
    await change_customer(tx, made.id, by=BY, reason="x", status=CustomerStatus.CLOSED)
    with pytest.raises(StatusChangeRefused, match="after closed comes nothing"):
        await change_customer(
            tx, made.id, by=BY, reason="x", effective_from=TODAY + DAY, status=CustomerStatus.ACTIVE
        )


async def test_a_customer_closes_after_its_accounts(tx: Transaction) -> None:
    made = await a_customer(tx, cell=101)
    (account,) = await open_accounts(
        tx, [NewAccount(currency="CNY", subject="2011", cell=101, customer=made.id)]
    )
    with pytest.raises(CustomerHasAccounts, match=str(account.number)):
        await change_customer(tx, made.id, by=BY, reason="x", status=CustomerStatus.CLOSED)
    await change_account(tx, account.number, reason="leaves", status=AccountStatus.CLOSED)
    closed = await change_customer(tx, made.id, by=BY, reason="x", status=CustomerStatus.CLOSED)
    assert closed.status is CustomerStatus.CLOSED


async def test_nobody_is_changed_who_is_not_there(tx: Transaction) -> None:
    with pytest.raises(CustomerNotFound):
        await change_customer(tx, uuid7(), by=BY, reason="x", name="x")


async def test_changes_at_once_all_happen_one_after_the_other(bank: Database) -> None:
    async with bank.transaction() as tx:
        made = await a_customer(tx, address="0")

    async def change(number: int) -> None:
        async with bank.transaction() as tx:
            await change_customer(tx, made.id, by=BY, reason=f"change {number}", address=f"{number} Bund")

    await asyncio.gather(*(change(number) for number in range(1, 9)))
    async with bank.transaction() as tx:
        assert len(await customer_changes(tx, made.id)) == 9
        history = await customer_history(tx, made.id, superseded=True)
        assert [one.customer.version for one in history] == list(range(1, 10))
        assert [one.superseded_at is None for one in history] == [False] * 8 + [True]


@settings(
    max_examples=rounds(15, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 20),
            st.dictionaries(
                st.sampled_from(["name", "address", "industry"]), st.sampled_from("ABC"), min_size=1
            ),
        ),
        max_size=6,
    )
)
async def test_the_bank_knows_of_every_day_what_a_diary_says(
    bank: Database, changes: list[tuple[int, dict[str, str]]]
) -> None:
    diary = [{"name": "A", "address": "", "industry": ""} for _ in range(21)]
    async with bank.transaction() as tx:
        made = await a_customer(tx, "A", valid_from=FIRST)
        for start, values in changes:
            await change_customer(
                tx, made.id, by=BY, reason="x", effective_from=FIRST + start * DAY, **values
            )
            for field, value in values.items():
                replaced = diary[start][field]
                for line in diary[start:]:
                    if line[field] != replaced:
                        break
                    line[field] = value
        for number, line in enumerate(diary):
            held = await customer_at(tx, made.id, FIRST + number * DAY)
            assert {field: getattr(held, field) for field in line} == line
        spans = [(one.customer.valid_from, one.valid_to) for one in await customer_history(tx, made.id)]
        assert [end for _, end in spans] == [*(start for start, _ in spans[1:]), None]
