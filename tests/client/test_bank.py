"""The SDK against a running bank: every method, and what refusals look like."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING

import pytest

from sycee.client import (
    Account,
    InvalidRequest,
    Money,
    NewTransfer,
    NothingThere,
    StateConflict,
    Sycee,
    TokenRefused,
)
from sycee.kernel.errors import NotFound
from sycee.kernel.ids import account_number, uuid7
from sycee.kernel.money import InvalidAmount

if TYPE_CHECKING:
    from tests.client.conftest import Service

BUSINESS_DATE = date(2026, 3, 31)


async def test_money_moved_is_in_both_balances(bank: Sycee, treasury: Account, customer: Account) -> None:
    outcome = await bank.transfer(treasury.number, customer.number, "1234.56 CNY", reference="INV-1")
    assert outcome.status == "posted"
    assert outcome.accepted
    assert str((await bank.balance(customer.number)).balance) == "1234.56 CNY"
    assert (await bank.account(treasury.number)).balance.value == "1234.56"


async def test_a_rejected_transfer_is_an_outcome_not_an_exception(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    outcome = await bank.transfer(customer.number, treasury.number, "1.00 CNY")
    assert (outcome.status, outcome.code, outcome.accepted) == ("rejected", "insufficient_funds", False)


async def test_the_same_transfer_again_is_a_duplicate(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    transfer = NewTransfer(debit=treasury.number, credit=customer.number, amount=Money.parse("5 CNY"))
    first, second = [(await bank.post([transfer]))[0] for _ in range(2)]
    assert (first.status, second.status, second.first) == ("posted", "duplicate", "posted")
    assert (await bank.balance(customer.number)).balance.value == "5.00"


async def test_a_dry_run_changes_nothing(bank: Sycee, treasury: Account, customer: Account) -> None:
    transfer = NewTransfer(debit=treasury.number, credit=customer.number, amount=Money.parse("5 CNY"))
    assert (await bank.post([transfer], dry_run=True))[0].accepted
    assert (await bank.balance(customer.number)).balance.value == "0.00"


async def test_a_hold_is_posted_in_part_and_the_rest_given_back(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    await bank.transfer(treasury.number, customer.number, "100 CNY")
    hold = await bank.transfer(customer.number, treasury.number, "60 CNY", kind="pending")
    assert (await bank.balance(customer.number)).available.value == "40.00"
    assert (await bank.post_pending(hold.id, "25 CNY")).status == "posted"
    after = await bank.balance(customer.number)
    assert (after.balance.value, after.held.value) == ("75.00", "0.00")
    with pytest.raises(StateConflict) as refused:
        await bank.void_pending(hold.id)
    assert refused.value.code == "already_posted"


async def test_a_voided_hold_is_given_back_and_a_second_void_is_harmless(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    hold = await bank.transfer(treasury.number, customer.number, "60 CNY", kind="pending")
    assert (await bank.void_pending(hold.id)).status == "voided"
    assert (await bank.void_pending(hold.id)).status == "duplicate"
    assert (await bank.find_transfer(hold.id)).state == "voided"


async def test_a_reversal_restores_both_balances(bank: Sycee, treasury: Account, customer: Account) -> None:
    outcome = await bank.transfer(treasury.number, customer.number, "9.99 CNY")
    assert (await bank.reverse(outcome.id, description="paid twice")).status == "posted"
    assert (await bank.balance(customer.number)).balance.value == "0.00"


async def test_entries_are_read_page_after_page_in_either_order(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    transfers = [
        NewTransfer(
            debit=treasury.number, credit=customer.number, amount=Money(currency="CNY", value=f"{n}.00")
        )
        for n in range(1, 8)
    ]
    await bank.post(transfers)
    newest = [entry.amount.value async for entry in bank.entries(customer.number, page=3)]
    oldest = [entry.amount.value async for entry in bank.entries(customer.number, newest_first=False, page=2)]
    assert newest == [f"{n}.00" for n in range(7, 0, -1)]
    assert oldest == newest[::-1]


async def test_accounts_are_listed_by_customer_across_pages(bank: Sycee) -> None:
    owner = uuid7()
    opened = [
        await bank.open_account("CNY", "2011", cell=101, customer=owner, name=f"account {n}")
        for n in range(3)
    ]
    listed = [account.number async for account in bank.accounts(customer=owner, page=2)]
    assert listed == sorted(account.number for account in opened)


async def test_a_frozen_account_says_so_and_refuses(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    changed = await bank.change_account(customer.number, status="frozen", reason="Court order")
    assert changed.status == "frozen"
    outcome = await bank.transfer(treasury.number, customer.number, "1 CNY")
    assert outcome.code == "account_frozen"


async def test_an_overdraft_line_is_a_negative_floor(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    await bank.change_account(customer.number, floor="-10.00 CNY", reason="Credit line 7")
    assert (await bank.transfer(customer.number, treasury.number, "10 CNY")).accepted
    assert (await bank.transfer(customer.number, treasury.number, "0.01 CNY")).code == "insufficient_funds"


async def test_a_statement_adds_up_and_comes_as_camt053(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    await bank.transfer(treasury.number, customer.number, "30 CNY")
    await bank.transfer(customer.number, treasury.number, "12.50 CNY")
    statement = await bank.statement(customer.number, BUSINESS_DATE, BUSINESS_DATE)
    assert (statement.opening.value, statement.closing.value) == ("0.00", "17.50")
    assert (statement.credit_total.value, statement.debit_total.value) == ("30.00", "12.50")
    assert len(statement.entries) == 2
    document = await bank.statement_camt053(customer.number, BUSINESS_DATE, BUSINESS_DATE)
    assert b"camt.053.001" in document
    workbook = await bank.statement_file(customer.number, BUSINESS_DATE, BUSINESS_DATE, "xlsx")
    assert workbook.startswith(b"PK")
    assert b"camt.052.001" in await bank.intraday_report(customer.number)
    notice = await bank.entry_notice(customer.number, start=BUSINESS_DATE, end=BUSINESS_DATE, side="credit")
    assert b"camt.054.001" in notice and b">30.00<" in notice and b">12.50<" not in notice


async def test_a_receipt_is_issued_printed_signed_and_checked(
    bank: Sycee, treasury: Account, customer: Account
) -> None:
    paid = [await bank.transfer(treasury.number, customer.number, f"{n} CNY") for n in (1, 2, 3)]
    issued = await bank.issue_receipts(customer.number, [one.id for one in paid])
    assert [one.amount.value for one in issued] == ["1.00", "2.00", "3.00"]
    assert [one async for one in bank.receipts(customer.number, page=2)] == issued[::-1]
    number = issued[0].number
    pdf = await bank.receipt_pdf(customer.number, number)
    signature = await bank.receipt_signature(customer.number, number)
    assert signature.key in {key.id for key in await bank.seal_keys()}
    assert (len(signature.ed25519), len(signature.ml_dsa_65)) == (64, 3309)
    found = await bank.verify_receipt(number, issued[0].code)
    assert found.pdf_sha256 == signature.pdf_sha256 == hashlib.sha256(pdf).hexdigest()
    assert (await bank.receipt(customer.number, number)).prints == 1


async def test_the_trial_balance_balances(bank: Sycee, treasury: Account, customer: Account) -> None:
    await bank.transfer(treasury.number, customer.number, "30 CNY")
    balance = await bank.trial_balance()
    assert balance.totals
    assert all(total.balanced for total in balance.totals)


async def test_health_needs_no_token(service: Service) -> None:
    async with Sycee(service.url, "") as anonymous:
        assert (await anonymous.health()).status == "ready"


async def test_a_problem_is_the_kernels_error_with_code_detail_and_status(bank: Sycee) -> None:
    missing = str(account_number(101, 99_999_999))
    with pytest.raises(NotFound) as refused:
        await bank.account(missing)
    problem = refused.value
    assert isinstance(problem, NothingThere)
    assert (problem.code, problem.status) == ("account_not_found", 404)
    assert missing in problem.detail


async def test_an_unknown_token_is_refused_at_once(service: Service) -> None:
    async with Sycee(service.url, "syc_000000000000_wrong") as stranger:
        with pytest.raises(TokenRefused):
            await stranger.account(str(account_number(101, 1)))


async def test_a_malformed_number_is_an_invalid_request(bank: Sycee) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await bank.account("12345")
    assert refused.value.code == "invalid_account_number"


async def test_an_amount_with_too_many_decimals_is_refused_before_it_is_sent(bank: Sycee) -> None:
    with pytest.raises(InvalidAmount):
        await bank.transfer("1", "2", "1.234 CNY")
    with pytest.raises(InvalidAmount):
        Money.parse("1.5 JPY")
