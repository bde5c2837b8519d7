"""Time deposits: fixed at opening, once broken into, renewed or waiting, paid to the basic account.

Placed on 5 January 2026; one year 1.35 %, three months 0.95 %, demand 0.20 %.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sycee import products
from sycee.components.library import EarlyWithdrawalRefused
from tests.products.deposits.counter import Counter, yuan

THREE_MILLION = yuan(3_000_000)
A_YEAR = date(2027, 1, 5)


@pytest.mark.parametrize(
    ("product", "maturity", "interest"),
    [
        ("time-3m", date(2026, 4, 5), "7125.00"),  # 3,000,000 × 0.0095 × 3 / 12
        ("time-6m", date(2026, 7, 5), "17250.00"),  # 3,000,000 × 0.0115 × 6 / 12
        ("time-1y", A_YEAR, "40500.00"),  # 3,000,000 × 0.0135
        ("time-2y", date(2028, 1, 5), "87000.00"),  # 3,000,000 × 0.0145 × 2
        ("time-3y", date(2029, 1, 5), "157500.00"),  # 3,000,000 × 0.0175 × 3
        ("time-5y", date(2031, 1, 5), "270000.00"),  # 3,000,000 × 0.0180 × 5
    ],
)
async def test_six_tenors_earn_whole_years_and_months(
    counter: Counter, product: str, maturity: date, interest: str
) -> None:
    deposit = await counter.place(product, THREE_MILLION, renewal="none")
    assert deposit.maturity == maturity
    await counter.advance(maturity)
    assert (await counter.withdraw(deposit)).event.interest == yuan(interest)


async def test_days_after_maturity_earn_the_demand_rate(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION, renewal="none")
    assert await counter.balance(deposit.account) == THREE_MILLION
    await counter.advance(A_YEAR)
    assert (await counter.deposit(deposit.id)).state == "matured"
    await counter.advance(A_YEAR + timedelta(10))
    before = await counter.balance(counter.silk.basic)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("40666.67")  # 40,500.00 + 3,000,000 × 10 × 0.0020 / 360
    assert await counter.balance(counter.silk.basic) - before == yuan("3040666.67")
    assert done.deposit.state == "closed"
    assert await counter.events(deposit.id) == ["placed", "matured", "withdrawn"]


async def test_days_before_the_end_of_day_has_come_to_it_are_not_lost(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION, renewal="none")
    await counter.advance(A_YEAR + timedelta(10), due=False)
    assert (await counter.withdraw(deposit)).event.interest == yuan("40666.67")


async def test_units_place_ten_thousand_at_least(counter: Counter) -> None:
    with pytest.raises(products.PlacementRefused, match=r"at least 10000\.00 CNY"):
        await counter.place("time-3m", yuan("9999.99"))
    await counter.place("time-3m", yuan(10_000))


async def test_the_rate_is_fixed_at_opening(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION, renewal="none")
    await counter.rates(date(2026, 6, 1), time_1y="2.00")
    await counter.advance(A_YEAR)
    assert (await counter.withdraw(deposit)).event.interest == yuan("40500.00")


async def test_the_rate_may_be_negotiated_within_bounds(counter: Counter) -> None:
    deposit = await counter.place(
        "time-1y", THREE_MILLION, renewal="none", choices={"interest.spread": "0.15"}
    )
    await counter.advance(A_YEAR)
    assert (await counter.withdraw(deposit)).event.interest == yuan("45000.00")  # 3,000,000 × 0.0150


async def test_a_part_withdrawn_early_earns_the_demand_rate_and_the_rest_goes_on(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION, renewal="none")
    await counter.pass_days(100)
    early = await counter.withdraw(deposit, yuan(1_000_000))
    assert early.event.interest == yuan("555.56")  # 1,000,000 × 100 × 0.0020 / 360
    assert early.deposit.maturity == A_YEAR
    await counter.advance(A_YEAR)
    assert (await counter.withdraw(deposit)).event.interest == yuan("27000.00")  # 2,000,000 × 0.0135


async def test_a_second_part_is_not_withdrawn_early_but_all_of_it_is(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION)
    await counter.pass_days(100)
    await counter.withdraw(deposit, yuan(1_000_000))
    before = await counter.everything()
    with pytest.raises(products.SecondEarlyWithdrawal, match="1 times, 1 is allowed"):
        await counter.withdraw(deposit, yuan(1_000_000))
    assert await counter.everything() == before
    await counter.pass_days(20)
    done = await counter.withdraw(deposit)
    assert done.event.interest == yuan("1333.33")  # 2,000,000 × 120 × 0.0020 / 360
    assert done.deposit.state == "closed"


async def test_ten_thousand_have_to_remain_of_what_is_broken_into(counter: Counter) -> None:
    deposit = await counter.place("time-1y", yuan(20_000))
    await counter.pass_days(10)
    with pytest.raises(EarlyWithdrawalRefused, match=r"at least 10000\.00 CNY must"):
        await counter.withdraw(deposit, yuan("10000.01"))


async def test_it_is_paid_out_to_the_basic_account_only(counter: Counter) -> None:
    deposit = await counter.place("time-3m", THREE_MILLION, renewal="none")
    await counter.advance(date(2026, 4, 5))
    before = await counter.everything()
    with pytest.raises(products.WrongPayee, match=str(counter.silk.basic)):
        await counter.withdraw(deposit, to=counter.silk.general)
    with pytest.raises(products.NotOwnAccount):
        await counter.withdraw(deposit, to=counter.jade.basic)
    assert await counter.everything() == before


async def test_nothing_is_settled_from_it(counter: Counter) -> None:
    from sycee import ledger
    from sycee.kernel.ids import uuid7

    deposit = await counter.place("time-3m", THREE_MILLION)
    async with counter.database.transaction() as tx:
        outcomes = await ledger.post_transfers(
            tx,
            [
                ledger.NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=1, currency="CNY")
                for debit, credit in (
                    (deposit.account, counter.silk.basic),
                    (counter.silk.basic, deposit.account),
                )
            ],
        )
    assert [one.code for one in outcomes] == ["account_restricted"] * 2


async def test_it_is_renewed_with_its_interest_at_the_rate_of_the_day(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION)  # principal and interest, as the product has it
    await counter.rates(date(2026, 12, 1), time_1y="1.10")
    await counter.advance(A_YEAR)
    renewed = await counter.deposit(deposit.id)
    assert renewed.principal == yuan("3040500.00")
    assert (renewed.start, renewed.maturity, renewed.renewed) == (A_YEAR, date(2028, 1, 5), 1)
    assert await counter.balance(deposit.account) == yuan("3040500.00")
    assert (await counter.instruct(renewed, "none")).deposit.renewal == "none"
    await counter.advance(date(2028, 1, 5))
    assert (await counter.withdraw(deposit)).event.interest == yuan("33445.50")  # 3,040,500 × 0.0110


async def test_it_is_renewed_without_its_interest(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION, renewal="principal")
    before = await counter.balance(counter.silk.basic)
    await counter.advance(A_YEAR)
    renewed = await counter.deposit(deposit.id)
    assert (renewed.principal, renewed.maturity) == (THREE_MILLION, date(2028, 1, 5))
    assert await counter.balance(counter.silk.basic) - before == yuan("40500.00")


async def test_it_is_paid_out_on_its_maturity(counter: Counter) -> None:
    deposit = await counter.place("time-1y", THREE_MILLION, renewal="pay_out")
    before = await counter.balance(counter.silk.basic)
    await counter.advance(A_YEAR)
    assert await counter.balance(counter.silk.basic) - before == yuan("3040500.00")
    assert (await counter.deposit(deposit.id)).state == "closed"
    assert await counter.events(deposit.id) == ["placed", "paid_out"]


async def test_a_renewed_deposit_may_be_broken_into_again(counter: Counter) -> None:
    deposit = await counter.place("time-3m", THREE_MILLION, renewal="principal")
    await counter.pass_days(10)
    await counter.withdraw(deposit, yuan(500_000))
    await counter.advance(date(2026, 4, 15))
    early = await counter.withdraw(deposit, yuan(500_000))
    assert early.event.interest == yuan("27.78")  # 500,000 × 10 × 0.0020 / 360, since the renewal


async def test_a_renewal_over_a_weekend_begins_on_the_day_of_maturity(counter: Counter) -> None:
    deposit = await counter.place("time-3m", THREE_MILLION)
    assert deposit.maturity == date(2026, 4, 5)  # a Sunday
    await counter.advance(date(2026, 4, 3), due=True)
    await counter.advance(date(2026, 4, 7), due=True)
    renewed = await counter.deposit(deposit.id)
    assert (renewed.start, renewed.maturity) == (date(2026, 4, 5), date(2026, 7, 5))


async def test_what_was_missed_for_several_terms_is_caught_up_term_by_term(counter: Counter) -> None:
    deposit = await counter.place("time-3m", THREE_MILLION)
    await counter.advance(date(2026, 11, 1))
    renewed = await counter.deposit(deposit.id)
    assert (renewed.start, renewed.maturity, renewed.renewed) == (date(2026, 10, 5), date(2027, 1, 5), 3)
    # each quarter 0.2375 %, rounded each time: 7,125.00, then 7,141.92, then 7,158.88
    assert renewed.principal == yuan("3021425.80")


async def test_an_instruction_comes_before_maturity(counter: Counter) -> None:
    deposit = await counter.place("time-3m", THREE_MILLION, renewal="none")
    await counter.advance(date(2026, 4, 5))
    with pytest.raises(products.DepositMatured):
        await counter.instruct(deposit, "principal")


async def test_interest_paid_monthly_goes_to_the_basic_account(counter: Counter) -> None:
    deposit = await counter.place("time-1y-monthly", THREE_MILLION, renewal="none")
    before = await counter.balance(counter.silk.basic)
    await counter.advance(date(2026, 1, 21))
    # 5 to 20 January: 3,000,000 × 16 × 0.0135 / 360
    assert await counter.balance(counter.silk.basic) - before == yuan("1800.00")
    await counter.advance(date(2026, 2, 21))
    # 21 January to 20 February: 3,000,000 × 31 × 0.0135 / 360 = 3,487.50
    assert await counter.balance(counter.silk.basic) - before == yuan("5287.50")
    assert await counter.events(deposit.id) == ["placed", "interest_paid", "interest_paid"]
    await counter.advance(A_YEAR)
    await counter.withdraw(deposit)
    # in all 365 days: 3,000,000 × 365 × 0.0135 / 360 = 41,062.50, each month rounded by itself
    earned = await counter.balance(counter.silk.basic) - before - THREE_MILLION
    assert abs(earned - yuan("41062.50")) <= 13
    with pytest.raises(products.DepositClosed):
        await counter.withdraw(deposit)


async def test_interest_paid_meanwhile_leaves_no_early_withdrawal(counter: Counter) -> None:
    deposit = await counter.place("time-1y-monthly", THREE_MILLION)
    await counter.pass_days(30)
    with pytest.raises(EarlyWithdrawalRefused):
        await counter.withdraw(deposit)
