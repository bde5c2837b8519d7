"""Every way out of a supervised account, tried: nothing leaves it that was not released."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.ledger import AccountIsSupervised, AccountStatus, NewTransfer, TransferKind
from sycee.payments import BulkState, PaymentState, standing
from tests.payments.conftest import CELL, TODAY
from tests.payments.debits.conftest import Till, debit_under, till
from tests.payments.escrow.conftest import Site
from tests.payments.market import file_of
from tests.payments.orders.conftest import pay, pay_away

__all__ = ["till"]
TOMORROW = TODAY + timedelta(1)


def move(debit: int, credit: int, amount: int = 10_00, **more: Any) -> NewTransfer:
    return NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=amount, currency="CNY", **more)


async def post(site: Site, *transfers: NewTransfer, **more: Any) -> list[ledger.Outcome]:
    found: list[ledger.Outcome] = await site.desk.call(ledger.post_transfers, list(transfers), **more)
    return found


@pytest.mark.parametrize("more", [{}, {"execute_on": TOMORROW}])
@pytest.mark.parametrize("away", [False, True])
async def test_a_payment_waits_here_and_away_now_and_later(
    site: Site, away: bool, more: dict[str, Any]
) -> None:
    await site.supervise()
    wanted = pay_away(site.account, **more) if away else site.bill(**more)
    (outcome,) = await site.submit(wanted)
    assert (outcome.state, outcome.code) == (PaymentState.RECEIVED, "awaiting_release")
    await site.desk.call(ledger.advance_business_date, CELL, TOMORROW)
    assert (await site.desk.call(payments.execute_due_payments, CELL)).outcomes == []
    assert (await site.paid(), await site.desk.available(site.account)) == (0, 100_00)
    assert await site.desk.steps(wanted.id) == ["received"]


async def test_a_bulk_order_waits_item_by_item(site: Site) -> None:
    await site.supervise()
    file = file_of([("10.00", "CNY")], debtor=str(site.account), creditors=(str(site.builder),))
    order = await site.desk.call(
        payments.receive_bulk_order, BytesIO(file), by=site.maker.by, customer=site.developer
    )
    done = await payments.carry_out_bulk_order(site.desk.database, order.id)
    assert (done.state, done.refused, await site.paid()) == (BulkState.DONE, 0, 0)
    (found,) = await site.desk.call(payments.list_payments, order=order.id)
    assert found.state is PaymentState.RECEIVED
    assert (await site.decide(found.id)).state is PaymentState.SETTLED


async def test_a_bulk_order_of_all_or_nothing_is_refused(site: Site) -> None:
    await site.supervise()
    file = file_of([("10.00", "CNY")], debtor=str(site.account), creditors=(str(site.builder),))
    order = await site.desk.call(
        payments.receive_bulk_order,
        BytesIO(file),
        by=site.maker.by,
        customer=site.developer,
        all_or_nothing=True,
    )
    done = await payments.carry_out_bulk_order(site.desk.database, order.id)
    assert (done.refused, done.fault and done.fault.code) == (1, "account_supervised")
    assert await site.desk.available(site.account) == 100_00


async def test_a_payment_file_is_refused(site: Site) -> None:
    await site.supervise()
    file = file_of([("10.00", "CNY")], debtor=str(site.account), creditors=(str(site.builder),))
    result = await site.desk.database.run(lambda tx: payments.receive_payment_file(tx, file))
    assert result.outcomes[0].fault is not None
    assert (result.outcomes[0].fault.code, result.outcomes[0].fault.reason) == ("account_supervised", "AG03")
    assert await site.paid() == 0


async def test_each_payment_of_a_standing_order_waits(site: Site) -> None:
    await site.supervise()
    schedule = standing.Schedule(rhythm=standing.Rhythm.DAILY, first_on=TODAY, calendar="weekdays")
    terms = standing.StandingTerms(
        amount=10_00,
        currency="CNY",
        creditor_account=str(site.builder),
        creditor_name="Silk Road Steel Ltd",
        schedule=schedule,
    )
    new = standing.NewStandingOrder(id=uuid7(), debit_account=site.account, terms=terms)
    await site.desk.call(standing.make_standing_order, new, by=site.maker)
    await payments.sweep_standing_orders(site.desk.database)
    (found,) = await site.desk.call(payments.list_payments, order=new.id)
    assert (found.state, await site.paid()) == (PaymentState.RECEIVED, 0)


async def test_a_direct_debit_is_refused(site: Site, till: Till) -> None:
    mandate = await till.signed()
    await site.supervise(account=till.debit)
    (outcome,) = await till.collect(debit_under(mandate))
    await till.sweep()
    found = await till.debit_of(outcome.id)
    assert (str(found.state), found.reason_code) == ("rejected", "debit_forbidden")
    assert await site.desk.bank.balance(till.credit) == 100_00


@pytest.mark.parametrize("restricted", [False, True])
async def test_the_books_refuse_transfers_holds_and_reversals(site: Site, restricted: bool) -> None:
    other = await site.desk.bank.open("CNY", 50_00)
    received = move(other, site.account)
    (before,) = await post(site, received)
    assert before.status == "posted"
    await site.supervise()
    for way_out in (
        move(site.account, site.builder),
        move(site.account, site.builder, kind=TransferKind.PENDING),
        NewTransfer(id=uuid7(), kind=TransferKind.REVERSAL, target=received.id),
    ):
        (refused,) = await post(site, way_out, restricted=restricted)
        assert (refused.status, refused.code) == ("rejected", "account_supervised"), way_out
    (mixed, other_one) = await post(site, move(site.account, site.builder), move(other, site.builder))
    assert (mixed.code, other_one.status) == ("account_supervised", "posted")


async def test_what_comes_in_is_taken(site: Site) -> None:
    await site.supervise()
    other = await site.desk.bank.open("CNY", 50_00)
    (paid,) = await post(site, move(other, site.account))
    (instructed,) = await site.desk.submit(pay(other, site.account))
    assert (paid.status, instructed.state) == ("posted", PaymentState.SETTLED)


async def test_what_was_held_before_still_goes(site: Site) -> None:
    (away,) = await site.submit(wanted := pay_away(site.account))
    assert away.state is PaymentState.HELD
    await site.supervise()
    sent = payments.Sent(payment=wanted.id, message_id="M", rail_id="T")
    await site.desk.call(payments.mark_sent, [sent])
    settled = payments.Settled(payment=wanted.id, message_id="R")
    (told,) = await site.desk.call(payments.settle_payments, [settled])
    assert told.state is PaymentState.SETTLED


async def test_what_waited_for_its_day_when_supervision_began_is_rejected(site: Site) -> None:
    await site.submit(wanted := site.bill(execute_on=TOMORROW))
    await site.supervise()
    await site.desk.call(ledger.advance_business_date, CELL, TOMORROW)
    (found,) = (await site.desk.call(payments.execute_due_payments, CELL)).outcomes
    assert (found.state, found.code, await site.paid()) == (PaymentState.REJECTED, "escrow_refused", 0)
    assert (await site.desk.payment(wanted.id)).reason_code == "escrow_refused"


async def test_no_status_that_would_let_it_pay_can_be_set(site: Site) -> None:
    await site.supervise()
    for status in (AccountStatus.OPEN, AccountStatus.CREDIT_BLOCKED, AccountStatus.CLOSED):
        with pytest.raises(AccountIsSupervised):
            await site.desk.bank.change(site.account, status)
    await site.desk.bank.change(site.account, AccountStatus.FROZEN)
    with pytest.raises(AccountIsSupervised):
        await site.desk.bank.change(site.account, AccountStatus.OPEN)
    await site.desk.bank.change(site.account, AccountStatus.SUPERVISED)
    with pytest.raises(AccountIsSupervised):
        await site.desk.bank.change(site.builder, AccountStatus.SUPERVISED)
    (refused,) = await post(site, move(site.account, site.builder))
    assert refused.code == "account_supervised"
