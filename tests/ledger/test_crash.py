"""PostgreSQL killed with SIGKILL in mid-posting, at random, again and again under load.

After every restart: what was acknowledged is there, once; no list is half there; sending the others again
does each exactly once; balances are the sums of what is there; the checks hold and the seals verify.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
import pytest

from sycee import ledger
from sycee.database import Database, DatabaseUnavailable, EmbeddedServer, Transaction, migrations
from sycee.kernel.ids import account_number
from sycee.ledger import NewAccount, NewTransfer, Outcome, TransferKind
from tests.ledger.reading_back import check_proofs
from tests.long_runs import rounds

TODAY = date(2026, 11, 21)
CELLS = (101, 102)
ACCOUNTS = tuple(account_number(cell, serial) for cell in CELLS for serial in range(1, 5))
SENDERS = 4
NAMESPACE = UUID("7a8f6d4e-35a1-4f7b-9a67-0d1d1d9e6c11")
FRESH = {"posted", "pending", "voided"}


def list_of(name: str) -> list[NewTransfer]:
    """The list of that name, the same each time: transfers, some across cells, and holds with their acts."""
    dice = random.Random(name)
    made: list[NewTransfer] = []
    for place in range(dice.choice([1, 3, 20, 60, 200])):
        debit, credit = dice.sample(ACCOUNTS, 2)
        kind = TransferKind.PENDING if dice.random() < 0.1 else TransferKind.TRANSFER
        id = uuid5(NAMESPACE, f"{name}/{place}")
        amount = dice.randint(1, 1_000)
        made.append(NewTransfer(id=id, kind=kind, debit=debit, credit=credit, amount=amount, currency="CNY"))
        if kind is TransferKind.PENDING and dice.random() < 0.7:
            act = dice.choice([TransferKind.POST, TransferKind.VOID])
            made.append(NewTransfer(id=uuid5(id, "act"), kind=act, target=id))
    return made


async def post(tx: Transaction, name: str) -> list[Outcome]:
    return await ledger.post_transfers(tx, list_of(name))


class Load(threading.Thread):
    """A sender: list after list on a connection of its own, until the server is gone."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(name=name)
        self.url = url
        self.acknowledged: list[str] = []
        self.unanswered: str | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Send lists; remember which were acknowledged, and which one was under way at the end."""
        try:
            asyncio.run(self._send())
        except (DatabaseUnavailable, psycopg.OperationalError):
            pass  # the crash that all this is about
        except BaseException as error:
            self.error = error

    async def _send(self) -> None:
        async with await Database.open(self.url, min_size=1, max_size=1, timeout_s=2) as database:
            while True:
                self.unanswered = f"{self.name}/{len(self.acknowledged)}"
                async with database.transaction() as tx:
                    outcomes = await post(tx, self.unanswered)
                assert {one.status for one in outcomes} <= FRESH
                self.acknowledged.append(self.unanswered)
                self.unanswered = None


@pytest.fixture
def crashing(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, as durable as a bank's."""
    server = EmbeddedServer(
        data_dir, settings={"shared_buffers": "64MB", "max_wal_size": "128MB", "huge_pages": "off"}
    )
    with server:
        migrations.upgrade(server.url())
        yield server


async def open_bank(database: Database) -> None:
    async with database.transaction() as tx:
        for cell in CELLS:
            await ledger.create_cell(tx, cell, f"Cell {cell}", TODAY)
        await ledger.open_accounts(
            tx, [NewAccount(number=number, currency="CNY", subject="2011", floor=None) for number in ACCOUNTS]
        )


