"""``sycee day`` against a running bank, in a cell of the test's own."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest

from sycee.kernel.ids import account_number, uuid7
from tests.cli.conftest import Say

LAST_OF_JUNE = date(2026, 6, 30)
_cells = count(701)


@pytest.fixture
def cell(say: Say) -> int:
    """A new cell, at the end of a quarter, with a customer's account in it."""
    number = next(_cells)
    assert say("ledger", "create-cell", number, f"Cell {number}", "--business-date", LAST_OF_JUNE).code == 0
    account = ["--number", account_number(number, 1), "--currency", "CNY", "--subject", "2011"]
    opened = say("account", "open", *account, "--customer", uuid7(), "--local-name", "丝路公司")
    assert opened.code == 0, opened.err
    return number


def test_a_day_is_closed_with_a_report_of_its_steps(say: Say, cell: int) -> None:
    said = say("day", "close", "--cell", cell, "--check")
    assert said.code == 0, said.err
    for word in ("日切 Cut-off", "对账单 Statements", "账务核对 Proof of the books", "finished"):
        assert word in said.out
    assert said.err == ""  # no bar without a terminal
    (closed,) = say("day", "close", "--cell", cell, "--date", LAST_OF_JUNE, "--json").json["ends_of_day"]
    assert (closed["business_date"], closed["next_date"]) == ("2026-06-30", "2026-07-01")
    assert closed["state"] == "finished"


def test_each_call_without_a_date_closes_the_next_day(say: Say, cell: int) -> None:
    for place in range(3):
        (closed,) = say("day", "close", "--cell", cell, "--json").json["ends_of_day"]
        assert closed["business_date"] == (LAST_OF_JUNE + timedelta(days=place)).isoformat()
    listed = say("day", "runs", "--cell", cell, "--limit", "2", "--json").json["ends_of_day"]
    assert [run["business_date"] for run in listed] == ["2026-07-02", "2026-07-01"]
    assert "2026-07-02" in say("day", "runs", "--cell", cell).out


def test_the_next_date_is_given_or_that_of_a_calendar(say: Say, cell: int) -> None:
    closed = say("day", "close", "--cell", cell, "--next", "2026-07-03", "--json").json["ends_of_day"]
    assert closed[0]["next_date"] == "2026-07-03"
    closed = say("day", "close", "--cell", cell, "--calendar", "weekdays", "--json").json["ends_of_day"]
    assert closed[0]["next_date"] == "2026-07-06"


def test_a_run_and_what_failed_in_it_can_be_shown(say: Say, cell: int) -> None:
    say("day", "close", "--cell", cell)
    assert say("day", "show", cell, "--json").json["state"] == "finished"
    assert "nothing failed" in say("day", "show", cell, LAST_OF_JUNE).out
    assert say("day", "failures", cell, "--json").json == {"failures": [], "more": False}
    assert "What failed" in say("day", "failures", cell, LAST_OF_JUNE, "--step", "settle").out
    nothing = say("day", "resume", "--cell", cell)
    assert (nothing.code, nothing.out.strip()) == (0, "Nothing is unfinished.")


def test_documents_are_listed_shown_and_written_to_files(say: Say, cell: int, tmp_path: Path) -> None:
    say("day", "close", "--cell", cell)
    number = account_number(cell, 1)
    assert "balance_confirmation" in say("day", "documents", number).out
    (one,) = say("day", "documents", number, "--kind", "statement", "--json").json["documents"]
    file = tmp_path / "statement.pdf"
    said = say("day", "document", number, one["id"], "--file", file)
    assert said.code == 0, said.err
    assert "丝路公司" in said.out and one["sha256"] in said.out
    assert file.read_bytes().startswith(b"%PDF")
    other = tmp_path / "statement.txt"
    assert say("day", "document", number, one["id"], "--file", other).code == 2
    assert say("day", "document", number, one["id"], "--file", other, "--format", "csv").code == 0
    assert "closing balance" in other.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("close", "--cell", "CELL", "--date", "2026-07-01"), 1, "day_skipped"),
        (("close", "--cell", "CELL", "--next", "2026-06-01"), 1, "invalid_next_date"),
        (("close", "--cell", "CELL", "--calendar", "lunar"), 1, "calendar_not_found"),
        (("close", "--cell", "999"), 2, "there is no cell 999"),
        (("close", "--date", "soon"), 2, "is not a date"),
        (("show", "CELL"), 1, "no day was closed in cell"),
        (("show", "CELL", "2026-06-30"), 1, "day_not_found"),
        (("failures", "CELL", "2026-06-30"), 1, "day_not_found"),
        (("document", "ACCOUNT", "00000000-0000-0000-0000-000000000000"), 1, "document_not_found"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    say: Say, cell: int, arguments: tuple[str, ...], code: int, words: str
) -> None:
    given = {"CELL": str(cell), "ACCOUNT": str(account_number(cell, 1))}
    said = say("day", *(given.get(argument, argument) for argument in arguments))
    assert said.code == code, said.err
    assert words in said.err
