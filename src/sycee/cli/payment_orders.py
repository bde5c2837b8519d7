"""``sycee payment``: instruct payments, see how they stand, follow them, take them back."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from sycee.cli import payment_terms, standing_orders
from sycee.cli.connection import remote
from sycee.cli.following import After, Count, show_steps
from sycee.cli.options import Json, Why, account_option, date_option, money_option, uuid_argument, uuid_option
from sycee.cli.output import Column, facts, out, print_json, refuse, table
from sycee.client import (
    Money,
    NewPayment,
    Payment,
    PaymentChange,
    PaymentStep,
    SubmittedPayment,
    Sycee,
)
from sycee.kernel.ids import uuid7

app = typer.Typer(
    no_args_is_help=True,
    help="Instruct payments, see how they stand, follow them, take them back; rails and screening.",
)
app.add_typer(payment_terms.rails_app, name="rails")
app.add_typer(payment_terms.screening_app, name="screening")
app.add_typer(standing_orders.sweep_app, name="standing")


class State(StrEnum):
    """The states of a payment, as options name them."""

    APPROVED = "approved"
    STOPPED = "stopped"
    HELD = "held"
    QUEUED = "queued"
    SENT = "sent"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


PaymentId = Annotated[UUID, uuid_argument("PAYMENT", "Id of the payment, a UUID.")]
PaymentIds = Annotated[list[UUID], uuid_argument("PAYMENT...", "Ids of payments.")]


@app.command("submit")
@remote
async def submit(
    bank: Sycee,
    *,
    source: Annotated[str, account_option("--from", "The account that pays.")],
    payee: Annotated[str, typer.Option("--to", help="The payee's account.")],
    name: Annotated[str, typer.Option("--name", help="The payee's name.")],
    amount: Annotated[Money, money_option("--amount", "Amount, as '1234.56 CNY'.")],
    agent: Annotated[
        str | None,
        typer.Option("--bank", help="The payee's bank, CNAPS number or BIC. Default: this bank."),
    ] = None,
    remittance: Annotated[str, typer.Option("--remittance", help="What the payee is told.")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help="Purpose code, such as SALA.")] = "",
    end_to_end_id: Annotated[str, typer.Option("--end-to-end-id", help="Your own reference.")] = "",
    execute_on: Annotated[
        date | None, date_option("--on", "Business date to carry it out on. Default: now.")
    ] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="The quickest way, not the cheapest.")] = False,
    payment_id: Annotated[
        UUID | None, uuid_option("--id", "Id of the payment; the same id is paid once. Made when left out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell rail, fee and time; nothing is done.")
    ] = False,
    json: Json = False,
) -> None:
    """Pay an account of this bank or of another; tells where the payment stands, and what it costs.

    Ends with 1 when the payment is refused.
    """
    payment = NewPayment(
        id=payment_id or uuid7(),
        debit_account=source,
        creditor_account=payee,
        creditor_name=name,
        amount=amount,
        creditor_agent=agent,
        remittance=remittance,
        purpose=purpose,
        end_to_end_id=end_to_end_id,
        execute_on=execute_on,
        urgency="urgent" if urgent else "normal",
    )
    (outcome,) = await bank.submit_payments([payment], dry_run=dry_run)
    _told([outcome], json, dry_run=dry_run)


@app.command("submit-file")
@remote
async def submit_file(
    bank: Sycee,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="JSON lines: a payment each, in the shape of the API.",
        ),
    ],
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="One refused payment refuses the file.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen.")] = False,
    json: Json = False,
) -> None:
    """Submit the payments of a file in one list; ends with 1 when any is refused."""
    payments = []
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if line.strip():
            try:
                payments.append(msgspec.json.decode(line, type=NewPayment))
            except msgspec.DecodeError as error:
                raise typer.BadParameter(f"{file}, line {number}: {error}") from error
    found = await bank.submit_payments(payments, all_or_nothing=all_or_nothing, dry_run=dry_run)
    _told(found, json, dry_run=dry_run)


@app.command("show")
@remote
async def show(bank: Sycee, payment: PaymentId, json: Json = False) -> None:
    """Show a payment with every step of it."""
    found, steps = await bank.payment(payment), await bank.payment_steps(payment)
    if json:
        print_json({"payment": found, "steps": steps})
        return
    pairs: list[tuple[str, object]] = [
        ("state", found.state),
        ("amount", found.amount),
        ("from", found.debit_account),
        ("to", f"{found.creditor_name}, {found.creditor_account}"),
        ("bank", found.creditor_agent or "this bank"),
        ("rail", found.rail),
        ("fee", found.fee),
        ("due on", found.due_on),
        ("returned", found.returned),
        ("why", f"{found.reason} [{found.reason_code}]" if found.reason_code else None),
    ]
    out.print(facts(f"Payment {found.id}", pairs))
    out.print(table("Steps", ["at", "states", "by", "why"], [_row(step) for step in steps]))


@app.command("list")
@remote
async def list_payments(
    bank: Sycee,
    *,
    customer: Annotated[UUID | None, uuid_option("--customer", "From accounts of this customer.")] = None,
    account: Annotated[str | None, account_option("--account", "From this account.")] = None,
    order: Annotated[UUID | None, uuid_option("--order", "Of this order.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="In this state only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most payments that are shown.")] = 100,
    json: Json = False,
) -> None:
    """List payments, the newest first."""
    found: list[Payment] = []
    async for payment in bank.payments(
        customer=customer,
        account=account,
        order=order,
        state=None if state is None else state.value,
        page=min(limit, 1000),
    ):
        found.append(payment)
        if len(found) == limit:
            break
    if json:
        print_json({"payments": found})
        return
    rows = [
        [one.id, one.state, one.amount, one.debit_account, one.creditor_account, one.rail, one.reason_code]
        for one in found
    ]
    columns: list[str | Column] = ["id", "state", Column("amount", right=True), "from", "to", "rail", "why"]
    out.print(table("Payments", columns, rows))


@app.command("follow")
@remote
async def follow(
    bank: Sycee,
    *,
    after: After = None,
    count: Count = None,
    json: Json = False,
) -> None:
    """Show the steps of payments as they happen, until Ctrl-C."""
    await show_steps(bank.follow_payments(after=after), _line, count=count, json=json)


def _line(step: PaymentStep) -> str:
    return f"{step.at:%Y-%m-%d %H:%M:%S} {step.payment} {' → '.join(step.states)} [{step.actor}]"


@app.command("cancel")
@remote
async def cancel(bank: Sycee, payments: PaymentIds, reason: Why = "", json: Json = False) -> None:
    """Take back payments that have not gone out; ends with 1 when one cannot be."""
    _changed(await bank.cancel_payments(payments, reason=reason), json)


@app.command("recall")
@remote
async def recall(
    bank: Sycee,
    payment: PaymentId,
    *,
    reason_code: Annotated[
        str, typer.Option("--reason-code", help="ISO 20022 reason: DUPL, CUST, FRAD, TECH, …")
    ],
    reason: Why = "",
    json: Json = False,
) -> None:
    """Ask for a payment back that has gone out."""
    _changed([await bank.recall_payment(payment, reason_code, reason=reason)], json)


@app.command("release")
@remote
async def release(
    bank: Sycee,
    payments: PaymentIds,
    reason: Why,
    json: Json = False,
) -> None:
    """Let payments go on that screening stopped."""
    _changed(await bank.release_stopped_payments(payments, reason), json)


@app.command("refuse")
@remote
async def refuse_payments(
    bank: Sycee,
    payments: PaymentIds,
    reason: Why,
    json: Json = False,
) -> None:
    """Reject payments that screening stopped, for good."""
    _changed(await bank.refuse_stopped_payments(payments, reason), json)


def _row(step: PaymentStep) -> list[object]:
    why = f"{step.reason or ''} [{step.reason_code}]" if step.reason_code else step.reason
    return [f"{step.at:%Y-%m-%d %H:%M:%S}", " → ".join(step.states), step.actor, why]


def _told(outcomes: list[SubmittedPayment], json: bool, *, dry_run: bool) -> None:
    """Show outcomes; a refusal ends the command with 1."""
    if json:
        print_json({"outcomes": outcomes})
    else:
        preview = " (preview)" if dry_run else ""
        for one in outcomes:
            if not one.accepted:
                refuse(f"refused: {one.detail or one.code} [{one.code}] {one.id}")
                continue
            ways = f" by {one.rail}, fee {one.fee or 'none'}" if one.rail else ""
            before = " (submitted before)" if one.duplicate else ""
            why = f": {one.detail} [{one.code}]" if one.code else ""
            out.print(f"[green]{one.state}[/green]{preview}{before}{ways} {one.id}{why}")
    if not all(one.accepted for one in outcomes):
        raise typer.Exit(1)


def _changed(outcomes: list[PaymentChange], json: bool) -> None:
    """Show outcomes; one that was not possible ends the command with 1."""
    if json:
        print_json({"outcomes": outcomes})
    else:
        for one in outcomes:
            if one.code in {"not_possible", "payment_not_found"}:
                refuse(f"{one.detail} [{one.code}] {one.payment}")
            else:
                why = f": {one.detail} [{one.code}]" if one.code else ""
                out.print(f"[green]{one.state}[/green] {one.payment}{why}")
    if any(one.code is not None for one in outcomes):
        raise typer.Exit(1)