def crash_under_load(server: EmbeddedServer, round_: int, dice: random.Random) -> list[Load]:
    """Kill the server while all senders post; returns them, ended."""
    senders = [Load(server.url(), f"{round_}/{number}") for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    time.sleep(dice.uniform(0.3, 1.5))
    if dice.random() < 0.5:  # in the middle of writing pages out
        checkpoint = threading.Thread(target=_checkpoint, args=(server.url(),))
        checkpoint.start()
        time.sleep(dice.uniform(0, 0.05))
        server.kill()
        checkpoint.join()
    else:
        server.kill()
    for sender in senders:
        sender.join()
        assert sender.error is None, sender.error
    return senders


def _checkpoint(url: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
    except psycopg.OperationalError:
        pass


async def check_after(database: Database, done: set[str], unanswered: set[str]) -> None:
    """Whether everything acknowledged is there once, and of the rest each list as a whole or not at all."""
    async with database.transaction() as tx:
        cursor = await tx.execute("SELECT id, count(*) FROM transfers WHERE leg = 0 GROUP BY id")
        there: dict[UUID, int] = dict(await cursor.fetchall())
    assert set(there.values()) <= {1}
    known: set[UUID] = set()
    for name in done:
        ids = {one.id for one in list_of(name)}
        assert ids <= there.keys(), f"list {name} was acknowledged and is not there"
        known |= ids
    for name in unanswered:
        ids = {one.id for one in list_of(name)}
        assert ids <= there.keys() or not ids & there.keys(), f"list {name} is half there"
        known |= ids
    assert there.keys() <= known
    await check_proofs(database)


async def send_again(database: Database, unanswered: set[str]) -> None:
    """What had no answer is sent again, twice: the second time all of it is known."""
    for name in sorted(unanswered):
        first = await database.run(lambda tx, name=name: post(tx, name))  # type: ignore[misc]
        assert {one.status for one in first} <= FRESH or {one.status for one in first} == {"duplicate"}
        second = await database.run(lambda tx, name=name: post(tx, name))  # type: ignore[misc]
        assert {one.status for one in second} == {"duplicate"}


async def check_balances(database: Database, done: set[str]) -> None:
    """Balances are the sums of the lists that are done, reckoned by hand."""
    posted: Counter[int] = Counter(dict.fromkeys(ACCOUNTS, 0))
    for name in done:
        made = {one.id: one for one in list_of(name)}
        for one in made.values():
            asked = made[one.target] if one.kind is TransferKind.POST and one.target else one
            if one.kind in {TransferKind.TRANSFER, TransferKind.POST}:
                posted[asked.credit] += asked.amount or 0
                posted[asked.debit] -= asked.amount or 0
    async with database.transaction() as tx:
        found = {number: (await ledger.get_account(tx, number)).balance for number in ACCOUNTS}
    assert found == dict(posted)


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(crashing: EmbeddedServer) -> None:
    async with await Database.open(crashing.url()) as database:
        await open_bank(database)
    done: set[str] = set()
    dice = random.Random()
    for round_ in range(rounds(5, 300)):
        senders = await asyncio.to_thread(crash_under_load, crashing, round_, dice)
        acknowledged = {name for sender in senders for name in sender.acknowledged}
        unanswered = {sender.unanswered for sender in senders if sender.unanswered}
        assert acknowledged, "the server was killed before anything was posted"
        await asyncio.to_thread(crashing.start)
        async with await Database.open(crashing.url()) as database:
            await check_after(database, done | acknowledged, unanswered)
            await send_again(database, unanswered)
            done |= acknowledged | unanswered
            await check_after(database, done, set())
            await check_balances(database, done)


async def test_senders_that_run_their_lists_again_live_through_crashes(crashing: EmbeddedServer) -> None:
    """With Database.run a crash is a pause: every list is answered, and is there once."""
    async with await Database.open(crashing.url(), min_size=SENDERS, max_size=SENDERS) as database:
        await open_bank(database)

        async def sender(number: int) -> set[str]:
            names = {f"run/{number}/{turn}" for turn in range(rounds(60, 2_000))}
            for name in sorted(names):
                outcomes = await database.run(lambda tx, name=name: post(tx, name), timeout_s=120)  # type: ignore[misc]
                # A commit that took place and was not answered makes all of the list duplicates.
                assert {one.status for one in outcomes} <= FRESH or {one.status for one in outcomes} == {
                    "duplicate"
                }
            return names

        async def crasher() -> None:
            for _ in range(rounds(2, 100)):
                await asyncio.sleep(random.uniform(0.2, 0.8))
                await asyncio.to_thread(crashing.kill)
                await asyncio.to_thread(crashing.start)

        *sent, _ = await asyncio.gather(*(sender(number) for number in range(SENDERS)), crasher())
        done = set().union(*(names for names in sent if names))
        await check_after(database, done, set())
        await check_balances(database, done)
