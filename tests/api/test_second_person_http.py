"""What nobody of the bank changes alone, and machines do at once: terms, lists, rails, programs, roles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import Scope
from sycee.kernel.settings import Settings
from tests.api.people import People
from tests.api.small_bank import client_of
from tests.identity.people import make

ROLE = {
    "id": "auditor_abroad",
    "audience": "bank",
    "title": "Auditor abroad",
    "local_title": "境外审计员",
    "permissions": ["accounts:read"],
}


class Change(msgspec.Struct, frozen=True):
    """Something that is changed: by whom, with what, where it is seen, and the text that it is seen by."""

    command: str
    maker: str
    method: str
    path: str
    body: dict[str, Any]
    seen_at: str
    seen_as: str
    status: int = 200


CHANGES = [
    Change(
        command="debits.change_terms",
        maker="operator",
        method="POST",
        path="/v1/direct-debit-terms",
        body={"valid_from": "2026-12-01", "calendar": "CN", "refund_days": 56, "retry_days_most": 3},
        seen_at="/v1/direct-debit-terms",
        seen_as='"valid_from":"2026-12-01"',
        status=201,
    ),
    Change(
        command="screening.replace_list",
        maker="operator",
        method="PUT",
        path="/v1/screening-lists/un",
        body={"names": ["Evil Corporation", "某某有限公司"]},
        seen_at="/v1/screening-lists",
        seen_as='"name":"un","entries":2',
    ),
    Change(
        command="rails.connect",
        maker="operator",
        method="POST",
        path="/v1/rail-connections",
        body={"rail": "BEPS", "address": "http://127.0.0.1:8900", "participant": "313100000013"},
        seen_at="/v1/rail-connections",
        seen_as='"address":"http://127.0.0.1:8900"',
    ),
    Change(
        command="identity.machines",
        maker="security_officer",
        method="POST",
        path="/v1/principals",
        body={
            "principals": [{"kind": "machine", "login": "erp", "name": "ERP", "scopes": ["transfers:write"]}]
        },
        seen_at="/v1/principals?kind=machine",
        seen_as='"login":"erp"',
        status=201,
    ),
    Change(
        command="identity.grants",
        maker="security_officer",
        method="POST",
        path="/v1/roles",
        body=ROLE,
        seen_at="/v1/roles",
        seen_as='"id":"auditor_abroad"',
    ),
]
every_change = pytest.mark.parametrize("change", CHANGES, ids=[change.command for change in CHANGES])


@pytest_asyncio.fixture
async def house(bank: Database, tmp_path: Path) -> AsyncIterator[People]:
    async with client_of(bank, settings=Settings(data_dir=tmp_path)) as client:
        made = People(client)
        roles = ("operator", "security_officer", "supervisor", "auditor")
        await made.hire_staff(bank, {role: role for role in roles})
        await made.hire(bank, {"machine": [Scope.ADMIN]})
        yield made


async def seen(house: People, change: Change) -> bool:
    response = await house.send("machine", "GET", change.seen_at)
    assert response.status_code == 200, response.text
    return change.seen_as in response.text


async def asked_for(house: People, change: Change) -> dict[str, Any]:
    """The approval that a person's request waits for."""
    response = await house.send(change.maker, change.method, change.path, change.body)
    assert response.status_code == 202, response.text
    found: dict[str, Any] = response.json()
    assert (found["command"], found["state"]) == (change.command, "waiting")
    assert found["lines"]
    return found


@every_change
async def test_what_a_person_asks_for_is_done_when_another_agrees(house: People, change: Change) -> None:
    asked = await asked_for(house, change)
    assert not await seen(house, change)
    inbox = await house.ask("supervisor", "GET", "/v1/approval-inbox")
    assert [item["approval"]["id"] for item in inbox["items"]] == [asked["id"]]
    assert (await house.say("supervisor", asked))["state"] == "executed"
    assert await seen(house, change)


@every_change
async def test_what_another_turns_down_is_not_done(house: People, change: Change) -> None:
    asked = await asked_for(house, change)
    assert (await house.say("supervisor", asked, "no", reason="Not agreed on"))["state"] == "rejected"
    assert not await seen(house, change)


@every_change
async def test_a_machine_of_the_bank_does_it_at_once(house: People, change: Change) -> None:
    done = await house.send("machine", change.method, change.path, change.body)
    assert done.status_code == change.status, done.text
    assert await seen(house, change)


@every_change
async def test_a_request_that_is_sent_again_with_its_key_waits_once(house: People, change: Change) -> None:
    for _ in range(2):
        response = await house.send(
            change.maker, change.method, change.path, change.body, headers={"Idempotency-Key": "k"}
        )
        assert response.status_code == 202
    found = await house.ask("supervisor", "GET", f"/v1/approvals?command={change.command}")
    assert len(found["approvals"]) == 1


