"""``sycee receipt``, statements as files and ISO 20022 reports, against the running demo bank."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.cli.demo.bank import SILK_EUROPE, SILK_HOME
from tests.cli.conftest import Say

PERIOD = ("--from", "2020-01-01", "--to", "2030-12-31")


@pytest.fixture
def transfer(say: Say) -> str:
    """A transfer of the account."""
    entries = say("account", "entries", SILK_EUROPE.number, "--limit", "1", "--json").json["entries"]
    found: str = entries[0]["transfer"]
    return found


def test_a_receipt_is_issued_written_as_signed_pdf_and_checked(
    say: Say, transfer: str, tmp_path: Path
) -> None:
    issued = say("receipt", "issue", SILK_EUROPE.number, transfer, "--json")
    assert issued.code == 0, issued.err
    (receipt,) = issued.json["receipts"]
    file = tmp_path / "receipt.pdf"
    shown = say("receipt", "show", SILK_EUROPE.number, receipt["number"], "--file", file)
    assert shown.code == 0, shown.err
    assert receipt["code"] in shown.out
    assert file.read_bytes().startswith(b"%PDF")
    assert (tmp_path / "receipt.pdf.ed25519").stat().st_size == 64
    assert (tmp_path / "receipt.pdf.ml-dsa-65").stat().st_size == 3309
    checked = say("receipt", "check", file, "--json")
    assert (checked.code, checked.json["authentic"]) == (0, True)
    verified = say("receipt", "verify", receipt["number"], receipt["code"], "--json")
    assert verified.json["pdf_sha256"] == checked.json["pdf_sha256"]
    assert "authentic" in say("receipt", "verify", receipt["number"], receipt["code"].lower()).out
    listed = say("receipt", "list", SILK_EUROPE.number, "--json").json["receipts"]
    assert [one["prints"] for one in listed if one["number"] == receipt["number"]] == [1]
    assert receipt["number"] in say("receipt", "list", SILK_EUROPE.number).out


def test_a_changed_pdf_or_a_key_that_is_not_trusted_is_told_and_ends_with_1(
    say: Say, transfer: str, tmp_path: Path
) -> None:
    (receipt,) = say("receipt", "issue", SILK_EUROPE.number, transfer, "--json").json["receipts"]
    file = tmp_path / "receipt.pdf"
    say("receipt", "show", SILK_EUROPE.number, receipt["number"], "--file", file)
    refused = say("receipt", "check", file, "--key", "0123456789abcdef")
    assert (refused.code, "trusted" in refused.err) == (1, True)
    file.write_bytes(file.read_bytes() + b"\n")
    assert say("receipt", "check", file).code == 1
    assert say("receipt", "check", file, "--json").json["authentic"] is False


def test_a_wrong_code_and_another_account_s_entry_are_refused(say: Say, transfer: str) -> None:
    (receipt,) = say("receipt", "issue", SILK_EUROPE.number, transfer, "--json").json["receipts"]
    wrong = say("receipt", "verify", receipt["number"], "0000-0000-0000-0000")
    assert (wrong.code, "no receipt has this number and this code" in wrong.err) == (1, True)
    elsewhere = say("receipt", "show", SILK_HOME.number, receipt["number"])
    assert (elsewhere.code, "has no receipt" in elsewhere.err) == (1, True)


def test_a_statement_is_written_as_pdf_csv_and_workbook(say: Say, tmp_path: Path) -> None:
    for ending, begins in (("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbfaccount"), ("xlsx", b"PK")):
        file = tmp_path / f"statement.{ending}"
        said = say("statement", SILK_EUROPE.number, *PERIOD, "--file", file)
        assert said.code == 0, said.err
        assert file.read_bytes().startswith(begins)
    refused = say("statement", SILK_EUROPE.number, *PERIOD, "--file", tmp_path / "statement.doc")
    assert (refused.code, "does not end in" in refused.err) == (2, True)


def test_intraday_reports_and_notices_are_printed_or_written(say: Say, transfer: str, tmp_path: Path) -> None:
    assert "camt.052.001.08" in say("account", "intraday-report", SILK_EUROPE.number).out
    file = tmp_path / "notice.xml"
    said = say("account", "entry-notice", SILK_EUROPE.number, "--transfer", transfer, "--file", file)
    assert said.code == 0, said.err
    assert b"camt.054.001.08" in file.read_bytes()
    credits = say("account", "entry-notice", SILK_EUROPE.number, *PERIOD, "--side", "credit").out
    as_json = say("account", "intraday-report", SILK_EUROPE.number, "--json").json["document"]
    assert as_json.startswith("<?xml")
    assert ">CRDT<" in credits and ">ICDT<" not in credits
