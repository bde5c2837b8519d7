"""Standing orders that wait until others agree to them."""

from __future__ import annotations

import pytest

from sycee import approvals, payments
from sycee.approvals import Approval, Decision
from sycee.identity import Caller, Scope
from sycee.kernel.ids import uuid7
from sycee.payments import standing
from sycee.payments.standing import (
    ChangeStandingOrder,
    InvalidStandingOrder,
    MakeStandingOrder,
    NewStandingOrder,
    ResumeStandingOrder,
    StandingOrderAct,
    StandingOrderNotFound,
)
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.payments.conftest import TODAY
from tests.payments.standing.conftest import House

TWO = "scope:payments:approve"


class Firm:
    """The house with a maker and a checker, under a rule that a payment over 50 takes both."""

    def __init__(self, house: House, maker: Caller, checker: Caller) -> None:
        self.house, self.maker, self.checker = house, maker, checker

    @classmethod
    async def open(cls, house: House) -> Firm:
        customer = house.customer
        async with house.desk.database.transaction() as tx:
            keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
            for amount, stages in ((50_00, ()), (None, (TWO,))):
                await keepers.rule(
                    tx, standing.STANDING_ORDER, *stages, customer=customer, currency="CNY", up_to=amount
                )
            maker = await a_principal(tx, Scope.PAYMENTS_WRITE, customer=customer)
            checker = await a_principal(tx, Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE, customer=customer)
        return cls(house, maker, checker)

    async def ask(self, act: StandingOrderAct) -> Approval:
        """Ask for something, behind the customer's wall."""
        async with self.house.desk.database.transaction(acting_for=self.house.customer) as tx:
            return await approvals.request_approval(
                tx, standing.STANDING_ORDER, standing.standing_order_act(act), by=self.maker, id=uuid7()
            )

    async def yes(self, asked: Approval) -> None:
        """The checker agrees."""
        decision = Decision(approval=asked.id, vote="yes", digest=asked.digest, reason="")
        (outcome,) = await self.house.desk.call(approvals.decide, [decision], by=self.checker)
        assert outcome.state == "executed", outcome

    def new(self, amount: int) -> NewStandingOrder:
        return NewStandingOrder(id=uuid7(), debit_account=self.house.payer, terms=self.house.terms(amount))


async def test_an_order_within_the_makers_own_amount_is_made_at_once(house: House) -> None:
    firm = await Firm.open(house)
    new = firm.new(50_00)
    assert (await firm.ask(MakeStandingOrder(new))).state == "executed"
    assert (await house.order(new.id)).made_by == firm.maker.id


async def test_above_it_nothing_is_made_or_paid_before_the_last_yes(house: House) -> None:
    firm = await Firm.open(house)
    new = firm.new(60_00)
    asked = await firm.ask(MakeStandingOrder(new))
    assert (asked.state, asked.facts.amount, asked.facts.accounts) == ("waiting", 60_00, (house.payer,))
    assert asked.facts.lines[2].en.startswith(f"every week: {TODAY}, ")
    assert asked.facts.lines[2].zh.startswith(f"每周：{TODAY}")
    await house.sweep()
    with pytest.raises(StandingOrderNotFound):
        await house.order(new.id)
    await firm.yes(asked)
    await house.sweep()
    assert await house.paid() == 60_00


async def test_changing_and_resuming_wait_as_making_does(house: House) -> None:
    firm = await Firm.open(house)
    order = await house.make(60_00)
    changed = await firm.ask(ChangeStandingOrder(order.id, house.terms(70_00)))
    assert (changed.state, (await house.order(order.id)).version) == ("waiting", 1)
    await firm.yes(changed)
    assert (await house.order(order.id)).terms.amount == 70_00
    await house.desk.call(standing.suspend_standing_order, order.id, by=house.by, reason="")
    resumed = await firm.ask(ResumeStandingOrder(order.id))
    assert (await house.order(order.id)).state == "suspended"
    await firm.yes(resumed)
    assert (await house.order(order.id)).state == "active"


async def test_what_could_never_be_paid_is_refused_before_anybody_is_asked(house: House) -> None:
    firm = await Firm.open(house)
    bad = NewStandingOrder(id=uuid7(), debit_account=house.payer, terms=house.terms(creditor_account="x"))
    with pytest.raises(InvalidStandingOrder):
        await firm.ask(MakeStandingOrder(bad))
    async with house.desk.database.transaction(acting_for=uuid7()) as tx:
        order = await house.make()
        with pytest.raises(StandingOrderNotFound):
            await standing.get_standing_order(tx, order.id)


async def test_a_rule_about_payments_is_not_evaded_by_a_standing_order(house: House) -> None:
    async with house.desk.database.transaction() as tx:
        keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
        await keepers.rule(tx, payments.SUBMIT_PAYMENTS, TWO, customer=house.customer)
        maker = await a_principal(tx, Scope.PAYMENTS_WRITE, customer=house.customer)
        checker = await a_principal(
            tx, Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE, customer=house.customer
        )
    firm = Firm(house, maker, checker)
    asked = await firm.ask(MakeStandingOrder(firm.new(60_00)))
    assert asked.state == "waiting"
    await house.sweep()
    assert await house.paid() == 0
    await firm.yes(asked)
    await house.sweep()
    assert await house.paid() == 60_00
