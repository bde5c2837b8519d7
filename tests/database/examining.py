"""How tests ask the doctor, and wait for what PostgreSQL counts a moment later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

from sycee.database import Database, EmbeddedServer
from sycee.database.doctor import Finding, Limits, Report, examine

_PATIENCE_S = 30.0


async def look(server: EmbeddedServer | str, limits: Limits | None = None) -> Report:
    url = server if isinstance(server, str) else server.url()
    async with await Database.open(url, max_size=2) as database:
        return await examine(database, limits)


async def told(server: EmbeddedServer | str, check: str, limits: Limits | None = None) -> list[Finding]:
    """What the doctor finds under a check."""
    return [finding for finding in (await look(server, limits)).findings if finding.check == check]


def until(happened: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + _PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def value(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
