"""``sycee pay``: send a pain.001 payment file and see what became of each payment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sycee.cli.connection import remote
from sycee.cli.options import Json
from sycee.cli.output import Column, out, print_json, progress, table
from sycee.client import PaymentFile, Sycee

GROUP_STATUSES = {
    "ACSC": "accepted, settled",
    "PART": "accepted in part",
    "RJCT": "rejected",
}


def payments_table(title: str, files: list[tuple[str, PaymentFile]]) -> Table:
    """Every payment of some files: whose, to whom, how much, and what became of it."""
    columns: list[str | Column] = ["file", "payment", "from", "to", Column("amount", right=True), "ccy"]
    columns += ["status", "why"]
    rows = [
        [
            name,
            payment.end_to_end_id,
            payment.debtor,
            payment.creditor,
            payment.amount.value,
            payment.amount.currency,
            payment.status,
            f"{payment.code}: {payment.detail}" if payment.code else "",
        ]
        for name, file in files
        for payment in file.payments
    ]
    return table(title, columns, rows)


@remote
async def pay(
    bank: Sycee,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, help="A pain.001 XML document."
        ),
    ],
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            dir_okay=False,
            help="Where to write the pain.002 status report. Default: FILE's name with .pain.002.xml, here.",
        ),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no status report.")] = False,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", help="Idempotency key; the same key and file again is answered as the first time."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Send a pain.001 payment file; show each payment's outcome and save the pain.002 status report.

    Ends with 1 when a payment was rejected.
    """
    with progress(f"Sending {file.name}", None):
        result = await bank.send_payment_file(file.read_bytes(), key=key)
        if report is None and not no_report:
            report = Path(f"{file.stem}.pain.002.xml")
        if report is not None:
            report.write_bytes(await bank.payment_status_report(result.id))
    if json:
        print_json(result)
    else:
        out.print(payments_table(f"{result.message_id} ({result.format})", [(file.name, result)]))
        meaning = GROUP_STATUSES.get(result.status, result.status)
        out.print(
            f"{result.status} ({meaning}): {result.accepted_count} accepted, "
            f"{result.rejected_count} rejected; file {result.id}"
        )
        if result.duplicate:
            out.print("This file was received before: nothing was paid again.")
        if report is not None:
            out.print(f"pain.002 status report: {report}")
    if result.rejected_count:
        raise typer.Exit(1)
