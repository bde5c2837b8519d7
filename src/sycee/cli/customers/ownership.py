"""``sycee customer set-parent|group|record-owners|registers|owners``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
import typer

from sycee.cli.connection import remote
from sycee.cli.customers.customers import report
from sycee.cli.customers.options import (
    CustomerId,
    FromDay,
    JsonFile,
    OnDay,
    Reason,
    as_uuid,
    pair,
    read_file,
)
from sycee.cli.options import Json, uuid_option
from sycee.cli.output import Column, hint, out, print_json, table
from sycee.client import Holding, Sycee


@remote
async def set_parent(
    bank: Sycee,
    customer: CustomerId,
    *,
    reason: Reason,
    parent: Annotated[UUID | None, uuid_option("--parent", "Company directly above.")] = None,
    percent: Annotated[
        str | None, typer.Option("--percent", help="What the parent holds of it, such as 51.5.")
    ] = None,
    leave: Annotated[bool, typer.Option("--leave", help="Take it out of its group.")] = False,
    from_day: FromDay = None,
    json: Json = False,
) -> None:
    """Put a customer under another company of its group."""
    if (parent is None) is not leave or (percent is None) is not leave:
        raise typer.BadParameter("give --parent and --percent, or else --leave")
    report(await bank.set_parent(customer, parent, percent, reason=reason, from_day=from_day), json)


@remote
async def show_group(bank: Sycee, customer: CustomerId, on: OnDay = None, json: Json = False) -> None:
    """Show the group that a customer belongs to, as a tree."""
    found = await bank.group(customer, on=on)
    if json:
        print_json(found)
        return
    rows = [
        ["  " * one.depth + one.name, one.local_name, one.percent and f"{one.percent} %", one.customer]
        for one in found.members
    ]
    out.print(
        table(f"Group on {found.on}", ["company", "local name", Column("held", right=True), "id"], rows)
    )


class _Register(msgspec.Struct, forbid_unknown_fields=True):
    holdings: list[Holding]


@remote
async def record_owners(
    bank: Sycee,
    customer: CustomerId,
    *,
    reason: Reason,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", metavar="ID:PERCENT", help="Equity of a person. Repeatable."),
    ] = None,
    company: Annotated[
        list[str] | None,
        typer.Option("--company", metavar="ID:PERCENT", help="Equity of a customer or prospect. Repeatable."),
    ] = None,
    file: JsonFile = None,
    from_day: FromDay = None,
    json: Json = False,
) -> None:
    """Record the whole register of owners from a date on; votes, benefits and control come from a file."""
    holdings = list(read_file(file, _Register).holdings) if file else []
    for text in person or []:
        owner, percent = pair(text, "ID:PERCENT")
        holdings.append(Holding(person=as_uuid(owner), percent=percent))
    for text in company or []:
        owner, percent = pair(text, "ID:PERCENT")
        holdings.append(Holding(customer=as_uuid(owner), percent=percent))
    if not holdings and file is None:
        raise typer.BadParameter("nobody to record: give --person, --company or --file")
    made = await bank.record_ownership(customer, holdings, reason=reason, from_day=from_day)
    if json:
        print_json(made)
        return
    _print_holdings(f"Owners from {made.valid_from}", made.holdings)


def _print_holdings(title: str, holdings: list[Holding]) -> None:
    rows: list[list[object]] = [
        [one.kind, "person" if one.person else "company", one.person or one.customer, one.percent]
        for one in holdings
    ]
    out.print(table(title, ["kind", "owner", "id", Column("percent", right=True)], rows))


@remote
async def registers(bank: Sycee, customer: CustomerId, json: Json = False) -> None:
    """Show the registers of owners that stand, in the order of their days."""
    found = await bank.ownership_registers(customer)
    if json:
        print_json({"registers": found})
        return
    for one in found:
        _print_holdings(f"From {one.valid_from} to {one.valid_to or 'further notice'}", one.holdings)
    if not found:
        hint("`sycee customer record-owners` records who owns a customer")


@remote
async def owners(bank: Sycee, customer: CustomerId, on: OnDay = None, json: Json = False) -> None:
    """Show who owns a customer in the end, by the rule of 25 %, and the paths that prove it."""
    found = await bank.beneficial_owners(customer, on=on)
    if json:
        print_json(found)
        return
    rows: list[list[object]] = []
    for owner in found.owners:
        rows.append([owner.name, owner.local_name, owner.rule, owner.percent, owner.person])
        for path in owner.paths:
            way = "".join(f"{step.owner_name} -{step.percent or step.kind}→ " for step in path.steps)
            rows.append([f"  {way}{path.steps[-1].company_name}", "", "", path.percent, ""])
    columns: list[str | Column] = ["owner", "local name", "rule", Column("percent", right=True), "id"]
    out.print(table(f"Beneficial owners on {found.on}", columns, rows))
    if found.untraced != "0":
        hint(f"{found.untraced} % of the equity lead to no natural person yet")
    if found.exempt:
        hint("the company need not report its owners: little capital, and natural persons alone own it")
