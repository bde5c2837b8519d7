"""``sycee account intraday-report`` and ``entry-notice``: what happened on an account, as camt messages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Number, Side, date_option, uuid_option
from sycee.cli.output import out, print_json
from sycee.client import Sycee

File = Annotated[Path | None, typer.Option("--file", dir_okay=False, help="Write it to this file.")]


@remote
async def intraday_report(bank: Sycee, number: Number, file: File = None, json: Json = False) -> None:
    """Draw up the business date that runs, so far, as ISO 20022 camt.052."""
    _print(await bank.intraday_report(number), file, json=json)


@remote
async def entry_notice(
    bank: Sycee,
    number: Number,
    transfer: Annotated[UUID | None, uuid_option("--transfer", "The entry of this transfer, alone.")] = None,
    start: Annotated[date | None, date_option("--from", "First business date. Default: today's.")] = None,
    end: Annotated[date | None, date_option("--to", "Last business date. Default: today's.")] = None,
    side: Annotated[Side | None, typer.Option("--side", help="Debits or credits only.")] = None,
    file: File = None,
    json: Json = False,
) -> None:
    """Draw up a notice of debits and credits as ISO 20022 camt.054."""
    notice = await bank.entry_notice(
        number, transfer=transfer, start=start, end=end, side=side.value if side is not None else None
    )
    _print(notice, file, json=json)


def _print(document: bytes, file: Path | None, *, json: bool) -> None:
    if file is not None:
        file.write_bytes(document)
    if json:
        print_json({"document": document.decode()})
    elif file is None:
        typer.echo(document.decode())
    else:
        out.print(f"written to {file}")
