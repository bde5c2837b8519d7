"""Notice deposits: the rate of the withdrawal day for actual days, and what breaking the notice costs.

5,000,000.00 is placed on 5 January 2026 at one day's 0.70 % or seven days' 1.10 %, demand 0.20 %. The figures
are worked out in the comments.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sycee import products
from sycee.components.library import NoticeWithdrawalRefused
from sycee.products import Deposit
from tests.products.deposits.counter import TODAY, Counter, yuan

FIVE_MILLION = yuan(5_000_000)
DAY_38, DAY_45 = TODAY + timedelta(38), TODAY + timedelta(45)


@pytest.fixture
async def deposit(counter: Counter) -> Deposit:
    """5,000,000.00 on seven days' notice."""
    return await counter.place("notice-7d", FIVE_MILLION)


async def test_on_the_notified_day_the_notice_rate_goes_for_all_days(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    given = await counter.give_notice(deposit)
    assert given.deposit.notice is not None
    assert given.deposit.notice.pay_on == DAY_45
    await counter.advance(DAY_45)
    before = await counter.balance(counter.silk.basic)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("6875.00")  # 5,000,000 × 45 × 0.0110 / 360
    assert await counter.balance(counter.silk.basic) - before == yuan("5006875.00")
    assert done.event.facts["reasons"] == ["on_notified_day"]
    assert (await counter.deposit(deposit.id)).state == "closed"


async def test_one_day_of_notice_has_a_rate_of_its_own(counter: Counter) -> None:
    deposit = await counter.place("notice-1d", FIVE_MILLION)
    await counter.advance(TODAY + timedelta(44))
    await counter.give_notice(deposit)
    await counter.advance(DAY_45)
    assert (await counter.withdraw(deposit)).event.interest == yuan(
        "4375.00"
    )  # 5,000,000 × 45 × 0.0070 / 360


async def test_the_rate_is_that_of_the_day_of_withdrawal(counter: Counter, deposit: Deposit) -> None:
    await counter.rates(date(2026, 2, 10), notice_7d="1.20")
    await counter.advance(DAY_38)
    await counter.give_notice(deposit)
    await counter.advance(DAY_45)
    assert (await counter.withdraw(deposit)).event.interest == yuan(
        "7500.00"
    )  # 5,000,000 × 45 × 0.0120 / 360


async def test_held_for_less_than_the_notice_term_it_earns_the_demand_rate(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.pass_days(5)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("138.89")  # 5,000,000 × 5 × 0.0020 / 360
    assert done.event.facts["reasons"] == ["held_less_than_term"]


async def test_without_notice_it_earns_the_demand_rate(counter: Counter, deposit: Deposit) -> None:
    await counter.advance(DAY_45)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("1250.00")  # 5,000,000 × 45 × 0.0020 / 360
    assert done.event.facts["reasons"] == ["without_notice"]


async def test_before_the_notified_day_it_earns_the_demand_rate(counter: Counter, deposit: Deposit) -> None:
    await counter.advance(TODAY + timedelta(40))
    await counter.give_notice(deposit)
    await counter.advance(DAY_45)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("1250.00")  # 5,000,000 × 45 × 0.0020 / 360
    assert done.event.facts["reasons"] == ["before_notified_day"]


async def test_what_is_withdrawn_early_uses_the_notice_and_its_rest_stands(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(TODAY + timedelta(40))
    given = await counter.give_notice(deposit, yuan(2_000_000))
    await counter.advance(DAY_45)
    early = await counter.withdraw(deposit, yuan(500_000))
    assert early.event.interest == yuan("125.00")  # 500,000 × 45 × 0.0020 / 360
    assert early.deposit.notice is not None
    assert (early.deposit.notice.id, early.deposit.notice.amount) == (given.event.id, yuan(1_500_000))
    await counter.advance(TODAY + timedelta(47))
    done = await counter.withdraw(deposit, yuan(1_500_000))
    assert done.event.interest == yuan("2154.17")  # 1,500,000 × 47 × 0.0110 / 360
    assert done.deposit.notice is None


async def test_after_the_notified_day_it_earns_the_demand_rate(counter: Counter, deposit: Deposit) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit)
    await counter.advance(TODAY + timedelta(50))
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("1388.89")  # 5,000,000 × 50 × 0.0020 / 360
    assert done.event.facts["reasons"] == ["after_notified_day"]


async def test_above_the_notified_amount_the_rest_earns_the_demand_rate(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(1_000_000))
    await counter.advance(DAY_45)
    done = await counter.withdraw(deposit, yuan(1_500_000))
    # 1,000,000 × 45 × 0.0110 / 360 = 1,375.00; 500,000 × 45 × 0.0020 / 360 = 125.00
    assert done.event.interest == yuan("1500.00")
    assert done.event.facts["reasons"] == ["on_notified_day", "above_notified_amount"]
    assert done.deposit.principal == yuan(3_500_000)


async def test_below_the_notified_amount_the_rest_earns_the_demand_rate_so_far(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(2_000_000))
    await counter.advance(DAY_45)
    done = await counter.withdraw(deposit, yuan(1_500_000))
    assert done.event.interest == yuan("2062.50")  # 1,500,000 × 45 × 0.0110 / 360
    assert "below_notified_amount" in done.event.facts["reasons"]
    await counter.advance(TODAY + timedelta(48))
    await counter.give_notice(deposit)
    await counter.advance(TODAY + timedelta(55))
    # 500,000 × 45 × 0.0020 / 360 = 125.00; 500,000 × 10 × 0.0110 / 360 = 152.777…
    # 3,000,000 × 55 × 0.0110 / 360 = 5,041.666…
    assert (await counter.withdraw(deposit)).event.interest == yuan("5319.44")


async def test_a_withdrawal_below_the_minimum_earns_the_demand_rate(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(50_000))
    await counter.advance(DAY_45)
    done = await counter.withdraw(deposit, yuan(50_000))
    assert done.event.interest == yuan("12.50")  # 50,000 × 45 × 0.0020 / 360
    assert done.event.facts["reasons"] == ["below_minimum_withdrawal"]


async def test_a_strict_product_refuses_a_withdrawal_below_the_minimum(counter: Counter) -> None:
    deposit = await counter.place("notice-7d-strict", FIVE_MILLION)
    await counter.advance(DAY_45)
    before = await counter.everything()
    with pytest.raises(NoticeWithdrawalRefused):
        await counter.withdraw(deposit, yuan(50_000))
    assert await counter.everything() == before


async def test_a_cancelled_notice_costs_the_interest_of_its_period(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    given = await counter.give_notice(deposit)
    await counter.pass_days(1)
    await counter.cancel_notice(deposit, given.event.id)
    await counter.advance(DAY_45)
    await counter.give_notice(deposit)
    await counter.advance(TODAY + timedelta(52))
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("6875.00")  # 52 days, but for 7: 5,000,000 × 45 × 0.0110 / 360
    assert [str(line.why) for line in done.lines].count("notice_not_used") == 1


async def test_a_notice_that_was_not_used_costs_the_interest_of_its_period(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(5_000_000))
    await counter.advance(TODAY + timedelta(46))
    again = await counter.give_notice(deposit)  # its day has passed
    assert "lapsed" in again.event.facts
    await counter.advance(TODAY + timedelta(53))
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("7027.78")  # 53 days, but for 7: 5,000,000 × 46 × 0.0110 / 360


async def test_of_a_notice_used_late_in_part_the_rest_was_not_used(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(2_000_000))
    await counter.advance(TODAY + timedelta(50))
    late = await counter.withdraw(deposit, yuan(1_500_000))
    assert late.event.interest == yuan("416.67")  # 1,500,000 × 50 × 0.0020 / 360
    await counter.give_notice(deposit)
    await counter.advance(TODAY + timedelta(57))
    # 500,000 × (57 − 7) × 0.0110 / 360 = 763.888…; 3,000,000 × 57 × 0.0110 / 360 = 5,225.00
    assert (await counter.withdraw(deposit)).event.interest == yuan("5988.89")


async def test_what_remains_keeps_its_start(counter: Counter, deposit: Deposit) -> None:
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(1_000_000))
    await counter.advance(DAY_45)
    part = await counter.withdraw(deposit, yuan(1_000_000))
    assert part.event.interest == yuan("1375.00")  # 1,000,000 × 45 × 0.0110 / 360
    assert part.deposit.start == TODAY
    await counter.advance(TODAY + timedelta(53))
    await counter.give_notice(deposit)
    await counter.advance(TODAY + timedelta(60))
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("7333.33")  # 4,000,000 × 60 × 0.0110 / 360


async def test_when_too_little_would_remain_the_deposit_closes_at_the_demand_rate(counter: Counter) -> None:
    deposit = await counter.place("notice-7d", yuan(1_000_000))
    await counter.advance(DAY_38)
    await counter.give_notice(deposit, yuan(600_000))
    await counter.advance(DAY_45)
    done = await counter.withdraw(deposit, yuan(600_000))
    assert done.event.amount == yuan(1_000_000)
    # 600,000 × 45 × 0.0110 / 360 = 825.00; 400,000 × 45 × 0.0020 / 360 = 100.00
    assert done.event.interest == yuan("925.00")
    assert "below_minimum_balance" in done.event.facts["reasons"]
    assert done.deposit.state == "closed"


async def test_units_open_with_500_000_at_least(counter: Counter) -> None:
    before = await counter.everything()
    with pytest.raises(products.PlacementRefused, match=r"at least 500000\.00 CNY"):
        await counter.place("notice-7d", yuan("499999.99"))
    assert await counter.everything() == before
    await counter.place("notice-7d", yuan(500_000))


async def test_a_preview_tells_what_a_withdrawal_comes_to_and_changes_nothing(
    counter: Counter, deposit: Deposit
) -> None:
    await counter.advance(DAY_45)
    before = await counter.everything()
    told = await counter.withdraw(deposit, dry_run=True)
    assert await counter.everything() == before
    assert told.event.interest == yuan("1250.00")
    assert [(line.days, line.balance, line.why) for line in told.lines] == [
        (45, FIVE_MILLION, "without_notice")
    ]
    assert (await counter.withdraw(deposit)).event.interest == told.event.interest
