"""``sycee deposit``: place deposits, give notice, withdraw, and see what became of them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import (
    Json,
    account_option,
    date_option,
    money_option,
    uuid_argument,
    uuid_option,
)
from sycee.cli.output import Column, facts, hint, out, print_json, table
from sycee.client import Deposit, DepositChange, Money, Sycee

app = typer.Typer(
    no_args_is_help=True, help="Place deposits, give notice, withdraw; see how they stand and what is due."
)


class Form(StrEnum):
    """The forms of deposit, as options name them."""

    NOTICE = "notice"
    TIME = "time"
    LARGE_CD = "large_cd"
    MARGIN = "margin"


class State(StrEnum):
    """The states of a deposit, as options name them."""

    ACTIVE = "active"
    MATURED = "matured"
    CLOSED = "closed"


class Renewal(StrEnum):
    """What may happen at maturity, as options name it."""

    PRINCIPAL_AND_INTEREST = "principal_and_interest"
    PRINCIPAL = "principal"
    NONE = "none"
    PAY_OUT = "pay_out"


DepositId = Annotated[UUID, uuid_argument("DEPOSIT", "Id of the deposit, a UUID.")]
Signers = Annotated[
    list[UUID] | None, uuid_option("--signer", "A person who signs for the customer; again for more.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what it would come to.")]
OptionalAmount = Annotated[Money | None, money_option("--amount", "Default: all of the principal.")]


def _show(deposit: Deposit) -> None:
    notice = deposit.notice
    pairs: list[tuple[str, object]] = [
        ("id", deposit.id),
        ("product", f"{deposit.title['en']} {deposit.title['zh']} ({deposit.product})"),
        ("state", deposit.state),
        ("principal", deposit.principal),
        ("account", deposit.account),
        ("customer", deposit.customer),
        ("arrangement", deposit.arrangement),
        ("bears interest from", deposit.start),
        ("maturity", deposit.maturity),
        ("rate", f"{deposit.rate} % a year" if deposit.rate is not None else "that of the withdrawal day"),
        ("at maturity", deposit.renewal if deposit.maturity else None),
        ("times renewed", deposit.renewed or None),
        ("notice", f"{notice.amount} on {notice.pay_on}, {notice.id}" if notice else None),
        ("frozen", deposit.frozen if deposit.frozen.decimal else None),
        ("secures", f"{deposit.obligation}: {deposit.obliged}" if deposit.obligation else None),
        ("due on", deposit.due_on),
        ("was", deposit.predecessor),
        ("became", deposit.successor),
        ("closed on", deposit.closed_on),
    ]
    out.print(facts("Deposit", pairs))


def _report(change: DepositChange, json: bool) -> None:
    if json:
        print_json(change)
        return
    _show(change.deposit)
    event = change.event
    pairs: list[tuple[str, object]] = [
        ("event", f"{event.kind} (preview)" if change.preview else event.kind),
        ("principal moved", event.amount if event.amount.decimal else None),
        ("interest", event.interest if event.interest.decimal else None),
        ("paid to", event.paid_to),
    ]
    out.print(facts("Event", pairs))
    if change.lines:
        columns: list[str | Column] = ["from", "to", Column("days", right=True)]
        columns += [Column("balance", right=True), Column("rate", right=True), "why"]
        rows = [
            [line.start, line.end, line.days, line.balance.value, line.rate, line.why]
            for line in change.lines
        ]
        out.print(table("Interest", columns, rows))
    if change.repeated:
        hint("this had been done before; nothing was done again")


@app.command("place")
@remote
async def place(
    bank: Sycee,
    *,
    source: Annotated[str, account_option("--from", "The settlement account that the money comes from.")],
    amount: Annotated[Money, money_option("--amount", "How much.")],
    product: Annotated[
        str | None, typer.Option("--product", help="For this product as it is sold today, such as time-1y.")
    ] = None,
    arrangement: Annotated[
        UUID | None, uuid_option("--arrangement", "Under this arrangement, instead.")
    ] = None,
    renewal: Annotated[
        Renewal | None, typer.Option("--renewal", help="What is to happen at maturity.")
    ] = None,
    maturity: Annotated[date | None, date_option("--maturity", "Where the tenor is agreed on.")] = None,
    obligation: Annotated[str | None, typer.Option("--obligation", help="What a margin secures.")] = None,
    obliged: Annotated[Money | None, money_option("--obliged", "How much of it.")] = None,
    signer: Signers = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Place a notice deposit, a time deposit, a large certificate or a margin."""
    if (product is None) is (arrangement is None):
        raise typer.BadParameter("give either --product or --arrangement")
    change = await bank.place_deposit(
        source,
        amount,
        product=product,
        arrangement=arrangement,
        renewal=renewal.value if renewal else None,
        maturity=maturity,
        obligation=obligation,
        obliged=obliged,
        signers=signer or (),
        dry_run=dry_run,
    )
    _report(change, json)


@app.command("show")
@remote
async def show(bank: Sycee, deposit: DepositId, json: Json = False) -> None:
    """Show a deposit as it stands."""
    found = await bank.deposit(deposit)
    if json:
        print_json(found)
    else:
        _show(found)


