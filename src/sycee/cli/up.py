"""``sycee up``: a whole bank with one command, until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from sycee.cli.options import DatabaseUrl, DataDir, local_settings
from sycee.cli.output import err, hint, out
from sycee.cli.serving import RunningBank, serving
from sycee.cli.signals import stop_by_signal


def say(step: str) -> None:
    """Tell a step of the start."""
    err.print(f"[dim]· {step}[/dim]", soft_wrap=True)


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Set up the demo bank and let it pay real ISO 20022 files first.")
    ] = False,
    data_dir: DataDir = None,
    host: Annotated[
        str | None,
        typer.Option("--host", envvar="SYCEE_HOST", help="Address to listen on. Default: 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", envvar="SYCEE_PORT", min=1, max=65535, help="Port to listen on. Default: 8800."
        ),
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Start a worker beside the API (`sycee worker`).")
    ] = True,
    database_url: DatabaseUrl = None,
) -> None:
    """Start a bank on this machine and serve its API until Ctrl-C.

    Starts an embedded PostgreSQL in the data directory (or uses --database-url), migrates it, makes the
    first token, serves, and starts a worker. A second start finds the data again.
    """
    settings = local_settings(data_dir, database_url, host=host, port=port)
    with stop_by_signal():
        try:
            with serving(settings, say, worker=worker) as bank:
                if demo:
                    from sycee.cli.demo.command import run_in  # noqa: PLC0415 - it reads real payment files

                    run_in(bank, settings.data_dir / "demo", say)
                _announce(bank, empty=bank.empty and not demo)
                bank.wait()
        except KeyboardInterrupt:
            err.print("[dim]· stopped[/dim]")


def _announce(bank: RunningBank, *, empty: bool) -> None:
    out.print(f"\n[bold green]Sycee is ready[/bold green] at {bank.url}", soft_wrap=True)
    out.print(f"  documentation of the API: {bank.url}/docs", soft_wrap=True)
    if bank.new_token and bank.token is not None:
        out.print("  first token, shown this once (the command line on this machine has it already):")
        out.print(f"  [bold]{bank.token}[/bold]", soft_wrap=True)
    elif bank.token is None:
        hint("this machine has no token for this database; `sycee token issue` makes one")
    if empty:
        hint("the bank has no cell yet: `sycee ledger create-cell 101 Shanghai` makes one")
    out.print("  stop with Ctrl-C")
    out.file.flush()
