"""Registers of owners and groups in the database: what is recorded, from when, and what is refused."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.parties import (
    GENERAL_MANAGER,
    LEGAL_REPRESENTATIVE,
    CircularGroup,
    CircularOwnership,
    CustomerNotFound,
    CustomerStatus,
    Holding,
    HoldingKind,
    InvalidCustomer,
    InvalidEffectiveDate,
    InvalidOwnership,
    MoreThanTheWhole,
    NewContact,
    OwnerRule,
    PersonNotFound,
    add_contact,
    beneficial_owners,
    change_customer,
    customer_at,
    customer_changes,
    group_of,
    ownership,
    ownership_registers,
    record_ownership,
    set_parent,
)
from tests.parties.conftest import TODAY
from tests.parties.people import BY, a_customer, some_persons

DAY = timedelta(days=1)
FIRST = date(2026, 1, 1)


async def companies(tx: Transaction, *names: str) -> list[UUID]:
    return [(await a_customer(tx, name, valid_from=FIRST)).id for name in names]


def of_person(person: UUID, percent: str) -> Holding:
    return Holding(person=person, percent=Decimal(percent))


def of_company(company: UUID, percent: str) -> Holding:
    return Holding(customer=company, percent=Decimal(percent))


async def record(tx: Transaction, company: UUID, *holdings: Holding, day: date = FIRST) -> None:
    await record_ownership(tx, company, holdings, by=BY, reason="register", from_day=day)


async def test_owners_are_found_through_companies_in_other_cells(tx: Transaction) -> None:
    target = (await a_customer(tx, "Target", cell=101, valid_from=FIRST)).id
    fields = {"uscc": None, "status": CustomerStatus.PROSPECT, "valid_from": FIRST, "cell": 102}
    holding = (await a_customer(tx, "Holding", **fields)).id
    ann, bob = await some_persons(tx, "Ann", "Bob")
    await record(tx, target, of_company(holding, "60"), of_person(ann, "20"))
    await record(tx, holding, of_person(ann, "50"), of_person(bob, "40"))
    report = await ownership(tx, target)
    assert [(one.name, one.rule, one.percent) for one in report.owners] == [
        ("Ann", OwnerRule.EQUITY, Decimal(50)),
    ]
    assert report.untraced == Decimal(26)
    assert not report.exempt
    through, directly = report.owners[0].paths
    assert [(one.owner_name, one.company_name, one.percent) for one in through.steps] == [
        ("Ann", "Holding", Decimal(50)),
        ("Holding", "Target", Decimal(60)),
    ]
    assert (through.percent, directly.percent) == (Decimal(30), Decimal(20))
    assert report.owners[0].path == through


async def test_a_register_holds_until_the_next_begins(tx: Transaction) -> None:
    (target,) = await companies(tx, "Target")
    ann, bob, cai = await some_persons(tx, "Ann", "Bob", "Cai")
    await record(tx, target, of_person(ann, "100"))
    await record(tx, target, of_person(cai, "100"), day=TODAY)
    await record(tx, target, of_person(bob, "100"), day=date(2026, 2, 1))

    async def owners_on(day: date) -> list[str]:
        return [one.name for one in await beneficial_owners(tx, target, day)]

    assert await owners_on(date(2026, 1, 31)) == ["Ann"]
    assert await owners_on(date(2026, 2, 1)) == await owners_on(TODAY - DAY) == ["Bob"]
    assert await owners_on(TODAY) == ["Cai"]
    await record(tx, target, day=date(2026, 2, 1))
    assert await owners_on(date(2026, 2, 1)) == []
    registers = await ownership_registers(tx, target)
    assert [(one.valid_from, one.valid_to) for one in registers] == [
        (FIRST, date(2026, 2, 1)),
        (date(2026, 2, 1), TODAY),
        (TODAY, None),
    ]
    assert registers[1].holdings == ()
    newest = (await customer_changes(tx, target, limit=1))[0]
    assert (newest.what, newest.effective) == ("owners", date(2026, 2, 1))


async def test_whoever_runs_the_company_is_its_owner_when_nobody_else_is(tx: Transaction) -> None:
    (target,) = await companies(tx, "Target")
    boss, lawful, *crowd = await some_persons(tx, "Boss", "Lawful", *"abcde")
    await record(tx, target, *(of_person(one, "20") for one in crowd))
    assert await beneficial_owners(tx, target) == []
    await add_contact(tx, NewContact(customer=target, person=lawful, post=LEGAL_REPRESENTATIVE), by=BY)
    (owner,) = await beneficial_owners(tx, target)
    assert (owner.name, owner.rule, owner.percent, owner.path) == ("Lawful", OwnerRule.MANAGEMENT, None, None)
    await add_contact(tx, NewContact(customer=target, person=boss, post=GENERAL_MANAGER), by=BY)
    assert [one.name for one in await beneficial_owners(tx, target)] == ["Boss"]


@pytest.mark.parametrize(
    ("capital", "through_company", "exempt"),
    [
        (Amount(10_000_000_00, "CNY"), False, True),
        (Amount(10_000_000_01, "CNY"), False, False),
        (Amount(1, "USD"), False, False),
        (None, False, False),
        (Amount(10_000_000_00, "CNY"), True, False),
    ],
)
async def test_small_companies_of_natural_persons_are_exempt(
    tx: Transaction, capital: Amount | None, through_company: bool, exempt: bool
) -> None:
    made = await a_customer(tx, registered_capital=capital, valid_from=FIRST)
    (ann,) = await some_persons(tx, "Ann")
    (other,) = await companies(tx, "Other")
    holdings = [of_person(ann, "99"), *([of_company(other, "1")] if through_company else [])]
    await record(tx, made.id, *holdings)
    report = await ownership(tx, made.id)
    assert report.exempt is exempt
    assert [one.name for one in report.owners] == ["Ann"]


async def test_a_company_without_a_register_is_not_exempt(tx: Transaction) -> None:
    made = await a_customer(tx, registered_capital=Amount(1, "CNY"))
    report = await ownership(tx, made.id)
    assert (report.exempt, report.owners, report.untraced) == (False, (), Decimal(100))


async def test_a_circle_of_owners_is_refused_and_its_way_is_named(tx: Transaction) -> None:
    red, amber, green = await companies(tx, "Red", "Amber", "Green")
    await record(tx, red, of_company(amber, "10"))
    await record(tx, amber, of_company(green, "10"))
    with pytest.raises(
        CircularOwnership, match="Green < Red < Amber < Green would own each other"
    ) as refused:
        await record(tx, green, of_company(red, "10"))
    assert refused.value.facts["path"] == [str(one) for one in (green, red, amber, green)]


async def test_a_circle_counts_on_the_days_on_which_it_would_be_closed(bank: Database) -> None:
    async with bank.transaction() as tx:
        red, amber = await companies(tx, "Red", "Amber")
        (ann,) = await some_persons(tx, "Ann")
        await record(tx, red, of_company(amber, "10"))
        await record(tx, red, of_person(ann, "10"), day=date(2026, 2, 1))
        await record(tx, amber, of_company(red, "10"), day=date(2026, 2, 1))
        await record(tx, red, of_company(amber, "10"), day=date(2026, 1, 15))
    for day in (FIRST, date(2026, 1, 31)):
        with pytest.raises(CircularOwnership):
            async with bank.transaction() as tx:
                await record(tx, amber, of_company(red, "10"), day=day)
    with pytest.raises(CircularOwnership, match="on 2026-05-01"):
        async with bank.transaction() as tx:
            await record(tx, red, of_company(amber, "1"), day=date(2026, 5, 1))


async def test_two_halves_of_a_circle_at_once_do_not_close_it(bank: Database) -> None:
    async with bank.transaction() as tx:
        red, amber = await companies(tx, "Red", "Amber")

    async def own(company: UUID, owner: UUID) -> bool:
        try:
            async with bank.transaction() as tx:
                await record(tx, company, of_company(owner, "10"))
        except CircularOwnership:
            return False
        return True

    assert sorted(await asyncio.gather(own(red, amber), own(amber, red))) == [False, True]


@pytest.mark.parametrize(
    ("holdings", "error"),
    [
        ([Holding(percent=Decimal(1))], InvalidOwnership),
        ([Holding(person=UUID(int=1), customer=UUID(int=2), percent=Decimal(1))], InvalidOwnership),
        ([Holding(person=UUID(int=1))], InvalidOwnership),
        ([Holding(person=UUID(int=1), kind=HoldingKind.CONTROL, percent=Decimal(1))], InvalidOwnership),
        ([of_person(UUID(int=1), "0")], InvalidOwnership),
        ([of_person(UUID(int=1), "100.000001")], InvalidOwnership),
        ([of_person(UUID(int=1), "1.0000001")], InvalidOwnership),
        ([of_person(UUID(int=1), "NaN")], InvalidOwnership),
        ([of_person(UUID(int=1), "1")] * 2, InvalidOwnership),
        ([of_person(UUID(int=n + 1), "0.01") for n in range(1001)], InvalidOwnership),
        ([of_person(UUID(int=1), "50"), of_person(UUID(int=2), "50.000001")], MoreThanTheWhole),
        ([of_person(UUID(int=1), "1")], PersonNotFound),
        ([of_company(UUID(int=1), "1")], CustomerNotFound),
    ],
)
async def test_a_bad_register_is_refused_and_nothing_is_recorded(
    bank: Database, holdings: list[Holding], error: type[Exception]
) -> None:
    async with bank.transaction() as tx:
        (target,) = await companies(tx, "Target")
    with pytest.raises(error):
        async with bank.transaction() as tx:
            await record(tx, target, *holdings)
    async with bank.transaction() as tx:
        assert await ownership_registers(tx, target) == []


async def test_a_company_does_not_own_itself(tx: Transaction) -> None:
    (target,) = await companies(tx, "Target")
    with pytest.raises(CircularOwnership):
        await record(tx, target, of_company(target, "1"))
    with pytest.raises(InvalidEffectiveDate):
        await record(tx, target, day=date(3000, 1, 1))
    with pytest.raises(CustomerNotFound):
        await record(tx, uuid7())


# Groups


async def put(
    tx: Transaction, child: UUID, parent: UUID | None, day: date = FIRST, share: str = "100"
) -> None:
    percent = Decimal(share) if parent else None
    await set_parent(tx, child, parent, percent, day, by=BY, reason="group")


async def test_a_group_is_the_tree_under_the_company_at_the_top(tx: Transaction) -> None:
    top, left, right, leaf, lone = await companies(tx, "Top", "Left", "Right", "Leaf", "Lone")
    await put(tx, left, top, share="80")
    await put(tx, right, top)
    await put(tx, leaf, left, share="51.5")
    for member in (top, left, leaf):
        group = await group_of(tx, member)
        assert group.top == top
        assert [(one.name, one.depth, one.percent) for one in group.members] == [
            ("Top", 0, None),
            ("Left", 1, Decimal(80)),
            ("Leaf", 2, Decimal("51.5")),
            ("Right", 1, Decimal(100)),
        ]
    assert [one.customer for one in (await group_of(tx, lone)).members] == [lone]


async def test_a_group_is_as_it_was_on_a_day(tx: Transaction) -> None:
    top, child = await companies(tx, "Top", "Child")
    await put(tx, child, top, day=date(2026, 2, 1))
    await put(tx, child, None, day=date(2026, 3, 1))

    async def size(day: date) -> int:
        return len((await group_of(tx, top, day)).members)

    assert [await size(date(2026, month, 1)) for month in (1, 2, 3)] == [1, 2, 1]
    # Another share from the middle on holds until the child leaves, as was recorded before.
    await put(tx, child, top, day=date(2026, 2, 15), share="60")
    held = (await customer_at(tx, child, date(2026, 2, 20))).parent
    assert held is not None
    assert held.percent == Decimal(60)
    assert (await customer_at(tx, child, date(2026, 3, 1))).parent is None
    with pytest.raises(CustomerNotFound):
        await group_of(tx, top, date(2025, 1, 1))


async def test_a_change_of_the_name_leaves_the_group_alone(tx: Transaction) -> None:
    top, child = await companies(tx, "Top", "Child")
    await put(tx, child, top)
    await change_customer(tx, child, by=BY, reason="x", name="Renamed")
    assert [one.name for one in (await group_of(tx, top)).members] == ["Top", "Renamed"]


async def test_a_circle_of_parents_is_refused_and_its_way_is_named(bank: Database) -> None:
    async with bank.transaction() as tx:
        red, amber, green = await companies(tx, "Red", "Amber", "Green")
        await put(tx, amber, red)
        await put(tx, green, amber, day=date(2026, 6, 1))
    with pytest.raises(
        CircularGroup, match="Red < Green < Amber < Red would stand in a circle on 2026-06-01"
    ):
        async with bank.transaction() as tx:
            await put(tx, red, green)
    with pytest.raises(CircularGroup, match="its own parent"):
        async with bank.transaction() as tx:
            await put(tx, red, red)
    async with bank.transaction() as tx:
        assert (await customer_at(tx, red, TODAY)).parent is None


async def test_two_halves_of_a_group_circle_at_once_do_not_close_it(bank: Database) -> None:
    async with bank.transaction() as tx:
        red, amber = await companies(tx, "Red", "Amber")

    async def under(child: UUID, parent: UUID) -> bool:
        try:
            async with bank.transaction() as tx:
                await put(tx, child, parent)
        except CircularGroup:
            return False
        return True

    assert sorted(await asyncio.gather(under(red, amber), under(amber, red))) == [False, True]


async def test_a_parent_is_there_and_has_a_share(tx: Transaction) -> None:
    top, child = await companies(tx, "Top", "Child")
    with pytest.raises(CustomerNotFound):
        await put(tx, child, uuid7())
    with pytest.raises(CustomerNotFound):
        await put(tx, uuid7(), top)
    with pytest.raises(InvalidCustomer):
        await set_parent(tx, child, top, by=BY, reason="x")
    with pytest.raises(InvalidCustomer):
        await set_parent(tx, child, None, Decimal(1), by=BY, reason="x")
    with pytest.raises(InvalidCustomer):
        await put(tx, child, top, share="101")
    with pytest.raises(InvalidEffectiveDate):
        await put(tx, child, top, day=FIRST - DAY)
