"""``sycee transfer``: post transfers, one from options or many from a file; post, void, reverse, show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, TransferId, account_option, date_option, money_option, uuid_option
from sycee.cli.output import facts, hint, out, print_json, progress, refuse, table
from sycee.cli.transfer_files import count_transfers, read_transfers
from sycee.client import Money, Outcome, Sycee
from sycee.kernel.ids import uuid7

app = typer.Typer(no_args_is_help=True, help="Post, show, void and reverse transfers.")

_SHOWN_REJECTIONS = 20


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not an instant; write it as 2026-03-31T17:00:00+08:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _report(outcome: Outcome, json: bool) -> None:
    """Show an outcome; a rejection ends the command with 1."""
    if json:
        print_json(outcome)
    elif outcome.accepted:
        before = f" (already {outcome.first})" if outcome.first else ""
        out.print(f"[green]{outcome.status}[/green]{before} {outcome.id}")
    else:
        refuse(f"rejected: {outcome.detail or outcome.code} [{outcome.code}]")
    if not outcome.accepted:
        raise typer.Exit(1)


@app.command("create")
@remote
async def create_transfer(
    bank: Sycee,
    *,
    debit: Annotated[str | None, account_option("--debit", "Account to debit.")] = None,
    credit: Annotated[str | None, account_option("--credit", "Account to credit.")] = None,
    amount: Annotated[Money | None, money_option("--amount", "Amount, as '1234.56 CNY'.")] = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="Hold the amount only; post or void it afterwards.")
    ] = False,
    expires_at: Annotated[
        datetime | None,
        typer.Option(
            "--expires-at", parser=_instant, metavar="INSTANT", help="When a hold gives itself back."
        ),
    ] = None,
    value_date: Annotated[
        date | None, date_option("--value-date", "Effective date. Default: today's.")
    ] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="Your own reference.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="Text for people.")] = None,
    transfer_id: Annotated[
        UUID | None,
        uuid_option("--id", "Id of the transfer; the same id is posted once. Made when left out."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Post the transfers of a CSV or JSON-lines file instead, in its order.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Post one transfer from options, or a whole file of them.

    A CSV file has a header with columns among id, kind, debit, credit, amount, currency, target, linked,
    value_date, expires_at, reference, description; a JSON-lines file has an object a line in the shape of
    the API. A line without an id gets one made of the file's name, its place and its content, so that
    a file that is sent again is posted once.
    """
    if file is not None:
        if debit or credit or amount or transfer_id:
            raise typer.BadParameter("--file excludes --debit, --credit, --amount and --id")
        await _post_file(bank, file, json)
        return
    if debit is None or credit is None or amount is None:
        raise typer.BadParameter("--debit, --credit and --amount are needed (or --file)")
    outcome = await bank.transfer(
        debit,
        credit,
        amount,
        kind="pending" if pending else "transfer",
        transfer_id=transfer_id or uuid7(),
        value_date=value_date,
        expires_at=expires_at,
        reference=reference,
        description=description,
    )
    _report(outcome, json)


async def _post_file(bank: Sycee, file: Path, json: bool) -> None:
    counts: dict[str, int] = {}
    rejections: list[dict[str, object]] = []
    with progress(f"Checking {file.name}", None) as step:
        total = count_transfers(file, step)
    with progress(f"Posting {file.name}", total) as step:
        # One request at a time: a line may build on any line before it.
        async for outcome in bank.post_many(read_transfers(file), concurrency=1):
            line = sum(counts.values()) + 1
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
            if not outcome.accepted:
                rejections.append(
                    {"place": line, "id": outcome.id, "code": outcome.code, "detail": outcome.detail}
                )
            step()
    if json:
        print_json({"file": str(file), "transfers": total, "counts": counts, "rejected": rejections})
    else:
        shown = (
            ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing to post"
        )
        out.print(f"{file.name}: {total} transfers: {shown}")
        if rejections:
            rows = [[r["place"], r["id"], r["code"], r["detail"]] for r in rejections[:_SHOWN_REJECTIONS]]
            out.print(table("Rejected", ["place", "id", "code", "detail"], rows))
            if len(rejections) > _SHOWN_REJECTIONS:
                hint(f"{len(rejections) - _SHOWN_REJECTIONS} more were rejected; --json lists them all")
    if rejections:
        raise typer.Exit(1)


@app.command("show")
@remote
async def show_transfer(bank: Sycee, transfer_id: TransferId, json: Json = False) -> None:
    """Show a transfer as the books have it."""
    transfer = await bank.find_transfer(transfer_id)
    if json:
        print_json(transfer)
        return
    pairs: list[tuple[str, object]] = [
        ("id", transfer.id),
        ("kind", transfer.kind),
        ("state", transfer.state),
        ("debit", transfer.debit),
        ("credit", transfer.credit),
        ("amount", transfer.amount),
        ("target", transfer.target),
        ("resolved by", transfer.resolved_by),
        ("booked at", transfer.booked_at.isoformat()),
        ("business date", transfer.business_date),
        ("value date", transfer.value_date),
        ("expires at", transfer.expires_at),
        ("reference", transfer.reference),
        ("description", transfer.description),
        ("position", transfer.position),
        ("batch", transfer.batch),
    ]
    out.print(facts("Transfer", pairs))


@app.command("post")
@remote
async def post_pending(
    bank: Sycee,
    transfer_id: TransferId,
    amount: Annotated[
        Money | None, money_option("--amount", "Post this much; the rest is given back. Default: all of it.")
    ] = None,
    json: Json = False,
) -> None:
    """Post a pending transfer, whole or in part."""
    _report(await bank.post_pending(transfer_id, amount), json)


@app.command("void")
@remote
async def void_pending(bank: Sycee, transfer_id: TransferId, json: Json = False) -> None:
    """Void a pending transfer: its hold is given back."""
    _report(await bank.void_pending(transfer_id), json)


@app.command("reverse")
@remote
async def reverse_transfer(
    bank: Sycee,
    transfer_id: TransferId,
    description: Annotated[str | None, typer.Option("--description", help="Why, for people.")] = None,
    json: Json = False,
) -> None:
    """Reverse a posted transfer by another the other way round."""
    _report(await bank.reverse(transfer_id, description=description), json)
