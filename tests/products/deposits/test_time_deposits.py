"""Time deposits: fixed at opening, once broken into, renewed or waiting, paid to the basic account."""

from __future__ import annotations

from datetime import date

from tests.products.deposits.counter import TODAY, Counter, yuan


async def test_paid_out_late_a_year_earns_its_rate_and_the_days_after_the_demand_rate(counter: Counter) -> None:
    deposit = await counter.place("time-1y", yuan(3_000_000), renewal="none")
    assert deposit.maturity == date(2027, 1, 5)
    assert await counter.balance(deposit.account) == yuan(3_000_000)
    await counter.advance(date(2027, 1, 5))
    assert (await counter.deposit(deposit.id)).state == "matured"
    await counter.advance(date(2027, 1, 15))
    before = await counter.balance(counter.silk.basic)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("40666.67")
    assert await counter.balance(counter.silk.basic) - before == yuan("3040666.67")
    assert (await counter.deposit(deposit.id)).state == "closed"
    assert await counter.events(deposit.id) == ["placed", "matured", "withdrawn"]
