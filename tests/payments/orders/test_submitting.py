"""Submitting payments: what is settled, held, refused, answered again."""

from __future__ import annotations

from sycee.payments import PaymentState
from tests.payments.conftest import Bank
from tests.payments.orders.conftest import Desk, pay, pay_away


async def test_a_payment_within_the_bank_is_settled_at_once(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    (outcome,) = await desk.submit(wanted := pay(payer, payee, 30_00))
    assert (outcome.state, outcome.code, outcome.fee) == (PaymentState.SETTLED, None, 0)
    assert (await bank.balance(payer), await bank.balance(payee)) == (70_00, 30_00)
    assert await desk.steps(wanted.id) == ["received", "validated", "approved", "screened", "settled"]


async def test_a_payment_to_another_bank_is_held_with_its_fee(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    (outcome,) = await desk.submit(wanted := pay_away(payer, 30_00))
    assert (outcome.state, outcome.rail, outcome.fee) == (PaymentState.HELD, "BEPS", 2_50)
    assert await bank.balance(payer) == 100_00
    assert await desk.available(payer) == 100_00 - 30_00 - 2_50
    assert await desk.steps(wanted.id) == ["received", "validated", "approved", "screened", "held"]
