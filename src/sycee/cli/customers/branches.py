"""``sycee customer branch``: the branch that keeps the relation with a customer."""

from __future__ import annotations

from typing import Annotated

import typer

from sycee.cli.connection import remote
from sycee.cli.customers.options import CustomerId
from sycee.cli.options import Json
from sycee.cli.output import out, print_json
from sycee.client import Sycee


@remote
async def branch(
    bank: Sycee,
    customer: CustomerId,
    *,
    to: Annotated[str | None, typer.Option("--to", help="Put the customer with this branch.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, with --to.")] = "",
    json: Json = False,
) -> None:
    """Show which branch keeps the relation with a customer, or change it."""
    if to is None:
        found = await bank.branch(customer)
    else:
        found = await bank.set_branch(customer, to, reason=reason)
    if json:
        print_json(found)
    else:
        out.print(found.branch or "no branch is named")
