"""The checks of interest hold while a bank lives, and name what was tampered with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import pytest_asyncio

from sycee import ledger, products
from sycee.components import RateTier
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.products.interest.checks import CHECKS
from tests.products.interest.bank_days import (
    CELL,
    ONE_DAY,
    bear,
    close,
    live,
    open_two,
    pay_in,
    release,
    terms,
)

LINES, BALANCES, POSTINGS, BOOKED, LAST_CLOSE = CHECKS
START = date(2026, 3, 11)
TIERS = (RateTier(rate_key="CNY.demand"), RateTier(above=10_000_000, rate_key="CNY.agreement"))


async def failed(database: Database) -> dict[str, str]:
    found = await products.check_interest(database)
    assert [one.name for one in found] == list(CHECKS)
    return {one.name: one.detail for one in found if not one.passed}


async def remarks(database: Database) -> dict[str, str]:
    return {one.name: one.detail for one in await products.check_interest(database) if one.detail != "holds"}


class Bank:
    """An account that bears interest, the bank's own, and the database they are in."""

    def __init__(self, database: Database, account: int, cash: int) -> None:
        self.database, self.account, self.cash = database, account, cash

    async def change(self, statement: str, **values: object) -> None:
        async with self.database.transaction() as tx:
            values |= {"account": self.account, "cell": CELL}
            cursor = await tx.execute(statement.encode(), values)
            assert cursor.rowcount == 1


@pytest_asyncio.fixture
async def bank(database: Database) -> Bank:
    """Ten days of 2,600,000.00 on an agreement deposit, settled on the 20th; the 21st has begun."""
    await release(database, ("CNY.demand", "2020-01-01", "0.20"), ("CNY.agreement", "2020-01-01", "0.90"))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, START)
        await bear(tx, account, START, terms(*TIERS))
        await pay_in(tx, account, cash, 260_000_000)
    await live(database, START, date(2026, 3, 20))
    assert await remarks(database) == {}
    return Bank(database, account, cash)


async def test_a_bank_without_interest_passes(database: Database) -> None:
    assert await failed(database) == {}


async def test_the_checks_hold_on_every_day_of_a_quarter_with_late_money_and_new_rates(
    database: Database,
) -> None:
    await release(database, ("CNY.demand", "2020-01-01", "0.20"), ("CNY.agreement", "2020-01-01", "0.90"))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, START)
        await bear(tx, account, START, terms(*TIERS))
    day = START
    while day < date(2026, 4, 2):
        async with database.transaction() as tx:
            for value in (day, day - timedelta(days=3), day + timedelta(days=2)):
                await pay_in(tx, account, cash, 7_000_011, value)
        assert await failed(database) == {}
        if day == date(2026, 3, 18):  # corrected, and new from a day to come
            await release(
                database, ("CNY.demand", "2026-03-12", "0.25"), ("CNY.agreement", "2026-03-24", "0.85")
            )
        following = day + (timedelta(days=3) if day.weekday() == 4 else ONE_DAY)
        assert await close(database, day, following) == []
        assert await failed(database) == {}
        day = following
    async with database.transaction() as tx:
        kinds = {posting.kind for posting in await products.interest_postings(tx, account)}
    assert kinds == {"settlement", "correction"}


async def test_the_checks_hold_between_the_steps_of_a_close(bank: Bank) -> None:
    async with bank.database.transaction() as tx:
        await pay_in(tx, bank.account, bank.cash, 5, date(2026, 3, 15))
        await pay_in(tx, bank.account, bank.cash, 5, date(2026, 3, 23))
    day, following = date(2026, 3, 21), date(2026, 3, 23)
    async with bank.database.transaction() as tx:
        await ledger.advance_business_date(tx, CELL, following)
    for step in (products.feed_balances, products.reaccrue, products.accrue, products.settle_due):
        assert await failed(bank.database) == {}
        await step(bank.database, CELL, day, following)
    assert await failed(bank.database) == {}