@app.command("list")
@remote
async def list_deposits(
    bank: Sycee,
    customer: Annotated[UUID | None, uuid_option("--customer", "Of this customer only.")] = None,
    cell: Annotated[int | None, typer.Option("--cell", help="Of this cell only.")] = None,
    form: Annotated[Form | None, typer.Option("--form", help="Of this form only.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="In this state only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 100,
    json: Json = False,
) -> None:
    """List deposits."""
    found: list[Deposit] = []
    more = False
    async for deposit in bank.deposits(
        customer=customer,
        cell=cell,
        form=form.value if form else None,
        state=state.value if state else None,
        page=min(limit + 1, 1000),
    ):
        if len(found) == limit:
            more = True
            break
        found.append(deposit)
    if json:
        print_json({"deposits": found, "more": more})
        return
    columns: list[str | Column] = ["id", "product", "state", Column("principal", right=True), "from"]
    columns += ["maturity", Column("rate", right=True), "account"]
    rows = [
        [one.id, one.product, one.state, one.principal, one.start, one.maturity, one.rate, one.account]
        for one in found
    ]
    out.print(table("Deposits", columns, rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("events")
@remote
async def list_events(bank: Sycee, deposit: DepositId, json: Json = False) -> None:
    """Show everything that happened to a deposit."""
    events = await bank.deposit_events(deposit)
    if json:
        print_json({"events": events})
        return
    columns: list[str | Column] = ["date", "event", Column("principal", right=True)]
    columns += [Column("interest", right=True), "paid to", "by"]
    rows = [
        [one.effective, one.kind, one.amount.value, one.interest.value, one.paid_to, one.by] for one in events
    ]
    out.print(table(f"Events of {deposit}", columns, rows))


@app.command("notice")
@remote
async def give_notice(
    bank: Sycee,
    deposit: DepositId,
    amount: OptionalAmount = None,
    pay_on: Annotated[
        date | None, date_option("--on", "The day of withdrawal. Default: the first day possible.")
    ] = None,
    signer: Signers = None,
    json: Json = False,
) -> None:
    """Give notice of a withdrawal."""
    _report(await bank.give_notice(deposit, amount, pay_on=pay_on, signers=signer or ()), json)


@app.command("cancel-notice")
@remote
async def cancel_notice(
    bank: Sycee,
    deposit: DepositId,
    notice: Annotated[UUID, uuid_argument("NOTICE", "Id of the notice, a UUID.")],
    signer: Signers = None,
    json: Json = False,
) -> None:
    """Take a notice back; its period bears no interest."""
    _report(await bank.cancel_notice(deposit, notice, signers=signer or ()), json)


@app.command("withdraw")
@remote
async def withdraw(
    bank: Sycee,
    deposit: DepositId,
    *,
    to: Annotated[str, account_option("--to", "An account of the customer's own.")],
    amount: OptionalAmount = None,
    signer: Signers = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Withdraw a part with its interest; without --amount all of it, and close the deposit."""
    _report(await bank.withdraw_deposit(deposit, to, amount, signers=signer or (), dry_run=dry_run), json)


@app.command("renewal")
@remote
async def instruct_renewal(
    bank: Sycee,
    deposit: DepositId,
    renewal: Annotated[Renewal, typer.Argument(help="What is to happen at maturity.")],
    signer: Signers = None,
    json: Json = False,
) -> None:
    """Say what is to happen at maturity."""
    _report(await bank.instruct_renewal(deposit, renewal.value, signers=signer or ()), json)


@app.command("transfer")
@remote
async def transfer(
    bank: Sycee,
    deposit: DepositId,
    *,
    price: Annotated[Money, money_option("--price", "What the buyer pays.")],
    pay_from: Annotated[str, account_option("--pay-from", "The buyer's settlement account.")],
    pay_to: Annotated[str, account_option("--pay-to", "The seller's settlement account.")],
    signer: Signers = None,
    buyer_signer: Annotated[
        list[UUID] | None, uuid_option("--buyer-signer", "A person who signs for the buyer; again for more.")
    ] = None,
    json: Json = False,
) -> None:
    """Transfer a large certificate to the customer who pays for it."""
    change = await bank.transfer_certificate(
        deposit,
        price,
        pay_from=pay_from,
        pay_to=pay_to,
        signers=signer or (),
        buyer_signers=buyer_signer or (),
    )
    _report(change, json)


@app.command("due")
@remote
async def list_due(
    bank: Sycee,
    cell: Annotated[int, typer.Argument(metavar="CELL", help="The cell, 100 to 999.")],
    by: Annotated[date | None, date_option("--by", "Due by this day. Default: the business date.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Show at most so many.")] = 100,
    json: Json = False,
) -> None:
    """Show what is due on deposits by a day: maturities, rates to be set, interest to be paid."""
    events = await bank.due_deposits(cell, by=by, limit=limit)
    if json:
        print_json({"events": events})
        return
    rows = [[one.on, one.kind, one.deposit, one.account] for one in events]
    out.print(table("Due", ["on", "what", "deposit", "account"], rows))
