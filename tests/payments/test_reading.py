"""Hostile and broken XML: each is refused with its own code and costs neither time nor a file of the host."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.kernel.errors import PayloadTooLarge, SyceeError
from sycee.payments.iso20022 import (
    PAIN001_MESSAGES,
    ForbiddenXml,
    InvalidMessage,
    MalformedXml,
    SchemaViolation,
    UnsupportedMessage,
    WrongEncoding,
    read_message,
    read_payment_file,
)
from tests.payments.market import PAIN008_FILES, file_of, market_file

SALARY = market_file("de.sepa.sct-salary.pain.001.001.09")
NAMESPACE = b"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10 if level else b"lol" * 100)
    for level in range(10)
)


def refusal(data: bytes) -> SyceeError:
    with pytest.raises(SyceeError) as caught:
        read_payment_file(data)
    return caught.value


def with_prolog(prolog: bytes, data: bytes = SALARY) -> bytes:
    return data.replace(b"<Document", prolog + b"<Document", 1)


@pytest.mark.parametrize(
    "prolog",
    [
        b"<!DOCTYPE Document [" + LAUGHS + b"]>",
        b'<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/evil.dtd">',
        b'<!DOCTYPE Document PUBLIC "-//x//y" "http://127.0.0.1:9/evil.dtd">',
        b'<!DOCTYPE Document [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        b"<!-- <!DOCTYPE none> --><?note <!DOCTYPE none ?>\n<!DOCTYPE Document>",
        b"<!doctype Document>",
    ],
    ids=[
        "billion-laughs",
        "xxe",
        "external-dtd",
        "public-dtd",
        "parameter-entity",
        "behind-comments",
        "lower-case",
    ],
)
def test_a_document_type_is_refused_whatever_it_declares(prolog: bytes) -> None:
    data = with_prolog(prolog).replace(b"Anna Beispiel", b"&l9;")
    started = time.monotonic()
    problem = refusal(data)
    assert time.monotonic() - started < 1
    assert isinstance(problem, ForbiddenXml)
    assert problem.code == "forbidden_xml"
    assert problem.facts["line"] >= 1


def test_the_word_doctype_in_a_comment_is_no_document_type() -> None:
    assert read_payment_file(with_prolog(b"<!-- <!DOCTYPE none> -->")).message_id == "MSTR-SAL-2026-09"


def test_an_undeclared_entity_is_malformed() -> None:
    assert isinstance(refusal(SALARY.replace(b"Anna Beispiel", b"&xxe;")), MalformedXml)


def test_a_schema_location_in_the_message_is_not_followed(tmp_path: Path) -> None:
    trap = tmp_path / "evil.xsd"
    os.mkfifo(trap)  # opening it would block for ever
    hint = (
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="' + NAMESPACE + b" file://" + bytes(trap) + b' urn:x http://127.0.0.1:9/x.xsd"'
    )
    data = SALARY.replace(b"<Document ", b"<Document " + hint + b" ", 1)
    assert read_payment_file(data).message_id == "MSTR-SAL-2026-09"


@pytest.mark.parametrize("share", [1, 10, 50, 90, 99])
def test_a_truncated_file_is_malformed_with_line_and_column(share: int) -> None:
    problem = refusal(SALARY[: len(SALARY) * share // 100])
    assert problem.code == "malformed_xml"
    assert problem.facts["line"] >= 1
    assert problem.facts["column"] >= 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n\t",
        b"\xef\xbb\xbf",
        b"hello",
        b'{"transfers": []}',
        b"a,b,c\n1,2,3\n",
        b"<a>\x00</a>",
        b"<a>\x01</a>",
        b"<a><b></a></b>",
        b"<a/><a/>",
        b"<a",
        b"<!-- never closed",
        b"<?never closed",
        b"<x:a/>",
        b"PK\x03\x04 a zip file",
    ],
)
def test_what_is_not_xml_is_malformed(data: bytes) -> None:
    problem = refusal(data)
    assert problem.code == "malformed_xml"
    assert problem.status == 400
    assert "XML_PARSE_HUGE" not in problem.detail


def test_latin_1_bytes_declared_as_utf_8_are_a_wrong_encoding_with_the_line() -> None:
    problem = refusal(SALARY.decode().encode("latin-1"))
    assert problem.code == "wrong_encoding"
    assert "Hauptstraße".encode() in SALARY.splitlines()[problem.facts["line"] - 1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_refused(encoding: str) -> None:
    assert isinstance(refusal(SALARY.decode().encode(encoding)), WrongEncoding)


@pytest.mark.parametrize("declared", [b"ISO-8859-1", b"windows-1252", b"UTF-7", b"UTF-16", b"GB18030"])
def test_another_declared_encoding_is_refused(declared: bytes) -> None:
    data = SALARY.replace(b"encoding='UTF-8'", b"encoding='" + declared + b"'")
    problem = refusal(data)
    assert problem.code == "wrong_encoding"
    assert problem.facts["declared"] == declared.decode()


def test_a_byte_order_mark_and_a_missing_declaration_are_fine() -> None:
    _, _, rest = SALARY.partition(b"?>")
    assert read_payment_file(b"\xef\xbb\xbf" + SALARY) == read_payment_file(rest.lstrip())


def test_deep_nesting_is_refused() -> None:
    problem = refusal(b"<a>" * 100_000 + b"</a>" * 100_000)
    assert problem.code == "forbidden_xml"
    assert "depth" in problem.detail


def test_a_gigantic_text_is_refused() -> None:
    data = SALARY.replace(b"Anna Beispiel", b"x" * 11_000_000)
    assert isinstance(refusal(data), ForbiddenXml)


@pytest.mark.parametrize("byte", [b"\x00", b"<", b"<a>", b"&", b"\xff", b"]]>", b"a"])
def test_ten_megabytes_of_junk_are_refused_quickly(byte: bytes) -> None:
    started = time.monotonic()
    assert refusal(byte * (10_000_000 // len(byte))).status == 400
    assert time.monotonic() - started < 5


def test_a_message_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(PayloadTooLarge):
        read_message(SALARY, PAIN001_MESSAGES, max_bytes=len(SALARY) - 1)
    assert read_message(SALARY, PAIN001_MESSAGES, max_bytes=len(SALARY)).name == "pain.001.001.09"


@pytest.mark.parametrize(
    "namespace",
    [
        b"urn:iso:std:iso:20022:tech:xsd:pain.001.001.02",
        b"urn:iso:std:iso:20022:tech:xsd:pain.001.001.14",
        b"urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08",
        b"urn:iso:std:iso:20022:tech:xsd:../../../etc/passwd",
        b"http://example.com/",
    ],
)
def test_another_message_is_unsupported(namespace: bytes) -> None:
    problem = refusal(SALARY.replace(NAMESPACE, namespace))
    assert isinstance(problem, UnsupportedMessage)
    assert problem.status == 415
    assert "pain.001.001.09" in problem.facts["supported"]


@pytest.mark.parametrize("data", [b"<Document/>", b"<html><body/></html>", b'<Document xmlns=""/>'])
def test_a_document_of_no_namespace_is_unsupported(data: bytes) -> None:
    assert refusal(data).code == "unsupported_message"


def test_direct_debits_of_the_corpus_are_unsupported() -> None:
    assert PAIN008_FILES
    for path in PAIN008_FILES:
        assert refusal(path.read_bytes()).code == "unsupported_message"


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        (b"<NbOfTxs>2</NbOfTxs>", b"", "CtrlSum"),
        (b"<PmtMtd>TRF<", b"<PmtMtd>CASH<", "PmtMtd"),
        (b'Ccy="EUR"', b'Ccy="euro"', "InstdAmt"),
        (b'Ccy="EUR"', b"", "InstdAmt"),
        (b">3250.00<", b">3250,00<", "InstdAmt"),
        (b">3250.00<", b">-3250.00<", "InstdAmt"),
        (b">3250.00<", b">3.25e3<", "InstdAmt"),
        (b">3250.00<", b">1234567890123456789<", "InstdAmt"),
        (b"MSTR-SAL-2026-09<", b"M" * 36 + b"<", "MsgId"),
        (b"2026-09-28", b"2026-02-30", "Dt"),
        (b"<EndToEndId>SAL-2026-09-0001</EndToEndId>", b"", "PmtId"),
        (b"<PmtInf>", b"<PmtInf><Surprise/>", "Surprise"),
    ],
)
def test_a_xml_schema_violation_names_line_and_element(old: bytes, new: bytes, element: str) -> None:
    data = SALARY.replace(old, new, 1)
    assert data != SALARY
    problem = refusal(data)
    assert isinstance(problem, SchemaViolation)
    assert problem.facts["element"] == element
    assert "urn:iso" not in problem.detail
    line = data.splitlines()[problem.facts["line"] - 1]
    assert element.encode() in line


def test_many_violations_are_reported_twenty_at_most() -> None:
    problem = refusal(file_of([("1,00", "EUR")] * 50))
    assert problem.facts["total"] >= 50
    assert len(problem.facts["violations"]) == 20


@given(data=st.data())
def test_a_file_damaged_anywhere_is_read_or_refused_but_never_breaks_the_reader(data: st.DataObject) -> None:
    damaged = bytearray(SALARY)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        length = data.draw(st.integers(0, 8))
        damaged[at : at + length] = data.draw(st.binary(max_size=8))
    with suppress(InvalidMessage, UnsupportedMessage):
        file = read_payment_file(bytes(damaged))
        assert file.counted == len(file.instructions)
