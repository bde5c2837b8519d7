"""``sycee debit``: direct debit mandates, collecting, refusing, returning; blocks and terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.direct_debit_mandates import mandate_app
from sycee.cli.following import After, Count, show_steps
from sycee.cli.options import (
    Json,
    TemplateFile,
    Why,
    account_option,
    date_option,
    money_option,
    spreadsheet_format,
    template_format,
    uuid_argument,
    uuid_option,
)
from sycee.cli.output import Column, facts, out, print_json, refuse, table
from sycee.client import DirectDebit, DirectDebitOutcome, Money, NewDirectDebit, StreamedDebitStep, Sycee
from sycee.kernel.ids import uuid7

app = typer.Typer(
    no_args_is_help=True,
    help="Collect direct debits under mandates, refuse them, have them returned; blocks and terms.",
)
app.add_typer(mandate_app, name="mandate")
blocks_app = typer.Typer(no_args_is_help=True, help="Payees of whom a payer wants no debits any more.")
app.add_typer(blocks_app, name="block")
terms_app = typer.Typer(no_args_is_help=True, help="Calendar, refund right and tries of direct debits.")
app.add_typer(terms_app, name="terms")


class Side(StrEnum):
    """The sides of a debit, as options name them."""

    CREDITOR = "creditor"
    DEBTOR = "debtor"


class State(StrEnum):
    """The states of a debit, as options name them."""

    WAITING = "waiting"
    STOPPED = "stopped"
    SETTLED = "settled"
    REJECTED = "rejected"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REVERSED = "reversed"


DebitId = Annotated[UUID, uuid_argument("DEBIT", "Id of the direct debit, a UUID.")]
DebitIds = Annotated[list[UUID], uuid_argument("DEBIT...", "Ids of direct debits.")]


@app.command("collect")
@remote
async def collect(
    bank: Sycee,
    *,
    mandate: Annotated[str, typer.Option("--mandate", help="Reference of the mandate.")],
    payee: Annotated[str, account_option("--to", "The payee's account.")],
    payer: Annotated[str, account_option("--from", "The payer's account.")],
    amount: Annotated[Money, money_option("--amount", "Amount, as '1234.56 CNY'.")],
    due_on: Annotated[date | None, date_option("--on", "Day that it is due on. Default: now.")] = None,
    retry_days: Annotated[
        int, typer.Option("--retry-days", min=0, help="Business days to try again without funds.")
    ] = 0,
    remittance: Annotated[str, typer.Option("--remittance", help="What the payer is told.")] = "",
    end_to_end_id: Annotated[str, typer.Option("--end-to-end-id", help="Your own reference.")] = "",
    debit_id: Annotated[
        UUID | None, uuid_option("--id", "Id of the debit; the same id is taken once. Made when left out.")
    ] = None,
    json: Json = False,
) -> None:
    """Take an amount from a payer who signed a mandate. Ends with 1 when it is refused."""
    debit = NewDirectDebit(
        id=debit_id or uuid7(),
        mandate_reference=mandate,
        credit_account=payee,
        debit_account=payer,
        amount=amount,
        due_on=due_on,
        retry_days=retry_days,
        remittance=remittance,
        end_to_end_id=end_to_end_id,
    )
    _told(await bank.collect_direct_debits([debit]), json)


@app.command("send")
@remote
async def send(
    bank: Sycee,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="A pain.008 file, or a filled template (.csv, .xlsx).",
        ),
    ],
    *,
    report: Annotated[
        Path, typer.Option("--report", help="Where to write the report: pain.002, of a template CSV.")
    ],
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="One refused debit refuses the file.")
    ] = False,
    retry_days: Annotated[
        int, typer.Option("--retry-days", min=0, help="Business days to try again without funds.")
    ] = 0,
    json: Json = False,
) -> None:
    """Collect a file and write the report on each debit; sending it again asks how its debits stand."""
    told = await bank.send_collection(
        file.read_bytes(),
        kind=spreadsheet_format(file) or "xml",
        all_or_nothing=all_or_nothing,
        retry_days=retry_days,
    )
    report.write_bytes(told)
    if json:
        print_json({"report": str(report), "bytes": len(told)})
    else:
        out.print(f"The report on {file.name} is in {report}")


@app.command("template")
@remote
async def template(
    bank: Sycee,
    target: TemplateFile,
) -> None:
    """Write an empty template of collections, to be filled in and sent."""
    target.write_bytes(await bank.collection_template(template_format(target)))


@app.command("follow")
@remote
async def follow(
    bank: Sycee,
    *,
    after: After = None,
    count: Count = None,
    json: Json = False,
) -> None:
    """Show the steps of direct debits as they happen, until Ctrl-C."""
    await show_steps(bank.follow_direct_debits(after=after), _line, count=count, json=json)


def _line(step: StreamedDebitStep) -> str:
    why = f" {step.code}: {step.detail}" if step.code else ""
    return f"{step.at:%Y-%m-%d %H:%M:%S} {step.debit} {step.state} [{step.side}]{why}"


def _told(outcomes: Sequence[DirectDebitOutcome], json: bool) -> None:
    """Tell what became of debits; ends with 1 when something was not done."""
    if json:
        print_json({"outcomes": outcomes})
    else:
        rows = [[one.id, one.state, one.due_on, one.reason, one.detail] for one in outcomes]
        out.print(table("Direct debits", ["id", "state", "due on", "ISO", "why"], rows))
    lost = [one for one in outcomes if one.code not in _FINE and not one.duplicate]
    if lost:
        refuse(f"{len(lost)} of {len(outcomes)} not done; the first: {lost[0].detail} [{lost[0].code}]")
        raise typer.Exit(1)


_FINE = frozenset({None, "debit_refused", "cancelled", "refunded", "reversed", "released", "screening"})


@app.command("show")
@remote
async def show(bank: Sycee, debit: DebitId, json: Json = False) -> None:
    """Show a direct debit with every step of it."""
    found, steps = await bank.direct_debit(debit), await bank.direct_debit_steps(debit)
    if json:
        print_json({"debit": found, "steps": steps})
        return
    pairs: list[tuple[str, object]] = [
        ("state", found.state),
        ("amount", found.amount),
        ("from", found.debit_account),
        ("to", found.credit_account),
        ("due on", found.due_on),
        ("taken on", found.taken_on),
        ("tries", found.tries),
        ("returned until", found.refund_until),
        ("why", f"{found.detail} [{found.code}, {found.reason}]" if found.code else None),
    ]
    out.print(facts(f"Direct debit {found.id}", pairs))
    rows = [[f"{one.at:%Y-%m-%d %H:%M:%S}", one.state, one.side, one.actor, one.detail] for one in steps]
    out.print(table("Steps", ["at", "state", "for", "by", "why"], rows))


@app.command("list")
@remote
async def list_debits(
    bank: Sycee,
    *,
    customer: Annotated[UUID | None, uuid_option("--customer", "Of this customer.")] = None,
    side: Annotated[Side | None, typer.Option("--side", help="Only as payee or as payer.")] = None,
    account: Annotated[str | None, account_option("--account", "Of this account.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="In this state only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most debits that are shown.")] = 100,
    json: Json = False,
) -> None:
    """List direct debits, the newest first."""
    found: list[DirectDebit] = []
    async for debit in bank.direct_debits(
        customer=customer,
        side=None if side is None else side.value,
        account=account,
        state=None if state is None else state.value,
        page=min(limit, 1000),
    ):
        found.append(debit)
        if len(found) == limit:
            break
    if json:
        print_json({"debits": found})
        return
    columns: list[str | Column] = ["id", "state", Column("amount", right=True), "from", "to", "due on", "why"]
    rows = [
        [one.id, one.state, one.amount, one.debit_account, one.credit_account, one.due_on, one.code]
        for one in found
    ]
    out.print(table("Direct debits", columns, rows))


@app.command("refuse")
@remote
async def refuse_debits(bank: Sycee, debits: DebitIds, *, reason: Why, json: Json = False) -> None:
    """Refuse debits before they are taken, as their payer."""
    _told(await bank.change_direct_debits("refuse", debits, reason), json)


@app.command("cancel")
@remote
async def cancel(bank: Sycee, debits: DebitIds, *, reason: Why, json: Json = False) -> None:
    """Take debits back before they are taken, as their payee."""
    _told(await bank.change_direct_debits("cancel", debits, reason), json)


@app.command("return")
@remote
async def return_debits(bank: Sycee, debits: DebitIds, *, reason: Why, json: Json = False) -> None:
    """Have debits returned that were taken, as their payer."""
    _told(await bank.change_direct_debits("return", debits, reason), json)


@app.command("reverse")
@remote
async def reverse(bank: Sycee, debits: DebitIds, *, reason: Why, json: Json = False) -> None:
    """Give debits back that should not have been taken, as their payee."""
    _told(await bank.change_direct_debits("reverse", debits, reason), json)


@app.command("release-stopped")
@remote
async def release_stopped(bank: Sycee, debits: DebitIds, *, reason: Why, json: Json = False) -> None:
    """Let debits go on that screening stopped: for the bank."""
    _told(await bank.decide_stopped_direct_debits("release", debits, reason), json)


@app.command("refuse-stopped")
@remote
async def refuse_stopped(bank: Sycee, debits: DebitIds, *, reason: Why, json: Json = False) -> None:
    """Reject debits that screening stopped: for the bank."""
    _told(await bank.decide_stopped_direct_debits("refuse", debits, reason), json)


@blocks_app.command("add")
@remote
async def add_block(
    bank: Sycee,
    *,
    debtor: Annotated[UUID, uuid_option("--debtor", "The payer.")],
    creditor: Annotated[UUID, uuid_option("--creditor", "The payee that is blocked.")],
    reason: Why,
    json: Json = False,
) -> None:
    """Let a payee debit nothing from a payer any more."""
    found = await bank.block_creditor(debtor, creditor, reason)
    if json:
        print_json(found)
    else:
        out.print(f"{found.creditor} debits nothing from {found.debtor} (block {found.id})")


@blocks_app.command("lift")
@remote
async def lift_block(
    bank: Sycee,
    block: Annotated[UUID, uuid_argument("BLOCK", "Id of the block.")],
    *,
    reason: Why,
    json: Json = False,
) -> None:
    """Let a blocked payee debit again."""
    found = await bank.lift_debit_block(block, reason)
    if json:
        print_json(found)
    else:
        out.print(f"{found.creditor} may debit {found.debtor} again")


@blocks_app.command("list")
@remote
async def list_blocks(
    bank: Sycee,
    *,
    customer: Annotated[UUID | None, uuid_option("--customer", "Of this payer.")] = None,
    json: Json = False,
) -> None:
    """List the payees that are blocked."""
    found = await bank.debit_blocks(customer=customer)
    if json:
        print_json({"blocks": found})
        return
    rows = [[one.id, one.debtor, one.creditor, one.reason] for one in found]
    out.print(table("Blocks", ["id", "payer", "payee", "why"], rows))


@terms_app.command("list")
@remote
async def list_terms(bank: Sycee, json: Json = False) -> None:
    """List the terms of direct debits, those of the latest day first."""
    found = await bank.debit_terms()
    if json:
        print_json({"terms": found})
        return
    rows = [[one.valid_from, one.calendar, one.refund_days, one.retry_days_most] for one in found]
    out.print(table("Terms of direct debits", ["from", "calendar", "refund days", "retry days"], rows))


@terms_app.command("set")
@remote
async def set_terms(
    bank: Sycee,
    *,
    valid_from: Annotated[date, date_option("--from", "First day on which they hold.")],
    refund_days: Annotated[
        int, typer.Option("--refund-days", min=0, help="Days on which a payer may have a debit returned.")
    ],
    retry_days: Annotated[int, typer.Option("--retry-days", min=0, help="Most business days to try again.")],
    calendar: Annotated[str, typer.Option("--calendar", help="Calendar of due dates.")] = "CN",
    json: Json = False,
) -> None:
    """Set the terms of direct debits from a business date to come."""
    found = await bank.set_debit_terms(
        valid_from, calendar=calendar, refund_days=refund_days, retry_days_most=retry_days
    )
    if json:
        print_json(found)
    else:
        out.print(
            f"From {found.valid_from} on: {found.refund_days} days to return, calendar {found.calendar}"
        )
