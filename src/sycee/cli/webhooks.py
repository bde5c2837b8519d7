"""``sycee webhook``: who is told of events, and what became of each."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, uuid_argument
from sycee.cli.output import Column, facts, hint, out, print_json, table
from sycee.client import Sycee, Webhook, WebhookDelivery, WebhookSecret

app = typer.Typer(no_args_is_help=True, help="Have events posted to machines, and see what became of them.")

Id = Annotated[UUID, uuid_argument("WEBHOOK", "The webhook.")]
DeliveryId = Annotated[UUID, uuid_argument("DELIVERY", "The delivery: the webhook-id.")]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", help="A type such as payment.settled, or a family such as payment.*"),
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command("register")
@remote
async def register(
    bank: Sycee,
    address: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted, https://…")],
    event: Annotated[
        list[str], typer.Option("--event", help="A type such as payment.settled, or a family: payment.*")
    ],
    customer: Annotated[
        str | None, typer.Option("--customer", help="Whose events. Default: one's own; the bank's: all.")
    ] = None,
    description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
    json: Json = False,
) -> None:
    """Have events posted to a URL from now on; shows the secret that they are signed with."""
    made = await bank.register_webhook(address, event, customer=customer, description=description)
    if json:
        print_json(made)
        return
    _show(made.webhook)
    _show_secret(made.secret)


@app.command("list")
@remote
async def list_webhooks(bank: Sycee, limit: Limit = 50, json: Json = False) -> None:
    """List webhooks, newest first."""
    found: list[Webhook] = []
    async for one in bank.webhooks(page=min(limit + 1, 500)):
        found.append(one)
        if len(found) > limit:
            break
    more, found = len(found) > limit, found[:limit]
    if json:
        print_json({"webhooks": found, "more": more})
        return
    rows = [[one.id, one.url, " ".join(one.events), one.state, one.failing_since or ""] for one in found]
    out.print(table("Webhooks", ["webhook", "URL", "events", "state", "failing since"], rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("show")
@remote
async def show(bank: Sycee, webhook: Id, json: Json = False) -> None:
    """Show a webhook."""
    _say(await bank.webhook(webhook), json=json)


@app.command("change")
@remote
async def change(
    bank: Sycee,
    webhook: Id,
    address: Annotated[str | None, typer.Option("--to", help="Where events are posted from now on.")] = None,
    event: Events = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    json: Json = False,
) -> None:
    """Change where a webhook leads or which events it hears of."""
    _say(await bank.change_webhook(webhook, url=address, events=event, description=description), json=json)


@app.command("suspend")
@remote
async def suspend(bank: Sycee, webhook: Id, reason: Reason = "", json: Json = False) -> None:
    """Send nothing for now; what comes is kept for later."""
    _say(await bank.change_webhook(webhook, state="suspended", reason=reason), json=json)


@app.command("disable")
@remote
async def disable(bank: Sycee, webhook: Id, reason: Reason = "", json: Json = False) -> None:
    """Tell it nothing any more."""
    _say(await bank.change_webhook(webhook, state="disabled", reason=reason), json=json)


@app.command("resume")
@remote
async def resume(bank: Sycee, webhook: Id, reason: Reason = "", json: Json = False) -> None:
    """Make a webhook active again; what waits is tried at once."""
    _say(await bank.change_webhook(webhook, state="active", reason=reason), json=json)


@app.command("rotate")
@remote
async def rotate(
    bank: Sycee,
    webhook: Id,
    overlap_hours: Annotated[
        int, typer.Option("--overlap-hours", min=0, max=720, help="How long the secret before stays valid.")
    ] = 24,
    json: Json = False,
) -> None:
    """Make a new secret; for a while deliveries are signed with both."""
    made = await bank.rotate_webhook_secret(webhook, overlap_hours=overlap_hours)
    if json:
        print_json(made)
    else:
        _show_secret(made)


@app.command("ping")
@remote
async def ping(bank: Sycee, webhook: Id, json: Json = False) -> None:
    """Post a test event; `sycee webhook delivery` tells whether it arrived."""
    _say_delivery(await bank.ping_webhook(webhook), json=json)


@app.command("deliveries")
@remote
async def deliveries(
    bank: Sycee,
    webhook: Id,
    state: Annotated[
        Literal["waiting", "delivered", "dead"] | None, typer.Option("--state", help="In this state only.")
    ] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List what a webhook was told, newest first; `--state dead` are those that were given up."""
    found: list[WebhookDelivery] = []
    async for one in bank.webhook_deliveries(webhook, state=state, page=min(limit + 1, 500)):
        found.append(one)
        if len(found) > limit:
            break
    more, found = len(found) > limit, found[:limit]
    if json:
        print_json({"deliveries": found, "more": more})
        return
    columns: list[str | Column] = ["delivery", "type", "subject", "occurred", "state"]
    columns += [Column("attempts", right=True), "next"]
    rows = [
        [one.id, one.type, one.subject, one.occurred_at, one.state, one.attempts, one.due_at or ""]
        for one in found
    ]
    out.print(table(f"Deliveries of {webhook}", columns, rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("delivery")
@remote
async def delivery(bank: Sycee, delivery_id: DeliveryId, json: Json = False) -> None:
    """Show a delivery with every attempt at it."""
    found = await bank.webhook_delivery(delivery_id)
    if json:
        print_json(found)
        return
    _say_delivery(found, json=False)
    columns: list[str | Column] = ["began", Column("ms", right=True), Column("status", right=True), "problem"]
    rows = [[one.began_at, one.duration_ms, one.status or "", one.problem or ""] for one in found.log]
    out.print(table("Attempts", columns, rows))


@app.command("redeliver")
@remote
async def redeliver(bank: Sycee, delivery_id: DeliveryId, json: Json = False) -> None:
    """Deliver an event again, under the same webhook-id, whatever became of it."""
    _say_delivery(await bank.redeliver_webhook(delivery_id), json=json)


def _say(webhook: Webhook, *, json: bool) -> None:
    if json:
        print_json(webhook)
    else:
        _show(webhook)


def _show(webhook: Webhook) -> None:
    pairs: list[tuple[str, object]] = [
        ("webhook", webhook.id),
        ("customer", webhook.customer or "the bank's own"),
        ("URL", webhook.url),
        ("events", " ".join(webhook.events)),
        ("description", webhook.description),
        ("state", f"{webhook.state} {webhook.reason}".rstrip()),
        ("failing since", webhook.failing_since or ""),
    ]
    out.print(facts("Webhook", pairs))


def _show_secret(secret: WebhookSecret) -> None:
    pairs: list[tuple[str, object]] = [("secret", secret.secret)]
    if secret.old_valid_to is not None:
        pairs.append(("the one before is valid until", secret.old_valid_to))
    out.print(facts("Secret", pairs))


def _say_delivery(found: WebhookDelivery, *, json: bool) -> None:
    if json:
        print_json(found)
        return
    pairs: list[tuple[str, object]] = [
        ("delivery", found.id),
        ("type", found.type),
        ("subject", found.subject),
        ("occurred", found.occurred_at),
        ("state", found.state),
        ("attempts", found.attempts),
        ("next", found.due_at or ""),
    ]
    out.print(facts("Delivery", pairs))
