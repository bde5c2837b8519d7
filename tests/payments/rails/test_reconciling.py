"""Day-end reconciliation, item by item: what agrees, what does not, and the entries that settle it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sycee.payments.errors import RailCaseSettled, RailReportNotFound
from sycee.payments.iso20022 import InvalidMessage
from sycee.payments.rails.cases import apply_suspense, case_entries, explain, put_in_suspense, rail_cases
from sycee.payments.rails.items import uetr_of
from sycee.payments.rails.reconciling import Reconciliation, reconcile, reconciliations
from tests.payments.rails.bank import DAY, FUNDS, RAIL, ConnectedBank, new_payment
from tests.payments.rails.test_receiving import paid_by_another


async def a_days_work(bank: ConnectedBank) -> None:
    """Payments out, some refused, one returned; payments in, one of them to nobody."""
    await bank.pay(*[new_payment(bank.accounts[0], 1_000 + number) for number in range(6)])
    await bank.faults({"what": "reject", "times": 2})
    await bank.worker.write()
    await bank.worker.deliver()
    await bank.faults()
    await paid_by_another(bank, bank.accounts[1])
    await paid_by_another(bank, "12345")
    back = new_payment(bank.accounts[2], 5_000)
    await bank.pay(back)
    await bank.rounds(4)
    await bank.control("returns", uetr=str(uetr_of(back.id)), reason="AC04")
    await bank.rounds(4)


async def test_a_day_on_which_all_was_heard_is_matched_item_by_item(bank: ConnectedBank) -> None:
    await a_days_work(bank)
    day = await bank.close_day()
    found = await bank.reconcile(day)
    # Four of six paid, one paid and returned (two items), one came in, one came in and went back (two).
    assert (found.matched, found.missing_here, found.missing_there, found.different) == (9, 0, 0, 0)
    assert found.clean
    assert found.closing - found.opening == await bank.clearing() == bank.position()
    assert await bank.value("SELECT count(*) FROM rail_cases") == 0


async def test_a_date_that_is_still_open_has_no_report(bank: ConnectedBank) -> None:
    with pytest.raises(RailReportNotFound):
        await bank.reconcile(DAY)
    async with bank.database.transaction() as tx:
        assert await reconciliations(tx, RAIL) == []


async def test_the_report_settles_what_only_lacked_its_answer(bank: ConnectedBank) -> None:
    await bank.faults({"what": "lose", "at": "answer"})
    new = new_payment(bank.accounts[0], 4_321)
    await bank.pay(new)
    await bank.rounds(1)
    assert await bank.state(new.id) == "sent"
    found = await bank.reconcile(await bank.close_day())
    assert (found.matched, found.settled_by_it, found.clean) == (1, 1, True)
    assert await bank.state(new.id) == "settled"
    assert bank.paid(new.id) == 1


async def test_a_payment_from_another_bank_that_was_lost_is_asked_for_and_credited(
    bank: ConnectedBank,
) -> None:
    await bank.faults({"what": "lose", "at": "answer"})
    await paid_by_another(bank, bank.accounts[1])
    await bank.rounds(3)
    assert await bank.balance(bank.accounts[1]) == (FUNDS, 0)
    found = await bank.reconcile(await bank.close_day())
    assert found.clean
    assert await bank.balance(bank.accounts[1]) == (FUNDS + 700, 0)


async def test_a_return_that_was_lost_is_asked_for_and_credited(bank: ConnectedBank) -> None:
    new = new_payment(bank.accounts[0], 4_321)
    await bank.pay(new)
    await bank.rounds(2)
    await bank.faults({"what": "lose", "at": "answer"})
    await bank.control("returns", uetr=str(uetr_of(new.id)), reason="AC04")
    await bank.rounds(2)
    found = await bank.reconcile(await bank.close_day())
    assert found.clean
    assert await bank.state(new.id) == "returned"


async def test_what_the_rail_does_not_report_is_a_case_that_two_entries_settle(bank: ConnectedBank) -> None:
    """Our books say that a payment was settled; the rail has never heard of it: the money is ours there."""
    new = new_payment(bank.accounts[0], 4_321)
    await bank.pay(new)
    await bank.rounds(2)
    store = bank.line.central.store
    with store.transaction():  # the rail's memory is tampered with: there is no other way to such a day
        store.execute("UPDATE positions SET balance = opened_with WHERE rail = ?", RAIL)
        store.execute("DELETE FROM entries")
    day = await bank.close_day()
    found = await bank.reconcile(day)
    assert (found.matched, found.missing_there, found.clean) == (0, 1, False)
    assert await bank.clearing() != bank.position()
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx)
        assert (case.kind, case.ours, case.theirs, case.day) == ("missing_there", -4_321, 0, day)
        with pytest.raises(RailCaseSettled):
            await explain(tx, case.id, by="clerk", reason="it will be all right")
        with pytest.raises(RailCaseSettled):
            await apply_suspense(tx, case.id, account=bank.accounts[0], by="clerk", reason="too early")
        booked = await put_in_suspense(tx, case.id, by="clerk", reason="never settled")
        assert booked.state == "in_suspense"
    assert await bank.clearing() == bank.position() == 0, "the clearing account is what the rail says"
    before = (await bank.balance(bank.accounts[0]))[0]
    async with bank.database.transaction() as tx:
        done = await apply_suspense(tx, case.id, account=bank.accounts[0], by="clerk", reason="given back")
        assert done.state == "settled"
        assert len(await case_entries(tx, case.id)) == 2
        with pytest.raises(RailCaseSettled):
            await apply_suspense(tx, case.id, account=bank.accounts[0], by="clerk", reason="once more")
    assert await bank.balance(bank.accounts[0]) == (before + 4_321, 0)


async def test_what_is_unknown_here_is_a_case_and_one_that_agrees_later_is_closed(
    bank: ConnectedBank,
) -> None:
    await bank.faults({"what": "lose", "at": "answer"})
    await paid_by_another(bank, bank.accounts[1])
    day = await bank.close_day()
    pages = await bank.link.report(day)

    async def compared() -> Reconciliation:
        async with bank.database.transaction() as tx:
            return await reconcile(tx, bank.connection, pages, day, by="test")

    first = await compared()  # without asking for what is missing
    assert (first.missing_here, first.matched) == (1, 0)
    assert (await compared()).runs == 2
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx)
        assert (case.kind, case.ours, case.theirs) == ("missing_here", 0, 700)
    assert (await bank.reconcile(day)).clean
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx)
        assert (case.state, case.resolution) == ("settled", "agrees")


async def test_an_amount_that_differs_is_a_case_of_the_difference(bank: ConnectedBank) -> None:
    new = new_payment(bank.accounts[0], 4_321)
    await bank.pay(new)
    await bank.rounds(2)
    async with bank.database.transaction() as tx:  # our memory is tampered with
        await tx.execute("UPDATE rail_items SET amount = 4300")
    found = await bank.reconcile(await bank.close_day())
    assert (found.different, found.matched) == (1, 0)
    async with bank.database.transaction() as tx:
        (case,) = await rail_cases(tx)
        assert (case.kind, case.difference) == ("different", -21)


async def test_a_report_of_another_date_or_bank_is_not_taken(bank: ConnectedBank) -> None:
    day = await bank.close_day()
    pages = await bank.link.report(day)
    async with bank.database.transaction() as tx:
        with pytest.raises(InvalidMessage):
            await reconcile(tx, bank.connection, pages, day + timedelta(days=1), by="test")
        with pytest.raises(InvalidMessage):
            strangers = [
                page.replace(bank.connection.participant.encode(), b"102100099996") for page in pages
            ]
            await reconcile(tx, bank.connection, strangers, day, by="test")
