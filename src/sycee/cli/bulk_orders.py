"""``sycee bulk``: send files of many payments, see what became of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from msgspec.structs import replace

from sycee.cli.connection import remote
from sycee.cli.following import said_when_left
from sycee.cli.options import Json, TemplateFile, spreadsheet_format, template_format, uuid_argument
from sycee.cli.output import Column, facts, out, print_json, progress, table
from sycee.client import BulkItem, BulkOrder, Sycee

app = typer.Typer(
    no_args_is_help=True,
    help="Send files of many payments (pain.001, CSV, Excel), and see what became of each.",
)


OrderId = Annotated[UUID, uuid_argument("ORDER", "Id of the bulk order, a UUID.")]


def _print_order(order: BulkOrder) -> None:
    told: list[tuple[str, object]] = [
        ("id", order.id),
        ("message id", f"{order.message_id} ({order.format})"),
        ("state", order.state),
        ("payments", f"{order.count}, adding up to {order.sum}"),
        ("dealt with", f"{order.done}, {order.refused} refused"),
        ("statuses", ", ".join(f"{count} {status}" for status, count in order.statuses.items())),
    ]
    if order.code:
        told.append(("refused whole", f"{order.code}: {order.detail}"))
    if order.approval:
        told.append(("waits for approval", order.approval))
    out.print(facts("", told))
    if order.finished_at is None:
        out.print(f"sycee bulk show {order.id} tells how far it is.")
    if order.duplicate:
        out.print("This file was received before: nothing was paid again.")


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
            help="A pain.001 document, or a filled template (.csv, .xlsx).",
        ),
    ],
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Pay every item or none.")] = False,
    only_receive: Annotated[
        bool, typer.Option("--only-receive", help="Do not pay yet; `sycee bulk carry-out` does.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", dir_okay=False, help="Where to write the pain.002 report.")
    ] = None,
    json: Json = False,
) -> None:
    """Send a file of payments and follow it until each is paid or refused. Ends with 1 when one was refused.

    Ctrl-C ends the following, not the paying: what the bank has taken in, its worker goes on with.
    """
    with (
        said_when_left(
            "The file may have reached the bank. Send it again to see: nothing is ever paid twice."
        ),
        progress(f"Sending {file.name}", None),
    ):
        order = await bank.send_bulk_order(
            file.read_bytes(),
            kind=spreadsheet_format(file) or "xml",
            all_or_nothing=all_or_nothing,
            carry_out=not only_receive,
            follow=False,
        )
    if not only_receive and order.finished_at is None and order.approval is None:
        order = replace(await _followed(bank, order.id), duplicate=order.duplicate)
    if report is not None:
        report.write_bytes(await bank.bulk_status_report(order.id))
    print_json(order) if json else _print_order(order)
    if order.refused:
        raise typer.Exit(1)


async def _followed(bank: Sycee, order: UUID) -> BulkOrder:
    """Wait until all of an order is dealt with, and show how far it is."""
    shown = 0
    with (
        said_when_left(
            f"Bulk order {order} is safe with the bank, whose worker goes on with it:"
            f" sycee bulk show {order} tells how far it is"
        ),
        progress(f"Bulk order {order}", None) as step,
    ):

        def told(now: BulkOrder) -> None:
            nonlocal shown
            step(now.done - shown, text=f"Bulk order {order}: {now.state}", total=now.count)
            shown = now.done

        return await bank.follow_bulk_order(order, told=told)


@app.command("show")
@remote
async def show(bank: Sycee, order: OrderId, json: Json = False) -> None:
    """Show how far a bulk order is."""
    found = await bank.bulk_order(order)
    print_json(found) if json else _print_order(found)


@app.command("carry-out")
@remote
async def carry_out(bank: Sycee, order: OrderId, json: Json = False) -> None:
    """Pay a bulk order that was only received, or was interrupted."""
    found = await _followed(bank, order)
    print_json(found) if json else _print_order(found)


@app.command("items")
@remote
async def items(
    bank: Sycee,
    order: OrderId,
    refused: Annotated[bool, typer.Option("--refused", help="Only those that were refused.")] = False,
    json: Json = False,
) -> None:
    """List the payments of a bulk order with what became of each."""
    found = [item async for item in bank.bulk_items(order) if item.code or not refused]
    if json:
        print_json(found)
        return
    columns: list[str | Column] = ["#", "reference", "to", "name", Column("amount", right=True), "ccy"]
    columns += ["status", "why"]
    out.print(table(f"Bulk order {order}", columns, [_row(item) for item in found]))


def _row(item: BulkItem) -> list[str]:
    return [
        str(item.position + 1),
        item.end_to_end_id,
        item.creditor,
        item.creditor_name,
        item.amount.value,
        item.amount.currency,
        item.status,
        f"{item.code}: {item.detail}" if item.code else "",
    ]


@app.command("report")
@remote
async def report(
    bank: Sycee,
    order: OrderId,
    target: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="Where to write it.")],
) -> None:
    """Write the pain.002 status report on a bulk order."""
    target.write_bytes(await bank.bulk_status_report(order))


@app.command("original")
@remote
async def original(
    bank: Sycee,
    order: OrderId,
    target: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="Where to write it.")],
) -> None:
    """Write the file of a bulk order as it was sent."""
    target.write_bytes(await bank.bulk_original(order))


@app.command("template")
@remote
async def template(
    bank: Sycee,
    target: TemplateFile,
) -> None:
    """Write an empty template, to be filled in and sent."""
    target.write_bytes(await bank.bulk_order_template(template_format(target)))
