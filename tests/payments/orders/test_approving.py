"""Payments that wait until others agree to them, and are then carried out as they were agreed to, once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from sycee import approvals, payments
from sycee.approvals import Approval, Decision, DecisionOutcome
from sycee.identity import Caller, Scope
from sycee.kernel.ids import uuid7
from sycee.ledger import AccountNotFound
from sycee.payments import InvalidPayment, NewPayment
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.payments.conftest import Bank
from tests.payments.orders.conftest import Desk, pay

TWO = "scope:payments:approve"


class Firm:
    """A customer with a maker and two checkers, under a rule that every payment over 50 takes one of them."""

    def __init__(self, desk: Desk, customer: UUID, maker: Caller, checkers: list[Caller]) -> None:
        self.desk, self.customer, self.maker, self.checkers = desk, customer, maker, checkers

    @classmethod
    async def open(cls, desk: Desk) -> Firm:
        customer = uuid7()
        async with desk.database.transaction() as tx:
            keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
            for amount, stages in ((50_00, ()), (None, (TWO,))):
                await keepers.rule(
                    tx, payments.SUBMIT_PAYMENTS, *stages, customer=customer, currency="CNY", up_to=amount
                )
            maker = await a_principal(tx, Scope.PAYMENTS_WRITE, customer=customer)
            checkers = [
                await a_principal(tx, Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE, customer=customer)
                for _ in range(2)
            ]
        return cls(desk, customer, maker, checkers)

    async def ask(self, *wanted: NewPayment, all_or_nothing: bool = False) -> Approval:
        payload = payments.payment_order(wanted, all_or_nothing=all_or_nothing)
        found: Approval = await self.desk.call(
            approvals.request_approval, payments.SUBMIT_PAYMENTS, payload, by=self.maker, id=uuid7()
        )
        return found

    async def yes(self, asked: Approval, checker: int = 0) -> DecisionOutcome:
        decision = Decision(approval=asked.id, vote="yes", digest=asked.digest, reason="")

        async def command(tx: Any) -> list[DecisionOutcome]:
            return await approvals.decide(tx, [decision], by=self.checkers[checker])

        (outcome,) = await self.desk.database.run(command)
        return outcome


async def test_payments_within_the_makers_own_amount_are_carried_out_at_once(bank: Bank, desk: Desk) -> None:
    firm = await Firm.open(desk)
    payer, payee = await bank.open("CNY", 100_00, customer=firm.customer), await bank.open("CNY")
    asked = await firm.ask(pay(payer, payee, 20_00), pay(payer, payee, 30_00))
    assert asked.result is not None
    outcomes = payments.order_outcomes(asked.result)
    assert [str(outcome.state) for outcome in outcomes] == ["settled", "settled"]
    assert await bank.balance(payee) == 50_00


async def test_above_it_they_wait_and_are_carried_out_as_they_were_agreed_to(bank: Bank, desk: Desk) -> None:
    firm = await Firm.open(desk)
    payer, payee = await bank.open("CNY", 100_00, customer=firm.customer), await bank.open("CNY")
    wanted = [pay(payer, payee, 30_00), pay(payer, payee, 30_00)]
    asked = await firm.ask(*wanted)
    assert (asked.state, asked.result, asked.facts.amount) == ("waiting", None, 60_00)
    assert asked.facts.lines[0].en == "2 payments, 60.00 CNY"
    assert (await bank.balance(payee), await bank.count("payments")) == (0, 0)
    assert (await firm.yes(asked)).state == "executed"
    assert await bank.balance(payee) == 60_00
    found = await desk.payment(wanted[0].id)
    assert (found.submitted_by, found.customer) == (firm.maker.id, firm.customer)


async def test_two_last_yeses_side_by_side_pay_once(bank: Bank, desk: Desk) -> None:
    firm = await Firm.open(desk)
    payer, payee = await bank.open("CNY", 100_00, customer=firm.customer), await bank.open("CNY")
    asked = await firm.ask(pay(payer, payee, 60_00))
    outcomes = await asyncio.gather(firm.yes(asked, 0), firm.yes(asked, 1))
    assert sorted(outcome.accepted for outcome in outcomes) == [False, True]
    assert await bank.balance(payee) == 60_00


async def test_the_same_instructions_agreed_to_twice_are_paid_once(bank: Bank, desk: Desk) -> None:
    firm = await Firm.open(desk)
    payer, payee = await bank.open("CNY", 200_00, customer=firm.customer), await bank.open("CNY")
    wanted = pay(payer, payee, 60_00)
    first, second = await firm.ask(wanted), await firm.ask(wanted)
    assert ((await firm.yes(first)).state, (await firm.yes(second)).state) == ("executed", "executed")
    assert await bank.balance(payee) == 60_00


async def test_funds_that_are_gone_when_the_last_yes_comes_refuse_the_payment(bank: Bank, desk: Desk) -> None:
    firm = await Firm.open(desk)
    payer, payee = await bank.open("CNY", 100_00, customer=firm.customer), await bank.open("CNY")
    asked = await firm.ask(pay(payer, payee, 60_00), pay(payer, payee, 1_00), all_or_nothing=True)
    await desk.submit(pay(payer, payee, 50_00))
    assert (await firm.yes(asked)).state == "executed"
    kept = await desk.call(approvals.get_approval, asked.id, by=firm.maker)
    outcomes = payments.order_outcomes(kept.result)
    assert [outcome.code for outcome in outcomes] == ["insufficient_funds", "order_refused"]
    assert await bank.balance(payee) == 50_00


async def test_an_order_is_of_one_customer_and_one_currency(bank: Bank, desk: Desk) -> None:
    firm = await Firm.open(desk)
    own, other = await bank.open("CNY", 100_00, customer=firm.customer), await bank.open("CNY", 100_00)
    dollars = await bank.open("USD", 100_00, customer=firm.customer)
    for wanted in (
        [pay(own, other), pay(other, own)],
        [pay(own, other), pay(dollars, other, currency="USD")],
    ):
        with pytest.raises(InvalidPayment):
            await firm.ask(*wanted)
    with pytest.raises(AccountNotFound):
        await firm.ask(pay(own + 10**6, other))
    with pytest.raises(approvals.ForeignCustomer):
        await firm.ask(pay(other, own))
