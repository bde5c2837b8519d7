"""How the command line shows things: tables for people, JSON for programs, one line for a refusal.

Results go to standard output, everything else (progress, hints, errors) to standard error, so that
``--json`` can be piped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from sycee.kernel.errors import SyceeError

# Without a terminal there is no width to fit into; a number cut in half would be useless in a log.
_NO_TERMINAL_WIDTH = 160


def _console(stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _NO_TERMINAL_WIDTH
    return Console(stderr=stderr, highlight=False, width=width)


out = _console(stderr=False)
err = _console(stderr=True)


def print_line(value: Any) -> None:
    """Print a value as JSON on one line, at once: one of many that come as they happen."""
    out.file.write(msgspec.json.encode(value).decode() + "\n")
    out.file.flush()


def print_json(value: object) -> None:
    """Print a value as one indented JSON document on standard output."""
    out.file.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
    out.file.flush()


class Column(msgspec.Struct, frozen=True):
    """A column of a table; amounts are put to the right."""

    name: str
    right: bool = False


def table(title: str, columns: Sequence[str | Column], rows: Sequence[Sequence[object]]) -> Table:
    """A table of plain texts; None shows as nothing."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold cyan",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in columns:
        made_of = Column(column) if isinstance(column, str) else column
        made.add_column(
            made_of.name, justify="right" if made_of.right else "left", no_wrap=made_of.right, overflow="fold"
        )
    for row in rows:
        made.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    return made


def facts(title: str, pairs: Sequence[tuple[str, object]]) -> Table:
    """A table of names and values, for one thing."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold cyan",
        show_header=False,
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, ""):
            made.add_row(name, escape(str(value)))
    return made


def hint(text: str) -> None:
    """Say what to do next, on standard error."""
    err.print(f"[dim]hint:[/dim] {escape(text)}", soft_wrap=True)


def refuse(text: str, advice: str | None = None) -> None:
    """Say in one line what went wrong, and in another what helps."""
    err.print(f"[bold red]error:[/bold red] {escape(' '.join(text.split()))}", soft_wrap=True)
    if advice:
        hint(advice)


_ADVICE = {
    "unreachable": "is the bank running? `sycee up` starts one; --url or SYCEE_URL names another",
    "database_unavailable": "is PostgreSQL running there? --database-url or SYCEE_DATABASE_URL says where",
    "unauthenticated": "give a token with --token or SYCEE_TOKEN; `sycee token issue` makes one",
    "invalid_token": "give a token with --token or SYCEE_TOKEN; `sycee token issue` makes one",
    "principal_not_found": "`sycee principal list` shows the principals",
    "session_required": "sign in as a person with `sycee login`",
    "insufficient_scope": "`sycee token issue --scope ...` makes a token that may do this",
    "account_not_found": "`sycee account list` shows the accounts",
    "customer_not_found": "`sycee customer list` shows the customers",
    "person_not_found": "`sycee person register` records a person",
    "due_diligence_missing": "`sycee customer due-diligence record` records it",
    "due_diligence_expired": "`sycee customer due-diligence record` records a new round",
    "mandate_missing": "`sycee customer mandate list` shows who may sign for what",
    "day_being_closed": "`sycee day runs` shows it; `sycee day close` again shows how far it is",
    "day_skipped": "`sycee day close` without --date closes the one that is due",
    "day_unfinished": "`sycee day resume` goes on with it",
    "day_not_found": "`sycee day runs` shows the days that were closed",
    "cell_not_found": "`sycee ledger cells` shows the cells, `sycee ledger create-cell` makes one",
    "invalid_account_number": "an account number has 18 digits; `sycee account list` shows them",
    "unknown_currency": "currencies are ISO 4217 codes in capitals, such as CNY",
}


def refuse_for(error: SyceeError) -> None:
    """Print an error of the bank: code, sentence, and advice where there is some."""
    advice = error.facts.get("hint") or _ADVICE.get(error.code)
    refuse(f"{error.detail} [{error.code}]", advice)


class Step(Protocol):
    """Moves a progress bar on by ``count`` steps; says what it is at, and of how many, when told."""

    def __call__(self, count: int = 1, *, text: str | None = None, total: int | None = None) -> None:
        """Move on."""


@contextmanager
def progress(text: str, total: int | None) -> Iterator[Step]:
    """A progress bar on standard error while a block runs, when that is a terminal; gone afterwards."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        task = bar.add_task(text, total=total)

        def step(count: int = 1, *, text: str | None = None, total: int | None = None) -> None:
            bar.update(task, advance=count, description=text, total=total)

        yield step


def plain(value: Any) -> dict[str, Any]:
    """A struct as a JSON object, for reports of several parts."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found
