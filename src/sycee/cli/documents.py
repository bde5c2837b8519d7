"""``sycee day documents`` and ``sycee day document``: an account's statements and balance confirmations."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Number, uuid_argument
from sycee.cli.output import Column, facts, hint, out, print_json, table
from sycee.client import DayDocument, DocumentSummary, Sycee


class Kind(StrEnum):
    """The kinds of documents, as options name them."""

    STATEMENT = "statement"
    BALANCE_CONFIRMATION = "balance_confirmation"


class Format(StrEnum):
    """The formats of a document, as options name them."""

    JSON = "json"
    CSV = "csv"
    PDF = "pdf"
    XLSX = "xlsx"


@remote
async def documents(
    bank: Sycee,
    number: Number,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Of this kind only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 50,
    json: Json = False,
) -> None:
    """List the statements and balance confirmations of an account, newest first."""
    found: list[DocumentSummary] = []
    more = False
    listed = bank.documents(number, kind=kind.value if kind is not None else None, page=min(limit + 1, 1000))
    async for document in listed:
        if len(found) == limit:
            more = True
            break
        found.append(document)
    if json:
        print_json({"documents": found, "more": more})
        return
    columns: list[str | Column] = ["kind", "from", "to", Column("entries", right=True), "id", "produced at"]
    rows = [
        [
            one.kind,
            one.start,
            one.end,
            one.entries if one.kind == "statement" else "",
            one.id,
            one.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        ]
        for one in found
    ]
    out.print(table(f"Documents of {number}", columns, rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@remote
async def document(
    bank: Sycee,
    number: Number,
    document_id: Annotated[UUID, uuid_argument("DOCUMENT", "Id of the document, a UUID.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", dir_okay=False, help="Write it to this file; its ending says the format."),
    ] = None,
    file_format: Annotated[
        Format | None, typer.Option("--format", help="Format of the file, whatever its ending.")
    ] = None,
    json: Json = False,
) -> None:
    """Show a document of an account, or write it to a file as PDF, CSV, JSON or for Excel."""
    found = await bank.document(number, document_id)
    if file is not None:
        chosen = file_format or _format_of(file)
        file.write_bytes(await bank.document_file(number, document_id, chosen.value))
    if json:
        print_json(found)
        return
    _show(found)
    if file is not None:
        out.print(f"written to {file}")


def _format_of(file: Path) -> Format:
    try:
        return Format(file.suffix.lower().removeprefix("."))
    except ValueError:
        raise typer.BadParameter(
            f"{file.name} does not end in .pdf, .csv, .xlsx or .json; --format says"
        ) from None


def _show(found: DayDocument) -> None:
    summary, account = found.document, found.account
    names = " ".join(name for name in (account.local_name, account.name) if name)
    pairs: list[tuple[str, object]] = [
        ("kind", summary.kind),
        ("account", f"{account.number} {names}"),
        ("period", f"{summary.start} to {summary.end}"),
    ]
    if found.statement is not None:
        pairs += [
            ("opening", found.statement.opening),
            ("debits", f"{found.statement.debit_total} ({found.statement.debit_count})"),
            ("credits", f"{found.statement.credit_total} ({found.statement.credit_count})"),
            ("closing", found.statement.closing),
        ]
    if found.confirmation is not None:
        pairs += [("balance", found.confirmation.balance), ("held", found.confirmation.held)]
    out.print(facts("Document", [*pairs, ("SHA-256", summary.sha256)]))
