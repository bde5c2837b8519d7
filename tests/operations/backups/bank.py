"""A small bank on a server of its own, with a receiver of its write-ahead log that is a real process."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self
from uuid import UUID

import psycopg

from sycee import ledger
from sycee.database import Database, EmbeddedServer, Transaction, migrations, running_url
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import NewAccount, NewTransfer
from sycee.operations.backups import Archiving, Backups, Source
from tests.conftest import FAST

TODAY = date(2026, 11, 20)
BANK, CUSTOMER = account_number(101, 1), account_number(101, 2)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["sycee.operations"])
Command = Callable[[Transaction], Awaitable[None]]
_PATIENCE_S = 30.0


class Bank:
    """A bank that posts one transfer of 0.01 at a time, and is backed up."""

    def __init__(self, directory: Path) -> None:
        self.backups = Backups(directory / "backups")
        self.server = EmbeddedServer(directory / "bank", settings=FAST)

    def found(self) -> Self:
        """Start it, empty."""
        self.server.start()
        migrations.upgrade(self.server.url())
        self.run(_found)
        return self

    @property
    def source(self) -> Source:
        return Source(self.server.url())

    def run(self, command: Command) -> None:
        asyncio.run(_run(self.server.url(), command))

    def post(self, count: int) -> list[UUID]:
        """Post so many transfers, each in a transaction of its own; the ids of those acknowledged."""
        return post(self.server.url(), count)

    def now(self) -> datetime:
        """The database's clock, with the next commit surely later."""
        at = self.source.now()
        time.sleep(0.01)
        return at

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def receive(self, *, new_stretch: bool = False) -> ForkServerProcess:
        """Start a process that receives the log, and return when it does."""
        process = PROCESSES.Process(
            target=_receive, args=(self.backups.root, self.server.data_dir, new_stretch)
        )
        process.start()
        self.wait_until_received()
        return process

    def wait_until_received(self) -> None:
        """Return when what was posted so far is in the archive."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            [wanted] = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone() or [None]
            deadline = time.monotonic() + _PATIENCE_S
            while True:
                row = connection.execute(
                    "SELECT bool_or(flush_lsn >= %s::pg_lsn) FROM pg_stat_replication"
                    " WHERE application_name = 'sycee_backup'",
                    (wanted,),
                ).fetchone()
                if row and row[0]:
                    return
                assert time.monotonic() < deadline, "nothing was received"
                time.sleep(0.02)


def post(url: str, count: int) -> list[UUID]:
    """Post so many transfers on a bank wherever it is."""
    return asyncio.run(_post(url, count))


def transfers(url: str) -> set[UUID]:
    """The ids of all transfers of a bank."""
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM transfers")}


def _receive(root: Path, data_dir: Path, new_stretch: bool) -> None:
    archiving = Archiving(backups=Backups(root), find=partial(running_url, data_dir))
    archiving.run(new_stretch=new_stretch)


async def _run(url: str, command: Command) -> None:
    async with await Database.open(url, min_size=1, max_size=1) as database, database.transaction() as tx:
        await command(tx)


async def _found(tx: Transaction) -> None:
    await ledger.create_cell(tx, 101, "Shanghai", TODAY)
    await ledger.open_accounts(
        tx, [NewAccount(number=n, currency="CNY", subject="2011", floor=None) for n in (BANK, CUSTOMER)]
    )


async def _post(url: str, count: int) -> list[UUID]:
    acknowledged = []
    async with await Database.open(url, min_size=1, max_size=1) as database:
        for _ in range(count):
            one = NewTransfer(id=uuid7(), debit=BANK, credit=CUSTOMER, amount=1, currency="CNY")
            async with database.transaction() as tx:
                outcomes = await ledger.post_transfers(tx, [one])
            assert [outcome.status for outcome in outcomes] == ["posted"]
            acknowledged.append(one.id)
    return acknowledged
