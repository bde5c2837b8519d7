"""Transfers of the bank's own money: pacs.009 out and in, once, booked and reconciled like all else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sycee import approvals, ledger, payments
from sycee.approvals import Approval, Decision
from sycee.database import Database
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.payments import BankTransfer, InvalidPayment, NewPayment
from sycee.payments.iso20022.interbank import BankPayments, Payments, Recalls, read_interbank
from sycee.payments.orders.new_payments import PaymentKind
from sycee.payments.rails.cases import rail_cases
from sycee.payments.rails.items import uetr_of
from sycee.payments.rails.suspense import interbank_account
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK
from tests.approvals.house import a_principal
from tests.payments.rails.bank import CELL, ConnectedBank

HVPS, MUCH = "HVPS", 50_000_000_00


class Treasury:
    """A bank on HVPS: its own account, a treasurer and a colleague who agrees or not."""

    def __init__(self, bank: ConnectedBank, own: int, treasurer: Any, colleague: Any) -> None:
        self.bank, self.own, self.treasurer, self.colleague = bank, own, treasurer, colleague

    def transfer(self, **more: Any) -> BankTransfer:
        return BankTransfer(
            **{
                "id": uuid7(), "debit_account": self.own, "bank": OTHER_BANKS[0], "bank_name": "工商银行",
                "amount": MUCH, "currency": "CNY", "remittance": "liquidity", **more,
            }
        )  # fmt: skip

    async def ask(self, transfer: BankTransfer) -> Approval:
        return await self.bank.database.run(
            partial(
                approvals.request_approval,
                command=payments.BANK_TRANSFER,
                payload=payments.bank_transfer(transfer),
                by=self.treasurer,
                id=payments.bank_transfer_approval_id(transfer.id, self.treasurer.principal),
            )
        )

    async def say(self, asked: Approval, vote: Any = "yes", by: Any = None) -> approvals.DecisionOutcome:
        said = Decision(approval=asked.id, vote=vote, digest=asked.digest, reason="so it is")
        (outcome,) = await self.bank.database.run(
            partial(approvals.decide, decisions=[said], by=by or self.colleague)
        )
        await self.open_hours()
        return outcome

    async def open_hours(self) -> None:
        """Whatever the hour of the test, HVPS takes now what it would take when it opens."""
        async with self.bank.database.transaction() as tx:
            await tx.execute("UPDATE payments SET send_at = clock_timestamp() - interval '1 second'")

    async def moved(self, number: int) -> int:
        """How much has left an account, in minor units; below 0 when more came in."""
        return int(await self.bank.value("SELECT -posted FROM accounts WHERE number = %s", number))


@pytest_asyncio.fixture
async def treasury(database: Database, tmp_path: Path, monkeypatch: Any) -> AsyncIterator[Treasury]:
    """The bank's own account at hand, and HVPS that behaves."""
    monkeypatch.setattr("tests.payments.rails.bank.RAIL", HVPS)
    bank = await ConnectedBank.open(database, tmp_path / "central-bank.sqlite")
    async with database.transaction() as tx:
        (own,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="1011", cell=CELL, floor=None, name="treasury")]
        )
        treasurer = await a_principal(tx, Scope.PAYMENTS_OPERATE)
        colleague = await a_principal(tx, Scope.APPROVALS_DECIDE)
    yield Treasury(bank, own.number, treasurer, colleague)
    await bank.close()


