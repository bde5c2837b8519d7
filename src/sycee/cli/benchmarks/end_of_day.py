"""``sycee bench eod``: the interest of days that are over, on books of three sizes and beside live posting.

A round is a quarter: ordinary days, before each of which a share of the accounts moves, then the day on which
everything is settled. An account counts as accrued when what moved it is fed, what changed is reckoned again
and all that it has earned is in the day's accrual; as settled when its interest is on it and explained.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from sycee import products
from sycee.cli.benchmarks.interest_books import InterestBooks, quarter_end, tidy
from sycee.cli.benchmarks.ledger import benchmark_server
from sycee.cli.benchmarks.memory import PeakMemory
from sycee.cli.benchmarks.posters import Load, Posters
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import progress
from sycee.database import Database, EmbeddedServer, migrations

EOD_TARGETS = {
    "accrual_per_s": "≥ 150,000 on 2 cores",
    "settlement_per_s": "≥ 30,000 on 2 cores",
    "linearity": "1 is linear",
    "live_posting_share": "≥ 0.50",
    "peak_rss_mb": "flat",
}
_BURST_LISTS, _LIST = 4, 4_096
_ONE_DAY = timedelta(days=1)


class EodSizes(msgspec.Struct, frozen=True, kw_only=True):
    """``accounts`` in the books that are measured; ``moved``: the share of them that moves before a close."""

    accounts: int
    rounds: int
    moved: float = 0.2
    closes: int = 3
    cells: int = max(2, os.cpu_count() or 2)


class _Bench:
    """One set of books, its closes and what they take."""

    def __init__(self, server: EmbeddedServer, accounts: int, sizes: EodSizes) -> None:
        name = f"eod_{accounts}"
        server.run_tool("createdb", name)
        migrations.upgrade(server.url(name))
        self.server = server
        self.sizes = sizes
        self.books = InterestBooks(server.url(name), accounts, sizes.cells, sizes.moved)

    def fill(self) -> None:
        """Make the books."""
        with progress(f"Opening {self.books.accounts:,} accounts", self.books.accounts) as step:
            asyncio.run(self._with_database(lambda database: self.books.fill(database, step)))

    def quarter(self) -> dict[str, float]:
        """Close the days of a quarter; accounts a second, of accrual the median of its closes."""
        return asyncio.run(self._with_database(self._quarter))

    async def _quarter(self, database: Database) -> dict[str, float]:
        accrued = []
        for _ in range(self.sizes.closes):
            await self.books.trade(database)
            over = await self.books.end_day(database, self.books.today + _ONE_DAY)
            await tidy(self.books.url)
            accrued.append(self.books.accounts / await self.accrue(database, over))
        over = await self.books.end_day(database, quarter_end(self.books.today))
        await self.accrue(database, over)
        over = await self.books.end_day(database, self.books.today + _ONE_DAY)
        await self.accrue(database, over)
        return {
            "accrual_per_s": median(accrued),
            "settlement_per_s": self.books.accounts / await self.settle(database, over),
        }

    async def accrue(self, database: Database, over: date) -> float:
        """Seconds that it takes to feed, reckon again and accrue."""
        return await self._timed(database, over, products.feed_balances, products.reaccrue, products.accrue)

    async def settle(self, database: Database, over: date) -> float:
        """Seconds that it takes to settle everything."""
        return await self._timed(database, over, products.settle_due)

    async def _timed(self, database: Database, over: date, *steps: Callable[..., Any]) -> float:
        async def close(cell: int) -> None:
            for step in steps:
                done = await step(database, cell, over, self.books.today)
                if done.failures:
                    raise RuntimeError(f"{done.failures[0]}: nothing should fail here")

        started = time.perf_counter()
        await asyncio.gather(*(close(cell) for cell in self.books.cells))
        return time.perf_counter() - started

    def with_live_posting(self, posters: Posters) -> float:
        """Posting beside the close of a day of settlement, as a share of posting alone."""
        alone = [self._burst(posters) for _ in range(5)]
        running = threading.Event()
        running.set()
        closing = threading.Thread(target=self._close_settlement_day, args=(running,))
        closing.start()
        beside = []
        while True:
            figure = self._burst(posters)
            if not running.is_set():
                break
            beside.append(figure)
        closing.join()
        if not beside:
            raise RuntimeError(
                "the close was over before anything could be posted beside it: take more accounts"
            )
        return (sum(beside) / len(beside)) / median(alone)

    def _close_settlement_day(self, running: threading.Event) -> None:
        async def close(database: Database) -> None:
            over = await self.books.end_day(database, quarter_end(self.books.today) + _ONE_DAY)
            await self.accrue(database, over)
            await self.settle(database, over)

        try:
            asyncio.run(self._with_database(close))
        finally:
            running.clear()

    def _burst(self, posters: Posters) -> float:
        cells = list(self.books.cells.values())
        return posters.post(
            [
                Load(
                    url=self.books.url,
                    lists=_BURST_LISTS,
                    length=_LIST,
                    debits=numbers[:10_000],
                    credits=numbers[:10_000],
                    seed=time.monotonic_ns(),
                )
                for numbers in cells
            ]
        )

    async def _with_database(self, work: Callable[[Database], Any]) -> Any:
        async with await Database.open(self.books.url, max_size=2 * self.sizes.cells + 2) as database:
            return await work(database)


def bench_eod(sizes: EodSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns medians by name, ``rounds`` with every figure, ``sizes`` and ``machine``.

    ``linearity`` is the rate in books three times as large over that in books ten times smaller, of accrual
    or settlement whichever is less: 1 when size does not matter, less when it slows.
    """
    figures: Figures = {}
    with benchmark_server(directory) as server:
        small, large = sizes.accounts // 10, sizes.accounts * 3
        benches = {accounts: _Bench(server, accounts, sizes) for accounts in (small, sizes.accounts, large)}
        by_size: dict[int, dict[str, float]] = {}
        for accounts, bench in benches.items():
            bench.fill()
            bench.quarter()  # uncounted: the internal accounts are opened, caches warm up
            with PeakMemory(server.guard_pid) as memory, progress("Measuring", sizes.rounds) as step:
                rounds = []
                for _ in range(sizes.rounds if accounts == sizes.accounts else 1):
                    rounds.append(bench.quarter())
                    step(1)
            by_size[accounts] = {name: median(found[name] for found in rounds) for name in rounds[0]}
            by_size[accounts]["peak_rss_mb"] = memory.mb
            if accounts == sizes.accounts:
                for name in rounds[0]:
                    figures[name] = [found[name] for found in rounds]
                figures["peak_rss_mb"] = [memory.mb]
        names = ("accrual_per_s", "settlement_per_s")
        figures["linearity"] = [min(by_size[large][name] / by_size[small][name] for name in names)]
        posters = Posters(sizes.cells)
        try:
            figures["live_posting_share"] = [
                benches[sizes.accounts].with_live_posting(posters) for _ in range(sizes.rounds)
            ]
        finally:
            posters.close()
        return {
            **medians(figures),
            "rounds": figures,
            "by_size": {str(accounts): found for accounts, found in by_size.items()},
            "sizes": msgspec.structs.asdict(sizes),
            "machine": machine(server.url(f"eod_{sizes.accounts}")),
        }
