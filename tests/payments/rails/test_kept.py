"""What other banks pay is screened before it is credited: kept out of the account until somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from sycee import payments
from sycee.database import Transaction
from sycee.ledger import AccountStatus, change_account
from sycee.payments import Screened, Subject, Verdict, rails
from sycee.payments.errors import RailCaseSettled
from sycee.payments.rails import RailCase
from tests.payments.rails.bank import FUNDS, ConnectedBank
from tests.payments.rails.test_receiving import paid_by_another

PAYER = "对方公司"  # who pays at the simulated system's other banks


async def listed(bank: ConnectedBank, *names: str) -> None:
    async with bank.database.transaction() as tx:
        await payments.load_screening_names(tx, names, name="own", by="officer")


async def kept(bank: ConnectedBank) -> RailCase:
    """The one case that screening opened."""
    async with bank.database.transaction() as tx:
        (case,) = await rails.rail_cases(tx)
    assert (case.kind, case.what, case.difference) == ("screening", "incoming", 0)
    return case


async def decide(bank: ConnectedBank, decision: Any, case: RailCase, reason: str = "looked at") -> RailCase:
    async with bank.database.transaction() as tx:
        done: RailCase = await decision(tx, case.id, by="officer", reason=reason)
        return done


async def suspense(bank: ConnectedBank) -> int:
    return int(
        await bank.value("SELECT posted FROM accounts JOIN rail_suspense_accounts USING (cell, number)")
    )


async def row(bank: ConnectedBank) -> tuple[str, bool, bool]:
    """State of the incoming payment, and whether an account and a customer have it."""
    async with bank.database.transaction() as tx:
        cursor = await tx.execute("SELECT state, credit IS NOT NULL, reason IS NULL FROM incoming_payments")
        found = await cursor.fetchone()
    assert found is not None
    return found


async def test_a_payment_of_a_listed_payer_is_kept_out_of_the_account(bank: ConnectedBank) -> None:
    await listed(bank, PAYER)
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    case = await kept(bank)
    assert (case.state, "listed_name" in case.detail) == ("in_suspense", True)
    assert await bank.balance(bank.accounts[1]) == (FUNDS, 0)
    assert await suspense(bank) == 700
    assert bank.position() == await bank.clearing() == 700
    assert await row(bank) == ("stopped", False, False)


async def test_a_person_credits_what_was_stopped_once(bank: ConnectedBank) -> None:
    await listed(bank, PAYER)
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    case = await kept(bank)
    done = await decide(bank, rails.credit_kept, case)
    assert (done.state, done.resolution, done.settled_by) == ("settled", "credit", "officer")
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)
    assert await suspense(bank) == 0
    assert await row(bank) == ("credited", True, True)
    for decision in (rails.credit_kept, rails.give_back):
        with pytest.raises(RailCaseSettled):
            await decide(bank, decision, case)
    await bank.rounds(3)
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)


async def test_a_person_sends_what_was_stopped_back_without_saying_why(bank: ConnectedBank) -> None:
    await listed(bank, PAYER)
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    await decide(bank, rails.give_back, await kept(bank), "on the list of the United Nations")
    await bank.rounds(4)
    assert bank.position() == await bank.clearing() == await suspense(bank) == 0
    assert await bank.balance(bank.accounts[1]) == (FUNDS, 0)
    assert await row(bank) == ("refused", False, False)
    sent = await bank.value(
        "SELECT convert_from(body, 'UTF8') FROM rail_messages WHERE outgoing AND name LIKE 'pacs.004%%'"
    )
    assert "RR04" in sent
    assert "United Nations" not in sent


async def test_as_long_as_no_list_is_loaded_nothing_is_credited_and_then_it_is(bank: ConnectedBank) -> None:
    async with bank.database.transaction() as tx:
        await tx.execute("DELETE FROM screening_lists")
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    case = await kept(bank)
    assert "screening_list_not_loaded" in case.detail
    with pytest.raises(RailCaseSettled, match="unscreened"):
        await decide(bank, rails.credit_kept, case)
    assert await bank.balance(bank.accounts[1]) == (FUNDS, 0)
    await listed(bank)
    await bank.rounds(1)
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)
    assert ((await kept(bank)).state, await suspense(bank)) == ("settled", 0)


async def test_a_screener_that_fails_credits_nothing(bank: ConnectedBank) -> None:
    async def broken(_: Transaction, subjects: Sequence[Subject]) -> list[Screened]:
        assert {one.incoming for one in subjects} == {True}
        raise RuntimeError("the model is not there")

    payments.register_screener(broken)
    try:
        await paid_by_another(bank, bank.accounts[1])
        await bank.rounds(3)
        assert "screening_failed" in (await kept(bank)).detail
        assert await bank.balance(bank.accounts[1]) == (FUNDS, 0)
    finally:
        payments.forget_screener(broken)


async def test_what_is_stopped_when_it_is_screened_again_waits_for_a_person(bank: ConnectedBank) -> None:
    async with bank.database.transaction() as tx:
        await tx.execute("DELETE FROM screening_lists")
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    await listed(bank, PAYER)
    await bank.rounds(2)
    case = await kept(bank)
    assert (case.state, case.detail.partition(":")[0]) == ("in_suspense", "stopped")
    await decide(bank, rails.credit_kept, case)
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)


async def test_what_the_books_refuse_to_credit_can_still_be_returned(bank: ConnectedBank) -> None:
    await listed(bank, PAYER)
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    case = await kept(bank)
    async with bank.database.transaction() as tx:
        await change_account(tx, bank.accounts[1], status=AccountStatus.FROZEN, reason="court")
    with pytest.raises(RailCaseSettled, match="account_frozen"):
        await decide(bank, rails.credit_kept, case)
    await decide(bank, rails.give_back, case)
    await bank.rounds(4)
    assert bank.position() == await bank.clearing() == await suspense(bank) == 0


async def test_what_screening_keeps_is_given_to_nobody_but_its_payee(bank: ConnectedBank) -> None:
    await listed(bank, PAYER)
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    case = await kept(bank)
    async with bank.database.transaction() as tx:
        with pytest.raises(RailCaseSettled, match="to its payee or returned"):
            await rails.apply_suspense(tx, case.id, account=bank.accounts[2], by="clerk", reason="mine")
        for act in (rails.put_in_suspense, rails.explain, rails.refuse_recall):
            with pytest.raises(RailCaseSettled):
                await act(tx, case.id, by="clerk", reason="away with it")


async def test_the_same_payment_told_again_is_kept_once(bank: ConnectedBank) -> None:
    await listed(bank, PAYER)
    await bank.faults({"what": "duplicate"})
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(4)
    await kept(bank)
    assert await suspense(bank) == 700


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("Silk Road Steel Ltd", Verdict.PASS, None),
        ("Банк Москвы", Verdict.PASS, None),
        ("Evil Corp", Verdict.STOP, "listed_name"),
        ("E\u200bvil\u202e Corp", Verdict.STOP, "listed_name"),
        ("Еvil Corp", Verdict.STOP, "mixed_scripts"),  # with a Cyrillic first letter
        ("Eνil Corp", Verdict.STOP, "mixed_scripts"),  # with a Greek second one
        ("", Verdict.STOP, "name_not_comparable"),
        ("— · —", Verdict.STOP, "name_not_comparable"),
    ],
)
async def test_a_name_that_is_written_to_pass_is_stopped(
    bank: ConnectedBank, name: str, verdict: Verdict, code: str | None
) -> None:
    await listed(bank, "Evil Corp")
    subject = Subject(
        id=UUID(int=0),
        customer=None,
        debtor_account="",
        creditor_account="1",
        creditor_name=name,
        creditor_agent=None,
        amount=1,
        currency="CNY",
        purpose="",
        remittance="",
    )
    async with bank.database.transaction() as tx:
        (found,) = await payments.screen_names(tx, [subject])
    assert (found.verdict, found.code) == (verdict, code)
