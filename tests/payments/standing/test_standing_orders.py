"""Standing orders: paid once a date, tried again for lack of funds, missed, changed, halted and ended."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, PaymentState, standing
from sycee.payments.standing import (
    InvalidStandingOrder,
    NewStandingOrder,
    Rhythm,
    StandingOrderIdReused,
    StandingOrderNotFound,
    StandingOrderState,
    StandingOrderStatus,
)
from tests.payments.conftest import CELL, TODAY
from tests.payments.standing.conftest import House

WEEK = timedelta(weeks=1)
MONDAY = TODAY + timedelta(3)  # today is a Friday
ENDED, ACTIVE = StandingOrderStatus.ENDED, StandingOrderStatus.ACTIVE


async def test_each_date_is_paid_once_however_often_the_sweep_runs(house: House) -> None:
    order = await house.make(times=2)
    await house.sweep()
    assert await house.paid() == 10_00
    await house.sweep()
    assert (await house.paid(), (await house.order(order.id)).next) == (
        10_00,
        standing.Turn(1, TODAY + WEEK, TODAY + WEEK),
    )
    await house.day(TODAY + WEEK)
    assert (await house.sweep()).submitted == 1
    assert await house.paid() == 20_00
    assert (await house.order(order.id)).state is ENDED
    assert await house.occurrences(order.id) == {TODAY: "submitted", TODAY + WEEK: "submitted"}
    assert await house.happened(order.id) == ["made", "submitted", "completed", "submitted"]


async def test_its_payments_are_those_of_an_order_by_who_made_it(house: House) -> None:
    order = await house.make()
    await house.sweep()
    (found,) = await house.desk.call(payments.list_payments, order=order.id)
    assert (found.state, found.amount, found.submitted_by) == (PaymentState.SETTLED, 10_00, "treasurer")
    assert (found.customer, found.creditor_name) == (house.customer, "Landlord Ltd")


async def test_a_payment_waits_for_its_first_date(house: House) -> None:
    await house.make(first_on=MONDAY)
    assert (await house.sweep()).done == 0
    await house.day(MONDAY)
    await house.sweep()
    assert await house.paid() == 10_00


async def test_two_sweeps_side_by_side_pay_once(house: House) -> None:
    orders = [await house.make(1_00) for _ in range(20)]
    database = house.desk.database
    ran = await asyncio.gather(
        *(database.run(partial(standing.run_standing_orders, cell=CELL, limit=7)) for _ in range(4))
    )
    assert sum(one.submitted for one in ran) <= 20
    while (await house.sweep()).more:
        pass
    assert await house.paid() == 20_00
    for order in orders:
        assert await house.occurrences(order.id) == {TODAY: "submitted"}


async def test_a_sweep_that_dies_leaves_nothing_behind_and_the_next_one_pays(house: House) -> None:
    order = await house.make()
    with pytest.raises(RuntimeError, match="killed"):
        async with house.desk.database.transaction() as tx:
            assert (await standing.run_standing_orders(tx, CELL)).submitted == 1
            raise RuntimeError("killed")
    assert (await house.paid(), await house.occurrences(order.id)) == (0, {})
    assert await payments.sweep_standing_orders(house.desk.database) > 0
    assert await house.paid() == 10_00


async def test_dates_that_were_slept_through_are_paid_when_the_bank_wakes(house: House) -> None:
    order = await house.make(times=3)
    await house.day(TODAY + 4 * WEEK)
    assert await payments.sweep_standing_orders(house.desk.database) == 3 + 3
    assert await house.paid() == 30_00
    assert (await house.order(order.id)).state is ENDED


async def test_two_dates_that_fall_on_one_business_day_are_two_payments(house: House) -> None:
    # Wednesday 1 and 8 October 2025 both move to Thursday 9 October: National Day and Mid-Autumn.
    cell, first, second = 103, date(2025, 10, 1), date(2025, 10, 8)
    await house.desk.call(ledger.create_cell, cell, "Beijing", date(2025, 9, 30))
    house.payer = await house.desk.bank.open("CNY", 100_00, cell=cell, customer=house.customer)
    order = await house.make(calendar="CN", first_on=first, times=2)
    await house.desk.call(ledger.advance_business_date, cell, second)
    assert await standing.sweep_standing_orders(house.desk.database) == 0
    await house.desk.call(ledger.advance_business_date, cell, date(2025, 10, 9))
    await standing.sweep_standing_orders(house.desk.database)
    assert await house.occurrences(order.id) == {first: "submitted", second: "submitted"}
    assert await house.paid() == 20_00


async def test_lack_of_funds_is_tried_again_and_paid_when_there_are_some(house: House) -> None:
    order = await house.make(150_00, retry_days=1)
    ran = await house.sweep()
    assert (ran.submitted, ran.waiting, ran.missed) == (0, 1, 0)
    assert await house.occurrences(order.id) == {TODAY: "due"}
    await house.day(MONDAY)
    assert (await house.sweep()).waiting == 1
    await house.fund(50_00)
    assert (await house.sweep()).submitted == 1
    assert await house.paid() == 150_00


async def test_after_its_last_day_it_is_missed_even_when_the_funds_have_come(house: House) -> None:
    order = await house.make(150_00)
    await house.sweep()
    await house.fund(50_00)
    await house.day(MONDAY)
    assert (await house.sweep()).missed == 1
    assert await house.paid() == 0
    (found,) = await house.desk.call(standing.standing_order_occurrences, await house.order(order.id))
    assert (found.state, found.code, found.tries) == ("missed", "insufficient_funds", 2)
    assert (await house.happened(order.id))[-1] == "missed"
    await house.day(TODAY + WEEK)
    await house.sweep()
    assert await house.paid() == 150_00


async def test_it_is_not_tried_again_before_its_time(house: House) -> None:
    await house.make(150_00)
    await house.desk.call(standing.run_standing_orders, CELL)
    assert (await house.desk.call(standing.run_standing_orders, CELL)).waiting == 0


async def test_what_the_books_refuse_for_another_reason_is_missed_at_once(house: House) -> None:
    order = await house.make(retry_days=5)
    await house.desk.bank.change(house.payer, ledger.AccountStatus.FROZEN)
    assert (await house.sweep()).missed == 1
    (found,) = await house.desk.call(standing.standing_order_occurrences, await house.order(order.id))
    assert found.code == "account_frozen"


async def test_one_that_fails_keeps_no_other_from_being_paid(house: House) -> None:
    await house.make(150_00)
    await house.make(20_00)
    ran = await house.sweep()
    assert (ran.submitted, ran.waiting) == (1, 1)
    assert await house.paid() == 20_00


async def test_a_suspended_order_skips_what_falls_due_and_goes_on_when_resumed(house: House) -> None:
    order = await house.make()
    await house.desk.call(standing.suspend_standing_order, order.id, by=house.by, reason="dispute")
    await house.sweep()
    await house.day(TODAY + 2 * WEEK)
    resumed = await house.desk.call(standing.resume_standing_order, order.id, by=house.by, reason="settled")
    assert resumed.state is ACTIVE
    await house.sweep()
    assert await house.paid() == 10_00
    assert await house.occurrences(order.id) == {
        TODAY: "skipped", TODAY + WEEK: "skipped", TODAY + 2 * WEEK: "submitted",
    }  # fmt: skip


async def test_halting_an_order_lets_go_of_what_waits_for_funds(house: House) -> None:
    orders = [await house.make(150_00, retry_days=5) for _ in range(2)]
    await house.sweep()
    for order, act in zip(
        orders, (standing.suspend_standing_order, standing.end_standing_order), strict=True
    ):
        await house.desk.call(act, order.id, by=house.by, reason="")
        assert await house.occurrences(order.id) == {TODAY: "skipped"}
    await house.fund(500_00)
    await house.sweep()
    assert await house.paid() == 0


async def test_an_ended_order_is_ended_for_good(house: House) -> None:
    order = await house.make()
    for _ in range(2):
        ended = await house.desk.call(standing.end_standing_order, order.id, by=house.by, reason="moved")
        assert (ended.state, ended.next) == (ENDED, None)
    await house.sweep()
    assert await house.paid() == 0
    for act in (standing.suspend_standing_order, standing.resume_standing_order):
        with pytest.raises(StandingOrderState):
            await house.desk.call(act, order.id, by=house.by, reason="")
    assert await house.happened(order.id) == ["made", "ended"]


async def test_a_change_holds_from_the_next_occurrence_on(house: House) -> None:
    order = await house.make(150_00, retry_days=5)
    await house.sweep()
    changed = await house.desk.call(standing.change_standing_order, order.id, house.terms(30_00), by=house.by)
    assert (changed.version, changed.next.on) == (2, TODAY + WEEK)
    await house.fund(150_00)
    await house.sweep()
    assert await house.paid() == 150_00
    await house.day(TODAY + WEEK)
    await house.sweep()
    assert await house.paid() == 180_00


async def test_other_dates_begin_after_what_has_fallen_due(house: House) -> None:
    order = await house.make()
    await house.sweep()
    change = partial(house.desk.call, standing.change_standing_order, order.id, by=house.by)
    with pytest.raises(InvalidStandingOrder, match="has fallen due"):
        await change(house.terms(rhythm=Rhythm.DAILY))
    changed = await change(house.terms(rhythm=Rhythm.DAILY, first_on=MONDAY, times=2))
    assert changed.next == standing.Turn(0, MONDAY, MONDAY)
    await house.day(MONDAY)
    await house.sweep()
    with pytest.raises(InvalidStandingOrder, match="nothing would be paid any more"):
        await change(house.terms(rhythm=Rhythm.DAILY, first_on=MONDAY, times=1))


async def test_the_same_again_is_the_same_order_and_other_content_is_refused(house: House) -> None:
    order = await house.make()
    await house.sweep()
    assert (await house.make(id=order.id)).id == order.id
    with pytest.raises(StandingOrderIdReused):
        await house.make(11_00, id=order.id)


@pytest.mark.parametrize(
    ("amount", "said", "why"),
    [
        (0, {}, "an amount is from 1"),
        (1, {"first_on": TODAY - timedelta(1)}, "is past"),
        (1, {"creditor_account": "nobody"}, "no account of this bank"),
        (1, {"creditor_name": " "}, "the name of the payee"),
        (
            1,
            {"rhythm": Rhythm.DAILY, "last_on": TODAY + timedelta(2), "first_on": TODAY + timedelta(1)},
            "nothing would be paid",
        ),
    ],
)
async def test_what_could_never_be_paid_is_refused_when_it_is_made(
    house: House, amount: int, said: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidStandingOrder, match=why):
        await house.make(amount, **said)


async def test_accounts_of_others_and_other_currencies_do_not_pay(house: House) -> None:
    dollars = await house.desk.bank.open("USD", customer=house.customer)
    for account, refusal in ((dollars, InvalidStandingOrder), (house.payee, ledger.AccountNotFound)):
        new = NewStandingOrder(id=uuid7(), debit_account=account, terms=house.terms())
        with pytest.raises(refusal):
            await house.desk.call(standing.make_standing_order, new, by=house.by)


async def test_nobody_elses_order_can_be_touched(house: House) -> None:
    order, other = await house.make(), Instructor("somebody", uuid7())
    for act in (
        partial(standing.change_standing_order, terms=house.terms(1_00)),
        partial(standing.suspend_standing_order, reason=""),
        partial(standing.resume_standing_order, reason=""),
        partial(standing.end_standing_order, reason=""),
    ):
        with pytest.raises(StandingOrderNotFound):
            await house.desk.call(act, id=order.id, by=other)
    assert await house.happened(order.id) == ["made"]


async def test_a_customers_transaction_sees_its_own_orders_alone(house: House) -> None:
    order = await house.make()
    await house.sweep()
    for customer, seen in ((house.customer, 1), (uuid7(), 0)):
        async with house.desk.database.transaction(acting_for=customer) as tx:
            assert len(await standing.list_standing_orders(tx)) == seen
            for table in ("terms", "occurrences", "events"):
                cursor = await tx.execute(f"SELECT count(*) FROM standing_order_{table}".encode())
                row = await cursor.fetchone()
                assert row is not None
                assert bool(row[0]) is bool(seen)
    found = await house.desk.call(standing.list_standing_orders, customer=house.customer, account=house.payer)
    assert [one.id for one in found] == [order.id]


async def test_dates_of_a_year_that_is_not_decreed_wait_for_the_calendar(house: House) -> None:
    await house.day(date(2149, 12, 20))
    order = await house.make(calendar="CN", first_on=date(2150, 1, 1))
    assert order.next is not None
    assert order.next.due_on is None
    await house.day(date(2150, 1, 10))
    assert (await house.sweep()).done == 0
    changed = await house.desk.call(
        standing.change_standing_order,
        order.id,
        house.terms(calendar="weekdays", first_on=date(2150, 1, 1)),
        by=house.by,
    )
    assert changed.next.due_on == date(2150, 1, 1)
    await house.sweep()
    assert await house.paid() == 10_00
