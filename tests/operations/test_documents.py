"""Statements and balance confirmations: whose, for which periods, what they say, and that they stay so."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import psycopg
import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.calendars import WEEKDAYS
from sycee.kernel.ids import uuid7
from sycee.ledger import AccountNotFound, NewTransfer
from sycee.operations import (
    ConfirmationContent,
    Cycle,
    DocumentDamaged,
    DocumentKind,
    DocumentNotFound,
    DocumentStep,
    StatementContent,
    close_day,
    documents_of_day,
    get_document,
    list_documents,
    spans_ending,
)
from tests.operations.small_bank import (
    FIRST_DAY,
    SHANGHAI,
    customer_account,
    found_bank,
    post,
    traffic,
    vault,
)

ONE = customer_account(SHANGHAI, 1)
LAST_OF_MARCH = date(2026, 3, 31)
DAILY = [DocumentStep("statements", DocumentKind.STATEMENT, Cycle.DAILY)]


@pytest.mark.parametrize(
    ("cycle", "first", "last", "expected"),
    [
        (Cycle.MONTHLY, date(2026, 3, 30), date(2026, 3, 30), []),
        (Cycle.MONTHLY, date(2026, 3, 31), date(2026, 3, 31), [(date(2026, 3, 1), date(2026, 3, 31))]),
        (Cycle.MONTHLY, date(2026, 5, 29), date(2026, 5, 31), [(date(2026, 5, 1), date(2026, 5, 31))]),
        (Cycle.MONTHLY, date(2028, 2, 29), date(2028, 2, 29), [(date(2028, 2, 1), date(2028, 2, 29))]),
        (Cycle.MONTHLY, date(2028, 2, 28), date(2028, 2, 28), []),
        (Cycle.QUARTERLY, date(2026, 2, 28), date(2026, 2, 28), []),
        (Cycle.QUARTERLY, date(2026, 3, 31), date(2026, 4, 6), [(date(2026, 1, 1), date(2026, 3, 31))]),
        (Cycle.SEMIANNUAL, date(2026, 6, 30), date(2026, 6, 30), [(date(2026, 1, 1), date(2026, 6, 30))]),
        (Cycle.ANNUAL, date(2026, 12, 31), date(2027, 1, 3), [(date(2026, 1, 1), date(2026, 12, 31))]),
        (Cycle.WEEKLY, date(2026, 4, 3), date(2026, 4, 5), [(date(2026, 3, 30), date(2026, 4, 5))]),
        (Cycle.DAILY, date(2026, 4, 3), date(2026, 4, 5), [(date(2026, 4, 3), date(2026, 4, 5))]),
        (Cycle.ON_REQUEST, date(2026, 1, 1), date(2026, 12, 31), []),
        (
            Cycle.MONTHLY,
            date(2026, 1, 30),
            date(2026, 3, 1),
            [(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))],
        ),
    ],
)
def test_a_cycle_ends_on_its_last_calendar_day_be_it_a_business_day_or_not(
    cycle: Cycle, first: date, last: date, expected: list[tuple[date, date]]
) -> None:
    assert spans_ending(cycle, first, last) == expected


async def test_customers_get_statements_at_the_end_of_the_month_and_the_bank_itself_none(
    database: Database,
) -> None:
    await found_bank(database)
    await post(database, traffic(SHANGHAI, "Monday"))
    run = await close_day(database, SHANGHAI, by="test")
    assert [(step.step, step.done) for step in run.steps[-2:]] == [("statements", 0), ("confirmations", 0)]
    await post(database, traffic(SHANGHAI, "Tuesday"))
    await close_day(database, SHANGHAI, by="test")
    await post(database, traffic(SHANGHAI, "Wednesday"))
    async with database.transaction() as tx:
        assert await documents_of_day(tx, SHANGHAI, FIRST_DAY) == []
        found = await documents_of_day(tx, SHANGHAI, LAST_OF_MARCH)
        rest = await documents_of_day(
            tx, SHANGHAI, LAST_OF_MARCH, after=(found[3].account, found[3].kind, found[3].end)
        )
    assert rest == found[4:]
    assert {(one.account, one.kind) for one in found} == {
        (customer_account(SHANGHAI, serial), kind) for serial in range(1, 6) for kind in DocumentKind
    }


async def test_a_statement_says_what_the_books_say_of_its_period(database: Database) -> None:
    await found_bank(database)
    for day in ("Monday", "Tuesday", "Wednesday"):
        await post(database, traffic(SHANGHAI, day))
        await close_day(database, SHANGHAI, by="test")
    async with database.transaction() as tx:
        (summary,) = await list_documents(tx, ONE, kind=DocumentKind.STATEMENT)
        document = await get_document(tx, ONE, summary.id)
        books = await ledger.statement(tx, ONE, date(2026, 3, 1), LAST_OF_MARCH)
        entries = [entry async for entry in books.entries]
    content = document.content
    assert isinstance(content, StatementContent)
    assert (content.start, content.end) == (date(2026, 3, 1), LAST_OF_MARCH)
    assert (content.account.number, content.account.local_name) == (str(ONE), "客户1")
    assert [line.transfer for line in content.lines] == [entry.transfer_id for entry in entries]
    assert [line.balance.replace(".", "").lstrip("0") for line in content.lines] == [
        str(entry.balance).lstrip("0") for entry in entries
    ]
    assert (content.debit_count, content.credit_count) == (books.debit_count, books.credit_count)
    assert content.opening == "0.00"
    assert content.closing == content.lines[-1].balance
    assert summary.entries == len(entries)


async def test_a_confirmation_says_the_balance_at_the_end_of_the_quarter(database: Database) -> None:
    await found_bank(database, on=LAST_OF_MARCH)
    await post(
        database,
        [NewTransfer(id=uuid7(), debit=vault(SHANGHAI), credit=ONE, amount=123_456, currency="CNY")],
    )
    await close_day(database, SHANGHAI, by="test")
    async with database.transaction() as tx:
        (summary,) = await list_documents(tx, ONE, kind=DocumentKind.BALANCE_CONFIRMATION)
        content = (await get_document(tx, ONE, summary.id)).content
    assert isinstance(content, ConfirmationContent)
    assert (content.on, content.balance, content.held) == (LAST_OF_MARCH, "1234.56", "0.00")


async def test_consecutive_statements_join_without_a_gap(database: Database) -> None:
    await found_bank(database, on=date(2026, 4, 2))
    for day in range(4):
        await post(database, traffic(SHANGHAI, f"day {day}"))
        await close_day(database, SHANGHAI, by="test", calendar=WEEKDAYS, steps=DAILY)
    async with database.transaction() as tx:
        found = await list_documents(tx, ONE)
        contents = [(await get_document(tx, ONE, one.id)).content for one in reversed(found)]
    assert [(one.start, one.end) for one in reversed(found)] == [
        (date(2026, 4, 2), date(2026, 4, 2)),
        (date(2026, 4, 3), date(2026, 4, 5)),
        (date(2026, 4, 6), date(2026, 4, 6)),
        (date(2026, 4, 7), date(2026, 4, 7)),
    ]
    statements = [content for content in contents if isinstance(content, StatementContent)]
    for before, after in pairwise(statements):
        assert after.opening == before.closing


async def test_a_statement_of_thousands_of_entries_is_kept_in_parts_and_read_as_one(
    database: Database,
) -> None:
    await found_bank(database)
    transfers = [
        NewTransfer(id=uuid7(), debit=vault(SHANGHAI), credit=ONE, amount=1, currency="CNY")
        for _ in range(3_500)
    ]
    await post(database, transfers)
    await close_day(database, SHANGHAI, by="test", steps=DAILY)
    async with database.transaction() as tx:
        (summary,) = await list_documents(tx, ONE)
        content = (await get_document(tx, ONE, summary.id)).content
        cursor = await tx.execute("SELECT count(*) FROM day_document_parts")
        assert await cursor.fetchone() == (3,)
    assert isinstance(content, StatementContent)
    assert [line.transfer for line in content.lines] == [transfer.id for transfer in transfers]
    assert (content.closing, content.credit_count, summary.entries) == ("35.00", 3_500, 3_500)


async def test_a_document_cannot_be_changed_or_deleted(database: Database) -> None:
    await found_bank(database, on=LAST_OF_MARCH)
    await close_day(database, SHANGHAI, by="test")
    for statement in ("UPDATE day_documents SET entries = 1", "DELETE FROM day_documents"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with database.transaction() as tx:
                await tx.execute(statement.encode())


async def test_a_document_that_was_changed_behind_the_bank_s_back_is_not_handed_out(
    database: Database,
) -> None:
    await found_bank(database, on=LAST_OF_MARCH)
    await close_day(database, SHANGHAI, by="test")
    async with database.transaction() as tx:
        one, two = [(await list_documents(tx, customer_account(SHANGHAI, n)))[0] for n in (1, 2)]
        await tx.execute("ALTER TABLE day_documents DISABLE TRIGGER day_documents_kept")
        await tx.execute(
            "UPDATE day_documents d SET content = o.content FROM day_documents o "
            "WHERE (o.id, d.id) = (%s, %s)",
            (two.id, one.id),
        )
    async with database.transaction() as tx:
        with pytest.raises(DocumentDamaged):
            await get_document(tx, one.account, one.id)
        await get_document(tx, two.account, two.id)


async def test_a_document_of_another_account_or_of_none_is_not_found(database: Database) -> None:
    await found_bank(database, on=LAST_OF_MARCH)
    await close_day(database, SHANGHAI, by="test")
    async with database.transaction() as tx:
        (first, *_) = await list_documents(tx, ONE)
        with pytest.raises(DocumentNotFound):
            await get_document(tx, customer_account(SHANGHAI, 2), first.id)
        with pytest.raises(AccountNotFound):
            await list_documents(tx, customer_account(SHANGHAI, 99))


async def test_accounts_opened_later_or_closed_earlier_get_no_statement(database: Database) -> None:
    await found_bank(database, on=date(2026, 2, 27))
    gone, late = customer_account(SHANGHAI, 2), customer_account(SHANGHAI, 50)
    async with database.transaction() as tx:
        await ledger.change_account(tx, gone, status=ledger.AccountStatus.CLOSED, reason="test")
    await close_day(database, SHANGHAI, by="test", to=date(2026, 2, 28))
    await close_day(database, SHANGHAI, by="test", to=date(2026, 3, 30))
    for _ in range(2):
        await close_day(database, SHANGHAI, by="test")
    async with database.transaction() as tx:
        new = ledger.NewAccount(
            number=late, currency="CNY", subject="2011", customer=(await ledger.get_account(tx, ONE)).customer
        )
        await ledger.open_accounts(tx, [new])
        statements = {
            number: [one.end for one in await list_documents(tx, number, kind=DocumentKind.STATEMENT)]
            for number in (ONE, gone, late)
        }
    assert statements == {
        ONE: [date(2026, 3, 31), date(2026, 2, 28)],
        gone: [date(2026, 2, 28)],
        late: [],
    }
    assert FIRST_DAY + timedelta(days=1) == LAST_OF_MARCH
