"""The worked figures, through the books and the end of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sycee import ledger, products
from sycee.components import RateTier
from sycee.database import Database
from tests.products.interest.bank_days import bear, live, open_two, pay_in, release, terms


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
