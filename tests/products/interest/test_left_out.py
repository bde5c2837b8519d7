"""An account that cannot be reckoned is left out: the others go on, and it is made good once it can be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from sycee import ledger, products
from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from tests.products.interest.bank_days import (
    CELL,
    DEMAND,
    MILLION,
    ONE_DAY,
    bear,
    close,
    live,
    pay_in,
    release,
    terms,
)

START, SETTLEMENT = date(2026, 3, 2), date(2026, 3, 20)
_BROKEN = {
    "feeding": "interest_balances FOR EACH ROW WHEN (NEW.account = {})",
    "rolling": "interest_positions FOR EACH ROW WHEN (NEW.account = {} AND NEW.left_out IS NULL)",
}


async def break_account(tx: Transaction, account: int, where: str) -> None:
    """From now on whatever is written about this account's interest fails, as a damaged row would."""
    await tx.execute(
        "CREATE FUNCTION damaged() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'this row is damaged' USING ERRCODE = 'XX001'; END$$"
    )
    table = _BROKEN[where].format(account)
    await tx.execute(
        f"CREATE TRIGGER damaged BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION damaged()".encode()
    )


async def mend(tx: Transaction) -> None:
    await tx.execute("DROP FUNCTION damaged CASCADE")


async def found(database: Database, count: int) -> tuple[list[int], int]:
    """A bank with ``count`` accounts of a million each, and the cash it came from."""
    await release(database, ("CNY.demand", "2020-01-01", "0.36"))
    new = [ledger.NewAccount(currency="CNY", subject="2011", cell=CELL) for _ in range(count)]
    async with database.transaction() as tx:
        await ledger.create_cell(tx, CELL, "Head office", START)
        cash = ledger.NewAccount(currency="CNY", subject="1001", cell=CELL, floor=None)
        *accounts, source = [account.number for account in await ledger.open_accounts(tx, [*new, cash])]
        for account in accounts:
            await bear(tx, account, START, terms(DEMAND))
            await pay_in(tx, account, source, MILLION)
    return accounts, source


async def paid(database: Database, account: int) -> list[int]:
    async with database.transaction() as tx:
        return [posting.amount for posting in await products.interest_postings(tx, account)]


async def pay_all(database: Database, accounts: list[int], source: int, value: date | None = None) -> None:
    async with database.transaction() as tx:
        for account in accounts:
            await pay_in(tx, account, source, MILLION, value)


@pytest.mark.parametrize("where", _BROKEN)
async def test_a_damaged_account_is_reported_and_the_others_get_their_interest(
    database: Database, where: str
) -> None:
    accounts, source = await found(database, 7)
    broken, others = accounts[3], [*accounts[:3], *accounts[4:]]
    await live(database, START, date(2026, 3, 5))
    await release(database, ("CNY.demand", "2026-03-10", "0.72"))  # so that lines are rolled over a day
    async with database.transaction() as tx:
        await break_account(tx, broken, where)
    await pay_all(database, accounts, source)  # on 6 March
    day = date(2026, 3, 6)
    while day <= SETTLEMENT:
        failures = {(failure.account, failure.code) for failure in await close(database, day)}
        assert {account for account, _ in failures} == {broken}
        assert (broken, "interest_left_out") in failures
        day += ONE_DAY
    # 4 days of 1, 4 of 2 millions at 0.36 %; 11 of 2 millions at 0.72 %
    assert [await paid(database, account) for account in others] == [[4000 + 8000 + 44000]] * 6
    assert await paid(database, broken) == []

    async with database.transaction() as tx:
        await mend(tx)
    await live(database, day, day)
    assert await paid(database, broken) == [4000 + 8000 + 44000]
    assert [check.detail for check in await products.check_interest(database) if not check.passed] == []


async def test_what_was_settled_before_is_kept_and_back_values_are_made_good(database: Database) -> None:
    (broken, other), source = await found(database, 2)
    await live(database, START, SETTLEMENT)
    async with database.transaction() as tx:
        await break_account(tx, broken, "feeding")
    await pay_all(
        database, [broken, other], source, date(2026, 3, 16)
    )  # five days of the quarter that is paid
    assert {failure.account for failure in await close(database, SETTLEMENT + ONE_DAY)} == {broken}
    assert (await paid(database, other), await paid(database, broken)) == ([5000, 19000], [19000])
    async with database.transaction() as tx:
        await mend(tx)
    await live(database, date(2026, 3, 22), date(2026, 3, 22))
    assert await paid(database, broken) == await paid(database, other)


async def withdraw_a_part(database: Database, account: int, cash: int, amount: int) -> None:
    """A part of what lies there since the start is paid out, with its interest by the product's own rule."""
    today, id = date(2026, 3, 6), uuid7()
    line = products.InterestLine(
        START, date(2026, 3, 5), 4, amount, Decimal("0.36"), Fraction(amount, 25_000)
    )
    async with database.transaction() as tx:
        await pay_in(tx, cash, account, amount)
        await products.pay_interest(
            tx, account, id=id, to=account, through=today, lines=[line], part=products.PaidPart(amount, START)
        )


async def test_a_part_that_was_paid_with_its_interest_earns_nothing_again(database: Database) -> None:
    (broken, other), cash = await found(database, 2)
    await live(database, START, date(2026, 3, 5))
    for account in (broken, other):
        await withdraw_a_part(database, account, cash, MILLION // 2)
    await live(database, date(2026, 3, 6), date(2026, 3, 6))
    async with database.transaction() as tx:
        await break_account(tx, broken, "feeding")
    await pay_all(database, [broken, other], cash)
    assert {failure.account for failure in await close(database, date(2026, 3, 7))} == {broken}
    async with database.transaction() as tx:
        await mend(tx)
    await live(database, date(2026, 3, 8), date(2026, 3, 8))
    async with database.transaction() as tx:
        earned = [(await products.accrued_interest(tx, account)).exact for account in (broken, other)]
    assert earned[0] == earned[1] > 0
    await live(database, date(2026, 3, 9), SETTLEMENT)
    assert await paid(database, broken) == await paid(database, other)
    assert [check.detail for check in await products.check_interest(database) if not check.passed] == []
