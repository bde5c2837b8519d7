"""The help texts are the reference of the command line: nothing may be without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from sycee.cli import command_line, execute


def commands() -> Iterator[tuple[str, Any]]:
    waiting = [("sycee", typer.main.get_command(command_line()))]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        waiting += [(f"{name} {key}", below) for key, below in getattr(command, "commands", {}).items()]


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    help_text = (COMMANDS[name].help or "").strip()
    assert help_text.endswith("."), f"{name} has no help text that ends in a full stop"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_says_what_it_is(name: str) -> None:
    silent = [parameter.name for parameter in COMMANDS[name].params if not getattr(parameter, "help", None)]
    assert not silent, f"{name}: no help for {silent}"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_shown_with_exit_code_0(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*name.split()[1:], "--help"]) == 0
    assert "Usage: sycee" in capsys.readouterr().out


# These work until they are stopped, or write a file.
WITHOUT_REPORT = {
    "sycee up", "sycee worker", "sycee rail simulate", "sycee backup archive",
    "sycee openapi", "sycee bulk template", "sycee bulk original", "sycee bulk report",
    "sycee debit template",
}  # fmt: skip
REPORTING = [
    name
    for name, command in COMMANDS.items()
    if not getattr(command, "commands", None) and name not in WITHOUT_REPORT
]


@pytest.mark.parametrize("name", REPORTING)
def test_everything_that_reports_speaks_json(name: str) -> None:
    assert "json" in {parameter.name for parameter in COMMANDS[name].params}
