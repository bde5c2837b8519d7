"""The options and arguments that several commands share, each with its help text once."""

from __future__ import annotations

import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import typer

from sycee.client import Money
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import parse_account_number
from sycee.kernel.settings import Settings


def _account_number(text: str) -> str:
    try:
        return str(parse_account_number(text))
    except SyceeError as error:
        raise typer.BadParameter(error.detail) from error


def _money(text: str) -> Money:
    value, _, currency = text.strip().partition(" ")
    if not currency:
        raise typer.BadParameter(f"{text!r} lacks a currency; write it as '1234.56 CNY'")
    try:
        return Money.parse(f"{value} {currency}")
    except SyceeError as error:
        raise typer.BadParameter(error.detail) from error


def date_value(text: str) -> date:
    """A date as options and arguments write it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write it as 2026-03-31") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a UUID") from None


SpreadsheetFormat: TypeAlias = Literal["csv", "xlsx"]
_SPREADSHEETS: dict[str, SpreadsheetFormat] = {".csv": "csv", ".xlsx": "xlsx"}


def spreadsheet_format(file: Path) -> SpreadsheetFormat | None:
    """The format of a filled template, by the ending of its name; None of what is none."""
    return _SPREADSHEETS.get(file.suffix.lower())


def template_format(target: Path) -> SpreadsheetFormat:
    """The format of a template that is to be written."""
    found = spreadsheet_format(target)
    if found is None:
        raise typer.BadParameter("a template ends in .csv or .xlsx", param_hint="FILE")
    return found


TemplateFile = Annotated[
    Path, typer.Argument(metavar="FILE", dir_okay=False, help="Where to write it: .csv or .xlsx.")
]
Why = Annotated[str, typer.Option("--reason", help="Why, for people.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="SYCEE_DATA_DIR",
        help="Directory of the bank's data. Default: ~/.local/share/sycee.",
        file_okay=False,
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="SYCEE_DATABASE_URL",
        help="PostgreSQL 16 or later to use, instead of the embedded server of the data directory.",
    ),
]
BackupDir = Annotated[
    Path | None,
    typer.Option(
        "--backups",
        envvar="SYCEE_BACKUP_DIR",
        help="Directory of the bank's backups. Default: beside the data directory, named after it.",
        file_okay=False,
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="SYCEE_URL", help="Address of the bank. Default: the one `sycee up` left behind."
    ),
]
BearerToken = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="SYCEE_TOKEN",
        show_envvar=True,
        help="Token that says who is asking. Default: the one `sycee up` left behind.",
    ),
]
Number = Annotated[
    str, typer.Argument(metavar="ACCOUNT", parser=_account_number, help="Account number, 18 digits.")
]
TransferId = Annotated[
    UUID, typer.Argument(metavar="TRANSFER", parser=_uuid, help="Id of the transfer, a UUID.")
]


def account_option(name: str, text: str) -> Any:
    """An option whose value is an account number."""
    return typer.Option(name, metavar="ACCOUNT", parser=_account_number, help=text)


def money_option(name: str, text: str) -> Any:
    """An option whose value is an amount with its currency."""
    return typer.Option(name, metavar="'VALUE CURRENCY'", parser=_money, help=text)


def date_option(name: str, text: str) -> Any:
    """An option whose value is a date."""
    return typer.Option(name, metavar="YYYY-MM-DD", parser=date_value, help=text)


def uuid_argument(metavar: str, text: str) -> Any:
    """An argument that is a UUID."""
    return typer.Argument(metavar=metavar, parser=_uuid, help=text)


def uuid_option(name: str, text: str) -> Any:
    """An option whose value is a UUID."""
    return typer.Option(name, metavar="UUID", parser=_uuid, help=text)


def local_settings(
    data_dir: Path | None = None,
    database_url: str | None = None,
    *,
    backup_dir: Path | None = None,
    host: str | None = None,
    port: int | None = None,
) -> Settings:
    """The settings of the environment with what the command line says on top. Raises InvalidSetting."""
    said = {
        "data_dir": data_dir,
        "database_url": database_url,
        "backup_dir": backup_dir,
        "host": host,
        "port": port,
    }
    environ = dict(os.environ)
    environ.update({f"SYCEE_{name.upper()}": str(value) for name, value in said.items() if value is not None})
    return Settings.load(environ)


class Side(StrEnum):
    """The sides of an account, as options name them."""

    DEBIT = "debit"
    CREDIT = "credit"
