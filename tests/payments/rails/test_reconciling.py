"""Day-end reconciliation, item by item: what agrees, what does not, and the entries that settle it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from sycee.database import Database
from sycee.kernel.money import Amount
from sycee.payments.errors import RailCaseSettled, RailReportNotFound, RailUnavailable
from sycee.payments.iso20022 import InvalidMessage
from sycee.payments.iso20022.interbank.settlement_report import (
    CLOSING,
    CREDIT,
    DEBIT,
    OPENING,
    Balance,
    ReportEntry,
    SettlementReport,
    write_settlement_report,
)
from sycee.payments.rails import reconciling
from sycee.payments.rails.cases import apply_suspense, case_entries, explain, put_in_suspense, rail_cases
from sycee.payments.rails.items import uetr_of
from sycee.payments.rails.link import RailLink
from sycee.payments.rails.outbox import Letter
from sycee.payments.rails.reconciliation_runs import ask_for_reconciliation, newest_run, unfinished_runs
from sycee.payments.rails.reconciliation_work import carry_out_reconciliation
from sycee.payments.rails.reconciling import Reconciliation, reconciliations
from sycee.payments.simulator.configuration import OUR_BANK
from tests.payments.rails.bank import DAY, FUNDS, RAIL, ConnectedBank, new_payment, reconcile_day
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


class Deaf(RailLink):
    """A line on which nothing is sent once more."""

    async def once_more(self, _: UUID) -> list[Letter]:
        return []


async def test_what_is_unknown_here_is_a_case_and_one_that_agrees_later_is_closed(
    bank: ConnectedBank,
) -> None:
    await bank.faults({"what": "lose", "at": "answer"})
    await paid_by_another(bank, bank.accounts[1])
    day = await bank.close_day()
    deaf = Deaf(bank.connection, bank.client)

    async def compared() -> Reconciliation:
        return await reconcile_day(bank.database, bank.connection, deaf, day)

    first = await compared()
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


class Pages(RailLink):
    """A line whose rail reports what it is told, one page after another, and counts what it was asked for."""

    def __init__(self, bank: ConnectedBank, pages: list[bytes]) -> None:
        super().__init__(bank.connection, bank.client)
        self.pages = pages
        self.fetched: list[int] = []

    async def report_pages(self, _: date) -> int:
        return len(self.pages)

    async def report_page(self, _: date, page: int, *, max_bytes: int) -> bytes:
        assert max_bytes
        self.fetched.append(page)
        return self.pages[page - 1]


def page(number: int, payments: list[UUID], opening: int, *, account: str = OUR_BANK) -> bytes:
    """A page of a report on payments of ours of 100 minor units each."""
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def balance(kind: str, minor: int) -> Balance:
        return Balance(kind, Amount(abs(minor), "CNY"), CREDIT if minor >= 0 else DEBIT, DAY)

    return write_settlement_report(
        SettlementReport(
            message_id=f"REPORT-{number}", created_at=at, id=f"REPORT-{number}", reported_at=at,
            account=account, currency="CNY",
            balances=(balance(OPENING, opening), balance(CLOSING, opening - 100 * len(payments))),
            entries=tuple(
                ReportEntry(
                    reference=f"R{payment.hex}", amount=Amount(100, "CNY"), direction=DEBIT, settled_on=DAY,
                    value_date=DAY, family="ICDT", what="DMCT", message_id="M", end_to_end_id="E",
                    transaction_id=payment.hex, uetr=uetr_of(payment),
                )
                for payment in payments
            ),
        )
    )  # fmt: skip


async def test_a_report_of_another_bank_or_with_a_gap_or_an_entry_twice_ends_the_run(
    bank: ConnectedBank,
) -> None:
    one, two = uuid4(), uuid4()
    for pages, what in (
        ([page(1, [one], 0, account="102100099996")], "reports on 102100099996"),
        ([page(1, [one], 0), page(2, [two], -50)], "begins with -50 CNY and the page before ends with -100"),
        ([page(1, [one], 0), page(2, [one], -100)], "1 entries of REPORT-2 twice"),
    ):
        with pytest.raises(InvalidMessage, match=what):
            await reconcile_day(bank.database, bank.connection, Pages(bank, pages), DAY)
        async with bank.database.transaction() as tx:
            run = await newest_run(tx, RAIL, DAY)
            assert (run.state, run.code) == ("failed", "invalid_message")
            assert what in (run.detail or "")
    assert await bank.value("SELECT count(*) FROM rail_report_entries") == 0
    assert await bank.value("SELECT count(*) FROM rail_reconciliations") == 0


async def test_a_page_that_is_too_long_is_refused_while_it_comes(bank: ConnectedBank) -> None:
    await a_days_work(bank)
    day = await bank.close_day()
    whole = await bank.link.report_page(day, 1, max_bytes=10_000_000)
    with pytest.raises(InvalidMessage, match="more than 1000 bytes"):
        await bank.link.report_page(day, 1, max_bytes=1000)
    assert len(whole) > 1000


class Killed(BaseException):
    """The worker is gone."""


async def test_whoever_is_killed_leaves_a_run_that_the_next_goes_on_with_and_nothing_counts_twice(
    bank: ConnectedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after every single step there is: before the commit of the next one, and after it."""
    monkeypatch.setattr(reconciling, "BLOCK", 4)
    known = [new_payment(bank.accounts[0], 100) for _ in range(6)]
    await bank.pay(*known)
    await bank.faults({"what": "lose", "at": "answer"})
    await bank.rounds(1)  # sent, and never answered
    strangers = [uuid4() for _ in range(7)]
    reported = [payment.id for payment in known] + strangers
    pages = [page(n + 1, reported[n * 5 : n * 5 + 5], -500 * n) for n in range(3)]
    link = Pages(bank, pages)
    async with bank.database.transaction() as tx:
        run = await ask_for_reconciliation(tx, RAIL, DAY, by="test")
    steps = 0
    while run.state != "done":
        with monkeypatch.context() as doomed:
            doomed.setattr(Database, "run", _killed_before_commit)
            with pytest.raises(Killed):
                await carry_out_reconciliation(bank.database, link, run.id)
        with monkeypatch.context() as doomed:
            doomed.setattr(Database, "run", _killed_after_commit(1 + steps % 3))
            with suppress(Killed):  # or done before its time has come
                await carry_out_reconciliation(bank.database, link, run.id)
        async with bank.database.transaction() as tx:
            run = await newest_run(tx, RAIL, DAY)
        steps += 1
        assert steps < 50
    assert (run.entries, run.done, run.settled_by_it, run.missing_here) == (13, 13, 6, 7)
    async with bank.database.transaction() as tx:
        (found,) = await reconciliations(tx, RAIL)
        cases = await rail_cases(tx)
    assert (found.matched, found.missing_here, found.missing_there, found.runs) == (6, 7, 0, 1)
    assert {case.item_id for case in cases} == {payment.hex for payment in strangers}
    assert len(cases) == 7
    assert [await bank.state(payment.id) for payment in known] == ["settled"] * 6
    assert await bank.value("SELECT count(*) FROM rail_report_entries") == 0
    assert sorted(set(link.fetched)) == [1, 2, 3]


