"""Principals over HTTP: made, found, suspended at once; and who may have a hand in whose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from sycee import parties
from sycee.database import Database
from sycee.identity import issue_token
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings
from tests.api.people import a_member_of_staff
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.identity.people import enter, keys_in, make, staff
from tests.parties.people import new_uscc

NOBODY = "00000000-0000-0000-0000-000000000001"
STAFF = {"kind": "staff", "login": "li.wei", "name": "Li Wei", "local_name": "李伟"}


async def a_customer(bank: Database) -> UUID:
    new = parties.NewCustomer(name=f"Company {uuid7().hex}", uscc=new_uscc(), cell=101)
    async with bank.transaction() as tx:
        return (await parties.register_customers(tx, [new], by="tests"))[0].id


@pytest_asyncio.fixture
async def company(bank: Database, tmp_path: Path) -> AsyncIterator[tuple[Client, UUID]]:
    """A client of a customer's own program, which may see to principals, and the customer."""
    customer = await a_customer(bank)
    scopes = ("identity:read", "identity:write", "accounts:read")
    machine = await make(bank, "company-erp", kind="machine", customer=customer, scopes=scopes)
    async with bank.transaction() as tx:
        token = await issue_token(tx, "x", scopes, principal=machine.id)
    async with client_of(bank, token.text, Settings(data_dir=tmp_path)) as opened:
        yield opened, customer


