"""``sycee customer due-diligence``: what the bank found out, and until when it counts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from sycee.cli.connection import remote
from sycee.cli.customers.customers import report
from sycee.cli.customers.options import CustomerId, Grade, OnDay
from sycee.cli.options import Json, date_option
from sycee.cli.output import out, print_json, table
from sycee.client import DueDiligence, Sycee

app = typer.Typer(no_args_is_help=True, help="Due diligence, and whether a customer may use the bank.")


class Outcome(StrEnum):
    """What due diligence came to, as options name it."""

    PASSED = "passed"
    FAILED = "failed"


def _report(title: str, rounds: list[DueDiligence]) -> None:
    rows: list[list[object]] = [
        [one.done_on, one.outcome, one.valid_until, one.risk_grade, one.recorded_by, one.note]
        for one in rounds
    ]
    out.print(table(title, ["done on", "outcome", "valid until", "risk", "by", "note"], rows))


@app.command("record")
@remote
async def record(
    bank: Sycee,
    customer: CustomerId,
    *,
    outcome: Annotated[Outcome, typer.Option("--outcome", help="What it came to.")],
    valid_until: Annotated[date, date_option("--valid-until", "The last day on which it counts.")],
    risk_grade: Annotated[Grade, typer.Option("--risk-grade", help="Risk grade from that day on.")],
    done_on: Annotated[
        date | None, date_option("--done-on", "When it was done. Default: the business date.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What was found, for people.")] = "",
    json: Json = False,
) -> None:
    """Record a round of due diligence on a customer."""
    made = await bank.record_due_diligence(
        customer, outcome.value, valid_until, risk_grade.value, done_on=done_on, note=note
    )
    if json:
        print_json(made)
    else:
        _report("Recorded", [made])


@app.command("show")
@remote
async def show(bank: Sycee, customer: CustomerId, on: OnDay = None, json: Json = False) -> None:
    """Show every round, and what they amount to on a date."""
    found = await bank.due_diligence(customer, on=on)
    if json:
        print_json(found)
    else:
        _report(f"Due diligence: {found.status} on {found.on}", found.rounds)


@app.command("check")
@remote
async def check(bank: Sycee, customer: CustomerId, on: OnDay = None, json: Json = False) -> None:
    """Show the customer if it may use the bank on a date, or else why it may not."""
    report(await bank.fitness(customer, on=on), json)
