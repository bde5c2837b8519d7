"""Payments to other banks: sent once, whatever the rail does; the money is always somewhere."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.payments.rails.cases import apply_suspense, case_entries, rail_cases
from sycee.payments.rails.items import read_items, uetr_of
from sycee.payments.rails.taking import take_return
from sycee.payments.rails.writing import write_recalls
from tests.payments.rails.bank import DAY, FUNDS, RAIL, ConnectedBank, new_payment


async def sent(bank: ConnectedBank, amount: int = 12_345, **more: Any) -> Any:
    new = new_payment(bank.accounts[0], amount, **more)
    (outcome,) = await bank.pay(new)
    assert outcome.state in {"held", "queued"}, outcome
    assert outcome.rail == "BEPS"
    return new.id, outcome.fee


async def test_a_payment_is_settled_and_its_money_has_left_the_customer(bank: ConnectedBank) -> None:
    payment, fee = await sent(bank)
    assert await bank.balance(bank.accounts[0]) == (FUNDS, 12_345 + fee)
    await bank.rounds(2)
    assert await bank.state(payment) == "settled"
    assert await bank.balance(bank.accounts[0]) == (FUNDS - 12_345 - fee, 0)
    assert bank.paid(payment) == 1
    assert bank.position() == await bank.clearing() == -12_345


async def test_a_rejected_payment_gives_the_hold_and_the_fee_back(bank: ConnectedBank) -> None:
    await bank.faults({"what": "reject", "reason": "AC04"})
    payment, _ = await sent(bank)
    await bank.rounds(2)
    assert await bank.state(payment) == "rejected"
    assert await bank.value("SELECT reason_code FROM payments WHERE id = %s", payment) == "AC04"
    assert await bank.balance(bank.accounts[0]) == (FUNDS, 0)
    assert bank.paid(payment) == 0
    assert bank.position() == await bank.clearing() == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"what": "lose", "at": "request", "times": 1},
        {"what": "lose", "at": "response", "times": 2},
        {"what": "lose", "at": "answer", "times": 1},
        {"what": "delay", "at": "processing", "times": 1, "polls": 3},
        {"what": "delay", "at": "answer", "times": 1, "polls": 3},
        {"what": "duplicate", "times": 1},
        {"what": "die", "at": "received", "times": 1},
        {"what": "die", "at": "stored", "times": 1},
        {"what": "die", "at": "settled", "times": 2},
        {"what": "die", "at": "collected", "times": 1},
    ],
    ids=lambda fault: f"{fault['what']}-{fault.get('at', '')}",
)
async def test_whatever_goes_wrong_on_the_way_a_payment_is_paid_once(
    bank: ConnectedBank, fault: dict[str, Any]
) -> None:
    await bank.faults(fault)
    payment, fee = await sent(bank)
    await bank.rounds(12)
    assert await bank.state(payment) == "settled"
    assert bank.paid(payment) == 1
    assert await bank.balance(bank.accounts[0]) == (FUNDS - 12_345 - fee, 0)
    state = (await bank.client.get("/control")).json()
    assert state["faults"] == [], "the fault has struck"
    assert state["contradictions"] == []


async def test_many_payments_go_in_one_message_and_are_answered_one_by_one(bank: ConnectedBank) -> None:
    new = [new_payment(bank.accounts[number % 3], 100 + number) for number in range(30)]
    await bank.pay(*new)
    await bank.faults({"what": "reject", "times": 7})
    await bank.rounds(2)
    states = [await bank.state(payment.id) for payment in new]
    assert (states.count("rejected"), states.count("settled")) == (7, 23)
    assert (
        await bank.value("SELECT count(*) FROM rail_messages WHERE outgoing AND name LIKE 'pacs.008%%'") == 1
    )
    assert bank.position() == await bank.clearing()


async def test_a_payment_that_no_message_can_carry_is_rejected_and_holds_up_no_other(
    bank: ConnectedBank,
) -> None:
    too_long = new_payment(bank.accounts[0], 100)
    other = new_payment(bank.accounts[0], 200)
    await bank.pay(too_long, other)
    async with bank.database.transaction() as tx:  # as it may have been taken in by an earlier release
        await tx.execute(
            "UPDATE payments SET creditor_account = repeat('6', 40) WHERE id = %s", (too_long.id,)
        )
    await bank.rounds(3)
    assert await bank.state(too_long.id) == "rejected"
    assert await bank.state(other.id) == "settled"


async def test_a_returned_payment_is_credited_to_who_had_paid(bank: ConnectedBank) -> None:
    payment, fee = await sent(bank)
    await bank.rounds(2)
    await bank.control("returns", uetr=str(uetr_of(payment)), reason="AC04")
    await bank.rounds(2)
    assert await bank.state(payment) == "returned"
    assert await bank.balance(bank.accounts[0]) == (FUNDS - fee, 0)
    assert bank.position() == await bank.clearing() == 0


async def test_a_return_that_overtakes_the_settlement_waits_for_it(bank: ConnectedBank) -> None:
    """The answer is lost, the return comes: the rail is asked first, then the return is booked."""
    await bank.faults({"what": "return", "times": 1}, {"what": "lose", "at": "answer", "times": 1})
    payment, fee = await sent(bank)
    await bank.rounds(8)
    assert await bank.state(payment) == "returned"
    assert await bank.balance(bank.accounts[0]) == (FUNDS - fee, 0)
    assert bank.position() == await bank.clearing() == 0


async def test_part_of_a_payment_may_come_back_and_later_the_rest(bank: ConnectedBank) -> None:
    payment, fee = await sent(bank)
    await bank.rounds(2)
    for minor in (45, 300):
        await bank.control("returns", uetr=str(uetr_of(payment)), reason="AM09", amount=minor)
    await bank.faults({"what": "duplicate", "times": 4})
    await bank.rounds(4)
    assert await bank.balance(bank.accounts[0]) == (FUNDS - 12_345 - fee + 345, 0)
    assert bank.position() == await bank.clearing() == -12_000


async def test_a_return_to_a_closed_account_stands_in_suspense_as_a_case(bank: ConnectedBank) -> None:
    payment, _ = await sent(bank)
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        await ledger.change_account(tx, bank.accounts[0], status=ledger.AccountStatus.FROZEN, reason="test")
    await bank.control("returns", uetr=str(uetr_of(payment)), reason="AC04")
    await bank.rounds(2)
    assert await bank.state(payment) == "settled"
    assert bank.position() == await bank.clearing() == 0
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx)
        assert (case.kind, case.state, case.theirs) == ("unapplied", "in_suspense", 12_345)
        settled = await apply_suspense(tx, case.id, account=bank.accounts[1], by="clerk", reason="moved over")
        assert settled.state == "settled"
        assert len(await case_entries(tx, case.id)) == 1
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 12_345, 0)


async def test_a_recall_that_is_answered_before_the_settlement_is_known_waits_for_it(
    bank: ConnectedBank,
) -> None:
    """What is only sent may be settled already: a yes gives no hold back, the rail is asked first."""
    payment, fee = await sent(bank)
    await bank.faults({"what": "lose", "at": "answer", "times": 1})
    await bank.worker.write()
    await bank.worker.deliver()
    async with bank.database.transaction() as tx:
        await payments.recall_payment(tx, payment, by="clerk", reason_code="DUPL")
        await write_recalls(tx, bank.connection)
    await bank.worker.deliver()
    await bank.worker.collect()
    await bank.worker.process()
    assert await bank.state(payment) == "sent"
    assert await bank.balance(bank.accounts[0]) == (FUNDS, 12_345 + fee)
    await bank.rounds(6)
    assert await bank.state(payment) == "returned"
    assert await bank.value("SELECT answer FROM payment_recalls") == "accepted"
    assert await bank.balance(bank.accounts[0]) == (FUNDS - fee, 0)


async def test_two_returns_of_one_id_are_two_returns(bank: ConnectedBank) -> None:
    """The id of a return is made by the bank that sends it, and another bank may make the same."""
    paid = [(await sent(bank))[0] for _ in range(2)]
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        await ledger.change_account(tx, bank.accounts[0], status=ledger.AccountStatus.FROZEN, reason="test")
        items = await read_items(tx, RAIL, "payment", [uetr_of(payment) for payment in paid])
        for item in items.values():
            back = replace(item, what="return_in", item_id="R-1", settled_on=DAY, reason="AC04")
            await take_return(tx, back, "")
    assert await bank.clearing() == 0
    assert await bank.value("SELECT count(*) FROM rail_cases WHERE state = 'in_suspense'") == 2


async def test_a_recalled_payment_comes_back_and_the_question_is_closed(bank: ConnectedBank) -> None:
    payment, fee = await sent(bank)
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        await payments.recall_payment(tx, payment, by="clerk", reason_code="DUPL")
    await bank.rounds(4)
    assert await bank.state(payment) == "returned"
    assert await bank.value("SELECT answer FROM payment_recalls") == "accepted"
    assert await bank.balance(bank.accounts[0]) == (FUNDS - fee, 0)


async def test_a_message_that_the_rail_cannot_read_is_kept_for_people_and_its_money_stays_held(
    bank: ConnectedBank,
) -> None:
    payment, fee = await sent(bank)
    await bank.worker.write()
    async with bank.database.transaction() as tx:
        await tx.execute("UPDATE rail_messages SET body = 'nothing'")
    await bank.rounds(2)
    assert await bank.value("SELECT state FROM rail_messages WHERE name LIKE 'pacs.008%%'") == "refused"
    assert await bank.state(payment) == "sent"
    assert await bank.balance(bank.accounts[0]) == (FUNDS, 12_345 + fee)


async def test_the_same_payment_in_another_message_is_refused_by_the_rail_and_stays_paid_once(
    bank: ConnectedBank,
) -> None:
    """Should ever a defect send a payment in two messages, its UETR still tells that it is one."""
    payment, _ = await sent(bank)
    await bank.worker.write()
    async with bank.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO rail_messages (rail, outgoing, message_id, name, body) SELECT rail, true,"
            " md5(message_id), name, replace(convert_from(body, 'UTF8'), message_id, md5(message_id))::bytea"
            " FROM rail_messages"
        )
    await bank.rounds(4)
    assert await bank.state(payment) == "settled"
    assert bank.paid(payment) == 1
    assert await bank.value("SELECT count(*) FROM rail_cases") == 0


async def test_what_waits_for_its_rail_is_not_sent_before(bank: ConnectedBank) -> None:
    payment, _ = await sent(bank, id=uuid7())
    async with bank.database.transaction() as tx:
        await tx.execute("UPDATE payments SET send_at = clock_timestamp() + interval '1 hour'")
    await bank.rounds(2)
    assert await bank.state(payment) in {"held", "queued"}
    assert bank.position() == 0
    assert await bank.close_day() == DAY


@pytest.mark.parametrize(
    ("account", "written"),
    [
        ("DE89 3704 0044 0532 0130 00", "<IBAN>DE89370400440532013000</IBAN>"),
        ("DE89370400440532013001", "<Id>DE89370400440532013001</Id>"),
        ("6222 0202 0011 2233", "<Id>6222 0202 0011 2233</Id>"),
        ("9" * 34, f"<Id>{'9' * 34}</Id>"),
    ],
    ids=["iban", "wrong-check-digits", "own-number", "longest"],
)
async def test_an_account_with_another_bank_is_named_by_its_iban_or_by_that_banks_number(
    bank: ConnectedBank, account: str, written: str
) -> None:
    new = new_payment(bank.accounts[0], 12_345, creditor_account=account)
    await bank.pay(new)
    await bank.worker.write()
    assert written in await bank.value("SELECT convert_from(body, 'UTF8') FROM rail_messages")
    await bank.rounds(2)
    assert await bank.state(new.id) == "settled"


async def test_what_is_sent_of_an_account_frozen_since_is_settled_and_its_fee_earned(
    bank: ConnectedBank,
) -> None:
    payment, fee = await sent(bank)
    await bank.worker.write()
    async with bank.database.transaction() as tx:
        await ledger.change_account(tx, bank.accounts[0], status=ledger.AccountStatus.FROZEN, reason="court")
    await bank.rounds(4)
    assert await bank.state(payment) == "settled"
    assert await bank.balance(bank.accounts[0]) == (FUNDS - 12_345 - fee, 0)
    assert (await bank.reconcile(await bank.close_day())).clean
    assert await bank.value("SELECT count(*) FROM rail_cases") == 0