_run = Database.run


async def _killed_before_commit(self: Database, command: Any, **more: Any) -> Any:
    async def doomed(tx: Any) -> Any:
        await command(tx)
        raise Killed

    return await _run(self, doomed, **more)


def _killed_after_commit(commits: int) -> Any:
    left = iter(range(commits - 1))

    async def mortal(self: Database, command: Any, **more: Any) -> Any:
        answer = await _run(self, command, **more)
        if next(left, None) is None:
            raise Killed
        return answer

    return mortal


async def test_two_workers_at_one_run_count_every_item_once(
    bank: ConnectedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "BLOCK", 4)
    strangers = [uuid4() for _ in range(30)]
    pages = [page(n + 1, strangers[n * 10 : n * 10 + 10], -1000 * n) for n in range(3)]
    async with bank.database.transaction() as tx:
        run = await ask_for_reconciliation(tx, RAIL, DAY, by="test")
    await asyncio.gather(
        *[carry_out_reconciliation(bank.database, Pages(bank, pages), run.id) for _ in range(2)]
    )
    async with bank.database.transaction() as tx:
        (found,) = await reconciliations(tx, RAIL)
    assert (found.missing_here, found.matched, found.runs) == (30, 0, 1)
    assert await bank.value("SELECT count(*) FROM rail_cases") == 30


async def test_a_run_under_way_is_the_answer_to_whoever_asks_again_and_waits_for_a_silent_rail(
    bank: ConnectedBank,
) -> None:
    async with bank.database.transaction() as tx:
        first = await ask_for_reconciliation(tx, RAIL, DAY, by="test")
        assert (await ask_for_reconciliation(tx, RAIL, DAY, by="other")).id == first.id
    silent = RailLink(msgspec.structs.replace(bank.connection, url="http://127.0.0.1:9"))
    with pytest.raises(RailUnavailable):
        await carry_out_reconciliation(bank.database, silent, first.id)
    await silent.close()
    async with bank.database.transaction() as tx:
        run = await newest_run(tx, RAIL, DAY)
        assert (run.state, run.code, run.finished_at) == ("fetching", "rail_unavailable", None)
        assert await unfinished_runs(tx) == [], "not before a pause"
    with pytest.raises(RailReportNotFound):  # the rail speaks again: that date is open there
        await carry_out_reconciliation(bank.database, bank.link, first.id)
    async with bank.database.transaction() as tx:
        assert (await newest_run(tx, RAIL, DAY)).state == "failed"
        assert (await ask_for_reconciliation(tx, RAIL, DAY, by="test")).id != first.id
