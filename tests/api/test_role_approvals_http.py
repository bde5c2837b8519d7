"""Authority that people give waits for another of them, who is not the one to get it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import NewPrincipal, PrincipalKind, Scope, create_principals, issue_token
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of
from tests.api.staffed import CHECKER, Colleague, employ
from tests.api.test_roles_http import CLERK
from tests.api.wire import Client
from tests.parties.people import a_fit_customer

OFFICER = (Scope.IDENTITY_WRITE, Scope.IDENTITY_READ, Scope.APPROVALS_READ)
TELLER = {"role": "teller", "reason": "counter in Pudong", "branch": "SH-PUDONG"}


class Office:
    """A security officer, supervisors, somebody who is both, and a new clerk who has nothing."""

    def __init__(self, bank: Database, client: Client) -> None:
        self.bank, self.client = bank, client
        self.officer = self.one = self.two = self.both = Colleague(client, uuid7(), "")
        self.clerk = uuid7()

    @property
    def path(self) -> str:
        """Where the clerk is given roles."""
        return f"/v1/principals/{self.clerk}/grants"

    async def waiting(self, path: str = "", body: Any = None) -> Any:
        """A request of the officer's that waits."""
        return await self.officer.ask("POST", path or self.path, body or TELLER, 202)

    async def given(self) -> list[Any]:
        """What the clerk was given."""
        found: list[Any] = (await self.officer.ask("GET", self.path))["grants"]
        return found


@pytest_asyncio.fixture
async def office(bank: Database) -> AsyncIterator[Office]:
    async with client_of(bank) as client:
        made = Office(bank, client)
        made.officer = await employ(bank, client, *OFFICER)
        made.one, made.two = [await employ(bank, client, *CHECKER) for _ in range(2)]
        made.both = await employ(bank, client, *OFFICER, *CHECKER)
        made.clerk = await hired(bank)
        yield made


async def hired(bank: Database, kind: PrincipalKind = PrincipalKind.STAFF, of: UUID | None = None) -> UUID:
    """Somebody who was given nothing yet."""
    async with bank.transaction() as tx:
        new = NewPrincipal(
            kind=kind, login=f"c{uuid7().hex}", name="Zhang Min", local_name="张敏", customer=of
        )
        return (await create_principals(tx, [new], by="tests"))[0].id


async def test_a_role_waits_says_what_it_allows_and_is_given_on_the_yes_of_another(office: Office) -> None:
    asked = await office.waiting()
    assert (asked["command"], await office.given()) == ("identity.grants", [])
    lines = [(line["en"], line["zh"]) for line in asked["lines"]]
    assert lines[0][0].startswith("Zhang Min (")
    assert lines[0][0].endswith(") gets the role Teller (teller)")
    assert lines[0][1].endswith("角色：柜员")
    assert "transfers:write" in lines[1][0]
    assert ("Limits: branch SH-PUDONG", "范围限制：branch SH-PUDONG") in lines
    (said,) = await office.one.say(asked["id"])
    assert said["state"] == "executed"
    (grant,) = await office.given()
    assert (grant["role"], grant["granted_by"]) == ("teller", str(office.officer.id))


async def test_who_is_to_get_a_role_does_not_agree_to_it(office: Office) -> None:
    asked = await office.waiting(f"/v1/principals/{office.one.id}/grants")
    (said,) = await office.one.say(asked["id"])
    assert (said["state"], said["code"]) == ("failed", "own_grant")
    path = f"/v1/principals/{office.one.id}/grants"
    assert [one["role"] for one in (await office.officer.ask("GET", path))["grants"]] != ["teller"]


async def test_nobody_asks_for_a_role_of_the_own_or_agrees_to_what_he_or_she_asked_for(
    office: Office,
) -> None:
    own = f"/v1/principals/{office.both.id}/grants"
    assert await office.both.refused("POST", own, TELLER) == (403, "own_grant")
    asked = await office.both.ask("POST", office.path, TELLER, 202)
    (said,) = await office.both.say(asked["id"])
    assert (said["accepted"], said["code"], await office.given()) == (False, "own_approval", [])


