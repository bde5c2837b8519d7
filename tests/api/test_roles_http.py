"""Roles, grants and branches over HTTP: good requests, bad ones, and without the permission."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import NewPrincipal, Principal, PrincipalKind, create_principals, security_events
from sycee.kernel.ids import uuid7
from tests.api.wire import Client, money
from tests.parties.people import a_fit_customer

NOBODY = "00000000-0000-0000-0000-000000000000"
CLERK = {
    "id": "clerk",
    "audience": "bank",
    "title": "Clerk",
    "local_title": "办事员",
    "permissions": ["accounts:read", "transfers:read"],
}


@pytest_asyncio.fixture
async def clerk(bank: Database) -> Principal:
    """Somebody of the bank who was given nothing yet."""
    async with bank.transaction() as tx:
        new = NewPrincipal(kind=PrincipalKind.STAFF, login="li.wei", name="Li Wei")
        return (await create_principals(tx, [new], by="tests"))[0]


async def test_a_role_is_defined_and_changed_and_listed(client: Client) -> None:
    made = (await client.post("/v1/roles", json=CLERK)).json()
    assert (made["permissions"], made["changed_at"]) == (["accounts:read", "transfers:read"], None)
    changed = (await client.post("/v1/roles", json={**CLERK, "permissions": ["books:read"]})).json()
    assert (changed["permissions"], changed["created_at"]) == (["books:read"], made["created_at"])
    assert changed["changed_by"] == made["created_by"]
    listed = (await client.get("/v1/roles")).json()["roles"]
    assert changed in listed
    assert {"teller", "customer_maker"} <= {one["id"] for one in listed}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id": "Clerk"}, "invalid_role"),
        ({"permissions": ["everything"]}, "unknown_scope"),
        ({"permissions": ["admin"]}, "invalid_role"),
        ({"permissions": []}, "schema_violation"),
        ({"audience": "everybody"}, "schema_violation"),
        ({"audience": "customer", "permissions": ["transfers:write"]}, "invalid_role"),
        ({"power": 9000}, "schema_violation"),
    ],
)
async def test_a_role_that_cannot_be_is_refused(client: Client, fields: dict[str, Any], code: str) -> None:
    response = await client.post("/v1/roles", json={**CLERK, **fields})
    assert (response.status_code, response.json()["code"]) == (400, code)


async def test_a_role_is_given_within_limits_and_taken_away_and_all_is_on_record(
    client: Client, clerk: Principal, bank: Database
) -> None:
    path = f"/v1/principals/{clerk.id}/grants"
    said = {
        "role": "teller",
        "reason": "counter in Pudong",
        "valid_until": "2999-12-31T16:00:00Z",
        "cell": 101,
        "branch": "SH-PUDONG",
        "amount": money("50000.00"),
    }
    response = await client.post(path, json=said)
    assert response.status_code == 201, response.text
    made = response.json()
    assert {name: made[name] for name in said} == said
    assert (made["customer"], made["product"], made["revoked_at"]) == (None, None, None)
    revoke = f"/v1/grants/{made['id']}/revoke"
    gone = (await client.post(revoke, json={"reason": "moved"})).json()
    assert (gone["revoke_reason"], gone["reason"]) == ("moved", "counter in Pudong")
    assert (await client.post(revoke, json={"reason": "again"})).json() == gone
    assert (await client.get(path)).json() == {"grants": [gone]}
    async with bank.transaction() as tx:
        events = await security_events(tx, principal=clerk.id)
    assert [one.event for one in events][:2] == ["role_revoked", "role_given"]
    assert "teller (101, SH-PUDONG, 50000.00 CNY): counter in Pudong" in events[1].detail


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"role": "emperor"}, 404, "role_not_found"),
        ({"role": "customer_maker"}, 400, "invalid_grant"),
        ({"reason": ""}, 400, "schema_violation"),
        ({"cell": 99}, 400, "schema_violation"),
        ({"amount": money("-1.00")}, 400, "invalid_grant"),
        ({"amount": money("1.00", "XXQ")}, 400, "unknown_currency"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, 400, "invalid_grant"),
        ({"valid_until": "2999-01-01T00:00:00"}, 400, "invalid_grant"),
        ({"principal": NOBODY}, 400, "schema_violation"),
    ],
)
async def test_a_grant_that_cannot_be_is_refused(
    client: Client, clerk: Principal, fields: dict[str, Any], status: int, code: str
) -> None:
    said = {"role": "teller", "reason": "x", **fields}
    response = await client.post(f"/v1/principals/{clerk.id}/grants", json=said)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert (await client.get(f"/v1/principals/{clerk.id}/grants")).json() == {"grants": []}


async def test_who_is_not_there_is_given_nothing(client: Client) -> None:
    path = f"/v1/principals/{NOBODY}/grants"
    for response in (
        await client.get(path),
        await client.post(path, json={"role": "teller", "reason": "x"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "principal_not_found")
    response = await client.post(f"/v1/grants/{NOBODY}/revoke", json={"reason": "x"})
    assert (response.status_code, response.json()["code"]) == (404, "grant_not_found")


async def test_roles_need_the_permission_to_see_and_to_give(
    anonymous: Client, tokens: dict[str, str], clerk: Principal
) -> None:
    path = f"/v1/principals/{clerk.id}/grants"
    asked: list[tuple[str, str, str, Any]] = [
        ("GET", "/v1/roles", "identity:write", None),
        ("POST", "/v1/roles", "identity:read", CLERK),
        ("GET", path, "identity:write", None),
        ("POST", path, "identity:read", {"role": "teller", "reason": "x"}),
        ("POST", f"/v1/grants/{NOBODY}/revoke", "identity:read", {"reason": "x"}),
    ]
    for method, where, scope, body in asked:
        headers = {"Authorization": f"Bearer {tokens[scope]}"}
        response = await anonymous.request(method, where, json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


async def test_a_customer_is_put_with_a_branch_and_that_is_among_its_changes(
    client: Client, bank: Database
) -> None:
    async with bank.transaction() as tx:
        customer: UUID = (await a_fit_customer(tx, cell=101)).id
    path = f"/v1/customers/{customer}/branch"
    assert (await client.get(path)).json() == {"customer": str(customer), "branch": None}
    for branch in ("SH-PUDONG", "BJ-HAIDIAN", "BJ-HAIDIAN"):
        response = await client.post(path, json={"branch": branch, "reason": "moved"})
        assert response.json() == {"customer": str(customer), "branch": branch}
    assert (await client.get(path)).json()["branch"] == "BJ-HAIDIAN"
    changes = (await client.get(f"/v1/customers/{customer}/changes")).json()["changes"]
    told = [(one["before"], one["after"]) for one in changes if one["what"] == "branch"]
    assert told == [("SH-PUDONG", "BJ-HAIDIAN"), (None, "SH-PUDONG")]


async def test_a_branch_that_cannot_be_and_a_customer_that_is_not_there_are_refused(
    client: Client, bank: Database
) -> None:
    async with bank.transaction() as tx:
        customer: UUID = (await a_fit_customer(tx, cell=101)).id
    for where, branch, status, code in (
        (customer, "pudong", 400, "invalid_customer"),
        (customer, "X" * 33, 400, "schema_violation"),
        (uuid7(), "SH-PUDONG", 404, "customer_not_found"),
        ("nonsense", "SH-PUDONG", 400, "invalid_identifier"),
    ):
        said = {"branch": branch, "reason": "moved"}
        response = await client.post(f"/v1/customers/{where}/branch", json=said)
        assert (response.status_code, response.json()["code"]) == (status, code)
