"""A file read as a stream says what it says read whole, and what is wrong is told with its place."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest

from sycee.payments.iso20022 import (
    BatchBegins,
    BatchEnds,
    ForbiddenXml,
    InvalidMessage,
    MalformedXml,
    PaymentInstruction,
    SchemaViolation,
    StreamEnds,
    StreamHeader,
    UnsupportedMessage,
    WrongEncoding,
    read_payment_file,
    stream_payment_file,
)
from tests.payments.market import PAIN001_FILES, PAIN008_FILES, file_of


def streamed(data: bytes) -> list[object]:
    """Everything that a stream of these bytes yields."""
    return list(stream_payment_file(io.BytesIO(data)))


@pytest.mark.parametrize("path", PAIN001_FILES, ids=lambda path: path.stem)
def test_every_market_file_streams_as_it_reads(path: Path) -> None:
    data = path.read_bytes()
    try:
        whole = read_payment_file(data)
    except SchemaViolation as refused:
        with pytest.raises(SchemaViolation) as streaming:
            streamed(data)
        assert streaming.value.facts["element"] == refused.facts["element"]  # noqa: PT017 - both ways refuse
        assert streaming.value.facts["element"]
        return
    found = streamed(data)
    head, end = found[0], found[-1]
    assert isinstance(head, StreamHeader)
    assert isinstance(end, StreamEnds)
    assert (head.message, head.message_id, head.created_at, head.initiating_party) == (
        whole.message,
        whole.message_id,
        whole.created_at,
        whole.initiating_party,
    )
    assert (end.counted, end.summed, end.fault) == (whole.counted, whole.summed, whole.fault)
    assert tuple(item for item in found if isinstance(item, PaymentInstruction)) == whole.instructions
    begun = [item.batch for item in found if isinstance(item, BatchBegins)]
    assert [batch.debtor_account for batch in begun] == [batch.debtor_account for batch in whole.batches]
    ended = [item for item in found if isinstance(item, BatchEnds)]
    assert [(batch.counted, batch.summed, batch.fault) for batch in ended] == [
        (batch.counted, batch.summed, batch.fault) for batch in whole.batches
    ]


@pytest.mark.parametrize("path", PAIN008_FILES[:5], ids=lambda path: path.stem)
def test_another_message_is_refused_by_its_name(path: Path) -> None:
    with pytest.raises(UnsupportedMessage) as refused:
        streamed(path.read_bytes())
    assert "pain.008" in refused.value.detail


GOOD = file_of([("1.00", "CNY")] * 2_000).replace(b"<CdtTrfTxInf>", b"\n<CdtTrfTxInf>")
"""A file of many lines and several chunks; instruction n (from 0) stands in line n + 3."""


@pytest.mark.parametrize("position", [0, 7, 999, 1_999])
def test_a_violation_is_told_with_its_line_and_element(position: int) -> None:
    name = f"<Nm>Creditor {position}</Nm>".encode()
    with pytest.raises(SchemaViolation) as refused:
        streamed(GOOD.replace(name, b"<Nam>x</Nam>"))
    assert refused.value.facts["element"] == "Nam"
    assert refused.value.facts["line"] == position + 3
    assert refused.value.facts["instruction"] <= position + 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", MalformedXml),
        (b"  \n ", MalformedXml),
        (b"hello", MalformedXml),
        (b"<a/>", UnsupportedMessage),
        (GOOD[: len(GOOD) // 2], MalformedXml),
        (GOOD[:-12], MalformedXml),
        (GOOD + b"<a/>", MalformedXml),
        (GOOD.replace(b"E-7</EndToEndId>", b"E-7</EndToEnd>"), MalformedXml),
        (GOOD.replace(b"E-1500<", b"E&foo;<"), MalformedXml),
        (GOOD.replace(b"E-1500<", b"E\x01<"), MalformedXml),
        (GOOD.replace(b"Invoice 1500<", b"\xff<"), WrongEncoding),
        (GOOD.decode().encode("utf-16"), WrongEncoding),
        (GOOD.replace(b'encoding="UTF-8"', b'encoding="GBK"'), WrongEncoding),
        (GOOD.replace(b"<Document", b'<!DOCTYPE d [<!ENTITY x "y">]><Document'), ForbiddenXml),
        (GOOD.replace(b"<Document", b"<!--" + b"x" * 70_000 + b"--><Document"), ForbiddenXml),
        (GOOD.replace(b"E-7<", b"E" * 11_000_000 + b"<"), ForbiddenXml),
        (GOOD.replace(b"pain.001.001.09", b"pain.001.001.99"), UnsupportedMessage),
    ],
    ids=lambda value: getattr(value, "__name__", f"{len(value)} bytes" if isinstance(value, bytes) else None),
)
def test_hostile_and_broken_documents_are_refused_with_a_reason(
    data: bytes, kind: type[InvalidMessage]
) -> None:
    with pytest.raises(kind):
        streamed(data)


def test_a_byte_that_is_not_utf8_is_told_with_its_place() -> None:
    data = GOOD.replace(b"Invoice 1500<", b"Inv\xff<")
    with pytest.raises(WrongEncoding) as refused:
        streamed(data)
    assert refused.value.facts["byte"] == data.index(b"\xff")
    assert refused.value.facts["line"] == 1_503


def test_streams_read_by_turns_do_not_disturb_each_other() -> None:
    bad = GOOD.replace(b"<Nm>Creditor 1999</Nm>", b"<Nam>x</Nam>")
    good, other = stream_payment_file(io.BytesIO(GOOD)), stream_payment_file(io.BytesIO(bad))
    seen = 0
    with pytest.raises(SchemaViolation):
        while next(other) is not None:
            next(good)
            seen += 1
    rest = list(good)
    assert rest[-1] == StreamEnds(2_000, Decimal(2_000), None)
