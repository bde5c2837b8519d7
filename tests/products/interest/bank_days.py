"""A bank of one cell for the tests of interest: rates, two accounts, days that are closed in turn."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sycee import ledger, products
from sycee.components import InterestTerms, RateTier
from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7

CELL = 101
ONE_DAY = timedelta(days=1)
MILLION = 100_000_000
DEMAND = RateTier(rate_key="CNY.demand")


async def release(database: Database, *rates: tuple[str, str, str]) -> None:
    async with database.transaction() as tx:
        proposal = await products.propose_rates(
            tx,
            [products.NewRate(key, date.fromisoformat(day), Decimal(rate)) for key, day, rate in rates],
            by="a",
        )
        await products.release_rates(tx, proposal.id, by="b")


async def close(database: Database, day: date, following: date | None = None) -> list[products.Failure]:
    after = following or day + ONE_DAY
    async with database.transaction() as tx:
        await ledger.advance_business_date(tx, CELL, after)
    failures: list[products.Failure] = []
    for step in (products.feed_balances, products.reaccrue, products.accrue, products.settle_due):
        failures += (await step(database, CELL, day, after)).failures
    return failures


async def open_two(tx: Transaction, start: date) -> tuple[int, int]:
    await ledger.create_cell(tx, CELL, "Head office", start)
    opened = await ledger.open_accounts(
        tx,
        [
            ledger.NewAccount(currency="CNY", subject="2011", cell=CELL),
            ledger.NewAccount(currency="CNY", subject="1001", cell=CELL, floor=None),
        ],
    )
    return opened[0].number, opened[1].number


async def pay_in(tx: Transaction, account: int, source: int, amount: int, value: date | None = None) -> None:
    (outcome,) = await ledger.post_transfers(
        tx,
        [
            ledger.NewTransfer(
                id=uuid7(), debit=source, credit=account, amount=amount, currency="CNY", value_date=value
            )
        ],
    )
    assert outcome.status == "posted", outcome


def terms(*tiers: RateTier, rule: str = "split") -> InterestTerms:
    return InterestTerms("CNY", "actual/360", rule, "parts", tiers)  # type: ignore[arg-type]


async def bear(
    tx: Transaction, account: int, day: date, wanted: InterestTerms, cycle: str = "quarterly"
) -> None:
    (id,) = await products.define_terms(tx, [wanted])
    await products.start_interest(
        tx,
        [products.InterestStart(account=account, terms=id, start=day, cycle=cycle)],  # type: ignore[arg-type]
    )


async def live(database: Database, start: date, end: date) -> None:
    day = start
    while day <= end:
        failures = await close(database, day)
        assert failures == [], failures
        day += ONE_DAY
