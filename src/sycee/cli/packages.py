"""``sycee package``: who is on which version of a package, and moving customers to the newest."""

from __future__ import annotations

from typing import Annotated

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json
from sycee.cli.output import hint, out, print_json, progress, table
from sycee.client import Sycee

app = typer.Typer(no_args_is_help=True, help="Find the customers of packages, and move them to new versions.")

Package = Annotated[str, typer.Argument(metavar="PACKAGE", help="Id of the package.")]
OlderThan = Annotated[
    str | None,
    typer.Option("--older-than", metavar="VERSION", help="Only those on versions before this one, a date."),
]


@app.command("customers")
@remote
async def list_customers(
    bank: Sycee, package: Package, older_than: OlderThan = None, json: Json = False
) -> None:
    """List the customers of a package, and the version that each is on."""
    found = [one async for one in bank.package_customers(package, older_than=older_than)]
    if json:
        print_json({"customers": found})
        return
    rows = [[one.customer, one.agreement, one.version, one.signed_on] for one in found]
    out.print(table(f"Customers of {package}", ["customer", "agreement", "version", "signed on"], rows))


@app.command("move")
@remote
async def move_customers(
    bank: Sycee,
    package: Package,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    older_than: OlderThan = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would become of each; change nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Move customers to the package as it is sold today, each by itself, and report on each.

    Ends with 1 when one of them could not be moved.
    """
    customers = [one async for one in bank.package_customers(package, older_than=older_than)]
    moves = []
    with progress(f"Moving customers of {package}", len(customers)) as step:
        async for move in bank.move_agreements(
            [one.agreement for one in customers], reason=reason, dry_run=dry_run
        ):
            moves.append(move)
            step()
    if json:
        print_json({"moves": moves})
    else:
        rows = [
            [
                one.agreement,
                one.status,
                one.before,
                one.after,
                ", ".join((*one.changed, *one.added)),
                f"{one.detail} [{one.code}]" if one.code else "",
            ]
            for one in moves
        ]
        columns = ["agreement", "status", "from", "to", "changed", "why not"]
        out.print(table(f"Moves to {package}", columns, rows))
        if any(one.status == "waiting" for one in moves):
            hint("others have to agree first; `sycee approval list --waiting` shows what waits")
        if dry_run:
            hint("nothing was changed; without --dry-run they are moved")
    if any(one.status == "refused" for one in moves):
        raise typer.Exit(1)
