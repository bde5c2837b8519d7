"""Submitting payments: what is settled, held, refused, answered again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import account_number, uuid7
from sycee.payments import InvalidPayment, NewPayment, PaymentOutcome, PaymentState, Urgency
from tests.payments.conftest import CELL, OTHER_CELL, TODAY, Bank
from tests.payments.orders.conftest import OTHER_BANK, Desk, pay, pay_away

UNKNOWN = account_number(CELL, 999_999)
TAKEN_IN = ["received", "validated", "approved"]


def said(outcomes: list[PaymentOutcome]) -> list[str]:
    """Each outcome's code, or else its state."""
    return [outcome.code or str(outcome.state) for outcome in outcomes]


async def test_a_payment_within_the_bank_is_settled_at_once(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    (outcome,) = await desk.submit(wanted := pay(payer, payee, 30_00))
    assert (outcome.state, outcome.code, outcome.fee) == (PaymentState.SETTLED, None, 0)
    assert (await bank.balance(payer), await bank.balance(payee)) == (70_00, 30_00)
    assert await desk.steps(wanted.id) == [*TAKEN_IN, "screened", "settled"]
    transfer = await desk.call(ledger.get_transfer, wanted.id)
    assert (transfer.debit, transfer.credit, transfer.amount) == (payer, payee, 30_00)


async def test_a_payment_to_another_cell_of_the_bank_is_settled_too(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY", cell=OTHER_CELL)
    assert said(await desk.submit(pay(payer, payee, 30_00))) == ["settled"]
    assert await bank.balance(payee) == 30_00


async def test_a_payment_to_another_bank_is_held_with_its_fee(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    (outcome,) = await desk.submit(wanted := pay_away(payer, 30_00))
    assert (outcome.state, outcome.rail, outcome.fee) == (PaymentState.HELD, "BEPS", 2_50)
    assert await bank.balance(payer) == 100_00
    assert await desk.available(payer) == 100_00 - 30_00 - 2_50
    assert await desk.steps(wanted.id) == [*TAKEN_IN, "screened", "held"]


async def test_funds_that_cover_the_amount_but_not_the_fee_are_insufficient(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 32_49)
    assert said(await desk.submit(pay_away(payer, 30_00))) == ["insufficient_funds"]
    assert await desk.available(payer) == 32_49
    assert said(await desk.submit(pay_away(payer, 29_99))) == ["held"]


async def test_the_banks_own_code_means_this_bank(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.call(payments.add_own_agents, [OTHER_BANK])
    assert said(await desk.submit(pay(payer, payee, creditor_agent=OTHER_BANK))) == ["settled"]


async def test_an_alias_stands_for_the_payees_account(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    await desk.call(payments.add_account_aliases, {"GB33BUKB20201555555555": payee})
    assert said(await desk.submit(pay(payer, "GB33BUKB20201555555555"))) == ["settled"]
    assert await bank.balance(payee) == 10_00


async def test_what_cannot_be_paid_is_refused_with_a_code_and_not_kept(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    dollars = await bank.open("USD", 100_00)
    cases = [
        (pay(payer, payee, 0), "invalid_amount"),
        (pay(payer, payee, 10**15), "invalid_amount"),
        (pay(payer, payee, 200_00), "insufficient_funds"),
        (pay(payer, UNKNOWN), "account_not_found"),
        (pay(UNKNOWN, payee), "account_not_found"),
        (pay(10**17, payee), "account_not_found"),
        (pay(payer, payer), "same_account"),
        (pay(payer, "100000000000000019"), "invalid_account_number"),
        (pay(payer, "nobody"), "account_not_found"),
        (pay(payer, dollars), "currency_mismatch"),
        (pay(dollars, payee), "currency_mismatch"),
        (pay(payer, payee, currency="XYZ"), "unknown_currency"),
        (pay(payer, payee, creditor_name=" "), "creditor_name_missing"),
        (pay(payer, payee, creditor_name="x" * 141), "text_too_long"),
        (pay(payer, "9" * 35, creditor_agent=OTHER_BANK), "text_too_long"),
        (pay(payer, payee, remittance="a\x00b"), "invalid_text"),
        (pay(payer, payee, remittance="a\ud800b"), "invalid_text"),
        (pay(payer, payee, creditor_agent="ICBC"), "invalid_creditor_agent"),
        (pay(payer, payee, execute_on=TODAY - timedelta(1)), "execution_date_past"),
        (pay_away(dollars, currency="USD"), "no_rail"),
    ]
    outcomes = await desk.submit(*(payment for payment, _ in cases))
    assert said(outcomes) == [code for _, code in cases]
    assert {outcome.state for outcome in outcomes} == {PaymentState.REJECTED}
    assert (await bank.count("payments"), await bank.count("payment_events")) == (0, 0)
    assert await bank.balance(payer) == 100_00


async def test_what_was_refused_may_be_put_right_under_the_same_id(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    wrong = pay(payer, payee, 200_00)
    assert said(await desk.submit(wrong)) == ["insufficient_funds"]
    assert said(await desk.submit(pay(payer, payee, 20_00, id=wrong.id))) == ["settled"]


async def test_the_same_instruction_sent_again_is_paid_once(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    home, away = pay(payer, payee, 30_00), pay_away(payer, 30_00)
    first = await desk.submit(home, away)
    again = await desk.submit(home, away, home)
    assert [outcome.duplicate for outcome in first + again] == [False, False, True, True, True]
    assert said(again) == ["settled", "held", "settled"]
    assert (await bank.balance(payee), await desk.available(payer)) == (30_00, 37_50)
    assert await bank.count("payments") == 2


async def test_the_same_id_with_other_content_is_refused(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    first = pay(payer, payee, 30_00)
    await desk.submit(first)
    others = [
        pay(payer, payee, 30_01, id=first.id),
        pay(payer, payee, 30_00, id=first.id, remittance="x"),
        pay(payer, payee, 30_00, id=first.id, urgency=Urgency.URGENT),
        pay(payer, payee, 30_00, id=first.id, execute_on=TODAY),
    ]
    assert said(await desk.submit(*others)) == ["id_reused"] * 4
    assert await bank.balance(payee) == 30_00


async def test_within_a_list_the_first_of_an_id_counts(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    one = pay(payer, payee, 30_00)
    outcomes = await desk.submit(one, one, pay(payer, payee, 10_00, id=one.id))
    assert said(outcomes) == ["settled", "settled", "id_reused"]
    assert [outcome.duplicate for outcome in outcomes] == [False, True, False]
    assert await bank.balance(payee) == 30_00
    refused = pay(payer, payee, 900_00)
    assert said(await desk.submit(refused, refused)) == ["insufficient_funds"] * 2


async def test_an_id_that_a_transfer_has_is_refused(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    id = uuid7()
    transfer = ledger.NewTransfer(id=id, debit=payer, credit=payee, amount=10_00, currency="CNY")
    await desk.call(ledger.post_transfers, [transfer])
    assert said(await desk.submit(pay(payer, payee, 10_00, id=id))) == ["id_reused"]
    assert said(await desk.submit(pay_away(payer, 10_00, id=id))) == ["id_reused"]
    assert await bank.balance(payee) == 10_00


async def test_the_order_of_the_list_is_the_order_of_effect(bank: Bank, desk: Desk) -> None:
    payer, middle, payee = [await bank.open("CNY", funds) for funds in (10_00, 0, 0)]
    outcomes = await desk.submit(
        pay(middle, payee), pay(payer, middle), pay(middle, payee), pay_away(payer, 1)
    )
    assert said(outcomes) == ["insufficient_funds", "settled", "settled", "insufficient_funds"]


async def test_all_or_nothing_refuses_the_list_for_one(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 100_00), await bank.open("CNY")
    bad = pay(payer, UNKNOWN)
    outcomes = await desk.submit(pay(payer, payee), bad, all_or_nothing=True)
    assert said(outcomes) == ["order_refused", "account_not_found"]
    assert (await bank.balance(payee), await bank.count("payments")) == (0, 0)
    assert said(await desk.submit(pay(payer, payee), pay_away(payer), all_or_nothing=True)) == [
        "settled",
        "held",
    ]


async def test_a_dry_run_tells_rail_and_fee_and_does_nothing(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 2_000_000_00)
    (outcome,) = await desk.submit(pay_away(payer, 30_000_00), dry_run=True)
    assert (outcome.state, outcome.rail, outcome.fee) == (PaymentState.HELD, "BEPS", 5_00)
    assert outcome.send_at is not None
    assert (await bank.count("payments"), await bank.count("transfers")) == (0, 1)


async def test_the_same_list_submitted_side_by_side_is_paid_once(bank: Bank, desk: Desk) -> None:
    payer, payee = await bank.open("CNY", 1000_00), await bank.open("CNY")
    wanted = [pay(payer, payee, 1_00) for _ in range(20)] + [pay_away(payer, 1_00) for _ in range(20)]

    async def submit() -> list[PaymentOutcome]:
        async def command(tx: object) -> list[PaymentOutcome]:
            return await payments.submit_payments(tx, wanted, by="maker")  # type: ignore[arg-type]

        return await desk.database.run(command)

    found = await asyncio.gather(*(submit() for _ in range(4)))
    for place in range(40):
        assert sum(not outcomes[place].duplicate for outcomes in found) == 1
    assert await bank.balance(payee) == 20_00
    assert await desk.available(payer) == 1000_00 - 20_00 - 20 * 3_50
    assert await bank.count("payments") == 40


async def test_a_customer_pays_from_its_own_accounts_alone(bank: Bank, desk: Desk) -> None:
    silk, jade = uuid7(), uuid7()
    payer = await bank.open("CNY", 100_00, customer=silk)
    payee = await bank.open("CNY", customer=jade)
    wanted = pay(payer, payee)

    async def submit(payment: NewPayment, customer: object) -> list[str]:
        async def command(tx: object) -> list[PaymentOutcome]:
            maker = payments.Instructor("somebody", customer)  # type: ignore[arg-type]
            return await payments.submit_payments(tx, [payment], by=maker)  # type: ignore[arg-type]

        return said(await desk.database.run(command, acting_for=customer))  # type: ignore[arg-type]

    assert await submit(wanted, jade) == ["account_not_found"]
    assert await submit(wanted, silk) == ["settled"]
    assert await submit(wanted, jade) == ["id_reused"]
    assert await submit(wanted, silk) == ["settled"]
    # the database's wall alone, with nothing said about whose accounts may pay
    async with desk.database.transaction(acting_for=jade) as tx:
        outcomes = await payments.submit_payments(tx, [pay(payer, payee)], by="jade's")
        assert said(outcomes) == ["account_not_found"]
        assert await payments.list_payments(tx) == []
    async with desk.database.transaction(acting_for=silk) as tx:
        assert [payment.id for payment in await payments.list_payments(tx)] == [wanted.id]
        (event,) = await payments.payment_events(tx, wanted.id)
        assert event.actor == "somebody"


async def test_a_value_that_no_field_holds_is_invalid(bank: Bank, desk: Desk) -> None:
    payer = await bank.open("CNY", 100_00)
    with pytest.raises(InvalidPayment):
        await desk.submit(pay(2**70, payer))
