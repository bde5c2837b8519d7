"""``sycee debit mandate``: propose, sign, see and stop direct debit mandates."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Why, account_option, date_option, money_option, uuid_argument, uuid_option
from sycee.cli.output import facts, out, print_json, table
from sycee.client import DebitMandate, Money, NewDebitMandate, Sycee
from sycee.kernel.ids import uuid7

mandate_app = typer.Typer(no_args_is_help=True, help="Propose, sign, see and stop direct debit mandates.")


class MandateState(StrEnum):
    """The states of a mandate, as options name them."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class MandateSide(StrEnum):
    """The sides of a mandate, as options name them."""

    CREDITOR = "creditor"
    DEBTOR = "debtor"


MandateId = Annotated[UUID, uuid_argument("MANDATE", "Id of the mandate, a UUID.")]


@mandate_app.command("propose")
@remote
async def propose(
    bank: Sycee,
    *,
    payee: Annotated[str, account_option("--to", "The payee's account.")],
    payer: Annotated[str, account_option("--from", "The payer's account.")],
    reference: Annotated[str, typer.Option("--reference", help="Unique for the payee.")],
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217 code.")] = "CNY",
    one_off: Annotated[bool, typer.Option("--one-off", help="A single debit.")] = False,
    purpose: Annotated[str, typer.Option("--purpose", help="For what.")] = "",
    valid_from: Annotated[date | None, date_option("--valid-from", "First day. Default: now.")] = None,
    valid_to: Annotated[date | None, date_option("--valid-to", "Last day. Default: none.")] = None,
    per_debit: Annotated[Money | None, money_option("--per-debit", "Most of a debit.")] = None,
    per_day: Annotated[Money | None, money_option("--per-day", "Most of a day.")] = None,
    per_month: Annotated[Money | None, money_option("--per-month", "Most of a calendar month.")] = None,
    debits_most: Annotated[
        int | None, typer.Option("--debits-most", min=1, help="How many debits in all.")
    ] = None,
    mandate_id: Annotated[UUID | None, uuid_option("--id", "Id of the mandate. Made when left out.")] = None,
    json: Json = False,
) -> None:
    """Propose a mandate as its payee; the payer signs it."""
    new = NewDebitMandate(
        id=mandate_id or uuid7(),
        credit_account=payee,
        debit_account=payer,
        reference=reference,
        currency=currency,
        recurring=not one_off,
        purpose=purpose,
        valid_from=valid_from,
        valid_to=valid_to,
        per_debit=per_debit,
        per_day=per_day,
        per_month=per_month,
        debits_most=debits_most,
    )
    (made,) = await bank.propose_debit_mandates([new])
    _told(made, json)


def _told(mandate: DebitMandate, json: bool) -> None:
    if json:
        print_json(mandate)
    else:
        out.print(f"Mandate {mandate.reference} of {mandate.creditor_name} is {mandate.state} ({mandate.id})")


@mandate_app.command("sign")
@remote
async def sign(
    bank: Sycee,
    mandate: MandateId,
    *,
    paper: Annotated[
        str | None, typer.Option("--paper", help="For the bank: the paper that the payer signed.")
    ] = None,
    json: Json = False,
) -> None:
    """Sign a mandate as its payer; or record the paper that the payer signed."""
    _told(await bank.sign_debit_mandate(mandate, paper=paper), json)


@mandate_app.command("suspend")
@remote
async def suspend(bank: Sycee, mandate: MandateId, *, reason: Why, json: Json = False) -> None:
    """Let nothing be debited under a mandate until it is resumed."""
    _told(await bank.change_debit_mandate(mandate, "suspend", reason), json)


@mandate_app.command("resume")
@remote
async def resume(bank: Sycee, mandate: MandateId, *, reason: Why, json: Json = False) -> None:
    """Let be debited again under a suspended mandate."""
    _told(await bank.change_debit_mandate(mandate, "resume", reason), json)


@mandate_app.command("cancel")
@remote
async def cancel(bank: Sycee, mandate: MandateId, *, reason: Why, json: Json = False) -> None:
    """End a mandate for good; what waits under it is rejected."""
    _told(await bank.change_debit_mandate(mandate, "cancel", reason), json)


@mandate_app.command("show")
@remote
async def show(bank: Sycee, mandate: MandateId, json: Json = False) -> None:
    """Show a mandate with everything that was done to it."""
    found, steps = await bank.debit_mandate(mandate), await bank.debit_mandate_steps(mandate)
    if json:
        print_json({"mandate": found, "steps": steps})
        return
    pairs: list[tuple[str, object]] = [
        ("state", found.state),
        ("payee", f"{found.creditor_name}, {found.credit_account}"),
        ("payer", found.debit_account),
        ("for", found.purpose),
        ("valid", f"{found.valid_from} to {found.valid_to or '…'}"),
        ("a debit", found.per_debit),
        ("a day", found.per_day),
        ("a month", found.per_month),
        ("debits", found.debits_most),
        ("signed", found.paper or found.signed_on),
    ]
    out.print(facts(f"Mandate {found.reference}", pairs))
    rows = [[f"{one.at:%Y-%m-%d %H:%M:%S}", one.state, one.side, one.actor, one.reason] for one in steps]
    out.print(table("Steps", ["at", "state", "for", "by", "why"], rows))


@mandate_app.command("list")
@remote
async def list_mandates(
    bank: Sycee,
    *,
    customer: Annotated[UUID | None, uuid_option("--customer", "Of this customer.")] = None,
    side: Annotated[MandateSide | None, typer.Option("--side", help="Only as payee or as payer.")] = None,
    state: Annotated[MandateState | None, typer.Option("--state", help="In this state only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most mandates that are shown.")] = 100,
    json: Json = False,
) -> None:
    """List mandates, the newest first."""
    found: list[DebitMandate] = []
    async for mandate in bank.debit_mandates(
        customer=customer,
        side=None if side is None else side.value,
        state=None if state is None else state.value,
        page=min(limit, 1000),
    ):
        found.append(mandate)
        if len(found) == limit:
            break
    if json:
        print_json({"mandates": found})
        return
    rows = [
        [one.id, one.state, one.reference, one.creditor_name, one.debit_account, one.per_month]
        for one in found
    ]
    out.print(table("Mandates", ["id", "state", "reference", "payee", "from", "a month"], rows))
