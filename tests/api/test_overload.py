"""More comes than a process takes on: the rest is told at once to come again, and what is taken is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sycee.api.admission import STREAMS, Admission, Room
from sycee.api.app import HANDLERS
from sycee.api.event_streams import EVENT_STREAM
from sycee.client import Sycee
from sycee.database import Database
from sycee.kernel.ids import uuid7
from tests.api.served import Served
from tests.api.wire import BANK, PAYER, transfer
from tests.ledger.reading_back import check_proofs

PLACES = 8
SENT = 120


@pytest.fixture
def served(bank: Database, database_url: str, tmp_path: Path) -> Iterator[Served]:
    with Served(database_url, tmp_path / "server.log", SYCEE_MAX_REQUESTS=str(PLACES)) as running:
        yield running


def asked(path: str, length: int | None = None) -> Any:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"path": path, "headers": headers}


def test_requests_beyond_the_bound_have_no_place_until_one_is_left() -> None:
    admission = Admission(2, 1_000, 1_000)
    first, second = admission.enter(asked("/v1/transfers")), admission.enter(asked("/v1/accounts"))
    assert first is not None
    assert second is not None
    assert admission.enter(asked("/v1/transfers")) is None
    admission.leave(first)
    assert admission.enter(asked("/v1/transfers")) is not None


def test_health_always_has_a_place_and_people_who_decide_have_their_own() -> None:
    admission = Admission(1, 1_000, 1_000)
    assert admission.enter(asked("/v1/transfers")) is not None
    assert admission.enter(asked("/v1/payments")) is None
    for path in ("/v1/health", "/v1/health/live", "/metrics"):
        assert admission.enter(asked(path)) == (Room.ALWAYS, 0)
    for path in ("/v1/sessions", f"/v1/approvals/{uuid7()}", "/v1/me", "/v1/oauth/token"):
        assert admission.enter(asked(path)) == (Room.PEOPLE, 0)


def test_whoever_listens_to_a_stream_takes_nobodys_place() -> None:
    streams = {
        path
        for handler in HANDLERS
        for path in handler.paths
        if "operation" in handler.opt and handler.opt["operation"].media == EVENT_STREAM
    }
    assert streams == STREAMS
    admission = Admission(1, 1_000, 1_000)
    for path in sorted(streams) * 3:
        assert admission.enter(asked(path)) == (Room.ALWAYS, 0)


def test_bodies_are_bounded_together_and_one_that_is_larger_is_taken_alone() -> None:
    admission = Admission(100, 1_000, 5_000)
    large = admission.enter(asked("/v1/transfers", 4_000))
    assert large is not None
    assert admission.enter(asked("/v1/transfers", 1)) is None
    admission.leave(large)
    assert admission.enter(asked("/v1/transfers", 600)) is not None
    assert admission.enter(asked("/v1/transfers", 600)) is None
    # A file that is spooled counts no more than a body that is held in memory.
    assert Admission(1, 5_000, 5_000).enter(asked("/v1/bulk-orders", 10**12)) == (Room.OTHERS, 5_000)


async def test_what_is_accepted_in_an_overload_is_done_and_the_rest_is_told_to_come_again(
    served: Served, bank: Database, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['admin']}"}
    limits = httpx.Limits(max_connections=SENT)
    lists = [[transfer("0.01", debit=BANK, credit=PAYER) for _ in range(300)] for _ in range(SENT)]
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60, limits=limits) as client:
        sending = [
            asyncio.create_task(client.post("/v1/transfers", json={"transfers": one})) for one in lists
        ]
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as other:
            assert (await other.get("/v1/health")).status_code == 200
            assert (await other.get("/v1/approvals")).status_code == 200
        answers = await asyncio.gather(*sending)
        shed = [answer for answer in answers if answer.status_code == 503]
        assert {answer.status_code for answer in answers} == {200, 503}
        assert {answer.json()["code"] for answer in shed} == {"too_busy"}
        assert all(1 <= int(answer.headers["Retry-After"]) <= 3 for answer in shed)
        started = time.monotonic()
        assert (await client.get(f"/v1/accounts/{PAYER}")).status_code == 200
        assert time.monotonic() - started < 10
        metrics = (await client.get("/metrics")).text
    assert f"sycee_http_requests_shed_total {len(shed)}.0" in metrics
    async with bank.transaction() as tx:
        rows = await (await tx.execute("SELECT id::text FROM transfers WHERE leg = 0")).fetchall()
    there = {row[0] for row in rows}
    for one, answer in zip(lists, answers, strict=True):
        assert {item["id"] in there for item in one} == {answer.status_code == 200}
    await check_proofs(bank)


async def test_the_sdk_comes_again_until_there_is_a_place(served: Served, tokens: dict[str, str]) -> None:
    async with Sycee(served.url, tokens["admin"]) as client:
        outcomes = await asyncio.gather(
            *(client.transfer(BANK, PAYER, "0.01 CNY") for _ in range(3 * PLACES))
        )
    assert {outcome.status for outcome in outcomes} <= {"posted", "duplicate"}
