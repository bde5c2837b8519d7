"""camt.052 and camt.054 drawn from the ledger and from what payment files said, by their own schemas."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.ledger import AccountNotFound
from sycee.payments.iso20022 import (
    CAMT052_MESSAGES,
    CAMT054_MESSAGES,
    AccountMessage,
    IntradayReport,
    Message,
    StatementEntry,
    UnwritableMessage,
    read_message,
    write_entry_notice,
    write_intraday_report,
)
from tests.payments.conftest import TODAY, Bank
from tests.payments.market import file_of, market_file
from tests.payments.salaries import ANNA, EMPLOYER, SALARY, salary_accounts, send
from tests.payments.test_statements import values

pytestmark = pytest.mark.usefixtures("screened")

ACCOUNT = "100000000000000014"
MOMENT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


async def intraday(bank: Bank, number: int) -> Message:
    async with bank.database.transaction() as tx:
        return read_message(await payments.camt052(tx, number), CAMT052_MESSAGES)


async def notice(bank: Bank, number: int, *transfers: Any) -> Message:
    async with bank.database.transaction() as tx:
        entries = await ledger.get_entries(tx, number, transfers)
        return read_message(await payments.camt054(tx, number, entries), CAMT054_MESSAGES)


async def test_an_intraday_report_opens_with_the_day_and_leads_to_where_it_stands(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    async with bank.database.transaction() as tx:
        await ledger.advance_business_date(tx, 100, TODAY + timedelta(days=1))
    await send(bank, market_file(SALARY), accounts)
    message = await intraday(bank, accounts[EMPLOYER])
    assert values(message, "Bal/Tp/CdOrPrtry/Cd") == ["OPBD", "ITBD", "ITAV"]
    assert values(message, "Bal/Amt") == ["10000.00", "3769.50", "3769.50"]
    assert values(message, "Bal/Dt/Dt") == ["2026-11-21"] * 3
    assert values(message, "Ntry/Amt") == ["3250.00", "2980.50"]
    assert values(message, "Cdtr/Pty/Nm") == ["Anna Beispiel", "Max Mustermann"]
    assert values(message, "TtlDbtNtries/Sum") == ["6230.50"]


async def test_what_is_held_and_the_credit_line_are_in_what_is_available_now(bank: Bank) -> None:
    payer = await bank.open("EUR", 1_000, floor=-500)
    payee = await bank.open("EUR")
    hold = ledger.NewTransfer(
        id=uuid7(), kind=ledger.TransferKind.PENDING, debit=payer, credit=payee, amount=300, currency="EUR"
    )
    async with bank.database.transaction() as tx:
        await ledger.post_transfers(tx, [hold])
    message = await intraday(bank, payer)
    assert values(message, "Bal/Amt") == ["0.00", "10.00", "12.00"]
    assert values(message, "Bal/CdtLine/Amt") == ["5.00"]


async def test_a_day_without_entries_is_reported_too(bank: Bank) -> None:
    message = await intraday(bank, await bank.open("JPY"))
    assert values(message, "Bal/Amt") == ["0", "0", "0"]
    assert values(message, "TtlNtries/NbOfNtries") == ["0"]


async def test_reports_drawn_while_payments_go_on_add_up(bank: Bank) -> None:
    payer, payee = await bank.open_many([("EUR", 10_000), ("EUR", 0)])

    async def pay() -> None:
        for number in range(10):
            data = file_of(
                [("0.01", "EUR")] * 20, message_id=f"M-{number}", debtor=str(payer), creditors=[str(payee)]
            )
            await send(bank, data)

    paying = asyncio.create_task(pay())
    while not paying.done():
        await intraday(bank, payee)
    await paying
    assert values(await intraday(bank, payee), "Bal/Amt")[1] == "2.00"


async def test_an_account_that_is_none_has_no_report(bank: Bank) -> None:
    with pytest.raises(AccountNotFound):
        await intraday(bank, 100_000_000_000_000_014)


async def test_a_notice_of_credit_names_the_payer_and_what_it_is_for(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    result = await send(bank, market_file(SALARY), accounts)
    message = await notice(bank, accounts[ANNA], result.outcomes[0].transfer)
    assert values(message, "Ntry/Amt") == ["3250.00"]
    assert values(message, "Ntry/CdtDbtInd") == ["CRDT"]
    assert values(message, "Dbtr/Pty/Nm") == ["Musterfirma GmbH"]
    assert values(message, "Ustrd") == ["Gehalt September 2026"]
    assert values(message, "EndToEndId") == ["SAL-2026-09-0001"]
    assert values(message, "Bal/Amt") == []


async def test_a_notice_of_several_entries_sums_them_by_direction(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    result = await send(bank, market_file(SALARY), accounts)
    message = await notice(bank, accounts[EMPLOYER], *(one.transfer for one in result.outcomes))
    assert values(message, "TtlDbtNtries/NbOfNtries") == ["2"]
    assert values(message, "TtlDbtNtries/Sum") == ["6230.50"]
    assert values(message, "TtlNetNtry/CdtDbtInd") == ["DBIT"]


async def test_a_notice_of_an_entry_of_another_account_is_not_drawn_up(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    result = await send(bank, market_file(SALARY), accounts)
    with pytest.raises(ledger.EntryNotFound):
        await notice(bank, accounts[ANNA], result.outcomes[1].transfer)


def entry(minor: int, *, credit: bool = True, currency: str = "CNY") -> StatementEntry:
    day = date(2026, 1, 5)
    return StatementEntry("R-1", Amount(minor, currency), credit, day, day)


def report(**changes: Any) -> IntradayReport:
    given: dict[str, Any] = {
        "message_id": "M-1",
        "id": "R-1",
        "created_at": MOMENT,
        "account": ACCOUNT,
        "currency": "CNY",
        "entries": [entry(300), entry(100, credit=False)],
        "on": date(2026, 1, 5),
        "opening": Amount(1_000, "CNY"),
        "interim": Amount(1_200, "CNY"),
        "interim_available": Amount(1_200, "CNY"),
    }
    return IntradayReport(**(given | changes))


def test_a_report_that_does_not_add_up_is_not_written() -> None:
    write_intraday_report(report())
    with pytest.raises(UnwritableMessage):
        write_intraday_report(report(interim=Amount(1_201, "CNY")))
    with pytest.raises(UnwritableMessage):
        write_intraday_report(report(entries=[entry(200, currency="USD")]))


def test_a_message_whose_id_is_too_long_is_not_written() -> None:
    message = AccountMessage(
        message_id="M" * 36, id="N-1", created_at=MOMENT, account=ACCOUNT, currency="CNY", entries=[entry(1)]
    )
    with pytest.raises(UnwritableMessage):
        write_entry_notice(message)
