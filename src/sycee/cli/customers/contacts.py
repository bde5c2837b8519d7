"""``sycee customer contact``: who holds which post at a customer."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.customers.options import CustomerId, FromDay, HoldsOn, Reason, ToDay
from sycee.cli.options import Json, date_option, uuid_argument, uuid_option
from sycee.cli.output import out, print_json, table
from sycee.client import Contact, Sycee

app = typer.Typer(no_args_is_help=True, help="Contacts, the legal representative among them.")


def _report(contacts: list[Contact]) -> None:
    rows: list[list[object]] = [
        [one.post, one.name, one.local_name, one.phone, one.email, one.valid_from, one.valid_to, one.id]
        for one in contacts
    ]
    columns = ["post", "name", "local name", "phone", "e-mail", "from", "to", "id"]
    out.print(table("Contacts", columns, rows))


@app.command("add")
@remote
async def add(
    bank: Sycee,
    customer: CustomerId,
    *,
    person: Annotated[UUID, uuid_option("--person", "Who holds the post.")],
    post: Annotated[str, typer.Option("--post", help="The post, such as legal_representative.")],
    phone: Annotated[str, typer.Option("--phone", help="Telephone number.")] = "",
    email: Annotated[str, typer.Option("--email", help="E-mail address.")] = "",
    valid_from: FromDay = None,
    valid_to: ToDay = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    json: Json = False,
) -> None:
    """Let a person hold a post; a legal representative takes the place of the one before."""
    made = await bank.add_contact(
        customer,
        person,
        post,
        phone=phone,
        email=email,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
    )
    if json:
        print_json(made)
    else:
        _report([made])


@app.command("list")
@remote
async def list_contacts(bank: Sycee, customer: CustomerId, on: HoldsOn = None, json: Json = False) -> None:
    """List who holds which post at a customer."""
    found = await bank.contacts(customer, on=on)
    if json:
        print_json({"contacts": found})
    else:
        _report(found)


@app.command("end")
@remote
async def end(
    bank: Sycee,
    customer: CustomerId,
    contact: Annotated[UUID, uuid_argument("CONTACT", "Id of the contact, a UUID.")],
    *,
    reason: Reason,
    on: Annotated[
        date | None, date_option("--on", "First day without it. Default: the business date.")
    ] = None,
    json: Json = False,
) -> None:
    """Let a contact hold no longer from a date on."""
    ended = await bank.end_contact(customer, contact, reason=reason, on=on)
    if json:
        print_json(ended)
    else:
        _report([ended])
