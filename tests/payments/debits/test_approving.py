"""Mandates and collections that wait until others agree, and are then carried out as agreed to, once."""

from __future__ import annotations

from typing import Any

import pytest

from sycee import approvals
from sycee.approvals import Approval, Decision, DecisionOutcome
from sycee.identity import Caller, Scope
from sycee.kernel.ids import uuid7
from sycee.ledger import AccountNotFound
from sycee.payments import debits
from sycee.payments.debits import InvalidDirectDebit, NewDebitMandate
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.payments.debits.conftest import Till, debit_under

TWO = "scope:payments:approve"


class Firms:
    """The payee and the payer of a till, each with a maker and a checker, under rules that always ask one."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.makers: dict[Any, Caller] = {}
        self.checkers: dict[Any, Caller] = {}

    @classmethod
    async def open(cls, till: Till) -> Firms:
        firms = cls(till)
        async with till.database.transaction() as tx:
            keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
            for customer in (till.power, till.mill):
                for command in (debits.MAKE_MANDATES, debits.COLLECT):
                    await keepers.rule(tx, command, TWO, customer=customer)
                firms.makers[customer] = await a_principal(tx, Scope.PAYMENTS_WRITE, customer=customer)
                firms.checkers[customer] = await a_principal(
                    tx, Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE, customer=customer
                )
        return firms

    async def ask(self, customer: Any, command: str, payload: bytes) -> Approval:
        by = self.makers[customer]
        found: Approval = await self.till.call(
            approvals.request_approval, command, payload, by=by, id=uuid7(), acting_for=customer
        )
        return found

    async def yes(self, asked: Approval, customer: Any) -> DecisionOutcome:
        decision = Decision(approval=asked.id, vote="yes", digest=asked.digest, reason="")
        (outcome,) = await self.till.call(
            approvals.decide, [decision], by=self.checkers[customer], acting_for=customer
        )
        found: DecisionOutcome = outcome
        return found


async def test_a_mandate_waits_for_the_payees_people_and_then_for_the_payers(till: Till) -> None:
    firms = await Firms.open(till)
    new = NewDebitMandate(
        id=uuid7(),
        credit_account=till.credit,
        debit_account=till.debit,
        reference="GRID-1",
        currency="CNY",
        per_month=50_00,
    )
    asked = await firms.ask(till.power, debits.MAKE_MANDATES, debits.mandate_order([new]))
    assert (asked.state, await till.bank.count("debit_mandates")) == ("waiting", 0)
    assert (await firms.yes(asked, till.power)).state == "executed"
    sign = debits.mandate_order(confirm=new.id)
    asked = await firms.ask(till.mill, debits.MAKE_MANDATES, sign)
    assert (asked.facts.customer, asked.facts.amount) == (till.mill, 50_00)
    assert "50.00 CNY a month" in asked.facts.lines[1].en
    assert (await till.call(debits.get_debit_mandate, new.id)).state == "proposed"
    assert (await firms.yes(asked, till.mill)).state == "executed"
    assert (await till.call(debits.get_debit_mandate, new.id)).state == "active"


async def test_the_payees_people_cannot_ask_to_sign_for_the_payer(till: Till) -> None:
    firms, proposed = await Firms.open(till), await till.propose()
    with pytest.raises(approvals.ForeignCustomer):
        await firms.ask(till.power, debits.MAKE_MANDATES, debits.mandate_order(confirm=proposed.id))


async def test_a_collection_waits_and_is_taken_once(till: Till) -> None:
    firms, mandate = await Firms.open(till), await till.signed()
    payload = debits.collect_order([debit_under(mandate, 20_00), debit_under(mandate, 30_00)])
    first = await firms.ask(till.power, debits.COLLECT, payload)
    second = await firms.ask(till.power, debits.COLLECT, payload)
    assert (first.facts.amount, first.facts.lines[0].en) == (50_00, "2 direct debits, 50.00 CNY")
    assert await till.bank.balance(till.credit) == 100_00
    for asked in (first, second):
        assert (await firms.yes(asked, till.power)).state == "executed"
    assert await till.bank.balance(till.credit) == 150_00


async def test_a_mandate_cancelled_meanwhile_lets_nothing_be_taken(till: Till) -> None:
    firms, mandate = await Firms.open(till), await till.signed()
    asked = await firms.ask(till.power, debits.COLLECT, debits.collect_order([debit_under(mandate)]))
    await till.as_payer(debits.cancel_debit_mandate, mandate.id, reason="moved away")
    assert (await firms.yes(asked, till.power)).state == "executed"
    kept = await till.call(approvals.get_approval, asked.id, by=firms.makers[till.power])
    assert [one.code for one in debits.collect_outcomes(kept.result)] == ["mandate_cancelled"]
    assert await till.bank.balance(till.credit) == 100_00


async def test_a_collection_is_of_ones_own_accounts_and_one_currency(till: Till) -> None:
    firms, mandate = await Firms.open(till), await till.signed()
    with pytest.raises(AccountNotFound):
        await firms.ask(till.mill, debits.COLLECT, debits.collect_order([debit_under(mandate)]))
    two = [debit_under(mandate), debit_under(mandate, currency="USD")]
    with pytest.raises(InvalidDirectDebit):
        await firms.ask(till.power, debits.COLLECT, debits.collect_order(two))
