"""The camt.053 statement drawn from the ledger and from what payment files said."""

from __future__ import annotations

import asyncio

import pytest

from sycee import ledger, payments
from sycee.kernel.ids import uuid7
from sycee.payments.iso20022 import CAMT053_MESSAGES, Message, read_message
from tests.payments.conftest import TODAY, Bank
from tests.payments.market import file_of, market_file
from tests.payments.salaries import ANNA, EMPLOYER, SALARY, salary_accounts, send

pytestmark = pytest.mark.usefixtures("screened")


async def draw(bank: Bank, number: int) -> Message:
    async with bank.database.transaction() as tx:
        statement = await ledger.statement(tx, number, TODAY, TODAY)
        return read_message(await payments.camt053(tx, statement), CAMT053_MESSAGES)


def values(message: Message, path: str) -> list[str | None]:
    tags = "/".join(message.tag(name) for name in path.split("/"))
    return [node.text for node in message.root.iterfind(f".//{tags}")]


async def test_a_debtors_statement_names_each_creditor_and_adds_up(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    await send(bank, market_file(SALARY), accounts)
    message = await draw(bank, accounts[EMPLOYER])
    assert values(message, "Bal/Tp/CdOrPrtry/Cd") == ["OPBD", "CLBD", "CLAV"]
    assert values(message, "Bal/Amt") == ["0.00", "3769.50", "3769.50"]
    assert values(message, "Ntry/Amt") == ["10000.00", "3250.00", "2980.50"]
    assert values(message, "Ntry/CdtDbtInd") == ["CRDT", "DBIT", "DBIT"]
    assert values(message, "Cdtr/Pty/Nm") == ["Anna Beispiel", "Max Mustermann"]
    assert values(message, "CdtrAcct/Id/IBAN") == [ANNA, "DE74157667219201256428"]
    assert values(message, "EndToEndId") == ["SAL-2026-09-0001", "SAL-2026-09-0002"]
    assert values(message, "PmtInfId") == ["SAL-2026-09", "SAL-2026-09"]
    assert values(message, "Ustrd") == ["Gehalt September 2026", "RF18539007547034"]


async def test_a_creditors_statement_names_the_debtor(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    await send(bank, market_file(SALARY), accounts)
    async with bank.database.transaction() as tx:
        await payments.add_account_aliases(tx, {ANNA: accounts[ANNA], "50501055": accounts[ANNA]})
    message = await draw(bank, accounts[ANNA])
    assert values(message, "Acct/Id/IBAN") == [ANNA]
    assert values(message, "Dbtr/Pty/Nm") == ["Musterfirma GmbH"]
    assert values(message, "DbtrAcct/Id/IBAN") == [EMPLOYER]
    assert values(message, "TtlCdtNtries/Sum") == ["3250.00"]


async def test_an_overdrawn_account_has_debit_balances_and_its_credit_line_in_what_is_available(
    bank: Bank,
) -> None:
    payer = await bank.open("EUR", floor=-1_000_000)
    accounts = {EMPLOYER: payer, ANNA: await bank.open("EUR")}
    await send(bank, market_file(SALARY), accounts)
    message = await draw(bank, payer)
    assert values(message, "Bal/Amt") == ["0.00", "3250.00", "6750.00"]
    assert values(message, "Bal/CdtDbtInd") == ["CRDT", "DBIT", "CRDT"]
    assert values(message, "Bal/CdtLine/Amt") == ["10000.00"]


async def test_what_is_held_is_not_available(bank: Bank) -> None:
    payer, payee = await bank.open_many([("EUR", 1_000), ("EUR", 0)])
    hold = ledger.NewTransfer(
        id=uuid7(), kind=ledger.TransferKind.PENDING, debit=payer, credit=payee, amount=300, currency="EUR"
    )
    async with bank.database.transaction() as tx:
        (outcome,) = await ledger.post_transfers(tx, [hold])
        assert outcome.status == "pending"
    message = await draw(bank, payer)
    assert values(message, "Bal/Amt") == ["0.00", "10.00", "7.00"]
    assert values(message, "NbOfNtries") == ["1", "1", "0"]


async def test_a_statement_drawn_while_payments_go_on_adds_up(bank: Bank) -> None:
    payer, payee = await bank.open_many([("EUR", 10_000), ("EUR", 0)])

    async def pay() -> None:
        for number in range(20):
            data = file_of(
                [("0.01", "EUR")] * 20, message_id=f"M-{number}", debtor=str(payer), creditors=[str(payee)]
            )
            await send(bank, data)

    paying = asyncio.create_task(pay())
    drawn = 0
    while not paying.done():
        await draw(bank, payee)
        drawn += 1
    await paying
    assert drawn > 1
    assert values(await draw(bank, payee), "Bal/Amt")[1] == "4.00"


async def test_a_reversal_is_marked_as_one(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    result = await send(bank, market_file(SALARY), accounts)
    async with bank.database.transaction() as tx:
        reversal = ledger.NewTransfer(
            id=result.id, kind=ledger.TransferKind.REVERSAL, target=result.outcomes[0].transfer
        )
        (outcome,) = await ledger.post_transfers(tx, [reversal])
        assert outcome.status == "posted"
    message = await draw(bank, accounts[ANNA])
    assert values(message, "RvslInd") == ["true"]
    assert values(message, "Bal/Amt")[1] == "0.00"
