"""The worked figures, through the books and the end of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sycee import ledger, products
from sycee.components import InterestTerms, RateTier
from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7

CELL = 101
ONE_DAY = timedelta(days=1)


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
        assert await close(database, day) == []
        day += ONE_DAY


async def test_demand_for_92_days_pays_511_11(database: Database) -> None:
    start = date(2026, 3, 21)
    await release(database, ("CNY.demand", "2020-01-01", "0.20"))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, start)
        await bear(tx, account, start, terms(RateTier(rate_key="CNY.demand")))
        await pay_in(tx, account, cash, 100_000_000)
    await live(database, start, date(2026, 6, 20))
    async with database.transaction() as tx:
        (posting,) = await products.interest_postings(tx, account)
        assert (posting.start, posting.through) == (start, date(2026, 6, 20))
        assert posting.amount == 51111
        assert posting.value_date == date(2026, 6, 21)
        assert (await ledger.get_account(tx, account)).balance == 100_051_111
        explanation = await products.explain(tx, account, posting.id)
        (line,) = explanation.lines
        assert (line.days, line.balance, line.rate) == (92, 100_000_000, Decimal("0.20"))
        assert sum((line.interest for line in explanation.lines), Fraction(0)) == posting.exact


async def test_an_agreement_deposit_for_30_days_pays_both_parts_as_one_sum(database: Database) -> None:
    start = date(2026, 8, 22)
    await release(database, ("CNY.demand", "2020-01-01", "0.20"), ("CNY.agreement", "2020-01-01", "0.90"))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, start)
        await bear(
            tx,
            account,
            start,
            terms(RateTier(rate_key="CNY.demand"), RateTier(above=10_000_000, rate_key="CNY.agreement")),
        )
        await pay_in(tx, account, cash, 260_000_000)
    await live(database, start, date(2026, 9, 20))
    async with database.transaction() as tx:
        (posting,) = await products.interest_postings(tx, account)
        assert posting.amount == 189_167
        lines: Sequence[products.InterestLine] = (await products.explain(tx, account, posting.id)).lines
        assert [(line.balance, line.days, line.rate) for line in lines] == [
            (10_000_000, 30, Decimal("0.20")),
            (250_000_000, 30, Decimal("0.90")),
        ]
