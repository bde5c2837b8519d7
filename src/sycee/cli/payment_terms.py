"""``sycee payment rails`` and ``sycee payment screening``: the ways to other banks, and whom not to pay."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Why, date_option, uuid_argument
from sycee.cli.output import Column, facts, out, print_json, table
from sycee.client import RailTerms, ScreeningList, Sycee

rails_app = typer.Typer(no_args_is_help=True, help="Rails to other banks: caps, windows, fees.")
screening_app = typer.Typer(no_args_is_help=True, help="Lists of names that payments are screened against.")


class Decision(StrEnum):
    """What may be decided about terms."""

    RELEASE = "release"
    REJECT = "reject"
    WITHDRAW = "withdraw"


def _amount(value: Any) -> str | None:
    return None if value is None else f"{value['value']} {value['currency']}"


def _hours(terms: dict[str, Any]) -> str:
    windows = [
        f"{one['opens'][:5]}{' (day before)' if one['opens_day'] else ''}–{one['closes'][:5]}"
        for one in terms["windows"]
    ]
    return f"{terms['calendar']} {', '.join(windows) or 'at any time'}"


@rails_app.command("list")
@remote
async def list_rails(
    bank: Sycee,
    *,
    on: Annotated[date | None, date_option("--on", "Terms in force on this day. Default: today.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="In this currency only.")] = None,
    json: Json = False,
) -> None:
    """List rails with the terms in force."""
    found = await bank.rails(on=on, currency=currency)
    if json:
        print_json({"rails": found})
        return
    rows = [
        [
            one.rail,
            one.local_name,
            one.currency,
            _amount(one.terms["cap"]) or "none",
            "yes" if one.terms["urgent"] else "no",
            "closed" if one.terms["closed"] else _hours(one.terms),
            one.valid_from,
        ]
        for one in found
    ]
    columns: list[str | Column] = [
        "rail",
        "name",
        "ccy",
        Column("cap", right=True),
        "urgent",
        "hours",
        "from",
    ]
    out.print(table("Rails", columns, rows))


@rails_app.command("propose")
@remote
async def propose(
    bank: Sycee,
    *,
    rail: Annotated[str, typer.Argument(metavar="RAIL", help="Name of the rail: HVPS, BEPS, IBPS.")],
    file: Annotated[
        Path,
        typer.Option("--file", exists=True, dir_okay=False, help="The terms as JSON, in the API's shape."),
    ],
    valid_from: Annotated[date, date_option("--from", "In force from this day on.")],
    reason: Why,
    currency: Annotated[str, typer.Option("--currency", help="Currency of the terms.")] = "CNY",
    json: Json = False,
) -> None:
    """Propose terms of a rail; somebody else releases them."""
    try:
        terms = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    _show(await bank.propose_rail_terms(rail, currency, terms, valid_from=valid_from, reason=reason), json)


@rails_app.command("proposals")
@remote
async def proposals(
    bank: Sycee,
    rail: Annotated[str | None, typer.Option("--rail", help="Of this rail only.")] = None,
    json: Json = False,
) -> None:
    """List terms of rails with what became of them, the newest first."""
    found = [terms async for terms in bank.rail_terms(rail=rail)]
    if json:
        print_json({"terms": found})
        return
    rows = [[one.id, one.rail, one.currency, one.valid_from, one.state, one.proposed_by] for one in found]
    out.print(table("Terms of rails", ["id", "rail", "ccy", "from", "state", "proposed by"], rows))


@rails_app.command("decide")
@remote
async def decide(
    bank: Sycee,
    terms: Annotated[UUID, uuid_argument("TERMS", "Id of the terms, a UUID.")],
    decision: Annotated[Decision, typer.Argument(help="What becomes of them.")],
    remark: Annotated[str, typer.Option("--remark", help="Why, for people.")] = "",
    json: Json = False,
) -> None:
    """Release or reject terms that somebody else proposed, or withdraw one's own."""
    _show(await bank.decide_rail_terms(terms, decision.value, remark=remark), json)


def _show(made: RailTerms, json: bool) -> None:
    if json:
        print_json(made)
        return
    pairs: list[tuple[str, object]] = [
        ("id", made.id),
        ("rail", f"{made.rail} {made.currency}"),
        ("from", made.valid_from),
        ("state", made.state),
        ("cap", _amount(made.terms["cap"]) or "none"),
        ("hours", _hours(made.terms)),
        ("reason", made.reason),
        ("proposed by", made.proposed_by),
        ("decided by", made.decided_by),
    ]
    out.print(facts("Terms of a rail", pairs))


@screening_app.command("load")
@remote
async def load(
    bank: Sycee,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Names, one a line.")
    ],
    name: Annotated[str, typer.Option("--list", help="Name of the list that they replace.")] = "own",
    json: Json = False,
) -> None:
    """Load a list of names; an empty file is a list with nothing on it."""
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    found = await bank.load_screening_list(name, [line.strip() for line in lines if line.strip()])
    if json:
        print_json(found)
    else:
        out.print(_lists([found]))


@screening_app.command("lists")
@remote
async def lists(bank: Sycee, json: Json = False) -> None:
    """List the lists of names. Without any, every payment waits."""
    found = await bank.screening_lists()
    if json:
        print_json({"lists": found})
    else:
        out.print(_lists(found))


def _lists(found: list[ScreeningList]) -> object:
    rows = [[one.name, one.entries, one.loaded_by, f"{one.loaded_at:%Y-%m-%d %H:%M}"] for one in found]
    return table("Lists of names", ["list", Column("names", right=True), "loaded by", "at"], rows)
