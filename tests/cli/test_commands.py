"""Each command against a running bank: what it does, and what it says to bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.cli.demo.bank import SHIPPING_HOME, SILK_EUROPE, SILK_HOME, settlement_account
from sycee.cli.demo.files import FILES
from sycee.kernel.ids import account_number, uuid7
from tests.cli.conftest import Say

NOBODY = str(account_number(101, 77_777))
MISSPELT = SILK_HOME.number[:-1] + str((int(SILK_HOME.number[-1]) + 1) % 10)


def test_an_account_is_opened_shown_changed_and_listed(say: Say) -> None:
    opened = say(
        "account", "open", "--currency", "CNY", "--subject", "2011", "--cell", "102", "--name", "Tea Ltd"
    )
    assert opened.code == 0, opened.err
    account = say(
        "account",
        "open",
        "--currency",
        "EUR",
        "--subject",
        "2011",
        "--cell",
        "103",
        "--local-name",
        "茶叶公司",
        "--json",
    ).json
    changed = say(
        "account", "change", account["number"], "--status", "frozen", "--reason", "lost papers", "--json"
    )
    assert changed.json["status"] == "frozen"
    shown = say("account", "show", account["number"])
    assert "茶叶公司" in shown.out
    assert "frozen" in shown.out
    listed = say("account", "list", "--json").json["accounts"]
    assert account["number"] in {one["number"] for one in listed}


def test_a_transfer_is_created_and_shown_and_reversed(say: Say) -> None:
    pair = ("--debit", SILK_HOME.number, "--credit", SHIPPING_HOME.number)
    made = say("transfer", "create", *pair, "--amount", "12.34 CNY", "--reference", "INV-9", "--json")
    assert made.json["status"] == "posted"
    shown = say("transfer", "show", made.json["id"], "--json").json
    assert shown["amount"] == {"currency": "CNY", "value": "12.34"}
    assert say("transfer", "reverse", made.json["id"]).code == 0
    entries = say("account", "entries", SILK_HOME.number, "--limit", "2", "--json").json
    assert [entry["side"] for entry in entries["entries"]] == ["credit", "debit"]


def test_a_hold_is_posted_or_voided(say: Say) -> None:
    pair = ("--debit", SILK_HOME.number, "--credit", SHIPPING_HOME.number)
    hold = say("transfer", "create", *pair, "--amount", "10 CNY", "--pending", "--json").json
    assert hold["status"] == "pending"
    assert say("transfer", "post", hold["id"], "--amount", "4 CNY", "--json").json["status"] == "posted"
    refused = say("transfer", "void", hold["id"])
    assert (refused.code, "already_posted" in refused.err) == (1, True)


def test_a_csv_file_of_transfers_is_posted_once(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "payroll.csv"
    line = f"{SILK_HOME.number},{SHIPPING_HOME.number},1.50,CNY,salary 工资"
    file.write_text("debit,credit,amount,currency,description\n" + f"{line}\n" * 3, encoding="utf-8")
    first, second = (say("transfer", "create", "--file", str(file), "--json").json for _ in range(2))
    assert first["counts"] == {"posted": 3}
    assert second["counts"] == {"duplicate": 3}


def test_a_json_lines_file_says_which_lines_were_rejected(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "payments.jsonl"
    amount = '"amount": {"currency": "CNY", "value": "1.00"}'
    file.write_text(
        f'{{"debit": "{SILK_HOME.number}", "credit": "{SHIPPING_HOME.number}", {amount}}}\n'
        f'{{"debit": "{SILK_HOME.number}", "credit": "{NOBODY}", {amount}}}\n'
    )
    said = say("transfer", "create", "--file", str(file), "--json")
    assert said.code == 1
    assert said.json["counts"] == {"posted": 1, "rejected": 1}
    assert [(one["place"], one["code"]) for one in said.json["rejected"]] == [(2, "account_not_found")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("debit,credit,amount,currency\n1,2,3.00,CNY\n", "line 2: '1' is not an account number"),
        (
            f"debit,credit,amount,currency\n{SILK_HOME.number},{SHIPPING_HOME.number},1.005,CNY\n",
            "3 decimals",
        ),
        (f"debit,credit,amount,currency\n{SILK_HOME.number}\n", "as many cells as the header"),
        ("debit,credit,price\n", "unknown columns: price"),
    ],
)
def test_a_file_with_a_bad_line_posts_nothing(say: Say, tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "broken.csv"
    good = f"{SILK_HOME.number},{SHIPPING_HOME.number},1.00,CNY\n"
    head, _, rest = text.partition("\n")
    file.write_text(f"{head}\n{good if 'price' not in head else ''}{rest}")
    before = say("account", "show", SILK_HOME.number, "--json").json
    said = say("transfer", "create", "--file", str(file))
    assert said.code == 1
    assert problem.replace("line 2", "line 3") in said.err
    assert say("account", "show", SILK_HOME.number, "--json").json == before


def test_a_payment_file_is_paid_once_and_reported(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / FILES[0].name
    file.write_bytes(FILES[0].read())
    monkeypatch.chdir(tmp_path)
    said = say("pay", str(file), "--json")
    assert (said.code, said.json["duplicate"], said.json["status"]) == (0, True, "ACSC")
    assert b"pain.002.001" in (tmp_path / f"{file.stem}.pain.002.xml").read_bytes()


def test_statement_and_trial_balance_are_shown(say: Say, tmp_path: Path) -> None:
    day = say("account", "show", SILK_EUROPE.number, "--json").json["opened_on"]
    period = ("--from", day, "--to", day)
    camt = tmp_path / "statement.xml"
    shown = say("statement", SILK_EUROPE.number, *period, "--camt053", str(camt))
    assert "841428.70" in shown.out
    assert b"camt.053" in camt.read_bytes()
    assert say("statement", SILK_EUROPE.number, *period, "--json").json["closing"]["value"] == "841428.70"
    balance = say("trial-balance")
    assert balance.code == 0
    assert "NOT BALANCED" not in balance.out


def test_the_books_are_checked_and_verified_beside_a_running_bank(say: Say) -> None:
    check = say("ledger", "check", "--json")
    assert (check.code, check.json["passed"]) == (0, True)
    verify = say("ledger", "verify", "--json")
    assert (verify.code, verify.json["intact"]) == (0, True)


def test_a_cell_is_created_and_its_business_date_advanced(say: Say) -> None:
    made = say("ledger", "create-cell", "104", "Harbin 哈尔滨", "--business-date", "2026-03-31", "--json")
    assert made.json == {"cell": 104, "name": "Harbin 哈尔滨", "business_date": "2026-03-31"}
    advanced = say("ledger", "advance", "2026-04-01", "--cell", "104", "--json").json
    assert [one["business_date"] for one in advanced["cells"]] == ["2026-04-01"]
    assert {101, 102, 103, 104} <= {one["cell"] for one in say("ledger", "cells", "--json").json["cells"]}
    assert say("ledger", "verify").code == 0


def test_a_token_is_issued_used_and_revoked(say: Say) -> None:
    issued = say("token", "issue", "auditor", "--scope", "books:read", "--days", "1", "--json").json
    assert say("trial-balance", "--token", issued["token"]).code == 0
    wanted = ("--currency", "CNY", "--subject", "2011", "--cell", "101")
    refused = say("account", "open", *wanted, "--token", issued["token"])
    assert (refused.code, "insufficient_scope" in refused.err) == (1, True)
    assert say("token", "revoke", issued["id"], "--json").json["state"] == "revoked"
    assert issued["token"] not in say("token", "list").out


def test_the_openapi_document_is_written(sycee_alone: Say, tmp_path: Path) -> None:
    assert sycee_alone(tmp_path, "openapi").json["openapi"].startswith("3.1")
    path = tmp_path / "openapi.json"
    assert sycee_alone(tmp_path, "openapi", "--output", str(path)).code == 0
    assert path.read_text().startswith("{")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["account", "show", "123"], "18 digits"),
        (["account", "show", MISSPELT], "check digit"),
        (["account", "open", "--currency", "XYZ", "--subject", "2011"], "not an active ISO 4217 currency"),
        (["account", "open", "--currency", "CNY"], "--subject"),
        (["account", "open", "--currency", "CNY", "--subject", "2011"], "--cell"),
        (
            ["account", "open", "--currency", "CNY", "--subject", "1", "--cell", "7"],
            "greater than or equal to 100",
        ),
        (["account", "change", SILK_HOME.number, "--reason", "x"], "nothing to change"),
        (["account", "balance", SILK_HOME.number, "--at", "yesterday"], "neither a date"),
        (["account", "entries", SILK_HOME.number, "--from", "31.03.2026"], "not a date"),
        (["transfer", "create", "--debit", SILK_HOME.number], "are needed"),
        (["transfer", "create", "--amount", "12"], "lacks a currency"),
        (["transfer", "create", "--amount", "1.234 CNY"], "3 decimals"),
        (["transfer", "create", "--amount", "1e3 CNY"], "not an amount"),
        (["transfer", "create", "--file", "/no/such/file"], "does not exist"),
        (["transfer", "show", "not-a-uuid"], "not a UUID"),
        (["pay", "/no/such/file.xml"], "does not exist"),
        (["statement", SILK_HOME.number, "--from", "2026-03-31", "--to", "2026-03-01"], "is before"),
        (["ledger", "advance", "tomorrow"], "not a date"),
        (["token", "issue", "me", "--scope", "everything"], "--scope"),
        (["up", "--port", "70000"], "--port"),
        (["sweep"], "No such command"),
    ],
)
def test_misuse_ends_with_2_one_clear_line_and_a_hint(say: Say, arguments: list[str], problem: str) -> None:
    said = say(*arguments)
    assert said.code == 2, said.err
    first, second = said.err.strip().splitlines()
    assert first.startswith("error: ")
    assert problem in first
    assert second.startswith("hint: ")
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["account", "show", NOBODY], "account_not_found"),
        (["account", "show", SILK_HOME.number, "--token", "syc_000000000000_no"], "invalid_token"),
        (["account", "show", SILK_HOME.number, "--url", "http://127.0.0.1:1"], "unreachable"),
        (["transfer", "show", str(uuid7())], "transfer_not_found"),
        (["transfer", "void", str(uuid7())], "target_not_found"),
        (["token", "revoke", "nobody"], "token_not_found"),
        (["ledger", "advance", "2001-01-01"], "business_date_not_later"),
        (["ledger", "check", "--data-dir", "/no/bank/here"], "no_bank_yet"),
        (["database", "status", "--database-url", "postgresql://127.0.0.1:1/x"], "database_unavailable"),
        (
            [
                "transfer",
                "create",
                "--debit",
                SILK_HOME.number,
                "--credit",
                settlement_account("EUR"),
                "--amount",
                "1 CNY",
            ],
            "currency_mismatch",
        ),
    ],
)
def test_a_refusal_ends_with_1_and_names_its_code(say: Say, arguments: list[str], code: str) -> None:
    said = say(*arguments)
    assert said.code == 1, said.err
    assert said.err.startswith("error: ")
    assert f"[{code}]" in said.err.splitlines()[0]
    assert "Traceback" not in said.err


def test_a_file_that_is_no_payment_file_is_refused_with_a_reason(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "broken.xml"
    file.write_text("<Document><unfinished>")
    monkeypatch.chdir(tmp_path)
    said = say("pay", str(file))
    assert (said.code, "[malformed_xml]" in said.err) == (1, True)
    assert list(tmp_path.iterdir()) == [file]
