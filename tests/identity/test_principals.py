"""Principals: made, found, suspended, resumed, closed; and everything on record."""

from __future__ import annotations

from uuid import UUID

import pytest

from sycee.database import Database
from sycee.identity import (
    InvalidPrincipal,
    NewPrincipal,
    PrincipalClosed,
    PrincipalExists,
    PrincipalKind,
    PrincipalNotFound,
    PrincipalState,
    UnknownScope,
    close_principal,
    create_principals,
    find_principals,
    get_principal,
    resume_principal,
    security_events,
    suspend_principal,
)
from sycee.kernel.ids import uuid7
from tests.identity.people import make

CUSTOMER, PERSON = uuid7(), uuid7()


def new(login: str = "li.wei", kind: str = "staff", **fields: object) -> NewPrincipal:
    return NewPrincipal(kind=PrincipalKind(kind), login=login, name="Li Wei", **fields)  # type: ignore[arg-type]


async def test_principals_are_made_in_order_with_small_logins(database: Database) -> None:
    id = uuid7()
    wanted = [
        new("Zhang.San@Bank", local_name="张三", id=id),
        new("treasurer", "customer_user", customer=CUSTOMER, person=PERSON),
        new("erp", "machine", customer=CUSTOMER, scopes=["payments:write"] * 2),
    ]
    async with database.transaction() as tx:
        made = await create_principals(tx, wanted, by="tests")
    assert [one.login for one in made] == ["zhang.san@bank", "treasurer", "erp"]
    assert made[0].id == id
    assert made[2].scopes == {"payments:write"}
    assert (made[1].customer, made[1].person) == (CUSTOMER, PERSON)
    assert {one.state for one in made} == {PrincipalState.ACTIVE}
    async with database.transaction() as tx:
        assert await get_principal(tx, id) == made[0]
        assert await find_principals(tx, customer=CUSTOMER) == made[1:]
        assert await find_principals(tx, login="TREASURER") == [made[1]]
        assert await find_principals(tx, person=PERSON) == [made[1]]
        assert await find_principals(tx, kind=PrincipalKind.MACHINE) == [made[2]]
        assert await find_principals(tx, ids=[made[0].id, uuid7()]) == [made[0]]
        assert len(await find_principals(tx, limit=2)) == 2
        events = await security_events(tx, event="principal_created")
    assert [one.principal for one in events] == [one.id for one in reversed(made)]


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        (new("x"), "login"),
        (new("Ünlaut"), "login"),
        (new("a b"), "login"),
        (new(".dot"), "login"),
        (new("l" * 101), "login"),
        (new(kind="customer_user"), "customer"),
        (new(customer=CUSTOMER), "staff"),
        (new(kind="machine", person=PERSON), "customer"),
        (NewPrincipal(kind=PrincipalKind.STAFF, login="blank", name=" "), "name"),
        (new(scopes=["payments:write"]), "give a role, not scopes"),
        (new(kind="customer_user", customer=CUSTOMER, scopes=["payments:write"]), "give a role, not scopes"),
    ],
)
async def test_a_principal_that_cannot_be_is_refused(
    database: Database, wanted: NewPrincipal, word: str
) -> None:
    async with database.transaction() as tx:
        with pytest.raises(InvalidPrincipal, match=word):
            await create_principals(tx, [new("somebody"), wanted], by="tests")


async def test_an_unknown_scope_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(UnknownScope, match="accounts:burn"):
            await create_principals(tx, [new(kind="machine", scopes=["accounts:burn"])], by="tests")


async def test_a_login_or_an_id_is_taken_once(database: Database) -> None:
    first = await make(database, "li.wei")
    for wanted in (new("LI.WEI"), new("other", id=first.id)):
        with pytest.raises(PrincipalExists):
            async with database.transaction() as tx:
                await create_principals(tx, [new("fresh"), wanted], by="tests")
    with pytest.raises(InvalidPrincipal, match="twice"):
        async with database.transaction() as tx:
            await create_principals(tx, [new("twin"), new("Twin")], by="tests")
    async with database.transaction() as tx:
        assert [one.login for one in await find_principals(tx)] == ["li.wei"]


async def test_a_closed_principal_stays_closed(database: Database) -> None:
    one = await make(database, "li.wei")
    async with database.transaction() as tx:
        suspended = await suspend_principal(tx, one.id, by="ann", reason="leave")
        assert await suspend_principal(tx, one.id, by="bob", reason="again") == suspended
        assert (suspended.state, suspended.state_reason) == (PrincipalState.SUSPENDED, "leave")
        assert (await resume_principal(tx, one.id, by="ann", reason="back")).state is PrincipalState.ACTIVE
        closed = await close_principal(tx, one.id, by="ann", reason="left the bank")
        assert closed.state is PrincipalState.CLOSED
        for move in (suspend_principal, resume_principal):
            with pytest.raises(PrincipalClosed):
                await move(tx, one.id, by="ann", reason="x")
        events = await security_events(tx, principal=one.id)
    assert [(event.event, event.actor, event.detail) for event in events] == [
        ("principal_closed", "ann", "left the bank"),
        ("principal_resumed", "ann", "back"),
        ("principal_suspended", "ann", "leave"),
        ("principal_created", "tests", "staff li.wei"),
    ]


async def test_nobody_is_suspended_without_a_reason_or_without_being_there(database: Database) -> None:
    one = await make(database, "li.wei")
    async with database.transaction() as tx:
        with pytest.raises(InvalidPrincipal):
            await suspend_principal(tx, one.id, by="ann", reason=" ")
        for call in (suspend_principal, resume_principal, close_principal):
            with pytest.raises(PrincipalNotFound):
                await call(tx, UUID(int=1), by="ann", reason="x")
        with pytest.raises(PrincipalNotFound):
            await get_principal(tx, UUID(int=1))
