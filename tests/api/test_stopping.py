"""What goes on beside the requests ends with them, even where a cancellation is lost on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sycee.database import Database
from sycee.identity.watching import Watch
from sycee.kernel.settings import Settings
from sycee.main import server


class Stubborn:
    """Work that never ends, and loses a cancellation as a wait for the database may."""

    def __init__(self) -> None:
        self.begun, self.lost = asyncio.Event(), 0

    async def __call__(self, *_: Any) -> Any:
        self.begun.set()
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if self.lost:
                    raise
                self.lost += 1


async def test_upkeep_that_loses_a_cancellation_ends_all_the_same(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Stubborn()
    monkeypatch.setattr(server, "expire_holds_once", work)
    before = asyncio.all_tasks()
    async with asyncio.timeout(60):
        app: Any = None  # asked only where days are to be closed by the clock
        async with server._upkeep(database, Settings(data_dir=tmp_path))(app):
            await work.begun.wait()
    assert work.lost == 1
    assert asyncio.all_tasks() == before


async def test_a_watch_that_loses_a_cancellation_stops_all_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Stubborn()
    watch = Watch(database, lambda _: None)
    monkeypatch.setattr(watch, "_prove", work)
    await watch.start()
    await work.begun.wait()
    async with asyncio.timeout(60):
        await watch.stop()
    assert work.lost == 1
