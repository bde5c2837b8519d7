"""``sycee database doctor``: what ails the database, by what evidence, and what helps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from sycee.cli.books import books, opened
from sycee.cli.options import DatabaseUrl, DataDir, Json, local_settings
from sycee.cli.output import Column, out, print_json, table

if TYPE_CHECKING:
    from sycee.database.doctor import Limits, Report

WARNED, IN_DANGER = 1, 3
"""Exit codes; 2 is a command line that was not understood."""

_COLOURS = {"critical": "bold red", "warning": "yellow", "notice": "cyan"}


def doctor(
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    blocked_s: Annotated[
        float, typer.Option("--blocked-s", min=0, help="Seconds from which on waiting for a lock is told.")
    ] = 5.0,
    idle_s: Annotated[
        float, typer.Option("--idle-s", min=0, help="Seconds that a transaction may be idle.")
    ] = 60.0,
    transaction_s: Annotated[
        float,
        typer.Option("--transaction-s", min=0, help="Seconds that a transaction or statement may take."),
    ] = 300.0,
    json: Json = False,
) -> None:
    """Look the database over: locks, transactions, statements, indexes, vacuum, slots, settings.

    Changes nothing. Ends with 0 when there is at most something to know, 1 with warnings, 3 when something is
    critical.
    """
    from sycee.database.doctor import Limits, Severity  # noqa: PLC0415 - other commands need no doctor

    limits = Limits(blocked_s=blocked_s, idle_s=idle_s, transaction_s=transaction_s)
    with books(local_settings(data_dir, database_url)) as url:
        report = asyncio.run(_examine(url, limits))
    if json:
        print_json({"worst": report.worst, "report": report})
    else:
        _show(report)
    code = {Severity.WARNING: WARNED, Severity.CRITICAL: IN_DANGER}.get(report.worst or Severity.NOTICE, 0)
    if code:
        raise typer.Exit(code)


async def _examine(url: str, limits: Limits) -> Report:
    from sycee.database.doctor import examine  # noqa: PLC0415 - as above

    async with opened(url) as database:
        return await examine(database, limits)


def _show(report: Report) -> None:
    out.print(f"{report.server.partition(' on ')[0]}, database {report.database}", markup=False)
    for finding in report.findings:
        colour = _COLOURS[finding.severity]
        out.print(f"\n[{colour}]{finding.severity}[/{colour}] [bold]{finding.check}[/bold]", end=" ")
        out.print(f"{finding.subject}: {finding.detail}", markup=False, soft_wrap=True)
        out.print(f"  {finding.advice}", markup=False, soft_wrap=True)
    if report.waiting:
        rows = [
            [
                f"{'  ' * one.depth}{one.process}",
                one.application,
                one.state,
                None if one.waiting_s is None else f"{one.waiting_s:.1f} s",
                one.lock,
                one.statement,
            ]
            for one in report.waiting
        ]
        out.print()
        out.print(
            table("Who waits for whom", ["process", "name", "state", "waits", "lock", "statement"], rows)
        )
    if report.statements:
        names = ("share", "calls", "mean ms", "longest ms")
        columns = [*(Column(name, right=True) for name in names), Column("statement")]
        figures = [
            [f"{one.share:.1%}", one.calls, f"{one.mean_ms:.2f}", f"{one.longest_ms:.1f}", one.statement]
            for one in report.statements
        ]
        out.print()
        out.print(table("Where the server's time goes", columns, figures))
    for check in report.checks:
        if check.not_made is not None:
            out.print(f"[yellow]not looked at:[/yellow] {check.title}:", end=" ")
            out.print(check.not_made, markup=False, soft_wrap=True)
    healthy = [check.title for check in report.checks if not check.findings and check.not_made is None]
    if healthy:
        out.print(f"\nnothing to tell about: {', '.join(healthy)}", markup=False, soft_wrap=True)
