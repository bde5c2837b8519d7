"""``sycee escrow``: supervised accounts, from the agreement to its end, and what waits for release."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Why, account_option, money_option, uuid_argument, uuid_option
from sycee.cli.output import Column, facts, out, print_json, refuse, table
from sycee.client import Approval, EscrowPayee, Money, NewEscrow, ReleaseOutcome, Sycee
from sycee.kernel.ids import uuid7

app = typer.Typer(
    no_args_is_help=True, help="Supervised accounts: agree on them, release what they pay, end them."
)


class ReleaseState(StrEnum):
    """The states of a release, as options name them."""

    WAITING = "waiting"
    RELEASED = "released"
    REFUSED = "refused"
    CANCELLED = "cancelled"


EscrowId = Annotated[UUID, uuid_argument("AGREEMENT", "Id of the agreement, a UUID.")]
PaymentIds = Annotated[list[UUID], uuid_argument("PAYMENT...", "Ids of payments that wait.")]


def _payee(text: str) -> EscrowPayee:
    account, _, name = text.partition("=")
    account, _, agent = account.partition("@")
    if not account or not name:
        raise typer.BadParameter(f"{text!r} is no payee; write ACCOUNT=NAME, or ACCOUNT@BANK=NAME")
    return EscrowPayee(creditor_account=account, creditor_name=name, creditor_agent=agent or None)


@app.command("make")
@remote
async def make(
    bank: Sycee,
    *,
    account: Annotated[str, account_option("--account", "The account, of the payer.")],
    beneficiary: Annotated[str, typer.Option("--beneficiary", help="For whom the money is kept safe.")],
    supervisor: Annotated[str, typer.Option("--supervisor", help="Who supervises, by name.")],
    document: Annotated[str, typer.Option("--document", help="The signed agreement, as it is filed.")],
    releasers: Annotated[list[UUID], uuid_option("--releaser", "A principal who releases; once for each.")],
    needed: Annotated[int, typer.Option("--needed", min=1, help="How many agree to each payment.")] = 1,
    of: Annotated[
        UUID | None, uuid_option("--supervising-customer", "The customer who supervises. Default: the bank.")
    ] = None,
    purposes: Annotated[
        list[str] | None, typer.Option("--purpose", help="A purpose code that may be paid for. Default: any.")
    ] = None,
    payees: Annotated[
        list[str] | None,
        typer.Option("--payee", metavar="ACCOUNT[@BANK]=NAME", help="Who may be paid. Default: anybody."),
    ] = None,
    single: Annotated[Money | None, money_option("--single-limit", "Most that one payment is.")] = None,
    total: Annotated[Money | None, money_option("--total-limit", "Most that is paid out altogether.")] = None,
    agreement_id: Annotated[UUID | None, uuid_option("--id", "Id of the agreement.")] = None,
    json: Json = False,
) -> None:
    """Ask for an account to be put under supervision; another person of the bank agrees to it."""
    new = NewEscrow(
        id=agreement_id or uuid7(),
        account=account,
        beneficiary_name=beneficiary,
        supervisor_name=supervisor,
        document=document,
        releasers=releasers,
        releases_needed=needed,
        supervisor=of,
        purposes=purposes or [],
        payees=[_payee(text) for text in payees or []],
        single_limit=single,
        total_limit=total,
    )
    _waits(await bank.make_escrow_agreement(new), json)


@app.command("end")
@remote
async def end(
    bank: Sycee,
    agreement: EscrowId,
    reason: Why,
    json: Json = False,
) -> None:
    """Ask for a supervision to be ended; another person of the bank agrees to it."""
    _waits(await bank.end_escrow_agreement(agreement, reason), json)


@app.command("show")
@remote
async def show(bank: Sycee, agreement: EscrowId, json: Json = False) -> None:
    """Show the agreement on a supervised account."""
    found = await bank.escrow_agreement(agreement)
    if json:
        print_json(found)
        return
    pairs: list[tuple[str, object]] = [
        ("account", found.account),
        ("beneficiary", found.beneficiary_name),
        ("supervisor", found.supervisor_name),
        ("agreement", found.document),
        ("purposes", ", ".join(found.purposes) or "any"),
        ("payees", ", ".join(f"{one.creditor_name} {one.creditor_account}" for one in found.payees) or "any"),
        ("at once at most", found.single_limit),
        ("altogether at most", found.total_limit),
        ("releasers", ", ".join(map(str, found.releasers))),
        ("needed", found.releases_needed),
        ("ended", f"{found.ended_at:%Y-%m-%d}: {found.reason}" if found.ended_at else None),
    ]
    out.print(facts(f"Agreement {found.id}", pairs))


@app.command("list")
@remote
async def list_agreements(
    bank: Sycee,
    *,
    customer: Annotated[UUID | None, uuid_option("--customer", "To which this customer is a party.")] = None,
    account: Annotated[str | None, account_option("--account", "On this account.")] = None,
    json: Json = False,
) -> None:
    """List agreements on supervised accounts, the newest first, ended ones included."""
    found = [one async for one in bank.escrow_agreements(customer=customer, account=account)]
    if json:
        print_json({"escrow_agreements": found})
        return
    rows = [
        [one.id, one.account, one.supervisor_name, one.document, "ended" if one.ended_at else "supervised"]
        for one in found
    ]
    out.print(table("Supervised accounts", ["id", "account", "supervisor", "agreement", "state"], rows))


@app.command("releases")
@remote
async def releases(
    bank: Sycee,
    *,
    agreement: Annotated[UUID | None, uuid_option("--agreement", "Under this agreement.")] = None,
    state: Annotated[ReleaseState, typer.Option("--state", help="In this state.")] = ReleaseState.WAITING,
    json: Json = False,
) -> None:
    """List payments that wait for release, or were decided on."""
    found = [one async for one in bank.escrow_releases(agreement=agreement, state=state.value)]
    if json:
        print_json({"escrow_releases": found})
        return
    rows = [
        [one.payment, one.amount, one.account, one.creditor_name, one.purpose, one.remittance, len(one.votes)]
        for one in found
    ]
    columns: list[str | Column] = ["payment", Column("amount", right=True), "from", "to", "purpose", "text"]
    columns.append(Column("votes", right=True))
    out.print(table(f"Payments: {state.value}", columns, rows))


@app.command("release")
@remote
async def release(
    bank: Sycee,
    payments: PaymentIds,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Say yes to payments, as a releaser; ends with 1 when one does not count."""
    await _decide(bank, payments, "yes", reason, json)


@app.command("refuse")
@remote
async def refuse_payments(
    bank: Sycee,
    payments: PaymentIds,
    reason: Why,
    json: Json = False,
) -> None:
    """Say no to payments, as a releaser: they are rejected; ends with 1 when one does not count."""
    await _decide(bank, payments, "no", reason, json)


async def _decide(
    bank: Sycee, payments: list[UUID], vote: Literal["yes", "no"], reason: str, json: bool
) -> None:
    outcomes: list[ReleaseOutcome] = await bank.decide_escrow_releases(payments, vote, reason=reason)
    if json:
        print_json({"outcomes": outcomes})
    else:
        for one in outcomes:
            if one.code is not None:
                refuse(f"{one.detail} [{one.code}] {one.payment}")
            else:
                more = f": {one.detail}" if one.detail else ""
                out.print(f"[green]{one.state}[/green] {one.payment}{more}")
    if any(one.code is not None for one in outcomes):
        raise typer.Exit(1)


def _waits(asked: Approval, json: bool) -> None:
    if json:
        print_json(asked)
    else:
        out.print(f"{asked.state}: approval {asked.id}")