async def test_a_transfer_waits_for_somebody_else_and_settles_by_pacs_009(treasury: Treasury) -> None:
    bank, transfer = treasury.bank, treasury.transfer()
    asked = await treasury.ask(transfer)
    assert (await treasury.ask(transfer)).id == asked.id, "the same again is the same request"
    assert asked.state == "waiting"
    assert (await treasury.say(asked, by=treasury.treasurer)).accepted is False
    await bank.rounds(2)
    assert await bank.value("SELECT count(*) FROM payments") == 0
    assert (await treasury.say(asked)).state == "executed"
    assert await bank.balance(treasury.own) == (0, MUCH), "held"
    await bank.rounds(1)
    (body,) = [bytes(row) for row in [await bank.value("SELECT body FROM rail_messages WHERE outgoing")]]
    message = read_interbank(body)
    assert isinstance(message, BankPayments)
    (item,) = message.items
    assert (item.uetr, item.debtor.member, item.creditor.member) == (
        uetr_of(transfer.id), OUR_BANK, OTHER_BANKS[0],
    )  # fmt: skip
    assert (item.amount.minor, item.remittance, item.priority) == (MUCH, ("liquidity",), "HIGH")
    await bank.rounds(3)
    assert await bank.state(transfer.id) == "settled"
    assert await treasury.moved(treasury.own) == MUCH
    assert await bank.value("SELECT fee FROM payments") == 0
    found = await bank.reconcile(await bank.close_day())
    assert (found.matched, found.clean) == (1, True)
    assert found.closing - found.opening == -MUCH == await bank.clearing() == bank.position()


async def test_a_transfer_that_the_rail_refuses_gives_the_money_back(treasury: Treasury) -> None:
    bank, transfer = treasury.bank, treasury.transfer()
    await bank.faults({"what": "reject", "times": 1, "reason": "AM04"})
    await treasury.say(await treasury.ask(transfer))
    await bank.rounds(4)
    assert (await bank.state(transfer.id), await bank.balance(treasury.own)) == ("rejected", (0, 0))


async def test_a_transfer_whose_answer_is_lost_is_asked_about_and_settled_once(treasury: Treasury) -> None:
    bank, transfer = treasury.bank, treasury.transfer()
    await bank.faults(
        {"what": "lose", "at": "request", "times": 1}, {"what": "lose", "at": "answer", "times": 1}
    )
    await treasury.say(await treasury.ask(transfer))
    await bank.rounds(10)
    assert await bank.state(transfer.id) == "settled"
    assert bank.paid(transfer.id) == 1


async def test_a_transfer_comes_back_to_the_account_that_it_left(treasury: Treasury) -> None:
    bank, transfer = treasury.bank, treasury.transfer()
    await treasury.say(await treasury.ask(transfer))
    await bank.rounds(4)
    await bank.control("returns", uetr=str(uetr_of(transfer.id)), reason="AC04")
    await bank.rounds(3)
    assert (await bank.state(transfer.id), await treasury.moved(treasury.own)) == ("returned", 0)
    assert (await bank.reconcile(await bank.close_day())).clean


async def test_a_recall_names_the_message_that_the_transfer_went_in(treasury: Treasury) -> None:
    bank, transfer = treasury.bank, treasury.transfer()
    await treasury.say(await treasury.ask(transfer))
    await bank.rounds(4)
    async with bank.database.transaction() as tx:
        await payments.recall_payment(tx, transfer.id, by="clerk", reason_code="DUPL", reason="twice")
    await bank.worker.write()
    body = await bank.value("SELECT body FROM rail_messages WHERE name LIKE 'camt.056%%'")
    message = read_interbank(bytes(body))
    assert isinstance(message, Recalls)
    assert message.items[0].original.message == "pacs.009.001.08"


async def test_what_another_bank_transfers_is_booked_once_to_our_account(
    treasury: Treasury,
) -> None:
    bank = treasury.bank
    await bank.faults({"what": "duplicate"})
    asked = {
        "rail": HVPS, "payer": OTHER_BANKS[1], "payee": OUR_BANK, "amount": 700_00, "end_to_end_id": "LOAN",
        "between_banks": True, "remittance": "repaid",
    }  # fmt: skip
    await bank.control("payments", **asked)
    await bank.rounds(4)
    async with bank.database.transaction() as tx:
        account = await interbank_account(tx, CELL, HVPS, "CNY")
        assert await rail_cases(tx) == []
    assert await treasury.moved(account) == -700_00
    kept = await bank.value("SELECT (state, debtor_agent, customer IS NULL)::text FROM incoming_payments")
    assert kept == f"(credited,{OTHER_BANKS[1]},t)"
    found = await bank.reconcile(await bank.close_day())
    assert (found.matched, found.clean) == (1, True)
    assert await bank.clearing() == bank.position() == 700_00


