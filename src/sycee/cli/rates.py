"""``sycee rate``: list, propose and release rates."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, date_option, uuid_argument
from sycee.cli.output import Column, facts, hint, out, print_json, table
from sycee.client import Rate, RateProposal, Sycee

app = typer.Typer(no_args_is_help=True, help="List, propose and release rates of interest.")

_RATE = re.compile(r"([^=\s]+)=(-?[0-9]{1,3}(?:\.[0-9]{1,6})?)", re.ASCII)
_PERCENT = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
_HEADER = ["key", "start", "rate"]


@app.command("list")
@remote
async def list_rates(
    bank: Sycee,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="Of this key only, such as CNY.demand.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 1_000,
    json: Json = False,
) -> None:
    """List rates by key and start; each is in force until the next start of its key."""
    found: list[Rate] = []
    more = False
    async for rate in bank.rates(key, page=min(limit + 1, 1_000)):
        if len(found) == limit:
            more = True
            break
        found.append(rate)
    if json:
        print_json({"rates": found, "more": more})
        return
    out.print(_rates("Rates", found))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("propose")
@remote
async def propose(
    bank: Sycee,
    rates: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=RATE]...", help="Rates in percent a year, such as CNY.demand=0.20."),
    ] = None,
    start: Annotated[date | None, date_option("--from", "The first day on which they are in force.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            exists=True,
            dir_okay=False,
            help="A CSV file of rates with the columns key, start and rate.",
        ),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Where the rates come from.")] = "",
    json: Json = False,
) -> None:
    """Propose rates; somebody else releases them. A rate for a start that has one corrects it."""
    wanted = [_said(text, start) for text in rates or ()] + ([] if file is None else _read(file))
    if not wanted:
        raise typer.BadParameter("no rates are given: KEY=RATE with --from, or --file")
    made = await bank.propose_rates(wanted, note=note)
    if json:
        print_json(made)
        return
    _show(made)
    hint(f"somebody else releases it: sycee rate release {made.id}")


@app.command("proposals")
@remote
async def list_proposals(
    bank: Sycee,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that nobody has decided.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 20,
    json: Json = False,
) -> None:
    """List proposals of rates, the newest first."""
    found: list[RateProposal] = []
    async for made in bank.rate_proposals(waiting=waiting, page=min(limit, 100)):
        found.append(made)
        if len(found) == limit:
            break
    if json:
        print_json({"proposals": found})
        return
    rows = [
        [
            made.id,
            made.state,
            len(made.rates),
            made.note,
            made.proposed_by,
            f"{made.proposed_at:%Y-%m-%d %H:%M}",
            made.released_by,
        ]
        for made in found
    ]
    columns: list[str | Column] = ["id", "state", Column("rates", right=True), "note", "proposed by"]
    columns += ["proposed at", "released by"]
    out.print(table("Proposals of rates", columns, rows))


@app.command("release")
@remote
async def release(
    bank: Sycee,
    id: Annotated[UUID, uuid_argument("PROPOSAL", "Id of the proposal, a UUID.")],
    json: Json = False,
) -> None:
    """Say yes to rates that somebody else proposed; the last yes puts them in force."""
    made = await bank.release_rates(id)
    if json:
        print_json(made)
        return
    _show(made.proposal)
    if made.proposal.state == "proposed":
        hint(f"it waits for approval {id}, by others too: sycee approval show {id}")
        return
    out.print(f"{made.accounts} accounts are reckoned again at the next end of the day")


def _said(text: str, start: date | None) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None:
        raise typer.BadParameter(
            f"{text!r} is not a rate; write it as CNY.demand=0.20, percent a year, at most six decimals"
        )
    if start is None:
        raise typer.BadParameter("--from says from which day on the rates are in force")
    return Rate(key=found[1], start=start, rate=found[2])


def _read(file: Path) -> list[Rate]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if sorted(reader.fieldnames or ()) != sorted(_HEADER):
            raise typer.BadParameter(f"{file}: the columns are key, start and rate, not {reader.fieldnames}")
        return [_line(file, number, row) for number, row in enumerate(reader, start=2)]


def _line(file: Path, number: int, row: dict[str, str]) -> Rate:
    try:
        rate = Rate(key=row["key"].strip(), start=date.fromisoformat(row["start"]), rate=row["rate"].strip())
    except (AttributeError, TypeError, ValueError):
        raise typer.BadParameter(
            f"{file}, line {number}: a key, a date such as 2026-03-31 and a rate are expected"
        ) from None
    if not _PERCENT.fullmatch(rate.rate):
        raise typer.BadParameter(f"{file}, line {number}: {rate.rate!r} is not a rate in percent a year")
    return rate


def _rates(title: str, rates: list[Rate]) -> object:
    rows = [[rate.key, rate.start, rate.rate] for rate in rates]
    return table(title, ["key", "from", Column("% a year", right=True)], rows)


def _show(made: RateProposal) -> None:
    pairs: list[tuple[str, object]] = [
        ("id", made.id),
        ("state", made.state),
        ("note", made.note),
        ("proposed by", made.proposed_by),
        ("released by", made.released_by),
    ]
    out.print(facts("Proposal of rates", pairs))
    out.print(_rates("", made.rates))
