"""The whole command line: every command in its place, and what an error looks like."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sycee import __version__
from sycee.cli import (
    accounts,
    agreements,
    approvals,
    bulk_orders,
    components,
    customers,
    databases,
    day,
    deposits,
    direct_debits,
    documents,
    escrow,
    interest,
    ledger,
    oauth,
    packages,
    payment_orders,
    principals,
    products,
    rails,
    rates,
    receipts,
    roles,
    security,
    sign_in,
    standing_orders,
    tokens,
    transfers,
    webhooks,
)
from sycee.cli.demo.command import demo
from sycee.cli.openapi import made_by, openapi
from sycee.cli.output import out, refuse, refuse_for
from sycee.cli.payments import pay
from sycee.cli.statements import entry_notice, intraday_report, statement, trial_balance
from sycee.cli.up import up
from sycee.cli.working import worker
from sycee.kernel.errors import SyceeError

START, BOOKS, OPERATION = "Start here", "Accounts and payments", "Operation"
PRODUCTS = "Customers and products"
IDENTITY = "Who may ask"

app = typer.Typer(
    name="sycee",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Sycee: an open, self-hosted corporate banking core on PostgreSQL.",
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("up", rich_help_panel=START)(up)
app.command("demo", rich_help_panel=START)(demo)
app.add_typer(accounts.app, name="account", rich_help_panel=BOOKS)
accounts.app.command("intraday-report")(intraday_report)
accounts.app.command("entry-notice")(entry_notice)
app.add_typer(transfers.app, name="transfer", rich_help_panel=BOOKS)
app.add_typer(payment_orders.app, name="payment", rich_help_panel=BOOKS)
app.add_typer(bulk_orders.app, name="bulk", rich_help_panel=BOOKS)
app.add_typer(direct_debits.app, name="debit", rich_help_panel=BOOKS)
app.add_typer(standing_orders.app, name="standing-order", rich_help_panel=BOOKS)
app.add_typer(escrow.app, name="escrow", rich_help_panel=BOOKS)
app.command("pay", rich_help_panel=BOOKS)(pay)
app.command("statement", rich_help_panel=BOOKS)(statement)
app.add_typer(receipts.app, name="receipt", rich_help_panel=BOOKS)
app.command("trial-balance", rich_help_panel=BOOKS)(trial_balance)
app.add_typer(agreements.app, name="agreement", rich_help_panel=PRODUCTS)
app.add_typer(packages.app, name="package", rich_help_panel=PRODUCTS)
app.add_typer(products.app, name="product", rich_help_panel=PRODUCTS)
app.add_typer(customers.app, name="customer", rich_help_panel=PRODUCTS)
app.add_typer(customers.person_app, name="person", rich_help_panel=PRODUCTS)
app.add_typer(components.app, name="component", rich_help_panel=PRODUCTS)
app.add_typer(rates.app, name="rate", rich_help_panel=PRODUCTS)
app.add_typer(interest.app, name="interest", rich_help_panel=PRODUCTS)
app.add_typer(deposits.app, name="deposit", rich_help_panel=PRODUCTS)
app.add_typer(approvals.app, name="approval", rich_help_panel=OPERATION)
app.command("login", rich_help_panel=IDENTITY)(sign_in.login)
app.command("logout", rich_help_panel=IDENTITY)(sign_in.logout)
app.command("whoami", rich_help_panel=IDENTITY)(sign_in.whoami)
app.command("password", rich_help_panel=IDENTITY)(sign_in.password)
app.add_typer(sign_in.device_app, name="second-factor", rich_help_panel=IDENTITY)
app.add_typer(principals.app, name="principal", rich_help_panel=IDENTITY)
app.add_typer(roles.app, name="role", rich_help_panel=IDENTITY)
app.add_typer(oauth.app, name="oauth", rich_help_panel=IDENTITY)
app.add_typer(security.app, name="security", rich_help_panel=IDENTITY)
app.add_typer(ledger.app, name="ledger", rich_help_panel=OPERATION)
app.add_typer(rails.app, name="rail", rich_help_panel=OPERATION)
app.add_typer(webhooks.app, name="webhook", rich_help_panel=OPERATION)
app.command("worker", rich_help_panel=OPERATION)(worker)
app.add_typer(day.app, name="day", rich_help_panel=OPERATION)
customers.app.command("branch")(roles.branch)
day.app.command("documents")(documents.documents)
day.app.command("document")(documents.document)
app.add_typer(databases.app, name="database", rich_help_panel=OPERATION)
app.add_typer(tokens.app, name="token", rich_help_panel=IDENTITY)
app.command("openapi", rich_help_panel=OPERATION)(openapi)
if find_spec("sycee.cli.benchmarks") is not None:
    app.add_typer(import_module("sycee.cli.benchmarks").app, name="bench", rich_help_panel=OPERATION)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"sycee {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Sycee: an open, self-hosted corporate banking core on PostgreSQL."""


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 refused, 2 misused, 130 interrupted."""
    # A pool that cannot connect says so again and again; here the command says it once, as its error.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    try:
        code = app(args=list(arguments), prog_name="sycee", standalone_mode=False)
    except typer.TyperException as error:
        return _misuse(error)
    except typer.Abort:
        return 130
    except SyceeError as error:
        refuse_for(error)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; without this, Python complains once more at its end.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - it stays open to the end
        return 1
    except OSError as error:
        refuse(str(error))
        return 1
    return code if isinstance(code, int) else 0


def _misuse(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if not message:  # a group without a command: the help has been printed already
        return error.exit_code
    path = context.command_path if context is not None else "sycee"
    refuse(message, f"`{path} --help` shows what can be said")
    return error.exit_code


def run(openapi_json: Callable[[], bytes]) -> None:
    """The console script's whole life; ``openapi_json`` makes the API's document."""
    made_by(openapi_json)
    raise SystemExit(execute(sys.argv[1:]))