async def test_a_transfer_from_a_lost_message_is_asked_for_by_the_reconciliation(treasury: Treasury) -> None:
    bank = treasury.bank
    await bank.faults({"what": "lose", "at": "answer"})
    asked = {"rail": HVPS, "payer": OTHER_BANKS[1], "payee": OUR_BANK, "amount": 700_00, "end_to_end_id": "L"}
    await bank.control("payments", **asked, between_banks=True)
    await bank.rounds(2)
    assert (await bank.reconcile(await bank.close_day())).clean


async def test_the_name_of_the_other_bank_is_screened(treasury: Treasury) -> None:
    bank = treasury.bank
    async with bank.database.transaction() as tx:
        await payments.load_screening_names(tx, ["Evil Bank"], name="own", by="test")
    transfer = treasury.transfer(bank_name="Evil Bank")
    assert (await treasury.say(await treasury.ask(transfer))).state == "executed"
    await bank.rounds(2)
    assert await bank.state(transfer.id) == "stopped"
    assert await bank.value("SELECT count(*) FROM rail_messages WHERE outgoing") == 0


async def test_customers_money_is_never_the_banks(treasury: Treasury) -> None:
    bank = treasury.bank
    async with bank.database.transaction() as tx:
        await tx.execute(
            "UPDATE account_profiles SET customer = %s WHERE number = %s", (uuid7(), bank.accounts[0])
        )
    with pytest.raises(InvalidPayment, match="no account of the bank's own"):
        await treasury.ask(treasury.transfer(debit_account=bank.accounts[0]))
    for wanted in (
        treasury.transfer(debit_account=bank.accounts[0]),
        treasury.transfer(bank="313100000099"),
    ):
        async with bank.database.transaction() as tx:
            await payments.add_own_agents(tx, ["313100000099"])
            (outcome,) = await payments.submit_payments(tx, [wanted.payment()], by="test")
        assert outcome.code == "not_between_banks"


async def test_a_transfer_that_cannot_be_is_refused_with_what_is_wrong(treasury: Treasury) -> None:
    for wrong, what in (
        ({"amount": 0}, "invalid_amount"),
        ({"bank": "nobody"}, "invalid_creditor_agent"),
        ({"bank_name": " "}, "creditor_name_missing"),
        ({"debit_account": 1}, "no account of the bank's own"),
    ):
        with pytest.raises(InvalidPayment, match=what):
            await treasury.ask(treasury.transfer(**wrong))


async def test_customers_payments_and_the_banks_own_go_in_messages_of_their_own(treasury: Treasury) -> None:
    bank = treasury.bank
    own = treasury.transfer().payment()
    theirs = NewPayment(
        id=uuid7(), debit_account=bank.accounts[0], creditor_account="6222020200112233", creditor_name="乙",
        creditor_agent=OTHER_BANKS[0], amount=200_000_00, currency="CNY", urgency=own.urgency,
    )  # fmt: skip
    outcomes = await bank.pay(own, theirs)
    assert [one.code for one in outcomes] == [None, None]
    async with bank.database.transaction() as tx:
        await tx.execute("UPDATE payments SET rail = %s", (HVPS,))
        known = await payments.get_payment(tx, own.id)
        assert known.kind is PaymentKind.BANK
    await treasury.open_hours()
    await bank.worker.write()
    async with bank.database.transaction() as tx:
        cursor = await tx.execute("SELECT body FROM rail_messages WHERE outgoing")
        kinds = {type(read_interbank(bytes(body))) for (body,) in await cursor.fetchall()}
    assert kinds == {Payments, BankPayments}
