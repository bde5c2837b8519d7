"""Reads of accounts with many entries: complete pages, true past balances, a cost that does not grow."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import Entry, EntryPage, NewAccount, NewTransfer, TransferKind
from tests.ledger.reading_back import read_pages

TODAY = date(2026, 11, 21)
BIG, SMALL, OTHER, FAR = (
    account_number(cell, serial) for cell, serial in ((101, 1), (101, 2), (101, 3), (102, 1))
)


class Archive:
    """An account with some thousand entries over a few days, one with few; and what its balances were."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.balance = {BIG: 0, SMALL: 0}
        self.held = {BIG: 0, SMALL: 0}
        self.past: list[tuple[datetime, date, dict[int, int], dict[int, int]]] = []
        self.amounts: dict[int, list[int]] = {BIG: [], SMALL: []}

    async def post(self, number: int, size: int, dice: random.Random, today: date) -> None:
        """Post a list of transfers and holds, in both directions, on one account."""
        made = []
        for _ in range(size):
            amount, out = dice.randint(1, 99), dice.random() < 0.4
            debit, credit = (number, FAR) if out else (OTHER, number)
            kind = TransferKind.PENDING if dice.random() < 0.15 else TransferKind.TRANSFER
            made.append(
                NewTransfer(id=uuid7(), kind=kind, debit=debit, credit=credit, amount=amount, currency="CNY")
            )
            if kind is TransferKind.TRANSFER:
                self.balance[number] += -amount if out else amount
                self.amounts[number].append(-amount if out else amount)
            elif out:
                self.held[number] += amount
        async with self.database.transaction() as tx:
            assert {one.status for one in await ledger.post_transfers(tx, made)} <= {"posted", "pending"}
        self.past.append((datetime.now(UTC), today, dict(self.balance), dict(self.held)))


@pytest.fixture
async def archive(database: Database) -> Archive:
    made = Archive(database)
    async with database.transaction() as tx:
        for cell in (101, 102):
            await ledger.create_cell(tx, cell, f"Cell {cell}", TODAY)
        await ledger.open_accounts(
            tx,
            [
                NewAccount(number=number, currency="CNY", subject="2011", floor=None)
                for number in (BIG, SMALL, OTHER, FAR)
            ],
        )
    dice = random.Random(7)
    for day in range(4):
        for _ in range(8):
            await made.post(BIG, dice.randint(100, 220), dice, TODAY + timedelta(day))
            await made.post(SMALL, 6, dice, TODAY + timedelta(day))
        async with database.transaction() as tx:
            for cell in (101, 102):
                await ledger.advance_business_date(tx, cell, TODAY + timedelta(day + 1))
    return made


async def test_pages_are_complete_and_repeat_nothing(archive: Archive) -> None:
    for page, newest_first in itertools.product([1, 63, 64, 65, 999, 10_000], [True, False]):
        number = SMALL if page == 1 else BIG
        async with archive.database.transaction() as tx:
            found = await read_pages(tx, number, page, newest_first=newest_first)
        if newest_first:
            found.reverse()
        assert [
            entry.amount if entry.side == "credit" else -entry.amount for entry in found
        ] == archive.amounts[number]
        running = 0
        for entry in found:
            running += entry.amount if entry.side == "credit" else -entry.amount
            assert entry.balance == running


async def test_balances_at_every_instant_between_lists_and_every_day(archive: Archive) -> None:
    async with archive.database.transaction() as tx:
        for instant, _, balances, held in archive.past:
            for number in (BIG, SMALL):
                found = await ledger.balance(tx, number, at=instant)
                assert (found.balance, found.held, found.as_of) == (balances[number], held[number], "instant")
        by_day = {day: (balances, held) for _, day, balances, held in archive.past}
        for day, (balances, held) in by_day.items():
            for number in (BIG, SMALL):
                found = await ledger.balance(tx, number, at=day)
                assert (found.balance, found.held, found.as_of) == (
                    balances[number],
                    held[number],
                    "business_date",
                )
        assert (await ledger.balance(tx, BIG, at=TODAY - timedelta(1))).balance == 0


async def test_an_instant_is_read_with_its_own_list_and_not_the_next(archive: Archive) -> None:
    """What is booked at an instant belongs to it; a microsecond before, it does not."""
    async with archive.database.transaction() as tx:
        page = await ledger.entries(tx, BIG, limit=1_000)
        instants = sorted({entry.booked_at for entry in page.entries})[1:]
        for instant in instants:
            newest = next(entry for entry in page.entries if entry.booked_at <= instant)
            before = next(entry for entry in page.entries if entry.booked_at < instant)
            assert (await ledger.balance(tx, BIG, at=instant)).balance == newest.balance
            earlier = await ledger.balance(tx, BIG, at=instant - timedelta(microseconds=1))
            assert earlier.balance == before.balance


