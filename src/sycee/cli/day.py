"""``sycee day``: close days, go on with them, see what they did and what failed, fetch their documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from sycee.cli.connection import remote
from sycee.cli.documents import document, documents
from sycee.cli.options import Json, date_option, date_value
from sycee.cli.output import Column, err, facts, hint, out, print_json, refuse, table
from sycee.client import EndOfDay, EndOfDayFailure, Sycee

app = typer.Typer(no_args_is_help=True, help="Close days, and see what they did, what failed and why.")

_SHOWN_FAILURES = 20
_STATES = {
    "running": "[cyan]running[/cyan]",
    "interrupted": "[yellow]interrupted[/yellow]",
    "stopped": "[bold red]stopped[/bold red]",
    "finished": "[green]finished[/green]",
}

Cells = Annotated[
    list[int] | None,
    typer.Option(
        "--cell", min=100, max=999, help="Only this cell; may be given several times. Default: all."
    ),
]
OneCell = Annotated[int, typer.Argument(min=100, max=999, help="The cell.")]
Day = Annotated[
    date | None,
    typer.Argument(parser=date_value, metavar="[YYYY-MM-DD]", help="Business date. Default: the newest run."),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Begin, and do not wait for the end.")]


@app.command("close")
@remote
async def close(
    bank: Sycee,
    cell: Cells = None,
    on: Annotated[
        date | None,
        date_option("--date", "The day to close. Default: the one at which each cell stands."),
    ] = None,
    next_date: Annotated[
        date | None,
        date_option("--next", "The business date that follows. Default: the next calendar day."),
    ] = None,
    calendar: Annotated[
        str | None,
        typer.Option("--calendar", help="Calendar whose next business day follows: CN, weekdays, every_day."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Prove the books at the end.")] = False,
    no_wait: NoWait = False,
    json: Json = False,
) -> None:
    """Close the day: post the marker, and run the steps of the end of day beside live traffic.

    Several cells are closed side by side. The same day again goes on with it, or shows it as it is.
    Ends with 1 when something failed.
    """
    days = await _due(bank, cell, on)
    begun = [
        await bank.close_day(number, day, next_date=next_date, calendar=calendar, check=check)
        for number, day in days
    ]
    await _report(bank, begun, wait=not no_wait, json=json)


@app.command("resume")
@remote
async def resume(
    bank: Sycee,
    cell: Cells = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also try again what failed in the last day that was closed.")
    ] = False,
    no_wait: NoWait = False,
    json: Json = False,
) -> None:
    """Go on with the ends of days that were interrupted or stopped, each where it was.

    Ends with 1 when something failed.
    """
    begun = []
    for number in cell or [one.cell for one in await bank.cells()]:
        run = await _newest(bank, number)
        if run is not None and (run.state != "finished" or (retry and run.failed)):
            begun.append(await bank.close_day(number, run.business_date, retry=retry))
    if not begun and not json:
        out.print("Nothing is unfinished.")
        return
    await _report(bank, begun, wait=not no_wait, json=json)


@app.command("runs")
@remote
async def runs(
    bank: Sycee,
    cell: Cells = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many of each cell.")] = 10,
    json: Json = False,
) -> None:
    """List the ends of days of each cell, newest first."""
    found: list[EndOfDay] = []
    for number in cell or [one.cell for one in await bank.cells()]:
        count = 0
        async for run in bank.ends_of_day(number, page=min(limit, 100)):
            found.append(run)
            count += 1
            if count == limit:
                break
    if json:
        print_json({"ends_of_day": found})
        return
    columns: list[str | Column] = ["cell", "date", "next date", "state", Column("failed", right=True)]
    columns += ["begun", "took", "by"]
    rows = [
        [one.cell, one.business_date, one.next_date, one.state, one.failed or "", _at(one), _took(one),
         one.started_by]
        for one in found
    ]  # fmt: skip
    out.print(table("Ends of days", columns, rows))


@app.command("show")
@remote
async def show(bank: Sycee, cell: OneCell, on: Day = None, json: Json = False) -> None:
    """Show the report of a run: each step, how much it did, how long it took, and what failed."""
    run = await _run(bank, cell, on)
    if json:
        print_json(run)
    else:
        await _show(bank, run)


@app.command("failures")
@remote
async def failures(
    bank: Sycee,
    cell: OneCell,
    on: Day = None,
    step: Annotated[str | None, typer.Option("--step", help="Of this step only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 200,
    json: Json = False,
) -> None:
    """Show what failed at the end of a day, why, and what to do about it."""
    run = await _run(bank, cell, on)
    found, more = await _failures(bank, run, limit, step)
    if json:
        print_json({"failures": found, "more": more})
        return
    _show_failures(found)
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


async def _due(bank: Sycee, cells: Sequence[int] | None, on: date | None) -> list[tuple[int, date]]:
    """The day to close in each cell: the unfinished one, else the one after the last that was closed."""
    found = []
    for one in await bank.cells():
        if cells and one.cell not in cells:
            continue
        run = await _newest(bank, one.cell)
        due = one.business_date
        if run is not None:
            due = run.next_date if run.state == "finished" else run.business_date
        found.append((one.cell, on or due))
    missing = sorted(set(cells or ()) - {number for number, _ in found})
    if missing:
        raise typer.BadParameter(f"there is no cell {missing[0]}; `sycee ledger cells` shows them")
    return found


async def _newest(bank: Sycee, cell: int) -> EndOfDay | None:
    async for run in bank.ends_of_day(cell, page=1):
        return run
    return None


async def _run(bank: Sycee, cell: int, on: date | None) -> EndOfDay:
    if on is not None:
        return await bank.end_of_day(cell, on)
    run = await _newest(bank, cell)
    if run is None:
        refuse(f"no day was closed in cell {cell} yet", "`sycee day close` closes one")
        raise typer.Exit(1)
    return run


async def _report(bank: Sycee, begun: Sequence[EndOfDay], *, wait: bool, json: bool) -> None:
    """Follow what was begun to its end, with a bar a cell; then tell what became of it."""
    over = list(begun)
    if wait:
        with _bars(begun) as told:
            over = await asyncio.gather(
                *(bank.follow_day(run.cell, run.business_date, told) for run in begun)
            )
    if json:
        print_json({"ends_of_day": over})
    else:
        for run in over:
            await _show(bank, run)
    if any(run.failed or run.state in {"stopped", "interrupted"} for run in over):
        raise typer.Exit(1)


@contextmanager
def _bars(runs: Sequence[EndOfDay]) -> Iterator[Callable[[EndOfDay], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        tasks = {run.cell: bar.add_task(f"cell {run.cell}", total=None) for run in runs}

        def told(run: EndOfDay) -> None:
            step = next((one for one in run.steps if one.state == "running"), None)
            if step is None:
                done = sum(one.state == "done" for one in run.steps)
                bar.update(tasks[run.cell], completed=done, total=len(run.steps))
                return
            text = f"cell {run.cell}, {run.business_date}: {step.local_title} {step.title}"
            bar.update(tasks[run.cell], description=text, completed=step.done, total=step.total)

        yield told


async def _show(bank: Sycee, run: EndOfDay) -> None:
    pairs: list[tuple[str, object]] = [
        ("cell", run.cell),
        ("business date", run.business_date),
        ("next date", run.next_date),
        ("begun", f"{_at(run)} by {run.started_by}"),
        ("took", _took(run)),
        ("attempts", run.attempt if run.attempt > 1 else ""),
    ]
    out.print(facts("End of day", pairs))
    columns: list[str | Column] = ["step", "", "state", Column("done", right=True)]
    columns += [Column("failed", right=True), "took", "why"]
    rows = [
        [
            step.step,
            f"{step.local_title} {step.title}",
            step.state,
            step.done,
            step.failed or "",
            _took(step),
            f"{step.reason} [{step.code}]" if step.code else "",
        ]
        for step in run.steps
    ]
    out.print(table("", columns, rows))
    out.print(f"{_STATES[run.state]}: {run.failed or 'nothing'} failed")
    if run.failed:
        found, more = await _failures(bank, run, _SHOWN_FAILURES, None)
        _show_failures(found)
        if more:
            hint(f"`sycee day failures {run.cell} {run.business_date}` shows the others")
    if run.state in {"stopped", "interrupted"}:
        hint("`sycee day resume` goes on with it")


async def _failures(
    bank: Sycee, run: EndOfDay, limit: int, step: str | None
) -> tuple[list[EndOfDayFailure], bool]:
    found: list[EndOfDayFailure] = []
    async for failure in bank.end_of_day_failures(
        run.cell, run.business_date, step=step, page=min(limit + 1, 1000)
    ):
        if len(found) == limit:
            return found, True
        found.append(failure)
    return found, False


def _show_failures(found: Sequence[EndOfDayFailure]) -> None:
    rows = [[one.step, one.account, one.code, one.reason, one.advice] for one in found]
    out.print(table("What failed", ["step", "account", "code", "why", "what to do"], rows))


def _at(run: EndOfDay) -> str:
    return run.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _took(timed: object) -> str:
    started, finished = getattr(timed, "started_at", None), getattr(timed, "finished_at", None)
    if started is None or finished is None:
        return ""
    return f"{(finished - started).total_seconds():.1f} s"


app.command("documents")(documents)
app.command("document")(document)
