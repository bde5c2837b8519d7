"""At the end of a played history: everything that can be read of it is what the model says."""

from __future__ import annotations

from datetime import date, timedelta

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.ledger import Entry, TransferKind
from tests.ledger.histories import CELLS
from tests.ledger.model_records import ModelEntry
from tests.ledger.playing import NUMBERS, TODAY, Player


async def check_all(player: Player, *, page: int, chosen: tuple[int, ...], instants: bool = True) -> None:
    """Read everything back. ``page``: entries a page; ``chosen``: places of accounts to read in depth."""
    async with player.database.transaction() as tx:
        for place in chosen:
            await _check_entries(tx, player, NUMBERS[place], page)
            await _check_days(tx, player, NUMBERS[place])
            if instants:
                await _check_instants(tx, player, NUMBERS[place])
        await _check_transfers(tx, player)
        for cell in (CELLS[page % len(CELLS)], None):
            await _check_trial_balance(tx, player, cell)
    await check_proofs(player.database)


async def check_proofs(database: Database) -> None:
    """The books' own checks hold, and their seals."""
    broken = [check for check in await ledger.check_books(database) if not check.passed]
    assert not broken
    assert not (await ledger.verify_seals(database)).breaks


def as_model_sees(entry: Entry) -> tuple[object, ...]:
    """What an entry says, as the model's entries say it."""
    return (
        entry.transfer_id,
        entry.kind,
        entry.side,
        entry.amount,
        entry.balance,
        entry.counterparty,
        entry.business_date,
        entry.value_date,
    )


def _expected(entry: ModelEntry) -> tuple[object, ...]:
    return (
        entry.id,
        entry.kind,
        entry.side,
        entry.amount,
        entry.balance,
        entry.counterparty,
        entry.business_date,
        entry.value_date,
    )


async def read_pages(tx: Transaction, number: int, page: int, **options: object) -> list[Entry]:
    """All entries of an account, page by page."""
    found: list[Entry] = []
    cursor: str | None = None
    while True:
        got = await ledger.entries(tx, number, after=cursor, limit=page, **options)  # type: ignore[arg-type]
        assert len(got.entries) == page or got.next_cursor is None
        found += got.entries
        cursor = got.next_cursor
        if cursor is None:
            return found


async def _check_entries(tx: Transaction, player: Player, number: int, page: int) -> None:
    expected = [_expected(entry) for entry in player.books.posted_entries(number)]
    oldest_first = await read_pages(tx, number, page, newest_first=False)
    newest_first = await read_pages(tx, number, page)
    assert [as_model_sees(entry) for entry in oldest_first] == expected
    assert newest_first == oldest_first[::-1]


async def _check_days(tx: Transaction, player: Player, number: int) -> None:
    """Balances at business dates, entries of periods, statements."""
    entries = player.books.entries.get(number, ())
    today = player.books.dates[number // 10**15]
    first = min((entry.business_date for entry in entries), default=TODAY) - timedelta(1)
    days = [first + timedelta(n) for n in range((today - first).days + 1)]
    for day in days:
        upto = [entry for entry in entries if entry.business_date <= day]
        found = await ledger.balance(tx, number, at=day)
        assert (found.balance, found.held) == ((upto[-1].balance, upto[-1].held) if upto else (0, 0))
    for start, end in {(days[0], days[-1]), (days[len(days) // 2], days[-1])}:
        await _check_period(tx, player, number, start, end)


async def _check_period(tx: Transaction, player: Player, number: int, start: date, end: date) -> None:
    posted = player.books.posted_entries(number)
    within = [entry for entry in posted if start <= entry.business_date <= end]
    before = [entry for entry in posted if entry.business_date < start]
    found = await ledger.statement(tx, number, start, end)
    listed = [entry async for entry in found.entries]
    assert [as_model_sees(entry) for entry in listed] == [_expected(entry) for entry in within]
    assert await read_pages(tx, number, 3, start=start, end=end) == listed[::-1]
    debits = [entry.amount for entry in within if entry.side == "debit"]
    credits = [entry.amount for entry in within if entry.side == "credit"]
    assert (found.debit_total, found.debit_count) == (sum(debits), len(debits))
    assert (found.credit_total, found.credit_count) == (sum(credits), len(credits))
    assert found.opening == (before[-1].balance if before else 0)
    assert found.closing == ([*before, *within][-1].balance if before or within else 0)


async def _check_instants(tx: Transaction, player: Player, number: int) -> None:
    entries = player.books.entries.get(number, ())
    assert (await ledger.balance(tx, number, at=player.began)).balance == 0
    for list_number, instant in player.instants[-4:]:
        upto = [entry for entry in entries if entry.list_number <= list_number]
        found = await ledger.balance(tx, number, at=instant)
        assert (found.balance, found.held) == ((upto[-1].balance, upto[-1].held) if upto else (0, 0))


async def _check_transfers(tx: Transaction, player: Player) -> None:
    """The newest transfers, read by id."""
    for id, known in list(player.books.transfers.items())[-3:]:
        found = await ledger.get_transfer(tx, id)
        assert (
            found.debit,
            found.credit,
            found.amount,
            found.currency,
            found.business_date,
            found.value_date,
        ) == (
            known.debit,
            known.credit,
            known.amount,
            known.currency,
            known.business_date,
            known.value_date,
        )
        assert (found.kind, found.reference) == (known.asked.kind, known.asked.reference)
        if known.asked.kind is TransferKind.PENDING:
            hold = player.books.holds[id]
            assert (found.state, found.resolved_by) == (hold.state, hold.resolved_by)
        elif known.reversed_by:
            assert (found.state, found.resolved_by) == ("reversed", known.reversed_by)


async def _check_trial_balance(tx: Transaction, player: Player, cell: int | None) -> None:
    today = max(player.books.dates.values()) if cell is None else player.books.dates[cell]
    expected: dict[tuple[str, str], list[int]] = {}
    for (one_cell, day, subject, currency), (debits, credits) in player.books.totals.items():
        if cell in {None, one_cell}:
            line = expected.setdefault((subject, currency), [0, 0, 0, 0])
            if day == today:
                line[0] += debits
                line[1] += credits
            line[2] += debits
            line[3] += credits
    lines = await ledger.trial_balance(tx, cell=cell)
    assert {
        (line.subject, line.currency): (line.debit_turnover, line.credit_turnover, line.debit, line.credit)
        for line in lines
    } == {
        key: (day_debits, day_credits, max(debits - credits, 0), max(credits - debits, 0))
        for key, (day_debits, day_credits, debits, credits) in expected.items()
    }
