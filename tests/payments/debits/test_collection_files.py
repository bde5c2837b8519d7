"""pain.008 as real banks' customers write it: read, or refused with a reason that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.payments import InvalidMessage, SchemaViolation
from sycee.payments.debits import CollectionFile, read_collection_file
from tests.payments.market import PAIN008_FILES, collection_of


def _tried(path: Path) -> CollectionFile | InvalidMessage:
    try:
        return read_collection_file(path.read_bytes())
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
    file = read_collection_file(
        collection_of([("1.50", "CNY"), ("2.005", "CNY")], creditor="C", debtor="D", version=version)
    )
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
    file = read_collection_file(collection_of([("1.50", "CNY")], creditor="C", debtor="D", count=2))
    assert file.fault is not None and file.fault.reason == "AM19"
