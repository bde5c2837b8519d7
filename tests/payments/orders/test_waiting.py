"""Payments that wait: for their day, for screening, for a person; and screening that fails closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from sycee import ledger, payments
from sycee.database import Transaction
from sycee.payments import PaymentState, Screened, Subject, Verdict, screening_lists
from sycee.payments.screening import hook
from tests.payments.conftest import CELL, TODAY, Bank
from tests.payments.orders.conftest import Desk, pay, pay_away

TOMORROW = TODAY + timedelta(1)


@pytest.fixture
def screener() -> Iterator[list[Any]]:
    """A further screener that does what the test puts in the list: verdicts to give, or an error to raise."""
    script: list[Any] = []

    async def scripted(_: Transaction, subjects: Sequence[Subject]) -> Sequence[Screened]:
        if script and isinstance(script[0], Exception):
            raise script[0]
        if script and script[0] == "sleep":
            await asyncio.sleep(60)
        return script[: len(subjects)]

    payments.register_screener(scripted)
    yield script
    payments.forget_screener(scripted)


async def test_a_payment_for_a_later_day_waits_and_is_then_carried_out(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    later, away = pay(payer, payee, execute_on=TOMORROW), pay_away(payer, execute_on=TOMORROW)
    outcomes = await desk.submit(later, away)
    assert [outcome.state for outcome in outcomes] == [PaymentState.APPROVED] * 2
    assert await desk.available(payer) == 100_00
    assert (await desk.call(payments.execute_due_payments, CELL)).outcomes == []
    await desk.call(ledger.advance_business_date, CELL, TOMORROW)
    swept = await desk.call(payments.execute_due_payments, CELL)
    assert sorted(str(outcome.state) for outcome in swept.outcomes) == ["held", "settled"]
    assert await bank.balance(payee) == 10_00
    assert (await desk.payment(away.id)).rail == "BEPS"
    assert await desk.steps(away.id) == ["received", "validated", "approved", "screened", "held"]
    assert (await desk.call(payments.execute_due_payments, CELL)).outcomes == []


async def test_what_cannot_be_paid_on_its_day_is_rejected_and_kept(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 5_00), await bank.open("CNY")
    await desk.submit(wanted := pay(payer, payee, execute_on=TOMORROW))
    await desk.call(ledger.advance_business_date, CELL, TOMORROW)
    await desk.call(payments.execute_due_payments, CELL)
    found = await desk.payment(wanted.id)
    assert (found.state, found.reason_code) == (PaymentState.REJECTED, "insufficient_funds")
    (again,) = await desk.submit(wanted)
    assert (again.state, again.code, again.duplicate) == (PaymentState.REJECTED, "insufficient_funds", True)


async def test_due_payments_are_swept_page_by_page(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.submit(*(pay(payer, payee, 1_00, execute_on=TOMORROW) for _ in range(5)))
    await desk.call(ledger.advance_business_date, CELL, TOMORROW)
    after, pages = None, []
    while True:
        swept = await desk.call(payments.execute_due_payments, CELL, after=after, limit=2)
        pages.append(len(swept.outcomes))
        if (after := swept.next) is None:
            break
    assert pages == [2, 2, 1]
    assert await bank.balance(payee) == 5_00


async def test_a_waiting_payment_can_be_cancelled(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.submit(wanted := pay(payer, payee, execute_on=TOMORROW))
    (outcome,) = await desk.call(payments.cancel_payments, [wanted.id], by="maker")
    assert outcome.state is PaymentState.CANCELLED
    await desk.call(ledger.advance_business_date, CELL, TOMORROW)
    assert (await desk.call(payments.execute_due_payments, CELL)).outcomes == []


async def test_as_long_as_no_list_is_loaded_everything_waits(bank: Bank) -> None:
    desk = Desk(bank)
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    (outcome,) = await desk.submit(pay(payer, payee))
    assert (outcome.state, outcome.code) == (PaymentState.APPROVED, "screening_list_not_loaded")
    assert (await desk.call(payments.execute_due_payments, CELL)).outcomes[0].state is PaymentState.APPROVED
    assert await bank.balance(payee) == 0
    await desk.call(payments.load_screening_names, [], name="own", by="officer")
    assert (await desk.call(payments.execute_due_payments, CELL)).outcomes[0].state is PaymentState.SETTLED


@pytest.mark.parametrize("written", ["Evil Corp.", "EVIL  CORP", "ｅｖｉｌ－ｃｏｒｐ"])
async def test_a_listed_payee_is_stopped_however_the_name_is_written(
    bank: Bank, desk: Desk, written: str
) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.call(payments.load_screening_names, ["Evil Corp", "某某公司"], name="own", by="officer")
    wanted = pay(payer, payee, creditor_name=written)
    (outcome, fine) = await desk.submit(wanted, pay(payer, payee, creditor_name="Evil Corporation"))
    assert (outcome.state, outcome.code) == (PaymentState.STOPPED, "listed_name")
    assert fine.state is PaymentState.SETTLED
    assert await desk.available(payer) == 90_00


async def test_a_person_releases_or_refuses_what_was_stopped(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.call(payments.load_screening_names, ["Evil"], name="own", by="officer")
    one, two, away = (
        pay(payer, payee, creditor_name="Evil"),
        pay(payer, payee, creditor_name="Evil"),
        pay_away(payer, creditor_name="Evil"),
    )
    await desk.submit(one, two, away)
    released = await desk.call(payments.release_stopped, [one.id, away.id], by="officer", reason="another")
    assert [outcome.state for outcome in released] == [PaymentState.SETTLED, PaymentState.HELD]
    refused = await desk.call(payments.refuse_stopped, [two.id, one.id], by="officer", reason="the very one")
    assert [outcome.code for outcome in refused] == [None, "not_possible"]
    assert await bank.balance(payee) == 10_00
    assert (await desk.payment(two.id)).state is PaymentState.REJECTED
    steps = await desk.call(payments.payment_events, one.id)
    assert [(step.actor, step.reason) for step in steps] == [
        ("maker", "Evil is on the list own"),
        ("officer", "another"),
    ]


async def test_a_new_loading_replaces_the_list(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.call(payments.load_screening_names, ["Evil"], name="un", by="officer")
    await desk.call(payments.load_screening_names, ["Bad", "Worse"], name="un", by="officer")
    (outcome,) = await desk.submit(pay(payer, payee, creditor_name="Evil"))
    assert outcome.state is PaymentState.SETTLED
    lists = await desk.call(screening_lists)
    assert [(one.name, one.entries) for one in lists] == [("own", 0), ("un", 2)]
    with pytest.raises(payments.InvalidScreeningList):
        await desk.call(payments.load_screening_names, ["..."], name="un", by="officer")


async def test_a_screener_that_fails_lets_nothing_pass(bank: Bank, desk: Desk, screener: list[Any]) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    screener.append(RuntimeError("no connection"))
    (outcome,) = await desk.submit(wanted := pay(payer, payee))
    assert (outcome.state, outcome.code) == (PaymentState.APPROVED, "screening_failed")
    screener[:] = [Screened(Verdict.PASS)]
    await desk.call(payments.execute_due_payments, CELL)
    assert (await desk.payment(wanted.id)).state is PaymentState.SETTLED


async def test_a_screener_that_fails_in_the_database_spoils_no_transaction(bank: Bank, desk: Desk) -> None:
    async def broken(tx: Transaction, _: Sequence[Subject]) -> Sequence[Screened]:
        await tx.execute("SELECT 1 / 0")
        return []

    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    payments.register_screener(broken)
    try:
        (outcome,) = await desk.submit(pay(payer, payee))
    finally:
        payments.forget_screener(broken)
    assert outcome.code == "screening_failed"


async def test_a_screener_that_answers_for_too_few_lets_nothing_pass(
    bank: Bank, desk: Desk, screener: list[Any]
) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    screener.append(Screened(Verdict.PASS))
    outcomes = await desk.submit(pay(payer, payee), pay(payer, payee))
    assert [outcome.code for outcome in outcomes] == ["screening_incomplete"] * 2


async def test_a_screener_that_is_late_lets_nothing_pass(
    bank: Bank, desk: Desk, screener: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "LATE_AFTER_S", 0.05)
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    screener.append("sleep")
    (outcome,) = await desk.submit(pay(payer, payee))
    assert (outcome.state, outcome.code) == (PaymentState.APPROVED, "screening_late")


async def test_the_strictest_verdict_counts(bank: Bank, desk: Desk, screener: list[Any]) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.call(payments.load_screening_names, ["Evil"], name="own", by="officer")
    wait, stop = Screened(Verdict.WAIT, "model_away"), Screened(Verdict.STOP, "pattern")
    screener[:] = [Screened(Verdict.PASS), wait, stop, wait]
    names = ("Evil", "Evil", "Good", "Good")
    outcomes = await desk.submit(*(pay(payer, payee, creditor_name=name) for name in names))
    assert [outcome.code for outcome in outcomes] == ["listed_name", "listed_name", "pattern", "model_away"]


async def test_without_any_screener_nothing_passes(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    payments.forget_screener(payments.screen_names)
    try:
        (outcome,) = await desk.submit(pay(payer, payee))
    finally:
        payments.register_screener(payments.screen_names)
    assert (outcome.state, outcome.code) == (PaymentState.APPROVED, "screening_unavailable")
