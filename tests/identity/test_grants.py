"""Roles as data, and grants: given by another, from when to when, taken away at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import (
    CUSTOMER_PERMISSIONS,
    SCOPES,
    Ask,
    Audience,
    Grant,
    GrantNotFound,
    InvalidGrant,
    InvalidRole,
    NewGrant,
    NewPrincipal,
    NewRole,
    NotGranted,
    OwnGrant,
    Principal,
    PrincipalKind,
    PrincipalNotFound,
    RoleNotFound,
    Scope,
    UnknownScope,
    authenticate,
    authority,
    close_principal,
    create_principals,
    define_role,
    grant_history,
    grant_role,
    grants_of,
    issue_token,
    list_roles,
    resume_principal,
    revoke_grant,
    suspend_principal,
)
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount

SILK, JADE = UUID(int=1), UUID(int=2)
HOUR = timedelta(hours=1)
OFFICER = "security officer"


class People:
    """A teller of the bank, a user of silk, a machine; every act a transaction of its own."""

    def __init__(self, database: Database, teller: Principal, user: Principal, machine: Principal) -> None:
        self.database = database
        self.teller, self.user, self.machine = teller, user, machine

    async def give(self, to: Principal, role: str, *, by: str = OFFICER, **fields: Any) -> Grant:
        """Give a role."""
        async with self.database.transaction() as tx:
            return await grant_role(
                tx, NewGrant(principal=to.id, role=role, **fields), by=by, reason="for the tests"
            )

    async def may(self, who: Principal, permission: Scope, **said: Any) -> bool:
        """Whether somebody may do something now."""
        async with self.database.transaction() as tx:
            try:
                await authority(tx, who.id, Ask(permission=permission, **said))
            except NotGranted:
                return False
        return True


@pytest_asyncio.fixture
async def people(database: Database) -> People:
    """Three principals."""
    async with database.transaction() as tx:
        made = await create_principals(
            tx,
            [
                NewPrincipal(kind=PrincipalKind.STAFF, login="li.wei", name="Li Wei"),
                NewPrincipal(
                    kind=PrincipalKind.CUSTOMER_USER, login="treasurer@silk", name="Wang Fang", customer=SILK
                ),
                NewPrincipal(kind=PrincipalKind.MACHINE, login="erp", name="ERP", scopes=["accounts:read"]),
            ],
            by=OFFICER,
        )
    return People(database, *made)


async def test_the_standard_roles_say_what_they_are_in_both_languages(database: Database) -> None:
    async with database.transaction() as tx:
        roles = {one.id: one for one in await list_roles(tx)}
    assert set(roles) == {
        "teller", "supervisor", "account_manager", "product_manager", "risk_officer", "operator",
        "security_officer", "auditor", "customer_maker", "customer_checker", "customer_viewer",
        "customer_administrator", "customer_payroll_viewer",
    }  # fmt: skip
    for role in roles.values():
        assert role.title.isascii() and not role.local_title.isascii()
        assert role.permissions <= set(SCOPES) - {Scope.ADMIN}
        if role.audience is Audience.CUSTOMER:
            assert role.permissions <= CUSTOMER_PERMISSIONS


async def test_checkers_need_no_rights_of_makers_nor_makers_of_checkers(database: Database) -> None:
    async with database.transaction() as tx:
        roles = {one.id: one.permissions for one in await list_roles(tx)}
    assert not {Scope.PAYMENTS_WRITE} & roles["customer_checker"]
    assert not {Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE} & roles["customer_maker"]
    assert all(permission.endswith(":read") for permission in roles["auditor"] | roles["customer_viewer"])


async def test_a_principal_without_a_grant_may_do_nothing(people: People) -> None:
    for who in (people.teller, people.user):
        for scope in Scope:
            assert not await people.may(who, scope)


async def test_a_role_allows_what_it_names_as_far_as_it_was_given(people: People) -> None:
    await people.give(people.teller, "teller", cell=101, amount=Amount(5_000_000, "CNY"))
    ask: dict[str, Any] = {"cell": 101, "amount": Amount(5_000_000, "CNY")}
    assert await people.may(people.teller, Scope.TRANSFERS_WRITE, **ask)
    assert not await people.may(people.teller, Scope.TRANSFERS_WRITE, **{**ask, "cell": 102})
    assert not await people.may(
        people.teller, Scope.TRANSFERS_WRITE, cell=101, amount=Amount(5_000_001, "CNY")
    )
    assert not await people.may(people.teller, Scope.OPERATIONS_RUN, **ask)


async def test_a_grant_holds_from_its_first_instant_until_its_last(people: People) -> None:
    start, end = now() + HOUR, now() + 2 * HOUR
    made = await people.give(people.teller, "teller", valid_from=start, valid_until=end)
    async with people.database.transaction() as tx:
        for moment, count in ((start - HOUR / 4, 0), (start, 1), (end - HOUR / 4, 1), (end, 0)):
            assert len(await grants_of(tx, people.teller.id, moment)) == count
        assert await grant_history(tx, people.teller.id) == [made]
    assert not await people.may(people.teller, Scope.ACCOUNTS_READ)


async def test_what_was_revoked_allows_nothing_any_more_and_stays_on_record(people: People) -> None:
    made = await people.give(people.teller, "teller")
    assert await people.may(people.teller, Scope.ACCOUNTS_READ)
    async with people.database.transaction() as tx:
        gone = await revoke_grant(tx, made.id, by=OFFICER, reason="moved")
        assert await revoke_grant(tx, made.id, by="somebody else", reason="again") == gone
        assert (gone.revoked_by, gone.revoke_reason) == (OFFICER, "moved")
        assert await grant_history(tx, people.teller.id) == [gone]
        assert await grants_of(tx, people.teller.id, made.granted_at) == [gone]
    assert not await people.may(people.teller, Scope.ACCOUNTS_READ)


async def test_a_suspended_principal_has_nothing_until_resumed(people: People) -> None:
    await people.give(people.teller, "teller")
    async with people.database.transaction() as tx:
        await suspend_principal(tx, people.teller.id, by=OFFICER, reason="leave")
    assert not await people.may(people.teller, Scope.ACCOUNTS_READ)
    async with people.database.transaction() as tx:
        await resume_principal(tx, people.teller.id, by=OFFICER, reason="back")
    assert await people.may(people.teller, Scope.ACCOUNTS_READ)


async def test_a_role_that_changes_changes_for_all_who_have_it(people: People) -> None:
    await people.give(people.teller, "teller")
    narrower = NewRole(
        id="teller", audience=Audience.BANK, title="Teller", local_title="柜员", permissions=["books:read"]
    )
    async with people.database.transaction() as tx:
        changed = await define_role(tx, narrower, by=OFFICER)
    assert (changed.created_by, changed.changed_by) == ("standard", OFFICER)
    assert await people.may(people.teller, Scope.BOOKS_READ)
    assert not await people.may(people.teller, Scope.TRANSFERS_WRITE)


async def test_nobody_gives_a_role_to_himself(people: People) -> None:
    with pytest.raises(OwnGrant):
        await people.give(people.teller, "teller", by=str(people.teller.id))
    with pytest.raises(psycopg.errors.CheckViolation):
        async with people.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO grants (id, principal, role, valid_from, reason, granted_by)"
                " VALUES (%s, %s, 'teller', now(), 'mine', %s)",
                (uuid7(), people.teller.id, str(people.teller.id)),
            )


async def test_roles_of_the_bank_are_not_for_customers_nor_theirs_for_the_bank(people: People) -> None:
    for who, role in (
        (people.user, "teller"),
        (people.teller, "customer_maker"),
        (people.machine, "teller"),
    ):
        with pytest.raises(InvalidGrant):
            await people.give(who, role)


async def test_a_customers_user_is_given_nothing_of_another_customer(people: People) -> None:
    with pytest.raises(InvalidGrant, match=str(SILK)):
        await people.give(people.user, "customer_viewer", customer=JADE)
    assert (await people.give(people.user, "customer_viewer", customer=SILK)).customer == SILK


BAD_GRANTS: dict[str, dict[str, Any]] = {
    "cell out of range": {"cell": 99},
    "empty branch": {"branch": ""},
    "negative amount": {"amount": Amount(-1, "CNY")},
    "ends before it begins": {"valid_until": now() - HOUR},
    "no time zone": {"valid_from": now().replace(tzinfo=None)},
}


@pytest.mark.parametrize("name", BAD_GRANTS)
async def test_limits_that_make_no_sense_are_refused(people: People, name: str) -> None:
    with pytest.raises(InvalidGrant):
        await people.give(people.teller, "teller", **BAD_GRANTS[name])


async def test_a_closed_principal_and_unknown_ones_are_given_nothing(people: People) -> None:
    async with people.database.transaction() as tx:
        await close_principal(tx, people.user.id, by=OFFICER, reason="left")
    with pytest.raises(InvalidGrant):
        await people.give(people.user, "customer_viewer")
    with pytest.raises(RoleNotFound):
        await people.give(people.teller, "emperor")
    async with people.database.transaction() as tx:
        nobody = NewGrant(principal=uuid7(), role="teller")
        with pytest.raises(PrincipalNotFound):
            await grant_role(tx, nobody, by=OFFICER, reason="x")
        with pytest.raises(GrantNotFound):
            await revoke_grant(tx, uuid7(), by=OFFICER, reason="x")


async def test_grants_are_not_changed_or_deleted(people: People) -> None:
    made = await people.give(people.teller, "teller", cell=101)
    for statement in (
        "UPDATE grants SET cell = NULL",
        "UPDATE grants SET amount = 1, currency = 'CNY'",
        "DELETE FROM grants",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with people.database.transaction() as tx:
                await tx.execute(statement.encode())
    async with people.database.transaction() as tx:
        await revoke_grant(tx, made.id, by=OFFICER, reason="over")
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with people.database.transaction() as tx:
            await tx.execute("UPDATE grants SET revoked_at = NULL, revoked_by = NULL")


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        (InvalidRole, {"id": "Teller"}),
        (InvalidRole, {"title": " "}),
        (InvalidRole, {"local_title": "x" * 101}),
        (InvalidRole, {"permissions": []}),
        (InvalidRole, {"permissions": ["admin"]}),
        (UnknownScope, {"permissions": ["everything"]}),
        (InvalidRole, {"audience": Audience.CUSTOMER, "permissions": ["transfers:write"]}),
        (InvalidRole, {"id": "teller", "audience": Audience.CUSTOMER}),
    ],
)
async def test_a_role_that_cannot_be_is_refused(
    database: Database, error: type[Exception], fields: dict[str, Any]
) -> None:
    given: dict[str, Any] = {
        "id": "clerk", "audience": Audience.BANK, "title": "Clerk", "local_title": "办事员",
        "permissions": ["accounts:read"], **fields,
    }  # fmt: skip
    async with database.transaction() as tx:
        with pytest.raises(error):
            await define_role(tx, NewRole(**given), by=OFFICER)


async def test_a_credential_of_a_person_brings_no_more_than_was_given(people: People) -> None:
    await people.give(people.user, "customer_viewer")
    async with people.database.transaction() as tx:
        issued = await issue_token(tx, "all", list(Scope), principal=people.user.id)
        caller = await authenticate(tx, issued.text)
        roles = {one.id: one.permissions for one in await list_roles(tx)}
        assert caller.scopes == roles["customer_viewer"]
        assert not caller.allows(Scope.ADMIN)
        narrow = await issue_token(tx, "one", ["accounts:read", "payments:write"], principal=people.user.id)
        assert (await authenticate(tx, narrow.text)).scopes == {"accounts:read"}
