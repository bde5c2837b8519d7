"""``sycee bench backup``: how long a backup, its proof and a restore take, and what a lost disk loses.

Books grow by set-wise posting while their write-ahead log is received. Then, round by round: a backup, the
proof of it, further posting, and a restore into an empty directory, up to the last that was received. At the
end of each round the server is killed under load and its directory taken away: what was acknowledged and is
not in the restored books is counted, with commits that do not wait for the receiver and with such that do.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from sycee.cli.benchmarks.ledger import LIST, Books, LedgerSizes
from sycee.cli.benchmarks.posters import Load, Posters
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import progress
from sycee.database import Database, DatabaseUnavailable, EmbeddedServer, migrations
from sycee.kernel.ids import uuid7
from sycee.ledger import NewTransfer, post_transfers
from sycee.operations import backups

BACKUP_TARGETS = {"lost_waiting": "0"}
_SINGLE_LIST = 16
_LOAD_S = 3.0
_RECEIVED_WITHIN_S = 120.0


class BackupSizes(msgspec.Struct, frozen=True, kw_only=True):
    """``transfers`` in the books before the first round; ``since``: those posted after each backup."""

    transfers: int
    since: int
    rounds: int
    accounts: int = 10_000
    cells: int = 2


class _Bench:
    """A bank on a directory, its backups, and a receiver in a process of its own."""

    def __init__(self, directory: Path, sizes: BackupSizes) -> None:
        self.sizes = sizes
        self.directory = directory
        self.place = backups.Backups(directory / "backups")
        self.server = EmbeddedServer(directory / "bank")
        self.posters = Posters(sizes.cells)
        self.books: Books
        self._seed = 0

    def found(self) -> None:
        """Start the server, and open the accounts."""
        self.server.start()
        migrations.upgrade(self.server.url())
        sizes = LedgerSizes(
            rounds=1, transfers=0, books=0, cells=self.sizes.cells, accounts=self.sizes.accounts
        )
        self.books = Books(self.server.url(), sizes)
        asyncio.run(self.books.fill())

    def post(self, count: int) -> float:
        """Post so many transfers set-wise; transfers a second."""
        self._seed += 100
        loads = [
            Load(
                url=self.server.url(),
                lists=max(1, count // LIST // self.sizes.cells),
                length=LIST,
                debits=numbers,
                credits=numbers,
                seed=self._seed + place,
            )
            for place, numbers in enumerate(self.books.cells)
        ]
        return self.posters.post(loads)

    @contextmanager
    def received(self) -> Iterator[None]:
        """``sycee backup archive``, for the length of a block."""
        command = [sys.executable, "-m", "sycee.main", "backup", "archive", "--data-dir"]
        process = subprocess.Popen(
            [*command, str(self.server.data_dir), "--backups", str(self.place.root)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.wait_until_received()
            yield
        finally:
            process.terminate()
            process.wait()

    def wait_until_received(self) -> float:
        """Seconds until what was written so far is in the archive."""
        started = time.monotonic()
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            row = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
            while time.monotonic() - started < _RECEIVED_WITHIN_S:
                found = connection.execute(
                    "SELECT bool_or(flush_lsn >= %s::pg_lsn) FROM pg_stat_replication"
                    " WHERE application_name = 'sycee_backup'",
                    row,
                ).fetchone()
                if found and found[0]:
                    return time.monotonic() - started
                time.sleep(0.01)
        raise RuntimeError(f"what was posted was not received within {_RECEIVED_WITHIN_S:g} seconds")

    def lose(self, *, waiting: bool) -> dict[str, float]:
        """Kill the server under load, restore, and count what was acknowledged and is not there."""
        names = "sycee_backup" if waiting else ""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'".encode())
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        acknowledged: list[UUID] = []
        load = threading.Thread(target=self._single, args=(acknowledged,))
        load.start()
        time.sleep(_LOAD_S)
        self.server.kill()
        load.join()
        restored = self.directory / "restored"
        backups.restore(self.place, restored, proving=False)
        with EmbeddedServer(restored) as server, psycopg.connect(server.url()) as connection:
            there = {row[0] for row in connection.execute("SELECT id FROM transfers")}
        shutil.rmtree(restored)
        self.server.start()
        if not acknowledged:
            raise RuntimeError("nothing was acknowledged under load, so nothing could be lost")
        kind = "waiting" if waiting else "not_waiting"
        return {
            f"lost_{kind}": float(sum(one not in there for one in acknowledged)),
            f"acknowledged_{kind}_per_s": len(acknowledged) / _LOAD_S,
        }

    def _single(self, acknowledged: list[UUID]) -> None:
        async def command() -> None:
            debit, credit = self.books.cells[0][:2]
            async with await Database.open(self.server.url(), min_size=1, max_size=1) as database:
                while True:
                    made = [
                        NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=1, currency="CNY")
                        for _ in range(_SINGLE_LIST)
                    ]
                    async with database.transaction() as tx:
                        await post_transfers(tx, made)
                    acknowledged.extend(one.id for one in made)

        try:
            asyncio.run(command())
        except (DatabaseUnavailable, psycopg.Error):  # the server is gone, which is what ends it
            return


def bench_backup(sizes: BackupSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns medians by name, ``rounds`` with every figure, ``sizes`` and ``machine``."""
    path = Path(tempfile.mkdtemp(prefix="sycee-bench-", dir=directory))
    bench = _Bench(path, sizes)
    figures: Figures = {}
    try:
        bench.found()
        with progress("Growing the books", None):
            bench.post(sizes.transfers)
        with progress("Measuring", sizes.rounds) as step:
            for _ in range(sizes.rounds):
                for name, value in _round(bench).items():
                    figures.setdefault(name, []).append(value)
                step(1)
        return {
            **medians(figures),
            "rounds": figures,
            "sizes": msgspec.structs.asdict(sizes),
            "machine": machine(bench.server.url()),
        }
    finally:
        bench.posters.close()
        bench.server.stop()
        shutil.rmtree(path, ignore_errors=True)


def _round(bench: _Bench) -> dict[str, float]:
    alone = bench.post(bench.sizes.since)
    with bench.received():
        taken = backups.create_backup(bench.place, backups.Source(bench.server.url()))
        proved = backups.verify_backup(bench.place, taken.id)
        beside = bench.post(bench.sizes.since)
        late_s = bench.wait_until_received()
        started = time.monotonic()
        done = backups.restore(bench.place, bench.directory / "restored")
        restore_s = time.monotonic() - started
        shutil.rmtree(bench.directory / "restored")
        losses = {**bench.lose(waiting=False), **bench.lose(waiting=True)}
    with psycopg.connect(bench.server.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
    if done.proof is None or not done.proof.passed or proved.verification is None:
        raise RuntimeError(f"the restored books do not prove: {done.proof}")
    return {
        "size_mb": taken.bytes / 1e6,
        "backup_s": taken.took_s,
        "verify_s": proved.verification.took_s,
        "restore_s": restore_s,
        "restore_copy_s": done.recovered.restore_s,
        "restore_replay_s": done.recovered.recovery_s,
        "restore_prove_s": done.proof.took_s,
        "posting_share": beside / alone,
        "received_after_s": late_s,
        **losses,
    }