async def test_the_checks_hold_after_products_paid_interest_by_their_own_rule(bank: Bank) -> None:
    today = date(2026, 3, 21)
    line = products.InterestLine(today, today, 1, 100, Decimal("1.1"), Fraction(100, 3))
    async with bank.database.transaction() as tx:
        await pay_in(tx, bank.cash, bank.account, 60_000_000)
        part = products.PaidPart(60_000_000, START)
        for given in (part, None):
            await products.pay_interest(
                tx, bank.account, id=uuid7(), to=bank.account, through=today, lines=[line], part=given
            )
    assert await failed(bank.database) == {}
    assert "not compared" in (await remarks(bank.database))[LAST_CLOSE]
    await live(bank.database, today, date(2026, 3, 23))
    assert await remarks(bank.database) == {}


async def test_interest_that_rounds_to_nothing_leaves_no_transfer_and_is_no_violation(
    database: Database,
) -> None:
    await release(database, ("CNY.demand", "2020-01-01", "0.20"))
    async with database.transaction() as tx:
        account, cash = await open_two(tx, date(2026, 3, 20))
        await bear(tx, account, date(2026, 3, 20), terms(TIERS[0]))
        await pay_in(tx, account, cash, 500)
    await live(database, date(2026, 3, 20), date(2026, 3, 20))
    async with database.transaction() as tx:
        (posting,) = await products.interest_postings(tx, account)
    assert (posting.amount, posting.transfer) == (0, None)
    assert await remarks(database) == {}


async def test_what_a_close_saw_is_compared_though_interest_was_paid_while_it_added_up(bank: Bank) -> None:
    """Between the reading and the booking of an accrual products go on paying: the trail finds the moment."""
    day = date(2026, 3, 21)
    async with bank.database.transaction() as tx:
        await ledger.advance_business_date(tx, CELL, day + ONE_DAY)
    await products.feed_balances(bank.database, CELL, day, day + ONE_DAY)
    async with bank.database.transaction() as tx:
        cursor = await tx.execute(
            "SELECT i.number, a.posted FROM interest_accounts AS i JOIN accounts AS a USING (cell, number)"
            " WHERE a.sign = 1"
        )
        ((payable, booked),) = await cursor.fetchall()
        cursor = await tx.execute(
            "SELECT units FROM interest_unsettled(%s::smallint, %s, 0, 999999999999999999)",
            (CELL, day + ONE_DAY),
        )
        ((units,),) = await cursor.fetchall()
        await pay_in(tx, bank.cash, payable, 3)
        await tx.execute(
            "SELECT interest_book_accrual(%s::smallint, %s, 'CNY', '6411', '2231', 1, %s, %s)",
            (CELL, day, units, booked),
        )
        await tx.execute("UPDATE interest_feeds SET through = %s", (day,))
    assert set(await failed(bank.database)) == {BOOKED}  # three fen left interest payable for no posting


