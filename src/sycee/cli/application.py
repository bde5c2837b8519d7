"""The whole command line: every command in its place, and what an error looks like."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from sycee import __version__
from sycee.cli.openapi import made_by
from sycee.cli.output import out, refuse, refuse_for
from sycee.cli.places import places
from sycee.kernel.errors import SyceeError


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"sycee {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Sycee: an open, self-hosted corporate banking core on PostgreSQL."""


@cache
def command_line(word: str | None = None) -> typer.Typer:
    """The command line with every command; for a line that begins with ``word``, only what it needs."""
    line = typer.Typer(
        name="sycee",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        help="Sycee: an open, self-hosted corporate banking core on PostgreSQL.",
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    line.callback()(_root)
    for place in places(word):
        place.stand_in(line)
    return line


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 refused, 2 misused, 130 interrupted."""
    # A pool that cannot connect says so again and again; here the command says it once, as its error.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    try:
        line = command_line(next(iter(arguments), None))
        code = line(args=list(arguments), prog_name="sycee", standalone_mode=False)
    except typer.TyperException as error:
        return _misuse(error)
    except typer.Abort:
        return 130
    except SyceeError as error:
        refuse_for(error)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; without this, Python complains once more at its end.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - it stays open to the end
        return 1
    except OSError as error:
        refuse(str(error))
        return 1
    return code if isinstance(code, int) else 0


def _misuse(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if not message:  # a group without a command: the help has been printed already
        return error.exit_code
    path = context.command_path if context is not None else "sycee"
    refuse(message, f"`{path} --help` shows what can be said")
    return error.exit_code


def run(openapi_json: Callable[[], bytes]) -> None:
    """The console script's whole life; ``openapi_json`` makes the API's document."""
    made_by(openapi_json)
    raise SystemExit(execute(sys.argv[1:]))
