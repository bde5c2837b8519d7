"""Messages that one side could not read: tried again, or closed and what they asked for given back."""

from __future__ import annotations

from uuid import UUID

import pytest

from sycee import payments
from sycee.payments import RailMessageNotRefused
from sycee.payments.rails import RailMessage, close_message, rail_messages, try_message_again
from sycee.payments.rails.cases import rail_cases
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK
from tests.payments.rails.bank import FUNDS, RAIL, ConnectedBank, new_payment

SPOIL = "UPDATE rail_messages SET body = 'nothing ' || body WHERE state = 'waiting' RETURNING 1"
MEND = "UPDATE rail_messages SET body = substr(body, 9) WHERE state = 'refused' RETURNING 1"


async def refused(bank: ConnectedBank) -> RailMessage:
    async with bank.database.transaction() as tx:
        (message,) = await rail_messages(tx)
    return message


async def sent_and_refused(bank: ConnectedBank) -> tuple[UUID, int, RailMessage]:
    """A payment whose message the rail cannot read, and its fee."""
    new = new_payment(bank.accounts[0], 12_345)
    (outcome,) = await bank.pay(new)
    await bank.worker.write()
    await bank.value(SPOIL)
    await bank.rounds(2)
    return new.id, outcome.fee, await refused(bank)


async def test_what_the_rail_reads_at_the_second_try_is_paid_once(
    bank: ConnectedBank,
) -> None:
    payment, fee, message = await sent_and_refused(bank)
    assert (message.outgoing, message.name) == (True, "pacs.008.001.08")
    await bank.value(MEND)
    async with bank.database.transaction() as tx:
        again = await try_message_again(tx, message.id, by="clerk", reason="it was cut on the way")
    assert (again.state, again.worked_by) == ("waiting", "clerk")
    await bank.rounds(4)
    assert await bank.state(payment) == "settled"
    assert bank.paid(payment) == 1
    assert await bank.balance(bank.accounts[0]) == (FUNDS - 12_345 - fee, 0)


async def test_a_message_of_ours_that_is_closed_gives_back_what_it_asked_for(bank: ConnectedBank) -> None:
    payment, _, message = await sent_and_refused(bank)
    async with bank.database.transaction() as tx:
        closed = await close_message(tx, message.id, by="clerk", reason="no release of theirs reads it")
        assert (closed.state, closed.work_reason) == ("closed", "no release of theirs reads it")
        with pytest.raises(RailMessageNotRefused):
            await try_message_again(tx, message.id, by="clerk", reason="second thoughts")
    assert await bank.state(payment) == "rejected"
    assert await bank.balance(bank.accounts[0]) == (FUNDS, 0)
    await bank.rounds(2)
    assert await bank.value("SELECT state FROM rail_items") == "rejected"
    assert bank.position() == await bank.clearing() == 0


async def test_a_recall_that_the_rail_cannot_read_is_answered_with_no_when_it_is_closed(
    bank: ConnectedBank,
) -> None:
    new = new_payment(bank.accounts[0], 12_345)
    await bank.pay(new)
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        await payments.recall_payment(tx, new.id, by="clerk", reason_code="DUPL")
    await bank.worker.write()
    await bank.value(SPOIL)
    await bank.rounds(2)
    message = await refused(bank)
    async with bank.database.transaction() as tx:
        await close_message(tx, message.id, by="clerk", reason="asked by telephone")
    assert await bank.value("SELECT answer FROM payment_recalls") == "refused"
    assert await bank.state(new.id) == "settled"


async def test_a_return_that_the_rail_cannot_read_stays_in_suspense_when_it_is_closed(
    bank: ConnectedBank,
) -> None:
    await paid_by_another(bank, "12345")
    await bank.worker.collect()
    await bank.worker.process()
    await bank.value(SPOIL)
    await bank.rounds(2)
    message = await refused(bank)
    async with bank.database.transaction() as tx:
        await close_message(tx, message.id, by="clerk", reason="to be returned by hand")
        (case,) = await rail_cases(tx)
    assert (case.kind, case.state, case.theirs) == ("unapplied", "in_suspense", 700)
    assert bank.position() == await bank.clearing() == 700


async def test_a_message_that_we_could_not_read_has_its_effect_at_the_second_try(bank: ConnectedBank) -> None:
    await paid_by_another(bank, str(bank.accounts[1]))
    await bank.worker.collect()
    await bank.value(SPOIL)
    await bank.rounds(2)
    message = await refused(bank)
    assert not message.outgoing
    assert message.error
    await bank.value(MEND)
    async with bank.database.transaction() as tx:
        await try_message_again(tx, message.id, by="clerk", reason="the reader was mended")
    await bank.rounds(2)
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)


async def test_what_the_rail_settled_by_a_message_that_is_closed_is_found_by_the_reconciliation(
    bank: ConnectedBank,
) -> None:
    await paid_by_another(bank, str(bank.accounts[1]))
    await bank.worker.collect()
    await bank.value(SPOIL)
    await bank.rounds(2)
    async with bank.database.transaction() as tx:
        (message,) = await rail_messages(tx)
        await close_message(tx, message.id, by="clerk", reason="nobody can read it")
    found = await bank.reconcile(await bank.close_day())
    assert found.missing_here == 1
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx, state="open")
    assert (case.kind, case.difference) == ("missing_here", 700)


async def paid_by_another(bank: ConnectedBank, account: str) -> None:
    """Another bank pays us."""
    asked = {
        "rail": RAIL, "payer": OTHER_BANKS[0], "payee": OUR_BANK, "amount": 700, "account": account,
        "end_to_end_id": "THEIRS",
    }  # fmt: skip
    await bank.control("payments", **asked)
