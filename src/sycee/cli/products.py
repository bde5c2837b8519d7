"""``sycee product``: what a product earns over a scenario, before anybody releases it. Needs no bank."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sycee import components, products
from sycee.cli.options import Json
from sycee.cli.output import Column, facts, out, print_json, table
from sycee.components import InterestLine
from sycee.kernel.money import Amount, exponent
from sycee.products import InvalidScenario, Simulation

app = typer.Typer(no_args_is_help=True, help="Price products before they are released.")

_LINES: list[str | Column] = [
    "from",
    "to",
    Column("days", right=True),
    Column("balance", right=True),
    Column("% a year", right=True),
    Column("interest", right=True),
    "why",
]


@app.callback()
def product() -> None:
    """Price products before they are released."""


@app.command("simulate")
def simulate(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="YAML or JSON file with balances and rates by day.")
    ],
    product: Annotated[
        str | None, typer.Option("--product", help="Product to price. Default: the one the scenario names.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--components",
            help="YAML file or directory with components that are not released yet. May be repeated.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Price a product over a scenario: interest per settlement, line by line, and totals."""
    found = products.read_scenario(_plain(scenario))
    if product is not None:
        found = msgspec.structs.replace(found, product=product)
    known = components.registry()
    if files:
        known = known.extended(components.read_files(files))
        known.refuse_faults()
    result = products.simulate(known, found)
    print_json(_as_json(result)) if json else _show(result)


def _plain(path: Path) -> dict[str, Any]:
    """What a YAML (or JSON, which is YAML) file says."""
    values = msgspec.json.decode(components.read_plain(str(path), path.read_bytes()))
    if not isinstance(values, dict):
        raise InvalidScenario(f"{path} holds no scenario: an object with product, start, end and balances")
    return values


def _show(result: Simulation) -> None:
    title = f"{result.product.title.zh} {result.product.title.en}"
    pairs: list[tuple[str, object]] = [
        ("product", f"{result.product.id} {result.product.version}"),
        ("from", result.start),
        ("through", result.end),
        *((path, value) for path, value in sorted(result.product.negotiated.items())),
    ]
    out.print(facts(title, pairs))
    for one in result.settlements:
        rows = [_row(line, result.currency) for line in one.lines]
        rows.append(["", "", "", "", "", _units(one.exact, result.currency), "exact"])
        rows.append(["", "", "", "", "", Amount(one.interest, result.currency).text(), "rounded once"])
        if one.tax:
            rows.append(["", "", "", "", "", Amount(-one.tax, result.currency).text(), "tax withheld"])
        out.print(table(f"{one.on}: {one.reason}", _LINES, rows))
    interest, paid = (Amount(minor, result.currency) for minor in (result.interest, result.paid))
    out.print(f"interest {interest}, paid {paid}")


def _row(line: InterestLine, currency: str) -> list[object]:
    balance, interest = Amount(line.balance, currency).text(), _units(line.interest, currency)
    return [line.start, line.end, line.days, balance, line.rate, interest, line.why]


def _units(exact: Fraction, currency: str) -> str:
    """An exact amount of minor units in whole units of the currency, to six decimals."""
    whole = Decimal(exact.numerator) / Decimal(exact.denominator) / 10 ** exponent(currency)
    return f"{whole:,.6f}"


def _as_json(result: Simulation) -> dict[str, Any]:
    def amount(minor: int) -> dict[str, str]:
        return {"currency": result.currency, "value": Amount(minor, result.currency).text()}

    return {
        "product": result.product.id,
        "version": result.product.version,
        "negotiated": result.product.negotiated,
        "start": result.start,
        "end": result.end,
        "settlements": [
            {
                "on": one.on,
                "start": one.start,
                "end": one.end,
                "reason": one.reason,
                "lines": [
                    {
                        "start": line.start,
                        "end": line.end,
                        "days": line.days,
                        "months": line.months,
                        "balance": amount(line.balance),
                        "rate": str(line.rate),
                        "interest": str(line.interest),
                        "why": line.why,
                    }
                    for line in one.lines
                ],
                "exact": str(one.exact),
                "interest": amount(one.interest),
                "tax": amount(one.tax),
                "paid": amount(one.paid),
            }
            for one in result.settlements
        ],
        "interest": amount(result.interest),
        "paid": amount(result.paid),
    }
