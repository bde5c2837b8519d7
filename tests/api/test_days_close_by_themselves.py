"""A server that is told when days close does so by itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.clock import now
from sycee.main.server import Application
from tests.api.served import Served

LATELY = now().date() - timedelta(days=2)


async def test_a_server_closes_days_at_their_time(
    bank: Database, database_url: str, tokens: dict[str, str], tmp_path: Path
) -> None:
    async with bank.transaction() as tx:
        await ledger.create_cell(tx, 103, "Shenzhen", LATELY)
    headers = {"Authorization": f"Bearer {tokens['operations:read']}"}
    settings = {"SYCEE_CLOSE_DAY_AT": "23:30", "SYCEE_TIME_ZONE": "Asia/Shanghai"}
    with Served(database_url, tmp_path / "server.log", **settings) as served:
        async with httpx.AsyncClient(base_url=served.url, headers=headers) as client:
            path = f"/v1/cells/103/ends-of-day/{LATELY}"
            run = {"state": "none"}
            async with asyncio.timeout(30):
                while run.get("state") != "finished":
                    await asyncio.sleep(0.1)
                    run = (await client.get(path)).json()
        assert run["started_by"] == "schedule"
        assert served.stop() == 0
        assert "Traceback" not in served.log.read_text()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SYCEE_CLOSE_DAY_AT": "25:00"}, "'25:00' is not a time of day"),
        ({"SYCEE_CLOSE_DAY_AT": "23:30", "SYCEE_TIME_ZONE": "Moon/Sea"}, "'Moon/Sea' is not a time zone"),
        ({"SYCEE_CLOSE_DAY_AT": "23:30", "SYCEE_CLOSE_DAY_CALENDAR": "lunar"}, "lunar"),
    ],
)
async def test_a_schedule_that_cannot_be_is_told_at_the_start(
    database_url: str, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], words: str
) -> None:
    """As its server would see it, without a process for each."""
    for name, value in {**settings, "SYCEE_DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await Application()({"type": "lifespan"}, receive, send)
    (failed,) = said
    assert failed["type"] == "lifespan.startup.failed"
    assert words in failed["message"]