async def test_what_a_role_allows_changes_on_the_yes_of_another_and_the_change_is_shown(
    office: Office,
) -> None:
    for permissions, shown in (
        (["accounts:read", "transfers:read"], "It will allow, and did not: accounts:read, transfers:read"),
        (["accounts:read", "transfers:write"], "It will allow, and did not: transfers:write"),
    ):
        asked = await office.waiting("/v1/roles", {**CLERK, "permissions": permissions})
        assert shown in [line["en"] for line in asked["lines"]]
        (said,) = await office.one.say(asked["id"])
        assert said["state"] == "executed"
    roles = {one["id"]: one for one in (await office.officer.ask("GET", "/v1/roles"))["roles"]}
    assert roles["clerk"]["permissions"] == ["accounts:read", "transfers:write"]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"role": "nothing"}, 404, "role_not_found"),
        ({"role": "customer_maker"}, 400, "invalid_grant"),
        ({"valid_until": "2001-01-01T00:00:00Z"}, 400, "invalid_grant"),
    ],
)
async def test_a_role_that_could_never_be_given_is_refused_at_once(
    office: Office, said: dict[str, Any], status: int, code: str
) -> None:
    assert await office.officer.refused("POST", office.path, {**TELLER, **said}) == (status, code)
    assert (await office.officer.ask("GET", "/v1/approvals"))["approvals"] == []


async def test_no_rule_lets_one_person_give_authority(office: Office) -> None:
    keeper = await employ(office.bank, office.client, Scope.APPROVALS_RULES, *CHECKER)
    body = {"id": str(uuid7()), "rules": [{"command": "identity.grants", "stages": []}]}
    assert await keeper.refused("POST", "/v1/approval-rules", body) == (400, "invalid_rule")


async def test_two_yeses_at_once_give_a_role_once(office: Office) -> None:
    asked = await office.waiting()
    said = await asyncio.gather(office.one.say(asked["id"]), office.two.say(asked["id"]))
    assert sorted(told["accepted"] for (told,) in said) == [False, True]
    assert len(await office.given()) == 1


async def test_a_principal_that_was_closed_meanwhile_gets_nothing(office: Office) -> None:
    asked = await office.waiting()
    await office.officer.ask("POST", f"/v1/principals/{office.clerk}/close", {"reason": "left"})
    (said,) = await office.one.say(asked["id"])
    assert (said["state"], said["code"], await office.given()) == ("failed", "invalid_grant", [])


async def test_a_role_is_taken_away_by_one_person_at_once(office: Office) -> None:
    await office.one.say((await office.waiting())["id"])
    (grant,) = await office.given()
    gone = await office.officer.ask("POST", f"/v1/grants/{grant['id']}/revoke", {"reason": "left"})
    assert gone["revoked_by"] == str(office.officer.id)


async def test_the_first_role_at_a_customer_waits_for_the_bank_and_later_ones_for_either(
    office: Office,
) -> None:
    async with office.bank.transaction() as tx:
        customer = await a_fit_customer(tx, "Silk Road Trading Ltd", cell=101)
    first, second = [await hired(office.bank, PrincipalKind.CUSTOMER_USER, customer.id) for _ in range(2)]
    body = {"role": "customer_administrator", "reason": "as the customer asked"}
    asked = await office.waiting(f"/v1/principals/{first}/grants", body)
    assert asked["customer"] == str(customer.id)
    await office.one.say(asked["id"])
    async with office.bank.transaction() as tx:
        scopes = [Scope.IDENTITY_WRITE, Scope.IDENTITY_READ, Scope.APPROVALS_READ]
        token = (await issue_token(tx, "administrator", scopes, principal=first)).text
    administrator = Colleague(office.client, first, token)
    body = {"role": "customer_maker", "reason": "new in accounting"}
    asked = await administrator.ask("POST", f"/v1/principals/{second}/grants", body, 202)
    assert (await administrator.ask("GET", f"/v1/principals/{second}/grants"))["grants"] == []
    (said,) = await office.two.say(asked["id"])
    assert said["state"] == "executed"
    (grant,) = (await administrator.ask("GET", f"/v1/principals/{second}/grants"))["grants"]
    assert (grant["role"], grant["granted_by"]) == ("customer_maker", str(first))
    staff = await administrator.refused("POST", office.path, body)
    assert staff == (404, "principal_not_found")


async def test_without_the_permission_nothing_is_asked_for(office: Office) -> None:
    assert await office.one.refused("POST", office.path, TELLER) == (403, "not_granted")
    assert await office.one.refused("POST", "/v1/roles", CLERK) == (403, "not_granted")
