"""``sycee bench api``: single transfers over HTTP, with batching and without, in turns.

The server is the one that ``sycee up`` runs, with one worker; the load is another process. Every request
carries one transfer between random accounts of several cells.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from sycee.cli.api_process import ApiProcess, free_port
from sycee.cli.benchmarks.http_load import Order, Result
from sycee.cli.benchmarks.ledger import Books, LedgerSizes, benchmark_server
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import progress
from sycee.database import Database, EmbeddedServer, migrations
from sycee.identity import Scope, issue_token
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings

API_TARGETS = {"batched_per_s": "≥ 3,000 on 2 cores", "batched_p99_ms": "< 60"}
_REQUESTS_PER_S = 10_000  # made beforehand: more than will be sent


class ApiSizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured: ``seconds`` for each figure of a round, over ``connections``."""

    rounds: int
    seconds: float
    connections: int


class LoadFailed(SyceeError):
    """The API did not answer the load as it should"""

    code = "load_failed"


def bench_api(sizes: ApiSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns medians by name, ``rounds`` with every figure, ``sizes`` and ``machine``."""
    figures: Figures = {}
    with benchmark_server(directory) as server:
        url = server.url("sycee")
        migrations.upgrade(url)
        books = Books(url, LedgerSizes(rounds=1, transfers=0, books=0))
        asyncio.run(books.fill())
        token = asyncio.run(_token(url))
        with progress("Measuring", sizes.rounds) as step:
            for _ in range(sizes.rounds):
                batched = _load(server, books, token, sizes, batching=True)
                single = _load(server, books, token, sizes, batching=False)
                _note(figures, batched, single)
                step(1)
        return {
            **medians(figures),
            "rounds": figures,
            "sizes": {**msgspec.structs.asdict(sizes), "accounts": 10_000, "transfers_per_request": 1},
            "machine": machine(url),
        }


def _note(figures: Figures, batched: Result, single: Result) -> None:
    rates = batched.requests / batched.seconds, single.requests / single.seconds
    for name, value in (
        ("batched_per_s", rates[0]),
        ("batched_p50_ms", batched.p50_ms),
        ("batched_p99_ms", batched.p99_ms),
        ("unbatched_per_s", rates[1]),
        ("unbatched_p99_ms", single.p99_ms),
        ("ratio", rates[0] / rates[1]),
    ):
        figures.setdefault(name, []).append(value)


async def _token(url: str) -> str:
    async with await Database.open(url, max_size=1) as database, database.transaction() as tx:
        return (await issue_token(tx, "benchmark", [Scope.TRANSFERS_WRITE])).text


def _load(server: EmbeddedServer, books: Books, token: str, sizes: ApiSizes, *, batching: bool) -> Result:
    """Start the API, warm it up, and put the load on it."""
    settings = Settings(data_dir=server.data_dir, port=free_port("127.0.0.1"), batching=batching)
    api = ApiProcess(settings, books.url, server.data_dir / "api.log")

    def order(seconds: float) -> Order:
        return Order(
            host=settings.host,
            port=settings.port,
            token=token,
            connections=sizes.connections,
            seconds=seconds,
            accounts=[number for cell in books.cells for number in cell],
            requests=round(seconds * _REQUESTS_PER_S),
        )

    api.start()
    try:
        send_load(order(1.0))
        return send_load(order(sizes.seconds))
    finally:
        api.stop()


def send_load(order: Order) -> Result:
    """Put a load on an API from another process. Raises LoadFailed when one request is not answered well."""
    done = subprocess.run(
        [sys.executable, "-m", "sycee.cli.benchmarks.http_load"],
        input=msgspec.json.encode(order),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise LoadFailed(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    result = msgspec.json.decode(done.stdout, type=Result)
    if result.failures:
        raise LoadFailed(
            f"{result.failures} of {result.requests} requests failed, first: {result.first_failure}"
        )
    return result
