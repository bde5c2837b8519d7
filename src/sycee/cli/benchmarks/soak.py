"""``sycee bench soak``: a bank under steady mixed load, a day's end in the middle, then overload, then calm.

The API that ``sycee up`` runs, with one worker process, and the load, which leaves by the clock
(``open_load``), share the machine. What the API can take is found first, by clients that wait for their
answers; the steady load is a part of that, the overload five times that. Every acknowledged payment is looked
for in the books.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psutil

from sycee import ledger, payments
from sycee.cli.api_process import ApiProcess, free_port
from sycee.cli.benchmarks.api import LoadFailed
from sycee.cli.benchmarks.ledger import Books, LedgerSizes, benchmark_server
from sycee.cli.benchmarks.open_load import OpenOrder, OpenResult, Phase
from sycee.cli.benchmarks.report import machine, medians
from sycee.cli.benchmarks.soak_report import Beside, figures_of, verdicts_of
from sycee.client import ApiProblem, Sycee, Unreachable
from sycee.database import Database, EmbeddedServer, migrations
from sycee.identity import Scope, issue_token
from sycee.kernel.settings import Settings

OVERLOAD = 5
_STEADY_SHARE = 0.4
_CLIENTS = 64
_CONNECTIONS = 2_000
_LOOK_EVERY_S = 0.5
_DAY = date(2026, 1, 1)


class SoakSizes(msgspec.Struct, frozen=True, kw_only=True):
    """``minutes`` of steady load; then overload for as long, a minute at most, and calm."""

    minutes: float
    list_of: int = 50

    @property
    def overload_s(self) -> float:
        """How long it is too much."""
        return max(2.0, min(60.0, 60 * self.minutes))

    @property
    def calm_s(self) -> float:
        """How long it is looked whether all is as before."""
        return max(3.0, min(20.0, 60 * self.minutes))

    @property
    def capacity_s(self) -> float:
        """How long it is measured what can be taken."""
        return max(2.0, min(15.0, 30 * self.minutes))


def bench_soak(sizes: SoakSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns figures by name, ``verdicts``, ``timeline`` by seconds, ``sizes``, ``machine``."""
    with benchmark_server(directory) as server:
        url = server.url("sycee")
        migrations.upgrade(url)
        books = Books(url, LedgerSizes(rounds=1, transfers=0, books=0))
        token = asyncio.run(_found(books))
        settings = Settings(data_dir=server.data_dir, port=free_port("127.0.0.1"))
        api = ApiProcess(settings, url, server.data_dir / "api.log")
        founded, _ = asyncio.run(_look_back(url))
        api.start()
        try:
            soak = _Soak(server, api, books, token, sizes)
            capacity = soak.capacity()
            result, beside = asyncio.run(soak.run(capacity))
        finally:
            api.stop()
        there, beside.books_hold = asyncio.run(_look_back(url))
        beside.found = there - founded
        figures = figures_of(result, beside, capacity)
        return {
            **medians(figures),
            "verdicts": verdicts_of(result, beside, figures),
            "rounds": figures,
            "timeline": [msgspec.structs.asdict(second) for second in beside.seconds(result)],
            "sizes": {**msgspec.structs.asdict(sizes), "steady_share": _STEADY_SHARE, "overload": OVERLOAD},
            "machine": machine(url),
        }


async def _what_waits(bank: Sycee) -> None:
    """Ask for what waits for a yes, as those do who decide."""
    async for _ in bank.approvals(state="waiting", page=10):
        return


async def _found(books: Books) -> str:
    await books.fill()
    async with await Database.open(books.url, max_size=1) as database, database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="benchmark")
        return (await issue_token(tx, "benchmark", [Scope.ADMIN])).text


async def _look_back(url: str) -> tuple[int, bool]:
    """How many transfers are in the books, and whether the books' own checks hold."""
    async with await Database.open(url, max_size=2) as database:
        async with database.transaction() as tx:
            row = await (await tx.execute("SELECT count(*) FROM transfers WHERE leg = 0")).fetchone()
        checks = await ledger.check_books(database)
    assert row is not None
    return int(row[0]), all(check.passed for check in checks)


