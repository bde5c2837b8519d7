"""``sycee person``: natural persons, and for whom they may sign."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from sycee.cli.connection import remote
from sycee.cli.customers.mandates import print_mandates
from sycee.cli.customers.options import HoldsOn, PersonId
from sycee.cli.options import Json, date_option
from sycee.cli.output import facts, out, print_json
from sycee.client import NewPerson, Person, Sycee


class Document(StrEnum):
    """The kinds of identity document, as options name them."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    OTHER = "other"


def _report(person: Person, json: bool) -> None:
    if json:
        print_json(person)
        return
    pairs: list[tuple[str, object]] = [
        ("id", person.id),
        ("name", person.name),
        ("local name", person.local_name),
        ("document", f"{person.document_kind} {person.document_number} ({person.country})"),
        ("born on", person.born_on),
    ]
    out.print(facts("Person", pairs))


@remote
async def register(
    bank: Sycee,
    *,
    name: Annotated[str, typer.Option("--name", help="Name.")],
    number: Annotated[str, typer.Option("--number", help="Number of the identity document.")],
    local_name: Annotated[str, typer.Option("--local-name", help="Name in the person's own language.")] = "",
    document: Annotated[
        Document, typer.Option("--document", help="Kind of the identity document.")
    ] = Document.RESIDENT_ID,
    country: Annotated[str, typer.Option("--country", help="That issued the document, ISO 3166.")] = "CN",
    born_on: Annotated[
        date | None, date_option("--born-on", "Date of birth; a resident identity number holds it.")
    ] = None,
    json: Json = False,
) -> None:
    """Record a person and show him or her; one who is known already is shown."""
    new = NewPerson(
        name=name,
        local_name=local_name,
        document_kind=document.value,
        document_number=number,
        country=country,
        born_on=born_on,
    )
    _report((await bank.register_persons([new]))[0], json)


@remote
async def show(bank: Sycee, person: PersonId, json: Json = False) -> None:
    """Show a person."""
    _report(await bank.person(person), json)


@remote
async def list_mandates(bank: Sycee, person: PersonId, on: HoldsOn = None, json: Json = False) -> None:
    """List the mandates that name a person: for whom he or she may sign."""
    found = await bank.mandates_of_person(person, on=on)
    if json:
        print_json({"mandates": found})
    else:
        print_mandates(found)
