"""Where every command stands: the module that holds it, and the panel of the help that shows it.

A command line needs one of these places, so one module is imported for it, with what that module needs.
The help needs them all.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import typer

START, BOOKS, OPERATION = "Start here", "Accounts and payments", "Operation"
PRODUCTS = "Customers and products"
IDENTITY = "Who may ask"


class Place(NamedTuple):
    """The first word of a command line, and what it leads to: a command, or an app with commands below."""

    word: str
    panel: str
    module: str
    attribute: str = "app"

    @property
    def is_here(self) -> bool:
        """Whether it was installed: a bank may leave the benchmarks out."""
        return find_spec(f"sycee.cli.{self.module}") is not None

    def stand_in(self, line: typer.Typer) -> None:
        """Import what stands here, and put it into the command line."""
        found = getattr(import_module(f"sycee.cli.{self.module}"), self.attribute)
        if isinstance(found, typer.Typer):
            line.add_typer(found, name=self.word, rich_help_panel=self.panel)
        else:
            line.command(self.word, rich_help_panel=self.panel)(found)


# In the order in which the help shows them.
PLACES = (
    Place("up", START, "up", "up"),
    Place("demo", START, "demo.command", "demo"),
    Place("account", BOOKS, "accounts"),
    Place("transfer", BOOKS, "transfers"),
    Place("payment", BOOKS, "payment_orders"),
    Place("bulk", BOOKS, "bulk_orders"),
    Place("debit", BOOKS, "direct_debits"),
    Place("standing-order", BOOKS, "standing_orders"),
    Place("escrow", BOOKS, "escrow"),
    Place("pay", BOOKS, "payments", "pay"),
    Place("statement", BOOKS, "statements", "statement"),
    Place("receipt", BOOKS, "receipts"),
    Place("trial-balance", BOOKS, "statements", "trial_balance"),
    Place("agreement", PRODUCTS, "agreements"),
    Place("package", PRODUCTS, "packages"),
    Place("product", PRODUCTS, "products"),
    Place("customer", PRODUCTS, "customers"),
    Place("person", PRODUCTS, "customers", "person_app"),
    Place("component", PRODUCTS, "components"),
    Place("rate", PRODUCTS, "rates"),
    Place("interest", PRODUCTS, "interest"),
    Place("deposit", PRODUCTS, "deposits"),
    Place("approval", OPERATION, "approvals"),
    Place("login", IDENTITY, "sign_in", "login"),
    Place("logout", IDENTITY, "sign_in", "logout"),
    Place("whoami", IDENTITY, "sign_in", "whoami"),
    Place("password", IDENTITY, "sign_in", "password"),
    Place("second-factor", IDENTITY, "sign_in", "device_app"),
    Place("principal", IDENTITY, "principals"),
    Place("role", IDENTITY, "roles"),
    Place("oauth", IDENTITY, "oauth"),
    Place("security", IDENTITY, "security"),
    Place("ledger", OPERATION, "ledger"),
    Place("rail", OPERATION, "rails"),
    Place("webhook", OPERATION, "webhooks"),
    Place("worker", OPERATION, "working", "worker"),
    Place("day", OPERATION, "day"),
    Place("database", OPERATION, "databases"),
    Place("monitoring", OPERATION, "monitoring"),
    Place("cluster", OPERATION, "cluster"),
    Place("drill", OPERATION, "drill"),
    Place("backup", OPERATION, "backups"),
    Place("token", IDENTITY, "tokens"),
    Place("openapi", OPERATION, "openapi", "openapi"),
    Place("bench", OPERATION, "benchmarks"),
)


def places(word: str | None) -> list[Place]:
    """What a command line that begins with this word needs: its place, or all where there is none such."""
    if word == "--version":
        return []
    named = [place for place in PLACES if place.word == word]
    return [place for place in named or PLACES if place.is_here]