class _Soak:
    """One run: the load in a process of its own, and what is watched and done beside it."""

    def __init__(
        self, server: EmbeddedServer, api: ApiProcess, books: Books, token: str, sizes: SoakSizes
    ) -> None:
        self._server, self._api, self._books, self._token = server, api, books, token
        self._sizes = sizes
        self._beside = Beside()

    def capacity(self) -> float:
        """Requests a second that are answered when clients wait for their answers."""
        warm, measured = 1.0, self._sizes.capacity_s
        phases = [Phase("warm", warm, 0, _CLIENTS), Phase("capacity", measured, 0, _CLIENTS)]
        done = subprocess.run(
            [sys.executable, "-m", "sycee.cli.benchmarks.open_load"],
            input=self._order(phases, _CLIENTS),
            capture_output=True,
            check=False,
        )
        result = _read(done.returncode, done.stdout, done.stderr)
        self._beside.acknowledged += result.payments
        seconds = [slot for slot in result.slots if slot.phase == "capacity"][: int(measured)]
        return sum(slot.accepted for slot in seconds) / len(seconds)

    async def run(self, capacity: float) -> tuple[OpenResult, Beside]:
        """Steady load, overload, calm; with what was seen beside."""
        sizes, steady = self._sizes, _STEADY_SHARE * capacity
        phases = [
            Phase("steady", 60 * sizes.minutes, steady),
            Phase("overload", sizes.overload_s, OVERLOAD * capacity),
            Phase("calm", sizes.calm_s, steady),
        ]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sycee.cli.benchmarks.open_load",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        beside = [asyncio.create_task(self._watch()), asyncio.create_task(self._close_days())]
        try:
            out, said = await process.communicate(self._order(phases, _CONNECTIONS))
        finally:
            beside[0].cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        result = _read(process.returncode, out, said)
        self._beside.acknowledged += result.payments
        return result, self._beside

    def _order(self, phases: list[Phase], connections: int) -> bytes:
        settings = self._api.settings
        order = OpenOrder(
            host=settings.host,
            port=settings.port,
            token=self._token,
            accounts=[number for cell in self._books.cells for number in cell],
            list_of=self._sizes.list_of,
            connections=connections,
            phases=phases,
        )
        return msgspec.json.encode(order)

    async def _watch(self) -> None:
        """Look at memory, and ask as a load balancer and as a person who decides, twice a second."""
        guard, api = psutil.Process(self._server.guard_pid), psutil.Process(self._api.pid)
        started = time.monotonic()
        async with Sycee(self._api.url, self._token, timeout_s=10.0, retry_for_s=0.0) as bank:
            while True:
                second = time.monotonic() - started
                self._beside.note_memory(second, api=_memory_mb(api), database=_memory_mb(guard))
                for name, ask in (("health", bank.health), ("people", partial(_what_waits, bank))):
                    asked = time.monotonic()
                    try:
                        await ask()
                        answered = True
                    except (ApiProblem, Unreachable):
                        answered = False
                    self._beside.note_answer(name, second, time.monotonic() - asked, answered=answered)
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _close_days(self) -> None:
        """Close the day of each cell in the middle of the steady load."""
        await asyncio.sleep(30 * self._sizes.minutes)
        started = time.monotonic()
        async with Sycee(self._api.url, self._token) as bank:
            for numbers in self._books.cells:
                cell = numbers[0] // 10**15
                await bank.close_day(cell, _DAY)
                run = await bank.follow_day(cell, _DAY)
                self._beside.days_closed += run.state == "finished"
        self._beside.closing_s = time.monotonic() - started


def _read(code: int | None, out: bytes, said: bytes) -> OpenResult:
    if code:
        raise LoadFailed((said.decode(errors="replace").strip().splitlines() or ["it died"])[-1])
    return msgspec.json.decode(out, type=OpenResult)


def _memory_mb(root: psutil.Process) -> float:
    """What a process and those under it take, without what they share with others."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        try:
            memory = process.memory_info()
        except psutil.NoSuchProcess:
            continue  # it has just ended
        total += memory.rss - memory.shared
    return total / 1e6
