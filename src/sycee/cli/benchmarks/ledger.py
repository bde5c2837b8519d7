"""``sycee bench ledger``: the books at work, set-wise and row at a time, on one server in one run.

Every round measures each figure once, one after another, so that whatever slows the machine meanwhile slows
them alike; shares and ratios are taken round by round.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from sycee.cli.benchmarks import row_at_a_time
from sycee.cli.benchmarks.posters import Load, Posters
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import Step, progress
from sycee.database import Database, EmbeddedServer, migrations
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import NewAccount, NewTransfer, create_cell, open_accounts, post_transfers

LEDGER_TARGETS = {
    "set_wise_per_s": "≥ 80,000 on 2 cores",
    "ratio": "≥ 15",
    "hot_account_share": "≥ 0.80",
    "cross_cell_share": "≥ 0.50",
    "growth_share": "≥ 0.85",
}
LIST = 8_192
FUNDS = 10**12  # minor units on each account: no floor is reached, all floors are checked
FIRST_CELL = 101


class LedgerSizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured.

    ``transfers``: per figure and round; ``books``: in the grown books; ``connections``: each a process of
    its own, in turns on the cells.
    """

    rounds: int
    transfers: int
    books: int
    cells: int = max(2, os.cpu_count() or 2)
    connections: int = max(2, os.cpu_count() or 2)
    accounts: int = 10_000
    row_seconds: float = 2.0


class Books:
    """A database with funded accounts in several cells."""

    def __init__(self, url: str, sizes: LedgerSizes) -> None:
        self.url = url
        per_cell = sizes.accounts // sizes.cells
        self.cells = [
            [account_number(FIRST_CELL + cell, serial) for serial in range(1, per_cell + 1)]
            for cell in range(sizes.cells)
        ]

    async def fill(self) -> None:
        """Open the accounts, each with a floor of 0 and funds above it."""
        async with await Database.open(self.url, max_size=1) as database:
            for numbers in self.cells:
                async with database.transaction() as tx:
                    cell = numbers[0] // 10**15
                    await create_cell(tx, cell, f"Benchmark {cell}", date(2026, 1, 1))
                    [source, *_] = await open_accounts(
                        tx,
                        [
                            NewAccount(
                                number=account_number(cell, 10**13),
                                currency="CNY",
                                subject="3001",
                                floor=None,
                            )
                        ]
                        + [NewAccount(number=number, currency="CNY", subject="2011") for number in numbers],
                    )
                    await post_transfers(
                        tx,
                        [
                            NewTransfer(
                                id=uuid7(), debit=source.number, credit=number, amount=FUNDS, currency="CNY"
                            )
                            for number in numbers
                        ],
                    )
        await _vacuum(self.url)


async def _vacuum(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")


class _Bench:
    """One run: a server, fresh and grown books, and the processes that post."""

    def __init__(self, server: EmbeddedServer, sizes: LedgerSizes) -> None:
        self.server = server
        self.sizes = sizes
        self.fresh = self._books("fresh")
        self.grown = self._books("grown")
        self.posters = Posters(sizes.connections)
        self._seed = 0

    def _books(self, name: str) -> Books:
        self.server.run_tool("createdb", name)
        migrations.upgrade(self.server.url(name))
        books = Books(self.server.url(name), self.sizes)
        asyncio.run(books.fill())
        return books

    def _loads(
        self, url: str, debits: Sequence[Sequence[int]], credits: Sequence[Sequence[int]], **more: Any
    ) -> list[Load]:
        lists = max(1, round(self.sizes.transfers / LIST / self.sizes.connections))
        self._seed += 100
        return [
            Load(
                url=url,
                lists=lists,
                length=LIST,
                debits=debits[i % len(debits)],
                credits=credits[i % len(credits)],
                seed=self._seed + i,
                **more,
            )
            for i in range(self.sizes.connections)
        ]

    def uniform(self, books: Books) -> float:
        """Transfers between random accounts, each process within a cell."""
        return self.posters.post(self._loads(books.url, books.cells, books.cells))

    def hot_account(self) -> float:
        """One account pays or is paid in every transfer, of every process: all meet on it."""
        hot, *others = self.fresh.cells[0]
        return self.posters.post(self._loads(self.fresh.url, [[hot], others], [others, [hot]]))

    def cross_cell(self) -> float:
        """Half of the transfers come from another cell, the others stay within one."""
        cells = self.fresh.cells
        loads = [
            msgspec.structs.replace(load, other_debits=cells[(i + 1) % len(cells)])
            for i, load in enumerate(self._loads(self.fresh.url, cells, cells))
        ]
        return self.posters.post(loads)

    def grow(self, step: Step) -> None:
        """Post until the grown books have the transfers they should."""
        left = self.sizes.books
        while left > 0:
            lists = min(16, max(1, left // LIST // self.sizes.connections))
            loads = [
                msgspec.structs.replace(load, lists=lists)
                for load in self._loads(self.grown.url, self.grown.cells, self.grown.cells)
            ]
            self.posters.post(loads)
            left -= lists * LIST * self.sizes.connections
            step(lists * LIST * self.sizes.connections)
        asyncio.run(_vacuum(self.grown.url))


def bench_ledger(sizes: LedgerSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns medians by name, ``rounds`` with every figure, ``sizes`` and ``machine``."""
    with benchmark_server(directory) as server:
        bench = _Bench(server, sizes)
        try:
            with progress("Growing the books to be measured", sizes.books) as step:
                bench.grow(step)
            figures = _measure(bench)
        finally:
            bench.posters.close()
        return {
            **medians(figures),
            "rounds": figures,
            "sizes": {**msgspec.structs.asdict(sizes), "list": LIST},
            "machine": machine(server.url("fresh")),
        }


def _measure(bench: _Bench) -> Figures:
    figures: Figures = {}

    def note(name: str, value: float) -> float:
        figures.setdefault(name, []).append(value)
        return value

    row_at_a_time.prepare(bench.server, "fresh", bench.fresh.cells)
    # Uncounted: caches and processes warm up, the accounts between the cells are opened.
    for warm_up in (bench.hot_account, bench.cross_cell):
        warm_up()
    for books in (bench.fresh, bench.grown):
        bench.uniform(books)
    with progress("Measuring", bench.sizes.rounds) as step:
        for _ in range(bench.sizes.rounds):
            uniform = note("set_wise_per_s", bench.uniform(bench.fresh))
            one = row_at_a_time.best(bench.server, "fresh", bench.sizes.row_seconds)
            for name, value in one.items():
                note(f"row_{name}_per_s", value)
            note("ratio", uniform / note("row_at_a_time_per_s", max(one.values())))
            note("hot_account_share", bench.hot_account() / bench.uniform(bench.fresh))
            note("cross_cell_share", bench.cross_cell() / bench.uniform(bench.fresh))
            if bench.sizes.books:
                note("growth_share", bench.uniform(bench.grown) / bench.uniform(bench.fresh))
            note("tpcb_per_s", row_at_a_time.tpcb(bench.server, bench.sizes.row_seconds))
            step(1)
    return figures


@contextmanager
def benchmark_server(directory: Path | None) -> Iterator[EmbeddedServer]:
    """A server with Sycee's own settings, durable, in a directory that is removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="sycee-bench-", dir=directory))
    try:
        with EmbeddedServer(path) as server:
            yield server
    finally:
        shutil.rmtree(path, ignore_errors=True)
