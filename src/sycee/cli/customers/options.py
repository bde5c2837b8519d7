"""The options and arguments that commands about customers share."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import typer

from sycee.cli.options import date_option, uuid_argument

Shape = TypeVar("Shape")

CustomerId = Annotated[UUID, uuid_argument("CUSTOMER", "Id of the customer, a UUID.")]
PersonId = Annotated[UUID, uuid_argument("PERSON", "Id of the person, a UUID.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
OnDay = Annotated[date | None, date_option("--on", "On this date. Default: the cell's business date.")]
HoldsOn = Annotated[date | None, date_option("--on", "Those that hold on this date. Default: all of them.")]
FromDay = Annotated[
    date | None, date_option("--from", "First day on which it holds. Default: the cell's business date.")
]
ToDay = Annotated[date | None, date_option("--to", "First day on which it no longer holds. Default: open.")]
JsonFile = Annotated[
    Path | None,
    typer.Option("--file", exists=True, dir_okay=False, help="JSON file, as the API takes it."),
]


class Status(StrEnum):
    """The statuses of a customer, as options name them."""

    PROSPECT = "prospect"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Grade(StrEnum):
    """The risk grades, as options name them."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def read_file(path: Path, shape: type[Shape]) -> Shape:
    """What a JSON file holds. Raises BadParameter naming the place that is wrong."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except msgspec.DecodeError as error:
        raise typer.BadParameter(f"{path}: {error}") from error


def pair(text: str, form: str) -> tuple[str, str]:
    """The two halves of ``LEFT:RIGHT``. Raises BadParameter."""
    left, colon, right = text.partition(":")
    if not (colon and left and right):
        raise typer.BadParameter(f"{text!r} is not of the form {form}")
    return left, right


def as_uuid(text: str) -> UUID:
    """A UUID inside of an option. Raises BadParameter."""
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a UUID") from None


def given(**values: Any) -> dict[str, Any]:
    """The values that the command line names."""
    return {name: value for name, value in values.items() if value is not None}
