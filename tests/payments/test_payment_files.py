"""Receiving payment files: what is paid, what is refused and why, and that nothing is paid twice."""

from __future__ import annotations

import asyncio

import pytest

from sycee import payments
from sycee.ledger import AccountStatus
from sycee.payments import (
    AliasTaken,
    InvalidAlias,
    MessageIdReused,
    PaymentFileNotFound,
    PaymentFileResult,
    receive_payment_file,
)
from sycee.payments.iso20022 import PAIN002_MESSAGES, MalformedXml, read_message, read_payment_file
from tests.payments.conftest import OTHER_CELL, Bank
from tests.payments.market import PAIN001_FILES, file_of, market_file
from tests.payments.salaries import ANNA, EMPLOYER, MAX, SALARY, salary_accounts, send

pytestmark = pytest.mark.usefixtures("screened")


async def stored(bank: Bank, result: PaymentFileResult) -> PaymentFileResult:
    async with bank.database.transaction() as tx:
        return await payments.payment_file(tx, result.id)


def codes(result: PaymentFileResult) -> list[tuple[str, str] | None]:
    faults = [outcome.fault for outcome in result.outcomes]
    return [(str(fault.reason), fault.code) if fault else None for fault in faults]


async def test_a_salary_file_pays_each_employee_and_the_outcome_is_kept(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    result = await send(bank, market_file(SALARY), accounts)
    assert (result.status, result.settled(), result.rejected()) == ("ACSC", 2, 0)
    assert (result.message, result.message_id, result.announced) == ("pain.001.001.09", "MSTR-SAL-2026-09", 2)
    assert [await bank.balance(accounts[name]) for name in (EMPLOYER, ANNA, MAX)] == [
        376_950,
        325_000,
        298_050,
    ]
    assert await stored(bank, result) == result


async def test_the_same_file_sent_again_pays_once(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    first = await send(bank, market_file(SALARY), accounts)
    again = await send(bank, market_file(SALARY), accounts)
    assert not first.duplicate
    assert again.duplicate
    assert again.outcomes == first.outcomes
    assert await bank.balance(accounts[EMPLOYER]) == 376_950


async def test_the_same_file_sent_by_many_at_once_pays_once(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    results = await asyncio.gather(*(send(bank, market_file(SALARY), accounts) for _ in range(6)))
    assert sorted(result.duplicate for result in results) == [False] + [True] * 5
    assert len({result.outcomes for result in results}) == 1
    assert await bank.balance(accounts[EMPLOYER]) == 376_950


async def test_a_message_id_used_for_another_file_is_refused_and_changes_nothing(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    await send(bank, market_file(SALARY), accounts)
    other = market_file(SALARY).replace(b"Gehalt September", b"Gehalt Oktober")
    with pytest.raises(MessageIdReused) as caught:
        await send(bank, other, accounts)
    assert caught.value.code == "message_id_reused"
    assert caught.value.facts["reason"] == "AM05"
    assert await bank.balance(accounts[EMPLOYER]) == 376_950


async def test_two_parties_may_use_the_same_message_id(bank: Bank) -> None:
    payer, payee = await bank.open_many([("EUR", 1_000), ("EUR", 0)])
    for initiator in ("Alpha Ltd", "Beta Ltd"):
        data = file_of([("1.00", "EUR")], debtor=str(payer), creditors=[str(payee)], initiator=initiator)
        assert (await send(bank, data)).status == "ACSC"
    assert await bank.balance(payee) == 200


async def test_nothing_is_kept_of_a_file_that_cannot_be_read(bank: Bank) -> None:
    with pytest.raises(MalformedXml):
        await send(bank, market_file(SALARY)[:-20])
    assert await bank.count("payment_files") == 0


async def test_a_transaction_rolled_back_leaves_neither_payments_nor_file(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    tried: list[PaymentFileResult] = []

    async def receive_and_fail() -> None:
        async with bank.database.transaction() as tx:
            tried.append(await receive_payment_file(tx, market_file(SALARY), account_map=accounts))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await receive_and_fail()
    assert await bank.count("payment_files") == await bank.count("payment_instructions") == 0
    assert await bank.balance(accounts[EMPLOYER]) == 1_000_000
    assert (await send(bank, market_file(SALARY), accounts)).outcomes == tried[0].outcomes


async def test_an_unknown_creditor_rejects_its_instruction_alone(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    del accounts[ANNA]
    result = await send(bank, market_file(SALARY), accounts)
    assert result.status == result.batches[0].status == "PART"
    assert codes(result) == [("AC01", "account_not_found"), None]
    assert ANNA in str(result.outcomes[0].fault)
    assert await bank.balance(accounts[EMPLOYER]) == 1_000_000 - 298_050
    assert await stored(bank, result) == result


async def test_an_unknown_debtor_rejects_its_batch(bank: Bank) -> None:
    accounts = await salary_accounts(bank)
    del accounts[EMPLOYER]
    result = await send(bank, market_file(SALARY), accounts)
    assert result.status == "RJCT"
    assert codes(result) == [("AC01", "account_not_found")] * 2
    assert result.batches[0].fault is not None
    assert await stored(bank, result) == result


async def test_money_runs_out_in_the_order_of_the_file(bank: Bank) -> None:
    payer, payee = await bank.open_many([("EUR", 1_000), ("EUR", 0)])
    amounts = [("6.00", "EUR"), ("5.00", "EUR"), ("4.00", "EUR"), ("0.01", "EUR")]
    result = await send(bank, file_of(amounts, debtor=str(payer), creditors=[str(payee)]))
    refused = ("AM04", "insufficient_funds")
    assert codes(result) == [None, refused, None, refused]
    assert await bank.balance(payer) == 0
    assert await bank.balance(payee) == 1_000


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (AccountStatus.CREDIT_BLOCKED, ("AC06", "credit_blocked")),
        (AccountStatus.FROZEN, ("AC06", "account_frozen")),
        (AccountStatus.CLOSED, ("AC04", "account_closed")),
    ],
)
async def test_a_creditor_that_may_not_be_credited_is_refused_with_its_reason(
    bank: Bank, status: AccountStatus, expected: tuple[str, str]
) -> None:
    payer, payee = await bank.open_many([("EUR", 1_000), ("EUR", 0)])
    await bank.change(payee, status)
    result = await send(bank, file_of([("1.00", "EUR")], debtor=str(payer), creditors=[str(payee)]))
    assert codes(result) == [expected]
    assert await bank.balance(payer) == 1_000


async def test_each_bad_instruction_is_refused_for_its_own_reason_and_the_good_one_paid(bank: Bank) -> None:
    payer, euros, dollars = await bank.open_many([("EUR", 100_000), ("EUR", 0), ("USD", 0)])
    wrong_digit = str(euros)[:-1] + str((int(str(euros)[-1]) + 1) % 10)
    amounts = [("1.00", "EUR"), ("1.00", "USD"), ("1.001", "EUR"), ("0", "EUR"), ("1", "XXY"), ("9", "EUR")]
    creditors = [str(euros), str(dollars), str(euros), str(euros), str(euros), wrong_digit]
    result = await send(bank, file_of(amounts, debtor=str(payer), creditors=creditors))
    assert codes(result) == [
        None,
        ("AM03", "currency_mismatch"),
        ("CH20", "invalid_amount"),
        ("AM01", "invalid_amount"),
        ("AM11", "unknown_currency"),
        ("AC01", "invalid_account_number"),
    ]
    assert await bank.balance(payer) == 99_900
    assert await stored(bank, result) == result


async def test_paying_oneself_is_refused(bank: Bank) -> None:
    payer = await bank.open("EUR", 1_000)
    result = await send(bank, file_of([("1.00", "EUR")], debtor=str(payer), creditors=[str(payer)]))
    assert codes(result) == [("AC03", "same_account")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"control_sum": "3.01"}, ("AM16", "control_sum_mismatch")),
        ({"count": 3}, ("AM19", "transaction_count_mismatch")),
    ],
)
async def test_a_file_that_contradicts_its_header_is_rejected_whole(
    bank: Bank, changes: dict[str, int | str], expected: tuple[str, str]
) -> None:
    payer, payee = await bank.open_many([("EUR", 1_000), ("EUR", 0)])
    amounts = [("1.00", "EUR"), ("2.00", "EUR")]
    data = file_of(amounts, debtor=str(payer), creditors=[str(payee)], **changes)  # type: ignore[arg-type]
    result = await send(bank, data)
    assert result.status == "RJCT"
    assert result.fault is not None
    assert codes(result) == [expected] * 2
    assert await bank.balance(payer) == 1_000
    assert await stored(bank, result) == result


async def test_an_execution_date_still_to_come_is_refused_unless_paid_early(bank: Bank) -> None:
    payer, payee = await bank.open_many([("EUR", 1_000), ("EUR", 0)])
    data = file_of([("1.00", "EUR")], debtor=str(payer), creditors=[str(payee)], execution_date="2026-11-21")
    result = await send(bank, data)
    assert codes(result) == [("DT04", "execution_date_in_future")]
    early = await send(bank, data.replace(b"M-1", b"M-2"), pay_early=True)
    assert early.status == "ACSC"
    assert early.outcomes[0].transfer is not None
    async with bank.database.transaction() as tx:
        cursor = await tx.execute(
            "SELECT value_date::text FROM transfers WHERE id = %s", (early.outcomes[0].transfer,)
        )
        assert await cursor.fetchone() == ("2026-11-21",)


async def test_cheques_are_refused(bank: Bank) -> None:
    payer = await bank.open("USD", 1_000_000)
    result = await send(bank, market_file("us.check.vendor.pain.001.001.09"), {"4412345678": payer})
    assert codes(result) == [("AG03", "payment_method_not_supported")]


async def test_a_payment_may_go_to_another_cell(bank: Bank) -> None:
    payer = await bank.open("EUR", 1_000)
    payee = await bank.open("EUR", cell=OTHER_CELL)
    result = await send(bank, file_of([("1.00", "EUR")], debtor=str(payer), creditors=[str(payee)]))
    assert result.status == "ACSC"
    assert await bank.balance(payee) == 100


async def test_registered_aliases_stand_for_accounts_the_particular_before_the_bare(bank: Bank) -> None:
    payer, particular, bare = await bank.open_many([("USD", 10_000_000), ("USD", 0), ("USD", 0)])
    async with bank.database.transaction() as tx:
        names = {
            "CH9009808930715794848": payer,
            "5512345678@USABA121000248": particular,
            "5512345678": bare,
        }
        await payments.add_account_aliases(tx, names)
        await payments.add_account_aliases(tx, names)
        assert await payments.aliases_of(tx, payer) == ["CH9009808930715794848"]
    result = await send(bank, market_file("ch.international.usd.pain.001.001.09"))
    assert result.status == "ACSC"
    assert result.outcomes[0].credit == particular


async def test_an_alias_stands_for_one_account_only(bank: Bank) -> None:
    async with bank.database.transaction() as tx:
        await payments.add_account_aliases(tx, {"X": 1, "Y": 2})
    with pytest.raises(AliasTaken):
        async with bank.database.transaction() as tx:
            await payments.add_account_aliases(tx, {"Z": 3, "X": 2})
    with pytest.raises(InvalidAlias):
        async with bank.database.transaction() as tx:
            await payments.add_account_aliases(tx, {" ": 3})
    assert await bank.count("account_aliases") == 2


async def test_an_unknown_file_is_not_found(bank: Bank) -> None:
    result = await send(bank, file_of([("1", "EUR")]))
    async with bank.database.transaction() as tx:
        await tx.execute("DELETE FROM payment_instructions")
        await tx.execute("DELETE FROM payment_files")
        with pytest.raises(PaymentFileNotFound):
            await payments.payment_file(tx, result.id)


async def test_a_report_can_be_drawn_from_what_is_kept_at_any_time(bank: Bank) -> None:
    accounts = await salary_accounts(bank, funds=300_000)
    for version, answer in (("03", "pain.002.001.03"), ("13", "pain.002.001.12")):
        data = market_file(f"de.sepa.sct-salary.pain.001.001.{version}").replace(
            b"<MsgId>", b"<MsgId>" + version.encode()
        )
        result = await stored(bank, await send(bank, data, accounts))
        message = read_message(payments.status_report(result), PAIN002_MESSAGES)
        assert message.name == answer
        statuses = [node.text for node in message.root.iter(message.tag("TxSts"))]
        assert statuses == [str(outcome.status) for outcome in result.outcomes]
        assert [node.text for node in message.root.iter(message.tag("GrpSts"))] == [str(result.status)]


async def test_every_file_of_the_corpus_is_paid_or_refused_with_a_reason(bank: Bank) -> None:
    files = [path.read_bytes() for path in PAIN001_FILES if "market" in str(path)]
    names: dict[str, str] = {}
    for data in files:
        file = read_payment_file(data)
        for item in file.instructions:
            names.setdefault(file.batches[item.batch].debtor_account.text(), item.currency)
            names.setdefault(item.creditor_account.text(), item.currency)
    names.pop("", None)
    opened = await bank.open_many([(currency, 10**12) for currency in names.values()])
    accounts = dict(zip(names, opened, strict=True))
    for position, data in enumerate(files):
        # A file comes in two versions under one message id.
        own = data.replace(b"<MsgId>", b"<MsgId>%d" % position, 1)
        result = await send(bank, own, accounts)
        cheque = b"<PmtMtd>CHK" in data
        foreign = result.rejected() and not cheque
        assert result.status == ("RJCT" if cheque or foreign else "ACSC")
        if foreign:
            assert set(codes(result)) == {("AM03", "currency_mismatch")}
        assert read_message(payments.status_report(result), PAIN002_MESSAGES)
