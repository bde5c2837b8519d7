"""``sycee customer register|import|list|show|change|history|changes``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sycee.cli.connection import remote
from sycee.cli.customers.options import CustomerId, FromDay, Grade, OnDay, Reason, Status, given, read_file
from sycee.cli.options import Json, date_option, money_option
from sycee.cli.output import facts, hint, out, print_json, table
from sycee.client import Customer, CustomerVersion, Money, NewCustomer, RecordedChange, Sycee

Name = Annotated[str | None, typer.Option("--name", help="Name.")]
LocalName = Annotated[str | None, typer.Option("--local-name", help="Name in the entity's own language.")]
Uscc = Annotated[str | None, typer.Option("--uscc", help="Unified social credit code.")]
Lei = Annotated[str | None, typer.Option("--lei", help="Legal entity identifier.")]
Capital = Annotated[Money | None, money_option("--capital", "Registered capital.")]
Established = Annotated[date | None, date_option("--established", "Day on which it was established.")]
Industry = Annotated[
    str | None, typer.Option("--industry", help="Code of the industry (GB/T 4754), such as C2614.")
]
Country = Annotated[
    str | None, typer.Option("--country", help="Where it is registered, ISO 3166. Default: CN.")
]
Address = Annotated[str | None, typer.Option("--address", help="Registered address.")]
LocalAddress = Annotated[
    str | None, typer.Option("--local-address", help="Registered address in the entity's own language.")
]
RiskGrade = Annotated[Grade | None, typer.Option("--risk-grade", help="How much care is taken with it.")]
Cell = Annotated[
    int | None,
    typer.Option("--cell", min=100, max=999, help="Cell to place it in. Default: the emptiest."),
]


def _row(customer: Customer) -> list[object]:
    name = " ".join(part for part in (customer.local_name, customer.name) if part)
    code = customer.uscc or customer.lei
    return [customer.id, name, code, customer.status, customer.risk_grade, customer.cell]


def report(customer: Customer, json: bool) -> None:
    """Show one customer."""
    if json:
        print_json(customer)
        return
    parent = f"{customer.parent.customer} ({customer.parent.percent} %)" if customer.parent else None
    pairs: list[tuple[str, object]] = [
        ("id", customer.id),
        ("name", customer.name),
        ("local name", customer.local_name),
        ("credit code", customer.uscc),
        ("LEI", customer.lei),
        ("status", customer.status),
        ("risk grade", customer.risk_grade),
        ("registered capital", customer.registered_capital),
        ("established on", customer.established_on),
        ("industry", customer.industry),
        ("country", customer.country),
        ("address", customer.address),
        ("local address", customer.local_address),
        ("parent", parent),
        ("cell", customer.cell),
        ("version", f"{customer.version}, from {customer.valid_from}"),
    ]
    out.print(facts("Customer", pairs))


@remote
async def register(
    bank: Sycee,
    *,
    name: Annotated[str, typer.Option("--name", help="Name.")],
    local_name: LocalName = None,
    uscc: Uscc = None,
    lei: Lei = None,
    capital: Capital = None,
    established: Established = None,
    industry: Industry = None,
    country: Country = None,
    address: Address = None,
    local_address: LocalAddress = None,
    active: Annotated[
        bool, typer.Option("--active", help="Make it a customer at once, and no mere prospect.")
    ] = False,
    risk_grade: RiskGrade = None,
    cell: Cell = None,
    valid_from: FromDay = None,
    json: Json = False,
) -> None:
    """Register a legal entity and show it."""
    values: dict[str, Any] = given(
        local_name=local_name,
        uscc=uscc,
        lei=lei,
        registered_capital=capital,
        established_on=established,
        industry=industry,
        country=country,
        address=address,
        local_address=local_address,
        risk_grade=risk_grade.value if risk_grade else None,
        cell=cell,
        valid_from=valid_from,
    )
    new = NewCustomer(name=name, status="active" if active else "prospect", **values)
    report((await bank.register_customers([new]))[0], json)


class _Customers(msgspec.Struct, forbid_unknown_fields=True):
    customers: list[NewCustomer]


@remote
async def import_file(
    bank: Sycee,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help='JSON: {"customers": […]}, as the API takes it.'
        ),
    ],
    json: Json = False,
) -> None:
    """Register all legal entities of a JSON file, or none."""
    made = await bank.register_customers(read_file(file, _Customers).customers)
    if json:
        print_json({"customers": made})
        return
    out.print(
        table("Registered", ["id", "name", "code", "status", "risk", "cell"], [_row(one) for one in made])
    )


@remote
async def find(
    bank: Sycee,
    *,
    name: Annotated[str | None, typer.Option("--name", help="Part of either name, in any case.")] = None,
    uscc: Annotated[str | None, typer.Option("--uscc", help="With this code, now or before.")] = None,
    lei: Annotated[str | None, typer.Option("--lei", help="With this LEI, now or before.")] = None,
    status: Annotated[Status | None, typer.Option("--status", help="In this status only.")] = None,
    risk_grade: Annotated[Grade | None, typer.Option("--risk-grade", help="Of this grade only.")] = None,
    cell: Annotated[int | None, typer.Option("--cell", min=100, max=999, help="Of one cell only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 100,
    json: Json = False,
) -> None:
    """List customers, those registered first coming first."""
    found: list[Customer] = []
    more = False
    async for customer in bank.customers(
        name=name,
        uscc=uscc,
        lei=lei,
        status=status.value if status else None,
        risk_grade=risk_grade.value if risk_grade else None,
        cell=cell,
        page=min(limit, 100),
    ):
        if len(found) == limit:
            more = True
            break
        found.append(customer)
    if json:
        print_json({"customers": found, "more": more})
        return
    out.print(
        table("Customers", ["id", "name", "code", "status", "risk", "cell"], [_row(one) for one in found])
    )
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@remote
async def show(bank: Sycee, customer: CustomerId, on: OnDay = None, json: Json = False) -> None:
    """Show a customer as it is, or was or will be on a date."""
    report(await bank.customer(customer, on=on), json)


@remote
async def change(
    bank: Sycee,
    customer: CustomerId,
    *,
    reason: Reason,
    name: Name = None,
    local_name: LocalName = None,
    uscc: Uscc = None,
    lei: Lei = None,
    capital: Capital = None,
    established: Established = None,
    industry: Industry = None,
    country: Country = None,
    address: Address = None,
    local_address: LocalAddress = None,
    status: Annotated[Status | None, typer.Option("--status", help="New status.")] = None,
    risk_grade: RiskGrade = None,
    effective_from: FromDay = None,
    json: Json = False,
) -> None:
    """Change a customer from a date on; what is not named stays as it is."""
    changes = given(
        name=name,
        local_name=local_name,
        uscc=uscc,
        lei=lei,
        registered_capital=capital,
        established_on=established,
        industry=industry,
        country=country,
        address=address,
        local_address=local_address,
        status=status.value if status else None,
        risk_grade=risk_grade.value if risk_grade else None,
    )
    if not changes:
        raise typer.BadParameter("nothing to change: give --name, --status, --address or another option")
    changed = await bank.change_customer(customer, reason=reason, effective_from=effective_from, **changes)
    report(changed, json)


@remote
async def history(
    bank: Sycee,
    customer: CustomerId,
    superseded: Annotated[
        bool, typer.Option("--superseded", help="Also what was said before, and is no longer.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what is known of a customer over time, and who said so."""
    found: list[CustomerVersion] = await bank.customer_versions(customer, superseded=superseded)
    if json:
        print_json({"versions": found})
        return
    rows: list[list[object]] = [
        [
            one.customer.version,
            one.customer.valid_from,
            one.valid_to,
            one.customer.name,
            one.customer.status,
            one.customer.risk_grade,
            one.recorded_by,
            one.reason,
            one.superseded_by,
        ]
        for one in found
    ]
    columns = ["version", "from", "to", "name", "status", "risk", "by", "reason", "superseded by"]
    out.print(table("History", columns, rows))


@remote
async def changes(
    bank: Sycee,
    customer: CustomerId,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 50,
    json: Json = False,
) -> None:
    """Show who changed what of a customer, newest first."""
    found: list[RecordedChange] = []
    async for one in bank.customer_changes(customer, page=min(limit, 100)):
        if len(found) == limit:
            break
        found.append(one)
    if json:
        print_json({"changes": found})
        return
    rows: list[list[object]] = [
        [one.changed_at.strftime("%Y-%m-%d %H:%M:%S"), one.changed_by, one.what, one.effective, one.reason]
        for one in found
    ]
    out.print(table("Changes", ["at", "by", "what", "effective", "reason"], rows))
