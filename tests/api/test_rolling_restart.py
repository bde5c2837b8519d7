"""Workers are replaced under traffic: not one request fails, on connections that stay or new ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from sycee.database import Database
from tests.api.served import Served
from tests.api.wire import BANK, PAYER, transfer
from tests.ledger.reading_back import check_proofs

REPLACED_WITHIN_S = 60.0


@pytest.fixture
def served(bank: Database, database_url: str, tmp_path: Path) -> Iterator[Served]:
    with Served(database_url, tmp_path / "server.log", SYCEE_WORKERS="2") as running:
        yield running


class Traffic:
    """Clients that send each request once: some keep a connection, one has a new one for each request."""

    def __init__(self, url: str, token: str) -> None:
        self.sent = 0
        self.failures: list[str] = []
        self._settings: dict[str, Any] = {
            "base_url": url,
            "headers": {"Authorization": f"Bearer {token}"},
            "timeout": 60,
        }
        self._stop = asyncio.Event()

    async def _send(self, http: httpx.AsyncClient) -> None:
        self.sent += 1
        item = transfer("0.01", debit=BANK, credit=PAYER)
        try:
            answer = await http.post("/v1/transfers", json={"transfers": [item]})
        except httpx.TransportError as error:
            self.failures.append(repr(error))
            return
        if not answer.is_success or answer.json()["outcomes"][0]["status"] != "posted":
            self.failures.append(answer.text)

    async def _on_one_connection(self) -> None:
        async with httpx.AsyncClient(**self._settings) as http:
            while not self._stop.is_set():
                await self._send(http)

    async def _on_new_connections(self) -> None:
        while not self._stop.is_set():
            async with httpx.AsyncClient(**self._settings) as http:
                await self._send(http)

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Within, requests are sent; afterwards all are answered."""
        clients = [asyncio.create_task(self._on_one_connection()) for _ in range(4)]
        clients.append(asyncio.create_task(self._on_new_connections()))
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*clients)


def workers_of(served: Served) -> set[int]:
    """The processes that serve."""
    return {child.pid for child in psutil.Process(served.pid).children()}


async def until_replaced(served: Served, old: set[int]) -> None:
    """Wait until there are as many workers as before, and none of the old."""
    async with asyncio.timeout(REPLACED_WITHIN_S):
        while len(new := workers_of(served)) != len(old) or new & old:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.1)


async def posted(database: Database) -> int:
    async with database.transaction() as tx:
        row = await (await tx.execute("SELECT count(*) - 1 FROM transfers WHERE leg = 0")).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_rolling_restart_drops_no_request(
    served: Served, bank: Database, tokens: dict[str, str]
) -> None:
    traffic = Traffic(served.url, tokens["admin"])
    old = workers_of(served)
    assert len(old) == 2
    async with traffic.flowing():
        await asyncio.sleep(0.5)
        served.replace_workers()
        await until_replaced(served, old)
        await asyncio.sleep(0.5)
    assert traffic.failures == []
    assert traffic.sent > 50
    assert await posted(bank) == traffic.sent
    await check_proofs(bank)


async def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(served: Served) -> None:
    old = workers_of(served)
    psutil.Process(min(old)).kill()
    async with httpx.AsyncClient(base_url=served.url, timeout=60) as http, asyncio.timeout(REPLACED_WITHIN_S):
        while len(workers_of(served) - {min(old)}) < 2:
            assert (await http.get("/v1/health")).status_code == 200
            await asyncio.sleep(0.1)
