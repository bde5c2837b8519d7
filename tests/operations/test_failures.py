"""What fails for one account stays with that account, is told with its reason, and can be tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.operations import (
    Cycle,
    DayNotFound,
    DocumentKind,
    DocumentStep,
    NothingToRetry,
    close_day,
    failures,
    list_documents,
)
from tests.operations.own_steps import WalkingStep, make_table, work_done
from tests.operations.small_bank import FIRST_DAY, SHANGHAI, customer_account, found_bank, post, traffic

BAD = [customer_account(SHANGHAI, 2), customer_account(SHANGHAI, 5)]
LAST_OF_MARCH = FIRST_DAY + timedelta(days=1)


async def test_bad_accounts_do_not_stop_the_good_ones(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    run = await close_day(database, SHANGHAI, by="test", steps=[WalkingStep("walk", bad=BAD)])
    assert (run.state, run.failed) == ("finished", 2)
    assert len(await work_done(database, "walk")) == 4
    async with database.transaction() as tx:
        found = await failures(tx, SHANGHAI, FIRST_DAY)
        rest = await failures(tx, SHANGHAI, FIRST_DAY, after=found[0].position)
    assert [(one.account, one.code, one.reason, one.advice) for one in found] == [
        (number, "test_bad", "it is bad", "mend it") for number in BAD
    ]
    assert rest == found[1:]


async def test_what_failed_is_tried_again_when_that_is_asked_for(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    step = WalkingStep("walk", bad=BAD)
    await close_day(database, SHANGHAI, by="test", steps=[WalkingStep("good"), step])
    step.bad = {BAD[1]}
    run = await close_day(database, SHANGHAI, by="test", steps=[WalkingStep("good"), step], retry=True)
    async with database.transaction() as tx:
        found = await failures(tx, SHANGHAI, FIRST_DAY)
    assert (run.business_date, run.failed) == (FIRST_DAY, 1)
    assert [(one.account, one.round) for one in found] == [(BAD[1], 2)]
    assert set((await work_done(database, "good")).values()) == {1}


async def test_only_the_last_day_can_be_tried_again(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    steps = [WalkingStep("walk", bad=BAD)]
    with pytest.raises(NothingToRetry):
        await close_day(database, SHANGHAI, by="test", steps=steps, retry=True)
    await close_day(database, SHANGHAI, by="test", steps=steps)
    await close_day(database, SHANGHAI, by="test", steps=steps)
    with pytest.raises(NothingToRetry):
        await close_day(database, SHANGHAI, by="test", steps=steps, on=FIRST_DAY, retry=True)


async def test_a_day_that_was_not_closed_has_no_failures_to_show(database: Database) -> None:
    await found_bank(database)
    async with database.transaction() as tx:
        with pytest.raises(DayNotFound):
            await failures(tx, SHANGHAI, FIRST_DAY)


async def damage(tx: Transaction, number: int) -> None:
    """Let an account's last entry of the day lie about the balance after it."""
    await tx.execute(
        """
        UPDATE transfers SET credit_balance = credit_balance + CASE credit WHEN %(number)s THEN 1 ELSE 0 END,
                             debit_balance = debit_balance + CASE debit WHEN %(number)s THEN 1 ELSE 0 END
        WHERE position = (SELECT last_position FROM accounts WHERE number = %(number)s) AND cell = %(cell)s
        """,
        {"number": number, "cell": SHANGHAI},
    )


async def test_an_account_whose_entries_do_not_add_up_gets_no_statement_and_the_others_do(
    database: Database,
) -> None:
    await found_bank(database, on=LAST_OF_MARCH, accounts=20)
    await post(database, traffic(SHANGHAI, "day", accounts=20, count=400))
    bad = customer_account(SHANGHAI, 7)
    async with database.transaction() as tx:
        await damage(tx, bad)
    step = DocumentStep("statements", DocumentKind.STATEMENT, Cycle.MONTHLY, block=8)
    run = await close_day(database, SHANGHAI, by="test", steps=[step])
    assert (run.state, run.failed) == ("finished", 1)
    async with database.transaction() as tx:
        (failure,) = await failures(tx, SHANGHAI, LAST_OF_MARCH)
        assert (failure.account, failure.code) == (bad, "statement_unbalanced")
        for account in await ledger.list_accounts(tx, cell=SHANGHAI):
            found = await list_documents(tx, account.number)
            expected = 0 if account.customer is None or account.number == bad else 1
            assert len(found) == expected