async def test_statements_of_adjoining_periods_join_without_gap(archive: Archive) -> None:
    async with archive.database.transaction() as tx:
        whole = await ledger.statement(tx, BIG, TODAY, TODAY + timedelta(4))
        parts = [
            await ledger.statement(tx, BIG, TODAY + timedelta(n), TODAY + timedelta(n)) for n in range(5)
        ]
        listed = [entry async for entry in whole.entries]
        assert [entry for part in parts async for entry in part.entries] == listed
    assert [part.opening for part in parts[1:]] == [part.closing for part in parts[:-1]]
    assert (whole.opening, whole.closing) == (0, archive.balance[BIG])
    assert whole.credit_total == sum(amount for amount in archive.amounts[BIG] if amount > 0)
    assert whole.debit_total == -sum(amount for amount in archive.amounts[BIG] if amount < 0)
    assert whole.debit_count + whole.credit_count == len(listed) == len(archive.amounts[BIG])
    assert parts[-1].debit_count == parts[-1].credit_count == 0


@pytest.mark.parametrize("newest_first", [True, False])
async def test_pages_stay_whole_while_others_post(archive: Archive, newest_first: bool) -> None:
    """Newest first, one sees what there was at the first page; oldest first, what has come meanwhile too."""
    async with archive.database.transaction() as tx:
        before = await read_pages(tx, BIG, 10_000, newest_first=False)
    done = asyncio.Event()

    async def others() -> None:
        dice = random.Random(8)
        while not done.is_set():
            await archive.post(BIG, dice.randint(1, 70), dice, TODAY + timedelta(4))

    posting = asyncio.create_task(others())
    found: list[Entry] = []
    cursor: str | None = None
    while True:
        page: EntryPage = await archive.database.run(
            lambda tx, cursor=cursor: ledger.entries(
                tx, BIG, after=cursor, limit=97, newest_first=newest_first
            )  # type: ignore[misc]
        )
        found += page.entries
        cursor = page.next_cursor
        if cursor is None or len(found) > 4 * len(before):
            break
    done.set()
    await posting
    assert len({entry.position for entry in found}) == len(found)
    assert found == sorted(found, key=lambda entry: entry.position, reverse=newest_first)
    if newest_first:
        found.reverse()
        assert [entry for entry in found if entry.position <= before[-1].position] == before
    else:
        assert found[: len(before)] == before
        assert len(found) > len(before)
    assert [now.balance - then.balance for then, now in itertools.pairwise(found)] == [
        entry.amount if entry.side == "credit" else -entry.amount for entry in found[1:]
    ]


async def _blocks_read(database: Database, read: Callable[[Transaction], Awaitable[object]]) -> int:
    """How many blocks of tables and indexes a read touches, by PostgreSQL's own count."""
    counting = (
        "SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint "
        "FROM pg_statio_user_tables "
        "WHERE relname IN ('transfers', 'entry_marks', 'accounts', 'account_profiles')"
    )

    async def count() -> int:
        async with database.transaction() as tx:
            [[blocks]] = await (await tx.execute(counting.encode())).fetchall()
            return int(blocks)

    before = await count()
    async with database.transaction() as tx:
        await read(tx)
        await tx.execute("SELECT pg_stat_force_next_flush()")
    return await count() - before


def _reads(
    number: int, cursor: str | None, instant: datetime
) -> dict[str, Callable[[Transaction], Awaitable[object]]]:
    return {
        "newest page": lambda tx: ledger.entries(tx, number, limit=20),
        "page in the middle": lambda tx: ledger.entries(tx, number, limit=20, after=cursor),
        "oldest page": lambda tx: ledger.entries(tx, number, limit=20, newest_first=False),
        "page of a day": lambda tx: ledger.entries(tx, number, limit=20, end=TODAY + timedelta(1)),
        "page from a day on": lambda tx: ledger.entries(
            tx, number, limit=20, start=TODAY + timedelta(2), newest_first=False
        ),
        "balance at an instant": lambda tx: ledger.balance(tx, number, at=instant),
        "balance of a day": lambda tx: ledger.balance(tx, number, at=TODAY + timedelta(1)),
    }


async def test_a_page_or_a_past_balance_costs_no_more_on_a_big_account(
    database_url: str, archive: Archive
) -> None:
    """Counted in blocks; the most there is to walk is sixty-four entries between marks, some four each."""
    instant = archive.past[len(archive.past) // 2][0]
    async with await Database.open(database_url, min_size=1, max_size=1) as database:
        async with database.transaction() as tx:
            await tx.execute("ANALYZE transfers")
            big = await ledger.entries(tx, BIG, limit=2_000)
            small = await ledger.entries(tx, SMALL, limit=100)
        reads = _reads(BIG, big.next_cursor, instant), _reads(SMALL, small.next_cursor, instant)
        costs = {
            name: [await _blocks_read(database, of_account[name]) for _ in range(2) for of_account in reads][
                2:
            ]
            for name in reads[0]
        }
    for name, (cost_big, cost_small) in costs.items():
        assert cost_small > 0, costs
        assert cost_big <= cost_small + 64 * 4, (name, costs)
    assert costs["newest page"][0] <= costs["newest page"][1] + 16, costs


@pytest.mark.parametrize("limit", [0, -1, 10_001, 2**40])
async def test_a_page_of_no_or_too_many_entries_is_refused(database: Database, limit: int) -> None:
    async with database.transaction() as tx:
        with pytest.raises(ledger.InvalidLimit, match="1 to 10000"):
            await ledger.entries(tx, 101000000000000013, limit=limit)
