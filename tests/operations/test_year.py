"""A year of a small bank, day by day: every night every day closes, the books hold, and interest is right.

A spring with the Spring Festival, a settlement, a quarter's end and Qingming for every change; with
``--long`` the whole year.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from sycee import ledger, operations, products
from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.operations import DocumentKind, StatementContent, get_document, list_documents
from tests.ledger.reading_back import check_proofs
from tests.long_runs import is_long
from tests.operations.small_bank import (
    DEMAND,
    SHANGHAI,
    bear_interest,
    customer_account,
    found_bank,
    post,
    release,
    vault,
)
from tests.operations.year import CELLS, CHINA, Year
from tests.products.deposits.counter import FUNDS

ONE_DAY = timedelta(days=1)
# What may fail of an account without a fault of the bank's.
HARMLESS = {"insufficient_funds"}


async def test_a_bank_lives_through_its_days_and_nights(database: Database) -> None:
    start, end = (
        (date(2026, 1, 5), date(2026, 12, 30)) if is_long() else (date(2026, 2, 12), date(2026, 4, 8))
    )
    year = await Year.begin(database, 2026, start)
    nights = 0
    day = start
    while day < end:
        await year.live(day)
        to = CHINA.next_business_day(day)
        runs = [await year.close(CELLS[0], to), await year.close(CELLS[1], to)]
        for run in runs:
            assert run.state == "finished"
            await _nothing_broke(database, run)
        day, nights = to, nights + 1
    assert nights >= 30
    assert year.tally["place"] >= 3, year.tally
    await check_proofs(database)
    async with database.transaction() as tx:
        await _interest_is_right(tx, [holder.basic for holder in year.holders])
        for number in year.accounts:
            await _statements_join(tx, number)


async def _nothing_broke(database: Database, run: operations.DayRun) -> None:
    async with database.transaction() as tx:
        found = await operations.failures(tx, run.cell, run.business_date, limit=1000)
    assert {one.code for one in found} <= HARMLESS, found


async def _interest_is_right(tx: Transaction, numbers: list[int]) -> None:
    """Settled interest, reckoned anew from the entries and the rates, day by day and by another way."""
    rates = [(one.start, one.rate) for one in await products.rate_table(tx, "CNY.demand")]
    settled = 0
    for number in numbers:
        changes: defaultdict[date, int] = defaultdict(int)
        read = await ledger.statement(tx, number, date(2026, 1, 1), date(2027, 12, 31))
        async for entry in read.entries:
            changes[entry.value_date] += (
                entry.amount if entry.side is ledger.NormalSide.CREDIT else -entry.amount
            )
        paid: defaultdict[tuple[date, date], int] = defaultdict(int)
        for posting in await products.interest_postings(tx, number):
            paid[posting.start, posting.through] += posting.amount
        for (first, last), amount in paid.items():
            assert amount == _demand_interest(changes, rates, first, last), (number, first, last)
            settled += amount
    assert settled > FUNDS // 10_000, "nobody was paid any interest to speak of"


def _demand_interest(
    changes: dict[date, int], rates: list[tuple[date, Decimal]], first: date, last: date
) -> int:
    """End-of-day balances by value date, each at its day's rate over 360; rounded once, half up."""
    total = Fraction(0)
    day = first
    while day <= last:
        balance = sum(amount for value, amount in changes.items() if value <= day)
        rate = max((start, rate) for start, rate in rates if start <= day)[1]
        total += balance * Fraction(rate) / 100 / 360
        day += ONE_DAY
    return int(total + Fraction(1, 2))


async def _statements_join(tx: Transaction, number: int) -> None:
    found = await list_documents(tx, number, kind=DocumentKind.STATEMENT, limit=1000)
    contents = [(await get_document(tx, number, one.id)).content for one in reversed(found)]
    statements = [content for content in contents if isinstance(content, StatementContent)]
    assert len(statements) >= 2
    for before, after in pairwise(statements):
        assert after.start == before.end + ONE_DAY
        assert after.opening == before.closing


async def test_the_leap_day_earns_interest_like_any_other(database: Database) -> None:
    first = date(2028, 2, 1)
    await found_bank(database, cells=[SHANGHAI], on=first)
    await release(database, ("CNY.demand", date(2020, 1, 1), "0.20"))
    number = customer_account(SHANGHAI, 1)
    await bear_interest(database, [number], DEMAND, first, "monthly")
    new = ledger.NewTransfer(
        id=uuid7(),
        debit=vault(SHANGHAI),
        credit=number,
        amount=100_000_000,
        currency="CNY",
    )
    await post(database, [new])
    for to in (date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2028, 3, 21)):
        await operations.close_day(database, SHANGHAI, by="test", to=to)
    async with database.transaction() as tx:
        second, one = await products.interest_postings(tx, number)
    # 1 to 20 February: 20 days of 1,000,000.00. 21 February to 20 March: 29 days, the 29th among them, of
    # 1,000,111.11: the first interest was credited on the 21st. 1,000,111.11 x 29 x 0.0020 / 360 = 161.129.
    assert (one.amount, second.amount) == (11_111, 16_113)
