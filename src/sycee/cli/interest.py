"""``sycee interest``: what accounts have earned, what was posted, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Number, date_option, uuid_argument
from sycee.cli.output import Column, facts, hint, out, print_json, refuse, table
from sycee.client import InterestExplanation, InterestLine, InterestPosting, Sycee

app = typer.Typer(no_args_is_help=True, help="Show what accounts have earned, what was posted, and why.")

Csv = Annotated[
    Path | None, typer.Option("--csv", dir_okay=False, help="Write the table to this file as CSV.")
]


@app.command("accrued")
@remote
async def accrued(
    bank: Sycee,
    number: Number,
    through: Annotated[
        date | None, date_option("--through", "The last day to count. Default: the last closed day.")
    ] = None,
    csv: Csv = None,
    json: Json = False,
) -> None:
    """Show what an account has earned since it was last settled, line by line."""
    found = await bank.accrued_interest(number, through=through)
    if csv is not None:
        csv.write_bytes(await bank.accrued_interest_csv(number, through=found.through))
    if json:
        print_json(found)
        return
    title = f"Interest earned on {number}, {found.start} through {found.through}"
    _show_lines(title, found.lines, found.exact, [("rounded", found.amount.value)])


@app.command("postings")
@remote
async def list_postings(
    bank: Sycee,
    number: Number,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 50,
    json: Json = False,
) -> None:
    """List what was settled, corrected and paid on an account, newest first."""
    found: list[InterestPosting] = []
    more = False
    async for posting in bank.interest_postings(number, page=min(limit + 1, 100)):
        if len(found) == limit:
            more = True
            break
        found.append(posting)
    if json:
        print_json({"postings": found, "more": more})
        return
    rows = [
        [
            one.booked_on,
            one.kind,
            one.start,
            one.through,
            one.amount.value,
            one.tax.value,
            one.net.value,
            one.reason,
            one.id,
        ]
        for one in found
    ]
    columns: list[str | Column] = ["booked on", "kind", "from", "through", Column("amount", right=True)]
    columns += [Column("tax", right=True), Column("paid", right=True), "reason", "id"]
    out.print(table(f"Interest postings of {number}", columns, rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("explain")
@remote
async def explain(
    bank: Sycee,
    number: Number,
    posting: Annotated[
        UUID | None, uuid_argument("[POSTING]", "Id of the posting, a UUID. Default: the newest.")
    ] = None,
    csv: Csv = None,
    json: Json = False,
) -> None:
    """Explain an interest posting: days, parts of the balance, rates, and what they come to."""
    wanted = posting
    if wanted is None:
        async for newest in bank.interest_postings(number, page=1):
            wanted = newest.id
            break
    if wanted is None:
        refuse(
            f"account {number} has no interest posting yet",
            f"`sycee interest accrued {number}` shows what it earns",
        )
        raise typer.Exit(1)
    found = await bank.explain_interest(number, wanted)
    if csv is not None:
        csv.write_bytes(await bank.explain_interest_csv(number, wanted))
    if json:
        print_json(found)
    else:
        _show_explanation(found)


def _show_explanation(found: InterestExplanation) -> None:
    posting = found.posting
    pairs: list[tuple[str, object]] = [
        ("account", posting.account),
        ("kind", posting.kind),
        ("days", f"{posting.start} through {posting.through}"),
        ("booked on", f"{posting.booked_on}, value date {posting.value_date}"),
        ("paid to", posting.paid_to if posting.paid_to != posting.account else None),
        ("reason", posting.reason),
        ("transfer", posting.transfer),
    ]
    out.print(facts(f"Interest posting {posting.id}", pairs))
    totals = [("rounded", found.earned.value)]
    totals += [(f"posted before, {one.booked_on}", _negative(one.amount.value)) for one in found.before]
    if found.before:
        totals.append(("difference", found.difference.value))
    if found.tax.decimal:
        totals.append(("tax", _negative(found.tax.value)))
    totals.append(("charged" if found.net.decimal < 0 else "paid", found.net.value))
    _show_lines("", found.lines, found.exact, totals)


def _show_lines(
    title: str, lines: Sequence[InterestLine], exact: str, totals: Sequence[tuple[str, str]]
) -> None:
    columns: list[str | Column] = ["from", "to", Column("days", right=True), Column("balance", right=True)]
    columns += [Column("% a year", right=True), Column("days of year", right=True)]
    columns.append(Column("interest", right=True))
    rows: list[list[object]] = [
        [one.start, one.end, one.days, one.balance.value, one.rate, one.days_of_year, one.interest]
        for one in lines
    ]
    for name, value in [("sum", exact), *totals]:
        rows.append([name, *[None] * 5, value])
    out.print(table(title, columns, rows))


def _negative(value: str) -> str:
    return value[1:] if value.startswith("-") else f"-{value}"
