"""The server as a process: start, serve, refuse what is too large, expire holds, stop."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sycee.database import Database
from sycee.kernel.clock import now
from tests.api.served import Served
from tests.api.wire import PAYER, transfer


@pytest.fixture
def bearer(tokens: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['admin']}"}


async def test_the_process_serves_and_stops_cleanly_when_asked(
    served: Served, bearer: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=served.url, headers=bearer) as client:
        response = await client.post("/v1/transfers", json={"transfers": [transfer("1.00")]})
        assert response.json()["outcomes"][0]["status"] == "posted"
        assert (await client.get(f"/v1/accounts/{PAYER}")).json()["balance"]["value"] == "999.00"
    assert served.stop() == 0
    assert "Traceback" not in served.log.read_text()


async def test_work_under_way_is_finished_before_the_process_stops(
    served: Served, bearer: dict[str, str]
) -> None:
    items = [transfer("0.01") for _ in range(10_000)]
    async with httpx.AsyncClient(base_url=served.url, headers=bearer, timeout=60) as client:
        under_way = asyncio.create_task(client.post("/v1/transfers", json={"transfers": items}))
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(served.stop) == 0
        response = await under_way
    assert response.status_code == 200
    assert len(response.json()["outcomes"]) == 10_000


@pytest.fixture(scope="module")
def lasting(
    steady_bank: Database,
    steady_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """One process for all that must not harm it, one after the other."""
    with Served(steady_url, tmp_path_factory.mktemp("lasting") / "server.log") as running:
        yield running


async def chunks(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield b" " * 1024 * 1024


@pytest.mark.parametrize("announced", [True, False])
async def test_an_oversized_body_is_refused_and_the_client_hears_why(
    lasting: Served, steady_tokens: dict[str, str], announced: bool
) -> None:
    headers = {"Authorization": f"Bearer {steady_tokens['admin']}", "Content-Type": "application/json"}
    content = b" " * (40 * 1024 * 1024) if announced else chunks(40)
    async with httpx.AsyncClient(base_url=lasting.url, headers=headers, timeout=30) as client:
        response = await client.post("/v1/transfers", content=content)
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_a_large_body_without_a_token_is_refused_and_the_client_hears_why(lasting: Served) -> None:
    async with httpx.AsyncClient(base_url=lasting.url, timeout=30) as client:
        response = await client.post("/v1/transfers", content=b" " * (10 * 1024 * 1024))
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


async def test_an_idle_connection_does_not_keep_the_process_from_stopping(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as client:
        await client.get("/v1/health")
        started = time.monotonic()
        assert await asyncio.to_thread(served.stop) == 0
        assert time.monotonic() - started < 5


async def test_a_hold_is_given_back_by_itself_when_its_time_has_come(
    served: Served, bearer: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=served.url, headers=bearer) as client:
        soon = (now() + timedelta(seconds=1.5)).isoformat()
        item = transfer("100.00", kind="pending", expires_at=soon)
        (outcome,) = (await client.post("/v1/transfers", json={"transfers": [item]})).json()["outcomes"]
        assert outcome["status"] == "pending"
        found: dict[str, Any] = {}
        for _ in range(60):
            found = (await client.get(f"/v1/transfers/{item['id']}")).json()
            if found["state"] == "expired":
                break
            await asyncio.sleep(0.1)
        assert found["state"] == "expired"
        account = (await client.get(f"/v1/accounts/{PAYER}")).json()
        assert (account["held"]["value"], account["available"]["value"]) == ("0.00", "1000.00")


NOT_HTTP = {
    "garbage": b"\x00\x01\x02\r\n\r\n",
    "an endless header": b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    "a negative length": b"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a path in another encoding": b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a body cut short": b"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
}


@pytest.mark.parametrize("name", NOT_HTTP)
async def test_what_is_not_http_does_not_harm_the_process(lasting: Served, name: str) -> None:
    host, _, port = lasting.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(NOT_HTTP[name])
        raw.shutdown(socket.SHUT_WR)
        try:
            answer = raw.recv(65536)
        except ConnectionError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 5")
    async with httpx.AsyncClient(base_url=lasting.url) as client:
        assert (await client.get("/v1/health")).status_code == 200
    assert "Traceback" not in lasting.log.read_text()


def test_a_server_without_a_database_says_so_and_stops(tmp_path: Path) -> None:
    server = Served(None, tmp_path / "server.log", SYCEE_DATA_DIR=str(tmp_path / "nothing"))
    with pytest.raises(AssertionError, match="no embedded server runs"):
        server.__enter__()
