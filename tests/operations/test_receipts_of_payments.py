"""A receipt of a payment names the other side as the payment file did, and says what the payment is for."""

from __future__ import annotations

from sycee import ledger, payments
from sycee.database import Database
from sycee.operations import issue_receipts
from tests.payments.conftest import CELL, TODAY, Bank
from tests.payments.market import market_file
from tests.payments.salaries import ANNA, EMPLOYER, SALARY, salary_accounts, send


async def test_both_sides_are_told_the_names_and_purpose_of_the_payment(database: Database) -> None:
    bank = Bank(database)
    async with database.transaction() as tx:
        await ledger.create_cell(tx, CELL, "First", TODAY)
        await payments.load_screening_names(tx, [], name="own", by="test")
    accounts = await salary_accounts(bank)
    result = await send(bank, market_file(SALARY), accounts)
    transfer = result.outcomes[0].transfer
    assert transfer is not None
    async with database.transaction() as tx:
        (ours,) = await issue_receipts(tx, accounts[EMPLOYER], [transfer], by="test")
        (theirs,) = await issue_receipts(tx, accounts[ANNA], [transfer], by="test")
    assert (ours.content.payee.name, ours.content.payee.account) == ("Anna Beispiel", ANNA)
    assert (theirs.content.payer.name, theirs.content.payer.account) == ("Musterfirma GmbH", EMPLOYER)
    assert ours.content.payer.account == str(accounts[EMPLOYER])
    for receipt in (ours, theirs):
        assert receipt.content.end_to_end_id == "SAL-2026-09-0001"
        assert receipt.content.remittance == "Gehalt September 2026"
