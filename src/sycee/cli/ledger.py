"""``sycee ledger``: prove the books, verify their seals, create cells and advance their business date."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from sycee.cli import checks
from sycee.cli.books import books
from sycee.cli.connection import remote
from sycee.cli.options import DatabaseUrl, DataDir, Json, date_option, date_value, local_settings
from sycee.cli.output import out, plain, print_json, refuse, table
from sycee.client import Cell, Sycee
from sycee.kernel.clock import now
from sycee.ledger import SEAL_KEYS_FILE, SealKeys

app = typer.Typer(
    no_args_is_help=True, help="Prove the books, verify their seals, create cells and advance their date."
)


@app.command("check")
def check(data_dir: DataDir = None, database_url: DatabaseUrl = None, json: Json = False) -> None:
    """Prove the invariants of the books: debits equal credits, balances equal the sum of entries, and so on.

    Ends with 1 when a check fails.
    """
    with books(local_settings(data_dir, database_url)) as url:
        found = asyncio.run(checks.check(url))
    passed = all(one.passed for one in found)
    if json:
        print_json({"passed": passed, "checks": found})
    else:
        rows = [[one.name, "passed" if one.passed else "FAILED", one.detail] for one in found]
        out.print(table("Checks of the books", ["check", "result", "detail"], rows))
    if not passed:
        refuse("the books do not hold: see the checks that failed")
        raise typer.Exit(1)


@app.command("verify")
def verify(data_dir: DataDir = None, database_url: DatabaseUrl = None, json: Json = False) -> None:
    """Recompute the seals of every posted batch: a changed row breaks the chain, and the batch is named.

    Signatures are checked with this data directory's own keys; with --database-url, with those that the
    database has. Ends with 1 when a seal is broken.
    """
    settings = local_settings(data_dir, database_url)
    path = settings.data_dir / SEAL_KEYS_FILE
    keys = SealKeys.at(path) if settings.database_url is None and path.exists() else None
    with books(settings) as url:
        found = asyncio.run(checks.verify(url, keys))
    if json:
        print_json({"intact": not found.breaks, **plain(found)})
    elif found.breaks:
        rows = [[one.cell, one.batch, one.detail] for one in found.breaks]
        out.print(table("Broken seals", ["cell", "batch", "detail"], rows))
    else:
        out.print(f"[green]intact[/green]: {found.batches} batches with {found.transfers} transfers")
    if found.breaks:
        refuse(f"{len(found.breaks)} seals are broken: the books were changed behind the ledger's back")
        raise typer.Exit(1)


@app.command("cells")
@remote
async def list_cells(bank: Sycee, json: Json = False) -> None:
    """List the cells of the bank and the business date each stands at."""
    _show(await bank.cells(), json)


@app.command("create-cell")
@remote
async def create_cell(
    bank: Sycee,
    cell: Annotated[
        int, typer.Argument(min=100, max=999, help="Its number, the first digits of its accounts.")
    ],
    name: Annotated[str, typer.Argument(help="Its name, such as a place.")],
    business_date: Annotated[
        date | None, date_option("--business-date", "Its first business date. Default: today.")
    ] = None,
    json: Json = False,
) -> None:
    """Create a cell: a set of books with an order of events and a business date of its own."""
    made = await bank.create_cell(cell, name, business_date or now().date())
    if json:
        print_json(made)
    else:
        _show([made], json)


@app.command("advance")
@remote
async def advance(
    bank: Sycee,
    to: Annotated[
        date, typer.Argument(parser=date_value, metavar="YYYY-MM-DD", help="The new business date.")
    ],
    cell: Annotated[
        list[int] | None,
        typer.Option(
            "--cell", min=100, max=999, help="Only this cell; may be given several times. Default: all."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Advance the business date: whatever is posted from then on belongs to the new day. Nothing stops."""
    wanted = cell or [one.cell for one in await bank.cells()]
    advanced = [await bank.advance_business_date(number, to) for number in wanted]
    _show(advanced, json)


def _show(cells: Sequence[Cell], json: bool) -> None:
    if json:
        print_json({"cells": cells})
        return
    rows = [[one.cell, one.name, one.business_date] for one in cells]
    out.print(table("Cells", ["cell", "name", "business date"], rows))
