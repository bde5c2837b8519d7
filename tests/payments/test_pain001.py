"""Reading pain.001: the whole corpus, every version, and what contradicts itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.kernel.money import CURRENCIES, Amount
from sycee.payments.iso20022 import PAIN001_MESSAGES, Fault, Reason, read_payment_file
from sycee.payments.iso20022.pain001 import read_amount
from tests.payments.market import PAIN001_FILES, file_of, market_file

NO_FAULTS_BUT = {None, "payment_method_not_supported", "equivalent_amount_not_supported"}


def test_the_corpus_has_every_version() -> None:
    assert len(PAIN001_FILES) > 150
    versions = {name for name in PAIN001_MESSAGES for path in PAIN001_FILES if name in str(path)}
    assert versions == set(PAIN001_MESSAGES)


@pytest.mark.parametrize("path", PAIN001_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_of_the_corpus_reads_with_a_reason_for_what_is_refused(path: Path) -> None:
    file = read_payment_file(path.read_bytes())
    assert file.fault is None
    assert file.message_id
    assert file.counted == file.number_of_transactions == len(file.instructions) > 0
    assert all(batch.fault is None and batch.execution_date is not None for batch in file.batches)
    assert all(batch.debtor_account.text() for batch in file.batches)
    for position, instruction in enumerate(file.instructions):
        assert instruction.position == position
        assert instruction.amount is not None
        assert (instruction.fault and instruction.fault.code) in NO_FAULTS_BUT
        cheque = file.batches[instruction.batch].method == "CHK"
        assert (instruction.fault is not None and instruction.fault.reason == "AG03") == cheque


def test_a_salary_file_reads_as_it_is_written() -> None:
    file = read_payment_file(market_file("de.sepa.sct-salary.pain.001.001.13"))
    assert (file.message, file.message_id, file.created_at) == (
        "pain.001.001.13",
        "MSTR-SAL-2026-09",
        "2026-09-25T10:00:00",
    )
    assert (file.initiating_party.name, file.initiating_party.identification) == (
        "Musterfirma GmbH",
        "DE98ZZZ09999999999",
    )
    assert (file.number_of_transactions, file.control_sum, file.summed) == (
        2,
        Decimal("6230.50"),
        Decimal("6230.50"),
    )
    (batch,) = file.batches
    assert (batch.id, batch.method, batch.batch_booking) == ("SAL-2026-09", "TRF", True)
    assert batch.execution_date == date(2026, 9, 28)
    assert batch.debtor_account.keys(batch.debtor_agent) == ("DE09028457998082047609",)
    assert (batch.service_level, batch.category_purpose, batch.charge_bearer) == ("SEPA", "SALA", "SLEV")
    first, second = file.instructions
    assert first.amount == Amount(325_000, "EUR")
    assert (first.end_to_end_id, first.creditor.name) == ("SAL-2026-09-0001", "Anna Beispiel")
    assert first.creditor_account.iban == "DE65261964603287767307"
    assert first.creditor_agent.bic == "XOZFDEA0"
    assert first.remittance_text() == "Gehalt September 2026"
    assert second.remittance_text() == "RF18539007547034"


@pytest.mark.parametrize("name", ["de.sepa.sct-salary", "us.ach.ppd-payroll", "se.bankgiro.supplier"])
def test_old_and_new_spellings_read_alike(name: str) -> None:
    old = read_payment_file(market_file(f"{name}.pain.001.001.03"))
    new = read_payment_file(market_file(f"{name}.pain.001.001.09"))
    assert old.instructions == new.instructions
    assert old.batches == new.batches


def test_a_uetr_is_read_where_the_version_has_one() -> None:
    (old,) = read_payment_file(market_file("ch.international.usd.pain.001.001.03")).instructions
    (new,) = read_payment_file(market_file("ch.international.usd.pain.001.001.09")).instructions
    assert old.uetr is None
    assert new.uetr is not None
    assert UUID(new.uetr).version == 4


def test_an_account_number_is_looked_up_within_its_bank_first() -> None:
    instruction = read_payment_file(market_file("ch.international.usd.pain.001.001.03")).instructions[0]
    assert instruction.creditor_account.keys(instruction.creditor_agent) == (
        "5512345678@USABA121000248",
        "5512345678@DXTQUSY0",
        "5512345678",
    )


@pytest.mark.parametrize(
    ("count", "control_sum", "reason", "code"),
    [
        (3, None, "AM19", "transaction_count_mismatch"),
        (1, "30.00", "AM19", "transaction_count_mismatch"),
        (None, "30.01", "AM16", "control_sum_mismatch"),
        (None, "0", "AM16", "control_sum_mismatch"),
    ],
)
def test_a_group_header_that_announces_otherwise_is_a_fault_of_the_file(
    count: int | None, control_sum: str | None, reason: str, code: str
) -> None:
    file = read_payment_file(file_of([("10.00", "EUR"), ("20", "CNY")], count=count, control_sum=control_sum))
    assert file.fault is not None
    assert (file.fault.reason, file.fault.code) == (reason, code)


@pytest.mark.parametrize("control_sum", ["30", "30.0", "30.00000", "+30."])
def test_a_control_sum_is_a_number_not_a_text(control_sum: str) -> None:
    assert (
        read_payment_file(file_of([("10.00", "EUR"), ("20", "CNY")], control_sum=control_sum)).fault is None
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [("<NbOfTxs>2<", "<NbOfTxs>5<", "AM20"), ("<CtrlSum>6230.50<", "<CtrlSum>6230.51<", "AM17")],
)
def test_a_batch_that_announces_otherwise_is_a_fault_of_the_batch(old: str, new: str, reason: str) -> None:
    head, block, rest = market_file("de.sepa.sct-salary.pain.001.001.09").decode().partition("<PmtInf>")
    file = read_payment_file((head + block + rest.replace(old, new, 1)).encode())
    assert file.fault is None
    assert file.batches[0].fault is not None
    assert file.batches[0].fault.reason == reason


def test_an_execution_date_no_calendar_has_is_a_fault_of_the_batch() -> None:
    file = read_payment_file(file_of([("1", "EUR")], execution_date="-0044-03-15"))
    assert file.batches[0].fault is not None
    assert file.batches[0].fault.reason == "DT01"


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("1.23", "EUR", Amount(123, "EUR")),
        ("+5.", "EUR", Amount(500, "EUR")),
        (".5", "EUR", Amount(50, "EUR")),
        ("0000000000000000000000000000000000000007.50", "CNY", Amount(750, "CNY")),
        ("1234", "JPY", Amount(1234, "JPY")),
        ("1.234", "BHD", Amount(1234, "BHD")),
        ("1.234", "EUR", Reason.DECIMALS),
        ("1.000", "EUR", Reason.DECIMALS),
        ("1.0", "JPY", Reason.DECIMALS),
        ("0.00", "EUR", Reason.ZERO_AMOUNT),
        ("999999999999999999", "EUR", Reason.AMOUNT_NOT_ALLOWED),
        ("1", "XYZ", Reason.INVALID_CURRENCY),
    ],
)
def test_amounts_are_read_exactly_or_refused_with_a_reason(
    text: str, code: str, expected: Amount | Reason
) -> None:
    read = read_amount(text, code)
    assert (read.reason if isinstance(read, Fault) else read) == expected


@given(
    minor=st.integers(1, 10**14),
    code=st.sampled_from(sorted(CURRENCIES)),
    padding=st.integers(0, 3),
    plus=st.booleans(),
)
def test_any_amount_survives_the_way_through_a_file(minor: int, code: str, padding: int, plus: bool) -> None:
    decimals = CURRENCIES[code].exponent
    text = f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"
    if len(text) + padding > 18:
        padding = 0
    file = read_payment_file(file_of([("+" * plus + "0" * padding + text, code)]))
    assert file.instructions[0].amount == Amount(minor, code)
    assert file.summed == Decimal(text)
