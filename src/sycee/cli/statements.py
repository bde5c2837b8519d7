"""Statements, ISO 20022 reports and ``sycee trial-balance``: the books over a period, and at a moment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Number, date_option
from sycee.cli.output import Column, facts, hint, out, print_json, progress, table
from sycee.client import Statement, StatementFormat, Sycee, TrialBalance

_SHOWN_ENTRIES = 200


@remote
async def statement(
    bank: Sycee,
    number: Number,
    start: Annotated[date, date_option("--from", "First business date.")],
    end: Annotated[date, date_option("--to", "Last business date.")],
    camt053: Annotated[
        Path | None,
        typer.Option(
            "--camt053", dir_okay=False, help="Write the statement to this file as ISO 20022 camt.053."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            dir_okay=False,
            help="Write it to this file; its ending says the format: .pdf .csv .xlsx.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show an account's statement for a period, or write it as PDF, CSV, for Excel or as camt.053."""
    if end < start:
        raise typer.BadParameter(f"--to {end} is before --from {start}")
    file_format = _format_of(file)
    with progress(f"Fetching the statement of {number}", None):
        if file is not None and file_format is not None:
            file.write_bytes(await bank.statement_file(number, start, end, file_format))
        if camt053 is not None:
            camt053.write_bytes(await bank.statement_camt053(number, start, end))
        found = await bank.statement(number, start, end)
    if json:
        print_json(found)
    else:
        _show_statement(found)
    if camt053 is not None and not json:
        out.print(f"camt.053: {camt053}")
    if file is not None and not json:
        out.print(f"written to {file}")


def _format_of(file: Path | None) -> StatementFormat | None:
    """The format that a file's ending stands for."""
    if file is None:
        return None
    endings: dict[str, StatementFormat] = {".pdf": "pdf", ".csv": "csv", ".xlsx": "xlsx"}
    found = endings.get(file.suffix.lower())
    if found is None:
        raise typer.BadParameter(f"{file.name} does not end in .pdf, .csv or .xlsx")
    return found


def _show_statement(statement: Statement) -> None:
    account = statement.account
    name = " ".join(part for part in (account.local_name, account.name) if part)
    pairs: list[tuple[str, object]] = [
        ("account", f"{account.number} {name}"),
        ("period", f"{statement.start} to {statement.end}"),
        ("opening", statement.opening),
        ("debits", f"{statement.debit_total} ({statement.debit_count})"),
        ("credits", f"{statement.credit_total} ({statement.credit_count})"),
        ("closing", statement.closing),
    ]
    out.print(facts("Statement", pairs))
    rows = [
        [
            entry.business_date,
            entry.amount.value if entry.side == "debit" else "",
            entry.amount.value if entry.side == "credit" else "",
            entry.balance.value,
            entry.counterparty,
            entry.reference,
            entry.description,
        ]
        for entry in statement.entries[:_SHOWN_ENTRIES]
    ]
    columns: list[str | Column] = ["date", Column("debit", right=True), Column("credit", right=True)]
    columns += [Column("balance", right=True), "counterparty", "reference", "description"]
    out.print(table("", columns, rows))
    if len(statement.entries) > _SHOWN_ENTRIES:
        hint(f"{len(statement.entries)} entries in all; --json or --camt053 gives them all")


@remote
async def trial_balance(
    bank: Sycee,
    on: Annotated[date | None, date_option("--on", "At the end of this business date. Default: now.")] = None,
    cell: Annotated[int | None, typer.Option("--cell", min=100, max=999, help="One cell only.")] = None,
    json: Json = False,
) -> None:
    """Show every general-ledger subject's balance, and that debits equal credits.

    Ends with 1 when they do not.
    """
    found = await bank.trial_balance(on=on, cell=cell)
    if json:
        print_json(found)
    else:
        _show_trial_balance(found)
    if not all(total.balanced for total in found.totals):
        raise typer.Exit(1)


def _show_trial_balance(balance: TrialBalance) -> None:
    where = f"cell {balance.cell}" if balance.cell else "the whole bank"
    when = f"end of {balance.on}" if balance.on else "now"
    columns: list[str | Column] = [
        "ccy",
        "subject",
        Column("debit", right=True),
        Column("credit", right=True),
    ]
    rows = [[line.currency, line.subject, line.debit.value, line.credit.value] for line in balance.lines]
    out.print(table(f"Trial balance: {where}, {when}", columns, rows))
    for total in balance.totals:
        verdict = "[green]balanced[/green]" if total.balanced else "[bold red]NOT BALANCED[/bold red]"
        out.print(f"{total.currency}: debit {total.debit.value}, credit {total.credit.value} {verdict}")
