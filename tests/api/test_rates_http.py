"""Rates over HTTP: proposed by one token, released by another, in force by key and day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of
from tests.api.wire import Client

PROPOSALS = "/v1/rate-proposals"
NOWHERE = f"{PROPOSALS}/00000000-0000-0000-0000-000000000000/release"
DEMAND = {"key": "CNY.demand", "start": "2026-01-01", "rate": "0.20"}


@pytest_asyncio.fixture
async def other(bank: Database) -> AsyncIterator[Client]:
    """A client of another person, who may propose and release."""
    scopes = [Scope.PRODUCTS_READ, Scope.PRODUCTS_RELEASE, Scope.PRODUCTS_PROPOSE]
    async with bank.transaction() as tx:
        token = await issue_token(tx, "second person", scopes)
    async with client_of(bank, token.text) as opened:
        yield opened


async def proposed(client: Client, *rates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    response = await client.post(PROPOSALS, json={"rates": list(rates) or [DEMAND], **fields})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def rates(client: Client, **params: Any) -> list[dict[str, Any]]:
    response = await client.get("/v1/rates", params=params)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["rates"]
    return found


async def test_rates_count_once_somebody_else_has_released_them(client: Client, other: Client) -> None:
    later = {"key": "CNY.demand", "start": "2026-04-01", "rate": "0.123456"}
    made = await proposed(client, later, DEMAND, note="Circular 2026-14")
    assert (made["state"], made["rates"], made["note"]) == ("proposed", [DEMAND, later], "Circular 2026-14")
    assert await rates(client) == []
    response = await other.post(f"{PROPOSALS}/{made['id']}/release")
    assert response.status_code == 200, response.text
    released = response.json()
    assert released["accounts"] == 0
    assert released["proposal"]["state"] == "released"
    assert released["proposal"]["released_by"] not in (None, made["proposed_by"])
    assert await rates(client) == await rates(other, key="CNY.demand") == [DEMAND, later]
    assert await rates(client, key="CNY.agreement") == []


async def test_a_rate_for_the_same_key_and_start_corrects_it(client: Client, other: Client) -> None:
    for rate in ("0.20", "-0.35"):
        made = await proposed(client, {**DEMAND, "rate": rate})
        assert (await other.post(f"{PROPOSALS}/{made['id']}/release", json={})).status_code == 200
    assert await rates(client) == [{**DEMAND, "rate": "-0.35"}]


async def test_nobody_releases_rates_of_their_own_and_nobody_twice(client: Client, other: Client) -> None:
    made = await proposed(client)
    own = await client.post(f"{PROPOSALS}/{made['id']}/release")
    assert (own.status_code, own.json()["code"]) == (422, "own_approval")
    assert await rates(client) == []
    assert (await other.post(f"{PROPOSALS}/{made['id']}/release")).status_code == 200
    again = await other.post(f"{PROPOSALS}/{made['id']}/release")
    assert (again.status_code, again.json()["code"]) == (409, "rate_proposal_released")


async def test_the_same_id_is_the_same_proposal(client: Client) -> None:
    id = str(uuid7())
    first = await proposed(client, id=id)
    assert first["id"] == id
    assert await proposed(client, id=id) == first
    refused = await client.post(PROPOSALS, json={"rates": [{**DEMAND, "rate": "0.3"}], "id": id})
    assert (refused.status_code, refused.json()["code"]) == (409, "rate_proposal_exists")


async def test_an_idempotency_key_proposes_and_releases_once(client: Client, other: Client) -> None:
    headers = {"Idempotency-Key": "rates-1"}
    made = [await client.post(PROPOSALS, json={"rates": [DEMAND]}, headers=headers) for _ in range(2)]
    assert made[0].json() == made[1].json()
    path = f"{PROPOSALS}/{made[0].json()['id']}/release"
    released = [await other.post(path, headers=headers) for _ in range(2)]
    assert [one.status_code for one in released] == [200, 200]
    assert released[1].headers["idempotency-replayed"] == "true"
    assert len((await client.get(PROPOSALS)).json()["proposals"]) == 1


async def test_proposals_are_listed_newest_first_in_pages_or_those_that_wait(
    client: Client, other: Client
) -> None:
    ids = [(await proposed(client))["id"] for _ in range(5)]
    await other.post(f"{PROPOSALS}/{ids[1]}/release")
    collected: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = (await client.get(PROPOSALS, params=params)).json()
        collected += [one["id"] for one in page["proposals"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert collected == ids[::-1]
    waiting = (await client.get(PROPOSALS, params={"waiting": "true"})).json()["proposals"]
    assert [one["id"] for one in waiting] == [ids[4], ids[3], ids[2], ids[0]]


async def test_rates_are_listed_in_pages_without_gaps_or_repeats(client: Client, other: Client) -> None:
    wanted = [
        {"key": key, "start": f"2026-01-{day:02}", "rate": f"0.{day:02}"}
        for key in ("CNY.agreement", "CNY.demand", "USD.time.1y")
        for day in range(1, 8)
    ]
    made = await proposed(client, *wanted)
    await other.post(f"{PROPOSALS}/{made['id']}/release")
    collected: list[Any] = []
    params: dict[str, Any] = {"limit": 4}
    while True:
        page = (await client.get("/v1/rates", params=params)).json()
        assert len(page["rates"]) <= 4
        collected += page["rates"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert collected == wanted


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no rates": ({"rates": []}, "schema_violation"),
    "a number": ({"rates": [{**DEMAND, "rate": 0.2}]}, "schema_violation"),
    "an exponent": ({"rates": [{**DEMAND, "rate": "2e-1"}]}, "invalid_rate"),
    "not a number": ({"rates": [{**DEMAND, "rate": "NaN"}]}, "invalid_rate"),
    "seven decimals": ({"rates": [{**DEMAND, "rate": "0.1234567"}]}, "invalid_rate"),
    "too high": ({"rates": [{**DEMAND, "rate": "1000"}]}, "invalid_rate"),
    "no currency": ({"rates": [{**DEMAND, "key": "demand"}]}, "invalid_rate"),
    "two of a day": ({"rates": [DEMAND, {**DEMAND, "rate": "0.3"}]}, "invalid_rate"),
    "no such day": ({"rates": [{**DEMAND, "start": "2026-02-30"}]}, "schema_violation"),
    "long ago": ({"rates": [{**DEMAND, "start": "1815-01-01"}]}, "date_out_of_range"),
    "unknown field": ({"rates": [DEMAND], "remark": "x"}, "schema_violation"),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_rates_are_refused_and_nothing_is_proposed(client: Client, case: str) -> None:
    body, code = BAD[case]
    response = await client.post(PROPOSALS, json=body)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert (await client.get(PROPOSALS)).json()["proposals"] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", NOWHERE, 404, "rate_proposal_not_found"),
        ("POST", f"{PROPOSALS}/7/release", 400, "invalid_identifier"),
        ("GET", f"{PROPOSALS}?cursor=x", 400, "invalid_cursor"),
        ("GET", f"{PROPOSALS}?limit=101", 400, "invalid_parameter"),
        ("GET", "/v1/rates?cursor=YTE", 400, "invalid_cursor"),
        ("GET", "/v1/rates?key=demand", 400, "invalid_parameter"),
        ("GET", "/v1/rates?limit=0", 400, "invalid_parameter"),
        ("GET", "/v1/rates?day=2026-01-01", 400, "invalid_parameter"),
    ],
)
async def test_bad_questions_are_refused(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    response = await client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.PRODUCTS_RELEASE, "GET", "/v1/rates"),
        (Scope.PRODUCTS_PROPOSE, "GET", PROPOSALS),
        (Scope.PRODUCTS_READ, "POST", PROPOSALS),
        (Scope.PRODUCTS_PROPOSE, "POST", NOWHERE),
    ],
)
async def test_each_operation_needs_its_own_scope(
    anonymous: Client, tokens: dict[str, str], scope: Scope, method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {tokens[scope]}"}
    response = await anonymous.request(method, path, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
