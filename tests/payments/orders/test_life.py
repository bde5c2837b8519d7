"""What becomes of payments after they were taken in: sent, settled, rejected, returned, recalled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from sycee import ledger, payments
from sycee.ledger import AccountStatus
from sycee.payments import (
    IncomingPayment,
    Move,
    Moved,
    PaymentState,
    RecallAnswer,
    RejectedByRail,
    Returned,
    Sent,
    Settled,
)
from tests.payments.conftest import Bank
from tests.payments.orders.conftest import Desk, pay, pay_away

FEE = 2_50


def said(outcomes: list[Moved]) -> list[str]:
    """Each outcome's code, or else its state."""
    return [outcome.code or str(outcome.state) for outcome in outcomes]


def sent(id: UUID, message: str = "M-1") -> Sent:
    return Sent(payment=id, message_id=message, rail_id=f"R-{id}")


def rejected(id: UUID) -> RejectedByRail:
    return RejectedByRail(payment=id, message_id="M-9", reason_code="AC01", text="no such account")


def returned(id: UUID, amount: int, return_id: str = "RTN-1") -> Returned:
    return Returned(payment=id, return_id=return_id, amount=amount, reason_code="AC04")


async def out(desk: Desk, payer: int, amount: int = 30_00, *, settled: bool = False) -> UUID:
    """A payment that has gone to its rail."""
    wanted = pay_away(payer, amount)
    await desk.submit(wanted)
    assert said(await desk.call(payments.mark_sent, [sent(wanted.id)])) == ["sent"]
    if settled:
        await desk.call(payments.settle_payments, [Settled(payment=wanted.id, message_id="M-2")])
    return wanted.id


async def clearing(desk: Desk) -> tuple[int, int]:
    """What stands on the clearing account and the fee account of BEPS."""
    accounts = await desk.call(payments.rail_accounts, [(100, "BEPS", "CNY")])
    (found,) = accounts.values()
    return await desk.bank.balance(found.clearing), await desk.bank.balance(found.fees)


async def test_what_is_sent_and_settled_leaves_the_account_with_its_fee(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer)
    assert await bank.balance(payer) == 100_00
    settled = [Settled(payment=id, message_id="M-2")]
    assert said(await desk.call(payments.settle_payments, settled)) == ["settled"]
    assert await bank.balance(payer) == 100_00 - 30_00 - FEE
    assert await clearing(desk) == (30_00, FEE)
    (again,) = await desk.call(payments.settle_payments, settled)
    assert (again.state, again.again) == (PaymentState.SETTLED, True)
    assert await bank.balance(payer) == 100_00 - 30_00 - FEE
    assert (await desk.steps(id))[-3:] == ["held", "sent", "settled"]


async def test_what_the_rail_rejects_gives_the_hold_and_the_fee_back(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer)
    assert said(await desk.call(payments.reject_payments, [rejected(id)])) == ["rejected"]
    assert await desk.available(payer) == 100_00
    found = await desk.payment(id)
    assert (found.reason_code, found.reason) == ("AC01", "no such account")
    (again,) = await desk.call(payments.reject_payments, [rejected(id)])
    assert again.again
    assert said(await desk.call(payments.settle_payments, [Settled(payment=id, message_id="M")])) == [
        "not_possible"
    ]


async def test_a_settled_payment_is_not_rejected_but_returned(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer, settled=True)
    assert said(await desk.call(payments.reject_payments, [rejected(id)])) == ["not_possible"]
    assert said(await desk.call(payments.return_payments, [returned(id, 30_00)])) == ["returned"]
    assert await bank.balance(payer) == 100_00 - FEE
    assert await clearing(desk) == (0, FEE)


async def test_returns_come_in_parts_once_each_and_never_exceed_the_payment(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer, settled=True)
    wanted = [
        returned(id, 10_00, "A"),
        returned(id, 10_00, "A"),
        returned(id, 11_00, "A"),
        returned(id, 20_01, "B"),
        returned(id, 20_00, "C"),
        returned(id, 1, "D"),
    ]
    outcomes = await desk.call(payments.return_payments, wanted)
    assert said(outcomes) == [
        "returned",
        "returned",
        "id_reused",
        "invalid_amount",
        "returned",
        "invalid_amount",
    ]
    assert [outcome.again for outcome in outcomes] == [False, True, False, False, False, False]
    assert await bank.balance(payer) == 100_00 - FEE
    assert (await desk.payment(id)).returned == 30_00


