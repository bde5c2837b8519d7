"""Group commit: single requests that arrive together are posted together, and fail alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from sycee.database import Database
from tests.api.listening import Listening
from tests.api.served import Served
from tests.api.wire import PAYEE, UNKNOWN, transfer


async def post_all(url: str, token: str, items: list[dict[str, Any]]) -> tuple[list[Any], str, str]:
    """Post each transfer in a request of its own, all at once; outcomes, PAYEE's balance, metrics."""
    limits = httpx.Limits(max_connections=50)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as client:
        bodies = [{"transfers": [item]} for item in items]
        answers = await asyncio.gather(*(client.post("/v1/transfers", json=body) for body in bodies))
        account = (await client.get(f"/v1/accounts/{PAYEE}")).json()
        metrics = (await client.get("/metrics")).text
    return [answer.json()["outcomes"][0] for answer in answers], account["balance"]["value"], metrics


def batches(metrics: str) -> int:
    line = next(one for one in metrics.splitlines() if one.startswith("sycee_posting_batch_size_count"))
    return int(float(line.split()[1]))


async def test_single_requests_that_arrive_together_share_transactions(
    listening: Listening, tokens: dict[str, str]
) -> None:
    items = [transfer("0.01") for _ in range(400)]
    outcomes, balance, metrics = await post_all(listening.url, tokens["admin"], items)
    assert [one["id"] for one in outcomes] == [item["id"] for item in items]
    assert {one["status"] for one in outcomes} == {"posted"}
    assert balance == "4.00"
    assert batches(metrics) < 400
    assert 'sycee_transfer_outcomes_total{code="",status="posted"} 400.0' in metrics


async def test_a_bad_neighbour_in_a_shared_transaction_harms_nobody(
    listening: Listening, tokens: dict[str, str]
) -> None:
    pairs = [(transfer("0.01"), transfer("0.01", credit=UNKNOWN)) for _ in range(100)]
    outcomes, balance, _ = await post_all(
        listening.url, tokens["admin"], [item for pair in pairs for item in pair]
    )
    assert [one["status"] for one in outcomes] == ["posted", "rejected"] * 100
    assert balance == "1.00"


async def test_the_same_transfer_from_many_at_once_is_posted_once(
    listening: Listening, tokens: dict[str, str]
) -> None:
    outcomes, balance, _ = await post_all(listening.url, tokens["admin"], [transfer("0.01")] * 50)
    statuses = [one["status"] for one in outcomes]
    assert (statuses.count("posted"), statuses.count("duplicate")) == (1, 49)
    assert balance == "0.01"


async def test_batching_can_be_turned_off(
    bank: Database, database_url: str, tokens: dict[str, str], tmp_path: Path
) -> None:
    with Served(database_url, tmp_path / "server.log", SYCEE_BATCHING="off") as served:
        items = [transfer("0.01") for _ in range(60)]
        outcomes, balance, metrics = await post_all(served.url, tokens["admin"], items)
    assert {one["status"] for one in outcomes} == {"posted"}
    assert balance == "0.60"
    assert batches(metrics) == 60
