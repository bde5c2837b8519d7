"""Two at once: what only one can have, one gets; and the books hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import date
from typing import Any

from sycee import products
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from tests.products.deposits.counter import Counter, yuan


async def together(*acts: Awaitable[Any]) -> tuple[list[Any], list[str]]:
    """What was done, and the codes of what was refused."""
    found = await asyncio.gather(*acts, return_exceptions=True)
    refused = [one for one in found if isinstance(one, BaseException)]
    assert all(isinstance(one, SyceeError) for one in refused), refused
    return (
        [one for one in found if not isinstance(one, BaseException)],
        [one.code for one in refused if isinstance(one, SyceeError)],
    )


async def test_two_withdrawals_of_more_than_there_is_do_not_both_succeed(counter: Counter) -> None:
    for _ in range(5):
        deposit = await counter.place("notice-7d", yuan(5_000_000))
        done, refused = await together(
            *(counter.withdraw(deposit, yuan(3_000_000), to=counter.silk.general) for _ in range(6))
        )
        assert len(done) == 1
        assert refused == ["more_than_deposited"] * 5
        assert await counter.balance(deposit.account) == yuan(2_000_000)


async def test_of_two_closings_one_closes(counter: Counter) -> None:
    deposit = await counter.place("time-1y", yuan(1_000_000))
    done, refused = await together(*(counter.withdraw(deposit) for _ in range(6)))
    assert len(done) == 1
    assert refused == ["deposit_closed"] * 5


async def test_a_part_is_withdrawn_early_once_however_many_ask(counter: Counter) -> None:
    deposit = await counter.place("time-1y", yuan(1_000_000))
    done, refused = await together(*(counter.withdraw(deposit, yuan(100_000)) for _ in range(6)))
    assert len(done) == 1
    assert refused == ["second_early_withdrawal"] * 5


async def test_one_notice_stands_however_many_give_one(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", yuan(5_000_000))
    done, refused = await together(*(counter.give_notice(deposit, yuan(1_000_000)) for _ in range(6)))
    assert len(done) == 1
    assert refused == ["notice_standing"] * 5


async def test_the_same_request_at_once_is_done_once(counter: Counter) -> None:
    placement, withdrawal = uuid7(), uuid7()
    placed, refused = await together(
        *(counter.placed("time-1y", yuan(1_000_000), id=placement) for _ in range(6))
    )
    assert (len(placed), refused) == (6, [])
    assert sorted(one.repeated for one in placed) == [False] + [True] * 5
    deposit = placed[0].deposit
    assert {one.deposit.account for one in placed} == {deposit.account}
    done, refused = await together(
        *(counter.withdraw(deposit, yuan(100_000), id=withdrawal) for _ in range(6))
    )
    assert (len(done), refused) == (6, [])
    assert sorted(one.repeated for one in done) == [False] + [True] * 5
    assert await counter.balance(deposit.account) == yuan(900_000)


async def test_an_end_of_day_and_a_customer_meet_on_one_deposit(counter: Counter) -> None:
    maturity = date(2026, 4, 5)
    deposits = [await counter.place("time-3m", yuan(1_000_000), renewal="pay_out") for _ in range(8)]
    await counter.advance(maturity, due=False)
    before = await counter.balance(counter.silk.basic)
    _done, refused = await together(
        products.run_due_deposits(counter.database, 101, maturity, maturity),
        products.run_due_deposits(counter.database, 101, maturity, maturity),
        *(counter.withdraw(deposit) for deposit in deposits),
    )
    assert set(refused) <= {"deposit_closed"}
    # each once: 1,000,000 × (1 + 0.0095 × 3 / 12)
    assert await counter.balance(counter.silk.basic) - before == 8 * yuan("1002375.00")
