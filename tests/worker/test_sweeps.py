"""Sweeps: each by itself, one worker at a time, and what domains leave to the clock is done."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta

import pytest

from sycee import approvals, ledger, payments
from sycee.database import Database
from sycee.payments import BulkState, PaymentState
from sycee.worker import SWEEPS, Sweep, SweepsAtWork
from tests.approvals.house import MAKER, a_principal, ask
from tests.payments.conftest import CELL, TODAY
from tests.payments.market import file_of
from tests.payments.orders.conftest import Desk, pay
from tests.worker.conftest import sample

BY_NAME = {sweep.name: sweep for sweep in SWEEPS}
FAR = 3600.0


async def works(database: Database, *sweeps: Sweep, until: asyncio.Event) -> SweepsAtWork:
    """Run sweeps until something has happened, then stop them."""
    at_work, stop = SweepsAtWork(database, sweeps), asyncio.Event()
    task = asyncio.create_task(at_work.run(stop))
    try:
        async with asyncio.timeout(30):
            await until.wait()
    finally:
        stop.set()
        await task
    return at_work


async def test_a_sweep_that_fails_or_hangs_stops_no_other(database: Database) -> None:
    rounds: list[str] = []
    enough = asyncio.Event()

    async def fails(_: Database) -> int:
        rounds.append("fails")
        raise RuntimeError("broken")

    async def hangs(_: Database) -> int:
        rounds.append("hangs")
        await asyncio.Event().wait()
        return 0

    async def fine(_: Database) -> int:
        rounds.append("fine")
        if min(map(rounds.count, ("fails", "hangs", "fine"))) >= 3:
            enough.set()
        return 0

    at_work = await works(
        database,
        Sweep("test.fails", 0.01, fails),
        Sweep("test.hangs", 0.01, hangs, at_most_s=0.05),
        Sweep("test.fine", 0.01, fine),
        until=enough,
    )
    assert sample(at_work.metrics, "sycee_sweep_runs_total", sweep="test.fails", ending="failed") >= 2
    assert sample(at_work.metrics, "sycee_sweep_runs_total", sweep="test.hangs", ending="late") >= 2
    assert sample(at_work.metrics, "sycee_sweep_runs_total", sweep="test.fine", ending="done") >= 2


async def test_a_sweep_that_did_something_is_done_again_at_once(database: Database) -> None:
    left = [5, 4, 0]
    nothing_left = asyncio.Event()

    async def work(_: Database) -> int:
        if len(left) == 1:
            nothing_left.set()
        return left.pop(0)

    at_work = await works(database, Sweep("test.work", FAR, work), until=nothing_left)
    assert sample(at_work.metrics, "sycee_sweep_items_total", sweep="test.work") == 9


async def test_one_worker_at_a_time_does_a_sweep_and_another_takes_it_up_after(database: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Database) -> int:
        begun.set()
        await go_on.wait()
        return 7

    async def quick(_: Database) -> int:
        return 1

    mine, others = SweepsAtWork(database, []), SweepsAtWork(database, [])
    first = asyncio.create_task(mine.once(Sweep("test.one", FAR, slow)))
    await begun.wait()
    assert await others.once(Sweep("test.one", FAR, quick)) == -1
    assert await others.once(Sweep("test.other", FAR, quick)) == 1
    go_on.set()
    assert await first == 7
    assert await others.once(Sweep("test.one", FAR, quick)) == 1
    assert sample(others.metrics, "sycee_sweep_runs_total", sweep="test.one", ending="elsewhere") == 1


async def test_two_sweeps_of_one_name_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match=r"test\.same"):
        SweepsAtWork(database, [Sweep("test.same", 1, BY_NAME["payments.due"].work)] * 2)


async def test_what_nobody_approved_in_time_expires(database: Database) -> None:
    async with database.transaction() as tx:
        maker = await a_principal(tx, *MAKER)
        asked = await ask(tx, maker)
        await tx.execute("ALTER TABLE approvals DISABLE TRIGGER USER")  # time does not pass in a test
        await tx.execute("UPDATE approvals SET expires_at = requested_at")
    assert await SweepsAtWork(database, []).once(BY_NAME["approvals.expire"]) == 1
    async with database.transaction() as tx:
        assert (await approvals.get_approval(tx, asked.id, by=maker)).state == "expired"


async def test_what_is_due_is_paid_in_every_cell_though_one_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, payee = await desk.bank.open("CNY", 100_00, cell=101), await desk.bank.open("CNY", cell=101)
    await desk.submit(wanted := pay(payer, payee, execute_on=TODAY + timedelta(1)))
    await desk.call(ledger.advance_business_date, 101, TODAY + timedelta(1))
    carry_out = payments.execute_due_payments

    async def broken_in_one_cell(*arguments: object, **more: object) -> object:
        if more["cell"] == CELL:
            raise RuntimeError("broken")
        return await carry_out(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(payments, "execute_due_payments", broken_in_one_cell)
    await SweepsAtWork(desk.database, []).once(BY_NAME["payments.due"])
    assert (await desk.payment(wanted.id)).state is PaymentState.SETTLED


async def test_what_could_not_be_screened_is_tried_again(desk: Desk) -> None:
    payer, payee = await desk.bank.open("CNY", 100_00), await desk.bank.open("CNY")
    async with desk.database.transaction() as tx:
        await tx.execute("DELETE FROM screening_lists")  # as before the first loading
    (outcome,) = await desk.submit(wanted := pay(payer, payee))
    assert outcome.state is PaymentState.APPROVED
    await desk.call(payments.load_screening_names, [], name="own", by="officer")
    await SweepsAtWork(desk.database, []).once(BY_NAME["payments.due"])
    assert (await desk.payment(wanted.id)).state is PaymentState.SETTLED


@pytest.mark.parametrize("all_or_nothing", [False, True])
async def test_bulk_orders_that_nobody_is_at_are_gone_on_with(desk: Desk, all_or_nothing: bool) -> None:
    payer, payee = await desk.bank.open("CNY", 100_00), await desk.bank.open("CNY")
    data = file_of([("1.00", "CNY")] * 3, debtor=str(payer), creditors=[str(payee)])
    async with desk.database.transaction() as tx:
        order = await payments.receive_bulk_order(
            tx, io.BytesIO(data), by="maker", all_or_nothing=all_or_nothing
        )
    assert await SweepsAtWork(desk.database, []).once(BY_NAME["payments.bulk"]) == 1
    assert (await desk.call(payments.bulk_order, order.id)).state is BulkState.DONE
    assert await desk.bank.balance(payee) == 3_00


def test_every_sweep_of_a_worker_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(SWEEPS)
    assert len({sweep.lock() for sweep in SWEEPS}) == len(SWEEPS)
