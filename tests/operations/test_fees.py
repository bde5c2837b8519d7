"""Fees of a cycle: charged once a period, waived by the balance, and tried again when there is no money."""

from __future__ import annotations

from datetime import date, timedelta

from sycee import ledger
from sycee.database import Database
from sycee.operations import close_day
from tests.ledger.reading_back import check_proofs
from tests.operations.signing import Bank
from tests.operations.small_bank import SHANGHAI

MARCH, APRIL, MAY, JUNE = date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)
ONE_DAY = timedelta(days=1)


async def test_a_monthly_fee_is_charged_once_at_the_end_of_each_month(database: Database) -> None:
    bank = await Bank.founded(database, MARCH - ONE_DAY)
    account = await bank.account("starter")
    await bank.pay_in(account, 100_000)
    await bank.close(until=MAY)
    assert await bank.fees(account) == [(APRIL, "charged", 5_000), (MARCH, "charged", 5_000)]
    assert await bank.balance(account) == 90_000
    async with database.transaction() as tx:
        (line,) = [one for one in await ledger.trial_balance(tx) if one.subject == "6021"]
    assert line.credit == 10_000
    await check_proofs(database)


async def test_without_the_money_a_fee_is_told_of_and_tried_again_at_each_close(database: Database) -> None:
    bank = await Bank.founded(database, MARCH)
    account = await bank.account("starter")
    run = await bank.close()
    assert (run.state, run.failed) == ("finished", 1)
    assert await bank.failures(MARCH) == [(account, "insufficient_funds")]
    await bank.close()
    assert await bank.failures(MARCH + ONE_DAY) == [(account, "insufficient_funds")]
    await bank.pay_in(account, 5_000)
    await bank.close()
    assert await bank.failures(MARCH + 2 * ONE_DAY) == []
    assert await bank.fees(account) == [(MARCH, "charged", 5_000)]
    assert await bank.balance(account) == 0


async def test_trying_the_day_again_charges_what_failed(database: Database) -> None:
    bank = await Bank.founded(database, MARCH)
    account = await bank.account("starter")
    await bank.close()
    await bank.pay_in(account, 5_000)
    run = await close_day(database, SHANGHAI, by="test", on=MARCH, retry=True)
    assert (run.failed, await bank.balance(account)) == (0, 0)


async def test_a_fee_is_waived_by_the_average_balance_and_free_in_the_first_cycle(database: Database) -> None:
    bank = await Bank.founded(database, date(2026, 3, 30))
    account = await bank.account("watched")
    await bank.close(until=APRIL)
    # April: 0.00 for 29 days, 30,000.00 on the 30th: 1,000.00 on average, which is the line.
    await bank.pay_in(account, 3_000_000)
    await bank.close()
    assert await bank.fees(account) == [(APRIL, "waived", 0), (MARCH, "waived", 0)]


async def test_one_fen_below_the_line_the_fee_is_charged(database: Database) -> None:
    bank = await Bank.founded(database, date(2026, 3, 30))
    account = await bank.account("watched")
    await bank.close(until=APRIL)
    await bank.pay_in(account, 3_000_000 - 1)
    await bank.close()
    assert (await bank.fees(account))[0] == (APRIL, "charged", 3_000)


async def test_a_quarterly_fee_falls_due_with_the_quarter(database: Database) -> None:
    bank = await Bank.founded(database, date(2026, 3, 30))
    account = await bank.account("quiet")
    await bank.pay_in(account, 100_000)
    await bank.close(until=JUNE)
    assert await bank.fees(account) == [(MARCH, "charged", 9_000)]


async def test_a_frozen_account_is_left_alone_until_it_is_not(database: Database) -> None:
    bank = await Bank.founded(database, MARCH)
    account = await bank.account("starter")
    await bank.pay_in(account, 10_000)
    async with database.transaction() as tx:
        await ledger.change_account(tx, account, status=ledger.AccountStatus.FROZEN, reason="court order")
    await bank.close()
    assert await bank.failures(MARCH) == [(account, "account_frozen")]
    async with database.transaction() as tx:
        await ledger.change_account(tx, account, status=ledger.AccountStatus.OPEN, reason="lifted")
    await bank.close()
    assert await bank.fees(account) == [(MARCH, "charged", 5_000)]


async def test_statements_come_in_the_cycle_that_the_product_says(database: Database) -> None:
    bank = await Bank.founded(database, date(2026, 4, 1))  # a Wednesday
    watched = await bank.account("watched", "Watched Ltd")
    quiet = await bank.account("quiet", "Quiet Ltd")
    usual = await bank.account("starter", "Usual Ltd")
    for account in (watched, quiet, usual):
        await bank.pay_in(account, 100)
    await bank.close(until=date(2026, 4, 15))
    await bank.pay_in(watched, 100)
    await bank.close(until=date(2026, 5, 2))
    week = timedelta(days=6)
    ends = [date(2026, 4, 3), date(2026, 4, 17)]  # nothing moved in the other weeks
    assert await bank.statements(watched) == [(end - week, end) for end in ends]
    assert await bank.statements(quiet) == []
    assert await bank.statements(usual) == [(date(2026, 4, 1), APRIL)]


async def test_fees_are_charged_once_however_often_the_step_is_run(database: Database) -> None:
    bank = await Bank.founded(database, MARCH)
    account = await bank.account("starter")
    await bank.pay_in(account, 100_000)
    await bank.close()
    async with database.transaction() as tx:  # as if the step's end had not been kept
        await tx.execute("UPDATE day_steps SET state = 'running', resume_after = 0 WHERE step = 'fees'")
        await tx.execute("UPDATE day_runs SET state = 'running'")
    await close_day(database, SHANGHAI, by="test", on=MARCH)
    assert await bank.balance(account) == 95_000