async def test_a_return_to_a_closed_account_is_refused_and_can_be_said_again(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer, settled=True)
    await bank.change(payer, AccountStatus.FROZEN)
    assert said(await desk.call(payments.return_payments, [returned(id, 30_00)])) == ["account_frozen"]
    assert (await desk.payment(id)).state is PaymentState.SETTLED
    await bank.change(payer, AccountStatus.OPEN)
    assert said(await desk.call(payments.return_payments, [returned(id, 30_00)])) == ["returned"]


BARRED = [AccountStatus.DEBIT_BLOCKED, AccountStatus.FROZEN, AccountStatus.DORMANT]


@pytest.mark.parametrize("status", BARRED)
async def test_what_was_sent_is_paid_whatever_became_of_its_account(
    bank: Bank, desk: Desk, status: AccountStatus
) -> None:
    """The rail has paid it: the freeze covers what is left, and the funds held for it are owed."""
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer)
    await bank.change(payer, status)
    settled = [Settled(payment=id, message_id="M-2")]
    assert said(await desk.call(payments.settle_payments, settled)) == ["settled"]
    assert await clearing(desk) == (30_00, FEE)
    assert await bank.balance(payer) == 70_00 - FEE


@pytest.mark.parametrize("status", BARRED)
async def test_what_has_not_gone_out_when_its_account_is_barred_does_not_go_out(
    bank: Bank, desk: Desk, status: AccountStatus
) -> None:
    payer = await bank.open("CNY", 100_00)
    wanted = pay_away(payer, 30_00)
    await desk.submit(wanted)
    await bank.change(payer, status)
    assert await desk.call(payments.payments_to_send, "BEPS", 10) == []
    found = await desk.payment(wanted.id)
    assert (found.state, found.reason_code) == (PaymentState.REJECTED, "AC06")
    await bank.change(payer, AccountStatus.OPEN)
    assert await desk.available(payer) == 100_00


async def test_payments_to_send_are_handed_out_once(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 1000_00, name="Silk Road Trading Ltd")
    wanted = [pay_away(payer, 1_00) for _ in range(3)]
    await desk.submit(*wanted)
    async with desk.database.transaction() as one, desk.database.transaction() as other:
        first = await payments.payments_to_send(one, "BEPS", 2)
        second = await payments.payments_to_send(other, "BEPS", 2)
        assert [item.payment.id for item in first + second] == [payment.id for payment in wanted]
        assert {item.debtor_name for item in first} == {"Silk Road Trading Ltd"}
        await payments.mark_sent(one, [sent(item.payment.id) for item in first])
    left = await desk.call(payments.payments_to_send, "BEPS", 10)
    assert [item.payment.id for item in left] == [wanted[2].id]
    assert await desk.call(payments.payments_to_send, "HVPS", 10) == []


