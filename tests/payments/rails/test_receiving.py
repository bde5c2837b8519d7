"""What other banks pay: credited once, or booked as owed and sent back; recalls are asked of people."""

from __future__ import annotations

from typing import Any

import pytest

from sycee.payments.errors import RailCaseSettled
from sycee.payments.rails.cases import rail_cases
from sycee.payments.rails.incoming import accept_recall, refuse_recall
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK
from tests.payments.rails.bank import FUNDS, RAIL, ConnectedBank


async def paid_by_another(bank: ConnectedBank, account: int | str, amount: int = 700) -> str:
    asked: dict[str, Any] = {
        "rail": RAIL, "payer": OTHER_BANKS[0], "payee": OUR_BANK, "amount": amount,
        "account": str(account), "end_to_end_id": "THEIRS-1",
    }  # fmt: skip
    return str((await bank.control("payments", **asked))["uetr"])


@pytest.mark.parametrize("fault", [None, "duplicate", "delay"])
async def test_a_payment_from_another_bank_is_credited_once(bank: ConnectedBank, fault: str | None) -> None:
    if fault:
        await bank.faults({"what": fault, "at": "answer" if fault == "delay" else None})
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(4)
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)
    assert bank.position() == await bank.clearing() == 700


async def test_a_payment_to_no_account_of_ours_is_sent_back_and_costs_nobody_anything(
    bank: ConnectedBank,
) -> None:
    await paid_by_another(bank, "12345")
    await bank.worker.collect()
    await bank.worker.process()
    assert bank.position() == await bank.clearing() == 700, "booked as owed while it is here"
    await bank.rounds(4)
    assert bank.position() == await bank.clearing() == 0
    assert await bank.value("SELECT state FROM rail_items WHERE what = 'return_out'") == "settled"
    assert (
        await bank.value("SELECT posted FROM accounts JOIN rail_suspense_accounts USING (cell, number)") == 0
    )


@pytest.mark.parametrize("at", ["request", "response", "answer"])
async def test_a_return_of_ours_is_settled_once_whatever_is_lost(bank: ConnectedBank, at: str) -> None:
    uetr = await paid_by_another(bank, "12345")
    await bank.worker.collect()
    await bank.faults({"what": "lose", "at": at, "times": 2})
    await bank.rounds(12)
    assert bank.position() == await bank.clearing() == 0
    returns = bank.line.central.store.rows(
        "SELECT count(*) FROM entries WHERE uetr = ? AND what = 'RRTN'", uetr
    )
    assert returns == [(2,)], "two sides of one return"


async def test_a_recall_of_another_bank_waits_for_people_and_is_refused_by_them(bank: ConnectedBank) -> None:
    uetr = await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(2)
    await bank.control("recalls", uetr=uetr, reason="DUPL")
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx, state="open")
        assert case.kind == "recall"
        done = await refuse_recall(tx, case.id, by="clerk", reason="the customer says no")
        assert (done.state, done.resolution) == ("settled", "refuse")
        with pytest.raises(RailCaseSettled):
            await accept_recall(tx, case.id, by="clerk", reason="second thoughts")
    await bank.rounds(2)
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)


async def test_a_recall_that_the_customer_agrees_to_takes_the_money_back(bank: ConnectedBank) -> None:
    uetr = await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(2)
    await bank.control("recalls", uetr=uetr, reason="DUPL")
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx, state="open")
        await accept_recall(tx, case.id, by="clerk", reason="the customer agrees")
    await bank.rounds(4)
    assert await bank.balance(bank.accounts[1]) == (FUNDS, 0)
    assert bank.position() == await bank.clearing() == 0
    assert (await bank.client.get("/control")).json()["contradictions"] == []


async def test_a_recall_of_a_payment_that_went_back_is_answered_without_people(bank: ConnectedBank) -> None:
    uetr = await paid_by_another(bank, "12345")
    await bank.worker.collect()
    await bank.worker.process()
    await bank.control("recalls", uetr=uetr, reason="DUPL")
    await bank.rounds(4)
    assert await bank.value("SELECT count(*) FROM rail_cases") == 0
    answers = await bank.value(
        "SELECT convert_from(body, 'UTF8') FROM rail_messages WHERE name LIKE 'camt.029%%'"
    )
    assert "RJCR" in answers
    assert "ARDT" in answers
