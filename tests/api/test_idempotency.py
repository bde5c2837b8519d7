"""Idempotency-Key: a POST that is sent again is answered again, and done once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sycee.api.idempotency import KEPT, forget_old_keys
from sycee.database import Database
from tests.api.conftest import Books
from tests.api.wire import UNKNOWN, Client, money

ACCOUNTS = {"accounts": [{"currency": "CNY", "subject": "2011", "cell": 101, "name": "Payroll"}]}


async def send(client: Client, key: str, body: dict[str, Any] = ACCOUNTS, **headers: str) -> Any:
    return await client.post("/v1/accounts", json=body, headers={"Idempotency-Key": key, **headers})


async def test_the_same_request_again_gets_the_same_answer_and_is_done_once(
    client: Client, books: Books
) -> None:
    first = await send(client, "one")
    before = await books()
    again = await send(client, "one")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await books() == before


async def test_without_a_key_every_request_is_a_new_one(client: Client) -> None:
    first = await client.post("/v1/accounts", json=ACCOUNTS)
    second = await client.post("/v1/accounts", json=ACCOUNTS)
    assert first.json()["accounts"][0]["number"] != second.json()["accounts"][0]["number"]


async def test_a_key_with_another_body_is_refused(client: Client, books: Books) -> None:
    await send(client, "one")
    before = await books()
    other = {"accounts": [{**ACCOUNTS["accounts"][0], "name": "Taxes"}]}
    refused = await send(client, "one", other)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert await books() == before


async def test_a_quoted_key_is_the_same_key(client: Client) -> None:
    first = await send(client, "one")
    assert (await send(client, '"one"')).content == first.content


async def test_keys_belong_to_a_token(client: Client, tokens: dict[str, str]) -> None:
    first = await send(client, "one")
    other = await send(client, "one", Authorization=f"Bearer {tokens['accounts:write']}")
    assert other.status_code == 201
    assert other.json() != first.json()


async def test_a_refused_request_may_be_corrected_under_the_same_key(client: Client) -> None:
    bad = {"accounts": [{**ACCOUNTS["accounts"][0], "floor": money("-1.00", "USD")}]}
    assert (await send(client, "one", bad)).status_code == 400
    assert (await send(client, "one")).status_code == 201


async def test_a_request_that_the_bank_refuses_stores_nothing(client: Client) -> None:
    taken = {"accounts": [{**ACCOUNTS["accounts"][0], "number": UNKNOWN}]}
    assert (await send(client, "one", taken)).status_code == 201
    changed = {"accounts": [{**taken["accounts"][0], "currency": "USD"}]}
    assert (await send(client, "two", changed)).status_code == 409
    assert (await send(client, "two")).status_code == 201


async def test_the_same_request_many_times_at_once_is_done_once(client: Client) -> None:
    answers = await asyncio.gather(*(send(client, "one") for _ in range(20)))
    done = [answer for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.content for answer in done}) == 1
    assert all(answer.json()["code"] == "idempotency_in_progress" for answer in others)
    assert all(answer.headers["retry-after"] == "1" for answer in others)
    listed = (await client.get("/v1/accounts")).json()["accounts"]
    assert sum(account["name"] == "Payroll" for account in listed) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", '""', "x" * 256, "schlüssel"])
async def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    response = await client.post(
        "/v1/accounts", json=ACCOUNTS, headers=[(b"idempotency-key", key.encode("latin-1"))]
    )
    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")


async def test_old_keys_are_forgotten(client: Client, bank: Database) -> None:
    await send(client, "old")
    await send(client, "new")
    async with bank.transaction() as tx:
        await tx.execute(
            "UPDATE idempotency_keys SET created_at = created_at - %s WHERE key = 'old'",
            (KEPT + timedelta(seconds=1),),
        )
        assert await forget_old_keys(tx) == 1
    assert "idempotency-replayed" not in (await send(client, "old")).headers
    assert "idempotency-replayed" in (await send(client, "new")).headers