async def test_a_payment_is_sent_in_one_message_only(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    wanted = pay_away(payer, 30_00)
    await desk.submit(wanted)
    outcomes = await desk.call(payments.mark_sent, [sent(wanted.id), sent(wanted.id, "M-2")])
    assert said(outcomes) == ["sent", "not_possible"]
    outcomes = await desk.call(payments.mark_sent, [sent(wanted.id), sent(wanted.id, "M-2")])
    assert said(outcomes) == ["sent", "not_possible"]
    assert outcomes[0].again
    assert (await desk.payment(wanted.id)).message_id == "M-1"


async def test_what_has_not_gone_out_is_cancelled_and_its_hold_given_back(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    held, home = pay_away(payer, 30_00), pay(payer, payee)
    await desk.submit(held, home)
    gone = await out(desk, payer, 10_00)
    outcomes = await desk.call(payments.cancel_payments, [held.id, home.id, gone, UUID(int=7)], by="maker")
    assert said(outcomes) == ["cancelled", "not_possible", "not_possible", "payment_not_found"]
    assert await desk.available(payer) == 100_00 - 10_00 - 10_00 - FEE
    (again,) = await desk.call(payments.cancel_payments, [held.id], by="maker")
    assert again.again
    assert said(await desk.call(payments.mark_sent, [sent(held.id)])) == ["not_possible"]


async def test_a_recall_that_is_accepted_before_settlement_frees_the_funds(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer)
    asked: dict[str, Any] = {"by": "maker", "reason_code": "DUPL", "reason": "twice"}
    assert not (await desk.call(payments.recall_payment, id, **asked)).again
    assert (await desk.call(payments.recall_payment, id, **asked)).again
    ((recall, payment),) = await desk.call(payments.recalls_to_send, "BEPS")
    assert (recall.reason_code, payment.id) == ("DUPL", id)
    await desk.call(payments.mark_recalls_sent, [(id, "M-5")])
    assert await desk.call(payments.recalls_to_send, "BEPS") == []
    yes = [RecallAnswer(payment=id, accepted=True)]
    assert said(await desk.call(payments.recall_answered, yes)) == ["recalled"]
    assert await desk.available(payer) == 100_00
    (again,) = await desk.call(payments.recall_answered, yes)
    assert again.again
    assert said(await desk.call(payments.settle_payments, [Settled(payment=id, message_id="M")])) == [
        "not_possible"
    ]


async def test_a_recall_that_is_refused_leaves_the_payment_as_it_is(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer)
    no = [RecallAnswer(payment=id, accepted=False, reason_code="LEGL")]
    assert said(await desk.call(payments.recall_answered, no)) == ["not_possible"]
    await desk.call(payments.recall_payment, id, by="maker", reason_code="DUPL")
    assert said(await desk.call(payments.recall_answered, no)) == ["sent"]
    yes = [RecallAnswer(payment=id, accepted=True)]
    assert said(await desk.call(payments.recall_answered, yes)) == ["not_possible"]
    await desk.call(payments.settle_payments, [Settled(payment=id, message_id="M-2")])
    assert (await desk.payment(id)).state is PaymentState.SETTLED


async def test_a_recall_accepted_after_settlement_waits_for_the_return(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    id = await out(desk, payer, settled=True)
    await desk.call(payments.recall_payment, id, by="maker", reason_code="DUPL")
    assert said(await desk.call(payments.recall_answered, [RecallAnswer(payment=id, accepted=True)])) == [
        "settled"
    ]
    assert await bank.balance(payer) == 100_00 - 30_00 - FEE
    assert said(await desk.call(payments.return_payments, [returned(id, 30_00)])) == ["returned"]


async def test_a_way_that_no_payment_may_go_undoes_the_transaction(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.submit(wanted := pay(payer, payee))
    with pytest.raises(psycopg.errors.RaiseException, match="cannot go from state 8 to 9"):
        await desk.call(
            payments.move_payments, [Move(payment=wanted.id, to=PaymentState.REJECTED, actor="x")]
        )
    assert (await desk.payment(wanted.id)).state is PaymentState.SETTLED


async def test_steps_are_kept_as_they_were_written(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.submit(pay(payer, payee))
    for statement in ("UPDATE payment_events SET actor = 'x'", "DELETE FROM payment_events"):
        with pytest.raises(psycopg.errors.RaiseException):
            async with desk.database.transaction() as tx:
                await tx.execute(statement.encode())


def incoming(account: int | str, rail_id: str, amount: int = 50_00, **more: Any) -> IncomingPayment:
    given: dict[str, Any] = {
        "rail": "HVPS", "message_id": "M-1", "currency": "CNY", "debtor_name": "Jade Gate Ltd", **more
    }  # fmt: skip
    return IncomingPayment(rail_id=rail_id, creditor_account=str(account), amount=amount, **given)


async def test_what_comes_in_is_credited_once(bank: Bank, desk: Desk) -> None:
    payee = await bank.open("CNY")
    item = incoming(payee, "A")
    first, twin = await desk.call(payments.receive_incoming, [item, item])
    assert (first.state, first.again, twin.again) == ("credited", False, True)
    (again,) = await desk.call(payments.receive_incoming, [item])
    assert (again.id, again.again) == (first.id, True)
    assert await bank.balance(payee) == 50_00
    assert (await desk.call(ledger.get_transfer, first.id)).credit == payee


async def test_what_cannot_be_credited_is_refused_with_an_iso_reason_and_kept(bank: Bank, desk: Desk) -> None:
    payee, dollars = await bank.open("CNY"), await bank.open("USD")
    closed = await bank.open("CNY")
    await bank.change(closed, AccountStatus.CLOSED)
    items = [
        incoming("999000000000000013", "A"),
        incoming("nobody", "B"),
        incoming(dollars, "C"),
        incoming(closed, "D"),
        incoming(payee, "E", 0),
        incoming(payee, "F"),
    ]
    for _ in range(2):
        outcomes = await desk.call(payments.receive_incoming, items)
        assert [outcome.reason_code for outcome in outcomes] == ["AC01", "AC01", "AM03", "AC04", "AM12", None]
    assert await bank.balance(payee) == 50_00
