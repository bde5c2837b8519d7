"""Books full of accounts that bear interest, and the days that go by on them, for ``sycee bench eod``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import psycopg

from sycee import products
from sycee.components import InterestTerms, RateTier
from sycee.database import Database, Transaction
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import (
    NewAccount,
    NewTransfer,
    advance_business_date,
    create_cell,
    open_accounts,
    post_transfers,
)

FIRST_CELL = 101
FIRST_DAY = date(2026, 3, 21)
_SERIAL = 10**12  # numbers of the benchmark's own, out of the way of those that the books make
_LIST = 8_192
_YEAR = date(2020, 1, 1)


def _terms() -> list[InterestTerms]:
    """What ten accounts bear: six demand, two agreement, one whole-balance, one the settlement day's rate."""
    demand, agreement = RateTier(rate_key="CNY.demand"), "CNY.agreement"
    plain = InterestTerms("CNY", "actual/360", "split", "parts", (demand,))
    parts = (demand, RateTier(above=10_000_000, rate_key=agreement))
    whole = (demand, RateTier(above=100_000_000, rate_key=agreement))
    return [
        *[plain] * 6,
        *[InterestTerms("CNY", "actual/360", "split", "parts", parts)] * 2,
        InterestTerms("CNY", "actual/360", "split", "whole", whole),
        InterestTerms("CNY", "actual/360", "settlement_day", "parts", (demand,)),
    ]


def quarter_end(day: date) -> date:
    """The next 20th of March, June, September or December after a day."""
    month = (day.month - 1) // 3 * 3 + 3
    end = date(day.year, month, 20)
    if end <= day:
        end = date(day.year + (month == 12), month % 12 + 3, 20)
    return end


class InterestBooks:
    """Funded, interest-bearing accounts in several cells of one database, quarterly settled."""

    def __init__(self, url: str, accounts: int, cells: int, moved: float) -> None:
        self.url = url
        self.accounts = accounts
        self.moved = moved
        self.today = FIRST_DAY
        per_cell = accounts // cells
        self.cells = {
            FIRST_CELL + cell: [account_number(FIRST_CELL + cell, _SERIAL + i) for i in range(per_cell)]
            for cell in range(cells)
        }

    async def fill(self, database: Database, step: Callable[[int], None]) -> None:
        """Open the accounts, let them bear interest and fund each with 10,000.00 to 10,000,000.00."""
        async with database.transaction() as tx:
            rates = [
                products.NewRate("CNY.demand", _YEAR, Decimal("0.2")),
                products.NewRate("CNY.agreement", _YEAR, Decimal("0.9")),
            ]
            proposal = await products.propose_rates(tx, rates, by="one")
            await products.release_rates(tx, proposal.id, by="another")
            terms = await products.define_terms(tx, _terms())
        await asyncio.gather(*(self._fill_cell(database, cell, terms, step) for cell in self.cells))
        await tidy(self.url)

    async def _fill_cell(
        self, database: Database, cell: int, terms: Sequence[int], step: Callable[[int], None]
    ) -> None:
        rng = random.Random(cell)
        async with database.transaction() as tx:
            await create_cell(tx, cell, f"Benchmark {cell}", FIRST_DAY)
            [source] = await open_accounts(
                tx, [NewAccount(cell=cell, currency="CNY", subject="3001", floor=None)]
            )
        numbers = self.cells[cell]
        for start in range(0, len(numbers), _LIST):
            block = numbers[start : start + _LIST]
            funds = [rng.randint(10**6, 10**9) for _ in block]

            async def work(
                tx: Transaction, block: Sequence[int] = block, funds: Sequence[int] = funds
            ) -> None:
                await open_accounts(
                    tx, [NewAccount(number=number, currency="CNY", subject="2011") for number in block]
                )
                await products.start_interest(
                    tx,
                    [
                        products.InterestStart(account=number, terms=terms[i % len(terms)], start=FIRST_DAY)
                        for i, number in enumerate(block)
                    ],
                )
                await _post(
                    tx, [(source.number, number, amount) for number, amount in zip(block, funds, strict=True)]
                )

            await database.run(work)
            step(len(block))

    async def trade(self, database: Database) -> None:
        """A day's traffic: the share of the accounts that is to move pays one another, each once."""
        await asyncio.gather(*(self._trade_in(database, cell) for cell in self.cells))

    async def _trade_in(self, database: Database, cell: int) -> None:
        rng = random.Random(f"{cell} {self.today}")
        numbers = self.cells[cell]
        picked = rng.sample(numbers, int(len(numbers) * self.moved) // 2 * 2)
        pairs = [(picked[i], picked[i + 1], rng.randint(1, 1000)) for i in range(0, len(picked), 2)]
        for start in range(0, len(pairs), _LIST):
            await database.run(partial(_post, transfers=pairs[start : start + _LIST]))

    async def end_day(self, database: Database, following: date) -> date:
        """Post the markers after which everything belongs to ``following``; returns the day that is over."""
        over, self.today = self.today, following
        for cell in self.cells:
            async with database.transaction() as tx:
                await advance_business_date(tx, cell, following)
        return over


async def _post(tx: Transaction, transfers: Sequence[tuple[int, int, int]]) -> None:
    new = [
        NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=amount, currency="CNY")
        for debit, credit, amount in transfers
    ]
    for outcome in await post_transfers(tx, new):
        if outcome.status != "posted":
            raise RuntimeError(f"{outcome.status} {outcome.code}: the load should be all posted")


async def tidy(url: str) -> None:
    """Leave nothing to do for autovacuum and the checkpointer while it is measured."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")


def day_before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)