@every_change
async def test_who_lost_the_role_since_has_asked_in_vain(
    house: People, change: Change, bank: Database
) -> None:
    asked = await asked_for(house, change)
    grants = await house.ask("machine", "GET", f"/v1/principals/{house.ids[change.maker]}/grants")
    (grant,) = grants["grants"]
    await house.ask("machine", "POST", f"/v1/grants/{grant['id']}/revoke", {"reason": "Moved on"})
    outcome = await house.say("supervisor", asked)
    assert (outcome["accepted"], outcome["code"]) == (False, "maker_not_entitled")
    assert not await seen(house, change)


@pytest.mark.parametrize(
    ("maker", "method", "path", "body", "code"),
    [
        (
            "operator",
            "POST",
            "/v1/direct-debit-terms",
            {"valid_from": "2026-12-01", "calendar": "MARS", "refund_days": 1, "retry_days_most": 1},
            "invalid_debit_terms",
        ),
        ("operator", "PUT", "/v1/screening-lists/un", {"names": ["--"]}, "invalid_screening_list"),
        (
            "operator",
            "POST",
            "/v1/rail-connections",
            {"rail": "BEPS", "address": "ftp://x", "participant": "313100000013"},
            "invalid_rail_connection",
        ),
        (
            "operator",
            "POST",
            "/v1/rail-connections",
            {"rail": "SWIFT", "address": "http://x:1", "participant": "313100000013"},
            "rail_not_found",
        ),
        (
            "security_officer",
            "POST",
            "/v1/principals",
            {"principals": [{"kind": "machine", "login": "x", "name": "X", "scopes": ["accounts:read"]}]},
            "invalid_principal",
        ),
    ],
)
async def test_what_could_never_be_done_is_refused_at_once_and_waits_for_nobody(
    house: People, maker: str, method: str, path: str, body: dict[str, Any], code: str
) -> None:
    response = await house.send(maker, method, path, body)
    assert response.json()["code"] == code, response.text
    assert (await house.ask("supervisor", "GET", "/v1/approvals"))["approvals"] == []


async def test_a_client_that_a_person_makes_signs_in_once_another_agreed(
    house: People, bank: Database
) -> None:
    machine = await make(bank, "erp", kind="machine", scopes=("accounts:read",))
    wanted = {"principal": str(machine.id), "name": "ERP", "scopes": ["accounts:read"]}
    response = await house.send("security_officer", "POST", "/v1/oauth/clients", wanted)
    assert response.status_code == 202, response.text
    asked = response.json()
    grant = {
        "grant_type": "client_credentials",
        "client_id": asked["id"],
        "client_secret": asked["secret"],
    }
    refused = await house.client.post("/v1/oauth/token", data=grant)
    assert refused.status_code == 401
    detail = await house.ask("supervisor", "GET", f"/v1/approvals/{asked['approval']}")
    assert asked["secret"] not in str(detail)
    assert (await house.say("supervisor", detail["approval"]))["state"] == "executed"
    signed_in = await house.client.post("/v1/oauth/token", data=grant)
    assert signed_in.status_code == 200, signed_in.text
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    assert (await house.client.get("/v1/accounts", headers=headers)).status_code == 200


async def test_a_person_who_makes_people_alone_makes_no_machine_among_them(house: People) -> None:
    teller = {"kind": "staff", "login": "li.wei", "name": "Li Wei"}
    alone = await house.send("security_officer", "POST", "/v1/principals", {"principals": [teller]})
    assert alone.status_code == 201
    machine = {"kind": "machine", "login": "erp", "name": "ERP", "scopes": ["accounts:read"]}
    both = {"principals": [{**teller, "login": "wang.fang"}, machine]}
    assert (await house.send("security_officer", "POST", "/v1/principals", both)).status_code == 202
    found = await house.ask("machine", "GET", "/v1/principals?login=wang.fang")
    assert found["principals"] == []


async def test_a_role_that_a_person_gives_counts_once_another_agreed(house: People) -> None:
    auditor = house.ids["auditor"]
    body = {"role": "teller", "reason": "A new post"}
    response = await house.send("security_officer", "POST", f"/v1/principals/{auditor}/grants", body)
    assert response.status_code == 202, response.text
    assert len((await house.ask("machine", "GET", f"/v1/principals/{auditor}/grants"))["grants"]) == 1
    assert (await house.say("supervisor", response.json()))["state"] == "executed"
    grants = (await house.ask("machine", "GET", f"/v1/principals/{auditor}/grants"))["grants"]
    assert {grant["role"] for grant in grants} == {"auditor", "teller"}


async def test_who_is_given_a_role_does_not_agree_to_it(house: People) -> None:
    supervisor = house.ids["supervisor"]
    body = {"role": "risk_officer", "reason": "A favour"}
    response = await house.send("security_officer", "POST", f"/v1/principals/{supervisor}/grants", body)
    assert response.status_code == 202, response.text
    outcome = await house.say("supervisor", response.json())
    assert (outcome["state"], outcome["code"]) == ("failed", "own_grant")
    assert len((await house.ask("machine", "GET", f"/v1/principals/{supervisor}/grants"))["grants"]) == 1
