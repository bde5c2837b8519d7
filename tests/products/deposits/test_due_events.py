"""What is due by itself: done once, block by block; a bad deposit is reported and stops no other."""

from __future__ import annotations

from datetime import date

import pytest

from sycee import ledger, products
from tests.products.deposits.counter import Counter, yuan

MILLION = yuan(1_000_000)
MATURITY = date(2026, 4, 5)


async def freeze_account(counter: Counter, account: int, status: ledger.AccountStatus) -> None:
    async with counter.database.transaction() as tx:
        await ledger.change_account(tx, account, status=status, reason="test")


async def test_what_is_due_is_listed_by_day(counter: Counter) -> None:
    quarter = await counter.place("time-3m", MILLION)
    floating = await counter.place("large-cd-1y-floating", yuan(10_000_000))
    half = await counter.place("time-6m", MILLION)
    await counter.place("notice-7d", MILLION)
    async with counter.database.transaction() as tx:
        found = await products.due_events(tx, 101, date(2026, 1, 6), date(2026, 7, 5))
        one_by_one = []
        after = None
        while block := await products.due_events(tx, 101, None, date(2026, 7, 5), after=after, limit=1):
            after = block[-1]
            one_by_one += block
        assert await products.due_events(tx, 101, date(2026, 4, 6), date(2026, 7, 4)) == []
        assert await products.due_events(tx, 102, None, date(2099, 1, 1)) == []
    assert {(one.deposit, one.kind, one.on) for one in found} == {
        (quarter.id, "maturity", MATURITY),
        (floating.id, "during_term", MATURITY),
        (half.id, "maturity", date(2026, 7, 5)),
    }
    assert [one.on for one in found] == [MATURITY, MATURITY, date(2026, 7, 5)]
    assert one_by_one == found


async def test_running_again_does_nothing_twice(counter: Counter) -> None:
    for mode in ("principal_and_interest", "principal", "none", "pay_out"):
        await counter.place("time-3m", MILLION, renewal=mode)
    done = await counter.advance(MATURITY)
    assert done is not None
    assert (done.accounts, done.failures) == (4, ())
    before = await counter.everything()
    again = await products.run_due_deposits(counter.database, 101, MATURITY, MATURITY)
    assert again == products.Done(0)
    assert await counter.everything() == before


async def test_what_is_not_due_yet_by_the_business_date_is_left(counter: Counter) -> None:
    deposit = await counter.place("time-3m", MILLION)
    done = await products.run_due_deposits(counter.database, 101, MATURITY, MATURITY)
    assert done == products.Done(0)
    assert (await counter.deposit(deposit.id)).renewed == 0


async def test_a_bad_deposit_is_reported_and_stops_no_other(counter: Counter) -> None:
    good = [await counter.place("time-3m", MILLION) for _ in range(3)]
    bad = await counter.place("time-3m", MILLION)
    unpaid = await counter.place("time-3m", MILLION, renewal="pay_out")
    rest = [await counter.place("time-3m", MILLION) for _ in range(3)]
    await freeze_account(counter, bad.account, ledger.AccountStatus.FROZEN)
    await freeze_account(counter, counter.silk.basic, ledger.AccountStatus.CREDIT_BLOCKED)
    done = await counter.advance(MATURITY)
    assert done is not None
    assert done.accounts == 6
    assert {(one.account, one.code) for one in done.failures} == {
        (bad.account, "interest_not_settled"),
        (unpaid.account, "deposit_movement_refused"),
    }
    for deposit in good + rest:
        assert (await counter.deposit(deposit.id)).renewed == 1
    for deposit in (bad, unpaid):
        assert await counter.deposit(deposit.id) == deposit
    # what failed stays due, and is done when what was wrong is put right
    await freeze_account(counter, bad.account, ledger.AccountStatus.RESTRICTED)
    await freeze_account(counter, counter.silk.basic, ledger.AccountStatus.OPEN)
    done = await counter.pass_days(1)
    assert done is not None
    assert (done.accounts, done.failures) == (2, ())
    assert (await counter.deposit(bad.id)).start == MATURITY


async def test_a_rate_that_is_not_known_is_reported(counter: Counter) -> None:
    deposit = await counter.place("time-3m", MILLION)
    async with counter.database.transaction() as tx:
        await tx.execute("DELETE FROM rates WHERE key = 'CNY.time.3m'")
    done = await counter.advance(MATURITY)
    assert done is not None
    assert [(one.account, one.code) for one in done.failures] == [(deposit.account, "rate_not_found")]


async def test_it_works_block_by_block(counter: Counter) -> None:
    deposits = [await counter.place("time-3m", MILLION) for _ in range(7)]
    await freeze_account(counter, deposits[2].account, ledger.AccountStatus.FROZEN)
    await counter.advance(MATURITY, due=False)
    blocks: list[int] = []
    done = await products.run_due_deposits(
        counter.database, 101, MATURITY, MATURITY, blocks.append, block_size=3
    )
    assert (done.accounts, [one.account for one in done.failures]) == (6, [deposits[2].account])
    assert (len(blocks), sum(blocks)) == (3, 6)


async def test_a_block_that_was_rolled_back_is_done_the_next_time(counter: Counter) -> None:
    deposit = await counter.place("time-3m", MILLION)
    await counter.advance(MATURITY, due=False)
    before = await counter.everything()

    class _PowerCut(Exception):
        pass

    with pytest.raises(_PowerCut):
        async with counter.database.transaction() as tx:
            events = await products.due_events(tx, 101, None, MATURITY)
            outcome = await products.run_due_events(tx, 101, events, through=MATURITY)
            assert (outcome.done, outcome.failed) == (1, ())
            raise _PowerCut
    assert await counter.everything() == before
    done = await products.run_due_deposits(counter.database, 101, MATURITY, MATURITY)
    assert done == products.Done(1)
    assert (await counter.deposit(deposit.id)).renewed == 1


async def test_a_deposit_withdrawn_on_its_maturity_is_not_due_any_more(counter: Counter) -> None:
    deposit = await counter.place("time-3m", MILLION)
    await counter.advance(MATURITY, due=False)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("2375.00")  # 1,000,000 × 0.0095 × 3 / 12
    assert await products.run_due_deposits(counter.database, 101, MATURITY, MATURITY) == products.Done(0)
