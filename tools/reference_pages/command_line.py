"""The reference of the command line: every command with its arguments and options, from their own help."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer.main

from sycee.cli import command_line
from tools.reference_pages.markdown import code, fence, opening, page, table

_KINDS = {int: "INTEGER", float: "NUMBER", str: "TEXT", Path: "PATH"}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command and group with its full name, in the order in which help shows them."""

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for key, child in getattr(command, "commands", {}).items():
            yield from below(f"{name} {key}", child)

    yield from below("sycee", typer.main.get_command(command_line()))


def cli_page() -> str:
    """The page ``cli.md``."""
    about = (
        "Results go to standard output; progress, hints and errors go to standard error. Exit codes: 0 done, "
        "1 refused, 2 misused, 130 interrupted. `--help` works everywhere. Commands with `--url` and "
        "`--token` speak to a running bank over HTTP; those with `--database-url` look into its database "
        "directly, and start the embedded server of the data directory for as long as they take when none "
        "is running."
    )
    lines = opening("Command line", "the commands of sycee.cli", about)
    found = list(commands())
    rows = [
        [f"[`{name}`](#{name.replace(' ', '-')})", _first_sentence(command.help)]
        for name, command in found
        if not _is_group(command)
    ]
    lines += table(["command", "what it does"], rows)
    for name, command in found:
        lines += _section(name, command)
    return page(lines)


def _section(name: str, command: Any) -> list[str]:
    group = _is_group(command)
    depth = "##" if group else "###"
    lines = [f"{depth} {name}", ""]
    lines += [*_paragraphs(command.help), ""]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    if not group:
        named = [one.metavar or one.name.upper() for one in arguments]
        needed = [f"{one.opts[0]} {_value(one)}".strip() for one in options if one.required]
        lines += fence("text", " ".join([name, *named, *needed, "[OPTIONS]"]))
    rows = [
        [code(one.metavar or one.name.upper()), one.help, "" if one.required else "optional"]
        for one in arguments
    ]
    lines += table(["argument", "meaning", ""], rows)
    rows = [
        [
            f"{code(', '.join(one.opts))} {_value(one)}".strip(),
            "required. " + one.help if one.required else one.help,
            _default(one),
            code(one.envvar or ""),
        ]
        for one in options
    ]
    if any(row[3] for row in rows):
        return lines + table(["option", "meaning", "default", "variable"], rows)
    return lines + table(["option", "meaning", "default"], [row[:3] for row in rows])


def _is_group(command: Any) -> bool:
    return hasattr(command, "commands")


def _paragraphs(text: str | None) -> list[str]:
    """A help text with its paragraphs kept and its line breaks taken out."""
    parts = [" ".join(part.split()) for part in (text or "").split("\n\n")]
    return "\n\n".join(part.replace("<", "&lt;") for part in parts).split("\n")


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split("\n\n", maxsplit=1)[0].split())


def _value(option: Any) -> str:
    """What stands after the option, nothing for a flag."""
    if option.is_flag:
        return ""
    if option.metavar:
        return str(option.metavar)
    annotation = option.type_descriptor.annotation
    inner = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type)]
    for one in inner:
        if issubclass(one, Enum):
            return " or ".join(code(str(member.value)) for member in one)
    kind = next((_KINDS[one] for one in inner if one in _KINDS), "VALUE")
    if option.min is not None and option.max is not None:
        return f"{kind} {option.min} to {option.max}"
    return kind if option.min is None else f"{kind}, at least {option.min}"


def _default(option: Any) -> str:
    if option.required or option.default is None or option.default is False or callable(option.default):
        return ""
    if isinstance(option.default, Enum):
        return code(str(option.default.value))
    return code(str(option.default)) if str(option.default) else ""
