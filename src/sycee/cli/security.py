"""``sycee security``: read the security log, and verify that it is whole."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, uuid_option
from sycee.cli.output import out, print_json, table
from sycee.client import SecurityEvent, Sycee

app = typer.Typer(no_args_is_help=True, help="The security log: read it, verify it.")


@app.command("log")
@remote
async def log(
    bank: Sycee,
    *,
    principal: Annotated[UUID | None, uuid_option("--principal", "About this principal only.")] = None,
    event: Annotated[str | None, typer.Option("--event", help="Of this kind only.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Show what happened, newest first."""
    found: list[SecurityEvent] = []
    async for one in bank.security_events(principal=principal, event=event, page=min(count, 1000)):
        found.append(one)
        if len(found) == count:
            break
    if json:
        print_json({"events": found})
        return
    rows = [
        [one.position, f"{one.at:%Y-%m-%d %H:%M:%S}", one.event, one.principal, one.address, one.detail]
        for one in found
    ]
    out.print(table("Security log", ["position", "at", "event", "about", "from", "detail"], rows))


@app.command("verify")
@remote
async def verify(
    bank: Sycee,
    *,
    noted: Annotated[
        list[str] | None,
        typer.Option(
            "--noted",
            metavar="POSITION:SEAL",
            help="A seal that was noted before; may be given several times.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Recompute the seal of every event; exit code 1 when the log does not hold."""
    found = await bank.verify_security_log(dict(_noted(text) for text in noted or ()))
    if json:
        print_json(found)
    else:
        out.print(f"{found.events} events, last seal:", markup=False)
        out.print(f"{found.events}:{found.seal}", markup=False, soft_wrap=True)
        for one in found.breaks:
            out.print(f"[bold red]broken[/bold red] at {one.position}: {one.detail}")
    if found.breaks:
        raise typer.Exit(1)


def _noted(text: str) -> tuple[int, str]:
    position, _, seal = text.partition(":")
    if not position.isdigit() or len(seal) != 128:
        raise typer.BadParameter(f"{text[:40]!r} is not a position, a colon and a seal of 128 digits")
    return int(position), seal.lower()
