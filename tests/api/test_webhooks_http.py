"""Webhooks over the API: registered, changed, tested, delivered again; and not where they must not lead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sycee.client import verify_webhook
from sycee.database import Database
from sycee.identity import KEY_FILE, KeyFile, NewPrincipal, PrincipalKind, create_principals, issue_token
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings
from sycee.operations import get_webhook
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.operations.webhooks.conftest import House
from tests.operations.webhooks.receiver import Receiver


@pytest_asyncio.fixture
async def house(database: Database, tmp_path: Path) -> House:
    """A bank of two customers."""
    house = House(database, KeyFile.at(tmp_path / KEY_FILE))
    await house.open()
    return house


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Silk's machine."""
    async with Receiver() as running:
        yield running


async def _client(house: House, tmp_path: Path, *, anywhere: bool, scope: str) -> Any:
    """A client of silk's machine."""
    async with house.database.transaction() as tx:
        new = NewPrincipal(
            kind=PrincipalKind.MACHINE,
            login="erp",
            name="ERP",
            customer=house.customers["silk"],
            scopes=[scope],
        )
        (machine,) = await create_principals(tx, [new], by="tests")
        token = (await issue_token(tx, "erp", [scope], principal=machine.id, by="tests")).text
    return client_of(house.database, token, Settings(data_dir=tmp_path, webhooks_anywhere=anywhere))


@pytest_asyncio.fixture
async def client(house: House, tmp_path: Path) -> AsyncIterator[Client]:
    """Silk's machine, of a bank in development: addresses of this machine are allowed."""
    async with await _client(house, tmp_path, anywhere=True, scope="webhooks:write") as opened:
        yield opened


def said(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """The body that registers a webhook."""
    return {"id": str(uuid7()), "url": receiver.url, "events": ["payment.*"], **more}


async def test_what_a_customer_registers_is_told_of_its_own_payments(
    house: House, client: Client, receiver: Receiver
) -> None:
    body = said(receiver)
    first = await client.post("/v1/webhooks", json=body)
    assert first.status_code == 201, first.text
    made = first.json()
    assert made["webhook"]["customer"] == str(house.customers["silk"])
    again = await client.post("/v1/webhooks", json=body)
    assert (again.status_code, again.json()) == (200, made)
    await house.pay(wanted := house.payment())
    async with house.database.transaction() as tx:
        endpoint = await get_webhook(tx, made["webhook"]["id"])
    await house.send(endpoint)
    told = verify_webhook(receiver.taken[0].headers, receiver.taken[0].body, made["secret"]["secret"])
    assert told.data["payment"] == str(wanted.id)
    path = f"/v1/webhooks/{endpoint.id}"
    (delivery,) = (await client.get(f"{path}/deliveries")).json()["deliveries"]
    assert (delivery["id"], delivery["state"], delivery["due_at"]) == (str(told.id), "delivered", None)
    shown = (await client.get(f"/v1/webhook-deliveries/{delivery['id']}")).json()
    assert [one["status"] for one in shown["log"]] == [204]
    assert "secret" not in (await client.get(path)).text
    asked = await client.post(f"/v1/webhook-deliveries/{delivery['id']}/redeliver")
    assert (asked.status_code, asked.json()["state"]) == (200, "waiting")
    await house.send(endpoint)
    assert [one.id for one in receiver.taken] == [delivery["id"]] * 2


async def test_a_webhook_is_suspended_taken_up_again_tested_and_given_a_new_secret(
    house: House, client: Client, receiver: Receiver
) -> None:
    id = (await client.post("/v1/webhooks", json=said(receiver))).json()["webhook"]["id"]
    path = f"/v1/webhooks/{id}"
    changed = await client.patch(path, json={"state": "suspended", "reason": "moving"})
    assert (changed.json()["state"], changed.json()["reason"]) == ("suspended", "moving")
    pinged = await client.post(f"{path}/ping", headers={"Idempotency-Key": "ping-1"})
    again = await client.post(f"{path}/ping", headers={"Idempotency-Key": "ping-1"})
    assert (pinged.status_code, again.json()) == (201, pinged.json())
    async with house.database.transaction() as tx:
        endpoint = await get_webhook(tx, id)
    assert await house.send(endpoint) == 0
    assert (await client.patch(path, json={"state": "active"})).json()["state"] == "active"
    assert await house.send(endpoint) == 1
    assert receiver.taken[0].event["type"] == "webhook.ping"
    secret = {"id": str(uuid7()), "overlap_hours": 1}
    made = await client.post(f"{path}/secrets", json=secret)
    assert made.status_code == 201
    assert made.json()["old_valid_to"] is not None
    assert (await client.post(f"{path}/secrets", json=secret)).json() == made.json()
    assert (await client.get("/v1/webhooks")).json()["webhooks"][0]["id"] == id


async def test_lists_are_read_page_by_page(house: House, client: Client, receiver: Receiver) -> None:
    ids = [(await client.post("/v1/webhooks", json=said(receiver))).json()["webhook"]["id"] for _ in range(3)]
    for _ in range(3):
        await client.post(f"/v1/webhooks/{ids[0]}/ping")
    for path, key in (("/v1/webhooks", "webhooks"), (f"/v1/webhooks/{ids[0]}/deliveries", "deliveries")):
        found: list[str] = []
        cursor = None
        while True:
            page = (
                await client.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
            ).json()
            found += [one["id"] for one in page[key]]
            if (cursor := page["next"]) is None:
                break
        assert len(found) == len(set(found)) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "http://erp.example.com/"}, "invalid_webhook"),
        ({"url": "https://127.0.0.1/"}, "webhook_address_refused"),
        ({"url": "https://localhost/"}, "webhook_address_refused"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "webhook_address_refused"),
        ({"url": "https://nobody.invalid/"}, "webhook_address_refused"),
        ({"url": "https://8.8.8.8/", "events": ["payment.unheard"]}, "invalid_webhook"),
        ({"url": "https://8.8.8.8/", "events": []}, "schema_violation"),
        ({"url": "https://8.8.8.8/", "secret": "mine"}, "schema_violation"),
    ],
)
async def test_a_webhook_that_cannot_be_is_refused_with_the_reason(
    house: House, tmp_path: Path, receiver: Receiver, change: dict[str, Any], code: str
) -> None:
    async with await _client(house, tmp_path, anywhere=False, scope="webhooks:write") as client:
        refused = await client.post("/v1/webhooks", json=said(receiver, **change))
        assert (refused.status_code, refused.json()["code"]) == (400, code), refused.text
        assert (await client.get("/v1/webhooks")).json()["webhooks"] == []
        kept = await client.post("/v1/webhooks", json=said(receiver, url="https://8.8.8.8/"))
        moved = await client.patch(
            f"/v1/webhooks/{kept.json()['webhook']['id']}", json={"url": "https://10.0.0.1/"}
        )
        assert moved.json()["code"] == "webhook_address_refused"


