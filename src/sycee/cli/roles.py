"""``sycee role``: roles, and who has been given which."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, money_option, uuid_argument, uuid_option
from sycee.cli.output import out, print_json, table
from sycee.client import Grant, Money, Role, Sycee

app = typer.Typer(no_args_is_help=True, help="Roles: what they allow, who has been given which.")

PrincipalId = Annotated[UUID, uuid_argument("PRINCIPAL", "Id of the principal, a UUID.")]
Why = Annotated[str, typer.Option("--reason", help="Why: it goes on record.")]


class For(StrEnum):
    """For whom a role is, as options name it."""

    BANK = "bank"
    CUSTOMER = "customer"


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not an instant; write it as 2026-03-31T09:00:00+08:00")
    return moment


def _instant_option(name: str, text: str) -> Any:
    return typer.Option(name, metavar="INSTANT", parser=_instant, help=text)


def _report_roles(roles: list[Role]) -> None:
    rows = [[one.id, one.audience, one.title, one.local_title, " ".join(one.permissions)] for one in roles]
    out.print(table("Roles", ["id", "for", "title", "local title", "allows"], rows))


def _report_grants(grants: list[Grant]) -> None:
    rows = []
    for one in grants:
        limits = [one.customer, one.cell, one.branch, one.product, one.amount]
        reach = ", ".join(str(limit) for limit in limits if limit is not None) or "everywhere"
        end = one.revoked_at or one.valid_until
        rows.append([one.id, one.role, reach, f"{one.valid_from:%Y-%m-%d %H:%M}", end, one.reason])
    out.print(table("Roles given", ["id", "role", "reaches", "from", "until", "why"], rows))


@app.command("list")
@remote
async def list_all(bank: Sycee, json: Json = False) -> None:
    """List every role and what it allows."""
    found = await bank.roles()
    if json:
        print_json({"roles": found})
    else:
        _report_roles(found)


@app.command("define")
@remote
async def define(
    bank: Sycee,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Small letters, digits and _.")],
    *,
    title: Annotated[str, typer.Option("--title", help="Title in English.")],
    local_title: Annotated[str, typer.Option("--local-title", help="Title in Chinese.")],
    permission: Annotated[
        list[str], typer.Option("--permission", help="What it allows, a scope; may be given several times.")
    ],
    audience: Annotated[For, typer.Option("--for", help="Whose people it is for.")] = For.BANK,
    json: Json = False,
) -> None:
    """Make a role, or change what one allows: at once, for all who have it."""
    made = await bank.define_role(role, audience.value, title, local_title, permission)
    if json:
        print_json(made)
    else:
        _report_roles([made])


@app.command("give")
@remote
async def give(
    bank: Sycee,
    principal: PrincipalId,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Id of the role.")],
    *,
    reason: Why,
    valid_from: Annotated[
        datetime | None, _instant_option("--from", "From this instant on. Default: at once.")
    ] = None,
    valid_until: Annotated[
        datetime | None, _instant_option("--until", "Until this instant. Default: for good.")
    ] = None,
    customer: Annotated[UUID | None, uuid_option("--customer", "For this customer only.")] = None,
    cell: Annotated[int | None, typer.Option("--cell", help="For this cell only.")] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="For this branch's customers only.")] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="For this product or package only.")
    ] = None,
    amount: Annotated[Money | None, money_option("--amount", "Up to this amount at once.")] = None,
    json: Json = False,
) -> None:
    """Give a role to somebody else, as far as the limits go."""
    made = await bank.give_role(
        principal,
        role,
        reason=reason,
        valid_from=valid_from,
        valid_until=valid_until,
        customer=customer,
        cell=cell,
        branch=branch,
        product=product,
        amount=amount,
    )
    if json:
        print_json(made)
    else:
        _report_grants([made])


@app.command("given")
@remote
async def given(bank: Sycee, principal: PrincipalId, json: Json = False) -> None:
    """List what a principal was ever given."""
    found = await bank.grants(principal)
    if json:
        print_json({"grants": found})
    else:
        _report_grants(found)


@app.command("revoke")
@remote
async def revoke(
    bank: Sycee,
    grant: Annotated[UUID, uuid_argument("GRANT", "Id of what was given, a UUID.")],
    *,
    reason: Why,
    json: Json = False,
) -> None:
    """Take a role away again, at once."""
    gone = await bank.revoke_grant(grant, reason=reason)
    if json:
        print_json(gone)
    else:
        _report_grants([gone])