async def test_principals_are_made_once_and_found(client: Client, bank: Database) -> None:
    customer = await a_customer(bank)
    user = {
        **STAFF,
        "kind": "machine",
        "login": "erp",
        "customer": str(customer),
        "scopes": ["payments:write"],
    }
    body = {"principals": [STAFF, user]}
    key = {"Idempotency-Key": "one"}
    response = await client.post("/v1/principals", json=body, headers=key)
    again = await client.post("/v1/principals", json=body, headers=key)
    assert (response.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == response.json()
    first, second = response.json()["principals"]
    assert (first["state"], second["scopes"]) == ("active", ["payments:write"])
    assert (await client.get(f"/v1/principals/{first['id']}")).json() == first
    found = (await client.get("/v1/principals", params={"customer": str(customer)})).json()
    assert found == {"principals": [second], "next": None}
    page = (await client.get("/v1/principals", params={"limit": 1})).json()
    rest = (await client.get("/v1/principals", params={"cursor": page["next"], "limit": 1000})).json()
    assert first in rest["principals"]
    assert page["principals"][0] not in rest["principals"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"login": "x"}, 400, "invalid_principal"),
        ({"kind": "robot"}, 400, "schema_violation"),
        ({"kind": "customer_user"}, 400, "invalid_principal"),
        ({"customer": NOBODY}, 404, "customer_not_found"),
        ({"kind": "machine", "customer": "X", "person": NOBODY}, 404, "person_not_found"),
        ({"kind": "machine", "scopes": ["accounts:burn"]}, 400, "unknown_scope"),
        ({"scopes": ["payments:write"]}, 400, "invalid_principal"),
        ({"state": "active"}, 400, "schema_violation"),
        ({"created_by": "me"}, 400, "schema_violation"),
    ],
)
async def test_a_principal_that_cannot_be_is_refused_and_with_it_the_list(
    client: Client, bank: Database, changes: dict[str, Any], status: int, code: str
) -> None:
    if changes.get("customer") == "X":
        changes = {**changes, "customer": str(await a_customer(bank))}
    body = {"principals": [{**STAFF, "login": "fresh"}, {**STAFF, **changes}]}
    response = await client.post("/v1/principals", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert (await client.get("/v1/principals", params={"login": "fresh"})).json()["principals"] == []


async def test_a_login_is_taken_once(client: Client) -> None:
    assert (await client.post("/v1/principals", json={"principals": [STAFF]})).status_code == 201
    again = await client.post("/v1/principals", json={"principals": [{**STAFF, "login": "LI.WEI"}]})
    assert (again.status_code, again.json()["code"]) == (409, "principal_exists")


async def test_a_suspended_principal_is_refused_from_the_next_request_on(
    client: Client, bank: Database, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['accounts:read']}"}
    id = (await client.get("/v1/me", headers=headers)).json()["id"]
    for move, state, status in (
        ("suspend", "suspended", 401),
        ("suspend", "suspended", 401),
        ("resume", "active", 200),
        ("close", "closed", 401),
    ):
        moved = await client.post(f"/v1/principals/{id}/{move}", json={"reason": "Mandatory leave"})
        assert (moved.status_code, moved.json()["state"]) == (200, state)
        assert (await client.get("/v1/accounts", headers=headers)).status_code == status
    refused = await client.get("/v1/accounts", headers=headers)
    assert refused.json()["code"] == "principal_not_active"
    moved = await client.post(f"/v1/principals/{id}/resume", json={"reason": "x"})
    assert (moved.status_code, moved.json()["code"]) == (409, "principal_closed")


@pytest.mark.parametrize("move", ["suspend", "resume", "close", "reset", "sessions/end"])
async def test_a_wrong_move_is_refused(client: Client, move: str) -> None:
    right: dict[str, str] = {"reason": "x", **({"what": "lock_out"} if move == "reset" else {})}
    for id, body, code in (
        (NOBODY, right, "principal_not_found"),
        ("x", right, "invalid_identifier"),
        (NOBODY, {}, "schema_violation"),
        (NOBODY, {**right, "reason": ""}, "schema_violation"),
        (NOBODY, {**right, "force": True}, "schema_violation"),
    ):
        response = await client.post(f"/v1/principals/{id}/{move}", json=body)
        assert response.json()["code"] == code


async def test_credentials_are_reset_and_sessions_ended(
    client: Client, bank: Database, tmp_path: Path
) -> None:
    keys = keys_in(tmp_path)
    person = await staff(bank, keys)
    path = f"/v1/principals/{person.principal.id}"
    for what in ("password", "second_factor"):
        code = person.recovery_codes.pop() if what == "password" else None
        if code is not None:
            await enter(bank, keys, person, code=None, recovery_code=code)
            assert len((await client.get(f"{path}/sessions")).json()["sessions"]) == 1
        done = await client.post(f"{path}/reset", json={"what": what, "reason": "asked in person"})
        assert done.status_code == 200
        assert (done.json()["first_password"] is None) == (what != "password")
        assert (await client.get(f"{path}/sessions")).json() == {"sessions": []}
    assert (await client.post(f"{path}/reset", json={"what": "lock_out", "reason": "x"})).status_code == 200
    machine = await make(bank, "erp", kind="machine")
    refused = await client.post(
        f"/v1/principals/{machine.id}/reset", json={"what": "password", "reason": "x"}
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_principal")


async def test_all_of_somebodys_sessions_are_ended(client: Client, bank: Database, tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    person = await staff(bank, keys)
    opened = await enter(bank, keys, person)
    headers = {"Authorization": f"Bearer {opened.token}"}
    assert (await client.get("/v1/me", headers=headers)).status_code == 200
    path = f"/v1/principals/{person.principal.id}/sessions/end"
    assert (await client.post(path, json={"reason": "stolen"})).json() == {"ended": 1}
    assert (await client.get("/v1/me", headers=headers)).status_code == 401
    assert (await client.post(path, json={"reason": "stolen"})).json() == {"ended": 0}


async def test_admin_is_given_by_who_has_it_and_touched_by_nobody_else(
    client: Client, anonymous: Client, bank: Database, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['identity:write']}"}
    body = {"principals": [{**STAFF, "kind": "machine", "scopes": ["admin"]}]}
    refused = await anonymous.post("/v1/principals", json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    (made,) = (await client.post("/v1/principals", json=body)).json()["principals"]
    for move, extra in (("suspend", {}), ("reset", {"what": "password"}), ("sessions/end", {})):
        path = f"/v1/principals/{made['id']}/{move}"
        refused = await anonymous.post(path, json={"reason": "x", **extra}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    machine = await make(bank, "root", kind="machine", scopes=("admin",))
    wanted = {"principal": str(machine.id), "name": "x", "scopes": ["accounts:read"]}
    refused = await anonymous.post("/v1/oauth/clients", json=wanted, headers=headers)
    assert refused.status_code == 403


async def test_a_customers_caller_sees_and_touches_its_own_company_alone(
    company: tuple[Client, UUID], bank: Database
) -> None:
    erp, customer = company
    colleague = await make(bank, "colleague", kind="customer_user", customer=customer)
    stranger = await make(bank, "stranger", kind="customer_user", customer=uuid7())
    teller = await make(bank, "teller")
    listed = (await erp.get("/v1/principals")).json()["principals"]
    assert {one["login"] for one in listed} == {"company-erp", "colleague"}
    for other in (stranger, teller):
        params = {"customer": str(other.customer or NOBODY)}
        assert (await erp.get("/v1/principals", params=params)).json()["principals"] == []
        for method, path, body in (
            ("GET", f"/v1/principals/{other.id}", None),
            ("GET", f"/v1/principals/{other.id}/sessions", None),
            ("GET", f"/v1/oauth/clients?principal={other.id}", None),
            ("POST", f"/v1/principals/{other.id}/suspend", {"reason": "x"}),
            ("POST", f"/v1/principals/{other.id}/reset", {"what": "password", "reason": "x"}),
            ("POST", f"/v1/principals/{other.id}/sessions/end", {"reason": "x"}),
            ("POST", "/v1/oauth/clients", {"principal": str(other.id), "name": "x", "scopes": []}),
        ):
            response = await erp.request(method, path, json=body)
            assert (response.status_code, response.json()["code"]) == (404, "principal_not_found")
    done = await erp.post(f"/v1/principals/{colleague.id}/suspend", json={"reason": "x"})
    assert done.json()["state"] == "suspended"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"scopes": ["accounts:read"]}, 201),
        ({"scopes": ["payments:write"]}, 403),
        ({"scopes": ["admin"]}, 403),
        ({"customer": NOBODY}, 403),
        ({"kind": "staff", "customer": None}, 403),
    ],
)
async def test_a_customers_caller_gives_what_it_has_within_its_company(
    company: tuple[Client, UUID], changes: dict[str, Any], status: int
) -> None:
    erp, customer = company
    wanted = {**STAFF, "kind": "machine", "customer": str(customer), **changes}
    response = await erp.post("/v1/principals", json={"principals": [wanted]})
    assert response.status_code == status, response.text


@pytest.mark.parametrize("what", ["password", "second_factor"])
async def test_a_person_resets_what_is_in_use_only_when_another_agrees(
    bank: Database, tmp_path: Path, what: str
) -> None:
    keys = keys_in(tmp_path)
    victim = await staff(bank, keys)
    opened = await enter(bank, keys, victim)
    async with AsyncExitStack() as stack:
        clients = []
        for role in ("security_officer", "supervisor"):
            _, token = await a_member_of_staff(bank, role)
            settings = Settings(data_dir=tmp_path)
            clients.append(await stack.enter_async_context(client_of(bank, token, settings)))
        officer, supervisor = clients
        path = f"/v1/principals/{victim.principal.id}/reset"
        asked = await officer.post(path, json={"what": what, "reason": "asked by telephone"})
        assert asked.status_code == 202, asked.text
        approval = asked.json()["approval"]
        mine = {"Authorization": f"Bearer {opened.token}"}
        assert (await supervisor.get("/v1/me", headers=mine)).status_code == 200  # nothing has happened
        shown = (await supervisor.get(f"/v1/approvals/{approval}")).json()["approval"]
        assert victim.login in shown["lines"][0]["en"]
        said = {"decisions": [{"approval": approval, "vote": "yes", "digest": shown["digest"]}]}
        assert (await officer.post("/v1/approval-decisions", json=said)).status_code == 403
        outcome = (await supervisor.post("/v1/approval-decisions", json=said)).json()["outcomes"][0]
        assert (outcome["accepted"], outcome["state"]) == (True, "executed")
        assert (await supervisor.get("/v1/me", headers=mine)).status_code == 401
        first = asked.json()["first_password"]
        assert (first is not None) == (what == "password")
        if first is not None:
            proof = {"login": victim.login, "password": first, "recovery_code": victim.recovery_codes[0]}
            assert (await supervisor.post("/v1/sessions", json=proof)).status_code == 201


async def test_a_person_who_never_had_a_password_is_given_the_first_by_one(
    bank: Database, tmp_path: Path
) -> None:
    new = await make(bank, "newcomer")
    _, token = await a_member_of_staff(bank, "security_officer")
    async with client_of(bank, token, Settings(data_dir=tmp_path)) as officer:
        path = f"/v1/principals/{new.id}/reset"
        done = await officer.post(path, json={"what": "password", "reason": "first day"})
        assert (done.status_code, done.json()["approval"]) == (200, None)
        again = await officer.post(path, json={"what": "password", "reason": "first day"})
        assert again.status_code == 202
