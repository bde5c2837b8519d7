"""pain.008 as real banks' customers write it: read, or refused with a reason that names the place."""

from __future__ import annotations

import csv
import gc
import tracemalloc
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from sycee.payments import InvalidMessage, InvalidSpreadsheet, SchemaViolation, SpreadsheetFormat
from sycee.payments.debits import (
    CollectionFile,
    TooManyDebits,
    collection_template,
    read_collection_file,
    read_collection_table,
)
from sycee.payments.debits.spreadsheets import COLUMNS, write_collection_report
from sycee.payments.iso20022 import ReportStatus, TransactionReport
from tests.payments.market import PAIN008_FILES, collection_of


def read(data: bytes, most: int = 10_000) -> CollectionFile:
    return read_collection_file(BytesIO(data), most=most)


def _tried(path: Path) -> CollectionFile | InvalidMessage:
    try:
        return read(path.read_bytes())
    except InvalidMessage as problem:
        return problem


@pytest.mark.parametrize("path", PAIN008_FILES, ids=lambda path: path.name)
def test_every_market_file_is_read_or_refused_with_its_place(path: Path) -> None:
    found = _tried(path)
    if isinstance(found, SchemaViolation):
        assert found.facts["line"]
        assert found.facts["problem"]
    elif isinstance(found, InvalidMessage):
        assert found.facts["supported"]
    else:
        items = [item for batch in found.batches for item in batch.items]
        assert [item.position for item in items] == list(range(len(items)))
        assert all(item.amount is not None or item.fault is not None for item in items)
        assert found.message_id
        assert all(batch.id for batch in found.batches)


def test_the_corpus_holds_files_that_are_read() -> None:
    assert sum(isinstance(_tried(path), CollectionFile) for path in PAIN008_FILES) >= 10


@pytest.mark.parametrize("version", ["02", "08"])
def test_what_a_file_says_is_read_in_both_versions(version: str) -> None:
    file = read(collection_of([("1.50", "CNY"), ("2.005", "CNY")], creditor="C", debtor="D", version=version))
    (batch,) = file.batches
    assert (file.announced, file.fault, str(batch.summed), str(batch.due_on)) == (
        2,
        None,
        "3.505",
        "2026-03-31",
    )
    good, bad = batch.items
    assert (good.mandate, good.remittance, good.amount and good.amount.minor) == ("M-1", "Bill 0", 150)
    assert bad.fault is not None and bad.fault.reason == "CH20"


def test_a_file_that_miscounts_itself_is_read_with_its_fault() -> None:
    file = read(collection_of([("1.50", "CNY")], creditor="C", debtor="D", count=2))
    assert file.fault is not None and file.fault.reason == "AM19"


class Watched(BytesIO):
    """A file that knows how far it was read."""

    furthest = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.furthest = max(self.furthest, self.tell())
        return found


def test_a_file_with_too_many_debits_is_refused_as_soon_as_they_are_met() -> None:
    data = collection_of([("1.00", "CNY")] * 5_000, creditor="C", debtor="D")
    assert len(read(data, most=5_000).batches[0].items) == 5_000
    source = Watched(data)
    with pytest.raises(TooManyDebits, match="more than 1000 debits"):
        read_collection_file(source, most=1_000)
    assert source.furthest < len(data) / 2, "the rest of it is not read"


def test_memory_does_not_grow_with_the_length_of_a_file() -> None:
    """Of each length the same number of debits is kept; the rest of a block is not in memory as a tree."""
    peaks = []
    for count in (2_000, 20_000):
        data = collection_of([("1.00", "CNY")] * count, creditor="C", debtor="D")
        gc.collect()  # else it depends on what ran before when the collector comes by
        tracemalloc.start()
        with pytest.raises(TooManyDebits):
            read_collection_file(BytesIO(data), most=1_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


@pytest.mark.parametrize("place", [1, 700, 1_500])
def test_what_breaks_the_schema_is_told_with_its_line_however_far_it_stands(place: int) -> None:
    data = collection_of([("1.00", "CNY")] * 1_500, creditor="C", debtor="D").replace(
        b"<DrctDbtTxInf>", b"\n<DrctDbtTxInf>"
    )
    wrong = data.replace(f"<EndToEndId>E-{place - 1}</EndToEndId>".encode(), b"<Nonsense/>")
    with pytest.raises(SchemaViolation) as refused:
        read(wrong)
    assert refused.value.facts["line"] == place + 2
    assert refused.value.facts["instruction"] <= place


def table(*rows: tuple[str, ...]) -> BytesIO:
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(column.heading for column in COLUMNS)
    lines.writerows(rows)
    return BytesIO(text.getvalue().encode())


ROW = ("101000000000000013", "101000000000000021", "M-1", "CNY", "12.50", "2026-03-31", "Bill 7", "R-1")


def test_a_table_is_read_like_a_file_with_a_batch_for_each_account_and_day() -> None:
    other_day = (*ROW[:5], "2026-04-01", *ROW[6:])
    file = read_collection_table(table(ROW, ROW, other_day), SpreadsheetFormat.CSV)
    assert (file.message, file.announced, file.fault) == ("csv", 3, None)
    assert [len(batch.items) for batch in file.batches] == [2, 1]
    assert [str(batch.summed) for batch in file.batches] == ["25.00", "12.50"]
    (item, *_) = file.batches[0].items
    assert (item.mandate, item.amount and item.amount.minor, item.end_to_end_id, item.remittance) == (
        "M-1", 1_250, "R-1", "Bill 7",
    )  # fmt: skip
    assert [item.position for batch in file.batches for item in batch.items] == [0, 1, 2]
    again = read_collection_table(table(ROW, ROW, other_day), SpreadsheetFormat.CSV)
    assert again.message_id == file.message_id, "the same table is the same collection"


def test_what_is_wrong_in_a_table_is_told_by_row_and_column() -> None:
    wrong = ("", "=A1", "M-1", "CNY", "1.005", "tomorrow", "", "")
    with pytest.raises(InvalidSpreadsheet) as refused:
        read_collection_table(table(ROW, wrong), SpreadsheetFormat.CSV)
    errors = refused.value.facts["errors"]
    assert [(one["row"], one["column"]) for one in errors] == [(3, "A"), (3, "B"), (3, "F"), (3, "E")]


def test_a_report_on_a_table_holds_no_formula() -> None:
    bad = (*ROW[:7], "+1+1")
    file = read_collection_table(table(bad), SpreadsheetFormat.CSV)
    told = TransactionReport(
        end_to_end_id="+1+1", instruction_id=None, uetr=None, status=ReportStatus.SETTLED, amount=None,
        fault=None, servicer_reference=None,
    )  # fmt: skip
    report = write_collection_report(file, [told]).decode("utf-8-sig")
    (_, row) = list(csv.reader(StringIO(report)))
    assert (row[0], row[4]) == ("'+1+1", "ACSC")


@pytest.mark.parametrize("kind", list(SpreadsheetFormat))
def test_the_template_is_one_that_is_taken(kind: SpreadsheetFormat) -> None:
    with pytest.raises(InvalidSpreadsheet, match="no row is filled"):
        read_collection_table(BytesIO(collection_template(kind)), kind)