async def test_nobody_registers_for_another_customer_or_without_the_permission(
    house: House, client: Client, tmp_path: Path, receiver: Receiver
) -> None:
    jade = str(house.customers["jade"])
    refused = await client.post("/v1/webhooks", json=said(receiver, customer=jade))
    assert (refused.status_code, refused.json()["code"]) == (404, "customer_not_found")
    async with house.database.transaction() as tx:
        new = NewPrincipal(kind=PrincipalKind.MACHINE, login="other", name="Other", scopes=["payments:read"])
        (machine,) = await create_principals(tx, [new], by="tests")
        token = (await issue_token(tx, "other", ["payments:read"], principal=machine.id, by="tests")).text
    async with client_of(house.database, token, Settings(data_dir=tmp_path)) as other:
        assert (await other.post("/v1/webhooks", json=said(receiver))).status_code == 403
        assert (await other.get("/v1/webhooks")).status_code == 403


async def test_the_banks_own_webhook_hears_of_all_and_no_customer_sees_it(
    house: House, client: Client, tmp_path: Path, receiver: Receiver
) -> None:
    async with house.database.transaction() as tx:
        token = (await issue_token(tx, "bank", ["webhooks:write"])).text
    async with client_of(house.database, token, Settings(data_dir=tmp_path, webhooks_anywhere=True)) as bank:
        made = (await bank.post("/v1/webhooks", json=said(receiver))).json()["webhook"]
        assert made["customer"] is None
        await house.pay(house.payment())
        path = f"/v1/webhooks/{made['id']}"
        assert len((await bank.get(f"{path}/deliveries")).json()["deliveries"]) == 1
    for answered in (
        await client.get(path),
        await client.get(f"{path}/deliveries"),
        await client.patch(path, json={"state": "disabled"}),
        await client.post(f"{path}/ping"),
        await client.post(f"{path}/secrets", json={"id": str(uuid7())}),
    ):
        assert (answered.status_code, answered.json()["code"]) == (404, "webhook_not_found")
