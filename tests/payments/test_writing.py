"""What is written follows its schema, says what it was given, and uses codes that ISO 20022 has."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.kernel.money import CURRENCIES, Amount
from sycee.payments.iso20022 import (
    CAMT053_MESSAGES,
    PAIN001_MESSAGES,
    PAIN002_MESSAGES,
    AccountStatement,
    BatchReport,
    Fault,
    Message,
    Reason,
    ReportStatus,
    StatementEntry,
    StatusReport,
    TransactionReport,
    UnwritableMessage,
    common_status,
    read_message,
    reason_of,
    report_message,
    write_statement,
    write_status_report,
)
from tests.payments.market import CORPUS

MOMENT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
DAY = date(2026, 1, 5)
ACCOUNT = "100000000000000014"
ANY_TEXT = st.text(max_size=300)


def values(message: Message, path: str) -> list[str | None]:
    tags = "/".join(message.tag(name) for name in path.split("/"))
    return [node.text for node in message.root.iterfind(f".//{tags}")]


def report(original: str, **changes: Any) -> StatusReport:
    fault = Fault(Reason.INCORRECT_ACCOUNT, "account_not_found", "there is no account 12345678")
    items = (
        TransactionReport(
            "E-1",
            ReportStatus.SETTLED,
            instruction_id="I-1",
            uetr="eb6305c9-1f7f-49de-aed0-16487c27b42d",
            amount=Amount(1234, "JPY"),
            servicer_reference="0" * 32,
        ),
        TransactionReport("E-2", ReportStatus.REJECTED, amount=Amount(1, "BHD"), fault=fault),
    )
    given_values: dict[str, Any] = {
        "message_id": "R-1",
        "created_at": MOMENT,
        "original_message": original,
        "original_message_id": "M-1",
        "original_created_at": "2026-01-05T09:00:00",
        "original_count": 2,
        "status": ReportStatus.PARTLY,
        "batches": (BatchReport("B-1", ReportStatus.PARTLY, items, 2, Decimal("1234.001")),),
        "original_control_sum": Decimal("1E+3"),
    }
    return StatusReport(**(given_values | changes))


@pytest.mark.parametrize("original", PAIN001_MESSAGES)
def test_a_status_report_is_valid_for_every_version_it_answers(original: str) -> None:
    newer = original >= "pain.001.001.09"
    assert report_message(original) == ("pain.002.001.12" if newer else "pain.002.001.03")
    message = read_message(write_status_report(report(original)), PAIN002_MESSAGES)
    assert message.name == report_message(original)
    assert values(message, "GrpSts") == ["PART"]
    assert values(message, "TxSts") == ["ACSC", "RJCT"]
    assert values(message, "OrgnlCtrlSum") == ["1000", "1234.001"]
    assert values(message, "InstdAmt") == ["1234", "0.001"]
    assert values(message, "Rsn/Cd") == ["AC01"]
    assert values(message, "AddtlInf") == ["account_not_found", "there is no account 12345678"]
    assert values(message, "DtldNbOfTxs") == ["1", "1", "1", "1"]
    assert values(message, "OrgnlUETR") == (["eb6305c9-1f7f-49de-aed0-16487c27b42d"] if newer else [])


def test_a_rejected_file_gives_its_reason_at_the_group() -> None:
    fault = Fault(
        Reason.GROUP_CONTROL_SUM, "control_sum_mismatch", "the control sum is 1 and the amounts add up to 2"
    )
    written = write_status_report(
        report("pain.001.001.09", status=ReportStatus.REJECTED, batches=(), fault=fault)
    )
    message = read_message(written, PAIN002_MESSAGES)
    assert values(message, "GrpSts") == ["RJCT"]
    assert values(message, "Rsn/Cd") == ["AM16"]


@given(detail=ANY_TEXT)
def test_any_detail_can_be_reported(detail: str) -> None:
    fault = Fault(Reason.NARRATIVE, "linked_failed", detail)
    assert read_message(write_status_report(report("pain.001.001.03", fault=fault)), PAIN002_MESSAGES)


def test_a_report_that_its_schema_refuses_is_not_written() -> None:
    with pytest.raises(UnwritableMessage, match="MsgId"):
        write_status_report(report("pain.001.001.09", message_id="R" * 36))


def test_the_status_of_a_whole_is_the_common_one_or_part() -> None:
    settled, rejected = ReportStatus.SETTLED, ReportStatus.REJECTED
    assert common_status([settled, settled]) == "ACSC"
    assert common_status([rejected]) == "RJCT"
    assert common_status([settled, rejected]) == "PART"
    assert common_status([]) == "RJCT"


def test_every_code_used_is_in_the_external_code_sets_of_iso_20022() -> None:
    (code_sets,) = CORPUS.joinpath("external_codes").glob("*.json")
    known = json.loads(code_sets.read_text("utf-8"))["definitions"]
    reasons = known["ExternalStatusReason1Code"]["enum"]
    assert {str(reason) for reason in Reason} <= set(reasons)
    assert {"ACSC", "ACSP", "PDNG", "PART", "RJCT"} <= set(known["ExternalPaymentGroupStatus1Code"]["enum"])
    assert {"OPBD", "CLBD", "CLAV"} <= set(known["ExternalBalanceType1Code"]["enum"])
    assert "BOOK" in known["ExternalEntryStatus1Code"]["enum"]
    assert reason_of("insufficient_funds") == "AM04"
    assert reason_of("a code nobody has thought of") == "NARR"


def entry(minor: int, credit: bool, currency: str = "CNY", **more: Any) -> StatementEntry:
    return StatementEntry("f" * 32, Amount(minor, currency), credit, DAY, DAY, **more)


def statement(opening: int, closing: int, entries: list[StatementEntry], **more: Any) -> AccountStatement:
    currency = more.pop("currency", "CNY")
    return AccountStatement(
        message_id="S-1",
        id="S-1",
        created_at=MOMENT,
        account=ACCOUNT,
        currency=currency,
        start=DAY,
        end=DAY,
        opening=Amount(opening, currency),
        closing=Amount(closing, currency),
        entries=entries,
        **more,
    )


def test_a_statement_gives_balances_sums_and_entries_in_the_customers_signs() -> None:
    entries = [
        entry(
            10_000, True, counterparty_name="上海细丝贸易有限公司", counterparty_account="100000000000000022"
        ),
        entry(
            2_550,
            False,
            end_to_end_id="E-1",
            remittance="Invoice 7",
            counterparty_iban="DE09028457998082047609",
        ),
        entry(10_000, False, reversal=True, description="Reversal"),
    ]
    written = write_statement(
        statement(
            -5_000, -7_550, entries, closing_available=Amount(-9_999, "CNY"), account_name="细丝", sequence=12
        )
    )
    message = read_message(written, CAMT053_MESSAGES)
    assert values(message, "Bal/Tp/CdOrPrtry/Cd") == ["OPBD", "CLBD", "CLAV"]
    assert values(message, "Bal/Amt") == ["50.00", "75.50", "99.99"]
    assert values(message, "Bal/CdtDbtInd") == ["DBIT", "DBIT", "DBIT"]
    assert values(message, "Ntry/Amt") == ["100.00", "25.50", "100.00"]
    assert values(message, "Ntry/CdtDbtInd") == ["CRDT", "DBIT", "DBIT"]
    assert values(message, "Ntry/RvslInd") == ["true"]
    assert values(message, "SubFmlyCd") == ["BOOK", "BOOK", "RRTN"]
    assert values(message, "NbOfNtries") == ["3", "1", "2"]
    assert values(message, "TxsSummry/TtlNtries/Sum") == ["225.50"]
    assert values(message, "TtlNetNtry/Amt") == ["25.50"]
    assert values(message, "TtlNetNtry/CdtDbtInd") == ["DBIT"]
    assert values(message, "Dbtr/Pty/Nm") == ["上海细丝贸易有限公司"]
    assert values(message, "DbtrAcct/Id/Othr/Id") == ["100000000000000022"]
    assert values(message, "CdtrAcct/Id/IBAN") == ["DE09028457998082047609"]
    assert values(message, "EndToEndId") == ["E-1"]
    assert values(message, "Ustrd") == ["Invoice 7"]


def test_a_statement_without_entries_opens_and_closes_alike() -> None:
    message = read_message(write_statement(statement(0, 0, [])), CAMT053_MESSAGES)
    assert values(message, "Bal/CdtDbtInd") == ["CRDT", "CRDT"]
    assert values(message, "NbOfNtries") == ["0", "0", "0"]


@pytest.mark.parametrize(
    ("opening", "closing", "entries"),
    [
        (0, 1, []),
        (0, 100, [entry(100, False)]),
        (0, 100, [entry(100, True, "EUR")]),
        (0, 0, [entry(0, True)]),
        (0, -5, [entry(-5, True)]),
    ],
)
def test_a_statement_that_does_not_add_up_is_not_written(
    opening: int, closing: int, entries: list[StatementEntry]
) -> None:
    with pytest.raises(UnwritableMessage):
        write_statement(statement(opening, closing, entries))


@given(
    opening=st.integers(-(10**16), 10**16),
    movements=st.lists(st.tuples(st.integers(1, 10**14), st.booleans()), max_size=8),
    code=st.sampled_from(sorted(CURRENCIES)),
)
def test_any_statement_reads_back_to_the_same_money(
    opening: int, movements: list[tuple[int, bool]], code: str
) -> None:
    closing = opening + sum(minor if credit else -minor for minor, credit in movements)
    entries = [entry(minor, credit, code) for minor, credit in movements]
    message = read_message(
        write_statement(statement(opening, closing, entries, currency=code)), CAMT053_MESSAGES
    )
    amounts, directions = values(message, "Bal/Amt"), values(message, "Bal/CdtDbtInd")
    signed = [Decimal(a or "") * (1 if d == "CRDT" else -1) for a, d in zip(amounts, directions, strict=True)]
    scale = -CURRENCIES[code].exponent
    assert signed == [Decimal(opening).scaleb(scale), Decimal(closing).scaleb(scale)]
    assert [Decimal(text or "") for text in values(message, "Ntry/Amt")] == [
        Decimal(minor).scaleb(scale) for minor, _ in movements
    ]


@given(name=ANY_TEXT, reference=ANY_TEXT, text=ANY_TEXT)
def test_any_text_can_stand_in_a_statement(name: str, reference: str, text: str) -> None:
    item = entry(
        1,
        True,
        counterparty_name=name,
        counterparty_account=reference,
        end_to_end_id=reference,
        remittance=text,
        description=text,
    )
    written = write_statement(statement(0, 1, [item], account_name=name, owner=name))
    assert read_message(written, CAMT053_MESSAGES)
