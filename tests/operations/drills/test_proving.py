"""The proof after a drill sees what is lost, doubled, unasked for, out of balance or tampered with."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7
from sycee.operations.drills import page
from sycee.operations.drills.proving import prove
from sycee.operations.drills.records import DrillReport, Event, FaultReport, Moment, Request
from sycee.operations.drills.traffic import Traffic

CELL = 990
NUMBERS = [account_number(CELL, serial) for serial in (1, 2)]
ACCOUNTS = [str(number) for number in NUMBERS]


async def _posted(database: Database, count: int) -> list[UUID]:
    """So many transfers between the drill's accounts, each in a batch of its own."""
    async with database.transaction() as tx:
        await ledger.create_cell(tx, CELL, "Drills", date(2026, 3, 2))
        await ledger.open_accounts(
            tx,
            [
                ledger.NewAccount(number=number, currency="CNY", subject="2011", floor=None)
                for number in NUMBERS
            ],
        )
    ids = [uuid7() for _ in range(count)]
    for id in ids:
        async with database.transaction() as tx:
            (outcome,) = await ledger.post_transfers(
                tx,
                [ledger.NewTransfer(id=id, debit=NUMBERS[0], credit=NUMBERS[1], amount=100, currency="CNY")],
            )
        assert outcome.status == "posted"
    return ids


async def test_what_was_acknowledged_and_is_there_once_is_proved(database: Database) -> None:
    ids = await _posted(database, 3)
    never_answered = uuid7()
    proof = await prove(database, ACCOUNTS, [*ids, never_answered], ids)
    assert proof.holds
    assert (proof.acknowledged, proof.lost, proof.doubled, proof.unasked, proof.breaks) == (3, 0, 0, 0, ())


async def test_what_was_posted_and_not_acknowledged_is_no_loss(database: Database) -> None:
    ids = await _posted(database, 3)
    assert (await prove(database, ACCOUNTS, ids, ids[:1])).holds


async def test_what_was_acknowledged_and_is_not_there_is_lost(database: Database) -> None:
    ids = await _posted(database, 2)
    missing = uuid7()
    proof = await prove(database, ACCOUNTS, [*ids, missing], [*ids, missing])
    assert (proof.lost, proof.holds) == (1, False)
    assert proof.breaks == (f"lost {missing}",)


async def test_what_nobody_asked_for_is_found(database: Database) -> None:
    ids = await _posted(database, 2)
    proof = await prove(database, ACCOUNTS, ids[:1], ids[:1])
    assert (proof.unasked, proof.holds) == (1, False)
    assert proof.breaks == (f"nobody asked for {ids[1]}",)


async def test_books_and_seals_that_were_tampered_with_are_found(database: Database) -> None:
    ids = await _posted(database, 2)
    async with database.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute("UPDATE transfers SET amount = amount + 1 WHERE id = %s", (ids[0],))
    proof = await prove(database, ACCOUNTS, ids, ids)
    assert (proof.lost, proof.books_ok, proof.seals_ok, proof.holds) == (0, False, False, False)
    assert any("batch" in said for said in proof.breaks)


async def test_what_is_there_twice_is_found(database: Database) -> None:
    ids = await _posted(database, 2)
    async with database.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute("ALTER TABLE transfers DROP CONSTRAINT transfers_id CASCADE")
        await tx.execute("UPDATE transfers SET id = %s WHERE id = %s", ids)
    proof = await prove(database, ACCOUNTS, ids, ids[:1])
    assert (proof.doubled, proof.holds) == (1, False)
    assert f"doubled {ids[0]}" in proof.breaks


def _traffic(*answers: tuple[float, float | None]) -> Traffic:
    traffic = Traffic(None, ACCOUNTS, 1.0)  # type: ignore[arg-type]  # it sends nothing here
    traffic.requests = [
        Request(id=uuid7(), scheduled_s=due, answered_s=answered) for due, answered in answers
    ]
    return traffic


def test_writing_again_is_the_first_answer_to_what_fell_due_after_the_fault() -> None:
    # The first was due before the fault at 2 s and answered in time, the second waited through it.
    traffic = _traffic((0.0, 0.1), (1.9, 6.2), (2.1, 6.4), (3.0, 6.1), (4.0, None))
    assert traffic.first_answer(2.0) == 6.1
    assert traffic.first_answer(3.5) is None


@pytest.mark.parametrize(("span", "silence"), [((0.0, 4.0), 3.0), ((0.0, 9.0), 4.0), ((1.0, 2.0), 1.0)])
def test_the_longest_silence_has_no_answer_in_it(span: tuple[float, float], silence: float) -> None:
    traffic = _traffic((0.0, 1.0), (1.0, 4.5), (2.0, 5.0), (3.0, None))
    assert traffic.longest_silence(*span) == pytest.approx(silence)


def _report(**changes: object) -> DrillReport:
    fields: dict[str, object] = {
        "drill": "isolate",
        "passed": False,
        "recovery_s": 21.5,
        "acknowledged": 998,
        "lost": 1,
        "doubled": 0,
        "errors_seen_by_clients": 1,
        "seals_ok": True,
        "books_ok": True,
        "requests": 1000,
        "late": 40,
        "rate_per_s": 50.0,
        "p50_ms": 12.0,
        "p99_ms": 21000.0,
        "longest_ms": 21500.0,
        "centres": 3,
        "faults": (
            FaultReport(
                fault="isolate",
                centre="beijing",
                led=True,
                at_s=5.0,
                recovery_s=21.5,
                bar_s=None,
                whole_after_s=40.0,
                minority_asked=90,
                minority_acknowledged=0,
            ),
        ),
        "breaks": ("lost <id>",),
        "events": (Event(5.0, "beijing is cut off & alone"),),
        "timeline": (
            Moment(at_s=0.0, answered=25, p50_ms=10.0, p99_ms=30.0),
            Moment(at_s=0.5, answered=0, p50_ms=None, p99_ms=None),
        ),
        "first_error": None,
    }
    return DrillReport(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_page_says_what_was_found_and_needs_no_network() -> None:
    text = page(_report())
    assert "failed" in text
    assert "lost &lt;id&gt;" in text
    assert "beijing is cut off &amp; alone" in text
    assert "0 of 90" in text
    assert "21.5 s" in text
    for outside in ("http", "src=", "@import", "<script"):
        assert outside not in text
    assert text.count("<rect ") == 2, "a bar in each chart for the half second in which there were answers"


def test_the_page_of_a_drill_without_an_answer_says_so() -> None:
    assert page(_report(timeline=())).count("Nothing was answered.") == 2