TAMPERED: dict[str, tuple[str, str, Callable[[Bank], str]]] = {
    "accrued": (
        "UPDATE interest_positions SET accrued = accrued + 1 WHERE account = %(account)s",
        LINES,
        lambda bank: f"account {bank.account}: earned 0 units through 2026-03-20, by its line 1",
    ),
    "daily": (
        "UPDATE interest_positions SET daily = daily + 1 WHERE account = %(account)s",
        LINES,
        lambda bank: f"account {bank.account}: earns ",
    ),
    "no rate": (
        "UPDATE interest_positions SET daily = NULL WHERE account = %(account)s",
        LINES,
        lambda bank: f"account {bank.account}: earns",
    ),
    "balance": (
        "UPDATE interest_positions SET balance = balance + 1 WHERE account = %(account)s",
        BALANCES,
        lambda bank: f"account {bank.account}: bears interest on 260000001",
    ),
    "last balance": (
        "UPDATE interest_balances SET balance = balance - 1 WHERE account = %(account)s",
        BALANCES,
        lambda _: "bears interest on 260000000, the last balance by value date is 259999999",
    ),
    "both balances": (
        """
        WITH one AS (UPDATE interest_positions SET balance = balance - 1 WHERE account = %(account)s)
        UPDATE interest_balances SET balance = balance - 1 WHERE account = %(account)s
        """,
        BALANCES,
        lambda bank: (
            f"account {bank.account}: balances by value date end in 259999999, 0 come later and 63056"
        ),
    ),
    "forward": (
        "INSERT INTO interest_forward VALUES (%(cell)s, '2026-04-01', %(account)s, 5)",
        BALANCES,
        lambda bank: f"account {bank.account}: balances by value date end in 260000000, 5 come later",
    ),
    "fed": (
        "UPDATE interest_positions SET fed = 1000 WHERE account = %(account)s",
        BALANCES,
        lambda bank: f"account {bank.account}: balances by value date",
    ),
    "posted amount": (
        "UPDATE interest_postings SET amount = amount + 1 WHERE account = %(account)s",
        POSTINGS,
        lambda bank: f"account {bank.account}, posting ",
    ),
    "posted units": (
        "UPDATE interest_postings SET units = units + interest_unit() / 10 WHERE account = %(account)s",
        POSTINGS,
        lambda _: "its lines add up to",
    ),
    "posted lines": (
        "UPDATE interest_postings SET lines = jsonb_set(lines, '{0,5}', '7') WHERE account = %(account)s",
        POSTINGS,
        lambda _: "its lines add up to",
    ),
    "tax": (
        "UPDATE interest_postings SET tax = 1 WHERE account = %(account)s",
        POSTINGS,
        lambda _: "its transfer has",
    ),
    "paid to": (
        "UPDATE interest_postings SET paid_to = paid_to + 1 WHERE account = %(account)s",
        POSTINGS,
        lambda bank: f"to {bank.account}",
    ),
    "transfer": (
        "UPDATE transfers SET amount = amount + 1 WHERE description = 'Interest' AND credit = %(account)s",
        POSTINGS,
        lambda _: "its transfer has 63057",
    ),
    "no posting": (
        "DELETE FROM interest_postings WHERE account = %(account)s",
        BOOKED,
        lambda _: f"cell {CELL}, CNY: 63056 accrued, 0 paid, and 0 on interest payable",
    ),
    "accrual": (
        "UPDATE interest_accruals SET amount = amount + 1 WHERE day = '2026-03-15'",
        BOOKED,
        lambda _: "63057 accrued",
    ),
    "units of a close": (
        "UPDATE interest_accruals SET units = units + interest_unit() / 1000 WHERE day = '2026-03-20'",
        LAST_CLOSE,
        lambda _: "the close of 2026-03-20 saw 160308000000.000",
    ),
    "booked at a close": (
        "UPDATE interest_accruals SET units = units + interest_unit() WHERE day = '2026-03-20'",
        LAST_CLOSE,
        lambda _: "which the account never had",
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
async def test_what_was_tampered_with_is_named(bank: Bank, case: str) -> None:
    statement, check, said = TAMPERED[case]
    await bank.change(statement)
    found = await failed(bank.database)
    assert check in found, found
    assert said(bank) in found[check]


async def test_an_account_that_waits_to_be_reckoned_again_is_compared_afterwards(bank: Bank) -> None:
    await bank.change("UPDATE interest_positions SET accrued = accrued + 1 WHERE account = %(account)s")
    await bank.change(
        "INSERT INTO interest_stale VALUES (%(cell)s, %(account)s, '2026-03-21', 'rate_corrected')"
    )
    assert LINES not in await failed(bank.database)
    assert await close(bank.database, date(2026, 3, 21)) == []
    assert await failed(bank.database) == {}


async def test_progress_is_told_block_by_block(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sycee.products.interest.checks._BLOCK", 1)
    async with bank.database.transaction() as tx:
        (opened,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=CELL)]
        )
        await bear(tx, opened.number, date(2026, 3, 21), terms(*TIERS))
    steps: list[int] = []
    found = await products.check_interest(bank.database, steps.append)
    assert all(one.passed for one in found)
    assert steps == [1, 1, 1]
