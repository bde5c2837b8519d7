"""Messages between banks: what is written is read back whole, what is hostile is refused."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sycee.kernel.errors import PayloadTooLarge, SyceeError
from sycee.kernel.money import Amount
from sycee.payments.iso20022 import (
    ForbiddenXml,
    InvalidMessage,
    MalformedXml,
    SchemaViolation,
    UnsupportedMessage,
    UnwritableMessage,
    WrongEncoding,
)
from sycee.payments.iso20022.interbank import (
    INTERBANK_MESSAGES,
    Interbank,
    message_of,
    read_interbank,
    write_interbank,
)
from sycee.payments.iso20022.interbank.settlement_report import (
    Balance,
    SettlementReport,
    read_settlement_report,
    write_settlement_report,
)
from tests.long_runs import rounds
from tests.payments.rails.messages import SAMPLE, interbank, reports

WRITTEN = write_interbank(SAMPLE)


def with_type(declared: bytes) -> bytes:
    return WRITTEN.replace(b"<Document", b"<!DOCTYPE Document " + declared + b"><Document", 1)


@settings(max_examples=rounds(200, 5_000), deadline=None)
@given(interbank)
def test_a_message_is_read_back_as_it_was_written(message: Interbank) -> None:
    data = write_interbank(message)
    assert read_interbank(data) == message
    assert write_interbank(read_interbank(data)) == data


@settings(max_examples=rounds(50, 2_000), deadline=None)
@given(reports())
def test_a_report_is_read_back_as_it_was_written(report: SettlementReport) -> None:
    assert read_settlement_report(write_settlement_report(report)) == report


@settings(max_examples=rounds(100, 5_000), deadline=None)
@given(st.data())
def test_a_damaged_message_is_refused_with_an_error_of_ours_or_still_follows_its_schema(
    data: st.DataObject,
) -> None:
    start = data.draw(st.integers(0, len(WRITTEN) - 1))
    end = data.draw(st.integers(start, min(len(WRITTEN), start + 40)))
    damaged = WRITTEN[:start] + data.draw(st.binary(max_size=20)) + WRITTEN[end:]
    with suppress(InvalidMessage, UnsupportedMessage):  # and nothing else may be raised
        assert message_of(read_interbank(damaged)) in INTERBANK_MESSAGES


@pytest.mark.parametrize(
    ("hostile", "kind"),
    [
        (with_type(b"[<!ENTITY x SYSTEM 'file:///etc/passwd'>]"), ForbiddenXml),
        (with_type(b"SYSTEM 'http://127.0.0.1:9/x.dtd'"), ForbiddenXml),
        (WRITTEN.replace(b"INV-2026-1", b"&x;"), MalformedXml),
        (WRITTEN[:-40], MalformedXml),
        (b"", MalformedXml),
        (WRITTEN.decode().encode("utf-16"), WrongEncoding),
        (WRITTEN.replace(b"pacs.008.001.08", b"pacs.008.001.02"), UnsupportedMessage),
        (WRITTEN.replace(b"<EndToEndId>INV-2026-1</EndToEndId>", b""), SchemaViolation),
        (WRITTEN.replace(b"</Document>", b"<More/></Document>"), SchemaViolation),
        (b"<a>" * 300 + b"</a>" * 300, ForbiddenXml),
    ],
    ids=["entity", "external-dtd", "undeclared-entity", "cut-off", "empty", "utf-16", "other-version",
         "without-its-id", "with-more", "deep"],
)  # fmt: skip
def test_hostile_xml_is_refused_as_it_is_in_a_payment_file(hostile: bytes, kind: type[SyceeError]) -> None:
    started = time.monotonic()
    with pytest.raises(kind):
        read_interbank(hostile)
    assert time.monotonic() - started < 1


def test_a_message_past_the_limit_is_not_parsed() -> None:
    with pytest.raises(PayloadTooLarge):
        read_interbank(WRITTEN, max_bytes=len(WRITTEN) - 1)


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b"<NbOfTxs>1<", b"<NbOfTxs>2<"),
        (b'<TtlIntrBkSttlmAmt Ccy="CNY">1234.56<', b'<TtlIntrBkSttlmAmt Ccy="CNY">1234.57<'),
        (b'<IntrBkSttlmAmt Ccy="CNY">1234.56<', b'<IntrBkSttlmAmt Ccy="CNY">1234.561<'),
        (b"<TxId>T1</TxId>", b""),
    ],
    ids=["count", "total", "decimals", "no-transaction-id"],
)
def test_a_message_that_contradicts_itself_is_refused(what: bytes, instead: bytes) -> None:
    assert what in WRITTEN
    with pytest.raises(InvalidMessage):
        read_interbank(WRITTEN.replace(what, instead))


def test_amounts_are_taken_as_xml_schema_writes_decimals() -> None:
    written = re.sub(rb'(<(?:Ttl)?IntrBkSttlmAmt Ccy="CNY">)1234\.56<', rb"\1 +01234.560 <", WRITTEN)
    assert read_interbank(written) == SAMPLE


def test_nothing_is_written_that_its_schema_refuses() -> None:
    with pytest.raises(UnwritableMessage):
        write_interbank(replace(SAMPLE, message_id="x" * 36))
    with pytest.raises(UnwritableMessage):
        write_interbank(replace(SAMPLE, rail="\x00"))


def test_a_report_that_does_not_add_up_is_neither_written_nor_taken() -> None:
    one_yuan = (Amount(100, "CNY"), "CRDT", SAMPLE.settlement_date)
    report = SettlementReport(
        message_id="M", created_at=SAMPLE.created_at, id="R", reported_at=SAMPLE.created_at, account="A",
        currency="CNY", entries=(),
        balances=(Balance("OPBD", *one_yuan), Balance("CLBD", *one_yuan)),
    )  # fmt: skip
    written = write_settlement_report(report)
    broken = written.replace(b">1.00<", b">1.01<", 1)
    with pytest.raises(InvalidMessage, match="does not add up"):
        read_settlement_report(broken)
    with pytest.raises(InvalidMessage, match="does not add up"):
        write_settlement_report(
            replace(report, balances=(report.balances[0], replace(report.balances[1], direction="DBIT")))
        )
