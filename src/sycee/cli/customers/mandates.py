"""``sycee customer mandate``: who may sign, for what, up to how much, how many together."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from sycee.cli.connection import remote
from sycee.cli.customers.options import (
    CustomerId,
    FromDay,
    HoldsOn,
    JsonFile,
    OnDay,
    Reason,
    ToDay,
    as_uuid,
    pair,
    read_file,
)
from sycee.cli.options import Json, date_option, money_option, uuid_argument
from sycee.cli.output import facts, out, print_json, table
from sycee.client import Mandate, Money, NewMandate, Signatory, SigningRule, Sycee

app = typer.Typer(no_args_is_help=True, help="Mandates: who may sign, for what, up to how much.")


class _Mandates(msgspec.Struct, forbid_unknown_fields=True):
    mandates: list[NewMandate]


def print_mandates(mandates: list[Mandate]) -> None:
    """Show mandates, a line for each rule."""
    rows: list[list[object]] = []
    for mandate in mandates:
        who = ", ".join(f"{one.group}: {one.person or one.post}" for one in mandate.signatories)
        for rule in mandate.rules:
            limit = rule.up_to or (f"any {rule.currency}" if rule.currency else "any")
            rows.append(
                [
                    mandate.id,
                    mandate.reference,
                    who,
                    ", ".join(rule.operations),
                    limit,
                    " or ".join(rule.signatures),
                    mandate.valid_from,
                    mandate.valid_to,
                ]
            )
    columns = ["id", "reference", "signatories", "operations", "up to", "signatures", "from", "to"]
    out.print(table("Mandates", columns, rows))


@app.command("give")
@remote
async def give(
    bank: Sycee,
    customer: CustomerId,
    *,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", metavar="GROUP:ID", help="Signatory, such as A:<id>. Repeatable."),
    ] = None,
    post: Annotated[
        list[str] | None,
        typer.Option("--post", metavar="GROUP:POST", help="Whoever holds a post. Repeatable."),
    ] = None,
    operation: Annotated[
        list[str] | None, typer.Option("--operation", help="What may be signed for. Repeatable.")
    ] = None,
    signatures: Annotated[
        list[str] | None, typer.Option("--signatures", help="Enough together: A, or A+B. Repeatable.")
    ] = None,
    up_to: Annotated[Money | None, money_option("--up-to", "The largest amount. Default: any.")] = None,
    reference: Annotated[str, typer.Option("--reference", help="Of the customer's paper.")] = "",
    file: JsonFile = None,
    valid_from: FromDay = None,
    valid_to: ToDay = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    json: Json = False,
) -> None:
    """Give a mandate of one rule; those of several rules come from a file."""
    mandates = list(read_file(file, _Mandates).mandates) if file else []
    if file is None:
        if not (person or post) or not operation:
            raise typer.BadParameter("give --person or --post, and --operation; or else --file")
        signatories = []
        for text in person or []:
            group, id = pair(text, "GROUP:ID")
            signatories.append(Signatory(group=group, person=as_uuid(id)))
        for text in post or []:
            group, name = pair(text, "GROUP:POST")
            signatories.append(Signatory(group=group, post=name))
        rule = SigningRule(operations=tuple(operation), signatures=tuple(signatures or ("A",)), up_to=up_to)
        mandates.append(
            NewMandate(
                signatories=tuple(signatories),
                rules=(rule,),
                reference=reference,
                valid_from=valid_from,
                valid_to=valid_to,
            )
        )
    made = await bank.give_mandates(customer, mandates, reason=reason)
    if json:
        print_json({"mandates": made})
    else:
        print_mandates(made)


@app.command("list")
@remote
async def list_mandates(bank: Sycee, customer: CustomerId, on: HoldsOn = None, json: Json = False) -> None:
    """List the mandates that a customer has given."""
    found = await bank.mandates(customer, on=on)
    if json:
        print_json({"mandates": found})
    else:
        print_mandates(found)


@app.command("revoke")
@remote
async def revoke(
    bank: Sycee,
    customer: CustomerId,
    mandate: Annotated[UUID, uuid_argument("MANDATE", "Id of the mandate, a UUID.")],
    *,
    reason: Reason,
    on: Annotated[
        date | None, date_option("--on", "First day without it. Default: the business date.")
    ] = None,
    json: Json = False,
) -> None:
    """Let a mandate hold no longer from a date on."""
    ended = await bank.revoke_mandate(customer, mandate, reason=reason, on=on)
    if json:
        print_json(ended)
    else:
        print_mandates([ended])


@app.command("check")
@remote
async def check(
    bank: Sycee,
    customer: CustomerId,
    *,
    operation: Annotated[str, typer.Option("--operation", help="What is to be signed.")],
    signer: Annotated[list[str], typer.Option("--signer", metavar="ID", help="Who signs. Repeatable.")],
    amount: Annotated[Money | None, money_option("--amount", "The amount, if it has one.")] = None,
    on: OnDay = None,
    json: Json = False,
) -> None:
    """Say whether these persons, signing together, may do this for a customer; changes nothing."""
    signers = [as_uuid(text) for text in signer]
    found = await bank.check_mandate(customer, operation, signers, amount=amount, on=on)
    if json:
        print_json(found)
        return
    pairs: list[tuple[str, object]] = [
        ("mandate", found.mandate),
        ("reference", found.reference),
        ("operation", found.operation),
        ("signatures", found.signatures),
        ("signers", ", ".join(str(one) for one in found.signers)),
        ("up to", found.up_to or "any amount"),
    ]
    out.print(facts("They may sign", pairs))
